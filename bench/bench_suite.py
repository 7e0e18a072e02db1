"""The test suite from templates: made, run and shown again, as `lift-sys tests generate` and `validate` do it.

python -m bench suite
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bench.common import Row
from lift_sys.executors import Executor, make_executor
from lift_sys.records.tasks import Task
from lift_sys.sandbox.environments import PLAIN
from lift_sys.testing.running import run_task
from lift_sys.testing.solvers import SOLVERS
from lift_sys.testing.suite import Suite, read_suite
from lift_sys.testing.test_generator import boxes, generate, near_duplicates
from lift_sys.testing.validation import Checked, validate

COMMITTED = Path(__file__).parent.parent / "tests" / "synthetic" / "suite_v1.jsonl"
COUNT, RUNS, JOBS = 500, 20, 2


def reference(task: Task) -> bool:
    """Worker function: whether a reference passes its hidden tests."""
    return run_task(task, task.solution, boxes(), environment=PLAIN).status == "valid"


async def references(tasks: Sequence[Task], workers: Executor) -> int:
    passed = 0
    async for done in workers.map_unordered(reference, tasks):
        passed += bool(done.result)
    return passed


async def measured(seed: int) -> tuple[Suite, int, list[Checked], list[float]]:
    """A suite made anew, how many references passed, what was shown again, and the seconds of each."""
    clock = [time.perf_counter()]
    async with make_executor("local", JOBS) as workers:
        suite = (await generate(seed, COUNT, workers)).suite
        clock.append(time.perf_counter())
        passed = await references(suite.tasks, workers)
        clock.append(time.perf_counter())
        checked = await validate(suite.tasks, workers, runs=RUNS)
        clock.append(time.perf_counter())
    return suite, passed, checked, [later - earlier for earlier, later in pairwise(clock)]


def run() -> list[Row]:
    committed = read_suite(COMMITTED)
    suite, passed, checked, (making, running, showing) = asyncio.run(measured(committed.head.seed))
    same = len({task.id for task in suite.tasks} & {task.id for task in committed.tasks})
    flips = sum(len(found.flips) for found in checked)
    executions = sum(found.executions for found in checked)
    wrong = sum(bool(found.faults or found.passed_readings) for found in checked)
    killed, mutants = (sum(getattr(found, name) for found in checked) for name in ("killed", "mutants"))
    solved = {name: sum(name in found.solved_by for found in checked) for name in SOLVERS}
    best = max(solved, key=lambda name: solved[name])
    machine = f"{JOBS} workers on {len(os.sched_getaffinity(0))} cores"
    return [
        Row(f"suite: {COUNT} tests generated and validated", making, "s", 180.0, at_least=False, note=machine),
        Row("suite: tasks of the committed file that came again", same, "tasks", float(COUNT)),
        Row("suite: references run", running, "s", 60.0, at_least=False, note=f"{passed} pass; {machine}"),
        Row("suite: references that pass", passed, "tasks", float(COUNT)),
        Row(f"suite: flakes in {RUNS} runs", flips, "", 0.0, at_least=False, note=f"{executions:,} executions"),
        Row("suite: mutation score", killed / mutants, "", 1.0, note=f"{killed:,} of {mutants:,}"),
        Row("suite: near-duplicate prompts", near_duplicates(suite.tasks), "pairs", 0.0, at_least=False),
        Row("suite: tasks with another fault", wrong, "tasks", 0.0, at_least=False, note=f"shown in {showing:.0f} s"),
        Row("suite: best solver that knows nothing", 100 * solved[best] / COUNT, "%", 5.0, at_least=False, note=best),
    ]


if __name__ == "__main__":
    for row in run():
        print(f"{row.name:60} {row.value:10.2f} {row.unit:6} {'' if row.ok is None else row.ok} {row.note}")
