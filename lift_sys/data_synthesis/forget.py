"""Opt-out: every trace of a source is taken out, and a tombstone keeps it out.

Order, and what a kill leaves:

    tombstones               from here on nothing brings the source back; run it again to go on
    the dataset's folder     built anew beside the old one from the checkpoint without the source, then exchanged
                             with it in one step: the old dataset or the new one, each whole
    lock, caches, lists      each step is atomic or may be done again
    published files          written anew, the manifest last

Rows are curated again, so a row that was a near-duplicate of a forgotten one may come back, and shares hold for what
is left. What comes out is what `generate` would make of the lock without the source, byte for byte.

Gaps: files that were copied elsewhere, exports among them, are listed where they lie below the dataset or the lock
and are not rewritten; blocks that the disk has freed are not overwritten; a wheel of the source stays in the cache
while another project needs it to run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from lift_sys.data_synthesis import forget_cache
from lift_sys.data_synthesis.dataset import MANIFEST
from lift_sys.data_synthesis.forget_found import Found
from lift_sys.data_synthesis.forget_plan import Known, check_dataset_folder, from_manifest
from lift_sys.data_synthesis.forget_rebuild import REPORTS, Rebuild
from lift_sys.data_synthesis.forget_request import Report, Request
from lift_sys.data_synthesis.progress import Progress, Silent
from lift_sys.data_synthesis.publication import publish
from lift_sys.data_synthesis.sources.tombstones import Forgotten, Tombstone
from lift_sys.executors import Executor
from lift_sys.storage import FolderLock, atomic_write
from lift_sys.storage.swap import recover


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
                out = request.out.resolve()
                request = replace(request, out=out)
                recover(out)
                check_dataset_folder(out)
                held.enter_context(FolderLock(out))
            self.found = Found(request)
            self.report = self.found.report()
            keys = self.found.outcomes(self.executor) if self.found.manifest else []
            forgotten = self._bury()
            if request.out is not None:
                Rebuild(
                    self.found, keys, forgotten, self.report, self.executor, self.write_reports, self.progress
                ).run()
        self._clean_lock()
        self._clean_caches()
        self._publish()
        return self.report

    def _bury(self) -> Forgotten:
        """The tombstone comes first: a lock that is used in the meantime is refused."""
        request, target = self.found.request, self.found.target
        self.report.copies_removed = request.with_copies
        tomb = Tombstone.of(
            target.name,
            target.names,
            target.archives,
            date=request.date,
            reason=request.reason,
            copies=self.found.copies,
        )
        forgotten = self.found.tombstones().joined([tomb])
        if request.lock is not None:
            Forgotten.load(request.lock.parent).joined([tomb]).save(request.lock.parent)
        return forgotten

    def _clean_lock(self) -> None:
        found = self.found
        if found.request.lock is None or found.lock is None:
            return
        kept = []
        for entry in found.lock.sources:
            if found.target.matches(Known(entry.name, entry.url, entry.sha256)):
                self.report.lock_entries.append(f"{entry.kind} {entry.name} {entry.version}")
            else:
                kept.append(entry)
        if self.report.lock_entries:
            found.lock.model_copy(update={"sources": tuple(kept)}).save(found.request.lock)

    def _clean_caches(self) -> None:
        found = self.found
        for cache in [found.request.cache] if found.request.cache is not None else []:
            for folder in forget_cache.source_folders(cache):
                paths, notes = forget_cache.traces(folder, found.target, found.lock)
                forget_cache.remove(paths)
                self.report.note(paths, notes, cache, cache)
        folders = {found.request.lock.parent.resolve()} if found.request.lock is not None else set()
        for folder in sorted(folders | ({found.out} if found.request.out is not None else set())):
            self.report.labels |= forget_cache.drop_labels(folder, found.target)
        if found.request.lock is not None:
            self.report.names = forget_cache.drop_names(found.request.lock.parent, found.target)
        if found.request.cache is None and not found.sources:
            self.report.notes.append(
                "no cache was cleaned: where sources were kept in one (build/cache in the README), give this command "
                "again with --cache"
            )

    def _publish(self) -> None:
        """Write published files beside the lock anew where they are of this dataset; else they are told as stale."""
        found = self.found
        place = found.request.lock.parent if found.request.lock is not None else None
        if place is None or not (place / MANIFEST).is_file():
            return
        published = json.loads((place / MANIFEST).read_text())
        if not isinstance(published, dict) or "name" not in published:
            return
        if not any(map(found.target.matches, from_manifest(published))) and not found.request.with_copies:
            return
        left = {
            source["id"]
            for source in published["sources"]
            if not any(map(found.target.matches, from_manifest({"sources": [source]})))
        }
        forget_cache.remove(sorted(place.glob(".*.browse.sqlite")))
        ours = {source["id"] for source in found.manifest.get("sources", ())}
        if not found.manifest or not left <= ours:
            self.report.stale += [str(place / name) for name in (*published["files"], MANIFEST)]
            self.report.notes.append(f"{place} is not published from this dataset: give its folder as --out")
            return
        self._publish_again(place, published["name"])

    def _publish_again(self, place: Path, name: str) -> None:
        staging = place / f".{name}.forgetting"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        written = publish(self.found.out, staging, name)
        for report in REPORTS:
            if (self.found.out / report).is_file() and (place / f"generation_{report}").is_file():
                shutil.copyfile(self.found.out / report, staging / f"generation_{report}")
        files = sorted(path for path in staging.iterdir() if path.name != MANIFEST)
        for path in files:
            path.replace(place / path.name)
            self.report.published.append(str(place / path.name))
        atomic_write(place / MANIFEST, [json.dumps(written.manifest, indent=1, ensure_ascii=True), "\n"])
        self.report.published.append(str(place / MANIFEST))
        shutil.rmtree(staging)
