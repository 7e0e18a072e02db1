"""The report of an evaluation: Markdown to read in a terminal, HTML with charts, every answer, and the figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.evaluation.comparison import ALPHA, Comparison, Part
from lift_sys.evaluation.differences import ERROR_TYPES, ErrorType
from lift_sys.evaluation.questions import SLICES, Asked, Question
from lift_sys.evaluation.recommendation import RULES, Recommendation
from lift_sys.evaluation.resampling import RESAMPLES
from lift_sys.evaluation.runner import Measured
from lift_sys.evaluation.statistics import FEWEST_GROUPS
from lift_sys.evaluation.summary import (
    Price,
    Share,
    Specifications,
    Summary,
    plain,
    plain_clauses,
    specifications,
    summarise,
)
from lift_sys.reports.evaluation_examples import all_shown, examples
from lift_sys.reports.evaluation_text import FILTERS
from lift_sys.reports.generation import TEMPLATES
from lift_sys.storage.files import atomic_write

SCHEMA_VERSION = 1
MISSING_SHOWN = 10


@dataclass(frozen=True)
class Side:
    """One of the models."""

    measured: Measured
    price: Price | None = None

    @property
    def name(self) -> str:
        """The model's name without the hash of its base."""
        name, _, rest = self.measured.model.rpartition("/")[2].partition("@")
        _, plus, adapter = rest.partition("+")
        return f"{name}{plus}{adapter}"


@dataclass(frozen=True)
class Facts:
    """Everything that the report says."""

    sides: Sequence[Side]
    """The model, and the one that it is compared with, where there is one."""
    questions: Sequence[Question]
    comparison: Comparison | None
    recommendation: Recommendation | None
    absent: Mapping[str, str]
    """Slices that were not asked, and why."""
    made_by: str
    code_version: str
    notes: Sequence[str] = ()
    """What else is not measured, a line each."""
    answers: str = ""
    """Where every answer can be read."""

    @property
    def names(self) -> list[str]:
        """Short names of the models; the whole ones where the short ones are the same."""
        short = [side.name for side in self.sides]
        return short if len(set(short)) == len(short) else [side.measured.model for side in self.sides]


@dataclass(frozen=True)
class Row:
    """A slice, or a part of one, with the figures of each model."""

    name: str
    summaries: Sequence[Summary]
    part: Part | None = None
    specifications: Sequence[Specifications] = field(default_factory=tuple)

    @property
    def solved(self) -> list[Share]:
        return [summary.solved for summary in self.summaries]


def write(markdown: Path, html: Path, facts: Facts) -> None:
    """Raises:
    StorageError: a file can't be written.
    """
    values = _values(facts)
    _render(markdown, "evaluation.md", values, escape=False)
    _render(html, "evaluation.html", values | {"charts": _charts(facts, values)}, escape=True)


def write_answers(path: Path, facts: Facts) -> None:
    """A page with every question and every greedy answer, to search in.

    Raises:
        StorageError: the file can't be written.
    """
    shown = all_shown(facts.questions, [side.measured for side in facts.sides])
    _render(path, "evaluation_answers.html", {"facts": facts, "names": facts.names, "shown": shown}, escape=True)


def write_results(path: Path, facts: Facts) -> None:
    """All figures as JSON, for programs.

    Raises:
        StorageError: the file can't be written.
    """
    atomic_write(path, [json.dumps(results(facts), indent=1), "\n"])


def results(facts: Facts) -> dict[str, Any]:
    """The figures as plain values; what was not measured is null."""
    comparison, decided = facts.comparison, facts.recommendation
    return {
        "schema_version": SCHEMA_VERSION,
        "made_by": facts.made_by,
        "code_version": facts.code_version,
        "models": [
            {
                "model": side.measured.model,
                "about": side.measured.about,
                "setting": vars(side.measured.setting),
                "slices": {row.name: plain(row.summaries[number]) for row in _slices(facts)},
                "from_true_ir": {row.name: plain(row.summaries[number]) for row in _slices(facts, "ir_to_code")},
                "specifications": {row.name: plain_clauses(row.specifications[number]) for row in _clauses(facts)},
            }
            for number, side in enumerate(facts.sides)
        ],
        "absent": dict(facts.absent),
        "notes": list(facts.notes),
        "comparison": [_plain_part(part) for part in comparison.slices] if comparison else None,
        "details": [_plain_part(part) for part in comparison.details] if comparison else None,
        "recommendation": vars(decided) if decided else None,
    }


def _plain_part(part: Part) -> dict[str, Any]:
    interval = part.interval
    odds = part.odds
    return vars(part) | {
        "interval": [interval.low, interval.high] if interval else None,
        "pairs": part.pairs,
        "difference": part.difference,
        "cohens_h": part.h,
        "odds": "infinite" if odds == float("inf") else odds,
    }


def _render(path: Path, name: str, values: dict[str, Any], *, escape: bool) -> None:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    atomic_write(path, [environment.get_template(f"{name}.jinja").render(**values), "\n"])


def _values(facts: Facts) -> dict[str, Any]:
    sides = [side.measured for side in facts.sides]
    code = [question for question in facts.questions if question.asked == "prompt_to_code"]
    shown = all_shown(code, sides)
    total = _row("all", facts, code)
    errors = _errors(total)
    return {
        "facts": facts,
        "names": facts.names,
        "slices": _slices(facts),
        "details": _details(facts, code),
        "total": total,
        "clauses": _clauses(facts),
        "from_true_ir": _slices(facts, "ir_to_code"),
        "errors": errors,
        "mended": _mended(facts.comparison, errors) if facts.comparison else {},
        "error_types": ERROR_TYPES,
        "examples": examples(shown),
        "missing": [(name, side.missing) for name, side in zip(facts.names, sides, strict=True) if side.missing],
        "missing_shown": MISSING_SHOWN,
        "setting": sides[0].setting,
        "groups": {name: len({q.group for q in code if q.slice == name}) for name in SLICES},
        "about_slices": SLICES,
        "rules": RULES,
        "alpha": ALPHA,
        "resamples": RESAMPLES,
        "fewest": FEWEST_GROUPS,
    }


def _row(name: str, facts: Facts, questions: Sequence[Question], part: Part | None = None) -> Row:
    return Row(name, [summarise(side.measured, questions, side.price) for side in facts.sides], part)


def _slices(facts: Facts, asked: Asked = "prompt_to_code") -> list[Row]:
    compared = facts.comparison.slices if facts.comparison and asked == "prompt_to_code" else ()
    parts = {part.name: part for part in compared}
    rows = []
    for name in SLICES:
        own = [q for q in facts.questions if q.slice == name and q.asked == asked]
        if own:
            rows.append(_row(name, facts, own, parts.get(name)))
    return rows


def _details(facts: Facts, code: Sequence[Question]) -> dict[str, list[Row]]:
    """Rows of categories and of levels, by where the tasks come from and which of the two they are."""
    parts = {part.name: part for part in facts.comparison.details} if facts.comparison else {}
    found: dict[str, list[Row]] = {}
    for source in dict.fromkeys(question.source for question in code):
        for what, order in (("category", sorted), ("difficulty", _by_level)):
            own = [q for q in code if q.source == source]
            values = order({getattr(q, what) for q in own} - {""})
            rows = []
            for value in values:
                name = f"{source}: {value.replace('_', ' ')}"
                rows.append(_row(name, facts, [q for q in own if getattr(q, what) == value], parts.get(name)))
            if rows:
                found[f"{source}, by {what}"] = rows
    return found


def _by_level(values: set[str]) -> list[str]:
    levels = ["easy", "medium", "hard"]
    return sorted(values, key=lambda value: (levels.index(value) if value in levels else len(levels), value))


def _clauses(facts: Facts) -> list[Row]:
    rows = []
    for name in SLICES:
        own = [q for q in facts.questions if q.slice == name and q.asked == "prompt_to_ir"]
        if own:
            found = [specifications(side.measured, own) for side in facts.sides]
            rows.append(Row(name, [], specifications=found))
    return rows


def _errors(total: Row) -> dict[ErrorType, list[int | None]]:
    """How many answers of each model fail in which way, most first; None of a model without answers."""
    counts = sum((summary.errors for summary in total.summaries), Counter[ErrorType]())
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    return {kind: [summary.failures(kind) for summary in total.summaries] for kind in kinds}


def _mended(comparison: Comparison, errors: Mapping[ErrorType, Sequence[int | None]]) -> dict[ErrorType, int | None]:
    """How many of the other's failures the model solves; None where there are some, and none of them in a pair."""
    found: dict[ErrorType, int | None] = {}
    for kind, (_, failed) in errors.items():
        before, _, mended = comparison.moves.get(kind, (0, 0, 0))
        found[kind] = mended if before or failed == 0 else None
    return found


def _charts(facts: Facts, values: dict[str, Any]) -> dict[str, Any]:
    from lift_sys.reports import evaluation_charts as charts

    names, slices = values["names"], values["slices"]
    made: dict[str, Any] = {
        "slices": charts.shares({row.name: row.solved for row in slices}, names, label="% of tasks solved (pass@1)"),
        "details": {
            title: charts.shares(
                {row.name.partition(": ")[2]: row.solved for row in rows}, names, label="% of tasks solved"
            )
            for title, rows in values["details"].items()
        },
        "errors": charts.pairs(values["errors"], names, label="answers") if values["errors"] else "",
        "parses": charts.shares(
            {
                f"{row.name}: {what}": [getattr(summary, what) for summary in row.summaries]
                for row in slices
                for what in ("parses", "runs")
            },
            names,
            label="% of answers",
        ),
        "seconds": charts.pairs(
            {row.name: [summary.waited for summary in row.summaries] for row in slices},
            names,
            label="seconds an answer, mean",
            places=2,
        ),
        "tokens": charts.pairs(
            {row.name: [summary.tokens for summary in row.summaries] for row in slices},
            names,
            label="tokens an answer, mean",
        ),
        "differences": "",
    }
    if facts.comparison:
        rows = {
            p.name: (p.difference, p.interval, "better" if p.better else "worse" if p.worse else "")
            for p in facts.comparison.slices
            if p.difference is not None
        }
        if rows:
            made["differences"] = charts.differences(rows, label="percentage points")
    return made
