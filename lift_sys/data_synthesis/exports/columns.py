"""An example as one flat row: what Parquet files and `datasets` hold.

Nested records (tests, IR, mutants) are JSON text: their shape differs from row to row, and a column of a Parquet file
has one type.
"""

from __future__ import annotations

import json
from typing import Any

from lift_sys.records import Example

Row = dict[str, Any]
COLUMNS: dict[str, str] = {
    "id": "content hash of the row",
    "prompt": "what to ask a model",
    "prompts": "JSON: prompt by register",
    "code": "the reference, as a module that runs alone given its requirements",
    "entry_point": "what the code must define",
    "harness": "code after `code` that defines `lift_call`, which tests call; empty: they call the entry point",
    "projection": "how results are made plain, when they are not by themselves",
    "requirements": "JSON: pinned wheels that the code imports",
    "tests": "JSON: calls with expected outcomes, in the wire format",
    "ir": "JSON: the specification",
    "mutants": "JSON: every mutant and the tests that kill it",
    "category": "what the function is about",
    "difficulty": "easy, medium or hard",
    "statements": "statements of the function itself",
    "quality": "0 to 1",
    "mutation_score": "share of the mutants that the tests kill",
    "cluster": "rows that share it are alike: keep them on one side of a split",
    "repository": "project",
    "version": "release or commit",
    "path": "file in the project",
    "qualname": "name in the file",
    "url": "where the project's state is found",
    "licence": "SPDX id",
    "licence_sha256": "hash of the licence's text",
}  # fmt: skip


def to_row(example: Example) -> Row:
    """The columns of one example, in the order of `COLUMNS`."""
    place = example.provenance
    dumped = example.model_dump(mode="json", include={"prompts", "requirements", "tests", "ir", "mutation"})
    return {
        "id": example.id,
        "prompt": example.prompt,
        "prompts": _json(dumped["prompts"]),
        "code": example.code,
        "entry_point": example.entry_point,
        "harness": example.harness,
        "projection": example.projection,
        "requirements": _json(dumped["requirements"]),
        "tests": _json(dumped["tests"]),
        "ir": _json(dumped["ir"]),
        "mutants": _json(dumped["mutation"]["mutants"]),
        "category": example.category,
        "difficulty": example.difficulty,
        "statements": example.statements,
        "quality": example.quality.score,
        "mutation_score": example.mutation.score,
        "cluster": example.cluster,
        "repository": place.repository,
        "version": place.version,
        "path": place.path,
        "qualname": place.qualname,
        "url": place.url or "",
        "licence": place.licence,
        "licence_sha256": place.licence_sha256 or "",
    }


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
