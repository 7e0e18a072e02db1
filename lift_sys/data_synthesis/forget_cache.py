"""Caches, labels and searches without a source. Everything here may be done again after a kill."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from lift_sys.data_synthesis.forget_plan import NAMES, Known, Target, from_checkouts, from_names
from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.data_synthesis.sources.tombstones import names_of
from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS
from lift_sys.storage import atomic_write, storage_errors

ABANDONED = 3600.0
"""Seconds after which a half-built folder counts as left behind by a run that was killed."""


def source_folders(cache: Path) -> list[Path]:
    """Where sources lie: the cache of `generate` holds a folder `sources`, that of `scrape` is one itself."""
    return [folder for folder in (cache / "sources", cache) if any((folder / part).is_dir() for part in _PARTS)]


_PARTS = ("archives", "checkouts", WHEELS, "github", "git")


def traces(sources: Path, target: Target, lock: Lock | None) -> tuple[list[Path], list[str]]:
    """Files and folders of the target below a folder of sources, and notes on what stays."""
    found, notes = [], []
    for folder, known in from_checkouts(sources):
        if target.matches(known):
            found += [folder, folder.with_name(f".{folder.name}.lock")]
    others = [entry for entry in lock.sources if not _is(entry.name, entry.url, entry.sha256, target)] if lock else []
    needed = {item.sha256: entry.name for entry in others for item in (*entry.requirements, *entry.test_requirements)}
    for digest, name in _wheels(sources, target, lock):
        if digest in needed:
            notes.append(f"the wheel of {name} stays in the cache: {needed[digest]} needs it to run")
        else:
            found += [sources / WHEELS / digest, sources / WHEELS / f".{digest}.lock", sources / "archives" / digest]
    found += [sources / "archives" / digest for digest in sorted(target.archives - needed.keys())]
    found += _searches(sources / "github", target)
    found += _abandoned(sources)
    return list(dict.fromkeys(path for path in found if path.exists())), notes


def _is(name: str, url: str | None, archive: str | None, target: Target) -> bool:
    return target.matches(Known(name, url, archive))


def _wheels(sources: Path, target: Target, lock: Lock | None) -> Iterator[tuple[str, str]]:
    """Hash and name of the target's own wheels: those of the lock, and those that lie there."""
    for entry in lock.sources if lock else ():
        for item in (*entry.requirements, *entry.test_requirements):
            if names_of(item.name) & target.names:
                yield item.sha256, item.name
    for marker in sorted((sources / WHEELS).glob("*/wheel.json")):
        try:
            name = str(json.loads(marker.read_bytes())["filename"]).partition("-")[0]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if names_of(name) & target.names:
            yield marker.parent.name, name


def _searches(folder: Path, target: Target) -> Iterator[Path]:
    """Kept answers and decisions that name the target: they are asked for again without it."""
    words = [f'"{name}"'.encode() for name in target.names if "/" in name]
    for path in sorted(folder.rglob("*.json")) if words else ():
        text = path.read_bytes().lower()
        if any(word in text or word.replace(b'"', b'\\"') in text for word in words):
            yield path


def _abandoned(sources: Path) -> Iterator[Path]:
    now = time.time()
    places = [*sources.glob("checkouts/.*.building"), *sources.glob(f"{WHEELS}/.*.building"), *sources.glob("git/*")]
    for path in [*places, *sources.glob("archives/.*")]:
        if now - path.stat().st_mtime > ABANDONED:
            yield path


def remove(paths: list[Path]) -> None:
    """Raises:
    StorageError: one can't be removed.
    """
    for path in paths:
        with storage_errors(path):
            if path.is_dir() and not path.is_symlink():
                os.chmod(path, 0o755)
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def drop_labels(folder: Path, target: Target) -> dict[str, int]:
    """Take the target's lines out of every file of labels in `folder`; how many, by file."""
    dropped = {}
    for path in sorted(folder.glob("*_labels.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not names_of(_project(line)) & target.names]
        if len(kept) < len(lines):
            atomic_write(path, kept)
            dropped[path.name] = len(lines) - len(kept)
    return dropped


def drop_names(folder: Path, target: Target) -> int:
    """Take the target's lines out of the list of names that a lock beside it is made of; how many."""
    lines = list(from_names(folder))
    kept = [line for line, known in lines if known is None or not target.matches(known)]
    if len(kept) < len(lines):
        atomic_write(folder / NAMES, kept)
    return len(lines) - len(kept)


def _project(line: str) -> str:
    try:
        return str(json.loads(line).get("repository", ""))
    except (ValueError, AttributeError):
        return ""
