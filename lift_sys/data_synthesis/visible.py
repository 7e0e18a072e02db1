"""Which tests a prompt may show: the ones that tell a reader most, never more than half of them."""

from __future__ import annotations

from collections.abc import Sequence

from lift_sys.records import TestCase, wire_literal

_ORACLES = {"recorded": 0, "doctest": 0, "generated": 1}
_GOOD_LENGTH = range(6, 70)


def choose_visible(tests: Sequence[TestCase], count: int) -> tuple[TestCase, ...]:
    """The same tests in the same order, up to `count` of them visible: of different outcomes, one error at most."""
    count = min(count, len(tests) // 2)
    ranked = sorted(range(len(tests)), key=lambda index: (*_rank(tests[index]), index))
    chosen: list[int] = []
    outcomes: set[str] = set()
    for index in ranked:
        outcome = "error" if tests[index].expected.raises else _outcome(tests[index])
        if len(chosen) < count and outcome not in outcomes:
            chosen.append(index)
            outcomes.add(outcome)
    chosen += [index for index in ranked if index not in chosen][: count - len(chosen)]
    return tuple(test.model_copy(update={"visible": i in chosen}) for i, test in enumerate(tests))


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
    cost += 0.0 if size in _GOOD_LENGTH else 0.5 if size < _GOOD_LENGTH.start else size / 100
    return cost, size
