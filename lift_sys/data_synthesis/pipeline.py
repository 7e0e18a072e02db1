"""The main job: sources in, a dataset out. Read `Pipeline.run` for the list of steps.

Every result is put into the checkpoint under the hash of all it depends on, in the transaction that ends its work.
A run that is killed and started again therefore repeats only what was in flight; the dataset is assembled from the
checkpoint in source order at the end, so it is the same bytes however often the run was interrupted.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.config import PipelineConfig, code_version
from lift_sys.data_synthesis.batch_lifter import BatchLifter, LiftedFunction
from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.data_synthesis.examine import Result, Task, examine, obstacle, reject
from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.progress import Progress, Silent
from lift_sys.data_synthesis.sources import Checkout, Source, checkout_all
from lift_sys.errors import LiftError, SandboxUnavailable, SourceError
from lift_sys.executors import Done, Executor, ItemRaised, WorkerCrashed
from lift_sys.records import Example, Expected, Rejection, RejectionReason
from lift_sys.records.base import content_hash
from lift_sys.storage import Checkpoint, FolderLock

RECORD, EXAMINE = "record", "examine"
BATCH = 32
"""Results written in one transaction: a kill loses at most this many, and they are simply done again."""


@dataclass
class Material:
    """What one source has yielded so far."""

    checkout: Checkout
    functions: list[LiftedFunction] = field(default_factory=list)
    file_rejections: list[Rejection] = field(default_factory=list)
    unlifted: dict[tuple[str, str | None, int | None], str] = field(default_factory=dict)
    """Why a function, by path, name and line, has no IR."""
    recorded: dict[str, tuple[ObservedCall, ...]] = field(default_factory=dict)


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
class Pipeline:
    """One run over one output folder."""

    config: PipelineConfig
    out: Path
    cache: Path
    executor: Executor
    progress: Progress = field(default_factory=Silent)
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of each step of this run."""

    async def run(self, sources: Sequence[Source]) -> dict[str, Any]:
        """Carry out the steps and return the manifest.

        Raises:
            SourceError: a source can't be had, or two of them are the same.
            StorageError: the output folder is in use, full or damaged.
        """
        with FolderLock(self.out), Checkpoint(self.out / "work" / "checkpoint.sqlite") as checkpoint:
            materials = await self._timed("fetch", self._fetch(sources))
            await self._timed("lift", self._lift(materials))
            await self._timed("record", self._record(materials, checkpoint))
            results = await self._timed("examine", self._examine(materials, checkpoint))
            return self._assemble(materials, results)

    async def _timed(self, step: str, work: Any) -> Any:
        started = time.monotonic()
        result = await work
        self.seconds[step] = time.monotonic() - started
        self.progress.finish(step)
        return result

    async def _fetch(self, sources: Sequence[Source]) -> list[Material]:
        self.progress.start("fetch", len(sources))
        found = await asyncio.to_thread(
            checkout_all, sources, self.cache / "sources", on_done=lambda *_: self.progress.advance("fetch")
        )
        materials = []
        for checkout in found:
            if isinstance(checkout, LiftError):
                raise checkout
            materials.append(Material(checkout, file_rejections=list(checkout.rejections)))
        ids = [material.checkout.repository.id for material in materials]
        if len(set(ids)) != len(ids):
            raise SourceError("the same repository state is listed twice: remove one of the two")
        return materials

    async def _lift(self, materials: Sequence[Material]) -> None:
        self.progress.start("lift", sum(len(material.checkout.files) for material in materials))
        lifter = BatchLifter(self.executor, cache=self.cache / "lifted")
        for material in materials:
            async for file in lifter.lift(material.checkout):
                material.functions.extend(file.functions)
                for rejection in file.rejections:
                    if rejection.qualname is None:
                        material.file_rejections.append(rejection)
                    else:
                        place = (rejection.path, rejection.qualname, rejection.lineno)
                        material.unlifted[place] = rejection.detail
                self.progress.advance("lift")
            del material.functions[self.config.max_functions or len(material.functions) :]
            self.progress.count("functions", len(material.functions))
            self.progress.count("lifted", sum(lifted.ir is not None for lifted in material.functions))

    async def _record(self, materials: Sequence[Material], checkpoint: Checkpoint) -> None:
        if not self.config.record_calls:
            return
        todo: list[tuple[Material, str]] = []
        self.progress.start("record", len(materials))
        for material in materials:
            key = content_hash(["record", material.checkout.repository.id, self.config.id, code_version()])
            stored = checkpoint.get(RECORD, key)
            if stored is not None:
                material.recorded = _calls_from_json(stored)
                self.progress.advance("record")
            else:
                todo.append((material, key))
        tasks = [
            RecordTask(
                material.checkout,
                tuple(lifted.function for lifted in material.functions if lifted.function.slice is not None),
                self.config.record_seconds,
            )
            for material, _ in todo
        ]
        async for done in self._map(record_calls, tasks):
            material, key = todo[done.index]
            material.recorded = done.result or {}
            checkpoint.put(RECORD, [(key, _calls_to_json(material.recorded))])
            self.progress.advance("record")

    async def _examine(self, materials: Sequence[Material], checkpoint: Checkpoint) -> list[list[Result]]:
        """One result for each function, in order. Functions that need no sandbox are settled here."""
        results: list[list[Result | None]] = []
        tasks: list[Task] = []
        places: list[tuple[int, int, str]] = []
        seen: dict[str, str] = {}
        known = checkpoint.keys(EXAMINE)
        for row, material in enumerate(materials):
            results.append([])
            for column, lifted in enumerate(material.functions):
                settled = self._settle(material, lifted, seen)
                task = None if settled else self._task(material, lifted)
                if task is not None:
                    key = _examine_key(task)
                    if key in known:
                        settled = _result_from_json(checkpoint.get(EXAMINE, key))
                    else:
                        tasks.append(task)
                        places.append((row, column, key))
                results[row].append(settled)
        settled_now = [result for line in results for result in line if result is not None]
        self.progress.start("examine", len(settled_now) + len(tasks))
        for result in settled_now:
            self._tell(result)
        pending: list[tuple[str, str]] = []
        async for done in self._map(examine, tasks):
            row, column, key = places[done.index]
            outcome = done.result or _failed(tasks[done.index], done)
            results[row][column] = outcome
            pending.append((key, _result_to_json(outcome)))
            if len(pending) >= BATCH:
                checkpoint.put(EXAMINE, pending)
                pending.clear()
            self._tell(outcome)
        checkpoint.put(EXAMINE, pending)
        return [[result for result in line if result is not None] for line in results]

    def _settle(self, material: Material, lifted: LiftedFunction, seen: dict[str, str]) -> Result | None:
        """The result of a function that is rejected without running it; None when it must be examined."""
        function = lifted.function
        if lifted.ir is None:
            detail = material.unlifted.get((function.path, function.qualname, function.lineno), "")
            return reject(function, "lift", RejectionReason.LIFT_FAILED, detail)
        stopped = obstacle(function)
        if stopped is not None:
            return stopped
        assert function.slice is not None
        first = seen.setdefault(content_hash([function.slice.code, function.slice.entry_point]), function.id)
        if first != function.id:
            return reject(function, "curate", RejectionReason.DUPLICATE, f"the same code as {first[:12]}")
        return None

    def _task(self, material: Material, lifted: LiftedFunction) -> Task:
        assert lifted.ir is not None
        return Task(
            repository=material.checkout.repository,
            function=lifted.function,
            ir=lifted.ir,
            seeds=material.recorded.get(lifted.function.id, ()),
            config=self.config,
            code_version=code_version(),
        )

    def _tell(self, result: Result) -> None:
        self.progress.advance("examine")
        if result.had_tests:
            self.progress.count("with_tests")
        self.progress.count("validated" if result.example is not None else "rejected")

    async def _map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> AsyncIterator[Done[Any]]:
        if items:
            async for done in self.executor.map_unordered(function, items):
                yield done

    def _assemble(self, materials: Sequence[Material], results: Sequence[Sequence[Result]]) -> dict[str, Any]:
        flat = [result for line in results for result in line]
        examples = [result.example for result in flat if result.example is not None]
        rejections = [result.rejection for result in flat if result.rejection is not None]
        functions = [lifted for material in materials for lifted in material.functions]
        return write_dataset(
            self.out,
            examples=examples,
            rejections=rejections,
            file_rejections=[rejection for material in materials for rejection in material.file_rejections],
            counts={
                "functions": len(functions),
                "lifted": sum(lifted.ir is not None for lifted in functions),
                "with_tests": sum(result.had_tests for result in flat),
                "validated": len(examples),
                "rejected": len(rejections),
            },
            sources=[material.checkout.repository for material in materials],
            configuration=self.config.model_dump(mode="json", by_alias=True),
            code_version=code_version(),
        )


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
    return content_hash([task.function.id, seeds, task.config.id, task.code_version])


def _result_to_json(result: Result) -> str:
    record = result.example or result.rejection
    assert record is not None
    kind = "example" if result.example is not None else "rejection"
    return json.dumps([kind, result.had_tests, record.model_dump(mode="json")])


def _result_from_json(text: str | None) -> Result:
    kind, had_tests, data = json.loads(text or "")
    if kind == "example":
        return Result(Example.model_validate(data), None, had_tests)
    return Result(None, Rejection.model_validate(data), had_tests)


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
