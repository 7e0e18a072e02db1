"""The rows of a finished dataset, by split: read in order, one at a time, never all in memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis.dataset import MANIFEST, read_manifest
from lift_sys.data_synthesis.row_file import open_rows, read_rows
from lift_sys.errors import StorageError
from lift_sys.records import Example
from lift_sys.records.repair import RepairTask
from lift_sys.records.splits import Shares, assign


@dataclass
class Project:
    """One project in one version, as its rows name it."""

    url: str
    licences: dict[str, int] = field(default_factory=dict)
    """SPDX id -> rows under it."""

    @property
    def rows(self) -> int:
        return sum(self.licences.values())


@dataclass(frozen=True)
class Facts:
    """What the whole dataset is: counted while its rows were assigned to splits."""

    projects: dict[tuple[str, str], Project] = field(default_factory=dict)
    """By name and version."""
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def licences(self) -> list[str]:
        """Every SPDX id, sorted."""
        return sorted({licence for project in self.projects.values() for licence in project.licences})


@dataclass(frozen=True)
class Source:
    """A dataset whose hashes hold, with each row in one split."""

    place: Path
    path: Path
    sha256: str
    python: str
    """The Python that the rows were validated under, as `3.11`; empty where no manifest says it."""
    splits: dict[str, array[int]]
    """Where the rows of each split start in the file, in bytes. Splits without rows are left out."""
    facts: Facts
    stamp: tuple[int, int, int]
    """What the file of rows was when it was opened."""
    advance: Callable[[], None] = lambda: None

    @property
    def rows(self) -> int:
        return sum(map(len, self.splits.values()))

    def examples(self, split: str) -> Iterator[Example]:
        """The rows of a split, in the dataset's order.

        Raises:
            StorageError: one is damaged, or was changed after it was written.
        """
        for example in read_rows(self.path, self.splits[split]):
            self.advance()
            yield example

    def check_unchanged(self) -> None:
        """Raises:
        StorageError: the dataset was made anew, or taken away, since it was opened.
        """
        if not self.path.is_file() or _stamp(self.path) != self.stamp:
            raise StorageError(f"{self.place} was changed while it was read: run the same command again")

    def repairs(self) -> Iterator[RepairTask]:
        """The repair tasks beside the rows; none when `lift-sys repair` has not written them.

        Raises:
            StorageError: they are damaged, or made of another state of the dataset.
        """
        from lift_sys.data_synthesis.repair import REPAIRS, read_repair_tasks

        if self.place.is_dir() and (self.place / REPAIRS).is_file():
            yield from read_repair_tasks(self.place)


def open_source(place: Path, shares: Shares, advance: Callable[[], None] = lambda: None) -> Source:
    """Open a dataset folder, or a published file of examples, and give each row a split.

    `advance` is called for each row that a writer takes.

    Raises:
        StorageError: something is missing, damaged or changed, or there are no rows.
    """
    if not place.exists():
        raise StorageError(f"{place} does not exist: name a folder that `lift-sys generate` wrote, or its JSONL file")
    rows = open_rows(place)
    if not rows.offsets:
        raise StorageError(f"{rows.path} holds no examples: there is nothing to export")
    stamp = _stamp(rows.path)
    facts, keys = Facts(), []
    with rows.path.open("rb") as file:
        for offset in rows.offsets:
            file.seek(offset)
            keys.append(_note(file.readline(), facts, f"{rows.path}, byte {offset}"))
    splits: dict[str, array[int]] = {}
    for split, offset in zip(assign(keys, shares), rows.offsets, strict=True):
        splits.setdefault(split, array("Q")).append(offset)
    ordered = {name: splits[name] for name in shares if name in splits}
    return Source(place, rows.path, rows.sha256, _python(rows.path.parent), ordered, facts, stamp, advance)


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _note(line: bytes, facts: Facts, where: str) -> tuple[str, str]:
    """Count a row, and return its repository and cluster. The row itself is checked when it is read."""
    try:
        row = json.loads(line)
        place = row["provenance"]
        repository, cluster = str(place["repository"]), str(row.get("cluster") or "")
        licence, category = str(place["licence"]), str(row.get("category") or "none")
        project = facts.projects.setdefault((repository, str(place["version"])), Project(str(place["url"] or "")))
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{where}: not an example ({type(error).__name__}: {error})") from error
    project.licences[licence] = project.licences.get(licence, 0) + 1
    facts.categories[category] = facts.categories.get(category, 0) + 1
    return repository, cluster


def _python(folder: Path) -> str:
    """Major and minor version of the Python that validated the rows."""
    manifest = read_manifest(folder) if (folder / MANIFEST).is_file() else {}
    return ".".join(str(manifest.get("python", "")).split(".")[:2])
