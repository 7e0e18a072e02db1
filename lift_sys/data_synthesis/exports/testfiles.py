"""A row's tests as a file that a person can read and pytest can run, without lift-sys.

Beside it go `lift_checks.py`, `lift_guest.py` and `lift_wire.py` (the wire format), all of the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from keyword import iskeyword

from lift_sys import wire
from lift_sys.records import DRIVER, TestCase, WireValue, wire_text

SOLUTION, TESTS = "solution.py", "test_solution.py"
LONGEST, DEEPEST, LARGEST_INT = 20_000, 60, 10**400
"""Beyond these a value is given by its wire text: Python's parser has limits, and so have readers."""


def support_files(*, runner: bool) -> dict[str, str]:
    """Name -> text of the files that the tests import, and of the one that runs them without pytest."""
    folder = files("lift_sys.data_synthesis.exports") / "bundle" / "checks"
    names = ("lift_checks.py", "lift_guest.py", *(["lift_run.py"] if runner else []))
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    return {**texts, "lift_wire.py": (files("lift_sys") / "wire.py").read_text(encoding="utf-8")}


def names_of(tests: Sequence[TestCase]) -> list[str]:
    return [f"test_{number:03}" for number in range(len(tests))]


def file_of_tests(tests: Sequence[TestCase], entry_point: str, harness: str) -> str:
    """The text of `test_solution.py`: one function a test."""
    driver = DRIVER if harness else entry_point
    made = [_function(name, test) for name, test in zip(names_of(tests), tests, strict=True)]
    imported = "Candidate, value" if any("value(" in text for text in made) else "Candidate"
    lines = [f'"""Tests of `{entry_point}` in {SOLUTION}."""\n\nfrom lift_checks import {imported}\n\n']
    if harness:
        lines.append(f"# Loaded after the solution; the tests call its `{DRIVER}`.\nHARNESS = {_block(harness)}\n\n")
    extra = ", HARNESS" if harness else ""
    lines.append(f'candidate = Candidate("{SOLUTION}", "{driver}"{extra})\n')
    return "".join(lines) + "".join(f"\n\n{text}" for text in made)


def _function(name: str, test: TestCase) -> str:
    arguments = [expression(item) for item in test.args]
    if all(key.isidentifier() and key.isascii() and not iskeyword(key) for key in test.kwargs):
        arguments += [f"{key}={expression(item)}" for key, item in test.kwargs.items()]
    else:
        pairs = ", ".join(f"{key!r}: {expression(item)}" for key, item in test.kwargs.items())
        arguments.append(f"**{{{pairs}}}")
    if test.expected.raises is not None:
        outcome = f"raises({test.expected.raises!r})"
    else:
        outcome = f"gives({expression(test.expected.value)})"
    return f"def {name}():\n    candidate.call({', '.join(arguments)}).{outcome}\n"


def expression(item: WireValue) -> str:
    """A value as Python: its literal where that is exact, else `value(wire text)`."""
    text = wire_text(item)
    made = wire.decode(text)
    if len(text) <= LONGEST and _is_exact(made):
        return wire.literal(made)
    return f"value({text!r})"


def _is_exact(made: object) -> bool:
    """Whether `wire.literal` gives an expression that Python reads as the same value."""
    waiting: list[tuple[object, int]] = [(made, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            return False
        if isinstance(item, float) and item != item:
            return False  # a NaN has bits that no literal shows
        if type(item) is int and abs(item) > LARGEST_INT:
            return False  # Python refuses to read or write very long ones
        if isinstance(item, dict):
            waiting += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, (list, tuple, set, frozenset)):
            waiting += [(part, depth + 1) for part in item]
    return True


def _block(text: str) -> str:
    """A text over several lines as a literal: as it is where nothing in it needs escaping."""
    if text.isascii() and "\\" not in text and "\r" not in text and "\0" not in text:
        for quotes in ('"""', "'''"):
            if quotes not in text and not text.endswith(quotes[0]):
                return f"{quotes}\\\n{text}{quotes}"
    return "".join(["(\n", *(f"    {line!r}\n" for line in text.splitlines(True)), ")"])
