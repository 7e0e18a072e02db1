"""A dataset folder: `examples.jsonl`, `rejects.jsonl`, `file_rejects.jsonl`, and `manifest.json`, written last.

The manifest names every row and every file by hash, so a folder without one is unfinished, and a folder that was
changed after it was written can be told.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lift_sys.errors import StorageError
from lift_sys.records import Example, Rejection, Repository
from lift_sys.storage import atomic_write

EXAMPLES, REJECTS, FILE_REJECTS, MANIFEST = "examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json"
SCHEMA_VERSION = 1


def write_dataset(
    folder: Path,
    *,
    examples: Iterable[tuple[str, str]],
    rejections: Iterable[tuple[str, str]],
    file_rejections: Iterable[Rejection],
    counts: dict[str, int],
    sources: Iterable[Repository],
    configuration: dict[str, Any],
    code_version: str,
    forgotten: Sequence[dict[str, Any]] = (),
    unsteady: Sequence[str] = (),
) -> dict[str, Any]:
    """Write the four files and return the manifest.

    `examples` are pairs of an id and its line, `rejections` of a reason and its line: what is written is what was
    drafted, and no record is built twice.

    Raises:
        StorageError: a file can't be written, or the funnel does not add up.
    """
    (folder / MANIFEST).unlink(missing_ok=True)
    rows: list[str] = []
    reasons: Counter[str] = Counter()

    def example_lines() -> Iterator[str]:
        for identity, line in examples:
            rows.append(identity)
            yield line

    def rejection_lines() -> Iterator[str]:
        for reason, line in rejections:
            reasons[reason] += 1
            yield line

    atomic_write(folder / EXAMPLES, example_lines())
    atomic_write(folder / REJECTS, rejection_lines())
    file_reasons: Counter[str] = Counter()

    def file_rejection_lines() -> Iterator[str]:
        for rejection in file_rejections:
            file_reasons[rejection.reason.value] += 1
            yield rejection.to_line() + "\n"

    atomic_write(folder / FILE_REJECTS, file_rejection_lines())
    if len(rows) != counts["validated"] or reasons.total() != counts["rejected"]:
        raise StorageError(f"{folder}: {len(rows)} examples and {reasons.total()} rejects, but {counts} were counted")
    if counts["validated"] + counts["rejected"] != counts["functions"]:
        raise StorageError(f"{folder}: the funnel does not add up: {counts}")
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "code_version": code_version,
        "python": platform.python_version(),
        "configuration": configuration,
        "counts": counts,
        "rejected_by_reason": dict(sorted(reasons.items())),
        "files_rejected_by_reason": dict(sorted(file_reasons.items())),
        "sources": [{"id": source.id, **source.model_dump(mode="json")} for source in sources],
        "files": {name: file_hash(folder / name) for name in (EXAMPLES, REJECTS, FILE_REJECTS)},
        "rows": rows,
    }
    if forgotten:
        manifest["forgotten"] = list(forgotten)
    if unsteady:
        manifest["unsteady"] = list(unsteady)
    atomic_write(folder / MANIFEST, [json.dumps(manifest, indent=1, ensure_ascii=True), "\n"])
    return manifest


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished dataset.

    Raises:
        StorageError: there is none, or it is no manifest of this version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise StorageError(
            f"{folder} holds no finished dataset ({MANIFEST} is missing): run `lift-sys generate --out {folder}`"
        )
    try:
        manifest = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} can't be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        raise StorageError(f"{path} is no manifest of schema version {SCHEMA_VERSION}")
    return manifest


def read_examples(folder: Path) -> Iterator[Example]:
    """The examples, in order.

    Raises:
        StorageError: a line is damaged or was changed after it was written.
    """
    path = folder / EXAMPLES
    if not path.is_file():
        raise StorageError(f"{path} is missing: run `lift-sys generate --out {folder}`")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield Example.from_line(line)
            except ValueError as error:
                raise StorageError(f"{path}, line {number}: {error}") from error


def read_rejections(folder: Path, name: str = REJECTS) -> Iterator[Rejection]:
    """The rejections, in order."""
    with (folder / name).open(encoding="utf-8") as file:
        for line in file:
            yield Rejection.from_line(line)
