"""The few tests that do what all of them do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lift_sys.data_synthesis.oracles.base import AUTHORITY
from lift_sys.records import TestCase
from lift_sys.records.base import canonical_json

if TYPE_CHECKING:
    from lift_sys.testing.mutants import MutationMatrix


def minimise(tests: Sequence[TestCase], matrix: MutationMatrix, *, least: int = 3, most: int = 12) -> list[int]:
    """Indices, ascending, of the tests that matter: together they kill what all of them kill, and reach what they do.

    Greedy set cover, kills before blocks; among equals recorded calls, then documented ones, then short ones. At
    least `least` are kept, with two distinct outcomes among them when there are any.
    """
    kills: list[set[int]] = [set() for _ in tests]
    for number, killers in enumerate(matrix.kills):
        for index in killers:
            kills[index].add(number)
    cost = [_cost(test) for test in tests]
    kept: list[int] = []
    dead: set[int] = set()
    reached = 0
    left = list(range(len(tests)))
    varied = _varied(tests, left)
    while left and len(kept) < most:
        gains = {i: (len(kills[i] - dead), (_bits(matrix, i) & ~reached).bit_count()) for i in left}
        best = min(left, key=lambda i: (-gains[i][0], -gains[i][1], cost[i], i))
        if gains[best] == (0, 0) and len(kept) >= least and (_varied(tests, kept) or not varied):
            break
        if gains[best] == (0, 0):
            best = min(left, key=lambda i: (not _differs(tests, kept, i), cost[i], i))
        kept.append(best)
        left.remove(best)
        dead |= kills[best]
        reached |= _bits(matrix, best)
    if varied and len(kept) > 1 and not _varied(tests, kept):  # no room was left: the last one mattered least
        kept[-1] = min((i for i in left if _differs(tests, kept, i)), key=lambda i: (cost[i], i))
    return sorted(kept)


def _bits(matrix: MutationMatrix, index: int) -> int:
    return matrix.reached[index] if index < len(matrix.reached) else 0


def _cost(test: TestCase) -> tuple[int, bool, int]:
    size = len(canonical_json(test.model_dump(mode="json", include={"args", "kwargs", "expected"})))
    return (AUTHORITY[test.oracle], test.expected.raises is not None, size)


def _outcome(test: TestCase) -> str:
    return canonical_json(test.expected.model_dump(mode="json"))


def _varied(tests: Sequence[TestCase], indices: Sequence[int]) -> bool:
    return len({_outcome(tests[i]) for i in indices}) > 1


def _differs(tests: Sequence[TestCase], kept: Sequence[int], index: int) -> bool:
    return _outcome(tests[index]) not in {_outcome(tests[i]) for i in kept}
