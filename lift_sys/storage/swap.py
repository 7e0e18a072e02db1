"""One folder takes the place of another in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from pathlib import Path

from lift_sys.storage.files import storage_errors

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def exchange(first: Path, second: Path) -> bool:
    """Give two folders each other's name at once (Linux `renameat2`). False where the file system can't.

    Raises:
        StorageError: a folder is missing or may not be renamed.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):
        return False
    with storage_errors(first):
        raise OSError(number, os.strerror(number), str(first))


def put_in_place(new: Path, folder: Path) -> None:
    """`new` becomes `folder`, and what was there is removed. A kill leaves the old one or the new one.

    Where folders can't be exchanged there is a moment in which `folder` is missing and its old content lies in
    `.NAME.old`: `recover` puts that back.

    Raises:
        StorageError: it can't be done; `folder` is as it was.
    """
    if exchange(new, folder):
        shutil.rmtree(new)
        return
    old = _old(folder)
    with storage_errors(folder):
        os.rename(folder, old)
        os.rename(new, folder)
    shutil.rmtree(old)


def recover(folder: Path) -> None:
    """Undo what a kill in the middle of `put_in_place` left."""
    old = _old(folder)
    if old.is_dir():
        if folder.exists():
            shutil.rmtree(old)
        else:
            with storage_errors(folder):
                os.rename(old, folder)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def link_tree(source: Path, to: Path) -> None:
    """Bring a file or folder under a second name, by hard links where the file system has them. Links are kept."""
    with storage_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink() or source.is_file():
            _link(source, to)
        else:
            shutil.copytree(source, to, symlinks=True, copy_function=_link, dirs_exist_ok=True)


def _link(source: str | Path, to: str | Path) -> str:
    try:
        os.link(source, to, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, to, follow_symlinks=False)
    return str(to)
