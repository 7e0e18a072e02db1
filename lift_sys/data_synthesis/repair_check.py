"""Repair tasks run again: the bug fails exactly its failing tests, and the fix passes all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lift_sys.data_synthesis.boxes import SeedBoxes, worker_boxes
from lift_sys.data_synthesis.execution_validator import meets, to_call
from lift_sys.data_synthesis.patch import apply_patch
from lift_sys.data_synthesis.repair import read_repair_tasks
from lift_sys.errors import CandidateDied, CandidateTimeout, RequirementMissing, ResultTooLarge, SandboxFault
from lift_sys.records import program_of
from lift_sys.records.repair import RepairTask

if TYPE_CHECKING:
    from lift_sys.data_synthesis.progress import Progress
    from lift_sys.executors import Executor

ATTEMPTS = 3


@dataclass(frozen=True)
class RepairCheck:
    """What came of a check. A pair is a task's id and what is wrong."""

    checked: int
    wrong: tuple[tuple[str, str], ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    """Tasks of which nothing is known: our sandbox broke, or a package is missing."""


@dataclass(frozen=True)
class Work:
    """One task for a worker."""

    task: RepairTask
    wheels: str | None = None


def check_repair(task: RepairTask, boxes: SeedBoxes) -> str | None:
    """What is wrong with a task; None when its bug fails exactly the failing tests and its fix passes all.

    Raises:
        SandboxFault: our box broke; nothing is known.
        RequirementMissing: a package that the task needs is not there.
    """
    try:
        fixed = apply_patch(task.buggy_code, task.fix)
    except ValueError as error:
        return f"the fix does not apply: {error}"
    passed = _passed(boxes, task, task.program)
    if passed is None:
        return "the buggy code does not run to its end"
    for index, got in enumerate(passed):
        if got != (index >= len(task.failing)):
            kind, number = ("failing", index) if got else ("passing", index - len(task.failing))
            return f"{kind} test {number} {'passes' if got else 'fails'} with the bug"
    passed = _passed(boxes, task, program_of(fixed, task.harness))
    return None if passed is not None and all(passed) else "the fix does not pass every test"


def _passed(boxes: SeedBoxes, task: RepairTask, program: str) -> Sequence[bool] | None:
    """Whether each test, the failing ones first, passes; None when the program ends or hangs its process."""
    from lift_sys.sandbox.candidate import run_calls
    from lift_sys.sandbox.environments import PLAIN

    tests = (*task.failing, *task.passing)
    try:
        outcomes = run_calls(boxes[PLAIN], program, task.driver, [to_call(t) for t in tests], regime="one_process")
    except (CandidateDied, CandidateTimeout, ResultTooLarge):
        return None
    return [meets(test.expected, outcome) for test, outcome in zip(tests, outcomes, strict=True)]


def check_work(work: Work) -> tuple[str | None, str | None]:
    """Worker function: what is wrong with a task, and why that could not be told; both None when it holds."""
    boxes = worker_boxes(work.wheels).bound(work.task.requirements)
    for attempt in range(ATTEMPTS):
        try:
            return check_repair(work.task, boxes), None
        except (SandboxFault, RequirementMissing) as error:
            if isinstance(error, RequirementMissing) or attempt == ATTEMPTS - 1:
                return None, str(error)
    raise AssertionError("unreachable")


async def check_repairs(
    folder: Path, executor: Executor, progress: Progress, *, sample: int = 0, wheels: Path | None = None
) -> RepairCheck:
    """Run the tasks of a folder again, or `sample` of them spread evenly.

    Raises:
        StorageError: there are no tasks, or they are damaged.
    """
    tasks = list(read_repair_tasks(folder))
    if sample and sample < len(tasks):
        tasks = [tasks[index * len(tasks) // sample] for index in range(sample)]
    progress.start("check", len(tasks))
    work = [Work(task, str(wheels.resolve()) if wheels else None) for task in tasks]
    wrong: dict[int, str] = {}
    errors: dict[int, str] = {}
    async with aclosing(executor.map_unordered(check_work, work)) as answers:
        async for done in answers:
            why, error = done.result or (None, str(done.failure) if done.failure else None)
            if why is not None:
                wrong[done.index] = why
            if error is not None:
                errors[done.index] = error
            progress.advance("check")
    named = [tuple((tasks[index].id, why) for index, why in sorted(found.items())) for found in (wrong, errors)]
    return RepairCheck(len(tasks), *named)
