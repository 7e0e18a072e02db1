"""What belongs to a source that is to be forgotten: found before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis import forget_cache, forget_checkpoint
from lift_sys.data_synthesis.dataset import MANIFEST, read_manifest
from lift_sys.data_synthesis.forget_copies import Traces, find_traces
from lift_sys.data_synthesis.forget_plan import (
    Known,
    find_target,
    from_checkouts,
    from_lock,
    from_manifest,
    from_names,
)
from lift_sys.data_synthesis.forget_request import Report, Request
from lift_sys.data_synthesis.progress import Silent
from lift_sys.data_synthesis.source_run import SourceRun
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.data_synthesis.sources.tombstones import Forgotten
from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS
from lift_sys.errors import ConfigError, StorageError
from lift_sys.executors import Executor
from lift_sys.records import Repository
from lift_sys.storage import Checkpoint

CHECKPOINT = "checkpoint.sqlite"


class Found:
    """The source, and what is of it in the dataset, its checkpoint, the lock and the caches."""

    def __init__(self, request: Request) -> None:
        """Raises:
        ConfigError: nothing has this name, the cache holds no sources, or a suite is not there.
        StorageError: a file can't be read.
        """
        self.request = request
        _check_cache(request.cache)
        self.lock = Lock.load(request.lock, forgotten=True) if request.lock is not None else None
        self.manifest: dict[str, Any] = {}
        self.contents = forget_checkpoint.Contents()
        if request.out is not None:
            if (request.out / MANIFEST).is_file():
                self.manifest = read_manifest(request.out)
            if self.checkpoint.is_file():
                with Checkpoint(self.checkpoint) as checkpoint:
                    self.contents = forget_checkpoint.Contents.of(checkpoint)
        self.sources = [folder for cache in self._caches() for folder in forget_cache.source_folders(cache)]
        self.target = find_target(request.name, self._mentions(), self.tombstones())
        _check_suites(self.manifest)
        self.traces = find_traces(self.out, self.target) if self.manifest else Traces()

    @property
    def out(self) -> Path:
        assert self.request.out is not None
        return self.request.out

    @property
    def checkpoint(self) -> Path:
        return self.out / "work" / CHECKPOINT

    @property
    def wheels(self) -> Path:
        """Folder of the wheels that rows need to run: the first that there is beside the sources."""
        folders = [folder / WHEELS for folder in self.sources]
        return next((folder for folder in folders if folder.is_dir()), self.out / "work" / "sources" / WHEELS)

    @property
    def copies(self) -> list[str]:
        """Functions of other projects that go as well."""
        return [copy.function for copy in self.traces.copies] if self.request.with_copies else []

    def report(self) -> Report:
        """What is there, with nothing done yet."""
        return Report(
            self.target.name,
            tuple(sorted(self.target.names)),
            before=len(self.manifest.get("rows", ())),
            rows=len(self.traces.rows),
            rejects=self.traces.rejects,
            file_rejects=self.traces.file_rejects,
            copies=self.traces.copies,
        )

    def tombstones(self) -> Forgotten:
        """Those that there are beside the dataset and the lock."""
        request = self.request
        known = Forgotten.load(request.out) if request.out is not None else Forgotten()
        return known.joined(Forgotten.load(request.lock.parent).sources) if request.lock else known

    def _caches(self) -> list[Path]:
        given = [self.request.cache] if self.request.cache is not None else []
        return [*given, *([self.out / "work"] if self.request.out is not None else [])]

    def _mentions(self) -> list[Known]:
        lock = self.request.lock
        return [
            *(from_lock(self.lock) if self.lock else ()),
            *(known for _, known in (from_names(lock.parent) if lock else ()) if known),
            *from_manifest(self.manifest),
            *self.contents.mentions(),
            *(known for folder in self.sources for _, known in from_checkouts(folder)),
        ]

    def outcomes(self, executor: Executor) -> list[str]:
        """Keys of the outcomes that the new dataset is made of, in the old one's order.

        Raises:
            StorageError: the checkpoint lacks one, or it can't be told which of several it was.
        """
        by_repository: dict[str, list[str]] = {}
        for key, known in self.contents.sources.items():
            by_repository.setdefault(known.identity, []).append(key)
        return [
            self._outcome(source, by_repository.get(source["id"], []), executor)
            for source in self.manifest["sources"]
            if not any(map(self.target.matches, from_manifest({"sources": [source]})))
        ]

    def _outcome(self, source: dict[str, Any], stored: Sequence[str], executor: Executor) -> str:
        """Raises:
        StorageError: there is none, or it can't be told which of several it was.
        """
        if len(stored) == 1:
            return stored[0]
        for key in self._possible(source, executor):
            if key in stored:
                return key
        what = f"{len(stored)} states" if stored else "nothing"
        raise StorageError(
            f"{self.checkpoint} holds {what} of {source['name']}, so the dataset can't be built anew: run "
            f"`lift-sys generate` on it once more (nothing of it is lost), then this again"
        )

    def _possible(self, source: dict[str, Any], executor: Executor) -> list[str]:
        """Keys that the outcome can have, the likeliest first."""
        repository = Repository.model_validate({name: value for name, value in source.items() if name != "id"})
        config = PipelineConfig.model_validate(self.manifest["configuration"])
        entries = [entry for entry in self.lock.sources if entry.name == source["name"]] if self.lock else []
        wheels = [(entry.requirements, entry.test_requirements) for entry in entries]
        recorded = [entry.record for entry in entries] + [True, False]
        keys = []
        with Checkpoint(self.checkpoint) as checkpoint:
            for requirements, extra in [*wheels, ((), ())]:
                place = Checkout(repository, Path(), (), (), requirements=requirements, test_requirements=extra)
                for record in recorded:
                    run = SourceRun(
                        place, config, executor, checkpoint, set(), Silent(), record and config.record_calls
                    )
                    keys.append(run.key)
        return keys


def _check_cache(cache: Path | None) -> None:
    """Raises:
    ConfigError: it is a folder of something else, where every trace would be left.
    """
    if cache is not None and not forget_cache.source_folders(cache):
        raise ConfigError(
            f"{cache} holds no sources: --cache names the cache of `lift-sys generate` (build/cache in the README) "
            "or the folder of `lift-sys scrape` (build/cache/sources); nothing was changed"
        )


def _check_suites(manifest: dict[str, Any]) -> None:
    """The rows are held against them again.

    Raises:
        ConfigError: one is not there.
    """
    config = PipelineConfig.model_validate(manifest.get("configuration", {}))
    for name in config.suites if config.decontaminate else ():
        if not Path(name).is_file():
            raise ConfigError(
                f"{name}: no such file; no row may give this suite away, and its path is from the folder that "
                "`lift-sys generate` ran in: run this there as well; nothing was changed"
            )
