"""Two models on the same questions: where they differ, by how much, and whether chance would do as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lift_sys.evaluation.answers import Answer
from lift_sys.evaluation.differences import ErrorType
from lift_sys.evaluation.questions import SLICES, Question
from lift_sys.evaluation.resampling import clustered_interval, clustered_p
from lift_sys.evaluation.runner import Measured
from lift_sys.evaluation.statistics import Interval, cohens_h, discordant_odds, holm, mcnemar

ALPHA = 0.05


@dataclass(frozen=True)
class Pair:
    """Both models' greedy answers to one question, both measured."""

    question: Question
    model: Answer
    against: Answer

    @property
    def difference(self) -> float:
        return float(self.model.finding.solved) - float(self.against.finding.solved)


@dataclass(frozen=True)
class Part:
    """The comparison on some of the questions: a slice, a category, a level of difficulty."""

    name: str
    questions: int
    both: int
    """Solved by both."""
    only_model: int
    only_against: int
    neither: int
    groups: int
    interval: Interval | None
    """Of the difference, over groups; None of too few, and where no pair differs: draws tell of no spread then."""
    p: float | None
    """Exact McNemar: tasks taken as independent. None, as all p-values, where there is no pair."""
    clustered: float | None
    """Permutation of groups: tasks of a group taken as one."""
    adjusted_p: float | None = None
    """`p` after Holm's correction over the family that the part is in; so for `adjusted_clustered`."""
    adjusted_clustered: float | None = None

    @property
    def pairs(self) -> int:
        return self.both + self.only_model + self.only_against + self.neither

    @property
    def differing(self) -> int:
        """Pairs that one alone solves."""
        return self.only_model + self.only_against

    @property
    def model(self) -> float | None:
        return (self.both + self.only_model) / self.pairs if self.pairs else None

    @property
    def against(self) -> float | None:
        return (self.both + self.only_against) / self.pairs if self.pairs else None

    @property
    def difference(self) -> float | None:
        return (self.only_model - self.only_against) / self.pairs if self.pairs else None

    @property
    def h(self) -> float | None:
        """Cohen's h."""
        if self.model is None or self.against is None:
            return None
        return cohens_h(self.model, self.against)

    @property
    def odds(self) -> float | None:
        return discordant_odds(self.only_model, self.only_against)

    @property
    def better(self) -> bool:
        """Significantly, after correction, by the stricter of the two tests."""
        return (self.difference or 0.0) > 0 and self._significant

    @property
    def worse(self) -> bool:
        return (self.difference or 0.0) < 0 and self._significant

    @property
    def _significant(self) -> bool:
        both = (self.adjusted_p, self.adjusted_clustered)
        return all(p is not None and p < ALPHA for p in both)


@dataclass(frozen=True)
class Comparison:
    """All parts. Each of the two families is corrected by itself."""

    pairs: tuple[Pair, ...]
    slices: tuple[Part, ...]
    details: tuple[Part, ...]
    """Categories and levels of difficulty, inside each source of tasks."""
    moves: dict[ErrorType, tuple[int, int, int]]
    """By error type: answers of `against` and of `model` that fail so, and how many of the first `model` solves."""


def compare(model: Measured, against: Measured, questions: Sequence[Question], *, seed: int = 0) -> Comparison:
    """The comparison on questions that ask for code.

    Args:
        seed: of the resampling.
    """
    asked = [question for question in questions if question.asked == "prompt_to_code"]
    pairs = tuple(_pairs(model, against, asked))
    slices = [_part(name, asked, pairs, seed, slice=name) for name in SLICES if any(q.slice == name for q in asked)]
    details = []
    for source in dict.fromkeys(question.source for question in asked):
        for field in ("category", "difficulty"):
            found = dict.fromkeys(getattr(q, field) for q in asked if q.source == source)
            details += [
                _part(f"{source}: {value.replace('_', ' ')}", asked, pairs, seed, source=source, **{field: value})
                for value in found
                if value
            ]
    return Comparison(pairs, _corrected(slices), _corrected(details), _moves(pairs))


def _pairs(model: Measured, against: Measured, questions: Sequence[Question]) -> list[Pair]:
    found = []
    for question in questions:
        first, second = model.greedy(question), against.greedy(question)
        if first is not None and second is not None:
            found.append(Pair(question, first, second))
    return found


def _part(name: str, questions: Sequence[Question], pairs: Sequence[Pair], seed: int, **where: str) -> Part:
    def inside(question: Question) -> bool:
        return all(getattr(question, field) == value for field, value in where.items())

    own = [pair for pair in pairs if inside(pair.question)]
    counts = Counter((pair.model.finding.solved, pair.against.finding.solved) for pair in own)
    differences = [pair.difference for pair in own]
    groups = [pair.question.group for pair in own]
    return Part(
        name=name,
        questions=sum(map(inside, questions)),
        both=counts[True, True],
        only_model=counts[True, False],
        only_against=counts[False, True],
        neither=counts[False, False],
        groups=len(set(groups)),
        interval=clustered_interval(differences, groups, seed=seed) if any(differences) else None,
        p=mcnemar(counts[True, False], counts[False, True]) if own else None,
        clustered=clustered_p(differences, groups, seed=seed) if own else None,
    )


def _corrected(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Holm's correction over the parts that have pairs: where nothing was measured, nothing was tested."""
    tested = [(part, part.p, part.clustered) for part in parts if part.p is not None and part.clustered is not None]
    first, second = holm([p for _, p, _ in tested]), holm([p for *_, p in tested])
    known = {
        part.name: replace(part, adjusted_p=p, adjusted_clustered=clustered)
        for (part, *_), p, clustered in zip(tested, first, second, strict=True)
    }
    return tuple(known.get(part.name, part) for part in parts)


def _moves(pairs: Sequence[Pair]) -> dict[ErrorType, tuple[int, int, int]]:
    before = Counter(pair.against.finding.error_type for pair in pairs)
    after = Counter(pair.model.finding.error_type for pair in pairs)
    mended = Counter(pair.against.finding.error_type for pair in pairs if pair.model.finding.solved)
    kinds = sorted({*before, *after} - {""}, key=lambda kind: (-before[kind] - after[kind], kind))
    return {kind: (before[kind], after[kind], mended[kind]) for kind in kinds}
