"""Where the rows of a finished dataset lie, and whether they are those that its manifest names.

A dataset is a folder that `lift-sys generate` wrote, or a file of examples, one a line, with `manifest.json` beside
it. Rows are found by their offsets, so a large file is never held in memory.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lift_sys.data_synthesis.dataset import EXAMPLES, MANIFEST, file_hash, read_manifest
from lift_sys.errors import StorageError
from lift_sys.records import Example


@dataclass(frozen=True)
class RowFile:
    """A file of examples whose hashes hold."""

    path: Path
    offsets: array[int]
    """Where each row starts, in bytes."""
    sha256: str
    named: bool
    """Whether a manifest names the rows. Without one, each row vouches for itself alone, by its id."""


def open_rows(place: Path) -> RowFile:
    """Find the rows of a folder or file, and check every hash that its manifest names.

    Raises:
        StorageError: something is missing, damaged, or not what the manifest says.
    """
    path, manifest = (place / EXAMPLES, read_manifest(place)) if place.is_dir() else (place, _manifest_beside(place))
    if not path.is_file():
        raise StorageError(f"{path} is missing: name a folder that `lift-sys generate` wrote, or a file of examples")
    digest = file_hash(path)
    files = _files(manifest)
    for name, expected in files.items():
        if name == path.name and digest != expected:
            raise StorageError(
                f"{path} is not the file that {MANIFEST} names: it was changed{_first_change(path, manifest)}"
            )
        if place.is_dir() and name != path.name:
            _check_file(path.parent / name, expected)
    offsets, ids = _scan(path)
    rows = _ids(manifest)
    if rows is not None and ids != rows:
        raise StorageError(f"{path} does not hold the rows that {MANIFEST} names")
    return RowFile(path, offsets, digest, rows is not None)


def read_rows(path: Path, offsets: Sequence[int]) -> Iterator[Example]:
    """The rows that start at these bytes.

    Raises:
        StorageError: one is damaged, or was changed after it was written.
    """
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            try:
                yield Example.from_line(file.readline().decode())
            except ValueError as error:
                raise StorageError(f"{path}, line {_line(path, offset)}: {error}") from error


def _line(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        return 1 + sum(chunk.count(b"\n") for chunk in _pieces(file, offset))


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(size, 1 << 20))):
        size -= len(piece)
        yield piece


def _manifest_beside(path: Path) -> dict[str, Any]:
    """The manifest in a file's folder, where it names this file; else an empty one."""
    if not (path.parent / MANIFEST).is_file():
        return {}
    manifest = read_manifest(path.parent)
    return manifest if path.name in _files(manifest) else {}


def _files(manifest: dict[str, Any]) -> dict[str, str]:
    """Names and hashes of the files; a hash may stand alone or beside other facts."""
    files = manifest.get("files", {})
    return {name: fact["sha256"] if isinstance(fact, dict) else fact for name, fact in files.items()}


def _ids(manifest: dict[str, Any]) -> list[str] | None:
    """Ids of the rows, in order; a row may be an id or hold one beside other facts."""
    rows = manifest.get("rows")
    if rows is None:
        return None
    return [row["id"] if isinstance(row, dict) else row[0] if isinstance(row, list) else row for row in rows]


def _check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise StorageError(f"{path} is missing")
    if file_hash(path) != expected:
        raise StorageError(f"{path} is not the file that {path.parent / MANIFEST} names: it was changed")


def _scan(path: Path) -> tuple[array[int], list[str]]:
    """Offset and claimed id of each row."""
    offsets, ids, position = array("Q"), [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                offsets.append(position)
                ids.append(_claimed(line, f"{path}, line {number}"))
            position += len(line)
    return offsets, ids


def _claimed(line: bytes, where: str) -> str:
    head, _, _ = line[:100].partition(b",")
    try:
        if head.startswith(b'{"id": "'):  # as `Record.to_line` writes it
            return str(json.loads(head + b"}")["id"])
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{where}: not an example with an id ({type(error).__name__}: {error})") from error


def _first_change(path: Path, manifest: dict[str, Any]) -> str:
    """Which row it is, where that can be said."""
    expected = _ids(manifest) or []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                found = Example.from_line(line).id
            except ValueError as error:
                return f" (line {number}: {str(error).splitlines()[0]})"
            if number > len(expected) or found != expected[number - 1]:
                return f" (line {number} is another row)"
    return ""
