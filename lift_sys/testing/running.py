"""Running solutions of a suite's tasks: the same judge for references in CI and for what a model wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.records import Expected, TestCase, wire_arguments, wire_literal, wire_text
from lift_sys.records.tasks import Task
from lift_sys.sandbox.api import Environment, Limits
from lift_sys.sandbox.candidate import REGIMES, Call, Outcome, Regime, run_calls
from lift_sys.sandbox.environments import PLAIN

if TYPE_CHECKING:
    from lift_sys.testing.acceptance import Boxes

Status = Literal["valid", "invalid", "timeout"]
CALL_SECONDS = 5.0


@dataclass(frozen=True)
class Result:
    """How a solution of one task ended. A sandbox that breaks raises instead: nothing is known then."""

    task: str
    status: Status
    reason: str = ""
    passed: int = 0
    """Hidden tests that came out as expected, in the regime that decided."""
    of: int = 0


def run_task(
    task: Task,
    solution: str,
    boxes: Boxes,
    *,
    environment: Environment = PLAIN,
    regimes: Sequence[Regime] = REGIMES,
    tests: Sequence[TestCase] | None = None,
) -> Result:
    """Run the hidden tests, all in one process and then each in a fresh one; both must come out as expected.

    Raises:
        SandboxFault: our box broke; nothing is known of the solution.
    """
    tests = task.hidden if tests is None else tests
    calls = [Call(*wire_arguments(test.args, test.kwargs)) for test in tests]
    passed = 0
    for regime in regimes:
        try:
            outcomes = run_calls(
                boxes[environment],
                task.program(solution),
                task.driver,
                calls,
                regime=regime,
                limits=Limits(call_seconds=CALL_SECONDS),
            )
        except CandidateTimeout:
            return Result(task.id, "timeout", f"no answer in {CALL_SECONDS:g} s ({regime})", 0, len(tests))
        except (CandidateDied, ResultTooLarge) as error:
            return Result(task.id, "invalid", str(error), 0, len(tests))
        held = [meets(test.expected, outcome) for test, outcome in zip(tests, outcomes, strict=True)]
        passed = sum(held)
        if not all(held):
            at = held.index(False)
            return Result(task.id, "invalid", _difference(task, tests[at], outcomes[at]), passed, len(tests))
    return Result(task.id, "valid", "", passed, len(tests))


def meets(expected: Expected, outcome: Outcome) -> bool:
    """Whether an outcome is the expected one: the same value of the same type, or the same exception."""
    if expected.raises is not None:
        return outcome.raises == expected.raises
    return outcome.raises is None and outcome.value == wire_text(expected.value)


def _difference(task: Task, test: TestCase, outcome: Outcome) -> str:
    call = f"{task.driver}({', '.join(map(wire_literal, test.args))})"
    wanted = test.expected.raises or wire_literal(test.expected.value)
    got = outcome.raises or (outcome.value if outcome.value is not None else "a value that is not plain")
    return f"{call}: {wanted} is expected, not {got}"[:600]
