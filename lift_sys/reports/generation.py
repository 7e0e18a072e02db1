"""The report of a run: `report.md` to read in a terminal, `report.html` with charts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lift_sys.records import Example, wire_literal
from lift_sys.reports.statistics import Statistics, collect
from lift_sys.storage import atomic_write

TEMPLATES = Path(__file__).parent / "templates"


def write(folder: Path, seconds: dict[str, float], command: str = "") -> None:
    """Collect the figures of `folder` and write both reports.

    Raises:
        StorageError: there is no finished dataset in `folder`, or it can't be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    figures = collect(folder)
    values = {
        "figures": figures,
        "counts": figures.counts,
        "manifest": figures.manifest,
        "rejected": figures.rejected.most_common(),
        "sources": _sources(figures),
        "seconds": seconds,
        "tests": _tests(figures.best) if figures.best else [],
        "command": f"lift-sys verify {folder.name}",
        "made_by": command,
        "milestones": _milestones(figures.timeline),
        "curated": _curated(figures),
    }
    for name, escape in (("report.md", False), ("report.html", True)):
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=escape, trim_blocks=True
        )
        environment.filters["number"] = lambda value: f"{value:,}"
        extra = {"charts": _charts(figures)} if escape else {}
        text = environment.get_template(f"{name}.jinja").render(**values, **extra)
        atomic_write(folder / name, [text, "\n"])


def _sources(figures: Statistics) -> list[dict[str, object]]:
    return [
        {
            "name": source["name"],
            "version": source["version"],
            "kind": source["kind"],
            "licence": source["licence"]["spdx"],
            "validated": figures.examples_by_source[source["name"]],
            "rejected": figures.rejected_by_source[source["name"]],
        }
        for source in figures.manifest["sources"]
    ]


def _curated(figures: Statistics) -> list[tuple[str, int]]:
    """What curation and the flake gate left out, by reason."""
    found: Counter[str] = Counter()
    for (stage, reason), count in figures.rejected.items():
        if stage == "curate" or reason == "flaky":
            found[reason] += count
    return found.most_common()


def _tests(example: Example) -> list[str]:
    lines = []
    for test in example.tests:
        arguments = [wire_literal(value) for value in test.args]
        arguments += [f"{name}={wire_literal(value)}" for name, value in test.kwargs.items()]
        call = f"{example.entry_point}({', '.join(arguments)})"
        outcome = f"raises {test.expected.raises}" if test.expected.raises else wire_literal(test.expected.value)
        lines.append(f"{call} -> {outcome}  [{test.oracle}, {'visible' if test.visible else 'hidden'}]")
    return lines


def _charts(figures: Statistics) -> dict[str, str]:
    from lift_sys.reports import charts

    counts = figures.counts
    funnel = {name.replace("_", " "): counts[name] for name in ("functions", "lifted", "with_tests", "validated")}
    by_reason = sorted(figures.manifest["rejected_by_reason"].items(), key=lambda item: -item[1])
    rejected = {reason.replace("_", " "): count for reason, count in by_reason}
    return {
        "funnel": charts.bars(funnel, colours={"validated": charts.GREEN}),
        "rejected": charts.bars(rejected, colours=dict.fromkeys(rejected, charts.ORANGE)),
        "sources": charts.bars(_most(figures.examples_by_source)),
        "categories": charts.bars(dict(figures.categories.most_common())),
        "difficulty": charts.bars(
            {name: figures.difficulties[name] for name in _LEVELS if figures.difficulties[name]}
        ),
        "licences": charts.bars(_most(figures.licences)),
        "statements": charts.histogram(
            [min(count, 30) for count in figures.statements], label="statements of the function (30: or more)"
        ),
        "mutants": charts.histogram(figures.mutants_per_example, label="mutants"),
        "timeline": _curve(figures, "validated", "rows validated"),
        "memory": _curve(figures, "memory_mib", "MiB of all processes"),
        "oracles": charts.bars(dict(figures.tests_by_oracle.most_common()), label="tests"),
        "mutation": charts.histogram(figures.mutation_scores, label="mutation score", span=(0, 1)),
        "quality": charts.histogram(figures.quality, label="quality", span=(0, 1)),
        "code": charts.histogram(figures.code_lines, label="lines of code"),
        "prompt": charts.histogram(figures.prompt_words, label="words in the prompt"),
    }


_LEVELS = ("easy", "medium", "hard", "none")
_SHOWN = 25


def _most(counter: Counter[str]) -> dict[str, float]:
    """The largest entries; what is left is one more."""
    shown: dict[str, float] = dict(counter.most_common(_SHOWN))
    rest = counter.total() - sum(shown.values())
    return {**shown, f"{len(counter) - len(shown)} more": rest} if rest else shown


def _curve(figures: Statistics, name: str, label: str) -> str:
    from lift_sys.reports import charts

    points = [(point["seconds"] / 60, point[name]) for point in figures.timeline if name in point]
    return charts.line(points, across="minutes", up=label) if len(points) > 2 else ""


def _milestones(timeline: list[dict[str, float]]) -> list[dict[str, float]]:
    """The points nearest to each tenth of the rows, with what a row cost since the one before."""
    if len(timeline) < 3:
        return []
    total = timeline[-1].get("validated", 0)
    if not total:
        return []
    found: list[dict[str, float]] = []
    before = {"validated": 0.0, "seconds": 0.0}
    for tenth in range(1, 11):
        point = next(point for point in timeline if point.get("validated", 0) >= total * tenth / 10)
        rows = point["validated"] - before["validated"]
        if rows:
            cost = (point["seconds"] - before["seconds"]) / rows
            found.append({"validated": point["validated"], "seconds": point["seconds"], "cost": cost})
            before = point
    return found
