"""What `forget` is asked for, and what it says it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis.forget_copies import Copy


@dataclass(frozen=True)
class Request:
    """What to forget, and where."""

    name: str
    date: str
    reason: str = ""
    out: Path | None = None
    lock: Path | None = None
    cache: Path | None = None
    with_copies: bool = False
    delete_stale: bool = False


@dataclass
class Report:
    """What was taken out."""

    name: str
    aliases: tuple[str, ...] = ()
    before: int = 0
    """Rows of the dataset before and after."""
    after: int = 0
    rows: int = 0
    """Of the source itself, as are rejects and file_rejects."""
    rejects: int = 0
    file_rejects: int = 0
    results: int = 0
    """Entries of the checkpoint."""
    came_back: int = 0
    """Rows that there were not before: their near-duplicate is gone."""
    copies: list[Copy] = field(default_factory=list)
    copies_removed: bool = False
    lock_entries: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """Files and folders of the caches."""
    labels: dict[str, int] = field(default_factory=dict)
    names: int = 0
    """Lines of the list of names beside the lock."""
    stale: list[str] = field(default_factory=list)
    """Files that were made from the old dataset."""
    published: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, paths: list[Path], notes: list[str], shown_as: Path, really: Path) -> None:
        """Paths below `shown_as` were removed, which is or becomes `really`."""
        self.removed += [str(really / path.relative_to(shown_as)) for path in paths]
        self.notes += [note for note in notes if note not in self.notes]
