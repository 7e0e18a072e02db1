"""Hostile, cheating and honest candidates, each with the verdict it must get."""

from __future__ import annotations

import pytest
from judge_cases import CHEATING, HONEST, HOSTILE, MALFORMED, SLOW

from lift_sys.sandbox.api import Limits
from lift_sys.sandbox.judge import Judge
from lift_sys.sandbox.trial import Timing


@pytest.fixture(scope="module")
def judge():
    with Judge(1, limits=Limits(memory=256 << 20)) as judge:  # less to fill, for the candidates that fill it
        yield judge


@pytest.fixture(scope="module")
def impatient():
    with Judge(1, limits=Limits(call_seconds=0.5), timing=Timing(between_calls=1.0)) as judge:
        yield judge


def check(judge, row):
    name, code, tests, verdict, reason = row
    entry_point = "A.f" if "A.f(" in tests[0] else "f"
    found = judge.judge_case({"id": name, "code": code, "entry_point": entry_point, "tests": tests})
    assert (found.id, found.verdict) == (name, verdict), found.reason
    assert reason in found.reason
    assert found.reason.isprintable()
    assert len(found.tests) == len(tests)
    assert (verdict == "valid") == all(test.passed for test in found.tests)


def table(rows):
    return pytest.mark.parametrize("row", rows, ids=[row[0] for row in rows])


@table(CHEATING)
def test_cheating(judge, row):
    check(judge, row)


@table(HOSTILE)
def test_hostile(judge, row):
    check(judge, row)


@table(HONEST)
def test_honest(judge, row):
    check(judge, row)


@table(MALFORMED)
def test_malformed(judge, row):
    check(judge, row)


@table(SLOW)
def test_slow(impatient, row):
    check(impatient, row)
