"""A call whose result depends on the environment costs that call, and only many of them cost the function."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lift_sys import wire
from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.execution_validator import Failure, Validation, validate
from lift_sys.records import Expected, RejectionReason, Slice, TestCase
from lift_sys.sandbox.candidate import Call, run_calls

CODE = "def distinct(items):\n    seen = set(items)\n    return [len(seen), list(seen)]\n"
STEADY = [["a"], ["b", "b"], [1, 2, 2], [], [3], [5, 4], ["long"], [0]]
UNSTEADY = [["pear", "fig", "plum", "apple", "quince", "lime"], ["x", "yy", "zzz", "aaaa", "bbbbb", "cc"]]


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    with Boxes() as opened:
        yield opened


def expecting(boxes: Boxes, inputs: list[list[object]]) -> list[TestCase]:
    """Tests that expect what the function gives in the plain environment."""
    import json

    calls = [Call(wire.encode((value,))) for value in inputs]
    outcomes = run_calls(boxes[0], CODE, "distinct", calls, regime="one_process")
    return [
        TestCase(
            args=(json.loads(wire.encode(value)),),
            expected=Expected(value=json.loads(outcome.value or "")),
            oracle="generated",
        )
        for value, outcome in zip(inputs, outcomes, strict=True)
    ]


CONFIG = PipelineConfig(min_mutation_score=0, keep_tests=12)


def test_one_unsteady_call_is_left_out_and_the_function_kept(boxes: Boxes) -> None:
    tests = expecting(boxes, [*STEADY, UNSTEADY[0]])
    found = validate(boxes, Slice(code=CODE, entry_point="distinct"), tests, CONFIG)
    assert isinstance(found, Validation), found
    assert tests[-1] not in found.tests
    assert len(found.tests) >= 6


def test_many_unsteady_calls_cost_the_function(boxes: Boxes) -> None:
    tests = expecting(boxes, [*STEADY[:3], *UNSTEADY])
    found = validate(boxes, Slice(code=CODE, entry_point="distinct"), tests, CONFIG)
    assert isinstance(found, Failure)
    assert found.reason is RejectionReason.FLAKY
