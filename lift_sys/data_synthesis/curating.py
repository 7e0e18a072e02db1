"""Curation on all workers: what is decided of a row by itself is theirs, what depends on the rows before is not.

The result is that of `curation.apply` with the same steps, in the same order of rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.curation import alone_steps, apply
from lift_sys.data_synthesis.curation.benchmarks import Benchmark
from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination
from lift_sys.data_synthesis.curation.duplicates import Duplicates
from lift_sys.data_synthesis.recuration import OneByOne
from lift_sys.errors import StorageError
from lift_sys.executors import Executor
from lift_sys.records import Example, Rejection, RejectionReason, reject_example
from lift_sys.storage import atomic_write

ROWS = 16
"""Rows that a worker takes at a time."""
FILE = "benchmarks.json"


@dataclass(frozen=True)
class Batch:
    """Rows for a worker, as lines."""

    lines: tuple[str, ...]
    config: PipelineConfig
    benchmarks: str
    """File that holds them; empty where rows are held against none."""
    digest: str


@dataclass(frozen=True)
class Settled:
    """What became of a row by itself."""

    line: str
    rejected: bool
    contaminated: str = ""
    """The problem of a benchmark that it is."""


class Curation:
    """The steps, on an executor. `duplicates` knows afterwards which clusters were joined."""

    def __init__(
        self, executor: Executor, config: PipelineConfig, benchmarks: Sequence[Benchmark], folder: Path
    ) -> None:
        self.duplicates = Duplicates()
        self._executor, self._config = executor, config
        self._file, self._digest = _write(benchmarks, folder) if benchmarks else ("", "")

    async def rows(self, examples: Iterable[Example]) -> AsyncIterator[Example | Rejection]:
        """Each example or its rejection, in order."""
        sent: dict[int, Batch] = {}  # what a worker that died was given is done here
        ready: dict[int, list[Settled]] = {}
        following = 0
        one = OneByOne(self.duplicates)
        async for done in self._executor.map_unordered(settle, self._batches(examples, sent)):
            batch = sent.pop(done.index)
            ready[done.index] = done.result if done.result is not None else settle(batch)
            while following in ready:
                for settled in ready.pop(following):
                    yield _judged(settled, one)
                following += 1

    def _batches(self, examples: Iterable[Example], sent: dict[int, Batch]) -> Iterator[Batch]:
        rows = iter(examples)
        for number in count():
            lines = tuple(example.to_line() for example in islice(rows, ROWS))
            if not lines:
                return
            sent[number] = Batch(lines, self._config, self._file, self._digest)
            yield sent[number]


def _judged(settled: Settled, duplicates: OneByOne) -> Example | Rejection:
    if settled.rejected:
        refused: Rejection = Rejection.from_line(settled.line)
        return refused
    row = duplicates(Example.from_line(settled.line))
    if settled.contaminated and isinstance(row, Example):
        return reject_example(row, RejectionReason.CONTAMINATED, settled.contaminated)
    return row


def settle(batch: Batch) -> list[Settled]:
    """Worker function: the steps that look at one row, on each of a batch."""
    steps = alone_steps(batch.config)
    static = _static(batch.benchmarks, batch.digest) if batch.benchmarks else None
    found = []
    for row in apply(steps, map(Example.from_line, batch.lines)):
        if isinstance(row, Rejection):
            found.append(Settled(row.to_line(), True))
        else:
            found.append(
                Settled(row.to_line(), rejected=False, contaminated=static.match(row) or "" if static else "")
            )
    return found


def _write(benchmarks: Sequence[Benchmark], folder: Path) -> tuple[str, str]:
    text = json.dumps([benchmark.model_dump(mode="json") for benchmark in benchmarks])
    atomic_write(folder / FILE, [text])
    return str(folder / FILE), hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def _static(file: str, digest: str) -> StaticDecontamination:
    """Raises:
    StorageError: the file is not the one that was written.
    """
    data = Path(file).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise StorageError(f"{file} was changed while it was in use: run again")
    return StaticDecontamination(Benchmark.model_validate(item) for item in json.loads(data))
