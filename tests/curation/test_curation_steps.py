"""The chain of steps: every row ends once, in order, whatever the chunks, and memory does not grow with the rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from curation_kit import row

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.curation import apply, default_steps
from lift_sys.data_synthesis.curation.describe import LowQuality
from lift_sys.data_synthesis.curation.duplicates import Duplicates
from lift_sys.data_synthesis.curation.planted import plant, planted
from lift_sys.records import Example, Rejection, RejectionReason


def function(number: int) -> Example:
    """One of many functions, no two alike."""
    lines = [f"    x{n} = a.m{number}_{n}(b{number % 7}, {number * 31 + n})" for n in range(number % 5 + 3)]
    return row("\n".join([f"def f(a, b{number % 7}):", *lines, "    return x0"]))


def rows() -> list[Example]:
    secret, mail = (item.line for item in planted(3) if item.kind in ("Stripe key", "mail address"))
    base = [function(n) for n in range(12)]
    return [base[0], plant(base[1], secret, "comment"), *base[1:], base[3], plant(base[4], mail, "ir"),
            row("def f():\n    return 3", licence="GPL-2.0-only")]  # fmt: skip


def steps() -> list[object]:
    """The default steps, without the one that these bare rows could not pass."""
    return [step for step in default_steps(PipelineConfig()) if not isinstance(step, LowQuality)]


def test_every_row_ends_once_and_in_order() -> None:
    given = rows()
    results = list(apply(steps(), given))  # type: ignore[arg-type]
    assert len(results) == len(given)
    reasons = [result.reason if isinstance(result, Rejection) else None for result in results]
    assert reasons[0] is None
    assert reasons[1] is RejectionReason.SECRET
    assert reasons[2:13] == [None] * 11
    assert reasons[13:] == [RejectionReason.DUPLICATE, RejectionReason.PERSONAL_DATA, RejectionReason.LICENCE]
    assert all(r.stage == "curate" for r in results if isinstance(r, Rejection))


def test_a_refused_row_shadows_no_other() -> None:
    """The copy with the secret comes first, is refused, and the clean one is kept."""
    clean = function(1)
    secret = next(item.line for item in planted(3) if item.kind == "Stripe key")
    first, second = apply(steps(), [plant(clean, secret, "comment"), clean])  # type: ignore[arg-type]
    assert isinstance(first, Rejection)
    assert isinstance(second, Example)


def test_two_runs_say_the_same() -> None:
    once, again = ([result.id for result in apply(steps(), rows())] for _ in range(2))  # type: ignore[arg-type]
    assert once == again


def test_steps_stream() -> None:
    """The first row comes out before the third is asked for."""
    asked: list[int] = []

    def source() -> Iterator[Example]:
        for number in range(10):
            asked.append(number)
            yield function(number)

    stream = apply(steps(), source())  # type: ignore[arg-type]
    next(stream)
    assert len(asked) <= 2


@pytest.mark.slow
def test_memory_is_signatures_not_rows() -> None:
    def held(count: int) -> int:
        step = Duplicates()
        stream = step(function(n) for n in range(count))
        next(stream)
        tracemalloc.start()
        for _ in stream:
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert held(600) < 600 * 6_000
