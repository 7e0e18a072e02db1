"""Where repositories come from, behind one interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lift_sys.records import Rejection, Repository, Requirement


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
    requirements: tuple[Requirement, ...] = ()
    """The locked wheels that its functions may import: the project's own and those it depends on."""
    test_requirements: tuple[Requirement, ...] = ()
    """Further wheels, for its tests alone."""
    provides: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    """For each top-level module of the requirements, what must be mounted so that it can be imported."""
    wheels: Path | None = None
    """The folder in which the wheels lie unpacked."""


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
