"""The report of a run: `report.md` to read in a terminal, `report.html` with charts."""

from __future__ import annotations

from pathlib import Path

from lift_sys.records import Example, wire_literal
from lift_sys.reports.statistics import Statistics, collect
from lift_sys.storage import atomic_write

TEMPLATES = Path(__file__).parent / "templates"


def write(folder: Path, seconds: dict[str, float]) -> None:
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
        "sources": charts.bars(dict(figures.examples_by_source.most_common())),
        "oracles": charts.bars(dict(figures.tests_by_oracle.most_common()), label="tests"),
        "mutation": charts.histogram(figures.mutation_scores, label="mutation score", span=(0, 1)),
        "quality": charts.histogram(figures.quality, label="quality", span=(0, 1)),
        "code": charts.histogram(figures.code_lines, label="lines of code"),
        "prompt": charts.histogram(figures.prompt_words, label="words in the prompt"),
    }
