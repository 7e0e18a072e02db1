"""An answer becomes a finding: whether it holds, and if not, in what way it fails. It runs in the sandbox alone."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from lift_sys.errors import (
    CandidateDied,
    CandidateLoadFailed,
    CandidateTimeout,
    IRError,
    ResultTooLarge,
    SandboxFault,
)
from lift_sys.evaluation.code import LONGEST, parsed, shape_of
from lift_sys.evaluation.differences import ErrorType, error_type, kind_of
from lift_sys.evaluation.findings import Agreement, Failing, Finding
from lift_sys.evaluation.questions import Calls, Check, Clauses, Question
from lift_sys.forward_mode.asking import call_text, outcome
from lift_sys.ir.compact import parse, render, signature_line
from lift_sys.providers import Completion
from lift_sys.records import TestCase, wire_arguments
from lift_sys.sandbox.api import BoxConfig, Limits, Sandbox
from lift_sys.sandbox.candidate import REGIMES, Call, Outcome, clean, run_calls
from lift_sys.sandbox.environments import PLAIN
from lift_sys.sandbox.judge import CaseVerdict, Judge, completion_text
from lift_sys.sandbox.stateless import is_stateless
from lift_sys.testing.running import CALL_SECONDS, meets

VERSION = 2
"""Raised whenever the same answer would get another finding: then kept answers are judged again, not asked again."""
ATTEMPTS = 3
"""How often an answer is tried when the sandbox itself breaks."""
LIMITS = Limits(call_seconds=CALL_SECONDS)
_SHOWN = 600
_PYTHON = re.compile(r"^\s*(?:def |class |import |from \w+ import |return\b|@|\w+ = )", re.MULTILINE)
_FUTURE = re.compile(r"^from __future__ import .*$", re.MULTILINE)
_DEAD = (CandidateTimeout, CandidateDied, ResultTooLarge)
_RAISES = frozenset({"unexpected exception", "wrong exception", "memory limit"})
_STOPPED = frozenset({"does not load", "does not end", "memory limit", "output limit", "process died"})


class Examiner:
    """Judges one answer after another; use it as a context manager. For one thread.

    Args:
        open_box: opens a sandbox; by default a real one.
        limits: what one run of an answer may take.
    """

    def __init__(
        self,
        open_box: Callable[[BoxConfig], Sandbox] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self._open_box, self._limits = open_box, limits
        self._box: Sandbox | None = None
        self._judge: Judge | None = None
        self._stack = ExitStack()

    def examine(self, question: Question, completion: Completion) -> Finding:
        """What is to be said of an answer. Never raises for what the answer holds.

        Raises:
            SandboxUnavailable: no box can be opened here.
        """
        if completion.finish == "error":
            return Finding(verdict="error", reason=clean(completion.detail, _SHOWN))
        if isinstance(question.by, Clauses):
            return _read(question.by, completion.text)
        answered = completion_text(completion.text)
        alone = _stands_alone(answered, question)
        code = answered if alone else str(question.by.case["prompt"]) + answered  # type: ignore[union-attr]
        unfit = _unfit(answered, code, question, completion)
        if unfit is not None:
            return unfit
        if isinstance(question.by, Calls):
            finding = self._call(question.by, code)
        else:
            finding = self._check(question.by, answered, alone)
        if not finding.measured:
            return finding
        shape = shape_of(code)
        known = {"parses": True, "shape": shape, "reference": shape_of(question.reference) if shape else None}
        return finding.model_copy(update=known)

    def _call(self, by: Calls, code: str) -> Finding:
        fault = ""
        for _ in range(ATTEMPTS):
            try:
                return _tried(self._sandbox(), by, code, self._limits)
            except SandboxFault as error:
                fault = str(error)
                self._drop()
        return Finding(verdict="error", reason=f"the sandbox failed {ATTEMPTS} times: {fault}")

    def _check(self, by: Check, answered: str, alone: bool) -> Finding:
        """A whole solution stands below the prompt; what must be in a file's first lines goes above it."""
        first = "".join(f"{line}\n" for line in _FUTURE.findall(answered))
        rest = _FUTURE.sub("", answered)
        told = {"prompt": f"{first}{by.case['prompt']}", "completion": f"\n\n{rest}" if alone else rest}
        if self._judge is None:
            self._judge = self._stack.enter_context(Judge(1, limits=self._limits, open_box=self._open_box))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _of_check(self._judge.judge_case({**by.case, **told}))

    def _sandbox(self) -> Sandbox:
        if self._box is None:
            from lift_sys.sandbox import open_sandbox

            self._box = (self._open_box or open_sandbox)(BoxConfig(environment=PLAIN))
        return self._box

    def _drop(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            box.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()
        self._judge = None
        self._stack.close()


# --- before anything runs


def _stands_alone(answered: str, question: Question) -> bool:
    """Whether the answer is the whole solution. To a problem of HumanEval it may be the rest of the prompt."""
    if isinstance(question.by, Calls):
        return True
    found = parsed(answered)
    return found is not None and bool(found.names)


def _unfit(answered: str, code: str, question: Question, completion: Completion) -> Finding | None:
    """What is wrong with code that need not be run."""
    found = parsed(code)
    kind: ErrorType = ""
    if not answered.strip():
        kind = "no code"
    elif found is None and completion.finish == "length":
        kind = "cut off"
    elif found is None and len(code) > LONGEST:
        return None  # it is not read here, so the sandbox decides
    elif found is None:
        kind = "does not parse" if _PYTHON.search(answered) or "```" in completion.text else "no code"
    elif question.entry_point.partition(".")[0] not in found.names:
        kind = "wrong entry point" if found.names else "no code"
    if not kind:
        return None
    return Finding(
        verdict="invalid", error_type=kind, reason=_said(kind, question), parses=found is not None, runs=False
    )


def _said(kind: ErrorType, question: Question) -> str:
    return f"it defines no {question.entry_point}" if kind == "wrong entry point" else kind


# --- calls of a driver


def _tried(box: Sandbox, by: Calls, code: str, limits: Limits) -> Finding:
    """Run the tests, all in one process and then each in a fresh one; both must come out as expected.

    As `lift_sys.testing.running.run_task`, but that every outcome is looked at.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    calls = [Call(*wire_arguments(test.args, test.kwargs)) for test in by.tests]
    program = by.program(code)
    for regime in REGIMES:
        if regime == REGIMES[1] and _keeps_nothing(program):
            break
        try:
            outcomes = run_calls(box, program, by.driver, calls, regime=regime, limits=limits)
        except _DEAD as error:
            return _dead(error, len(calls), limits)
        held = [meets(test.expected, found) for test, found in zip(by.tests, outcomes, strict=True)]
        if not all(held):
            return _wrong(by, outcomes, held, again=regime == REGIMES[1])
    return Finding(verdict="valid", passed=len(calls), of=len(calls), runs=True)


def _keeps_nothing(program: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return is_stateless(program)


def _dead(error: Exception, of: int, limits: Limits) -> Finding:
    reason = clean(str(error), _SHOWN)
    if isinstance(error, CandidateTimeout):
        reason = f"no answer in {limits.call_seconds:g} s"
        return Finding(verdict="timeout", error_type="does not end", reason=reason, of=of, runs=False)
    return Finding(verdict="invalid", error_type=_kind_of_death(error), reason=reason, of=of, runs=False)


def _kind_of_death(error: Exception) -> ErrorType:
    if isinstance(error, CandidateLoadFailed):
        return "does not load"
    if isinstance(error, ResultTooLarge):
        return "output limit"
    return "memory limit" if "memory" in str(error) else "process died"


def _wrong(by: Calls, outcomes: Sequence[Outcome], held: Sequence[bool], *, again: bool) -> Finding:
    place = list(held).index(False)
    kinds = {kind_of(test, o) for test, o, ok in zip(by.tests, outcomes, held, strict=True) if not ok}
    failing = _failing(by.driver, by.tests[place], outcomes[place])
    return Finding(
        verdict="invalid",
        error_type="remembers calls" if again else error_type(by.tests, outcomes, held),
        reason=clean(f"{failing.call} should {failing.expected}, but it {failing.got}", _SHOWN),
        failing=failing,
        passed=sum(held),
        of=len(held),
        runs=kinds.isdisjoint(_RAISES),
    )


def _failing(driver: str, test: TestCase, found: Outcome) -> Failing:
    if found.raises is not None:
        got = f"raises {found.raises}{': ' * bool(found.message)}{found.message}"
    elif found.value is None:
        got = f"returns what is no plain value{': ' * bool(found.message)}{found.message}"
    else:
        got = f"returns {_literal(found.value)}"
    texts = (call_text(driver, test), outcome(test.expected), got)
    call, expected, got = (clean(text, _SHOWN) for text in texts)
    return Failing(call=call, expected=expected, got=got)


def _literal(value: str) -> str:
    """What a candidate claims, as Python would show it where it is short."""
    from lift_sys import wire

    if len(value) > 2 * _SHOWN:
        return f"{value[:_SHOWN]}... ({len(value)} characters)"
    try:
        return wire.literal(wire.decode(value))
    except (wire.WireError, ValueError, RecursionError):
        return value


# --- HumanEval


def _of_check(found: CaseVerdict) -> Finding:
    reason = found.reason[:_SHOWN]
    if found.verdict == "error":
        return Finding(verdict="error", reason=reason)
    if found.verdict == "valid":
        return Finding(verdict="valid", passed=1, of=1, runs=True)
    kind = _kind_of_check(found)
    runs = kind not in _STOPPED and kind != "unexpected exception"
    return Finding(verdict=found.verdict, error_type=kind, reason=reason, of=1, runs=runs)


def _kind_of_check(found: CaseVerdict) -> ErrorType:
    """As much as the judge's words tell; of values it says little."""
    reason = found.reason
    if found.verdict == "timeout":
        return "does not end"
    if "does not load" in reason:
        return "does not load"
    if "out of memory" in reason:
        return "memory limit"
    if "result is too large" in reason or "larger than" in reason:
        return "output limit"
    if found.regimes.get(REGIMES[0]) == "valid":
        return "remembers calls"
    if "no plain value" in reason:
        return "not a plain value"
    if "the candidate raised" in reason:
        return "unexpected exception"
    if "process" in reason or "protocol" in reason:
        return "process died"
    return "returns nothing" if reason.endswith("the last call returned None") else "wrong value"


# --- specifications


def _read(by: Clauses, text: str) -> Finding:
    try:
        found = parse(text.strip())
    except IRError as error:
        reason = clean(str(error), _SHOWN)
        return Finding(verdict="invalid", error_type="no specification", reason=reason, parses=False)
    except (RecursionError, MemoryError):
        return Finding(verdict="invalid", error_type="no specification", reason="it is nested too deep", parses=False)
    agreement: Agreement = ""
    if signature_line(found.signature) == signature_line(by.ir.signature):
        agreement = "whole" if render(found) == render(by.ir) else "signature"
    return Finding(verdict="valid", parses=True, agreement=agreement)
