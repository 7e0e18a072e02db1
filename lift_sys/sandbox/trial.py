"""One run of a case's tests against its candidate: two boxes, and the host that carries bytes between them.

The host reads neither the arguments nor the results. It gives each call to the candidate, gives the answer back to
the tests, and decides whose failure it was when one of the two boxes does not go on.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, SandboxError, SandboxFault
from lift_sys.sandbox.api import Limits, Process, Sandbox
from lift_sys.sandbox.candidate import FRAMING, Candidate, clean, shuffled
from lift_sys.sandbox.cases import Case
from lift_sys.sandbox.plan import Expected, plan
from lift_sys.wire import EXPANSION

Status = Literal["valid", "invalid", "error", "timeout"]
OUT_OF_MEMORY = "the candidate ran out of memory"
KEPT_BYTES = 64 << 20
"""How much of the calls of a run is kept for the second regime; beyond it, that regime runs the tests anew."""


@dataclass(frozen=True)
class Made:
    """A call that was made: the two wire texts with a line feed between them, and the candidate's answer."""

    arguments: bytes
    answer: bytes


@dataclass
class Run:
    """What one run of the tests showed. `failures` maps a test's index to (`invalid` or `error`, reason)."""

    status: Status = "valid"
    reason: str = ""
    failures: dict[int, tuple[Status, str]] = field(default_factory=dict)
    started: int = 0
    """Index of the last test known to have begun."""
    ended: bool = False
    calls: list[Made] | None = field(default_factory=list)
    """The calls in order; None when they were too many bytes to keep."""
    call_count: int = 0
    kept: int = 0

    def stop(self, status: Status, reason: str, index: int | None = None) -> None:
        self.status, self.reason = status, reason
        if index is not None:
            self.failures.setdefault(index, (status, reason))

    def fail(self, error: SandboxError, limits: Limits, index: int | None = None) -> None:
        """The candidate failed as a whole."""
        if isinstance(error, CandidateTimeout):
            self.stop("timeout", str(error) or f"no answer in {limits.call_seconds:g} s", index)
        else:
            self.stop("invalid", clean(str(error), 1000), index)

    def keep(self, made: Made) -> None:
        self.call_count += 1
        if self.calls is None:
            return
        self.kept += len(made.arguments) + len(made.answer)
        self.calls.append(made)
        if self.kept > KEPT_BYTES:
            self.calls = None


Answer = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Timing:
    """Seconds: what tests may take between two calls, and what all of one run may take."""

    between_calls: float = 10.0
    whole_run: float = 300.0


def run_first(sandbox: Sandbox, case: Case, limits: Limits, timing: Timing) -> Run:
    """The first regime: one process answers all calls, in the order that the tests make them."""
    expected = plan(case.order)
    settled = settle(sandbox, case, expected, limits) if expected is not None else None
    return settled or run_apart(sandbox, case, limits, timing)


def settle(sandbox: Sandbox, case: Case, expected: Sequence[Expected], limits: Limits) -> Run | None:
    """Make the calls that plain asserts come to; None when an answer leaves open whether its assert holds."""
    run = Run()
    answers: list[bytes] = []
    with Candidate(sandbox, limits) as candidate:
        try:
            candidate.run_into(answers, case.code, case.entry_point, [test.arguments for test in expected])
        except SandboxFault:
            raise
        except SandboxError as error:
            run.fail(error, limits)
    if candidate.out_of_memory:
        run.stop("invalid", OUT_OF_MEMORY)
    if any(answer != test.answer for answer, test in zip(answers, expected, strict=False)):
        return None
    if run.status == "valid":
        run.calls = [Made(test.arguments, test.answer) for test in expected]
        run.call_count, run.ended = len(answers), True
    else:
        run.started = expected[min(len(answers), len(expected) - 1)].index
        run.stop(run.status, run.reason, run.started)
    return run


def run_apart(sandbox: Sandbox, case: Case, limits: Limits, timing: Timing) -> Run:
    """Run the tests in a box of their own, beside the candidate's."""
    with _tester(sandbox, limits) as tester, Candidate(sandbox, limits) as candidate:
        loaded = False

        def answer(arguments: bytes) -> bytes:
            nonlocal loaded
            if not loaded:
                candidate.finish_load()
                loaded = True
            return candidate.exchange(arguments)

        candidate.send_load(case.code, case.entry_point)
        run = carry(tester, case, answer, limits, timing)
    if run.status != "error" and candidate.out_of_memory:
        run.stop("invalid", OUT_OF_MEMORY, run.started)
    return run


def _tester(sandbox: Sandbox, limits: Limits) -> Process:
    return sandbox.spawn("tester", replace(limits, result=EXPANSION * limits.result + FRAMING))


def run_second(sandbox: Sandbox, case: Case, first: Run, limits: Limits, timing: Timing) -> Run | None:
    """The second regime: a fresh process for each call, made in another order.

    The calls of the first run are made again. When every answer is byte for byte the same, the tests would see the
    same values and do the same, so they need not run: None. Else they run against the fresh answers, with new calls
    made where their arguments come to differ.
    """
    known: dict[int, tuple[bytes, bytes | SandboxError]] = {}
    if first.calls is not None:
        answers = replay(sandbox, case, first.calls, limits, timing)
        if all(answers[i] == made.answer for i, made in enumerate(first.calls)):
            return None
        known = {i: (made.arguments, answers[i]) for i, made in enumerate(first.calls)}
    position = -1

    def answer(arguments: bytes) -> bytes:
        nonlocal position
        position += 1
        before, found = known.pop(position, (b"", b""))
        if not found or before != arguments:
            found = fresh_answer(sandbox, case, arguments, limits)
        if isinstance(found, SandboxError):
            raise found
        return found

    with _tester(sandbox, limits) as tester:
        return carry(tester, case, answer, limits, timing)


def replay(
    sandbox: Sandbox, case: Case, calls: list[Made], limits: Limits, timing: Timing
) -> dict[int, bytes | SandboxError]:
    """Each call in a process of its own, in shuffled order: its answer, or how the candidate failed."""
    found: dict[int, bytes | SandboxError] = {}
    end = time.monotonic() + timing.whole_run
    for index in shuffled(len(calls)):
        if time.monotonic() > end:
            found[index] = CandidateTimeout(_too_long(timing))
            continue
        try:
            found[index] = fresh_answer(sandbox, case, calls[index].arguments, limits)
        except SandboxFault:
            raise
        except SandboxError as error:
            found[index] = error
    return found


def fresh_answer(sandbox: Sandbox, case: Case, arguments: bytes, limits: Limits) -> bytes:
    with Candidate(sandbox, limits) as candidate:
        answer = candidate.run(case.code, case.entry_point, [arguments])[0]
    if candidate.out_of_memory:
        raise CandidateDied(OUT_OF_MEMORY)
    return answer


def carry(tester: Process, case: Case, answer: Answer, limits: Limits, timing: Timing) -> Run:
    """Run the tests in `tester`, and have `answer` answer each of their calls.

    Raises:
        SandboxFault: a box broke; nothing is known.
    """
    run = Run()
    end = time.monotonic() + timing.whole_run
    _try_send(tester, case.order)
    while not run.ended:
        frame = _from_tests(tester, run, timing)
        if frame is None:
            return run
        kind, body = frame[:1], frame[1:]
        if kind == b"C":
            index, _, arguments = body.partition(b"\n")
            run.started = int(index) if index.isdigit() and int(index) < case.tests else run.started
            if time.monotonic() > end:
                run.stop("timeout", _too_long(timing), run.started)
                return run
            reply = _from_candidate(run, answer, arguments, limits)
            if reply is None:
                return run
            _try_send(tester, reply)
        else:
            _note(run, kind, body)
    return run


def _try_send(tester: Process, payload: bytes) -> None:
    with contextlib.suppress(CandidateDied):  # the next `receive` says so, with more to tell
        tester.send(payload)


def _from_tests(tester: Process, run: Run, timing: Timing) -> bytes | None:
    """The next frame of the tests; None when they can't go on, which `run` then says."""
    before_any = run.call_count == 0
    try:
        return tester.receive(timing.between_calls)
    except CandidateTimeout:
        if before_any:
            run.stop("error", f"the tests take more than {timing.between_calls:g} s before any call", run.started)
        else:
            reason = f"the test does not end in {timing.between_calls:g} s with what the candidate returned"
            run.stop("timeout", reason, run.started)
    except ResultTooLarge:
        run.stop("error", "the tests pass arguments larger than a result may be", run.started)
    except CandidateDied as error:
        if before_any:
            run.stop("error", clean(f"the process of the tests ended before any call: {error}", 300), run.started)
        else:
            run.stop("invalid", "the process of the tests ended on what the candidate returned", run.started)
    return None


def _from_candidate(run: Run, answer: Answer, arguments: bytes, limits: Limits) -> bytes | None:
    """The answer to a call; None when the candidate failed as a whole, which `run` then says."""
    try:
        reply = answer(arguments)
    except SandboxFault:
        raise
    except SandboxError as error:
        run.fail(error, limits, run.started)
        return None
    kind = reply[:1]
    if kind in (b"U", b"S"):  # fails the candidate, whatever the test makes of it; the other tests still run
        what = "no plain value" if kind == b"U" else "too large"
        said = clean(reply[1:1001].decode("utf-8", "replace"), 300)
        run.stop("invalid", f"the result is {what}: {said}", run.started)
    elif kind not in (b"V", b"R") or (kind == b"R" and reply.count(b"\n") < 3):
        run.stop("invalid", "the candidate broke the protocol: an answer of no known kind", run.started)
        return None
    run.keep(Made(arguments, reply))
    return reply


def _note(run: Run, kind: bytes, body: bytes) -> None:
    """Take down what the tests report. It comes from a box too: nothing in it is trusted to be well formed."""
    if kind == b"P":
        run.stop("invalid", clean(body.decode("utf-8", "replace"), 300), run.started)
        run.ended = True
        return
    if kind == b"E":
        _conclude(run)
        return
    try:
        report = json.loads(body)
        index, reason = report["index"], clean(str(report["reason"]), 1000)
        status: Status = "error" if kind == b"M" or report["kind"] == "error" else "invalid"
        if kind not in (b"M", b"F") or not (index is None or type(index) is int):
            raise ValueError("unknown report")
    except (ValueError, KeyError, TypeError, RecursionError):
        run.stop("error", "the tests broke the protocol")
        run.ended = True
        return
    run.failures.setdefault(index if index is not None else 0, (status, reason))
    if kind == b"M":
        run.stop("error", reason)
        run.ended = True


def _conclude(run: Run) -> None:
    run.ended = True
    broken = next((reason for status, reason in run.failures.values() if status == "error"), None)
    if broken is not None:
        run.stop("error", broken)
    elif run.call_count == 0:
        run.stop("error", "the tests never call the entry point")
    elif run.failures and run.status == "valid":
        index = min(run.failures)
        run.stop("invalid", run.failures[index][1])


def _too_long(timing: Timing) -> str:
    return f"the calls of one run take more than {timing.whole_run:g} s"
