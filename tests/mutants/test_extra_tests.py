"""Tests that the search for survivors adds are kept when they hold everywhere, and dropped otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.execution_validator import Validation, validate
from lift_sys.records import Expected, Slice, TestCase

AGE = """\
def f(a):
    if a >= 40:
        return {at_forty}
    return 'young' + 'er' * (a < 20)
"""
TESTS = [
    TestCase(args=(age,), expected=Expected(value=said), oracle="recorded")
    for age, said in [(1, "younger"), (20, "young"), (19, "younger"), (70, "old"), (90, "old")]
]


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    with Boxes() as opened:
        yield opened


def checked(boxes: Boxes, code: str) -> Validation:
    found = validate(boxes, Slice(code=code, entry_point="f"), TESTS, PipelineConfig(min_mutation_score=0.0))
    assert isinstance(found, Validation), found
    return found


def test_a_new_test_at_the_boundary_is_kept_and_kills(boxes: Boxes) -> None:
    found = checked(boxes, AGE.format(at_forty="'old'"))
    added = [index for index, test in enumerate(found.tests) if test.oracle == "generated"]
    assert (40,) in [found.tests[index].args for index in added]
    boundary = next(mutant for mutant in found.mutation.mutants if mutant.after == "a > 40")
    assert boundary.killed_by in added


def test_a_new_test_that_depends_on_the_hash_seed_is_dropped_and_the_function_stays(boxes: Boxes) -> None:
    found = checked(boxes, AGE.format(at_forty="'old' if a > 60 else hash('x')"))
    assert all(test.args[0] < 40 or test.args[0] > 60 for test in found.tests)
    assert {test.args[0] for test in found.tests if test.oracle == "recorded"} & {70, 90}


def test_a_validation_is_the_same_on_every_run(boxes: Boxes) -> None:
    code = AGE.format(at_forty="'old'")
    assert checked(boxes, code) == checked(boxes, code)
