"""In what way a wrong answer is wrong, read off the values that its calls led to.

What a candidate returned is a claim in the wire format. It is decoded only where it is short, into plain values, and
compared with what was expected; nothing of it is run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.records import TestCase, wire_text
from lift_sys.sandbox.candidate import Outcome

ErrorType = Literal[
    "",
    "no code",
    "cut off",
    "does not parse",
    "wrong entry point",
    "does not load",
    "does not end",
    "memory limit",
    "output limit",
    "process died",
    "remembers calls",
    "unexpected exception",
    "wrong exception",
    "no exception",
    "returns nothing",
    "not a plain value",
    "empty input",
    "off by one",
    "wrong sign",
    "wrong type",
    "wrong order",
    "wrong format",
    "wrong value",
    "no specification",
]
ERROR_TYPES: dict[ErrorType, str] = {
    "no code": "the answer holds nothing that looks like Python",
    "cut off": "the answer reached the longest that it may be, and what is there does not parse",
    "does not parse": "it is no Python",
    "wrong entry point": "it defines no function or class of the name that is asked for",
    "does not load": "it raises when it is imported",
    "does not end": "a call takes more than its seconds",
    "memory limit": "it takes more memory than it may",
    "output limit": "a result is larger than it may be",
    "process died": "its process ended, or broke the protocol",
    "remembers calls": "right in one process, wrong when each call has a process of its own",
    "unexpected exception": "it raises where a value is expected",
    "wrong exception": "it raises another exception than it should",
    "no exception": "it returns where it should raise",
    "returns nothing": "it returns None where there should be a value",
    "not a plain value": "it returns what is not made of plain types",
    "empty input": "wrong on empty arguments, right on all others",
    "off by one": "a number is 1 off, or a sequence has one member too many or too few at an end",
    "wrong sign": "the number is right but for its sign",
    "wrong type": "the same content as another type: 1.0 for 1, a tuple for a list",
    "wrong order": "the right members in another order",
    "wrong format": "the same text but for case, spaces or punctuation",
    "wrong value": "another value",
    "no specification": "the text is no specification: a line of it can't be read",
}
"""The taxonomy, and what each kind means."""
_LONGEST = 4_000
_UNREAD = object()


def error_type(tests: Sequence[TestCase], outcomes: Sequence[Outcome], held: Sequence[bool]) -> ErrorType:
    """What most failing tests show, the first of those that are equally many; `empty input` where it is only that."""
    failing = [place for place, ok in enumerate(held) if not ok]
    if any(held) and all(_is_empty(tests[place]) for place in failing) and not _all_empty(tests, held):
        return "empty input"
    kinds = Counter(kind_of(tests[place], outcomes[place]) for place in failing)
    return max(kinds, key=lambda kind: kinds[kind])


def kind_of(test: TestCase, outcome: Outcome) -> ErrorType:
    """In what way the outcome is not what the test wants."""
    if test.expected.raises is not None:
        return "no exception" if outcome.raises is None else "wrong exception"
    if outcome.raises is not None:
        return "memory limit" if outcome.raises == "MemoryError" else "unexpected exception"
    if outcome.value is None:
        return "not a plain value"
    wanted, got = _decoded(wire_text(test.expected.value)), _decoded(outcome.value)
    if got is None:
        return "returns nothing"
    if wanted is _UNREAD or got is _UNREAD:
        return "wrong value"
    try:
        return _difference(wanted, got)
    except (RecursionError, TypeError, ValueError, OverflowError):
        return "wrong value"


def _difference(wanted: Any, got: Any) -> ErrorType:
    if _loose(wanted) == _loose(got):
        return "wrong type"
    if _is_number(wanted) and _is_number(got):
        return "off by one" if abs(wanted - got) == 1 else "wrong sign" if wanted == -got else "wrong value"
    if isinstance(wanted, str) and isinstance(got, str):
        if _letters(wanted) == _letters(got) != "":
            return "wrong format"
    elif type(wanted) is not type(got):
        return "wrong type" if _is_text_of(wanted, got) else "wrong value"
    if isinstance(wanted, str | list | tuple):
        if len(wanted) == len(got) and sorted(map(repr, wanted)) == sorted(map(repr, got)):
            return "wrong order"
        if _one_more(wanted, got) or _one_more(got, wanted):
            return "off by one"
    if isinstance(wanted, dict) and isinstance(got, dict) and wanted == got:
        return "wrong order"
    return "wrong value"


def _decoded(text: str) -> Any:
    if len(text) > _LONGEST:
        return _UNREAD
    try:
        return wire.decode(text)
    except (WireError, ValueError):
        return _UNREAD


def _loose(value: Any) -> Any:
    """A value that forgets which kind of number, sequence or set it was. Text stays text."""
    if isinstance(value, bool | int | float):
        return ("number", value)
    if isinstance(value, list | tuple):
        return ("sequence", [_loose(member) for member in value])
    if isinstance(value, set | frozenset):
        return ("set", {repr(_loose(member)) for member in value})
    if isinstance(value, dict):
        return ("dict", [(_loose(key), _loose(member)) for key, member in value.items()])
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _is_text_of(first: Any, second: Any) -> bool:
    """Whether one is the other as text."""
    return bool(str(first) == second or first == str(second))


def _one_more(long: Any, short: Any) -> bool:
    return len(long) == len(short) + 1 and (long[1:] == short or long[:-1] == short)


def _is_empty(test: TestCase) -> bool:
    """Whether any argument of a call is an empty text or container."""
    return any(_has_no_members(value) for value in (*test.args, *test.kwargs.values()))


def _has_no_members(value: Any) -> bool:
    if isinstance(value, dict):  # {"t": [..]} and the like: a tagged container of the wire format
        return any(tag in value and not value[tag] for tag in ("t", "d", "set", "fset", "b"))
    return value in ("", [])


def _all_empty(tests: Sequence[TestCase], held: Sequence[bool]) -> bool:
    """Whether the tests that pass are about empty arguments as well: then emptiness explains nothing."""
    return all(_is_empty(test) for test, ok in zip(tests, held, strict=True) if ok)
