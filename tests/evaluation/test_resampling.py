"""Intervals and p-values over groups: right where the truth is known, wider where tasks hang together."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lift_sys.evaluation.resampling import FEWEST_GROUPS, clustered_interval, clustered_p


def drawn(groups: int, size: int, shift: float, seed: int, together: bool) -> tuple[list[float], list[str]]:
    """Differences of -1, 0 and 1; `together`: the same for all tasks of a group."""
    chance = random.Random(seed)
    differences: list[float] = []
    names: list[str] = []
    for group in range(groups):
        common = _one(chance, shift)
        for _ in range(size):
            differences.append(common if together else _one(chance, shift))
            names.append(f"g{group}")
    return differences, names


def _one(chance: random.Random, shift: float) -> float:
    return float(chance.random() < 0.3 + shift) - float(chance.random() < 0.3)


def test_the_same_differences_give_the_same_numbers() -> None:
    differences, names = drawn(30, 4, 0.1, 1, together=False)
    assert clustered_interval(differences, names) == clustered_interval(differences, names)
    assert clustered_p(differences, names) == clustered_p(differences, names)
    mixed = sorted(zip(names, differences, strict=True), key=lambda pair: hash(pair[0]))
    shuffled = clustered_interval([value for _, value in mixed], [name for name, _ in mixed])
    assert shuffled == clustered_interval(differences, names)


def test_the_interval_of_tasks_that_stand_alone_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    import numpy as np

    differences, _ = drawn(200, 1, 0.15, 2, together=False)
    found = clustered_interval(differences, [str(number) for number in range(200)])
    known = stats.bootstrap((np.array(differences),), np.mean, n_resamples=10_000, method="BCa", rng=3)
    assert found is not None
    assert found.low == pytest.approx(known.confidence_interval.low, abs=0.01)
    assert found.high == pytest.approx(known.confidence_interval.high, abs=0.01)


def test_the_interval_is_wider_where_the_tasks_of_a_group_go_together() -> None:
    differences, names = drawn(40, 8, 0.1, 3, together=True)
    clustered = clustered_interval(differences, names)
    alone = clustered_interval(differences, [str(number) for number in range(len(names))])
    assert clustered is not None
    assert alone is not None
    assert clustered.high - clustered.low > 2 * (alone.high - alone.low)


def test_the_interval_holds_the_truth_as_often_as_it_says_and_the_one_over_tasks_does_not() -> None:
    clustered = alone = 0
    for seed in range(200):
        differences, names = drawn(30, 6, 0.2, seed, together=True)
        found = clustered_interval(differences, names, resamples=600)
        naive = clustered_interval(differences, [str(n) for n in range(len(names))], resamples=600)
        assert found is not None
        assert naive is not None
        clustered += found.low <= 0.2 <= found.high
        alone += naive.low <= 0.2 <= naive.high
    assert 0.90 <= clustered / 200 <= 0.985
    assert alone / 200 < 0.75


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=FEWEST_GROUPS, max_size=40), st.integers(0, 5))
def test_the_interval_lies_within_what_was_seen(differences: list[float], seed: int) -> None:
    names = [str(number) for number in range(len(differences))]
    found = clustered_interval(differences, names, resamples=300, seed=seed)
    assert found is not None
    assert min(differences) <= found.low <= found.high <= max(differences)
    turned = clustered_interval([-value for value in differences], names, resamples=300, seed=seed)
    assert turned is not None
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def test_too_few_groups_have_no_interval() -> None:
    assert clustered_interval([1.0] * 40, ["a", "b", "c", "d"] * 10) is None
    assert clustered_interval([], []) is None


def test_groups_that_are_all_alike_have_an_interval_without_width() -> None:
    found = clustered_interval([1.0] * 10, [str(number) for number in range(10)])
    assert found is not None
    assert (found.low, found.high) == (1.0, 1.0)


def test_the_p_value_of_few_groups_counts_every_way_to_turn_them() -> None:
    sums = [3.0, -1.0, 2.0, 4.0, 0.0]
    differences = [1.0] * 3 + [-1.0] + [1.0] * 2 + [1.0] * 4 + [1.0, -1.0]
    names = ["a"] * 3 + ["b"] + ["c"] * 2 + ["d"] * 4 + ["e"] * 2
    ways = [
        sum(sign * value for sign, value in zip(signs, sums, strict=True)) for signs in product((-1, 1), repeat=5)
    ]
    assert clustered_p(differences, names) == sum(abs(way) >= 8 for way in ways) / len(ways)


def test_the_p_value_is_level_under_the_hypothesis_and_small_under_a_difference() -> None:
    alarms = sum(clustered_p(*drawn(25, 5, 0.0, seed, together=True), resamples=800) < 0.05 for seed in range(200))
    assert alarms / 200 <= 0.09
    differences, names = drawn(60, 5, 0.4, 1, together=True)
    assert clustered_p(differences, names) < 0.001


def test_the_p_value_of_tasks_that_stand_alone_is_near_mcnemars() -> None:
    from lift_sys.evaluation.statistics import mcnemar

    differences = [1.0] * 30 + [-1.0] * 14 + [0.0] * 100
    found = clustered_p(differences, [str(number) for number in range(144)])
    assert found == pytest.approx(mcnemar(30, 14), abs=0.006)


def test_no_difference_has_the_p_value_one() -> None:
    assert clustered_p([0.0] * 9, list("abcdefghi")) == 1.0
    assert clustered_p([], []) == 1.0
