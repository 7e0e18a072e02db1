"""What became of each candidate, on disk as soon as it is known. A decision is final: no later run asks again."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import JsonValue, ValidationError

from lift_sys.records.base import Record
from lift_sys.storage.files import atomic_write, storage_errors


class Outcome(StrEnum):
    TAKEN = "taken"
    GONE = "gone"
    """Deleted, renamed away, or not public."""
    BLOCKED = "blocked"
    """Withheld: a takedown or a ban."""
    MALFORMED = "malformed"
    """GitHub's description of it can't be read."""
    PRIVATE = "private"
    FORK = "fork"
    ARCHIVED = "archived"
    LANGUAGE = "language"
    STARS = "stars"
    SIZE = "size"
    INACTIVE = "inactive"
    TOPIC = "topic"
    LICENCE = "licence"
    """What GitHub detects, or what the texts say, is not allowed, not clear, or not the same."""
    NO_TESTS = "no_tests"
    NO_FILES = "no_files"
    """No Python file that may be taken."""
    UNSAFE = "unsafe"
    """It can't be read safely: damaged, or over a cap."""
    FORGOTTEN = "forgotten"
    """Taken back by its owner: `lift-sys forget`."""
    UNREACHABLE = "unreachable"
    """The host kept failing, and the run was told to go on without it."""


class Decision(Record):
    schema_version: Literal[1] = 1
    number: int
    """GitHub's id; 0 when only the name is known."""
    asked: str
    """The name it was asked for by."""
    name: str
    """The name it has now."""
    outcome: Outcome
    detail: str = ""
    entry: JsonValue = None
    """Its line in the lock, when it was taken."""


class Decisions:
    """One file a candidate below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, number: int, asked: str) -> Decision | None:
        try:
            found = Decision.from_line(self._path(number, asked).read_text(encoding="utf-8"))
        except (OSError, ValueError, ValidationError):
            return None
        return found if isinstance(found, Decision) and found.asked == asked else None

    def put(self, decision: Decision) -> None:
        """Raises:
        StorageError: the disk is full or can't be written.
        """
        path = self._path(decision.number, decision.asked)
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, [decision.to_line() + "\n"])

    def _path(self, number: int, asked: str) -> Path:
        return self._folder / (f"{number}.json" if number else f"{asked.replace('/', '+').lower()}.json")
