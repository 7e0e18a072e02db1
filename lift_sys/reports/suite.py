"""The validation report of a suite: Markdown to read in a terminal, HTML with charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from lift_sys.records.tasks import Task
from lift_sys.reports.generation import TEMPLATES
from lift_sys.storage.files import atomic_write
from lift_sys.testing.suite import Suite
from lift_sys.testing.validation import Checked


@dataclass(frozen=True)
class Score:
    """What a solver or a model solved."""

    solver: str
    solved: int
    of: int
    by_category: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Solved and all, where it was asked by category."""

    @property
    def share(self) -> float:
        return self.solved / self.of if self.of else 0.0


@dataclass(frozen=True)
class Comparison:
    """What can be said of a suite and of a benchmark alike."""

    name: str
    tasks: int
    prompt_words: float
    """Median."""
    tests: float
    """Mean number a task."""
    mutants: int
    killed: int
    """By the tests of each task."""

    @property
    def score(self) -> float | None:
        return self.killed / self.mutants if self.mutants else None


@dataclass(frozen=True)
class Facts:
    """Everything that the report says."""

    suite: Suite
    checked: Sequence[Checked]
    runs: int
    near_duplicates: int
    scores: Sequence[Score]
    comparisons: Sequence[Comparison]
    seconds: Mapping[str, float]
    """Wall time of each part, by what it did."""
    made_by: str


def of_suite(suite: Suite, checked: Sequence[Checked]) -> Comparison:
    return Comparison(
        name=suite.head.suite,
        tasks=len(suite.tasks),
        prompt_words=median(len(task.prompt.split()) for task in suite.tasks),
        tests=mean(len(task.hidden) for task in suite.tasks),
        mutants=sum(found.mutants for found in checked),
        killed=sum(found.killed for found in checked),
    )


def write(markdown: Path, html: Path, facts: Facts) -> None:
    """Raises:
    StorageError: a file can't be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    values = _values(facts)
    for path, name, escape in ((markdown, "suite.md", False), (html, "suite.html", True)):
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=escape, trim_blocks=True
        )
        environment.filters["percent"] = lambda value: f"{100 * value:.1f} %"
        extra = {"charts": _charts(facts)} if escape else {}
        text = environment.get_template(f"{name}.jinja").render(**values, **extra)
        atomic_write(path, [text, "\n"])


def _values(facts: Facts) -> dict[str, Any]:
    tasks, checked = facts.suite.tasks, facts.checked
    by_category = Counter(task.category for task in tasks)
    return {
        "head": facts.suite.head,
        "facts": facts,
        "categories": [
            (name, count, [sum(t.category == name and t.difficulty == level for t in tasks) for level in LEVELS])
            for name, count in by_category.items()
        ],
        "levels": LEVELS,
        "templates": len({task.template for task in tasks}),
        "held_out": len({task.template for task in tasks if task.held_out}),
        "held_out_tasks": sum(task.held_out for task in tasks),
        "killed": sum(found.killed for found in checked),
        "mutants": sum(found.mutants for found in checked),
        "proven": sum(found.proven for found in checked),
        "argued": sum(found.argued for found in checked),
        "arguments": _arguments(tasks),
        "survivors": [
            (task.name, text) for task, found in zip(tasks, checked, strict=True) for text in found.survivors
        ],
        "flips": [(task.name, text) for task, found in zip(tasks, checked, strict=True) for text in found.flips],
        "open_readings": [
            (task.name, text) for task, found in zip(tasks, checked, strict=True) for text in found.passed_readings
        ],
        "readings": sum(reading.told_by is not None for task in tasks for reading in task.readings),
        "untold": sum(reading.told_by is None for task in tasks for reading in task.readings),
        "reading_kinds": Counter(reading.kind for task in tasks for reading in task.readings).most_common(),
        "inputs": sum(task.inputs for task in tasks),
        "executions": sum(found.executions for found in checked),
        "slowest": max((found.seconds for found in checked), default=0.0),
        "median_seconds": median(found.seconds for found in checked) if checked else 0.0,
        "sample": tasks[len(tasks) // 3] if tasks else None,
    }


LEVELS = ("easy", "medium", "hard")


def _arguments(tasks: Sequence[Task]) -> list[tuple[str, int]]:
    """Why mutants are said to be equivalent, and how often."""
    found: Counter[str] = Counter()
    for task in tasks:
        for mutant in task.mutation.mutants:
            if mutant.proof.startswith("argued: "):
                found[f"{task.template}: {mutant.proof.removeprefix('argued: ')}"] += 1
    return found.most_common()


def _charts(facts: Facts) -> dict[str, str]:
    from lift_sys.reports import charts

    tasks = facts.suite.tasks
    levels: Counter[str] = Counter(task.difficulty for task in tasks)
    scores = {score.solver: 100 * score.share for score in facts.scores}
    return {
        "categories": charts.bars(Counter(task.category.replace("_", " ") for task in tasks), label="tasks"),
        "difficulty": charts.bars({level: levels[level] for level in LEVELS}, label="tasks"),
        "hidden": charts.histogram([len(task.hidden) for task in tasks], label="hidden tests", up="tasks"),
        "words": charts.histogram(
            [len(task.prompt.split()) for task in tasks], label="words in the prompt", up="tasks"
        ),
        "mutants": charts.histogram([task.mutation.total for task in tasks], label="mutants", up="tasks"),
        "time": charts.histogram(
            [1000 * found.seconds for found in facts.checked], label="milliseconds to judge a reference", up="tasks"
        ),
        "solvers": charts.bars(scores, label="% of tasks solved", places=1),
        "compared": charts.bars(
            {c.name: 100 * c.score for c in facts.comparisons if c.score is not None},
            label="% of mutants killed by the tests",
            places=1,
        ),
    }
