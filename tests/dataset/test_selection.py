from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.selection import Facts, select
from lift_sys.records import RejectionReason


def rows(*groups: tuple[str, int, int]) -> list[Facts]:
    """(project, statements, how many) -> rows of rising quality."""
    found = []
    for project, statements, count in groups:
        found += [Facts(f"{project}{statements}-{n:04}", project, statements, n / 10_000) for n in range(count)]
    return found


def test_without_bounds_every_row_is_taken() -> None:
    assert select(rows(("a", 1, 50), ("b", 3, 1)), PipelineConfig()) == {}


def test_no_project_has_more_than_its_share_and_the_worst_rows_go() -> None:
    given_rows = rows(("a", 3, 100), *((f"p{n}", 3, 10) for n in range(20)))
    left_out = select(given_rows, PipelineConfig(max_project_share=0.08))
    assert {reason for reason, _ in left_out.values()} == {RejectionReason.PROJECT_SHARE}
    kept = [row for index, row in enumerate(given_rows) if index not in left_out]
    counts = Counter(row.project for row in kept)
    assert counts["a"] == 17  # 17 of 217 are 7.8 %, 18 of 218 would be 8.3 %
    assert min(row.quality for row in kept if row.project == "a") == 0.0083


def test_one_statement_rows_make_room_and_the_worst_go() -> None:
    given_rows = rows(("a", 1, 60), ("b", 4, 70))
    left_out = select(given_rows, PipelineConfig(max_one_statement_share=0.3))
    assert len(left_out) == 30
    assert sorted(left_out) == list(range(30))
    assert {reason for reason, _ in left_out.values()} == {RejectionReason.ONE_STATEMENT_SHARE}


def test_where_no_bound_can_hold_the_choice_is_even() -> None:
    given_rows = rows(("a", 3, 9), ("b", 3, 4))
    left_out = select(given_rows, PipelineConfig(max_project_share=0.08))
    kept = Counter(row.project for index, row in enumerate(given_rows) if index not in left_out)
    assert kept == {"a": 4, "b": 4}


@given(
    st.lists(st.tuples(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.integers(0, 3)), min_size=1, max_size=200),
    st.floats(0.05, 1),
    st.floats(0, 1, allow_subnormal=False),
)
def test_bounds_hold_whenever_they_can_and_order_does_not_matter(
    pairs: list[tuple[str, int]], share: float, short: float
) -> None:
    config = PipelineConfig(max_project_share=share, max_one_statement_share=short)
    given_rows = [Facts(f"{n:04}", name, count, (n * 7919 % 100) / 100) for n, (name, count) in enumerate(pairs)]
    left_out = select(given_rows, config)
    kept = [row for index, row in enumerate(given_rows) if index not in left_out]
    counts = Counter(row.project for row in kept)
    even = len(set(counts.values())) <= 1
    assert even or max(counts.values()) <= share * len(kept) + 1e-9
    assert sum(row.statements <= 1 for row in kept) <= short * len(kept) + 1e-6
    turned = given_rows[::-1]
    again = {turned[index].id for index in select(turned, config)}
    assert again == {given_rows[index].id for index in left_out}
