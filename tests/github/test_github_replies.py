"""Whatever a host answers, reading it ends in data, a bounded wait or a typed error, and never in something else."""

from __future__ import annotations

import math
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lift_sys.data_synthesis.github.etags import ETagCache, Kept
from lift_sys.data_synthesis.github.query import Candidate, Query, is_name
from lift_sys.data_synthesis.github.replies import Answer, pause, refusal, until_reset
from lift_sys.data_synthesis.github.search import Slice
from lift_sys.data_synthesis.github.waiting import FakeClock, Waiter
from lift_sys.errors import LiftError, RateLimited

VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(
        [
            "Mon, 01 Jan 0001 00:00:00 -0000",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "Mon, 32 Jan 2025 00:00:00 GMT",
            "Sun, 15 Jun 2025 15:06:40 +9999999999",
            "9" * 400,
            "-1",
            "\u0663",
        ]
    ),
)
NAMES = ("retry-after", "date", "x-ratelimit-remaining", "x-ratelimit-reset", "location")
BODIES = st.one_of(
    st.binary(max_size=60),
    st.just(b"[" * 100_000),
    st.just(b'{"message": 3, "errors": 4}'),
    st.just(b'{"message": "rate limit", "errors": [{"message": 5}, 6]}'),
    st.just(b'{"message": "\\u001b[2J", "errors": null}'),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.integers(100, 599), st.dictionaries(st.sampled_from(NAMES), VALUES), BODIES)
def test_no_answer_breaks_the_reader(status: int, headers: dict[str, str], body: bytes) -> None:
    answer = Answer(status, headers, body)
    waiter = Waiter(FakeClock())
    for stop in (pause(answer, 1_750_000_000.0), until_reset(answer, 1_750_000_000.0)):
        if stop is not None and stop.seconds is not None:
            assert math.isfinite(stop.seconds)
            with suppress(RateLimited):
                waiter.wait(stop.seconds, stop.why)
    error = refusal(answer, "a/b")
    assert isinstance(error, LiftError)
    assert str(error).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "id",
    "full_name",
    "stargazers_count",
    "size",
    "license",
    "topics",
    "fork",
    "archived",
    "pushed_at",
    "private",
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_description_breaks_the_reader(changes: dict[str, Any]) -> None:
    honest = {"id": 1, "full_name": "a/b", "stargazers_count": 1, "size": 1, "fork": False, "language": "Python"}
    found = Candidate.read({**honest, **changes})
    if found is not None:
        assert is_name(found.name)
        assert found.number >= 1
        Query().refuses(found)


@given(st.integers(0, 2**32), st.integers(1, 2**31))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_halves_hold_every_second_once(first: int, length: int) -> None:
    whole = Slice(licence="MIT", first=first, last=first + length)
    one, other = whole.halves()
    assert (one.first, other.last) == (whole.first, whole.last)
    assert other.first == one.last + 1
    assert one.first <= one.last
    assert other.first <= other.last


@pytest.mark.parametrize("body", ["", '{"é": "\\ud800"}', "x" * 100_000])
def test_the_cache_gives_back_what_it_got(body: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = ETagCache(Path(folder))
        cache.put("https://h/a", Kept('W/"1"', body))
        assert ETagCache(Path(folder)).get("https://h/a") == Kept('W/"1"', body)
        assert cache.get("https://h/b") is None
