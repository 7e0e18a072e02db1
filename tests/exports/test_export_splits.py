"""Splits: whole projects and whole clusters on one side, by hash, whatever the order of the rows."""

from __future__ import annotations

import pytest

from lift_sys.errors import ConfigError
from lift_sys.records.splits import THREE, assign, read_shares

KEYS = [(f"project-{n % 97}", f"cluster-{n // 3}" if n % 5 == 0 else "") for n in range(600)]


def sides(keys: list[tuple[str, str]], column: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, split in zip(keys, assign(keys, THREE), strict=True):
        if key[column]:
            found.setdefault(key[column], set()).add(split)
    return found


def test_no_project_and_no_cluster_is_on_two_sides() -> None:
    assert all(len(found) == 1 for found in sides(KEYS, 0).values())
    assert all(len(found) == 1 for found in sides(KEYS, 1).values())


def test_the_order_of_the_rows_makes_no_difference() -> None:
    straight = dict(zip(KEYS, assign(KEYS, THREE), strict=True))
    turned = dict(zip(KEYS[::-1], assign(KEYS[::-1], THREE), strict=True))
    assert straight == turned


def test_projects_keep_their_split_when_others_come() -> None:
    some = [(f"p{n}", "") for n in range(50)]
    more = [(f"q{n}", "") for n in range(50)]
    assert assign(some + more, THREE)[:50] == assign(some, THREE)


def test_shares_of_many_projects_come_out_about_right() -> None:
    found = assign([(f"project {n}", "") for n in range(4000)], {"train": 0.8, "validation": 0.1, "test": 0.1})
    assert 0.77 < found.count("train") / 4000 < 0.83
    assert 0.08 < found.count("test") / 4000 < 0.12


def test_clusters_join_projects_into_one_group() -> None:
    keys = [("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("d", "")]
    for name in ("a", "b", "c"):
        chained = [(f"{name}{n}", f"{n}") for n in range(3)] + keys
        splits = assign(chained, {"train": 0.5, "test": 0.5})
        assert len(set(splits[3:7])) == 1


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("90,5,5", {"train": 0.9, "validation": 0.05, "test": 0.05}),
        ("1", {"train": 1.0}),
        ("train=1, test=3", {"train": 0.25, "test": 0.75}),
        ("100,0,0", {"train": 1.0}),
    ],
)
def test_shares_are_read(text: str, shares: dict[str, float]) -> None:
    assert read_shares(text) == pytest.approx(shares)


@pytest.mark.parametrize(
    "text", ["", "a,b", "-1,2", "0,0", "1,1,1,1", "train=1,2", "dev=1", "nan", "inf", "train=1,train=2"]
)
def test_shares_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--splits"):
        read_shares(text)


def test_a_single_project_is_for_training() -> None:
    for name in ("humanize", "toolz", "boltons", "funcy", "pydash", "attrs", "jmespath", "inflection"):
        assert set(assign([(name, ""), (name, "")], THREE)) == {"train"}
