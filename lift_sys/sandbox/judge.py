"""Judge candidates: run a case's tests against its candidate in both regimes, many cases at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Self

from lift_sys.errors import SandboxError, SandboxFault, SandboxUnavailable
from lift_sys.sandbox.api import BoxConfig, Limits, Sandbox
from lift_sys.sandbox.candidate import REGIMES, Regime
from lift_sys.sandbox.cases import BadCase, Case, case_id, read_case
from lift_sys.sandbox.fences import blocks_in
from lift_sys.sandbox.stateless import is_stateless
from lift_sys.sandbox.trial import Run, Status, Timing, run_first, run_second

ATTEMPTS = 3
"""How often a case is tried when the sandbox itself breaks."""
CLOSE_SECONDS = 1.0
AHEAD = 64
AHEAD_BYTES = 256 << 20
PRELOAD = (
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "linecache",
    "math",
    "operator",
    "random",
    "re",
    "string",
    "typing",
)


@dataclass(frozen=True)
class TestVerdict:
    """How one test ended."""

    __test__ = False
    index: int
    passed: bool
    reason: str = ""


@dataclass(frozen=True)
class CaseVerdict:
    """How one case ended. Only `valid` is a pass; `error` means that nothing is known of the candidate."""

    id: object
    verdict: Status
    reason: str = ""
    tests: tuple[TestVerdict, ...] = ()
    seconds: float = 0.0
    regimes: Mapping[str, Status] = field(default_factory=dict)
    """The verdict of each regime that was run; the second is not run when the first fails."""
    stateless: bool = False
    """The second regime was settled by proof: the code has nothing to keep state in, so no process was started."""
    missing_protections: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"tests": [asdict(test) for test in self.tests], "regimes": dict(self.regimes)}


class Judge:
    """Judges cases on `jobs` boxes. Use it as a context manager; methods may be called from any thread.

    Without `prove_stateless` the second regime always starts its processes, also where reading the code shows that
    they would answer the same.

    Raises:
        SandboxUnavailable: from `__enter__`, when this machine has no way to box a candidate.
    """

    def __init__(
        self,
        jobs: int = 4,
        regimes: Sequence[Regime] = REGIMES,
        limits: Limits | None = None,
        timing: Timing | None = None,
        open_box: Callable[[BoxConfig], Sandbox] | None = None,
        prove_stateless: bool = True,
    ) -> None:
        unknown = [name for name in regimes if name not in REGIMES]
        if unknown or REGIMES[0] not in regimes:
            raise ValueError(f"regimes are {REGIMES[0]} or both, not {list(regimes)}")
        self.jobs = max(1, jobs)
        self.regimes = tuple(regimes)
        self.limits = limits or Limits()
        self.timing = timing or Timing(between_calls=max(10.0, 2 * self.limits.call_seconds))
        self.prove_stateless = prove_stateless
        self._open_box = open_box
        self._lock = threading.Lock()
        self._idle: list[Sandbox] = []
        self._busy: list[Sandbox] = []
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False

    def __enter__(self) -> Self:
        self._idle.append(self._open())
        self._pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="judge")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every box. Cases that have not begun are dropped; those that have get a moment."""
        with self._lock:
            self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            end = time.monotonic() + CLOSE_SECONDS
            while self._busy and time.monotonic() < end:
                time.sleep(0.005)
        for box in [*self._idle, *self._busy]:
            box.close()
        self._idle.clear()

    def judge_case(self, case: object) -> CaseVerdict:
        """The verdict on one case, a dict as it would come from JSON (or a BadCase, which is its own verdict).

        Never raises for what a case holds.
        """
        began = time.monotonic()
        try:
            if isinstance(case, BadCase):
                raise case
            parsed = read_case(case)
        except BadCase as error:
            return CaseVerdict(case_id(case), "error", str(error), seconds=_since(began))
        fault = ""
        for _ in range(ATTEMPTS):
            try:
                with self._box() as box:
                    return self._judge(box, parsed, began)
            except SandboxFault as error:
                fault = str(error)
        reason = f"the sandbox failed {ATTEMPTS} times: {fault}"
        return CaseVerdict(parsed.id, "error", reason, seconds=_since(began))

    def judge_many(self, cases: Iterable[object]) -> Iterator[CaseVerdict]:
        """The verdict on each case, in the order given; reads only a bounded number of cases ahead."""
        waiting: deque[tuple[Future[CaseVerdict], int]] = deque()
        ahead = 0
        try:
            for case in cases:
                size = _size(case)
                waiting.append((self.submit(case), size))
                ahead += size
                while waiting and (len(waiting) > AHEAD * self.jobs or ahead > AHEAD_BYTES or waiting[0][0].done()):
                    future, size = waiting.popleft()
                    ahead -= size
                    yield future.result()
            while waiting:
                yield waiting.popleft()[0].result()
        finally:
            for future, _ in waiting:
                future.cancel()

    def reward(self, completions: Sequence[object], cases: Sequence[Mapping[str, Any]]) -> list[float]:
        """1.0 where the completion makes its case valid, else 0.0; never None, whatever the completion is."""
        filled = [
            {**case, ("completion" if "test" in case else "code"): completion_text(completion)}
            for completion, case in zip(completions, cases, strict=True)
        ]
        return [1.0 if verdict.verdict == "valid" else 0.0 for verdict in self.judge_many(filled)]

    def submit(self, case: object) -> Future[CaseVerdict]:
        """Judge one case on the next free box."""
        if self._pool is None:
            raise RuntimeError("use Judge as a context manager: `with Judge() as judge:`")
        return self._pool.submit(self._judge_safely, case)

    def _judge_safely(self, case: object) -> CaseVerdict:
        try:
            return self.judge_case(case)
        except SandboxUnavailable:
            raise
        except Exception as error:  # a fault of the judge itself costs its case the verdict, not the run
            return CaseVerdict(case_id(case), "error", f"the judge failed: {type(error).__name__}: {error}")

    def _judge(self, box: Sandbox, case: Case, began: float) -> CaseVerdict:
        first = run_first(box, case, self.limits, self.timing)
        last, stateless = first, False
        regimes: dict[str, Status] = {REGIMES[0]: first.status}
        if first.status == "valid" and REGIMES[1] in self.regimes:
            stateless = self.prove_stateless and is_stateless(case.code)
            second = None if stateless else run_second(box, case, first, self.limits, self.timing)
            regimes[REGIMES[1]] = "valid" if second is None else second.status
            if second is not None:
                last = second
        reason = last.reason
        if last is not first and last.status != "valid":
            reason = f"each call in a fresh process: {reason}"
        return CaseVerdict(
            case.id,
            last.status,
            reason,
            _tests(case, last),
            _since(began),
            regimes,
            stateless,
            tuple(box.missing_protections),
        )

    @contextmanager
    def _box(self) -> Iterator[Sandbox]:
        """An idle box, or a new one. A box that something went wrong in is not used again."""
        with self._lock:
            if self._closed:
                raise SandboxError("the judge is closed")
            box = self._idle.pop() if self._idle else None
        box = box or self._open()
        with self._lock:
            self._busy.append(box)
        try:
            yield box
        except BaseException:
            box.close()
            raise
        else:
            with self._lock:
                self._idle.append(box)
        finally:
            with self._lock:
                self._busy.remove(box)

    def _open(self) -> Sandbox:
        config = BoxConfig(limits=self.limits, preload=PRELOAD)
        if self._open_box is not None:
            return self._open_box(config)
        from lift_sys.sandbox import open_sandbox

        return open_sandbox(config)


def completion_text(completion: object) -> str:
    """The code of a completion: a string or a chat (its last message); with a fenced block, the last block."""
    if isinstance(completion, list) and completion and isinstance(completion[-1], dict):
        completion = completion[-1].get("content")
    text = completion if isinstance(completion, str) else ""
    return (blocks_in(text) or [text])[-1]


class JudgeReward:
    """A reward function for reinforcement learning, in the form that trl calls: 1.0 for valid, else 0.0.

    `JudgeReward(judge)(completions=[...], case=[...])`; a case has all fields but the candidate's own. Other columns
    are ignored.
    """

    def __init__(self, judge: Judge, column: str = "case") -> None:
        self.__name__ = "judge_reward"
        self._judge = judge
        self._column = column

    def __call__(self, completions: Sequence[object], **columns: Any) -> list[float]:
        return self._judge.reward(completions, columns[self._column])


def _tests(case: Case, run: Run) -> tuple[TestVerdict, ...]:
    """Each test's result. A test fails when it was not run, and when a run is refused none passes by default."""
    results = []
    for index in range(case.tests):
        failure = run.failures.get(index)
        if failure is not None:
            results.append(TestVerdict(index, False, failure[1]))
        elif run.ended or index < run.started:
            results.append(TestVerdict(index, run.status != "error", "" if run.status != "error" else "not known"))
        else:
            results.append(TestVerdict(index, False, "not run"))
    return tuple(results)


def _size(case: object) -> int:
    """About how many bytes a case holds."""
    if not isinstance(case, dict):
        return 100
    return 1000 + sum(len(value) for value in case.values() if isinstance(value, str | list))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 6)
