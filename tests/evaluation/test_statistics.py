"""Every estimator against a known value, an independent implementation, and what must hold of it for any numbers."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lift_sys.evaluation.statistics import (
    clustered_wilson,
    cohens_h,
    discordant_odds,
    holm,
    mcnemar,
    pass_at_k,
    quantile,
    wilson,
)

scipy_stats = pytest.importorskip("scipy.stats")

counts = st.integers(0, 60)


def test_pass_at_k_is_the_share_of_draws_that_hold_a_pass() -> None:
    samples = [True, True, False, False, False, False, False]
    for k in range(1, 8):
        draws = list(combinations(samples, k))
        assert pass_at_k(7, 2, k) == pytest.approx(sum(map(any, draws)) / len(draws))


@given(st.integers(1, 400), st.data())
def test_pass_at_k_is_the_formula_of_the_paper(samples: int, data: st.DataObject) -> None:
    passed, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    exact = 1 - Fraction(math.comb(samples - passed, k), math.comb(samples, k))
    assert pass_at_k(samples, passed, k) == pytest.approx(float(exact), abs=1e-12)


def test_pass_at_k_does_not_overflow_where_the_binomials_would() -> None:
    assert pass_at_k(10**6, 10, 10**5) == pytest.approx(1 - 0.9**10, rel=1e-4)


@pytest.mark.parametrize(("samples", "passed", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)])
def test_pass_at_k_of_what_is_no_sample_is_refused(samples: int, passed: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(samples, passed, k)


@given(counts, counts)
def test_wilson_is_scipys(passed: int, failed: int) -> None:
    found = wilson(passed, passed + failed)
    if passed + failed == 0:
        assert found is None
        return
    known = scipy_stats.binomtest(passed, passed + failed).proportion_ci(0.95, method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-12)


def test_wilson_of_a_known_case() -> None:
    found = wilson(81, 263)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_tasks_that_stand_alone_have_wilsons_interval_by_groups_too() -> None:
    passed = [place % 10 != 0 for place in range(300)]
    found, known = clustered_wilson(passed, [str(n) for n in range(300)]), wilson(270, 300)
    assert found is not None
    assert known is not None
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.001)


def test_tasks_that_go_together_are_worth_as_many_as_there_are_groups() -> None:
    passed = [place // 10 % 5 != 0 for place in range(500)]
    found, known = clustered_wilson(passed, [str(place // 10) for place in range(500)]), wilson(40, 50)
    assert found is not None
    assert known is not None
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.005)


def test_where_all_are_solved_each_group_counts_for_one() -> None:
    assert clustered_wilson([True] * 100, [str(place // 10) for place in range(100)]) == wilson(10, 10)
    assert clustered_wilson([True] * 100, list("abcd") * 25) is None


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefgh")), min_size=1))
def test_the_interval_by_groups_is_never_narrower_than_wilsons(tasks: list[tuple[bool, str]]) -> None:
    passed, groups = zip(*tasks, strict=True)
    found, alone = clustered_wilson(passed, groups), wilson(sum(passed), len(passed))
    if found is not None and alone is not None:
        assert found.low <= alone.low + 1e-9
        assert found.high >= alone.high - 1e-9


def test_the_interval_by_groups_holds_the_truth_as_often_as_it_says_and_wilsons_does_not() -> None:
    held = alone = 0
    for seed in range(400):
        chance = random.Random(seed)
        shares = [chance.betavariate(9, 1) for _ in range(60)]  # 0.9 on average, some groups far worse
        groups = [str(group) for group in range(60) for _ in range(8)]
        passed = [chance.random() < share for share in shares for _ in range(8)]
        found, naive = clustered_wilson(passed, groups), wilson(sum(passed), len(passed))
        assert found is not None
        assert naive is not None
        held += found.low <= 0.9 <= found.high
        alone += naive.low <= 0.9 <= naive.high
    assert 0.93 <= held / 400 <= 0.98
    assert alone / 400 < 0.92


@given(counts, counts)
def test_mcnemar_is_the_binomial_test_and_the_same_from_both_sides(first: int, second: int) -> None:
    found = mcnemar(first, second)
    assert found == mcnemar(second, first)
    known = scipy_stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert found == pytest.approx(known, rel=1e-9)


def test_mcnemar_of_a_thousand_tasks_is_not_rounded_to_nothing() -> None:
    assert mcnemar(1200, 0) == pytest.approx(2.0**-1199, rel=1e-12)


def test_holm_of_a_known_family() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_lies_between_nothing_and_bonferroni(values: list[float]) -> None:
    found = holm(values)
    for p, adjusted in zip(values, found, strict=True):
        assert p <= adjusted <= min(1.0, len(values) * p) + 1e-12
    ordered = sorted(zip(values, found, strict=True))
    assert [adjusted for _, adjusted in ordered] == sorted(found)


def test_effect_sizes_of_known_cases() -> None:
    assert cohens_h(0.5, 0.5) == 0
    assert cohens_h(1, 0) == pytest.approx(math.pi)
    assert cohens_h(0.65, 0) == pytest.approx(1.875, abs=5e-4)  # Cohen 1988, table 6.2.2
    assert cohens_h(0.65, 0.45) == -cohens_h(0.45, 0.65) == pytest.approx(1.875 - 1.471, abs=1e-3)
    assert discordant_odds(0, 0) is None
    assert discordant_odds(6, 2) == 3
    assert discordant_odds(6, 0) == math.inf


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], share: float) -> None:
    import numpy as np

    assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-9, abs=1e-6)


def test_the_quantile_of_nothing_is_not_zero() -> None:
    assert quantile([], 0.5) is None
