"""Figures of a dataset, counted from its files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.dataset import EXAMPLES, FILE_REJECTS, read_examples, read_manifest, read_rejections
from lift_sys.records import Example, Rejection, RejectionReason
from lift_sys.reports.contamination import benchmarks, shown_by
from lift_sys.reports.timeline import Point, read_timeline
from lift_sys.reports.verifications import Verification, read_verifications
from lift_sys.testing.mutants import DEATHS

OURS = ("worker_crashed", "sandbox_error", "lift_failed", "requirement")
"""Reasons that tell of a fault of ours, or of our machine, and not of the code."""
MUTANTS_WANTED = 10


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
    contaminated: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (benchmark, way)."""
    samples: dict[tuple[str, str], Rejection] = field(default_factory=dict)
    """One rejection of each kind, the first."""
    files_rejected: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    difficulties: Counter[str] = field(default_factory=Counter)
    projections: Counter[str] = field(default_factory=Counter)
    registers: Counter[str] = field(default_factory=Counter)
    clusters: set[str] = field(default_factory=set)
    with_requirements: int = 0
    one_statement: int = 0
    statements: list[int] = field(default_factory=list)
    survivors: Counter[str] = field(default_factory=Counter)
    """Mutants that no test killed, by operator."""
    equivalent: Counter[str] = field(default_factory=Counter)
    """Mutants that can't be killed, by proof."""
    mutants: int = 0
    mutants_per_example: list[int] = field(default_factory=list)
    """Equivalent ones left out; in the order of `statements`."""
    few_mutants: Counter[str] = field(default_factory=Counter)
    """Why rows have fewer than are wanted."""
    environments: Counter[str] = field(default_factory=Counter)
    """Rows that held in each environment of the flake gate."""
    timeline: list[Point] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    best: Example | None = None

    @property
    def rows(self) -> int:
        return self.counts["validated"]

    @property
    def largest_share(self) -> float:
        """Share of the rows that the largest project has."""
        return max(self.examples_by_source.values(), default=0) / max(self.rows, 1)

    @property
    def configuration(self) -> dict[str, Any]:
        configuration: dict[str, Any] = self.manifest["configuration"]
        return configuration

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
    held_against = benchmarks(found.configuration)
    for example in read_examples(folder):
        _count(found, example)
    for rejection in read_rejections(folder):
        kind = (rejection.stage, rejection.reason.value)
        found.rejected[kind] += 1
        found.samples.setdefault(kind, rejection)
        found.rejected_by_source[names.get(rejection.repository, rejection.repository[:12])] += 1
        if rejection.reason is RejectionReason.CONTAMINATED:
            found.contaminated[shown_by(rejection.detail, held_against)] += 1
    for rejection in read_rejections(folder, FILE_REJECTS):
        found.files_rejected[rejection.reason.value] += 1
    found.timeline = read_timeline(folder / "work" / "timeline.jsonl", found.manifest["sources"])
    found.verifications = read_verifications(folder, found.manifest["files"][EXAMPLES])
    return found


def _count(found: Statistics, example: Example) -> None:
    found.examples_by_source[example.provenance.repository] += 1
    found.licences[example.provenance.licence] += 1
    found.tests_by_oracle.update(test.oracle for test in example.tests)
    found.assertions.update(clause.kind for clause in example.ir.assertions)
    if example.mutation.score is not None:
        found.mutation_scores.append(example.mutation.score)
    found.quality.append(example.quality.score)
    found.code_lines.append(example.code.count("\n") + 1)
    found.prompt_words.append(len(example.prompt.split()))
    found.tests_per_example.append(len(example.tests))
    found.categories[example.category or "none"] += 1
    found.difficulties[example.difficulty or "none"] += 1
    found.projections[example.projection or "none: results are plain"] += 1
    found.registers.update(example.prompts.keys())
    found.clusters.add(example.cluster or example.id)
    found.with_requirements += bool(example.requirements)
    found.one_statement += example.statements <= 1
    found.statements.append(example.statements)
    found.mutants += example.mutation.total
    found.mutants_per_example.append(example.mutation.total)
    if example.mutation.total < MUTANTS_WANTED:
        found.few_mutants[_why_few(example)] += 1
    for mutant in example.mutation.mutants:
        if mutant.equivalent:
            found.equivalent[mutant.proof or "bytecode"] += 1
        elif mutant.killed_by is None:
            found.survivors[mutant.operator] += 1
    found.environments.update(example.flake.environments)
    if found.best is None or example.quality.score > found.best.quality.score:
        found.best = example


def _why_few(example: Example) -> str:
    """Why a row has few mutants, as far as the row tells."""
    mutants = example.mutation.mutants
    if len(mutants) >= MUTANTS_WANTED:
        return "enough were made, but some are equivalent"
    if sum(mutant.stopped for mutant in mutants) >= DEATHS:
        return f"{DEATHS} or more did not come to an end: the rest may not have been run"
    return "the function has no more places to change"
