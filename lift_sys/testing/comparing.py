"""A suite beside others: models that were measured on it, other suites, and benchmarks written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.errors import StorageError
from lift_sys.records import Expected, TestCase, WireValue
from lift_sys.records.tasks import Task
from lift_sys.sandbox.environments import PLAIN
from lift_sys.testing.acceptance import MUTANTS, normal
from lift_sys.testing.mutants import run_mutants
from lift_sys.testing.suite import Suite
from lift_sys.testing.test_generator import boxes

WAYS: Mapping[str, Callable[[Task], str]] = {
    "category": lambda task: task.category,
    "difficulty": lambda task: task.difficulty,
    "split": lambda task: "held-out templates" if task.held_out else "held-out variants",
}
"""Ways to look at a score. Nothing of a held-out template is ever trained on; of the others, only what the suite does
not ask."""


@dataclass(frozen=True)
class Score:
    """How many tasks of a suite a solver or a model solved."""

    solver: str
    solved: int
    of: int
    """Tasks that it answered: where nothing is known of an answer, it does not count."""
    parts: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    """Solved and all of each part, for each of `WAYS`."""

    @property
    def share(self) -> float | None:
        """None where nothing was measured."""
        return self.solved / self.of if self.of else None


def score_of(solver: str, tasks: Sequence[Task], solved: Sequence[bool | None]) -> Score:
    """The score of a solver, task by task; None where nothing is known."""
    known = [(task, good) for task, good in zip(tasks, solved, strict=True) if good is not None]
    parts: dict[str, dict[str, tuple[int, int]]] = {}
    for way, part_of in WAYS.items():
        counts = parts.setdefault(way, {})
        for task, good in known:
            passed, of = counts.get(part_of(task), (0, 0))
            counts[part_of(task)] = (passed + good, of + 1)
    return Score(solver, sum(good for _, good in known), len(known), parts)


def read_scores(path: Path, suite: Suite) -> Score:
    """What `lift-sys tests baseline` wrote.

    Raises:
        StorageError: it can't be read, or is of another suite.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, rows = lines[0], {row["task"]: row["status"] for row in lines[1:]}
        solver, digest = str(head["solver"]), head["digest"]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise StorageError(f"{path} holds no scores of `lift-sys tests baseline`: {error}") from error
    if digest != suite.head.digest or rows.keys() != {task.id for task in suite.tasks}:
        raise StorageError(f"{path} is of another suite, or not finished: run `lift-sys tests baseline` again")
    return score_of(solver, suite.tasks, [verdict(rows[task.id]) for task in suite.tasks])


def verdict(status: str) -> bool | None:
    """What a verdict says of an answer; None where it says nothing."""
    return None if status == "error" else status == "valid"


def dataset_lines(folder: Path) -> Iterator[str]:
    """The rows of a dataset folder, or of a file of rows.

    Raises:
        StorageError: there are none.
    """
    path = folder / "examples.jsonl" if folder.is_dir() else folder
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error}") from error


def shared(first: Suite, second: Suite) -> list[str]:
    """Tasks that two suites share, a line each: the same draw, or the same reference in other words."""
    draws = {(task.template, json.dumps(task.parameters, sort_keys=True)): task for task in second.tasks}
    forms = {normal(task.solution): task for task in second.tasks}
    lines = []
    for task in first.tasks:
        other = draws.get((task.template, json.dumps(task.parameters, sort_keys=True))) or forms.get(
            normal(task.solution)
        )
        if other is not None:
            lines.append(f"{task.name} asks the same as {other.name} of {second.head.suite}")
    return lines


@dataclass(frozen=True)
class Solved:
    """A benchmark's problem with its solution and its tests, each arguments and the value they lead to."""

    solution: str
    entry_point: str
    tests: tuple[tuple[tuple[WireValue, ...], WireValue], ...]


def kills(item: Solved) -> tuple[int, int]:
    """Worker function: mutants of a solution that its tests kill, and all that count.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    tests = [TestCase(args=args, expected=Expected(value=value), oracle="recorded") for args, value in item.tests]
    matrix = run_mutants(boxes()[PLAIN], item.solution, item.entry_point, tests, MUTANTS)
    counted = [
        bool(killed) for mutant, killed in zip(matrix.mutants, matrix.kills, strict=True) if not mutant.equivalent
    ]
    return sum(counted), len(counted)
