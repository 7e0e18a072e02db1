"""A function-level repair task: code with one bug, tests that show it, tests that must go on passing, and the fix."""

from __future__ import annotations

from typing import Literal

from lift_sys.records.base import Record
from lift_sys.records.models import DRIVER, Projection, Provenance, Requirement, TestCase, program_of


class RepairTask(Record):
    """One killed mutant of an example, as a task in the manner of SWE-smith (Yang et al. 2025), for one function."""

    schema_version: Literal[1] = 1
    example: str
    """Id of the `Example` that the bug was put into."""
    prompt: str
    buggy_code: str
    entry_point: str
    harness: str = ""
    """See `Slice.harness`."""
    projection: Projection = ""
    requirements: tuple[Requirement, ...] = ()
    failing: tuple[TestCase, ...]
    """Tests that the bug fails and the fix passes; at least one."""
    passing: tuple[TestCase, ...]
    """Tests that pass before and after; at least one."""
    fix: str
    """Unified diff from the buggy code to the reference."""
    operator: str
    """The mutation operator that made the bug."""
    line: int
    category: str = ""
    difficulty: str = ""
    provenance: Provenance

    @property
    def program(self) -> str:
        """What is loaded to call the buggy code."""
        return program_of(self.buggy_code, self.harness)

    @property
    def driver(self) -> str:
        """What is called in `program`."""
        return DRIVER if self.harness else self.entry_point
