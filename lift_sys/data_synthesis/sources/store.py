"""Checkouts on disk: built apart, published by one rename, with a marker that lists every file and its hash.

    cache/archives/<sha256>              downloaded archives
    cache/checkouts/<key>/tree/...       Python files
    cache/checkouts/<key>/checkout.json  the marker, written last

A folder without a valid marker, or with a file that differs from its hash, counts as absent and is built again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lift_sys.data_synthesis import licences
from lift_sys.errors import StorageError
from lift_sys.records import Repository, content_hash

FORMAT = 1
"""Part of every key: raise it when what a checkout holds changes."""


@dataclass(frozen=True)
class Facts:
    """What reading a source taught, before anything is decided about its licence."""

    repository: Repository
    folder: Path
    files: dict[str, str]
    """SHA-256 by path, relative to `folder`."""
    import_roots: tuple[str, ...]
    rejected: tuple[tuple[str, str, str], ...]
    """Path, reason and detail of what was not taken."""
    licence_status: licences.Status
    licence_why: str
    foreign: dict[str, str]
    """Files under another licence, and why."""


def checkout_key(*parts: object) -> str:
    return content_hash([FORMAT, *parts])[:40]


@contextmanager
def storage(folder: Path) -> Iterator[None]:
    """Turns what the disk refuses into a `StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            hint = "make room or choose another folder"
        else:
            hint = "check that this folder can be written, or choose another"
        raise StorageError(f"can't write below {folder}: {reason}; {hint}") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock: two runs that want the same checkout build it once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def obtain(cache: Path, key: str, build: Callable[[Path], Facts]) -> Facts:
    """What is kept under `key`, built with `build(empty folder)` when it is not there.

    `build` writes files below the folder's `tree/` and returns facts whose `folder` lies in it.

    Raises:
        SourceError: from `build`.
        StorageError: the disk is full or can't be written. Nothing half-written counts as complete.
    """
    home = cache / "checkouts"
    with storage(cache), locked(home / f".{key}.lock"):
        final = home / key
        found = load(final)
        if found is not None:
            return found
        building = home / f".{key}.building"
        for leftover in (final, building):
            if leftover.exists() or leftover.is_symlink():
                shutil.rmtree(leftover)
        try:
            (building / "tree").mkdir(parents=True)
            made = build(building)
            _write_marker(building, made)
            os.rename(building, final)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
    complete = load(final)
    if complete is None:
        raise StorageError(
            f"the checkout {key[:12]} changed while it was written; is another program using the cache?"
        )
    return complete


def _write_marker(building: Path, made: Facts) -> None:
    marker = {
        "format": FORMAT,
        "repository": made.repository.model_dump(mode="json"),
        "folder": made.folder.relative_to(building).as_posix(),
        "files": made.files,
        "import_roots": made.import_roots,
        "rejected": made.rejected,
        "licence_status": made.licence_status,
        "licence_why": made.licence_why,
        "foreign": made.foreign,
    }
    write_atomically(building / "checkout.json", json.dumps(marker, indent=1, sort_keys=True).encode())


def load(folder: Path) -> Facts | None:
    """What `folder` holds, or None unless it is complete and unchanged."""
    try:
        marker = json.loads((folder / "checkout.json").read_bytes())
        if marker["format"] != FORMAT:
            return None
        tree = folder / marker["folder"]
        for path, digest in marker["files"].items():
            if file_sha256(tree / path) != digest:
                return None
        return Facts(
            repository=Repository.model_validate(marker["repository"]),
            folder=tree,
            files=dict(sorted(marker["files"].items())),
            import_roots=tuple(marker["import_roots"]),
            rejected=tuple((path, reason, detail) for path, reason, detail in marker["rejected"]),
            licence_status=marker["licence_status"],
            licence_why=marker["licence_why"],
            foreign=marker["foreign"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Old content or new content, never a part: written beside, flushed, renamed.

    Raises:
        OSError: the disk is full or can't be written; `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
