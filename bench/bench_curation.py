"""Curation: speed of the duplicate check, recall and false positives of the scans, and quality against a reader."""

from __future__ import annotations

import ast
import hashlib
import json
import random
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.common import Row
from lift_sys.data_synthesis.curation.category import category
from lift_sys.data_synthesis.curation.duplicates import ShingleIndex, shingles
from lift_sys.data_synthesis.curation.normal_form import normal_form
from lift_sys.data_synthesis.curation.personal import find_personal
from lift_sys.data_synthesis.curation.planted import planted
from lift_sys.data_synthesis.curation.quality import LOW_QUALITY, score
from lift_sys.data_synthesis.curation.secrets import find_secrets
from lift_sys.records import Example

FUNCTIONS = 6_000
LABELS = Path(__file__).parents[1] / "training_data"
DEMO = Path(__file__).parents[1] / "build" / "demo" / "examples.jsonl"


def run() -> list[Row]:
    functions = list(_functions())
    return [*_duplicates(functions), *_scans(functions), *_quality(), *_category()]


def _functions() -> Iterator[tuple[str, str]]:
    """Name and source of top-level functions and methods of the standard library, in a fixed order."""
    root = Path(sysconfig.get_path("stdlib"))
    left_out = {"site-packages", "idlelib", "lib2to3", "__pycache__"}
    paths = sorted(path for path in root.rglob("*.py") if not left_out & set(path.parts))
    random.Random(0).shuffle(paths)
    count = 0
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        lines = text.split("\n")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and count < FUNCTIONS:
                count += 1
                yield node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def _duplicates(functions: list[tuple[str, str]]) -> list[Row]:
    parse, forms = _timed(lambda: [normal_form(source, name) for name, source in functions])
    cut, sets = _timed(lambda: [shingles(form.loose) for form in forms])
    index = ShingleIndex()

    def check() -> int:
        found = 0
        for item in sets:
            sketch = index.signature(item)
            found += any(likeness >= 0.8 for likeness in index.similar(item, sketch).values())
            index.add(item, sketch)
        return found

    compare, found = _timed(check)
    note = f"(of {len(functions)} functions of the standard library, {found} are like an earlier one)"
    return [
        Row(
            "near-duplicates: signature, candidates, true Jaccard, per CPU second", len(sets) / compare, "/s", 20_000
        ),
        Row("near-duplicates: shingles cut, per CPU second", len(sets) / cut, "/s"),
        Row("normal forms made, per CPU second", len(forms) / parse, "/s", note=note),
    ]


def _scans(functions: list[tuple[str, str]]) -> list[Row]:
    items = list(planted(seed=2026, rounds=50))
    hits = [any(find_personal(item.line) if item.personal else find_secrets(item.line)) for item in items]
    seconds, flagged = _timed(
        lambda: [
            (next(find_secrets(source), None) is not None, next(find_personal(source), None) is not None)
            for _, source in functions
        ]
    )
    secrets, people = (sum(column) for column in zip(*flagged, strict=True))
    kinds, of = len({item.kind for item in items}), len(functions)
    share = sum(hits) / len(hits)
    return [
        Row("planted secrets and personal data found", share, "", 0.99, note=f"({len(items)} of {kinds} kinds)"),
        _flagged("a secret", secrets, of),
        _flagged("personal data", people, of),
        Row("functions scanned for both, per CPU second", of / seconds, "/s"),
    ]


def _flagged(what: str, count: int, of: int) -> Row:
    note = f"({count} of {of} functions of the standard library)"
    return Row(f"functions flagged as holding {what}", count / of, "", 0.002, at_least=False, note=note)


def _labels(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / name).read_text().splitlines()]


def _quality() -> list[Row]:
    rows = sorted(_labels("quality_labels.jsonl"), key=lambda row: score(row["components"]))
    refused = [row["label"] == "reject" for row in rows]
    third = len(rows) // 3
    below = [no for row, no in zip(rows, refused, strict=True) if score(row["components"]) < LOW_QUALITY]
    pairs = [(i < j) + 0.0 for i, no in enumerate(refused) if no for j, other in enumerate(refused) if not other]
    return [
        Row("reader rejects, lowest third by quality", sum(refused[:third]) / third, "", 0.8),
        Row("reader rejects, middle third", sum(refused[third:-third]) / (len(rows) - 2 * third), ""),
        Row("reader rejects, highest third", sum(refused[-third:]) / third, "", 0.25, at_least=False),
        Row(f"reader rejects, below {LOW_QUALITY}", sum(below) / len(below), "", 0.85, note=f"({len(below)} rows)"),
        Row("a rejected row scores below a kept one", sum(pairs) / len(pairs), "", note="(AUC, 120 rows)"),
    ]


def _category() -> list[Row]:
    if not DEMO.is_file():
        return []
    examples = {hashlib.sha256(row.code.encode()).hexdigest(): row for row in _examples(DEMO)}
    rows = []
    for part in ("rules were written with", "held out"):
        wanted = [
            row for row in _labels("category_labels.jsonl") if row["part"] == part and row["code_sha256"] in examples
        ]
        if not wanted:
            continue
        said = [(category(examples[row["code_sha256"]]), row["categories"]) for row in wanted]
        first = sum(found == names[0] for found, names in said) / len(said)
        some = sum(found in names for found, names in said) / len(said)
        note = f"({len(said)} rows, {part}; the reader's first choice: {first:.2f})"
        rows.append(Row("category is one that a reader names", some, "", note=note))
    return rows


def _examples(path: Path) -> Iterator[Example]:
    """Rows of any schema version whose fields still fit."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            data = {key: value for key, value in json.loads(line).items() if key not in ("id", "schema_version")}
            yield Example.model_validate(data)
