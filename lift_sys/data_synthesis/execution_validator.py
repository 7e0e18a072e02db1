"""Keeps an example only if execution proves it: the reference passes, the stub fails, and the tests kill mutants.

SWE-smith (Yang et al. 2025) keeps a task when its tests fail before and pass after; here the same is asked of one
function, with mutants (DeMillo et al. 1978) in place of one bug, and every run is in the sandbox:

1. the reference gives the expected outcome for every test, in one process for all calls and in a fresh process for
   each call in another order, under every hash seed of the configuration;
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
    from lift_sys.data_synthesis.boxes import Boxes
    from lift_sys.sandbox.candidate import Call, Outcome

Regime = Literal["one_process", "fresh_process"]
REGIMES: tuple[Regime, ...] = ("one_process", "fresh_process")


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


def to_call(test: TestCase) -> Call:
    """The call of a test as wire text."""
    from lift_sys.sandbox.candidate import Call

    return Call(*wire_arguments(test.args, test.kwargs))


def meets(expected: Expected, outcome: Outcome) -> bool:
    """Whether an outcome is the expected one: the same bytes, or exactly the same exception type."""
    if expected.raises is not None:
        return outcome.raises == expected.raises
    return outcome.raises is None and outcome.value == wire_text(expected.value)


def judge_reference(
    boxes: Boxes,
    code: str,
    entry_point: str,
    tests: Sequence[TestCase],
    hash_seeds: Sequence[int],
    regimes: Sequence[Regime] = REGIMES,
) -> Verdict | Failure:
    """Run the reference on every test under every regime and hash seed."""
    from lift_sys.sandbox.candidate import run_calls

    calls = [to_call(test) for test in tests]
    missing: tuple[str, ...] = ()
    for seed in hash_seeds:
        for regime in regimes:
            try:
                outcomes = run_calls(boxes[seed], code, entry_point, calls, regime=regime)
            except CandidateTimeout as error:
                return Failure(RejectionReason.REFERENCE_TIMEOUT, f"{regime}, hash seed {seed}: {error}")
            except (CandidateDied, ResultTooLarge) as error:
                return Failure(RejectionReason.REFERENCE_FAILED, f"{regime}, hash seed {seed}: {error}")
            for index, (test, outcome) in enumerate(zip(tests, outcomes, strict=True)):
                if not meets(test.expected, outcome):
                    return _mismatch(index, regime, seed, hash_seeds[0], outcome)
            missing = boxes[seed].missing_protections
    return Verdict(
        status="valid",
        results=tuple(TestResult(test=index, passed=True) for index in range(len(tests))),
        regimes=tuple(regimes),
        hash_seeds=tuple(hash_seeds),
        missing_protections=missing,
    )


def _mismatch(index: int, regime: Regime, seed: int, first_seed: int, outcome: Outcome) -> Failure:
    got = outcome.raises or (outcome.value or "")[:80]
    detail = f"test {index} gave {got} ({regime}, hash seed {seed})"
    if seed != first_seed:
        return Failure(RejectionReason.NONDETERMINISTIC, detail)
    if regime == "fresh_process":
        return Failure(RejectionReason.STATE_LEAKS, detail)
    return Failure(RejectionReason.REFERENCE_FAILED, detail)


def passes(boxes: Boxes, code: str, entry_point: str, tests: Sequence[TestCase], seed: int = 0) -> bool:
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


def validate(boxes: Boxes, sliced: Slice, tests: Sequence[TestCase], config: PipelineConfig) -> Validation | Failure:
    """The whole check, cheapest first.

    Raises:
        SandboxFault: our box broke; nothing is known, so the caller retries.
    """
    from lift_sys.data_synthesis.blank import blank
    from lift_sys.data_synthesis.mutants import minimise, run_mutants

    program, driver = sliced.program, sliced.driver

    if len(tests) < config.min_tests:
        return Failure(RejectionReason.TOO_FEW_TESTS, f"{len(tests)} tests, at least {config.min_tests} are needed")
    if constant_passes(tests):
        return Failure(RejectionReason.CONSTANT_RESULT, "every test expects the same outcome")
    if slots := echoed(tests):
        return Failure(RejectionReason.TRIVIAL, f"every test expects its argument {slots[0]} back")
    seeds = config.hash_seeds
    first = judge_reference(boxes, program, driver, tests, seeds, REGIMES[:1])
    if isinstance(first, Failure):
        return first
    if passes(boxes, program_of(blank(sliced.code, sliced.entry_point), sliced.harness), driver, tests):
        return Failure(RejectionReason.STUB_PASSES, "the empty stub passes every test")
    matrix = run_mutants(boxes[0], sliced.code, sliced.entry_point, tests, config.mutants, harness=sliced.harness)
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
    verdict = judge_reference(boxes, program, driver, tests, seeds)
    if isinstance(verdict, Failure):
        return verdict
    return Validation(tuple(tests), mutation, verdict)
