"""Which tests the empty stub passes: measured in the sandbox, since decorators and harnesses may hide that it is."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.errors import SandboxError, SandboxFault, SandboxUnavailable
from lift_sys.records import Example, program_of

ATTEMPTS = 3


class StubJudge:
    """Runs stubs on a warm box. `wheels` is where the wheels lie that rows import."""

    def __init__(self, wheels: Path | None) -> None:
        self._boxes = Boxes(wheels)

    def passed(self, example: Example, stub: str) -> list[bool]:
        """Whether each test passes with the stub, each call in a fresh process.

        Raises:
            RequirementMissing: a wheel that the row needs is not in the cache.
            SandboxFault, SandboxUnavailable: there is no working sandbox here.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._run(example, stub)
            except SandboxFault:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _run(self, example: Example, stub: str) -> list[bool]:
        from lift_sys.data_synthesis.execution_validator import meets, to_call
        from lift_sys.sandbox.candidate import run_calls
        from lift_sys.sandbox.environments import PLAIN

        box = self._boxes.bound(example.requirements)[PLAIN]
        program = program_of(stub, example.harness)
        results = []
        for test in example.tests:
            try:
                outcome = run_calls(box, program, example.driver, [to_call(test)], regime="fresh_process")[0]
            except (SandboxFault, SandboxUnavailable):
                raise
            except SandboxError:
                results.append(False)
            else:
                results.append(meets(test.expected, outcome))
        return results

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._boxes.close()
