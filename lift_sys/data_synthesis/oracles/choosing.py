"""Chooses, of all observed calls, the ones that are worth being tests."""

from __future__ import annotations

from collections.abc import Iterator

from lift_sys.data_synthesis.oracles.base import AUTHORITY, ObservedCall
from lift_sys.data_synthesis.oracles.generated import Exploration
from lift_sys.records import TestCase
from lift_sys.records.base import canonical_json

RAISING = 0.3
"""Tests of errors stay a minority."""


def choose_tests(exploration: Exploration, limit: int = 40) -> list[TestCase]:
    """At most `limit` tests: recorded calls and documented ones first, then what reaches more blocks, then variety.

    The order is that of their worth, and the same on every run.
    """
    calls = exploration.calls
    blocks = exploration.blocks or (0,) * len(calls)
    raising = max(1, int(limit * RAISING))
    chosen: list[int] = []
    for index in _ranked(calls, blocks):
        if calls[index].outcome.raises is not None:
            if raising == 0:
                continue
            raising -= 1
        chosen.append(index)
        if len(chosen) == limit:
            break
    while chosen and _raises(calls, chosen) > len(chosen) / 2:
        chosen.remove(next(i for i in reversed(chosen) if calls[i].outcome.raises is not None))
    return [to_test(calls[index]) for index in chosen]


def _raises(calls: tuple[ObservedCall, ...], chosen: list[int]) -> int:
    return sum(calls[index].outcome.raises is not None for index in chosen)


def _ranked(calls: tuple[ObservedCall, ...], blocks: tuple[int, ...]) -> Iterator[int]:
    """Greedy: each next call adds the most unseen blocks; once there are none left, seldom outcomes come first."""
    sizes = [len(canonical_json([list(call.args), call.kwargs])) for call in calls]
    outcomes = [canonical_json(call.outcome.model_dump(mode="json")) for call in calls]
    times_seen: dict[str, int] = {}
    left = list(range(len(calls)))
    seen = 0
    while left:
        best = min(
            left,
            key=lambda index: (
                -(blocks[index] & ~seen).bit_count(),
                times_seen.get(outcomes[index], 0),
                AUTHORITY[calls[index].oracle],
                sizes[index] // 40,
                index,
            ),
        )
        left.remove(best)
        yield best
        seen |= blocks[best]
        times_seen[outcomes[best]] = times_seen.get(outcomes[best], 0) + 1


def to_test(call: ObservedCall) -> TestCase:
    return TestCase(args=call.args, kwargs=call.kwargs, expected=call.outcome, oracle=call.oracle)
