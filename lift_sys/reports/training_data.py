"""The statistics of prepared training data: Markdown to read in a terminal, HTML with charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from lift_sys.records.training import KINDS, TrainingRow
from lift_sys.reports.generation import TEMPLATES
from lift_sys.storage.files import atomic_write
from lift_sys.training.checking import TokenCheck
from lift_sys.training.choosing import FATES
from lift_sys.training.data_prep import SPLITS, read_manifest, read_rows

NAME = "data_report"
LEVELS = ("easy", "medium", "hard", "")


@dataclass(frozen=True)
class Facts:
    """What the report says, besides what it reads in the folder."""

    made_by: str
    code_version: str
    tokens: TokenCheck | None
    """None where no tokenizer was at hand."""


def write(folder: Path, facts: Facts) -> None:
    """Write `data_report.md` and `data_report.html` beside the rows.

    Raises:
        StorageError: the folder holds no prepared data, or a file can't be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    manifest = read_manifest(folder)
    rows = {split: read_rows(folder / f"{split}.jsonl") if manifest["rows"][split] else [] for split in SPLITS}
    values = _values(manifest, rows, facts)
    for end, escape in (("md", False), ("html", True)):
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=escape, trim_blocks=True
        )
        environment.filters["number"] = lambda value: f"{value:,}"
        environment.filters["percent"] = lambda value: f"{100 * value:.1f} %"
        extra = {"charts": _charts(manifest, rows, facts)} if escape else {}
        text = environment.get_template(f"training_data.{end}.jinja").render(**values, **extra)
        atomic_write(folder / f"{NAME}.{end}", [_tidy(text), "\n"])


def _tidy(text: str) -> str:
    """Without blanks at the ends of lines, which a table's loop leaves."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def _values(manifest: Mapping[str, Any], rows: Mapping[str, Sequence[TrainingRow]], facts: Facts) -> dict[str, Any]:
    everything = [row for split in SPLITS for row in rows[split]]
    return {
        "facts": facts,
        "manifest": manifest,
        "splits": SPLITS,
        "rows": rows,
        "count": len(everything),
        "kinds": _by(rows, KINDS, lambda row: row.task),
        "origins": _by(rows, ("dataset", "template"), lambda row: row.origin),
        "categories": _by(rows, sorted({row.category for row in everything}), lambda row: row.category),
        "levels": _by(rows, LEVELS, lambda row: row.difficulty),
        "groups": {split: _groups(rows[split]) for split in SPLITS},
        "shared": {
            f"{one} and {other}": _shared(rows[one], rows[other])
            for one, other in (("train", "val"), ("train", "test"), ("val", "test"))
        },
        "largest": Counter(row.group for row in rows["train"] if row.origin == "dataset").most_common(5),
        "fates": FATES,
        "fated": [
            (split, origin, kind, counts)
            for split, origins in manifest["fates"].items()
            for origin, kinds in origins.items()
            for kind, counts in kinds.items()
        ],
        "sizes": {split: _sizes(rows[split]) for split in SPLITS},
        "sample": _sample(facts.tokens),
    }


def _by(rows: Mapping[str, Sequence[TrainingRow]], names: Sequence[str], of: Any) -> list[tuple[str, list[int]]]:
    """Rows of each name, by split; names without rows are left out."""
    counts = {split: Counter(of(row) for row in rows[split]) for split in SPLITS}
    table = [(name or "none", [counts[split][name] for split in SPLITS]) for name in names]
    return [(name, line) for name, line in table if any(line)]


def _groups(rows: Sequence[TrainingRow]) -> dict[str, int]:
    """How many projects and templates there are."""
    found = {(row.origin, row.group) for row in rows}
    return {origin: sum(own == origin for own, _ in found) for origin in ("dataset", "template")}


def _shared(one: Sequence[TrainingRow], other: Sequence[TrainingRow]) -> dict[str, int]:
    """What two splits have in common, counted on the files."""

    def of(rows: Sequence[TrainingRow], what: Any, origin: str = "") -> set[Any]:
        return {what(row) for row in rows if origin in ("", row.origin)}

    def common(what: Any, origin: str = "") -> int:
        return len(of(one, what, origin) & of(other, what, origin))

    return {
        "projects": common(lambda row: row.group, "dataset"),
        "templates": common(lambda row: row.group, "template"),
        "sources": common(lambda row: row.source),
        "prompts": common(lambda row: (row.task, row.prompt)),
        "answers": common(lambda row: (row.task, row.completion)),
    }


def _sizes(rows: Sequence[TrainingRow]) -> dict[str, tuple[float, int]]:
    """Median and largest number of characters."""
    if not rows:
        return {"prompt": (0, 0), "completion": (0, 0)}
    return {
        name: (median(lengths), max(lengths))
        for name, lengths in (
            ("prompt", [len(row.prompt) for row in rows]),
            ("completion", [len(row.completion) for row in rows]),
        )
    }


def _sample(tokens: TokenCheck | None) -> list[tuple[str, bool]]:
    """Tokens of the sample with blanks and line ends that can be seen."""
    return [(seen(text), learnt) for text, learnt in tokens.sample] if tokens else []


def seen(text: str) -> str:
    """The text of a token on one line."""
    return text.replace("\n", "⏎").replace("\t", "⇥").replace("`", "ˋ")


def _charts(manifest: Mapping[str, Any], rows: Mapping[str, Sequence[TrainingRow]], facts: Facts) -> dict[str, str]:
    from lift_sys.reports import charts

    train = rows["train"]
    fates: Counter[str] = Counter()
    for origins in manifest["fates"].values():
        for kinds in origins.values():
            for counts in kinds.values():
                fates.update(counts)
    everything = [row for split in SPLITS for row in rows[split]]
    found = {
        "kinds": charts.bars(Counter(row.task.replace("_", " ") for row in train), label="training rows"),
        "origins": charts.bars(Counter(row.origin for row in train), label="training rows"),
        "categories": charts.bars(
            dict(Counter(row.category.replace("_", " ") for row in train).most_common()), label="training rows"
        ),
        "levels": charts.bars(
            {level: count for level in LEVELS[:3] if (count := sum(row.difficulty == level for row in train))},
            label="training rows",
        ),
        "fates": charts.bars({fate: fates[fate] for fate in FATES}, label="candidates of all splits"),
        "prompts": charts.histogram([len(row.prompt) for row in everything], label="characters, prompt", up="rows"),
        "completions": charts.histogram(
            [len(row.completion) for row in everything], label="characters, answer", up="rows"
        ),
    }
    if facts.tokens:
        lengths = [length for some in facts.tokens.lengths.values() for length in some]
        found["tokens"] = charts.histogram(lengths, label="tokens of a row", up="rows")
    return found
