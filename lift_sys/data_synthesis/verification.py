"""Judging a finished dataset again, from its files alone, under environments that its rows have not met.

Each run takes one environment, drawn from the seed and the run's number: every test of every row is called in it, in
one process for all and in an order of its own. Every fifth run also starts a fresh process for each test. On Modal a
run has a hash seed of its own and nothing else: `sandbox.modal_backend` can show no other surroundings.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.execution_validator import REGIMES
from lift_sys.data_synthesis.flake import flips
from lift_sys.data_synthesis.progress import Progress
from lift_sys.data_synthesis.repair import REPAIRS
from lift_sys.data_synthesis.repair_check import RepairCheck, check_repairs
from lift_sys.data_synthesis.row_file import RowFile, open_rows, read_rows
from lift_sys.errors import RequirementMissing, SandboxFault, SandboxUnavailable, StorageError
from lift_sys.executors import Executor, ItemRaised, WorkerCrashed
from lift_sys.records import Example
from lift_sys.records.base import content_hash
from lift_sys.sandbox.api import Environment
from lift_sys.sandbox.environments import drawn
from lift_sys.storage import Checkpoint

ROWS_A_CHUNK = 20
FRESH_EVERY = 5
ATTEMPTS = 3
STEP = "verify"


@dataclass(frozen=True)
class Chunk:
    """Some rows under one run: the work of one item."""

    path: str
    offsets: tuple[int, ...]
    environment: Environment
    fresh: bool
    wheels: str | None = None


@dataclass(frozen=True)
class Judged:
    """What became of a chunk. A pair is a row's id and what happened."""

    flips: tuple[tuple[str, str], ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    """Rows of which nothing is known: our sandbox broke, or a package is missing."""
    executions: int = 0
    calls: int = 0


@dataclass(frozen=True)
class VerificationReport:
    """What came of a verification. `executions` and `seconds` are of this session; resumed work is not in them."""

    judged: int
    """Rows."""
    runs: int
    flips: tuple[tuple[str, str], ...]
    """Row id and what happened, once for each run of a row that did not hold."""
    errors: tuple[tuple[str, str], ...] = ()
    calls: int = 0
    executions: int = 0
    seconds: float = 0.0
    resumed: int = 0
    """Rows' runs taken from an earlier session."""
    environments: tuple[str, ...] = ()
    named: bool = True
    """Whether a manifest named the rows."""
    data: str = ""
    """SHA-256 of the file of rows."""
    repairs: RepairCheck | None = None
    """What came of the repair tasks; None where the place has none."""

    @property
    def flipped(self) -> int:
        """Rows that flipped in any run."""
        return len({row for row, _ in self.flips})

    @property
    def flip_rate(self) -> float:
        """Flipped rows of all rows: the strict reading, where one flip in ten runs counts as much as ten."""
        return self.flipped / self.judged if self.judged else 0.0

    @property
    def executions_a_second(self) -> float:
        return self.executions / self.seconds if self.seconds else 0.0


@dataclass
class _Worker:
    """The boxes of this process: those of one environment at a time."""

    environment: Environment | None = None
    boxes: Boxes = field(default_factory=Boxes)

    def under(self, environment: Environment, wheels: str | None) -> Boxes:
        if environment != self.environment:
            self.boxes.close()
            self.environment = environment
        if wheels is not None:
            self.boxes.wheels = Path(wheels)
        return self.boxes


_worker: _Worker | None = None


def _on_modal() -> bool:
    return os.environ.get("LIFT_SYS_SANDBOX") == "modal"


def environment_of(seed: int, run: int) -> Environment:
    """What the boxes of one run show: all of what is drawn for it, or as much of that as they can here."""
    environment = drawn(seed, run)
    if not _on_modal():
        return environment
    return Environment(f"modal {environment.hash_seed}", environment.hash_seed)


def judge_chunk(chunk: Chunk) -> Judged:
    """Worker function: run the rows of a chunk again.

    Raises:
        StorageError: a row was changed.
    """
    from lift_sys.sandbox.tally import executions

    global _worker
    if _worker is None:
        _worker = _Worker()
        atexit.register(_worker.boxes.close)
    environment = chunk.environment
    boxes, before, calls = _worker.under(environment, chunk.wheels), executions(), 0
    wrong: list[tuple[str, str]] = []
    errors: list[tuple[str, str]] = []
    for example in read_rows(Path(chunk.path), chunk.offsets):
        calls += len(example.tests) * (1 + chunk.fresh)
        try:
            flip = judge_again(boxes, example, environment, fresh=chunk.fresh)
        except (SandboxFault, RequirementMissing) as error:
            errors.append((example.id, str(error)))
            continue
        if flip is not None:
            wrong.append((example.id, flip))
    return Judged(tuple(wrong), tuple(errors), executions() - before, calls)


def judge_again(boxes: Boxes, example: Example, environment: Environment, *, fresh: bool = True) -> str | None:
    """What is wrong with the row now; None when its verdict holds.

    Raises:
        SandboxFault: our box broke, several times.
        RequirementMissing: a package that the row needs is not in the cache, or can't be in a box here.
    """
    if example.requirements and _on_modal():
        raise RequirementMissing("a box on Modal can't have packages; use a machine with bubblewrap for this row")
    regimes = REGIMES if fresh else REGIMES[:1]
    for attempt in range(ATTEMPTS):
        try:
            found = boxes.bound(example.requirements)
            flip = next(flips(found, example.program, example.driver, example.tests, [environment], regimes), None)
        except SandboxFault:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return None if flip is None else str(flip)
    raise AssertionError("unreachable")


async def verify_dataset(
    place: Path,
    executor: Executor,
    progress: Progress,
    *,
    sample: int = 0,
    runs: int = 1,
    seed: int = 0,
    wheels: Path | None = None,
    state: Path | None = None,
) -> VerificationReport:
    """Check every hash of the manifest, then run all rows again, or `sample` of them spread evenly, `runs` times.

    Repair tasks of a folder that has them are run once, as many of them; they are not in `state`.

    Args:
        place: a dataset's folder, or a file of examples.
        seed: of the environments that are drawn.
        wheels: the folder of wheels, for rows that need packages.
        state: where finished chunks are kept, so that a stopped verification can go on.

    Raises:
        StorageError: a file is missing, damaged, or not what the manifest says.
    """
    rows = open_rows(place)
    chunks = list(_chunks(rows, sample, runs, seed, str(wheels.resolve()) if wheels else None))
    judged = len({offset for chunk in chunks for offset in chunk.offsets})
    keys = [_key(chunk, rows.sha256) for chunk in chunks]
    repairs = None
    if (place / REPAIRS).is_file():
        repairs = await check_repairs(place, executor, progress, sample=sample, wheels=wheels)
    results, began = [], time.monotonic()
    with _Memory(state) as memory:
        known = [memory.get(key) for key in keys]
        old = [result for result in known if result is not None]
        todo = [number for number, result in enumerate(known) if result is None]
        progress.start("judge", sum(len(chunks[number].offsets) for number in todo))
        async with aclosing(executor.map_unordered(judge_chunk, (chunks[number] for number in todo))) as answers:
            async for done in answers:
                number = todo[done.index]
                if done.failure is None and done.result is not None:
                    result = done.result
                    memory.put(keys[number], result)
                else:
                    result = _broken(chunks[number], done.failure)
                results.append((number, result))
                progress.advance("judge", len(chunks[number].offsets))
        progress.finish("judge")
    new = [result for _, result in sorted(results, key=lambda item: item[0])]
    fresh_ones = [number for number, result in enumerate(known) if result is not None]
    return VerificationReport(
        judged=judged,
        runs=runs,
        flips=tuple(flip for result in (*old, *new) for flip in result.flips),
        errors=tuple(error for result in (*old, *new) for error in result.errors),
        calls=sum(result.calls for result in (*old, *new)),
        executions=sum(result.executions for result in new),
        seconds=time.monotonic() - began,
        resumed=sum(len(chunks[number].offsets) for number in fresh_ones),
        environments=tuple(environment_of(seed, run).name for run in range(runs)),
        named=rows.named,
        data=rows.sha256,
        repairs=repairs,
    )


def _chunks(rows: RowFile, sample: int, runs: int, seed: int, wheels: str | None) -> Iterator[Chunk]:
    """A run's chunks lie together: a worker has the boxes of one environment open at a time."""
    offsets: Sequence[int] = rows.offsets
    if sample and sample < len(offsets):
        offsets = [offsets[index * len(offsets) // sample] for index in range(sample)]
    for run in range(runs):
        environment = environment_of(seed, run)
        for first in range(0, len(offsets), ROWS_A_CHUNK):
            part = tuple(offsets[first : first + ROWS_A_CHUNK])
            yield Chunk(str(rows.path.resolve()), part, environment, run % FRESH_EVERY == 0, wheels)


def _key(chunk: Chunk, data: str) -> str:
    return content_hash([data, list(chunk.offsets), chunk.fresh, chunk.environment.name])


def _broken(chunk: Chunk, failure: WorkerCrashed | ItemRaised | None) -> Judged:
    """A chunk whose worker broke.

    Raises:
        StorageError: because a row was changed.
        SandboxUnavailable: because no box can be opened there.
    """
    if isinstance(failure, ItemRaised):
        for error in (StorageError, SandboxUnavailable):
            if failure.kind == error.__name__:
                raise error(failure.message)
    return Judged(errors=tuple((f"row at byte {offset}", str(failure)) for offset in chunk.offsets))


class _Memory:
    """Finished chunks, where a place for them is given."""

    def __init__(self, state: Path | None) -> None:
        self._checkpoint = Checkpoint(state) if state else None

    def get(self, key: str) -> Judged | None:
        text = self._checkpoint.get(STEP, key) if self._checkpoint else None
        if text is None:
            return None
        data: dict[str, Any] = json.loads(text)
        pairs = {name: tuple((row, what) for row, what in data[name]) for name in ("flips", "errors")}
        return Judged(pairs["flips"], pairs["errors"], data["executions"], data["calls"])

    def put(self, key: str, result: Judged) -> None:
        if self._checkpoint and not result.errors:  # what is not known is tried again
            self._checkpoint.put(STEP, [(key, json.dumps(vars(result)))])

    def __enter__(self) -> _Memory:
        return self

    def __exit__(self, *_: object) -> None:
        if self._checkpoint:
            self._checkpoint.close()
