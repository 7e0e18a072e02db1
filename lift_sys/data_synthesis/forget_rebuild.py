"""A dataset's folder built anew without a source, beside the old one."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis import forget_cache, forget_checkpoint
from lift_sys.data_synthesis.assembly import Assembly
from lift_sys.data_synthesis.curation.decontamination_kept import KEPT
from lift_sys.data_synthesis.dataset import EXAMPLES, FILE_REJECTS, MANIFEST, REJECTS
from lift_sys.data_synthesis.forget_copies import functions_of
from lift_sys.data_synthesis.forget_found import CHECKPOINT, Found
from lift_sys.data_synthesis.forget_plan import from_checkouts
from lift_sys.data_synthesis.forget_request import Report
from lift_sys.data_synthesis.progress import Progress
from lift_sys.data_synthesis.recuration import Before
from lift_sys.data_synthesis.repair import COUNTS, REPAIRS, write_repair_tasks
from lift_sys.data_synthesis.sources.tombstones import FORGOTTEN, Forgotten
from lift_sys.executors import Executor
from lift_sys.storage import Checkpoint, FolderLock
from lift_sys.storage.swap import link_tree, put_in_place

REPORTS = ("report.md", "report.html")
REMADE = {EXAMPLES, REJECTS, FILE_REJECTS, MANIFEST, *REPORTS, REPAIRS, COUNTS, FORGOTTEN, ".lock"}
"""Files of a dataset's folder that are made anew; all others are taken over."""


_OF_THE_ROWS = (
    *(CHECKPOINT, KEPT, "benchmarks.", "draft", "screen", "browse"),
    *("timeline.", "run.", "verifications.", "stale."),  # of the old rows: they may name the source
)
"""Files of `work` that are made again, by the start of their names."""
STALE = "stale.json"
"""In `work`: what a request has told to be of the old rows and left, by name, with the number of its inode. What was
made anew since has another one."""


@dataclass
class Rebuild:
    """What was found is left out; the report is filled in."""

    found: Found
    keys: Sequence[str]
    """Of the outcomes that the new dataset is made of, in order."""
    forgotten: Forgotten
    report: Report
    executor: Executor
    write_reports: Callable[[Path], None]
    progress: Progress

    def run(self) -> None:
        """Build it in a folder beside it, then exchange the two in one step."""
        new = self.found.out.with_name(f".{self.found.out.name}.forgetting")
        shutil.rmtree(new, ignore_errors=True)
        (new / "work").mkdir(parents=True)
        with FolderLock(new):
            self.forgotten.save(new)
            self._copy_checkpoint(new / "work" / CHECKPOINT)
            for kept in (self.found.out / "work").glob(f"{KEPT}*"):  # before the rows are held against them
                link_tree(kept, new / "work" / kept.name)
            if self.found.manifest:
                self._assemble(new)
            self._take_over(new)
            put_in_place(new, self.found.out)

    def _copy_checkpoint(self, to: Path) -> None:
        if self.found.checkpoint.is_file():
            elsewhere = [known.identity for folder in self.found.sources for _, known in from_checkouts(folder)]
            with Checkpoint(self.found.checkpoint) as old:
                self.report.results = forget_checkpoint.rewrite(
                    old, self.found.contents, self.found.target, self.found.copies, elsewhere, to
                )

    def _assemble(self, new: Path) -> None:
        config = PipelineConfig.model_validate(self.found.manifest["configuration"])
        path = new / "work" / CHECKPOINT
        with Checkpoint(path) as checkpoint:
            assembly = Assembly(config, new, self.found.wheels, checkpoint, self.executor, self.progress)
            assembly.unsteady = frozenset(self.found.manifest.get("unsteady", ()))
            assembly.before = Before.of(self.found.out, self.found.manifest)
            assembly.functions = self.found.contents.functions
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
        self.report.came_back = len(functions_of(new) - functions_of(self.found.out))
        if any((self.found.out / name).is_file() for name in REPORTS):
            self.write_reports(new)
        if (self.found.out / COUNTS).is_file():
            write_repair_tasks(new, most=json.loads((self.found.out / COUNTS).read_text())["most"])

    async def _assembled(self, assembly: Assembly) -> dict[str, Any]:
        async with self.executor:
            return await assembly.run(self.keys)

    def _take_over(self, new: Path) -> None:
        """Everything else of the folder, without the source's files and what killed runs left."""
        leftover = tuple(f".{name}." for name in (*REMADE, "manifest.json"))
        before, left = _left(self.found.out), {}
        for path in sorted(self.found.out.iterdir()):
            if path.name in REMADE or path.name.startswith(leftover):
                continue
            if path.name != "work":
                if self._other(path, new / path.name, stale=before.get(path.name) == path.stat().st_ino):
                    left[path.name] = (new / path.name).stat().st_ino
                continue
            for part in sorted(path.iterdir()):
                if not part.name.startswith(_OF_THE_ROWS) or part.is_dir():
                    link_tree(part, new / "work" / part.name)
        if left:
            (new / "work" / STALE).write_text(json.dumps(left))
        found = [
            forget_cache.traces(folder, self.found.target, self.found.lock)
            for folder in forget_cache.source_folders(new / "work")
        ]
        for paths, notes in found:
            forget_cache.remove(paths)
            self.report.note(paths, notes, new, self.found.out)

    def _other(self, path: Path, to: Path, *, stale: bool) -> bool:
        """Take over a file that we did not write, such as an export, or leave it out; whether it is of old rows.

        Args:
            stale: an earlier request has found it so.
        """
        stale = stale or bool(self.found.traces.rows) or self.found.request.with_copies
        if stale and self.found.request.delete_stale:
            self.report.removed.append(str(path))
            return False
        if stale:
            self.report.stale.append(str(path))
        link_tree(path, to)
        return stale


def _left(folder: Path) -> dict[str, int]:
    """What earlier requests have found to be of old rows; nothing where that can't be read."""
    try:
        found = json.loads((folder / "work" / STALE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
