"""A template that holds, to be broken in one place at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lift_sys.testing.inputs import integers, lists
from lift_sys.testing.template import Misreading, Template

SOUND = Template(
    name="count_above",
    idea="how many members are above a limit",
    space={
        "limit": range(2, 40),
        "edge": {"in": {"op": ">=", "counts": "counts"}, "out": {"op": ">", "counts": "does not count"}},
    },
    surface={"name": ("count_above", "how_many", "tally"), "xs": ("values", "scores", "sizes")},
    signature="($xs: list[int]) -> int",
    wordings=(
        "Return how many members of `$xs` are above $limit.",
        "How many numbers in `$xs` exceed $limit? Return that number.",
        "Count those members of `$xs` that lie above $limit.",
    ),
    details={
        "edge": ("A member of exactly $limit $counts.", "Exactly $limit $counts."),
        "empty": ("For an empty list return -1.",),
    },
    reference="""
        def $name($xs):
            if not $xs:
                return -1
            return sum(1 for value in $xs if value $op $limit)
    """,
    second="""
        def $name($xs):
            return len([value for value in $xs if value $op $limit]) if $xs else -1
    """,
    misreadings=(
        Misreading(kind="bounds", says="edge", choose="edge"),
        Misreading(kind="empty", says="empty", swap=("return -1", "return 0")),
    ),
    inputs=lambda values: (lists(integers(-5, 45, values["limit"]), 0, 7),),
    properties=("result <= len($xs)",),
)


def broken(**changes: Any) -> Template:
    return replace(SOUND, **changes)
