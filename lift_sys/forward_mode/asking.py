"""What a model is asked, in the same words in training and in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.ir import IntermediateRepresentation
from lift_sys.ir.compact import render
from lift_sys.records import Expected, TestCase, wire_literal

_EXAMPLES = "\n\nExamples:\n"


@dataclass(frozen=True)
class Failure:
    """A test that code does not pass."""

    call: str
    expected: str
    """As `return 3` or `raise ValueError`."""
    got: str = ""
    """As `returns 4`, `raises TypeError` or `does not end`; empty where it is not known."""


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


def to_repair(prompt: str, code: str, failures: Sequence[Failure]) -> str:
    """The request to mend code, with the tests that it fails."""
    lines = [f"{failure.call} should {failure.expected}{_instead(failure)}" for failure in failures]
    return "\n\n".join([prompt.strip(), f"This answer is wrong:\n{fenced(code)}", "\n".join(lines)]).strip()


def _instead(failure: Failure) -> str:
    return f", but it {failure.got}" if failure.got else ""


def outcome(found: Expected, ending: str = "") -> str:
    """An outcome in words: `return 3`, or `returns 3` with the ending `s`."""
    if found.raises is not None:
        return f"raise{ending} {found.raises}"
    return f"return{ending} {wire_literal(found.value)}"


def call_text(entry_point: str, test: TestCase) -> str:
    """The call of a test, as one types it."""
    given = [wire_literal(value) for value in test.args]
    given += [f"{name}={wire_literal(value)}" for name, value in test.kwargs.items()]
    return f"{entry_point}({', '.join(given)})"
