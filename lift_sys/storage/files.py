"""Atomic writes and a lock on an output folder."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from lift_sys.errors import StorageError


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an operating system error on `path` into a `StorageError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageError(
                f"no space left to write {path}: free some and run the same command again; finished work is kept"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(f"{path} is not writable: choose another --out or change its owner") from error
        raise StorageError(f"{path}: {error.strerror or error}") from error


def atomic_write(path: Path, chunks: Iterable[str]) -> None:
    """Write text to `path` so that a reader sees the old content or the whole new one, never a part.

    Raises:
        StorageError: the disk is full or the folder can't be written; the old content is still there.
    """
    with storage_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            _unlink_quietly(name)
            raise


def check_writable(path: Path) -> None:
    """Make the folder of `path`, and find out before the work whether a file can be written there after it.

    Raises:
        StorageError: it can't.
    """
    if path.is_dir():
        raise StorageError(f"{path} is a folder: give the name of a file")
    if path.parent.exists() and not path.parent.is_dir():
        raise StorageError(f"{path} can't be written: {path.parent} is not a folder")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass


def _unlink_quietly(name: str) -> None:
    with suppress(OSError):
        os.unlink(name)


class FolderLock:
    """An exclusive lock on a folder, held by this process and released by the kernel when it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / ".lock"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StorageError(
                f"another run (process {owner or 'unknown'}) is writing to {self.folder}: "
                "wait for it to end or choose another --out"
            ) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
