"""What a model is asked, in the same words in training and in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lift_sys.ir import IntermediateRepresentation
from lift_sys.ir.compact import render
from lift_sys.records import Expected, WireValue, wire_literal

FAILURES = 3
"""Failing tests that a request to mend code shows, and other faults."""
LONG = 200
"""Characters of a failing test beyond which it is left out; another fault is cut there."""
_EXAMPLES = "\n\nExamples:\n"


@dataclass(frozen=True)
class Failure:
    """A test that code does not pass."""

    call: str
    expected: str
    """As `return 3` or `raise ValueError`."""
    got: str = ""
    """As `returns 4`, `raises TypeError` or `does not end`; empty where it is not known."""


class Given(Protocol):
    """What a call is given."""

    @property
    def args(self) -> tuple[WireValue, ...]: ...

    @property
    def kwargs(self) -> dict[str, WireValue]: ...


def fenced(code: str) -> str:
    """Code as an answer holds it."""
    return f"```python\n{code.strip()}\n```"


def examples_of(prompt: str) -> str:
    """The examples at the end of a prompt, with their heading; empty where it has none."""
    _, mark, shown = prompt.rpartition(_EXAMPLES)
    return mark + shown if mark else ""


def from_ir(ir: IntermediateRepresentation, examples: str = "") -> str:
    """The request for code that meets a specification."""
    return f"{render(ir)}{examples}"


def to_repair(prompt: str, code: str, failures: Sequence[Failure], faults: Sequence[str] = ()) -> str:
    """The request to mend code, with the first few tests that it fails; empty where there is nothing short to show.

    What it does instead is told of the very first alone: of the mutants that a model learns from no more is known.

    Args:
        faults: what else is wrong with it, a line each. They come last: a model that learnt to mend has seen tests.
    """
    lines = "\n".join([*_lines(failures), *faults[:FAILURES]])
    return f"{prompt.strip()}\n\nThis answer is wrong:\n{fenced(code)}\n\n{lines}" if lines else ""


def _lines(failures: Sequence[Failure]) -> Iterator[str]:
    for place, failure in enumerate(failures[:FAILURES]):
        got = failure.got if place == 0 else ""
        if len(failure.call) + len(failure.expected) + len(got) <= LONG:
            yield f"{failure.call} should {failure.expected}{f', but it {got}' if got else ''}"


def outcome(found: Expected, ending: str = "") -> str:
    """An outcome in words: `return 3`, or `returns 3` with the ending `s`."""
    if found.raises is not None:
        return f"raise{ending} {found.raises}"
    return f"return{ending} {wire_literal(found.value)}"


def call_text(entry_point: str, test: Given) -> str:
    """The call of a test, as one types it."""
    given = [wire_literal(value) for value in test.args]
    given += [f"{name}={wire_literal(value)}" for name, value in test.kwargs.items()]
    return f"{entry_point}({', '.join(given)})"
