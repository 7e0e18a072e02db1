"""The tasks of a generated test suite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from pydantic import JsonValue

from lift_sys.ir import IntermediateRepresentation
from lift_sys.records.base import Record
from lift_sys.records.models import DRIVER, MutationEvidence, TestCase, program_of

Difficulty = Literal["easy", "medium", "hard"]


class Reading(Record):
    """Another reading of the prompt, what rules it out, and the first test that tells it (None: no input does)."""

    kind: str
    says: str
    code: str
    told_by: int | None = None


class Task(Record):
    """One task of a suite: a prompt, a reference with a second implementation, and tests that are worth something."""

    schema_version: Literal[1] = 1
    template: str
    category: str
    difficulty: Difficulty
    held_out: bool = False
    """Whether no task of its template may be trained on."""
    parameters: dict[str, JsonValue]
    """What sets it apart from the other tasks of its template."""
    prompt: str
    ir: IntermediateRepresentation
    entry_point: str
    solution: str
    second: str
    """Another implementation, which agrees on every test and on every input that was tried."""
    harness: str = ""
    """See `Slice.harness`: drives the methods of a class."""
    tests: tuple[TestCase, ...]
    """Visible ones are in the prompt; the others decide."""
    readings: tuple[Reading, ...] = ()
    mutation: MutationEvidence
    inputs: int
    """On how many inputs both implementations agreed."""

    @property
    def name(self) -> str:
        return f"{self.template}/{self.id[:8]}"

    @property
    def hidden(self) -> tuple[TestCase, ...]:
        return tuple(test for test in self.tests if not test.visible)

    @property
    def driver(self) -> str:
        """What is called in `program`."""
        return DRIVER if self.harness else self.entry_point

    def program(self, code: str) -> str:
        """What is loaded to call a solution."""
        return program_of(code, self.harness)


def digest(tasks: Iterable[Task]) -> str:
    """Hash of a suite's tasks, in their order."""
    return hashlib.sha256("\n".join(task.id for task in tasks).encode()).hexdigest()
