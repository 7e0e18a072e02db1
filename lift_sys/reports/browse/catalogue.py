"""What the page searches in: one SQLite file beside the rows, made when a dataset is first opened.

It holds the facts to filter and sort by, where each row starts in the file, and a full-text index of names, prompts
and code (FTS5). The rows themselves stay where they are. It is named by the hash of the rows, so one of an older
state is made anew.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.dataset import EXAMPLES, MANIFEST, REJECTS
from lift_sys.data_synthesis.row_file import RowFile, open_rows
from lift_sys.errors import ConfigError, StorageError
from lift_sys.records import Example, Rejection

FORMAT = 1
NAME = "browse.sqlite"
SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE rows (
  number INTEGER PRIMARY KEY, id TEXT, start INTEGER, name TEXT, qualname TEXT, project TEXT, version TEXT, path TEXT,
  category TEXT, difficulty TEXT, licence TEXT, oracle TEXT, projection TEXT, quality REAL, mutation REAL,
  survivors INTEGER, statements INTEGER, tests INTEGER, cluster TEXT, summary TEXT);
CREATE TABLE rejects (
  number INTEGER PRIMARY KEY, start INTEGER, stage TEXT, reason TEXT, project TEXT, path TEXT, qualname TEXT,
  lineno INTEGER, detail TEXT);
CREATE VIRTUAL TABLE words USING fts5(name, project, prompt, code, content='', detail=full);
"""
INDEXES = """
CREATE UNIQUE INDEX rows_id ON rows(id);
CREATE INDEX rows_cluster ON rows(cluster);
CREATE INDEX rows_project ON rows(project);
CREATE INDEX rows_quality ON rows(quality);
CREATE INDEX rejects_reason ON rejects(reason);
"""


@dataclass(frozen=True)
class Catalogue:
    """An opened dataset: its rows in their file, and the index over them."""

    rows: Path
    index: Path
    rejects: Path | None
    title: str

    def connect(self) -> sqlite3.Connection:
        """A connection that can only read."""
        database = sqlite3.connect(f"{self.index.as_uri()}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        return database

    def example(self, start: int) -> Example:
        """The row that starts at this byte.

        Raises:
            StorageError: it is not the row that was indexed.
        """
        found: Example = _read(Example, self.rows, start)
        return found

    def rejection(self, start: int) -> Rejection:
        assert self.rejects is not None
        found: Rejection = _read(Rejection, self.rejects, start)
        return found


def _read(kind: Any, path: Path, start: int) -> Any:
    with path.open("rb") as file:
        file.seek(start)
        try:
            return kind.from_line(file.readline().decode())
        except ValueError as error:
            raise StorageError(f"{path} was changed since it was opened: start `lift-sys browse` again") from error


def open_catalogue(
    place: Path, tell: Callable[[int, int], None] = lambda done, total: None, *, index: Path | None = None
) -> Catalogue:
    """Open a dataset's folder, a published folder, or a file of rows; index it where that was not done yet.

    `tell` is called with how many of how many lines are indexed.

    Raises:
        ConfigError: there is nothing of the kind.
        StorageError: rows are damaged or were changed.
    """
    source = _source(place)
    opened = open_rows(source)
    beside = opened.path.parent / REJECTS
    rejects = beside if beside.is_file() and opened.path.name == EXAMPLES else None
    index = index or _index_path(opened.path)
    if not _is_of(index, opened.sha256):
        index = _build(index, opened, rejects, tell)
    return Catalogue(opened.path, index.resolve(), rejects, _title(opened.path))


def _source(place: Path) -> Path:
    """The folder or file whose rows are meant."""
    if not place.exists():
        raise ConfigError(f"{place}: no such folder or file; name a dataset that `lift-sys generate` wrote")
    if place.is_file() or (place / EXAMPLES).is_file():
        return place
    try:
        name = json.loads((place / MANIFEST).read_text())["name"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{place} holds no rows: name a folder that `lift-sys generate` or `lift-sys publish` wrote, or a file"
        ) from None
    rows = place / f"{name}.jsonl"
    if not rows.is_file():
        raise ConfigError(f"{rows} is missing: only its manifest is here; rebuild the rows with `make dataset`")
    return rows


def _title(rows: Path) -> str:
    return rows.resolve().parent.name if rows.name == EXAMPLES else rows.stem


def _index_path(rows: Path) -> Path:
    """In the dataset's own `work` folder, which is no part of the dataset; else hidden beside the file."""
    work = rows.parent / "work"
    path = work / NAME if work.is_dir() else rows.parent / f".{rows.stem}.{NAME}"
    if os.access(path.parent, os.W_OK):
        return path
    return Path(tempfile.mkdtemp(prefix="lift-sys-browse-")) / NAME


def _is_of(index: Path, sha256: str) -> bool:
    if not index.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro", uri=True)) as database:
            facts = dict(database.execute("SELECT name, value FROM facts"))
    except sqlite3.Error:
        return False
    return facts.get("format") == str(FORMAT) and facts.get("rows") == sha256


def _build(index: Path, opened: RowFile, rejects: Path | None, tell: Callable[[int, int], None]) -> Path:
    """Made under another name and renamed when it is whole."""
    building = index.with_name(f"{index.name}.{os.getpid()}.building")
    building.unlink(missing_ok=True)
    total = len(opened.offsets) + (sum(1 for _ in _lines(rejects)) if rejects else 0)
    try:
        with closing(sqlite3.connect(building)) as database:
            database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + SCHEMA)
            done, projects = 0, _projects(opened.path.parent)
            for number, (start, data) in enumerate(_lines(opened.path), 1):
                _add_row(database, number, start, data)
                done += 1
                tell(done, total)
            for number, (start, data) in enumerate(_lines(rejects) if rejects else (), 1):
                _add_reject(database, number, start, data, projects)
                done += 1
                tell(done, total)
            database.executescript(INDEXES)
            facts = [("format", str(FORMAT)), ("rows", opened.sha256)]
            database.executemany("INSERT INTO facts VALUES (?, ?)", facts)
            database.commit()
            database.execute("ANALYZE")
            database.commit()
        os.replace(building, index)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{index} can't be written: {error}; give another place with --index") from error
    finally:
        building.unlink(missing_ok=True)
    return index


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    start = 0
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield start, json.loads(line)
            start += len(line)


def _add_row(database: sqlite3.Connection, number: int, start: int, data: dict[str, Any]) -> None:
    place, mutation = data["provenance"], data["mutation"]
    survivors = sum(m["killed_by"] is None and not m["equivalent"] for m in mutation["mutants"])
    oracles = " ".join(sorted({test["oracle"] for test in data["tests"]}))
    facts = (
        number, data["id"], start, data["entry_point"], place["qualname"], place["repository"], place["version"],
        place["path"], data["category"], data["difficulty"], place["licence"], oracles, data["projection"],
        data["quality"]["score"], mutation["score"], survivors, data["statements"], len(data["tests"]),
        data["cluster"], data["ir"]["intent"]["summary"][:300],
    )  # fmt: skip
    facts = tuple(_storable(fact) for fact in facts)
    database.execute(f"INSERT INTO rows VALUES ({', '.join('?' * len(facts))})", facts)
    prompts = "\n".join(dict.fromkeys([data["prompt"], *data["prompts"].values()]))
    words = (f"{data['entry_point']} {place['qualname']}", place["repository"], prompts, data["code"])
    database.execute("INSERT INTO words(rowid, name, project, prompt, code) VALUES (?, ?, ?, ?, ?)",
                     (number, *map(_storable, words)))  # fmt: skip


def _storable(value: Any) -> Any:
    """Mined text may hold half a surrogate pair, which SQLite can't store."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _projects(folder: Path) -> dict[str, str]:
    """Names of repositories by id, where the manifest tells."""
    try:
        sources = json.loads((folder / MANIFEST).read_text())["sources"]
        return {source["id"]: source["name"] for source in sources}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _add_reject(
    database: sqlite3.Connection, number: int, start: int, data: dict[str, Any], projects: dict[str, str]
) -> None:
    project = projects.get(data["repository"], data["repository"][:12])
    facts = (
        number, start, data["stage"], data["reason"], project, data["path"], data["qualname"] or "", data["lineno"],
        data["detail"],
    )  # fmt: skip
    database.execute(f"INSERT INTO rejects VALUES ({', '.join('?' * len(facts))})", tuple(map(_storable, facts)))
