"""Finished work, keyed by content, in one SQLite file."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from lift_sys.errors import StorageError

FORMAT = 1


class Checkpoint:
    """A map from (step, key) to text. Each `put` is one transaction: after it returns, a kill loses nothing.

    Keys are content hashes of everything that a result depends on, so a changed source, configuration or code
    version simply misses. One writer at a time (the output folder's lock sees to that).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        except sqlite3.Error as error:
            raise self._explain(error) from error
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT):
                raise StorageError(f"{path} has checkpoint format {version}, not {FORMAT}: remove it to start afresh")
            self._db.execute(f"PRAGMA user_version={FORMAT}")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS results"
                " (step TEXT, key TEXT, payload BLOB, PRIMARY KEY (step, key)) WITHOUT ROWID"
            )
        except sqlite3.Error as error:
            self._db.close()
            raise self._explain(error) from error
        except StorageError:
            self._db.close()
            raise

    def get(self, step: str, key: str) -> str | None:
        row = self._run("SELECT payload FROM results WHERE step=? AND key=?", (step, key)).fetchone()
        return None if row is None else self._text(row[0])

    def _text(self, payload: bytes) -> str:
        try:
            return zlib.decompress(payload).decode()
        except (zlib.error, ValueError) as error:
            raise StorageError(f"{self.path} is damaged ({error}): remove it and run again from the start") from error

    def keys(self, step: str) -> set[str]:
        return {row[0] for row in self._run("SELECT key FROM results WHERE step=?", (step,))}

    def put(self, step: str, items: Iterable[tuple[str, str]]) -> None:
        """Store (key, text) pairs in one transaction."""
        rows = [(step, key, zlib.compress(text.encode(), 1)) for key, text in items]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise self._explain(error) from error

    def items(self, step: str) -> Iterator[tuple[str, str]]:
        """Keys and texts of a step, in the order of the keys."""
        for key, payload in self._run("SELECT key, payload FROM results WHERE step=? ORDER BY key", (step,)):
            yield key, self._text(payload)

    def copy(self, path: Path, keep: Callable[[str, str, Callable[[], str]], bool]) -> int:
        """Write a checkpoint at `path` with those results for which `keep(step, key, read text)` holds.

        What is left out is in no byte of the new file, which deleting rows would not promise. Returns how many
        results were left out.
        """
        left_out = 0
        with Checkpoint(path) as copy:
            copy._run("PRAGMA journal_mode=DELETE")
            copy._run("BEGIN IMMEDIATE")
            for step, key, payload in self._run("SELECT step, key, payload FROM results ORDER BY step, key"):
                if keep(step, key, partial(self._text, payload)):
                    copy._run("INSERT INTO results VALUES (?, ?, ?)", (step, key, payload))
                else:
                    left_out += 1
            copy._run("COMMIT")
        return left_out

    def close(self) -> None:
        self._db.close()

    def _run(self, query: str, values: tuple[str | bytes, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(query, values)
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error) -> StorageError:
        if "full" in str(error):
            return StorageError(
                f"no space left to write {self.path}: free some and run the same command again; finished work is kept"
            )
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return StorageError(f"{self.path} is damaged ({error}): remove it and run again from the start")
        return StorageError(f"{self.path}: {error}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
