"""What a mean is worth when tasks come in groups: an interval and a p-value, over groups and not tasks.

Tasks of one template or of one repository are alike, so they succeed and fail together, and a test that takes them
for independent is too sure of itself. Here the group is what is drawn, or what is turned round, as a whole (Cameron,
Gelbach and Miller 2008, "Bootstrap-based improvements for inference with clustered errors"; Miller 2024, "Adding
error bars to evals"). Chance comes from a seed, so the same differences give the same numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import NormalDist
from typing import Any

from lift_sys.evaluation.statistics import FEWEST_GROUPS, LEVEL, Interval

RESAMPLES = 10_000
_AT_A_TIME = 1_000
_EXACT = 12
"""Groups up to which every way of turning them round is counted."""


def clustered_interval(
    values: Sequence[float],
    groups: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Interval | None:
    """The BCa bootstrap interval of a mean, groups drawn with replacement; None of too few groups.

    Bias-corrected and accelerated (Efron 1987, "Better bootstrap confidence intervals"), the acceleration by leaving
    out one group at a time. Where all groups are alike there is nothing to correct, and the percentiles are taken.

    Args:
        values: one number a task, such as a difference; `groups` names the group of each.
    """
    import numpy as np

    sums, sizes = _totals(values, groups)
    if len(sums) < FEWEST_GROUPS:
        return None
    mean = sums.sum() / sizes.sum()
    chance = np.random.Generator(np.random.PCG64(seed))
    means = np.concatenate(list(_drawn(sums, sizes, resamples, chance)))
    alpha = (1 - level) / 2
    shares = _corrected((alpha, 1 - alpha), means, mean, _acceleration(sums, sizes))
    low, high = np.quantile(means, shares)
    return Interval(float(low), float(high))


def _totals(values: Sequence[float], groups: Sequence[str]) -> tuple[Any, Any]:
    """Sum and number of the values of each group."""
    import numpy as np

    found: dict[str, list[float]] = defaultdict(list)
    for value, group in zip(values, groups, strict=True):
        found[group].append(value)
    ordered = [found[group] for group in sorted(found)]
    return np.array([sum(own) for own in ordered], float), np.array([len(own) for own in ordered], float)


def _drawn(sums: Any, sizes: Any, resamples: int, chance: Any) -> Iterator[Any]:
    """Means of so many draws of groups, some at a time."""
    for start in range(0, resamples, _AT_A_TIME):
        picked = chance.integers(0, len(sums), size=(min(_AT_A_TIME, resamples - start), len(sums)))
        yield sums[picked].sum(axis=1) / sizes[picked].sum(axis=1)


def _acceleration(sums: Any, sizes: Any) -> float:
    """Skewness of the mean's influence values, by the jackknife over groups."""
    without = (sums.sum() - sums) / (sizes.sum() - sizes)
    apart = without.mean() - without
    spread = (apart**2).sum() ** 1.5
    return float((apart**3).sum() / (6 * spread)) if spread > 0 else 0.0


def _corrected(shares: Sequence[float], means: Any, mean: float, acceleration: float) -> list[float]:
    """The quantiles to take, moved for bias and skewness; as they are where the bias can't be told."""
    below = float((means < mean).mean() + (means == mean).mean() / 2)
    if not 0 < below < 1:
        return list(shares)
    normal = NormalDist()
    bias = normal.inv_cdf(below)
    moved = []
    for share in shares:
        z = bias + normal.inv_cdf(share)
        moved.append(normal.cdf(bias + z / (1 - acceleration * z)))
    return moved


def clustered_p(
    differences: Sequence[float], groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> float:
    """The two-sided p-value that the two solvers could be exchanged in every group.

    A permutation test: under the hypothesis the differences of a whole group might as well have the other sign
    (Fisher 1935; Winkler et al. 2015, "Multi-level block permutation"). All ways are counted for few groups, else
    `resamples` of them drawn, the one that was seen among them (Phipson and Smyth 2010: never zero).
    """
    import numpy as np

    sums, _ = _totals(differences, groups)
    sums = sums[sums != 0]
    seen = abs(sums.sum())
    if len(sums) == 0:
        return 1.0
    near = seen - 1e-9 * np.abs(sums).sum()  # the same sum in another order may differ in its last bits
    if len(sums) <= _EXACT:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(sums))))
        return float((np.abs(signs @ sums) >= near).mean())
    chance = np.random.Generator(np.random.PCG64(seed))
    found = 0
    for start in range(0, resamples, _AT_A_TIME):
        signs = 2.0 * chance.integers(0, 2, size=(min(_AT_A_TIME, resamples - start), len(sums))) - 1
        found += int((np.abs(signs @ sums) >= near).sum())
    return (found + 1) / (resamples + 1)
