"""Keeps an example only if execution proves it: the reference passes, the stub fails, and the tests kill mutants.

SWE-smith (Yang et al. 2025) keeps a task when its tests fail before and pass after; here the same is asked of one
function, with mutants (DeMillo et al. 1978) in place of one bug, and every run is in the sandbox:

1. the reference gives the expected outcome for every test, in one process for all calls and in a fresh process for
   each call, in environments that differ in hash seed, time zone, locale, clock and the order of calls (`flake.py`);
2. the code with an empty body fails, and no constant function passes, nor one that hands back an argument;
3. the tests kill at least `min_mutation_score` of the mutants; the evidence for each mutant is kept;
4. tests that neither kill nor cover anything of their own are left out, and 1 holds for those that stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lift_sys.config import PipelineConfig
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.records import (
    Expected,
    FlakeEvidence,
    MutationEvidence,
    RejectionReason,
    Slice,
    TestCase,
    TestResult,
    Verdict,
    program_of,
    wire_arguments,
    wire_text,
)
from lift_sys.records.base import canonical_json

if TYPE_CHECKING:
    from lift_sys.data_synthesis.boxes import SeedBoxes
    from lift_sys.sandbox.api import Environment
    from lift_sys.sandbox.candidate import Call, Outcome
    from lift_sys.testing.mutants import MutationMatrix

Regime = Literal["one_process", "fresh_process"]
REGIMES: tuple[Regime, ...] = ("one_process", "fresh_process")
UNSTEADY = 0.2
"""Share of a function's tests that may differ between environments, and are left out, before it is given up."""


@dataclass(frozen=True)
class Failure:
    """Why an example is not kept."""

    reason: RejectionReason
    detail: str = ""


@dataclass(frozen=True)
class Validation:
    """The tests that matter, with the evidence that they do."""

    tests: tuple[TestCase, ...]
    mutation: MutationEvidence
    verdict: Verdict
    flake: FlakeEvidence
    """The environments in which that was so."""


def to_call(test: TestCase) -> Call:
    """The call of a test as wire text."""
    from lift_sys.sandbox.candidate import Call

    return Call(*wire_arguments(test.args, test.kwargs))


def meets(expected: Expected, outcome: Outcome) -> bool:
    """Whether an outcome is the expected one: the same bytes, or exactly the same exception type."""
    if expected.raises is not None:
        return outcome.raises == expected.raises
    return outcome.raises is None and outcome.value == wire_text(expected.value)


def _alone(
    boxes: SeedBoxes, program: str, driver: str, tests: Sequence[TestCase], environments: Sequence[Environment]
) -> Verdict | Failure:
    """Run every test in a fresh process. In one process with the others it has passed in every environment before."""
    from lift_sys.data_synthesis.flake import flips, why

    for flip in flips(boxes, program, driver, tests, environments, REGIMES[1:]):
        return why(boxes, program, driver, tests, flip, environments[0])
    return Verdict(
        status="valid",
        results=tuple(TestResult(test=index, passed=True) for index in range(len(tests))),
        regimes=REGIMES,
        hash_seeds=tuple(environment.hash_seed for environment in environments),
        missing_protections=boxes[environments[0]].missing_protections,
    )


def passes(boxes: SeedBoxes, code: str, entry_point: str, tests: Sequence[TestCase], seed: int = 0) -> bool:
    """Whether any candidate passes every test in the first regime."""
    from lift_sys.sandbox.candidate import run_calls

    try:
        outcomes = run_calls(boxes[seed], code, entry_point, [to_call(t) for t in tests], regime="one_process")
    except (CandidateDied, CandidateTimeout, ResultTooLarge):
        return False
    return all(meets(test.expected, outcome) for test, outcome in zip(tests, outcomes, strict=True))


def constant_passes(tests: Sequence[TestCase]) -> bool:
    """Whether some function that ignores its arguments passes: exactly when all tests expect one outcome."""
    return len({canonical_json(test.expected.model_dump(mode="json")) for test in tests}) <= 1


def echoed(tests: Sequence[TestCase]) -> list[int | str]:
    """The parameters, by position or keyword, that pass every test when they are handed back as they came."""
    slots: list[int | str] = [*range(min(len(test.args) for test in tests))] if tests else []
    slots += sorted({name for test in tests for name in test.kwargs}) if tests else []
    return [slot for slot in slots if all(_is_echo(test, slot) for test in tests)]


def _is_echo(test: TestCase, slot: int | str) -> bool:
    if test.expected.raises is not None:
        return False
    if isinstance(slot, int):
        return slot < len(test.args) and wire_text(test.args[slot]) == wire_text(test.expected.value)
    return slot in test.kwargs and wire_text(test.kwargs[slot]) == wire_text(test.expected.value)


def _with_no_echo(tests: Sequence[TestCase], kept: list[int]) -> list[int]:
    """`kept`, and for each parameter that could still be handed back the first test that forbids it."""
    while slots := echoed([tests[index] for index in kept]):
        kept = sorted({*kept, next(i for i, test in enumerate(tests) if not _is_echo(test, slots[0]))})
    return kept


def _steady(
    boxes: SeedBoxes, program: str, driver: str, tests: Sequence[TestCase], environments: Sequence[Environment]
) -> list[TestCase] | Failure:
    """The tests that come out as expected in every environment; the failure where more than a few do not.

    A function that is sound but for one call, whose result has the order of a set, is worth keeping without it.
    """
    from lift_sys.data_synthesis.flake import flips, why

    found = list(flips(boxes, program, driver, tests, environments, REGIMES[:1]))
    unsteady = {flip.test for flip in found}
    if None in unsteady or len(unsteady) > UNSTEADY * len(tests):
        return why(boxes, program, driver, tests, found[0], environments[0])
    return [test for index, test in enumerate(tests) if index not in unsteady]


def _with_extra(
    boxes: SeedBoxes,
    sliced: Slice,
    tests: Sequence[TestCase],
    matrix: MutationMatrix,
    environments: Sequence[Environment],
) -> tuple[list[TestCase], MutationMatrix]:
    """The tests and those that the search for survivors added, as far as they hold in every environment."""
    from lift_sys.sandbox.candidate import run_calls

    extra = matrix.extra_tests
    holds = [True] * len(extra)
    for environment in environments if extra else ():
        try:
            outcomes = run_calls(
                boxes[environment], sliced.program, sliced.driver, [to_call(t) for t in extra], regime="one_process"
            )
        except (CandidateDied, CandidateTimeout, ResultTooLarge):
            holds = [False] * len(extra)
            break
        holds = [held and meets(t.expected, o) for held, t, o in zip(holds, extra, outcomes, strict=True)]
    kept = [*range(len(tests)), *(len(tests) + at for at, held in enumerate(holds) if held)]
    every = [*tests, *extra]
    return [every[index] for index in kept], matrix.limited(kept)


def validate(
    boxes: SeedBoxes, sliced: Slice, tests: Sequence[TestCase], config: PipelineConfig
) -> Validation | Failure:
    """The whole check, cheapest first.

    Raises:
        SandboxFault: our box broke; nothing is known, so the caller retries.
    """
    from lift_sys.data_synthesis.flake import evidence
    from lift_sys.data_synthesis.minimise import minimise
    from lift_sys.sandbox.environments import accepting
    from lift_sys.testing.blank import blank
    from lift_sys.testing.mutants import run_mutants

    program, driver = sliced.program, sliced.driver

    if len(tests) < config.min_tests:
        return Failure(RejectionReason.TOO_FEW_TESTS, f"{len(tests)} tests, at least {config.min_tests} are needed")
    if constant_passes(tests):
        return Failure(RejectionReason.CONSTANT_RESULT, "every test expects the same outcome")
    environments = accepting(config.hash_seeds)
    steady = _steady(boxes, program, driver, tests, environments)
    if isinstance(steady, Failure):
        return steady
    tests = steady
    if len(tests) < config.min_tests:
        return Failure(RejectionReason.TOO_FEW_TESTS, f"{len(tests)} tests are the same in every environment")
    if constant_passes(tests):
        return Failure(RejectionReason.CONSTANT_RESULT, "every steady test expects the same outcome")
    if slots := echoed(tests):
        return Failure(RejectionReason.TRIVIAL, f"every test expects its argument {slots[0]} back")
    if passes(boxes, program_of(blank(sliced.code, sliced.entry_point), sliced.harness), driver, tests):
        return Failure(RejectionReason.STUB_PASSES, "the empty stub passes every test")
    matrix = run_mutants(
        boxes[0],
        sliced.code,
        sliced.entry_point,
        tests,
        config.mutants,
        harness=sliced.harness,
        extra=config.max_tests,
    )
    tests, matrix = _with_extra(boxes, sliced, tests, matrix, environments)
    kept = _with_no_echo(tests, minimise(tests, matrix, least=config.keep_tests, most=config.max_tests))
    tests = [tests[index] for index in kept]
    mutation = matrix.evidence(kept)
    if mutation.score is None:
        return Failure(RejectionReason.NO_MUTANTS, "there is nothing to mutate")
    if mutation.score < config.min_mutation_score:
        return Failure(
            RejectionReason.WEAK_TESTS, f"{mutation.killed} of {mutation.total} mutants killed ({mutation.score:.2f})"
        )
    if constant_passes(tests):
        return Failure(RejectionReason.CONSTANT_RESULT, "every test that matters expects the same outcome")
    verdict = _alone(boxes, program, driver, tests, environments)
    if isinstance(verdict, Failure):
        return verdict
    return Validation(tuple(tests), mutation, verdict, evidence(environments))
