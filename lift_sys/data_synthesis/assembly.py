"""From the outcomes of all sources to a dataset: curation, decontamination, selection, and the files.

Rows stream from the checkpoint through the steps of curation into a draft on disk; of each row only a few facts stay
in memory, so ten times the rows need no more of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from lift_sys.config import PipelineConfig, code_version
from lift_sys.data_synthesis.curating import Curation
from lift_sys.data_synthesis.curation import default_steps
from lift_sys.data_synthesis.curation.benchmarks import Benchmark
from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination
from lift_sys.data_synthesis.curation.decontamination_behaviour import (
    BehaviourTask,
    behavioural_match,
    write_screen,
)
from lift_sys.data_synthesis.curation.decontamination_kept import kept_benchmarks
from lift_sys.data_synthesis.curation.duplicates import Duplicates
from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.data_synthesis.progress import Progress
from lift_sys.data_synthesis.recuration import Before, recurate
from lift_sys.data_synthesis.selection import Facts, select
from lift_sys.data_synthesis.source_run import BATCH, SOURCE, SourceOutcome, stored_results
from lift_sys.data_synthesis.sources.tombstones import Forgotten
from lift_sys.executors import Executor
from lift_sys.records import Example, Rejection, RejectionReason, Repository, reject_example
from lift_sys.storage import Checkpoint

CONTAMINATION = "contamination"


@dataclass
class Assembly:
    """Makes the dataset of what the checkpoint holds."""

    config: PipelineConfig
    out: Path
    wheels: Path
    """Folder of what rows need to run."""
    checkpoint: Checkpoint
    executor: Executor
    progress: Progress
    counts: dict[str, int] = field(default_factory=dict)
    repositories: list[Repository] = field(default_factory=list)
    file_rejections: list[Rejection] = field(default_factory=list)
    forgotten: Forgotten = field(default_factory=Forgotten)
    """Sources that were taken back, as the output folder says."""
    tried: set[str] = field(default_factory=set)
    """Keys of what was held against the benchmarks' tests."""
    before: Before | None = None
    """A dataset of the same rows and more, whose decisions still hold."""
    functions: Mapping[str, str] = field(default_factory=dict)
    """Ids of the functions that keys of the checkpoint are about, where they are known."""
    unsteady: frozenset[str] = frozenset()
    """Functions that are left out, as `source:path:qualname`."""

    async def run(self, keys: Sequence[str]) -> dict[str, Any]:
        """Carry out the steps on the outcomes named by `keys`, in their order, and return the manifest.

        Raises:
            SourceForgotten: one of them is of a source that was taken back.
        """
        self.forgotten = Forgotten.load(self.out)
        self.counts = dict.fromkeys(("functions", "lifted", "with_tests", "executed"), 0)
        with Draft(self.out / "work") as draft:
            benchmarks = self._benchmarks()
            await self._curate(keys, benchmarks, draft)
            dropped = await self._contaminated(draft, benchmarks) if benchmarks else {}
            kept = [index for index in range(len(draft)) if index not in dropped]
            chosen = select([draft.facts[index] for index in kept], self.config)
            dropped |= {kept[index]: why for index, why in chosen.items()}
            return self._write(draft, dropped)

    def _benchmarks(self) -> list[Benchmark]:
        """What no row may give away. A dataset without a row gives nothing away."""
        from lift_sys.sandbox import open_sandbox

        if not self.config.decontaminate:
            return []
        return kept_benchmarks(self.out / "work", open_sandbox, [Path(name) for name in self.config.suites])

    async def _curate(self, keys: Sequence[str], benchmarks: Sequence[Benchmark], draft: Draft) -> None:
        self.progress.start("curate", len(keys))
        examples = self._examples(keys, draft)
        if self.before is None:
            curation = Curation(self.executor, self.config, benchmarks, self.out / "work")
            async for row in curation.rows(examples):
                draft.take(row)
            draft.join(curation.duplicates)
            return
        steps = default_steps(self.config)
        if benchmarks:
            steps.append(StaticDecontamination(benchmarks))
        for row in recurate(self.before, steps, examples):
            draft.take(row)
        for step in steps:
            if isinstance(step, Duplicates):
                draft.join(step)

    def _examples(self, keys: Sequence[str], draft: Draft) -> Iterator[Example]:
        copies = self.forgotten.copies
        for key in keys:
            outcome = SourceOutcome.from_json(self.checkpoint.get(SOURCE, key) or "")
            place = outcome.repository
            self.forgotten.check(place.name, place.url, place.archive_sha256)
            self.counts["functions"] += outcome.functions
            self.counts["lifted"] += outcome.lifted
            self.counts["with_tests"] += outcome.with_tests
            self.counts["executed"] += outcome.examples
            self.repositories.append(outcome.repository)
            self.file_rejections.extend(outcome.file_rejections)
            for result in self._results(outcome):
                if not isinstance(result, Example):
                    draft.reject(result)
                elif result.provenance.function in copies:
                    self.counts["executed"] -= 1
                    draft.reject(reject_copy(result, copies[result.provenance.function]))
                elif place_of(result) in self.unsteady:
                    draft.reject(
                        reject_example(result, RejectionReason.FLAKY, "another build made the row otherwise")
                    )
                else:
                    yield result
            self.progress.advance("curate")

    def _results(self, outcome: SourceOutcome) -> Iterator[Example | Rejection]:
        if self.before is None:
            yield from stored_results(outcome, self.checkpoint)
            return
        for result in outcome.results:
            row = None if isinstance(result, Rejection) else self.before.row(self.functions.get(result, ""))
            yield from (row,) if row else stored_results(replace(outcome, results=(result,)), self.checkpoint)

    async def _contaminated(
        self, draft: Draft, benchmarks: Sequence[Benchmark]
    ) -> dict[int, tuple[RejectionReason, str]]:
        """Rows that solve a problem of a benchmark, found by running the benchmark's tests on them."""
        screen = write_screen(benchmarks, self.out / "work")
        known = self.checkpoint.keys(CONTAMINATION)
        found: dict[int, tuple[RejectionReason, str]] = {}
        todo = []
        for index, facts in enumerate(draft.facts):
            key = f"{facts.id}:{screen.sha256}"
            self.tried.add(key)
            if key in known:
                _note(found, index, self.checkpoint.get(CONTAMINATION, key) or "")
            else:
                todo.append((index, key))
        self.progress.start("decontaminate", len(todo))
        tasks = (RowTask(BehaviourTask.of(draft.read(index), screen), str(self.wheels)) for index, _ in todo)
        if todo:
            pending = []
            async for done in self.executor.map_unordered(try_row, tasks):
                index, key = todo[done.index]
                self.progress.advance("decontaminate")
                if done.failure is not None:  # not known to be clean, and tried again by the next run
                    found[index] = (RejectionReason.SANDBOX_ERROR, f"not held against a benchmark: {done.failure}")
                    continue
                detail = done.result or ""
                pending.append((key, detail))
                if len(pending) == BATCH:
                    self.checkpoint.put(CONTAMINATION, pending)
                    pending.clear()
                _note(found, index, detail)
            self.checkpoint.put(CONTAMINATION, pending)
        return found

    def _write(self, draft: Draft, dropped: dict[int, tuple[RejectionReason, str]]) -> dict[str, Any]:
        for index, (reason, detail) in sorted(dropped.items()):
            draft.leave_out(reject_example(draft.read(index), reason, detail))
        rejected, validated = draft.rejected, len(draft) - len(dropped)
        counts = {**self.counts, "validated": validated, "rejected": rejected}
        names = {source.name for source in self.repositories}
        return write_dataset(
            self.out,
            examples=(draft.line(index) for index in range(len(draft)) if index not in dropped),
            rejections=draft.rejections(),
            file_rejections=self.file_rejections,
            counts=counts,
            sources=self.repositories,
            configuration=self.config.model_dump(mode="json", by_alias=True),
            code_version=code_version(),
            forgotten=[tomb.model_dump(mode="json") for tomb in self.forgotten.sources],
            unsteady=[name for name in sorted(self.unsteady) if name.partition(":")[0] in names],
        )


def place_of(example: Example) -> str:
    """The function of a row, as a lock names it with its source."""
    place = example.provenance
    return f"{place.repository}:{place.path}:{place.qualname}"


def reject_copy(example: Example, name: str) -> Rejection:
    """A function of another project that went with the forgotten one it was a copy of."""
    return reject_example(example, RejectionReason.FORGOTTEN, f"a copy of what was taken back with {name}")


@dataclass(frozen=True)
class RowTask:
    """A row to try a benchmark's tests on."""

    task: BehaviourTask
    wheels: str


def try_row(item: RowTask) -> str | None:
    """Worker function of behavioural decontamination."""
    from lift_sys.data_synthesis.boxes import worker_boxes

    worker_boxes(item.wheels)
    return behavioural_match(item.task)


def _note(found: dict[int, tuple[RejectionReason, str]], index: int, detail: str) -> None:
    if detail:
        found[index] = (RejectionReason.CONTAMINATED, detail)


def _facts(example: Example) -> Facts:
    return Facts(example.id, example.provenance.repository, example.statements, example.quality.score)


class Draft:
    """Rows and rejects on disk while it is decided which are taken. Removed when the block is left."""

    def __init__(self, folder: Path) -> None:
        self.facts: list[Facts] = []
        self.rejected = 0
        self._places: list[int] = []
        self._clusters: list[str] = []
        self._paths = [folder / name for name in ("draft.jsonl", "draft.rejects.jsonl", "draft.left_out.jsonl")]

    def __enter__(self) -> Draft:
        files: list[IO[bytes]] = [path.open("w+b") for path in self._paths]
        self._rows, self._rejects, self._left_out = self._files = files
        return self

    def __exit__(self, *error: object) -> None:
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self.facts)

    def take(self, row: Example | Rejection) -> None:
        """Take what curation made of a row."""
        if isinstance(row, Example):
            self.add(row)
        else:
            self.leave_out(row)

    def add(self, example: Example) -> None:
        self._places.append(self._rows.seek(0, 2))
        self._rows.write(example.to_line().encode() + b"\n")
        self.facts.append(_facts(example))
        self._clusters.append(example.cluster)

    def join(self, duplicates: Duplicates) -> None:
        """Give the rows of clusters that a later row joined one cluster."""
        for index, cluster in enumerate(self._clusters):
            root = duplicates.root(cluster)
            if root != cluster:
                example = self.read(index).model_copy(update={"cluster": root})
                self._places[index] = self._rows.seek(0, 2)
                self._rows.write(example.to_line().encode() + b"\n")
                self.facts[index] = _facts(example)

    def reject(self, rejection: Rejection) -> None:
        """Note what never was a row."""
        self._note(self._rejects, rejection)

    def leave_out(self, rejection: Rejection) -> None:
        """Note what was a row. Apart from the others: how far curation is behind them is a matter of time."""
        self._note(self._left_out, rejection)

    def _note(self, file: IO[bytes], rejection: Rejection) -> None:
        self.rejected += 1
        file.write(rejection.reason.value.encode() + b"\t" + rejection.to_line().encode() + b"\n")

    def line(self, index: int) -> tuple[str, str]:
        """Id and line of a row."""
        self._rows.seek(self._places[index])
        return self.facts[index].id, self._rows.readline().decode()

    def read(self, index: int) -> Example:
        found: Example = Example.from_line(self.line(index)[1])
        return found

    def rejections(self) -> Iterator[tuple[str, str]]:
        """Reason and line of each reject."""
        for file in (self._rejects, self._left_out):
            file.seek(0)
            for line in file:
                reason, _, text = line.decode().partition("\t")
                yield reason, text
