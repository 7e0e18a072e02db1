"""Estimators and tests on plain numbers, each with its source. None knows what a model is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

LEVEL = 0.95
"""Confidence of every interval."""
FEWEST_GROUPS = 5
"""With fewer, an interval over groups says nothing: it is left out."""


@dataclass(frozen=True)
class Interval:
    """The bounds of a confidence interval."""

    low: float
    high: float


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The chance that one of `k` samples passes, estimated without bias from `samples` of which `passed` did.

    1 - C(n-c, k) / C(n, k), as a product of numbers below 1 so that no binomial overflows (Chen et al. 2021,
    "Evaluating large language models trained on code", figure 3).

    Raises:
        ValueError: not 0 <= passed <= samples, or not 1 <= k <= samples.
    """
    if not 0 <= passed <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} of {passed} passed among {samples} samples is not defined")
    if samples - passed < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / number for number in range(samples - passed + 1, samples + 1))


def wilson(passed: float, of: float, level: float = LEVEL) -> Interval | None:
    """The score interval of a share; None where there is nothing to take a share of.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference". It holds its level for small
    numbers and for shares near 0 and 1, where the textbook interval has no width (Brown, Cai and DasGupta 2001).
    """
    if of == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, spread = passed / of, 1 + z * z / of
    middle = (share + z * z / (2 * of)) / spread
    half = z / spread * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    # At the ends the bounds are 0 and 1, which rounding may miss by a little.
    low = 0.0 if passed == 0 else max(0.0, middle - half)
    return Interval(low, 1.0 if passed == of else min(1.0, middle + half))


def clustered_wilson(passed: Sequence[bool], groups: Sequence[str], level: float = LEVEL) -> Interval | None:
    """The score interval of a share where the tasks of a group succeed and fail together; None of too few groups.

    Wilson's, of as many tasks as would say as much if they were independent: their number over the design effect
    (Kish 1965, "Survey sampling", section 8.2; put to the test for clustered shares by Dean and Pagano 2015). Never
    more than there are. Where all come out alike no effect shows, and each group counts for one.
    """
    found: dict[str, list[bool]] = defaultdict(list)
    for ok, group in zip(passed, groups, strict=True):
        found[group].append(ok)
    if len(found) < FEWEST_GROUPS:
        return None
    tasks, share = len(passed), sum(passed) / len(passed)
    apart = sum((sum(own) - share * len(own)) ** 2 for own in found.values()) / tasks**2
    variance = apart * len(found) / (len(found) - 1)
    alone = share * (1 - share) / (tasks - 1)
    effect = round(variance / alone, 9) if alone else tasks / len(found)
    worth = tasks / max(1.0, effect)
    return wilson(share * worth, worth, level)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value that two solvers of the same tasks are equally good.

    Args:
        only_first: tasks that the first solved and the second did not; `only_second` the other way round.

    Tasks that both solve, or neither, say nothing of the difference: under the hypothesis, the others fall to either
    side like a fair coin (McNemar 1947; the exact form is the binomial test). Whole numbers throughout, so it is as
    exact for a thousand tasks as for ten.
    """
    discordant = only_first + only_second
    if discordant == 0:
        return 1.0
    tail = sum(math.comb(discordant, number) for number in range(min(only_first, only_second) + 1))
    return min(1.0, float(Fraction(2 * tail, 1 << discordant)))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of a family, adjusted so that the chance of any false alarm stays below the level.

    Holm 1979, "A simple sequentially rejective multiple test procedure"; no assumption on how the tests depend on
    one another. In the order given.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def cohens_h(first: float, second: float) -> float:
    """The distance of two shares on a scale where equal steps are equally hard to tell apart.

    2 asin(sqrt(p)) - 2 asin(sqrt(q)); 0.2 is called small, 0.5 medium, 0.8 large (Cohen 1988, chapter 6).
    """
    return 2 * math.asin(math.sqrt(first)) - 2 * math.asin(math.sqrt(second))


def discordant_odds(only_first: int, only_second: int) -> float | None:
    """How many tasks the first solves alone for each that the second solves alone; None where there is neither.

    The odds ratio of matched pairs (Agresti 2013, "Categorical data analysis", section 11.1); infinite where the
    second solves none alone.
    """
    if only_first == only_second == 0:
        return None
    return only_first / only_second if only_second else math.inf


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share of the values lies, between neighbours by their distance; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
