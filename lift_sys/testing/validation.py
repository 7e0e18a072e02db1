"""Is a suite what it says? Everything that was shown when it was made is shown again, on the file alone.

Of each task: the reference and the second implementation pass all tests, hidden and visible, in every environment;
the predicates of the IR hold on these calls; every misreading that a test told fails; every mutant that was recorded
can be made again, and is killed or proven or argued to be equivalent; solvers that know nothing fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lift_sys.errors import LiftError
from lift_sys.executors import Executor
from lift_sys.ir import Parameter, Signature
from lift_sys.records import Expected, WireValue, wire_literal
from lift_sys.records.tasks import Task
from lift_sys.sandbox.environments import PLAIN, drawn
from lift_sys.testing.acceptance import MUTANTS
from lift_sys.testing.mutants import run_mutants
from lift_sys.testing.running import Result, run_task
from lift_sys.testing.solvers import SOLVERS, entries
from lift_sys.testing.suite import Suite
from lift_sys.testing.test_generator import boxes, generate


@dataclass(frozen=True)
class Item:
    """What a worker checks. Answers of more solvers come with it, by name."""

    task: Task
    runs: int
    seed: int
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """What was found of one task."""

    task: str
    flips: tuple[str, ...] = ()
    """Runs of the reference or the second implementation that did not pass, and how."""
    passed_readings: tuple[str, ...] = ()
    """Misreadings that pass, although a test told them when the suite was made."""
    killed: int = 0
    mutants: int = 0
    proven: int = 0
    argued: int = 0
    capped: bool = False
    """Whether as many mutants were made of a function or method as are made at most; there may be more."""
    survivors: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """What else does not hold: predicates, and mutants that can't be made again."""
    solved_by: tuple[str, ...] = ()
    """Solvers that know nothing, and pass."""
    executions: int = 0
    seconds: float = 0.0
    """Wall time of one run of the reference on its hidden tests, in both regimes."""


async def validate(
    tasks: Sequence[Task],
    executor: Executor,
    *,
    runs: int = 1,
    seed: int = 0,
    answers: dict[str, dict[str, str]] | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[Checked]:
    """Check every task, in order.

    Args:
        runs: how often each implementation is run, each time in another environment.
        answers: code by solver and id of the task, for solvers that need more than the task.

    Raises:
        LiftError: a task could not be checked, for a fault of ours.
    """
    given = answers or {}
    items = [
        Item(task, runs, seed, {name: codes[task.id] for name, codes in given.items() if task.id in codes})
        for task in tasks
    ]
    found: list[Checked | None] = [None] * len(items)
    async for done in executor.map_unordered(check_task, items):
        if done.failure is not None or done.result is None:
            raise LiftError(f"{tasks[done.index].name} could not be checked: {done.failure}")
        found[done.index] = done.result
        advance()
    return [item for item in found if item is not None]


@dataclass(frozen=True)
class Again:
    """What came of drawing a suite from its seed again."""

    seconds: float
    """Wall time to draw and check its tasks."""
    workers: int
    differing: int
    """Tasks of the suite that are not at their place now."""


async def draw_again(
    suite: Suite, executor: Executor, workers: int, *, advance: Callable[[int], None] = lambda total: None
) -> Again:
    """Draw a suite again as its head says, and hold it against the file.

    Args:
        workers: how many the executor has, to be told beside the time.
        advance: see `generate`.

    Raises:
        ConfigError: the templates no longer give so many tasks with this seed.
    """
    began = time.monotonic()
    found = await generate(suite.head.seed, len(suite.tasks), executor, training=suite.head.training, advance=advance)
    seconds = time.monotonic() - began
    pairs = zip(suite.tasks, found.suite.tasks, strict=True)
    return Again(seconds, workers, sum(old.id != new.id for old, new in pairs))


def check_task(item: Item) -> Checked:
    """Worker function.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    task, executions = item.task, 0
    warm = boxes()
    warm[PLAIN]  # opened before the clock runs
    began = time.monotonic()
    run_task(task, task.solution, warm)
    seconds = time.monotonic() - began
    flips: list[str] = []
    for what, code in (("reference", task.solution), ("second implementation", task.second)):
        for run in range(item.runs):
            environment = drawn(item.seed, run)
            result = run_task(task, code, warm, environment=environment, tests=task.tests)
            executions += len(task.tests) + 1
            if result.status != "valid":
                flips.append(f"{what}, {environment.name}: {result.status}: {result.reason}")
    readings = [r for r in task.readings if r.told_by is not None]
    passing = [r.kind for r in readings if _valid(run_task(task, r.code, warm, regimes=("one_process",)))]
    mutants = _mutants(task)
    solvers = {name: solve(task) for name, solve in SOLVERS.items()} | item.answers
    solved = [name for name, code in solvers.items() if _valid(run_task(task, code, warm))]
    return Checked(
        task=task.id,
        flips=tuple(flips),
        passed_readings=tuple(passing),
        killed=mutants.killed,
        mutants=mutants.killed + len(mutants.survivors),
        proven=mutants.proven,
        argued=mutants.argued,
        capped=mutants.capped,
        survivors=tuple(mutants.survivors),
        faults=(*mutants.faults, *_predicates(task)),
        solved_by=tuple(solved),
        executions=executions,
        seconds=seconds,
    )


def _valid(result: Result) -> bool:
    return result.status == "valid"


@dataclass
class _Mutants:
    """Mutants made anew."""

    killed: int = 0
    proven: int = 0
    argued: int = 0
    capped: bool = False
    survivors: list[str] = field(default_factory=list)
    """Those without an argument."""
    faults: list[str] = field(default_factory=list)


def _mutants(task: Task) -> _Mutants:
    argued = {(m.line, m.before, m.after) for m in task.mutation.mutants if m.proof.startswith("argued")}
    found, made = _Mutants(), 0
    for entry in entries(task):
        matrix = run_mutants(boxes()[PLAIN], task.solution, entry, task.hidden, MUTANTS, harness=task.harness)
        if matrix.detail:
            found.faults.append(f"no mutants of {entry}: {matrix.detail}")
        made += len(matrix.mutants)
        # Those with the same bytecode come on top: they are never run.
        found.capped |= sum(mutant.proof != "bytecode" for mutant in matrix.mutants) >= MUTANTS
        for mutant, kills in zip(matrix.mutants, matrix.kills, strict=True):
            if kills:
                found.killed += 1
            elif mutant.equivalent:
                found.proven += 1
            elif (mutant.line, mutant.before, mutant.after) in argued:
                found.argued += 1
            else:
                found.survivors.append(f"line {mutant.line}, {mutant.before} -> {mutant.after}")
    if made < len(task.mutation.mutants):
        found.faults.append(f"{made} mutants could be made of the {len(task.mutation.mutants)} that are recorded")
    return found


@dataclass(frozen=True)
class _Observed:
    """A test, as the checker of predicates wants a call."""

    args: tuple[WireValue, ...]
    kwargs: dict[str, WireValue]
    outcome: Expected


def _predicates(task: Task) -> list[str]:
    """Predicates of the IR that do not hold on a test."""
    from lift_sys.reverse_mode.predicates import check

    predicates = [item.predicate for item in task.ir.assertions if item.kind == "postcondition"]
    returning = [test for test in task.tests if test.expected.raises is None]
    calls = [_Observed(test.args, test.kwargs, test.expected) for test in returning]
    if not predicates or not calls:
        return []
    driven = Signature(name=task.driver, parameters=(Parameter(name="arguments"), Parameter(name="steps")))
    rows = check(boxes()[PLAIN], predicates, driven if task.harness else task.ir.signature, calls)
    lines = []
    for text, row in zip(predicates, rows, strict=True):
        wrong = [call for call, holds in zip(calls, row, strict=True) if holds is not True]
        if wrong:
            lines.append(f"`{text}` does not hold on ({', '.join(map(wire_literal, wrong[0].args))})")
    return lines
