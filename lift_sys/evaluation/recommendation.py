"""Whether to take the new model: a decision that follows from rules, and names the rule and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lift_sys.evaluation.comparison import ALPHA, Comparison, Part
from lift_sys.evaluation.questions import HUMAN_EVAL, REPOSITORIES, TEMPLATES, VARIANTS, Slice

Decision = Literal["take the model", "keep the other", "undecided"]
MEASURED = 0.98
"""Share of a slice's questions that both models must have an answer to that is measured."""
PRIMARY: tuple[Slice, ...] = (VARIANTS, TEMPLATES, REPOSITORIES)
"""What the model is made for. HumanEval is a guard: it need not be better there, but not worse."""
RULES = (
    f"1. Measured: {', '.join(PRIMARY)} were asked, and of each slice that was asked, at least {MEASURED:.0%} of the "
    "questions have an answer of both models that is measured. Else: undecided.",
    "2. Not worse: on no slice, category or level of difficulty is the model significantly worse "
    f"(p < {ALPHA:g} by McNemar's test and by the permutation of groups, both after Holm's correction). Else: keep "
    "the other.",
    f"3. Better: on {', '.join(PRIMARY)} it is significantly better, by the same tests. Then: take the model. Else: "
    f"undecided. ({HUMAN_EVAL} is a guard: rule 2 holds for it, and rule 3 does not.)",
)


@dataclass(frozen=True)
class Recommendation:
    decision: Decision
    rule: str
    """Which rule decided."""
    reasons: tuple[str, ...]
    """The numbers, a line each."""


def recommend(comparison: Comparison) -> Recommendation:
    """What the rules come to."""
    slices = [part for part in comparison.slices if part.questions]
    primary = [part for part in slices if part.name in PRIMARY]
    unknown = [f"{name}: not asked" for name in PRIMARY if name not in {part.name for part in primary}]
    unknown += [
        f"{part.name}: {part.pairs} of {part.questions} questions measured on both"
        for part in slices
        if part.pairs < MEASURED * part.questions
    ]
    if unknown:
        return Recommendation("undecided", "rule 1", tuple(unknown))
    worse = [part for part in (*slices, *comparison.details) if part.worse]
    if worse:
        return Recommendation("keep the other", "rule 2", _lines(worse))
    short = [part for part in primary if not part.better]
    if short:
        return Recommendation("undecided", "rule 3", _lines(short))
    return Recommendation("take the model", "rule 3", _lines(primary))


def _lines(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(map(_line, parts))


def _line(part: Part) -> str:
    assert part.difference is not None
    if part.interval is not None:
        bounds = f"95 % interval {100 * part.interval.low:+.1f} to {100 * part.interval.high:+.1f}"
    else:
        bounds = f"no interval: {f'{part.groups} groups are too few' if part.differing else 'no verdict differs'}"
    tests = f"corrected p {_p(part.adjusted_p)} (McNemar), {_p(part.adjusted_clustered)} (groups)"
    return f"{part.name}: {100 * part.difference:+.1f} points, {bounds}; {tests}"


def _p(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2g}"
