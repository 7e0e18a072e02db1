"""A suite beside others: models that were measured on it, other suites, and benchmarks written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lift_sys.errors import StorageError
from lift_sys.records import Expected, TestCase, WireValue
from lift_sys.sandbox.environments import PLAIN
from lift_sys.testing.acceptance import MUTANTS, normal
from lift_sys.testing.mutants import run_mutants
from lift_sys.testing.suite import Suite
from lift_sys.testing.test_generator import boxes


@dataclass(frozen=True)
class ModelScore:
    """How many tasks of a suite a model solved."""

    solver: str
    solved: int
    of: int


def read_scores(path: Path, suite: Suite) -> ModelScore:
    """What `lift-sys tests baseline` wrote.

    Raises:
        StorageError: it can't be read, or is of another suite.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, rows = lines[0], {row["task"]: row["status"] for row in lines[1:]}
        score = ModelScore(head["solver"], sum(status == "valid" for status in rows.values()), len(rows))
        digest = head["digest"]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise StorageError(f"{path} holds no scores of `lift-sys tests baseline`: {error}") from error
    if digest != suite.head.digest or len(rows) != len(suite.tasks):
        raise StorageError(f"{path} is of another suite, or not finished: run `lift-sys tests baseline` again")
    return score


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
