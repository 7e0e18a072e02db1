"""The examples in a prompt: found in the text, and run on a candidate inside the sandbox.

Three ways of writing them are read: doctest sessions (`>>> f(1)` and the line below), equations (`f(1) == 2`,
`f(0)  # raises ValueError`) and sentences (``- `f(1)` returns `2`.``). What an example shows is text that the user
wrote; the candidate's answers are claims, and all that rests on them is which candidate is shown first.
"""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lift_sys import wire
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, WireError
from lift_sys.forward_mode.asking import Failure
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, run_calls

DRIVER = "lift_examples"
HARNESS = """

def lift_examples(lines):
    names, seen = globals(), []
    for line in lines:
        try:
            try:
                code = compile(line, "<example>", "eval")
            except SyntaxError:
                exec(compile(line, "<example>", "exec"), names)
                seen.append(("", ""))
            else:
                seen.append(("value", repr(eval(code, names))))
        except Exception as error:
            seen.append(("raise", type(error).__name__))
    return seen
"""
"""Runs lines in the candidate's own names: what each evaluates to, as `repr` shows it, or raises."""
SECONDS = 5.0
_EQUATION = re.compile(r"^(?:- )?`?(?P<call>[A-Za-z_]\w*\(.*\)) == (?P<value>.+?)`?$")
_RAISES = re.compile(r"^(?P<call>[A-Za-z_]\w*\(.*\))\s+# raises (?P<error>\w+)")
_SENTENCE = re.compile(r"^- `(?P<call>[A-Za-z_]\w*\(.*\))` (?:returns `(?P<value>.*)`|raises `(?P<error>\w+)`)\.?$")


@dataclass(frozen=True)
class Line:
    """One statement or expression, and what it should lead to (both empty: nothing is said)."""

    source: str
    value: str = ""
    raises: str = ""


def find_examples(prompt: str) -> tuple[Line, ...]:
    """The examples of a prompt, in order."""
    try:
        session = doctest.DocTestParser().get_examples(prompt)
    except ValueError:  # a prompt that looks like a session and is none
        session = []
    if session and all(_parses(example.source) for example in session):
        return tuple(_of_doctest(example) for example in session)
    return tuple(_of_lines(prompt.splitlines()))


def _of_doctest(example: doctest.Example) -> Line:
    if example.exc_msg:
        return Line(example.source.strip(), raises=example.exc_msg.partition(":")[0].strip().rpartition(".")[2])
    return Line(example.source.strip(), value=example.want.strip())


def _of_lines(lines: Sequence[str]) -> Iterator[Line]:
    for line in lines:
        text = line.strip()
        for pattern in (_SENTENCE, _EQUATION, _RAISES):
            if (found := pattern.match(text)) and _parses(found["call"]):
                said = found.groupdict()
                yield Line(said["call"], value=said.get("value") or "", raises=said.get("error") or "")
                break


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def arguments(lines: Sequence[Line], name: str) -> list[tuple[Any, ...]]:
    """The arguments of the examples that are plain calls of `name` with literals by position."""
    found = []
    for line in lines:
        try:
            call = ast.parse(line.source, mode="eval").body
        except (SyntaxError, ValueError):
            continue
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name:
            try:
                found.append(tuple(ast.literal_eval(argument) for argument in call.args))
            except (ValueError, SyntaxError, TypeError):
                continue
            if call.keywords:
                found.pop()
    return found


def run_examples(code: str, lines: Sequence[Line], sandbox: Sandbox) -> tuple[list[Failure], str]:
    """The examples that a candidate does not meet, and what is wrong with all of it (empty: nothing).

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    if not lines:
        return [], ""
    asked = Call(wire.encode(([line.source for line in lines],)))
    try:
        (outcome,) = run_calls(
            sandbox, code + HARNESS, DRIVER, [asked], regime="one_process", limits=Limits(call_seconds=SECONDS)
        )
    except CandidateTimeout:
        return [], f"it does not end within {SECONDS:g} s"
    except (CandidateDied, ResultTooLarge) as error:
        return [], str(error)
    seen = _seen(outcome.value, len(lines))
    if seen is None:
        return [], f"it raises {outcome.raises}" if outcome.raises else "it answers nothing that can be read"
    pairs = zip(lines, seen, strict=True)
    return [failure for line, (kind, text) in pairs if (failure := _failure(line, kind, text))], ""


def _seen(value: str | None, count: int) -> list[tuple[str, str]] | None:
    """What the harness claims, or None where it is not of its form."""
    if value is None:
        return None
    try:
        found = wire.decode(value)
    except (WireError, ValueError):
        return None
    if not isinstance(found, list) or len(found) != count:
        return None
    pairs = [item for item in found if isinstance(item, tuple) and len(item) == 2]
    return pairs if len(pairs) == count and all(isinstance(part, str) for pair in pairs for part in pair) else None


def _failure(line: Line, kind: str, text: str) -> Failure | None:
    if line.raises:
        held = kind == "raise" and text == line.raises
    elif line.value:
        held = kind == "value" and same(line.value, text)
    else:
        held = kind != "raise"
    if held:
        return None
    expected = f"raise {line.raises}" if line.raises else f"return {line.value}" if line.value else "not raise"
    return Failure(line.source, expected, f"raises {text}" if kind == "raise" else f"returns {text or 'None'}")


def same(shown: str, got: str) -> bool:
    """Whether two texts of values say the same, whatever the order of a set or the quotes."""
    if shown == got:
        return True
    try:
        return wire.encode(ast.literal_eval(shown)) == wire.encode(ast.literal_eval(got))
    except (ValueError, SyntaxError, WireError, RecursionError, MemoryError):
        return False


__all__ = ["Line", "arguments", "find_examples", "run_examples", "same"]
