"""How hard a row is: easy, medium or hard, by points for what makes code hard to write.

                                     0      1       2       3
    cyclomatic complexity           <= 2   <= 5    <= 10   more    function and helpers
    statements                      <= 3   <= 10   <= 25   more    function and helpers
    nesting of blocks               <= 1   2       more
    helpers                         none   1, 2    more
    kinds of outcome in the tests   1      more                    result types and exceptions

0 to 2 points are easy, 3 to 6 medium, 7 to 11 hard. The limits are part of the schema of a dataset: a change of them
changes every row, so they are fixed here and not fitted to a run.
"""

from __future__ import annotations

from typing import Literal

from lift_sys.data_synthesis.curation.shape import shape
from lift_sys.records import Example

Difficulty = Literal["easy", "medium", "hard"]
EASY, MEDIUM = 2, 6


def difficulty(example: Example) -> Difficulty:
    """The difficulty of a row."""
    total = points(example)
    return "easy" if total <= EASY else "medium" if total <= MEDIUM else "hard"


def points(example: Example) -> int:
    """The points of a row, from 0 to 11."""
    found = shape(example.code, example.entry_point)
    outcomes = {test.expected.raises or _kind(test.expected.value) for test in example.tests}
    total = _step(len(outcomes), 1)
    if found is None:
        return total
    total += _step(found.complexity, 2, 5, 10)
    total += _step(found.statements, 3, 10, 25)
    total += _step(found.depth, 1, 2)
    return total + _step(found.helpers, 0, 2)


def _step(value: int, *limits: int) -> int:
    """How many of the limits are passed."""
    return sum(value > limit for limit in limits)


def _kind(value: object) -> str:
    """The type of a wire value: its tag where it has one."""
    return ",".join(value) if isinstance(value, dict) else type(value).__name__
