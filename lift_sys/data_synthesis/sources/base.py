"""Where repositories come from, behind one interface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lift_sys.records import Rejection, Repository


@dataclass(frozen=True)
class Checkout:
    """One repository's Python files on disk, safely extracted: regular `.py` files only, nothing executed."""

    repository: Repository
    folder: Path
    files: tuple[str, ...]
    """Posix paths relative to `folder`, sorted."""
    import_roots: tuple[str, ...]
    """Folders (relative to `folder`, "" for itself) that would be on `sys.path`: where packages start."""
    rejections: tuple[Rejection, ...] = ()
    """Files that were found and not taken, and why."""


class Source(Protocol):
    """Something that can be turned into a checkout."""

    @property
    def name(self) -> str: ...

    def checkout(self, cache: Path) -> Checkout:
        """Bring the sources into a folder below `cache` (reused when it is already there and complete).

        Raises:
            SourceError: it can't be had, can't be verified, or breaks a cap; the message says which.
            StorageError: the cache can't be written.
        """
        ...
