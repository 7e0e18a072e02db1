"""Figures of a dataset, counted from its files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.dataset import FILE_REJECTS, read_examples, read_manifest, read_rejections
from lift_sys.records import Example, Rejection


@dataclass
class Statistics:
    """What a report says of a dataset."""

    manifest: dict[str, Any]
    examples_by_source: Counter[str] = field(default_factory=Counter)
    rejected_by_source: Counter[str] = field(default_factory=Counter)
    tests_by_oracle: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    mutation_scores: list[float] = field(default_factory=list)
    quality: list[float] = field(default_factory=list)
    code_lines: list[int] = field(default_factory=list)
    prompt_words: list[int] = field(default_factory=list)
    tests_per_example: list[int] = field(default_factory=list)
    assertions: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (stage, reason)."""
    samples: dict[tuple[str, str], Rejection] = field(default_factory=dict)
    """One rejection of each kind, the first."""
    files_rejected: Counter[str] = field(default_factory=Counter)
    best: Example | None = None

    @property
    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.manifest["counts"]
        return counts


def collect(folder: Path) -> Statistics:
    """Count a finished dataset.

    Raises:
        StorageError: the folder holds none, or a row was changed.
    """
    found = Statistics(read_manifest(folder))
    names = {source["id"]: source["name"] for source in found.manifest["sources"]}
    for example in read_examples(folder):
        found.examples_by_source[example.provenance.repository] += 1
        found.licences[example.provenance.licence] += 1
        found.tests_by_oracle.update(test.oracle for test in example.tests)
        found.assertions.update(clause.kind for clause in example.ir.assertions)
        found.mutation_scores.append(example.mutation.score or 0.0)
        found.quality.append(example.quality.score)
        found.code_lines.append(example.code.count("\n") + 1)
        found.prompt_words.append(len(example.prompt.split()))
        found.tests_per_example.append(len(example.tests))
        if found.best is None or example.quality.score > found.best.quality.score:
            found.best = example
    for rejection in read_rejections(folder):
        kind = (rejection.stage, rejection.reason.value)
        found.rejected[kind] += 1
        found.samples.setdefault(kind, rejection)
        found.rejected_by_source[names.get(rejection.repository, rejection.repository[:12])] += 1
    for rejection in read_rejections(folder, FILE_REJECTS):
        found.files_rejected[rejection.reason.value] += 1
    return found
