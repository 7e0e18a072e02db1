"""Which tests a prompt may show: the ones that tell a reader most, never more than half of them."""

from __future__ import annotations

from collections.abc import Sequence

from lift_sys.records import MutationEvidence, TestCase, wire_literal

_ORACLES = {"recorded": 0, "doctest": 0, "generated": 1}
_GOOD_LENGTH = range(20, 70)
"""Characters of arguments and result: shorter calls show too little, longer ones are hard to take in."""
_GAIN = 6.0
"""What killing every mutant is worth against the costs of `_rank`."""


def choose_visible(
    tests: Sequence[TestCase], count: int, mutation: MutationEvidence | None = None
) -> tuple[TestCase, ...]:
    """The same tests in the same order, up to `count` of them visible: of different outcomes, one error at most.

    With the `mutation` evidence of these tests, one that kills mutants which the others shown let live goes first:
    what tells the function from its mutants tells a reader what the function does.
    """
    count = min(count, len(tests) // 2)
    costs = [_rank(test) for test in tests]
    kills = [_killed_by(index, mutation) for index in range(len(tests))]
    mutants = len(set().union(*kills))
    chosen: list[int] = []
    outcomes: set[str] = set()
    shown: set[int] = set()

    def rank(index: int) -> tuple[bool, float, int, int]:
        cost, size = costs[index]
        gain = len(kills[index] - shown) / mutants if mutants else 0.0
        return _told(tests[index]) in outcomes, cost - _GAIN * gain, size, index

    while len(chosen) < count:
        best = min((index for index in range(len(tests)) if index not in chosen), key=rank)
        chosen.append(best)
        outcomes.add(_told(tests[best]))
        shown |= kills[best]
    return tuple(test.model_copy(update={"visible": i in chosen}) for i, test in enumerate(tests))


def _killed_by(test: int, mutation: MutationEvidence | None) -> set[int]:
    """The mutants, by index, that a test kills."""
    mutants = mutation.mutants if mutation is not None else ()
    return {number for number, mutant in enumerate(mutants) if test in mutant.failing and not mutant.equivalent}


def _told(test: TestCase) -> str:
    return "error" if test.expected.raises else _outcome(test)


def _outcome(test: TestCase) -> str:
    return wire_literal(test.expected.value)


def _rank(test: TestCase) -> tuple[float, int]:
    """Smaller is more telling: a result that isn't empty, repeats no argument, and is short enough to take in."""
    shown = [wire_literal(value) for value in [*test.args, *test.kwargs.values()]]
    result = "" if test.expected.raises else _outcome(test)
    size = sum(map(len, shown)) + len(result)
    cost = 2.0 * _ORACLES[test.oracle]
    cost += 2.0 * (result in shown)
    cost += 1.5 * (result in ("None", "''", "[]", "{}", "()", "0", "set()", "b''"))
    cost += 1.0 * bool(test.expected.raises)
    cost += 1.0 * any(not text.isprintable() or "\\x" in text or "\\u" in text for text in [*shown, result])
    cost += 1.0 * any(text in ("''", "[]", "{}", "()", "set()", "None", "b''") for text in shown)
    cost += max(0.0, 1.0 - size / _GOOD_LENGTH.start, size / 100 if size >= _GOOD_LENGTH.stop else 0.0)
    return cost, size
