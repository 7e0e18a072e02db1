"""The report of a run: `report.md` to read in a terminal, `report.html` with charts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lift_sys.records import Example, wire_literal
from lift_sys.reports.run_facts import Run
from lift_sys.reports.statistics import collect
from lift_sys.reports.tables import Cell, Code, markdown, plain
from lift_sys.storage import atomic_write

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def write(folder: Path, run: Run) -> None:
    """Collect the figures of `folder` and write both reports.

    Raises:
        StorageError: there is no finished dataset in `folder`, or it can't be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from lift_sys.reports.generation_sections import sections

    figures = collect(folder)
    run = replace(run, place=run.place or str(folder))
    values = {
        "figures": figures,
        "counts": figures.counts,
        "manifest": figures.manifest,
        "sections": sections(figures, run),
        "run": run,
        "tests": _tests(figures.best) if figures.best else [],
    }
    for name, filters in (("report.md", {"cell": markdown}), ("report.html", {"cell": _cell, "text": _text})):
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            autoescape=name.endswith(".html"),
            trim_blocks=True,
        )
        environment.filters |= {"number": "{:,}".format, **filters}
        text = environment.get_template(f"{name}.jinja").render(values)
        atomic_write(folder / name, [text, "\n"])


def _cell(cell: Cell) -> Any:
    """A cell on the page."""
    from markupsafe import Markup, escape

    return Markup("<code>{}</code>").format(plain(cell)) if isinstance(cell, Code) and cell else escape(plain(cell))


def _text(text: str) -> Markup:
    """A paragraph on the page: what stands in backticks is code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _tests(example: Example) -> list[str]:
    lines = []
    for test in example.tests:
        arguments = [wire_literal(value) for value in test.args]
        arguments += [f"{name}={wire_literal(value)}" for name, value in test.kwargs.items()]
        call = f"{example.entry_point}({', '.join(arguments)})"
        outcome = f"raises {test.expected.raises}" if test.expected.raises else wire_literal(test.expected.value)
        lines.append(f"{call} -> {outcome}  [{test.oracle}, {'visible' if test.visible else 'hidden'}]")
    return lines
