"""The one way a stranger's files reach our disk: regular Python files, checked names, counted bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from posixpath import basename, dirname

from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.paths import collision_key, unsafe_path
from lift_sys.errors import SourceError
from lift_sys.records import RejectionReason

_LICENCE_STEMS = ("license", "licence", "copying", "unlicense", "unlicence", "copyright")
_METADATA = ("PKG-INFO", "pyproject.toml", "setup.cfg")


class Tree:
    """Collects one repository's files below `folder`; what is not taken is noted with its reason.

    Python files go to disk at once. Licence texts and metadata stay in memory: they are read, never kept.
    """

    def __init__(self, folder: Path, limits: Limits, what: str, *, strips_top: bool = False) -> None:
        self.strips_top = strips_top
        """Whether one folder around everything is the archive's wrapping, not part of the project."""
        self.files: dict[str, str] = {}
        """SHA-256 of each file that was written, by path."""
        self.texts: dict[str, bytes] = {}
        self.rejected: list[tuple[str, RejectionReason, str]] = []
        self.newest = 0
        self._folder = folder
        self._limits = limits
        self._what = what
        self._taken: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._members = 0
        self._bytes = 0

    def count(self) -> None:
        """Counts one member of any kind.

        Raises:
            SourceError: there are more than the cap.
        """
        self._members += 1
        if self._members > self._limits.members:
            raise SourceError(f"{self._what}: more than {self._limits.members} members")

    def reject(self, path: str, detail: str, reason: RejectionReason = RejectionReason.UNSAFE_MEMBER) -> None:
        self.rejected.append((printable(path), reason, detail))

    def keeps(self, path: str) -> bool:
        """Whether a file of that name goes to disk."""
        return path.endswith(".py")

    def wants(self, path: str, size: int) -> int:
        """How many bytes of this regular file to read: 0 when it is not taken."""
        unsafe = unsafe_path(path, self._limits)
        if unsafe:
            if self.keeps(path) or unsafe in _ESCAPES:
                self.reject(path, unsafe)
            return 0
        if not self.keeps(path):
            wanted = is_text(path) and len(self.texts) < self._limits.texts
            return size if wanted and size <= self._limits.text_bytes else 0
        clash = self._clash(path)
        if clash:
            self.reject(path, clash)
            return 0
        if size > self._limits.file_bytes:
            self.reject(path, f"{size} bytes, the cap is {self._limits.file_bytes}", RejectionReason.TOO_LARGE)
            return 0
        return max(size, 1)

    def add(self, path: str, data: bytes, modified: int | None = None) -> None:
        """Takes a file that `wants` said yes to.

        Raises:
            SourceError: all Python files together are more than the cap.
            OSError: the disk is full or can't be written.
        """
        if not self.keeps(path):
            self.texts.setdefault(path, data)
            return
        self._bytes += len(data)
        if self._bytes > self._limits.python_bytes:
            raise SourceError(f"{self._what}: more than {self._limits.python_bytes} bytes of Python files")
        self._taken[collision_key(path)] = path
        for folder in _parents(path):
            self._folders.setdefault(collision_key(folder), folder)
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(target, flags, 0o644), "wb") as file:
            file.write(data)
        self.files[path] = hashlib.sha256(data).hexdigest()
        if modified is not None and 0 < modified < 2**32:
            self.newest = max(self.newest, modified)

    def _clash(self, path: str) -> str | None:
        key = collision_key(path)
        if key in self._taken:
            same = self._taken[key] == path
            return "a second member of the same name" if same else "differs from another name only in case"
        if key in self._folders:
            return "a file with the name of a folder"
        for folder in _parents(path):
            key = collision_key(folder)
            if key in self._taken:
                return "a folder with the name of a file"
            if self._folders.get(key, folder) != folder:
                return "differs from another folder only in case"
        return None


_ESCAPES = frozenset(
    [
        "a path that leaves its folder",
        "an absolute path",
        "an empty name or a NUL byte",
        "a backslash or a control character in the name",
    ]
)
"""Reported for every member: no honest archive holds one."""


def is_text(path: str) -> bool:
    """Whether the file is a licence text or a project's metadata, which are read but not kept."""
    name = basename(path)
    if name in _METADATA:
        return True
    stem = name.lower()
    return stem.startswith(_LICENCE_STEMS) and not stem.endswith((".py", ".html", ".xml", ".json", ".js"))


def printable(path: str) -> str:
    """`path` as text that any terminal and any JSON reader takes, at most 300 characters."""
    text = path.encode("utf-8", "backslashreplace").decode()
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return text if len(text) <= 300 else text[:280] + f"... ({len(text)} characters)"


def _parents(path: str) -> list[str]:
    out = []
    folder = dirname(path)
    while folder:
        out.append(folder)
        folder = dirname(folder)
    return out
