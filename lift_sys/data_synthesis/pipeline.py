"""The main job: sources in, a dataset out. Read `Pipeline.run` for the list of steps.

A few sources are in work at a time, each on its own way through fetching, lifting, recording and examining, and all
on the same workers; so memory does not grow with their number. Every result is put into the checkpoint under the
hash of all it depends on, in the transaction that ends its work. A run that is killed and started again repeats only
what was in flight; the dataset is assembled from the checkpoint in source order, so it is the same bytes however
often the run was interrupted.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lift_sys.config import PipelineConfig, code_version, engine_code
from lift_sys.data_synthesis.assembly import Assembly
from lift_sys.data_synthesis.progress import Progress, Silent
from lift_sys.data_synthesis.source_run import EXAMINE, SourceRun
from lift_sys.data_synthesis.sources import Checkout, Source
from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS
from lift_sys.errors import SourceError
from lift_sys.executors import Executor
from lift_sys.records import Repository
from lift_sys.records.base import content_hash
from lift_sys.storage import Checkpoint, FolderLock

SOURCES_AT_A_TIME = 4
"""Enough that the workers have something to do while one source is being fetched or its tests are being recorded."""


@dataclass
class Pipeline:
    """One run over one output folder."""

    config: PipelineConfig
    out: Path
    cache: Path
    executor: Executor
    progress: Progress = field(default_factory=Silent)
    unrecorded: frozenset[str] = frozenset()
    """Names of sources whose own tests are not run."""
    unsteady: frozenset[str] = frozenset()
    """Functions that are left out, as `source:path:qualname`: see `LockEntry.unsteady`."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of each step of this run."""

    async def run(self, sources: Sequence[Source]) -> dict[str, Any]:
        """Carry out the steps and return the manifest.

        Raises:
            SourceError: a source can't be had, or two of them are the same.
            StorageError: the output folder is in use, full or damaged.
        """
        with FolderLock(self.out), Checkpoint(self.out / "work" / "checkpoint.sqlite") as checkpoint:
            async with self.executor:
                keys = await self._timed("sources", self._sources(sources, checkpoint))
                manifest: dict[str, Any] = await self._timed("assemble", self._assemble(keys, checkpoint))
                return manifest

    async def _timed(self, step: str, work: Any) -> Any:
        started = time.monotonic()
        result = await work
        self.seconds[step] = time.monotonic() - started
        self.progress.finish(step)
        return result

    async def _sources(self, sources: Sequence[Source], checkpoint: Checkpoint) -> list[str]:
        """Bring every source to its outcome; the outcomes' keys, in the order of `sources`."""
        self.progress.start("sources", len(sources))
        known = checkpoint.keys(EXAMINE)
        room = asyncio.Semaphore(SOURCES_AT_A_TIME)
        taken: set[str] = set()
        watch = Timeline(self.out / "work" / "timeline.jsonl", self._work_id())
        self.progress = counts = Counting(self.progress)

        async def one(source: Source) -> str:
            async with room:
                checkout = await asyncio.to_thread(source.checkout, self.cache / "sources")
                _claim(taken, checkout)
                record = self.config.record_calls and source.name not in self.unrecorded
                run = SourceRun(checkout, self.config, self.executor, checkpoint, known, self.progress, record)
                began = time.monotonic()
                await run.run()
                took = round(time.monotonic() - began, 1)
                so_far = {**counts.counts, "sources": counts.done["sources"] + 1}
                watch.note(checkout.repository, took, so_far)
                self.progress.advance("sources")
                return run.key

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(source)) for source in sources]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None  # the first one cancelled the others
        return [task.result() for task in tasks]

    def _work_id(self) -> str:
        """The hash of what finished work is kept by. A run that was stopped and goes on has the same; one of other
        code or settings, which does everything anew, has another."""
        return content_hash([engine_code(), self.config.engine_id, sorted(self.unrecorded)])[:12]

    async def _assemble(self, keys: Sequence[str], checkpoint: Checkpoint) -> dict[str, Any]:
        wheels = self.cache / "sources" / WHEELS
        assembly = Assembly(self.config, self.out, wheels, checkpoint, self.executor, self.progress)
        assembly.unsteady = self.unsteady
        return await assembly.run(keys)


class Counting:
    """Passes on what a run tells, and keeps the sums."""

    def __init__(self, to: Progress) -> None:
        self.to = to
        self.counts: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def start(self, step: str, total: int) -> None:
        self.to.start(step, total)

    def advance(self, step: str, by: int = 1) -> None:
        self.done[step] += by
        self.to.advance(step, by)

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] += by
        self.to.count(what, by)

    def finish(self, step: str) -> None:
        self.to.finish(step)


def _claim(taken: set[str], checkout: Checkout) -> None:
    if checkout.repository.id in taken:
        raise SourceError(f"{checkout.repository.name} is listed twice in the same state: remove one of the two")
    taken.add(checkout.repository.id)


@dataclass
class Timeline:
    """How far the run was when: what the report draws its cost a row from."""

    path: Path
    run: str
    """Names the work. Builds in one folder share the file, and the report takes the newest of them."""
    began: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    """Tells one start of a run from the next."""

    def note(self, source: Repository, took: float, counts: Mapping[str, int]) -> None:
        """A point, where a source ends after `took` seconds: the counts so far, and the memory of all processes."""
        point = {
            "run": self.run,
            "started": self.started,
            "code_version": code_version(),
            "seconds": round(time.monotonic() - self.began, 1),
            "source": source.name,
            "id": source.id,
            "took": took,
            **counts,
            "memory_mib": _memory() >> 20,
        }
        with self.path.open("a") as file:
            file.write(json.dumps(point) + "\n")


def _memory() -> int:
    """Bytes that this process and all below it hold, shared pages counted once where the kernel says."""
    total = 0
    pids = [os.getpid()]
    while pids:
        pid = pids.pop()
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(rollup.split("Pss:")[1].split()[0]) << 10
            for task in os.listdir(f"/proc/{pid}/task"):
                pids += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except (OSError, IndexError, ValueError):  # it ended, or is another user's
            continue
    return total
