"""Opt-out: every trace of a source is taken out, and a tombstone keeps it out.

Order, and what a kill leaves:

    tombstones               from here on nothing brings the source back; run it again to go on
    the dataset's folder     built anew beside the old one from the checkpoint without the source, then exchanged
                             with it in one step: the old dataset or the new one, each whole
    lock, caches, labels     each step is atomic or may be done again
    published files          written anew, the manifest last

Rows are curated again, so a row that was a near-duplicate of a forgotten one may come back, and shares hold for what
is left. What comes out is what `generate` would make of the lock without the source, byte for byte.

Gaps: files that were copied elsewhere, exports among them, are listed where they lie below the dataset or the lock
and are not rewritten; blocks that the disk has freed are not overwritten; a wheel of the source stays in the cache
while another project needs it to run.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis import forget_cache, forget_checkpoint
from lift_sys.data_synthesis.assembly import Assembly
from lift_sys.data_synthesis.dataset import EXAMPLES, FILE_REJECTS, MANIFEST, REJECTS, read_manifest
from lift_sys.data_synthesis.forget_copies import Copy, Traces, find_traces, functions_of
from lift_sys.data_synthesis.forget_plan import (
    Known,
    check_dataset_folder,
    find_target,
    from_checkouts,
    from_lock,
    from_manifest,
)
from lift_sys.data_synthesis.progress import Progress, Silent
from lift_sys.data_synthesis.publication import publish
from lift_sys.data_synthesis.recuration import Before
from lift_sys.data_synthesis.repair import COUNTS, REPAIRS, write_repair_tasks
from lift_sys.data_synthesis.source_run import SourceRun
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.data_synthesis.sources.tombstones import FORGOTTEN, Forgotten, Tombstone
from lift_sys.errors import StorageError
from lift_sys.executors import Executor
from lift_sys.records import Repository
from lift_sys.storage import Checkpoint, FolderLock, atomic_write
from lift_sys.storage.swap import link_tree, put_in_place, recover

CHECKPOINT = "checkpoint.sqlite"
DATASET = (EXAMPLES, REJECTS, FILE_REJECTS, MANIFEST)
REPORTS = ("report.md", "report.html")
REMADE = {*DATASET, *REPORTS, REPAIRS, COUNTS, FORGOTTEN, ".lock"}
"""Files of a dataset's folder that are made anew; all others are taken over."""


@dataclass(frozen=True)
class Request:
    """What to forget, and where."""

    name: str
    date: str
    reason: str = ""
    out: Path | None = None
    lock: Path | None = None
    cache: Path | None = None
    with_copies: bool = False
    delete_stale: bool = False


@dataclass
class Report:
    """What was taken out."""

    name: str
    aliases: tuple[str, ...] = ()
    before: int = 0
    """Rows of the dataset before and after."""
    after: int = 0
    rows: int = 0
    """Of the source itself, as are rejects and file_rejects."""
    rejects: int = 0
    file_rejects: int = 0
    results: int = 0
    """Entries of the checkpoint."""
    came_back: int = 0
    """Rows that there were not before: their near-duplicate is gone."""
    copies: list[Copy] = field(default_factory=list)
    copies_removed: bool = False
    lock_entries: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """Files and folders of the caches."""
    labels: dict[str, int] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    """Files that were made from the old dataset."""
    published: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Forgetting:
    """One request, carried out by `run`."""

    request: Request
    executor: Executor
    write_reports: Callable[[Path], None] = lambda folder: None
    """Called with a finished dataset's folder that had reports before."""
    progress: Progress = field(default_factory=Silent)

    def run(self) -> Report:
        """Raises:
        ConfigError: the name is unknown, or a folder is not what it should be. Nothing was changed.
        StorageError: a folder is in use, or its checkpoint no longer holds what the dataset was made of.
        """
        request = self.request
        with ExitStack() as held:
            if request.out is not None:
                self.out = request.out.resolve()
                recover(self.out)
                check_dataset_folder(self.out)
                held.enter_context(FolderLock(self.out))
            self._look()
            self._bury()
            if request.out is not None:
                self._rebuild()
        self._clean_lock()
        self._clean_caches()
        self._publish()
        return self.report

    def _look(self) -> None:
        """Find everything that belongs to the source, before anything is changed."""
        request = self.request
        self.lock = Lock.load(request.lock, forgotten=True) if request.lock is not None else None
        self.manifest: dict[str, Any] = {}
        self.contents = forget_checkpoint.Contents()
        if request.out is not None:
            if (self.out / MANIFEST).is_file():
                self.manifest = read_manifest(self.out)
            if self._checkpoint.is_file():
                with Checkpoint(self._checkpoint) as checkpoint:
                    self.contents = forget_checkpoint.Contents.of(checkpoint)
        self.sources = [folder for cache in self._caches() for folder in forget_cache.source_folders(cache)]
        self.target = find_target(request.name, self._mentions(), self._tombstones())
        self.report = Report(self.target.name, tuple(sorted(self.target.names)), before=self._rows())
        self.traces = Traces()
        if self.manifest:
            self.traces = find_traces(self.out, self.target)
            self.report.rows, self.report.rejects = len(self.traces.rows), self.traces.rejects
            self.report.file_rejects = self.traces.file_rejects
            self.report.copies = self.traces.copies
            self.keys = self._outcomes()

    def _rows(self) -> int:
        return len(self.manifest.get("rows", ()))

    @property
    def _checkpoint(self) -> Path:
        return self.out / "work" / CHECKPOINT

    def _caches(self) -> list[Path]:
        given = [self.request.cache] if self.request.cache is not None else []
        return [*given, *([self.out / "work"] if self.request.out is not None else [])]

    def _mentions(self) -> list[Known]:
        return [
            *(from_lock(self.lock) if self.lock else ()),
            *from_manifest(self.manifest),
            *self.contents.mentions(),
            *(known for folder in self.sources for _, known in from_checkouts(folder)),
        ]

    def _tombstones(self) -> Forgotten:
        known = Forgotten.load(self.out) if self.request.out is not None else Forgotten()
        return known.joined(Forgotten.load(self.request.lock.parent).sources) if self.request.lock else known

    def _bury(self) -> None:
        """The tombstone comes first: a lock that is used in the meantime is refused."""
        request, target = self.request, self.target
        copies = [copy.function for copy in self.traces.copies] if request.with_copies else []
        self.report.copies_removed = request.with_copies
        tomb = Tombstone.of(
            target.name, target.names, target.archives, date=request.date, reason=request.reason, copies=copies
        )
        self.forgotten = self._tombstones().joined([tomb])
        if request.lock is not None:
            Forgotten.load(request.lock.parent).joined([tomb]).save(request.lock.parent)

    # The dataset

    def _outcomes(self) -> list[str]:
        """Keys of the outcomes that the new dataset is made of, in the old one's order."""
        by_repository: dict[str, list[str]] = {}
        for key, known in self.contents.sources.items():
            by_repository.setdefault(known.identity, []).append(key)
        return [
            self._outcome(source, by_repository.get(source["id"], []))
            for source in self.manifest["sources"]
            if not any(map(self.target.matches, from_manifest({"sources": [source]})))
        ]

    def _outcome(self, source: dict[str, Any], stored: Sequence[str]) -> str:
        """Raises:
        StorageError: there is none, or it can't be told which of several it was.
        """
        if len(stored) == 1:
            return stored[0]
        for key in self._possible(source):
            if key in stored:
                return key
        what = f"{len(stored)} states" if stored else "nothing"
        raise StorageError(
            f"{self._checkpoint} holds {what} of {source['name']}, so the dataset can't be built anew: run "
            f"`lift-sys generate` on it once more (nothing of it is lost), then this again"
        )

    def _possible(self, source: dict[str, Any]) -> list[str]:
        """Keys that the outcome can have, the likeliest first."""
        repository = Repository.model_validate({name: value for name, value in source.items() if name != "id"})
        config = PipelineConfig.model_validate(self.manifest["configuration"])
        entries = [entry for entry in self.lock.sources if entry.name == source["name"]] if self.lock else []
        wheels = [(entry.requirements, entry.test_requirements) for entry in entries]
        recorded = [entry.record for entry in entries] + [True, False]
        keys = []
        with Checkpoint(self._checkpoint) as checkpoint:
            for requirements, extra in [*wheels, ((), ())]:
                place = Checkout(repository, Path(), (), (), requirements=requirements, test_requirements=extra)
                for record in recorded:
                    run = SourceRun(
                        place, config, self.executor, checkpoint, set(), Silent(), record and config.record_calls
                    )
                    keys.append(run.key)
        return keys

    def _rebuild(self) -> None:
        new = self.out.with_name(f".{self.out.name}.forgetting")
        shutil.rmtree(new, ignore_errors=True)
        (new / "work").mkdir(parents=True)
        with FolderLock(new):
            self.forgotten.save(new)
            self._copy_checkpoint(new / "work" / CHECKPOINT)
            if self.manifest:
                self._assemble(new)
            self._take_over(new)
            put_in_place(new, self.out)

    def _copy_checkpoint(self, to: Path) -> None:
        if self._checkpoint.is_file():
            copies = [copy.function for copy in self.traces.copies] if self.request.with_copies else []
            elsewhere = [known.identity for folder in self.sources for _, known in from_checkouts(folder)]
            with Checkpoint(self._checkpoint) as old:
                self.report.results = forget_checkpoint.rewrite(
                    old, self.contents, self.target, copies, elsewhere, to
                )

    def _assemble(self, new: Path) -> None:
        config = PipelineConfig.model_validate(self.manifest["configuration"])
        cache = self.request.cache or self.out / "work"
        path = new / "work" / CHECKPOINT
        with Checkpoint(path) as checkpoint:
            assembly = Assembly(config, new, cache, checkpoint, self.executor, self.progress)
            assembly.before, assembly.functions = Before.of(self.out, self.manifest), self.contents.functions
            if assembly.before is None:
                self.report.notes.append("the engine or the files have changed since: every row was curated afresh")
            manifest = asyncio.run(self._assembled(assembly))
        if config.decontaminate:
            lean = path.with_name("lean.sqlite")
            forget_checkpoint.drop_untried(path, assembly.tried, lean)
            for leftover in (f"{CHECKPOINT}-wal", f"{CHECKPOINT}-shm"):
                path.with_name(leftover).unlink(missing_ok=True)
            lean.replace(path)
        self.report.after = len(manifest["rows"])
        self.report.came_back = len(functions_of(new) - functions_of(self.out))
        if any((self.out / name).is_file() for name in REPORTS):
            self.write_reports(new)
        if (self.out / COUNTS).is_file():
            write_repair_tasks(new, most=json.loads((self.out / COUNTS).read_text())["most"])

    async def _assembled(self, assembly: Assembly) -> dict[str, Any]:
        async with self.executor:
            return await assembly.run(self.keys)

    def _take_over(self, new: Path) -> None:
        """Everything else of the folder, without the source's files and what killed runs left."""
        leftover = tuple(f".{name}." for name in (*REMADE, "manifest.json"))
        for path in sorted(self.out.iterdir()):
            if path.name in REMADE or path.name.startswith(leftover):
                continue
            if path.name != "work":
                self._other(path, new / path.name)
                continue
            for part in sorted(path.iterdir()):
                if not part.name.startswith((CHECKPOINT, "draft", "screen", "browse")) or part.is_dir():
                    link_tree(part, new / "work" / part.name)
        found = [
            forget_cache.traces(folder, self.target, self.lock)
            for folder in forget_cache.source_folders(new / "work")
        ]
        for paths, notes in found:
            forget_cache.remove(paths)
            self._note(paths, notes, new, self.out)

    def _other(self, path: Path, to: Path) -> None:
        """A file that we did not write, such as an export."""
        if not self.traces.rows and not self.request.with_copies:
            link_tree(path, to)
        elif self.request.delete_stale:
            self.report.removed.append(str(path))
        else:
            self.report.stale.append(str(path))
            link_tree(path, to)

    def _note(self, paths: list[Path], notes: list[str], shown_as: Path, really: Path) -> None:
        self.report.removed += [str(really / path.relative_to(shown_as)) for path in paths]
        self.report.notes += [note for note in notes if note not in self.report.notes]

    # What lies beside it

    def _clean_lock(self) -> None:
        if self.request.lock is None or self.lock is None:
            return
        kept = []
        for entry in self.lock.sources:
            if self.target.matches(Known(entry.name, entry.url, entry.sha256)):
                self.report.lock_entries.append(f"{entry.kind} {entry.name} {entry.version}")
            else:
                kept.append(entry)
        if self.report.lock_entries:
            self.lock.model_copy(update={"sources": tuple(kept)}).save(self.request.lock)

    def _clean_caches(self) -> None:
        for cache in [self.request.cache] if self.request.cache is not None else []:
            for folder in forget_cache.source_folders(cache):
                paths, notes = forget_cache.traces(folder, self.target, self.lock)
                forget_cache.remove(paths)
                self._note(paths, notes, cache, cache)
        folders = {self.request.lock.parent.resolve()} if self.request.lock is not None else set()
        for folder in sorted(folders | ({self.out} if self.request.out is not None else set())):
            self.report.labels |= forget_cache.drop_labels(folder, self.target)

    def _publish(self) -> None:
        """Write published files beside the lock anew where they are of this dataset; else they are told as stale."""
        place = self.request.lock.parent if self.request.lock is not None else None
        if place is None or not (place / MANIFEST).is_file():
            return
        published = json.loads((place / MANIFEST).read_text())
        if not isinstance(published, dict) or "name" not in published:
            return
        if not any(map(self.target.matches, from_manifest(published))) and not self.request.with_copies:
            return
        left = {
            source["id"]
            for source in published["sources"]
            if not any(map(self.target.matches, from_manifest({"sources": [source]})))
        }
        forget_cache.remove(sorted(place.glob(".*.browse.sqlite")))
        ours = {source["id"] for source in self.manifest.get("sources", ())}
        if not self.manifest or not left <= ours:
            self.report.stale += [str(place / name) for name in (*published["files"], MANIFEST)]
            self.report.notes.append(f"{place} is not published from this dataset: give its folder as --out")
            return
        self._publish_again(place, published["name"])

    def _publish_again(self, place: Path, name: str) -> None:
        staging = place / f".{name}.forgetting"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        written = publish(self.out, staging, name)
        for report in REPORTS:
            if (self.out / report).is_file() and (place / f"generation_{report}").is_file():
                shutil.copyfile(self.out / report, staging / f"generation_{report}")
        files = sorted(path for path in staging.iterdir() if path.name != MANIFEST)
        for path in files:
            path.replace(place / path.name)
            self.report.published.append(str(place / path.name))
        atomic_write(place / MANIFEST, [json.dumps(written.manifest, indent=1, ensure_ascii=True), "\n"])
        self.report.published.append(str(place / MANIFEST))
        shutil.rmtree(staging)
