"""One source, from its checkout to what became of each of its functions.

What a source yields depends on nothing but its own files, the configuration and the code, so sources may run in any
order and at the same time, and adding one to a lock costs only that one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lift_sys.config import PipelineConfig, engine_code
from lift_sys.data_synthesis.batch_lifter import BatchLifter, LiftedFunction
from lift_sys.data_synthesis.examine import Result, Task, examine, obstacle, reject
from lift_sys.data_synthesis.file_licences import FileLicences
from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.progress import Progress
from lift_sys.data_synthesis.sources import Checkout
from lift_sys.errors import SandboxUnavailable
from lift_sys.executors import Done, Executor, ItemRaised, WorkerCrashed
from lift_sys.records import Example, Expected, Rejection, RejectionReason, Repository
from lift_sys.records.base import content_hash
from lift_sys.storage import Checkpoint

SOURCE, RECORD, EXAMINE = "source", "record", "examine"
BATCH = 32
"""Results written in one transaction: a kill loses at most this many, and they are simply done again."""


@dataclass(frozen=True)
class SourceOutcome:
    """What one source has yielded, in the order of its functions. Examples are named by their checkpoint key."""

    repository: Repository
    functions: int
    lifted: int
    with_tests: int
    file_rejections: tuple[Rejection, ...]
    results: tuple[str | Rejection, ...]

    @property
    def examples(self) -> int:
        return sum(isinstance(result, str) for result in self.results)

    def to_json(self) -> str:
        return json.dumps(
            {
                "repository": self.repository.model_dump(mode="json"),
                "counts": [self.functions, self.lifted, self.with_tests],
                "file_rejections": [rejection.model_dump(mode="json") for rejection in self.file_rejections],
                "results": [r if isinstance(r, str) else r.model_dump(mode="json") for r in self.results],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> SourceOutcome:
        data = json.loads(text)
        functions, lifted, with_tests = data["counts"]
        return cls(
            Repository.model_validate(data["repository"]),
            functions,
            lifted,
            with_tests,
            tuple(Rejection.model_validate(rejection) for rejection in data["file_rejections"]),
            tuple(r if isinstance(r, str) else Rejection.model_validate(r) for r in data["results"]),
        )


@dataclass(frozen=True)
class RecordTask:
    """A project whose own tests are to be run."""

    checkout: Checkout
    functions: tuple[Any, ...]
    seconds: float


def record_calls(task: RecordTask) -> dict[str, tuple[ObservedCall, ...]]:
    """Worker function of the recording step."""
    from lift_sys.data_synthesis.oracles import record

    return record(task.checkout, task.functions, seconds=task.seconds)


@dataclass
class SourceRun:
    """The steps of one source: lift, record, examine. `run` is the list of them."""

    checkout: Checkout
    config: PipelineConfig
    executor: Executor
    checkpoint: Checkpoint
    known: set[str]
    """Keys of what was examined before."""
    progress: Progress
    record: bool = True
    functions: list[LiftedFunction] = field(default_factory=list)
    file_rejections: list[Rejection] = field(default_factory=list)
    unlifted: dict[tuple[str, str | None, int | None], str] = field(default_factory=dict)
    """Why a function, by path, name and line, has no IR."""
    recorded: dict[str, tuple[ObservedCall, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The hash of all that the outcome depends on."""
        repository, settings = self.checkout.repository.id, self.config.engine_id
        wheels = [wheel.sha256 for wheel in (*self.checkout.requirements, *self.checkout.test_requirements)]
        return content_hash(["source", repository, settings, self.record, wheels, engine_code()])

    async def run(self) -> None:
        """Carry out the steps and store the outcome, unless it is stored already."""
        stored = self.checkpoint.get(SOURCE, self.key)
        if stored is not None:
            self._tell_stored(SourceOutcome.from_json(stored))
            return
        self.file_rejections.extend(self.checkout.rejections)
        await self._lift()
        await self._record()
        outcome = await self._examine()
        self.checkpoint.put(SOURCE, [(self.key, outcome.to_json())])

    async def _lift(self) -> None:
        lifter = BatchLifter(self.executor)
        async for file in lifter.lift(self.checkout):
            self.functions.extend(file.functions)
            for rejection in file.rejections:
                if rejection.qualname is None:
                    self.file_rejections.append(rejection)
                else:
                    place = (rejection.path, rejection.qualname, rejection.lineno)
                    self.unlifted[place] = rejection.detail
        del self.functions[self.config.max_functions or len(self.functions) :]
        self.progress.count("functions", len(self.functions))
        self.progress.count("lifted", sum(lifted.ir is not None for lifted in self.functions))

    async def _record(self) -> None:
        wanted = tuple(lifted.function for lifted in self.functions if lifted.function.slice is not None)
        if not self.record or not wanted:
            return
        stored = self.checkpoint.get(RECORD, self.key)
        if stored is not None:
            self.recorded = _calls_from_json(stored)
            return
        task = RecordTask(self.checkout, wanted, self.config.record_seconds)
        async for done in self._map(record_calls, [task]):
            self.recorded = done.result or {}
        self.checkpoint.put(RECORD, [(self.key, _calls_to_json(self.recorded))])

    async def _examine(self) -> SourceOutcome:
        """One result for each function, in order. Functions that need no sandbox are settled here."""
        results: list[str | Rejection | None] = []
        tasks: list[Task] = []
        places: list[tuple[int, str]] = []
        seen: dict[str, str] = {}
        licences = FileLicences(self.checkout)
        with_tests = 0
        for lifted in self.functions:
            settled: str | Rejection | None = self._settle(lifted, seen, licences)
            if settled is None:
                task = self._task(lifted, licences)
                key = _examine_key(task)
                if key in self.known:
                    settled, had_tests = _stored(key, self.checkpoint)
                    with_tests += self._tell(settled, had_tests)
                else:
                    places.append((len(results), key))
                    tasks.append(task)
            else:
                self._tell(settled, False)
            results.append(settled)
        self.progress.start("examine", len(tasks))
        pending: list[tuple[str, str]] = []
        async for done in self._map(examine, tasks):
            index, key = places[done.index]
            result = done.result or _failed(tasks[done.index], done)
            pending.append((key, _to_json(result)))
            if len(pending) >= BATCH:
                self._save(pending)
            results[index] = key if result.example is not None else result.rejection
            with_tests += self._tell(results[index], result.had_tests)
            self.progress.advance("examine")
            self.progress.count("executions", result.executions)
        self._save(pending)
        return SourceOutcome(
            self.checkout.repository,
            len(self.functions),
            sum(lifted.ir is not None for lifted in self.functions),
            with_tests,
            tuple(self.file_rejections),
            tuple(result for result in results if result is not None),
        )

    def _save(self, pending: list[tuple[str, str]]) -> None:
        self.checkpoint.put(EXAMINE, pending)
        self.known.update(key for key, _ in pending)
        pending.clear()

    def _settle(self, lifted: LiftedFunction, seen: dict[str, str], licences: FileLicences) -> Rejection | None:
        """The rejection of a function that is not worth running, or can't; None when it must be examined."""
        function = lifted.function
        if lifted.ir is None:
            detail = self.unlifted.get((function.path, function.qualname, function.lineno), "")
            return reject(function, "lift", RejectionReason.LIFT_FAILED, detail).rejection
        stopped = obstacle(function)
        if stopped is not None:
            return stopped.rejection
        assert function.slice is not None
        unclear = licences.unclear(function.path, function.lineno)
        if unclear is not None:
            return reject(function, "curate", RejectionReason.LICENCE_UNCLEAR, unclear.why).rejection
        first = seen.setdefault(content_hash([function.slice.program, function.slice.entry_point]), function.id)
        if first != function.id:
            detail = f"the same code as {first[:12]}"
            return reject(function, "curate", RejectionReason.DUPLICATE, detail).rejection
        return None

    def _task(self, lifted: LiftedFunction, licences: FileLicences) -> Task:
        assert lifted.ir is not None
        return Task(
            repository=self.checkout.repository,
            licence=licences.of(lifted.function.path),
            function=lifted.function,
            ir=lifted.ir,
            seeds=self.recorded.get(lifted.function.id, ()),
            config=self.config,
            wheels=str(self.checkout.wheels) if self.checkout.wheels else None,
        )

    def _tell(self, settled: str | Rejection | None, had_tests: bool) -> bool:
        if had_tests:
            self.progress.count("with_tests")
        self.progress.count("validated" if isinstance(settled, str) else "rejected")
        return had_tests

    def _tell_stored(self, outcome: SourceOutcome) -> None:
        self.progress.count("functions", outcome.functions)
        self.progress.count("lifted", outcome.lifted)
        self.progress.count("with_tests", outcome.with_tests)
        self.progress.count("validated", outcome.examples)
        self.progress.count("rejected", len(outcome.results) - outcome.examples)

    async def _map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> AsyncIterator[Done[Any]]:
        if items:
            async for done in self.executor.map_unordered(function, items):
                yield done


def stored_results(outcome: SourceOutcome, checkpoint: Checkpoint) -> Iterator[Example | Rejection]:
    """What became of each function of a source, in order.

    Raises:
        StorageError: the checkpoint is damaged.
    """
    for result in outcome.results:
        if isinstance(result, Rejection):
            yield result
        else:
            _, _, data = json.loads(checkpoint.get(EXAMINE, result) or "")
            yield Example.model_validate(data)


def _failed(task: Task, done: Done[Result]) -> Result:
    """The rejection of a function whose worker broke; an environment that can't judge at all ends the run."""
    failure = done.failure
    if isinstance(failure, ItemRaised) and failure.kind == SandboxUnavailable.__name__:
        raise SandboxUnavailable(failure.message)
    reason = RejectionReason.WORKER_CRASHED
    detail = failure.detail if isinstance(failure, WorkerCrashed) else str(failure)
    return reject(task.function, "validate", reason, detail)


def _examine_key(task: Task) -> str:
    """The hash of all that a result depends on. The IR follows from the function and the code version."""
    seeds = [[seed.args, seed.kwargs, seed.outcome.id, seed.oracle] for seed in task.seeds]
    return content_hash([task.function.id, task.licence.id, seeds, task.config.engine_id, engine_code()])


def _to_json(result: Result) -> str:
    record = result.example or result.rejection
    assert record is not None
    kind = "example" if result.example is not None else "rejection"
    return json.dumps([kind, result.had_tests, record.model_dump(mode="json")])


def _stored(key: str, checkpoint: Checkpoint) -> tuple[str | Rejection, bool]:
    kind, had_tests, data = json.loads(checkpoint.get(EXAMINE, key) or "")
    return (key if kind == "example" else Rejection.model_validate(data)), had_tests


def _calls_to_json(recorded: dict[str, tuple[ObservedCall, ...]]) -> str:
    return json.dumps(
        {
            name: [[call.args, call.kwargs, call.outcome.model_dump(mode="json"), call.oracle] for call in calls]
            for name, calls in recorded.items()
        }
    )


def _calls_from_json(text: str) -> dict[str, tuple[ObservedCall, ...]]:
    return {
        name: tuple(
            ObservedCall(tuple(args), kwargs, Expected.model_validate(outcome), oracle)
            for args, kwargs, outcome, oracle in calls
        )
        for name, calls in json.loads(text).items()
    }
