"""A plain folder on this machine, read without following a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.finish import decide, facts
from lift_sys.data_synthesis.sources.limits import Clock, Limits
from lift_sys.data_synthesis.sources.store import Facts, checkout_key, obtain
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.errors import SourceError
from lift_sys.records import content_hash

OWN = licences.Policy(allow_unknown=True)
"""A folder of the user's own need not carry a licence: the record then says NOASSERTION."""
_SKIPPED = frozenset(["__pycache__", "node_modules", "site-packages", "build", "dist"])


@dataclass(frozen=True)
class LocalSource:
    """The Python files below a folder as they are now. The version is the hash of their content."""

    path: Path
    name: str = ""
    version: str | None = None
    """When given, the content must still have this hash."""
    limits: Limits = field(default_factory=Limits)
    policy: licences.Policy = OWN

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.path.resolve().name or "local")

    def checkout(self, cache: Path) -> Checkout:
        """A copy of the folder's Python files.

        Raises:
            SourceError: no folder, not readable, changed since the lock, or breaks a cap.
            StorageError: the cache can't be written.
        """
        if not self.path.is_dir():
            raise SourceError(f"{self.path}: no such folder")
        seen = content_hash([[path, size, modified] for path, size, modified in self._stat()])
        key = checkout_key("local", self.name, str(self.path.resolve()), seen)
        made = decide(obtain(cache, key, self._build), self.policy)
        if self.version is not None and made.repository.version != self.version:
            raise SourceError(
                f"{self.name}: the folder's content is {made.repository.version}, expected {self.version}; "
                "it changed since the lock was made"
            )
        return made

    def _stat(self) -> list[tuple[str, int, int]]:
        tree = Tree(Path(), self.limits, self.name)
        return sorted((path, info.st_size, info.st_mtime_ns) for path, info, _ in walk(self.path, tree, self.limits))

    def _build(self, building: Path) -> Facts:
        tree = Tree(building / "tree", self.limits, self.name)
        copy(self.path, tree, self.limits)
        return facts(tree, building, kind="local", name=self.name, version="")


def copy(folder: Path, tree: Tree, limits: Limits) -> None:
    """Takes every regular Python file below `folder` into `tree`."""
    for path, info, parent in walk(folder, tree, limits):
        wanted = tree.wants(path, info.st_size)
        if wanted:
            data = read_regular(path.rsplit("/", 1)[-1], parent, info.st_size)
            if data is None:
                tree.reject(path, "changed while it was read, or not readable")
            else:
                tree.add(path, data, int(info.st_mtime))


def walk(folder: Path, tree: Tree, limits: Limits) -> Iterator[tuple[str, os.stat_result, int]]:
    """Each regular file in sorted order: its path, its `stat`, and a descriptor of its folder while it is current.

    Links, devices and fifos are rejected on `tree`; hidden folders, virtual environments and build output are
    passed over. Every step opens relative to the folder above with O_NOFOLLOW, so nothing can be swapped for a link.
    """
    clock = Clock(limits.seconds, str(folder.name))
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"{folder.name}: {error.strerror}") from None
    yield from _walk(top, "", tree, limits, clock)


def _walk(
    descriptor: int, prefix: str, tree: Tree, limits: Limits, clock: Clock
) -> Iterator[tuple[str, os.stat_result, int]]:
    try:
        try:
            names = sorted(os.listdir(descriptor))
        except OSError as error:
            tree.reject(prefix.rstrip("/") or ".", error.strerror or "can't be listed")
            return
        if prefix and "pyvenv.cfg" in names:
            return
        for name in names:
            clock.check()
            tree.count()
            path = prefix + name
            try:
                info = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:  # gone since it was listed
                continue
            if stat.S_ISREG(info.st_mode):
                yield path, info, descriptor
            elif stat.S_ISDIR(info.st_mode):
                if name in _SKIPPED or name.startswith(".") or name.endswith(".egg-info"):
                    continue
                if path.count("/") >= limits.depth:
                    tree.reject(path, f"more than {limits.depth} folders deep")
                    continue
                try:
                    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                    below = os.open(name, flags, dir_fd=descriptor)
                except OSError as error:
                    tree.reject(path, error.strerror or "can't be opened")
                    continue
                yield from _walk(below, path + "/", tree, limits, clock)
            else:
                kind = "a link" if stat.S_ISLNK(info.st_mode) else "a device"
                tree.reject(path, f"{kind}, not a regular file")
    finally:
        os.close(descriptor)


def read_regular(name: str, parent: int, size: int) -> bytes | None:
    """The `size` bytes of a regular file, or None when it is no longer that."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        data = file.read(size + 1)
    return data if len(data) == size else None
