"""The validation report of a suite: Markdown to read in a terminal, HTML with charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

from lift_sys.records.tasks import Task
from lift_sys.reports.generation import TEMPLATES
from lift_sys.storage.files import atomic_write
from lift_sys.testing.acceptance import MUTANTS
from lift_sys.testing.comparing import WAYS, Score
from lift_sys.testing.drawing import POOL
from lift_sys.testing.suite import Suite
from lift_sys.testing.test_generator import NEAR
from lift_sys.testing.validation import Again, Checked

LEVELS = ("easy", "medium", "hard")
STEPS = (0.0, 0.2, 0.4, 0.6, NEAR, 1.01)
"""Borders of the similarities that are counted together."""


@dataclass(frozen=True)
class Comparison:
    """What can be said of a suite and of a benchmark alike; without tasks it was not measured."""

    name: str
    tasks: int = 0
    prompt_words: float = 0.0
    """Median."""
    tests: float = 0.0
    """Mean number a task."""
    mutants: int = 0
    killed: int = 0
    """By the tests of each task."""
    argued: int = 0
    """Mutants that survive, and are left out because somebody argued that no input tells them."""

    @property
    def score(self) -> float | None:
        return self.killed / self.mutants if self.mutants else None

    @property
    def strict(self) -> float | None:
        """The score when nobody may argue: every mutant that survives counts."""
        return self.killed / (self.mutants + self.argued) if self.mutants else None


@dataclass(frozen=True)
class Facts:
    """Everything that the report says."""

    suite: Suite
    checked: Sequence[Checked]
    runs: int
    near_duplicates: int
    nearest: Sequence[float]
    """For each task the similarity of the prompt that is most like its own."""
    scores: Sequence[Score]
    """Of solvers that know nothing; without tasks one was not measured."""
    models: Sequence[Score]
    comparisons: Sequence[Comparison]
    shared: Sequence[tuple[Suite, int]]
    """Other suites, and how many tasks ask what one of theirs asks."""
    again: Again | None
    """None where it was not drawn again."""
    seconds: Mapping[str, float]
    """Wall time of each part, by what it did."""
    made_by: str


@dataclass(frozen=True)
class Group:
    """Some of the tasks, taken together."""

    name: str
    tasks: int
    levels: list[int]
    inputs: tuple[int, float, int]
    """Least, median and most inputs on which the implementations of a task agreed."""
    killed: int
    mutants: int
    proven: int
    argued: int
    nearest: float
    """Highest similarity to another prompt of the suite."""
    milliseconds: float
    """To run a hidden test of the reference, median."""

    @property
    def score(self) -> float | None:
        return self.killed / self.mutants if self.mutants else None


def of_suite(suite: Suite, checked: Sequence[Checked]) -> Comparison:
    return Comparison(
        name=suite.head.suite,
        tasks=len(suite.tasks),
        prompt_words=median(len(task.prompt.split()) for task in suite.tasks),
        tests=mean(len(task.hidden) for task in suite.tasks),
        mutants=sum(found.mutants for found in checked),
        killed=sum(found.killed for found in checked),
        argued=sum(found.argued for found in checked),
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
        environment.filters["percent"] = lambda value: "not measured" if value is None else f"{100 * value:.1f} %"
        environment.filters["number"] = lambda value: f"{value:,}"
        environment.filters["ms"] = lambda seconds: f"{1000 * seconds:.1f} ms"
        extra = {"charts": _charts(facts, values)} if escape else {}
        text = environment.get_template(f"{name}.jinja").render(**values, **extra)
        atomic_write(path, ["\n".join(line.rstrip() for line in text.splitlines()), "\n"])


def _values(facts: Facts) -> dict[str, Any]:
    tasks, checked = facts.suite.tasks, facts.checked
    tests = _test_seconds(facts)
    return {
        "head": facts.suite.head,
        "facts": facts,
        "whole": _group("all", facts, [True] * len(tasks)),
        "categories": list(_groups(facts, "category")),
        "difficulties": list(_groups(facts, "difficulty", LEVELS)),
        "levels": LEVELS,
        "templates": len({task.template for task in tasks}),
        "held_out": len({task.template for task in tasks if task.held_out}),
        "held_out_tasks": sum(task.held_out for task in tasks),
        "arguments": _arguments(tasks),
        "failures": [(what, task.name, text) for task, found in _both(facts) for what, text in _failed(found)],
        "flips": sum(len(found.flips) for found in checked),
        "readings": sum(reading.told_by is not None for task in tasks for reading in task.readings),
        "untold": sum(reading.told_by is None for task in tasks for reading in task.readings),
        "reading_kinds": Counter(reading.kind for task in tasks for reading in task.readings).most_common(),
        "cap": MUTANTS,
        "capped": sum(found.capped for found in checked),
        "inputs": sum(task.inputs for task in tasks),
        "executions": sum(found.executions for found in checked),
        "agreed": _agreed([task.inputs for task in tasks]),
        "similar": _similar(facts.nearest),
        "test_seconds": {
            "median": median(tests),
            "95 of 100 are below": quantiles(tests, n=20)[-1] if len(tests) > 1 else tests[0],
            "longest": max(tests),
        },
        "reference_seconds": sum(found.seconds for found in checked),
        "solvers": [*facts.scores, *(facts.models or [Score("a model", 0, 0)])],
        "ways": _ways(facts),
        "measured": [score.solver for score in _measured(facts)],
        "sample": tasks[len(tasks) // 3],
    }


def _both(facts: Facts) -> Iterator[tuple[Task, Checked]]:
    return zip(facts.suite.tasks, facts.checked, strict=True)


def _failed(found: Checked) -> Iterator[tuple[str, str]]:
    """What does not hold of a task, and what kind of thing it is."""
    for what, texts in (
        ("flake", found.flips),
        ("mutant that survives", found.survivors),
        ("misreading that passes", found.passed_readings),
        ("not as recorded", found.faults),
    ):
        for text in texts:
            yield what, text


def _test_seconds(facts: Facts) -> list[float]:
    """For each task the time that one of its hidden tests takes."""
    return [found.seconds / len(task.hidden) for task, found in _both(facts)]


def _groups(facts: Facts, way: str, names: Sequence[str] = ()) -> Iterator[Group]:
    parts = [WAYS[way](task) for task in facts.suite.tasks]
    for name in names or dict.fromkeys(parts):
        if name in parts:
            yield _group(name, facts, [part == name for part in parts])


def _group(name: str, facts: Facts, members: Sequence[bool]) -> Group:
    every = zip(facts.suite.tasks, facts.checked, facts.nearest, _test_seconds(facts), strict=True)
    rows = list(compress(every, members))
    inputs = [task.inputs for task, *_ in rows]
    return Group(
        name=name,
        tasks=len(rows),
        levels=[sum(task.difficulty == level for task, *_ in rows) for level in LEVELS],
        inputs=(min(inputs), median(inputs), max(inputs)),
        killed=sum(found.killed for _, found, *_ in rows),
        mutants=sum(found.mutants for _, found, *_ in rows),
        proven=sum(found.proven for _, found, *_ in rows),
        argued=sum(found.argued for _, found, *_ in rows),
        nearest=max(alike for *_, alike, _ in rows),
        milliseconds=1000 * median(seconds for *_, seconds in rows),
    )


def _agreed(inputs: Sequence[int]) -> list[tuple[str, int]]:
    """How many tasks there are for each range of inputs that were tried."""
    return [
        (f"fewer than {POOL}", sum(number < POOL for number in inputs)),
        (f"{POOL} to {POOL + 49}", sum(POOL <= number < POOL + 50 for number in inputs)),
        (f"{POOL + 50} and more", sum(number >= POOL + 50 for number in inputs)),
    ]


def _similar(nearest: Sequence[float]) -> list[tuple[str, int]]:
    """How many prompts there are for each range of similarity to the nearest other one."""
    spans = list(pairwise(STEPS))
    names = [f"{low:g} to {high:g}" for low, high in spans[:-1]] + [f"{NEAR:g} and above: near-duplicates"]
    return [
        (name, sum(low <= alike < high for alike in nearest)) for name, (low, high) in zip(names, spans, strict=True)
    ]


def _ways(facts: Facts) -> dict[str, list[tuple[str, int, list[tuple[int, int] | None]]]]:
    """For each way to look at scores, its parts with their tasks and what every measured solver scores there."""
    tables = {}
    for way, of in WAYS.items():
        parts = Counter(map(of, facts.suite.tasks))
        names = LEVELS if way == "difficulty" else list(parts)
        tables[way] = [
            (name, parts[name], [score.parts[way].get(name) for score in _measured(facts)])
            for name in names
            if parts[name]
        ]
    return tables


def _measured(facts: Facts) -> list[Score]:
    return [score for score in (*facts.scores, *facts.models) if score.of]


def _arguments(tasks: Sequence[Task]) -> list[tuple[str, int]]:
    """Why mutants are said to be equivalent, and how often."""
    found: Counter[str] = Counter()
    for task in tasks:
        for mutant in task.mutation.mutants:
            if mutant.proof.startswith("argued: "):
                found[f"{task.template}: {mutant.proof.removeprefix('argued: ')}"] += 1
    return found.most_common()


def _charts(facts: Facts, values: Mapping[str, Any]) -> dict[str, Any]:
    from lift_sys.reports import charts, suite_charts

    tasks = facts.suite.tasks
    categories: list[Group] = values["categories"]
    difficulties: list[Group] = values["difficulties"]
    compared = {
        c.name: [None if share is None else 100 * share for share in (c.score, c.strict)] for c in facts.comparisons
    }
    return {
        "categories": suite_charts.stacked(
            {group.name.replace("_", " "): group.levels for group in categories}, LEVELS, label="tasks"
        ),
        "difficulty": charts.bars({group.name: group.tasks for group in difficulties}, label="tasks"),
        "agreement": charts.histogram(
            [task.inputs for task in tasks], label="inputs on which both implementations agree", up="tasks"
        ),
        "similarity": suite_charts.similarities(facts.nearest, NEAR),
        "words": charts.histogram(
            [len(task.prompt.split()) for task in tasks], label="words in the prompt", up="tasks"
        ),
        "mutants": charts.histogram([task.mutation.total for task in tasks], label="mutants", up="tasks"),
        "scores": suite_charts.grouped(
            {g.name.replace("_", " "): [None if g.score is None else 100 * g.score] for g in categories},
            ["mutation score"],
            label="% of mutants killed",
        ),
        "time": charts.histogram(
            [1000 * seconds for seconds in _test_seconds(facts)], label="milliseconds a hidden test", up="tasks"
        ),
        "solvers": suite_charts.grouped(
            {score.solver: [None if score.share is None else 100 * score.share] for score in values["solvers"]},
            ["solved"],
            label="% of tasks solved",
        ),
        "ways": _way_charts(facts),
        "compared": suite_charts.grouped(
            compared,
            ["argued equivalents left out", "argued equivalents counted as survivors"],
            label="% of mutants killed by the tests",
        ),
    }


def _way_charts(facts: Facts) -> dict[str, str]:
    """For each way to look at scores a chart of the models, beside the best of the solvers that know nothing."""
    from lift_sys.reports import suite_charts

    best = max((score for score in facts.scores if score.of), key=lambda score: score.solved, default=None)
    shown = [*facts.models[:3], *([best] if best else [])]
    drawn = {}
    for way, parts in _ways(facts).items():
        rows = {
            name.replace("_", " "): [_percent(score.parts[way].get(name)) for score in shown] for name, *_ in parts
        }
        drawn[way] = suite_charts.grouped(rows, [score.solver for score in shown], label="% of tasks solved")
    return drawn


def _percent(part: tuple[int, int] | None) -> float | None:
    return None if part is None or not part[1] else 100 * part[0] / part[1]
