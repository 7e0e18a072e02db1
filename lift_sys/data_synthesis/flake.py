"""The flake gate: a row is kept only if every test comes out the same wherever and in whatever order it is run.

Each test runs in one process for all, in each environment in another order; then in a fresh process of its own, the
environments taking turns. Five environments and twelve tests are seventeen processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lift_sys.data_synthesis.execution_validator import REGIMES, Failure, Regime, meets, to_call
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.records import FlakeEvidence, RejectionReason, TestCase
from lift_sys.sandbox.environments import ENVIRONMENTS, order

if TYPE_CHECKING:
    from lift_sys.data_synthesis.boxes import SeedBoxes
    from lift_sys.sandbox.api import Environment
    from lift_sys.sandbox.candidate import Outcome


@dataclass(frozen=True)
class Flip:
    """A run that did not come out as expected."""

    environment: str
    regime: Regime
    got: str
    test: int | None = None
    """None: the run failed as a whole."""
    timeout: bool = False

    @property
    def where(self) -> str:
        """All but what came out, which may be another thing each time: a record must be the same on every run."""
        what = "the run failed" if self.test is None else f"test {self.test} came out differently"
        return f"{what} ({self.regime}, environment {self.environment})"

    def __str__(self) -> str:
        return f"{self.where}: {self.got}"


def flips(
    boxes: SeedBoxes,
    program: str,
    driver: str,
    tests: Sequence[TestCase],
    environments: Sequence[Environment] = ENVIRONMENTS,
    regimes: Sequence[Regime] = REGIMES,
) -> Iterator[Flip]:
    """Every run whose outcome is not the expected one, the plain environment's first.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    if "one_process" in regimes:
        for environment in environments:
            yield from _run(boxes, program, driver, tests, environment, "one_process", order(environment, len(tests)))
    if "fresh_process" in regimes:
        for turn, environment in enumerate(environments):
            numbers = list(range(turn, len(tests), len(environments)))
            if numbers:
                yield from _run(boxes, program, driver, tests, environment, "fresh_process", numbers)


def evidence(environments: Sequence[Environment]) -> FlakeEvidence:
    """What is kept of a row that held: each test ran once in each environment, and once in a fresh process."""
    return FlakeEvidence(environments=tuple(e.name for e in environments), runs=len(environments) + 1)


def why(
    boxes: SeedBoxes, program: str, driver: str, tests: Sequence[TestCase], flip: Flip, plain: Environment
) -> Failure:
    """The rejection that a flip leads to. A test that fails alone, too, needs the calls before it: state."""
    if flip.environment == plain.name and flip.regime == "one_process":
        reason = RejectionReason.REFERENCE_TIMEOUT if flip.timeout else RejectionReason.REFERENCE_FAILED
        return Failure(reason, flip.where)
    if flip.test is not None and any(_run(boxes, program, driver, tests, plain, "fresh_process", [flip.test])):
        return Failure(RejectionReason.STATE_LEAKS, flip.where)
    # Of a function that follows chance, which test it is differs from run to run.
    return Failure(RejectionReason.FLAKY, f"came out differently in environment {flip.environment} ({flip.regime})")


def _run(
    boxes: SeedBoxes,
    program: str,
    driver: str,
    tests: Sequence[TestCase],
    environment: Environment,
    regime: Regime,
    numbers: Sequence[int],
) -> Iterator[Flip]:
    """Run the tests of these numbers, in this order."""
    from lift_sys.sandbox.candidate import run_calls

    calls = [to_call(tests[number]) for number in numbers]
    try:
        outcomes = run_calls(boxes[environment], program, driver, calls, regime=regime)
    except (CandidateDied, CandidateTimeout, ResultTooLarge) as error:
        yield Flip(environment.name, regime, str(error), timeout=isinstance(error, CandidateTimeout))
        return
    for number, outcome in zip(numbers, outcomes, strict=True):
        if not meets(tests[number].expected, outcome):
            yield Flip(environment.name, regime, _told(outcome), number)


def _told(outcome: Outcome) -> str:
    if outcome.raises is not None:
        return outcome.raises
    return outcome.value[:80] if outcome.value is not None else "a value that is not plain"
