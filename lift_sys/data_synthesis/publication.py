"""A finished dataset as it is published: one JSONL file, one Parquet file, and a manifest to check a rebuild against.

The manifest is what a repository commits: each row by its id, which is the hash of its content, the files by their
hashes, and all that went in. The rows themselves are rebuilt by whoever wants them.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.dataset import EXAMPLES, MANIFEST, file_hash, read_examples, read_manifest
from lift_sys.data_synthesis.exports.parquet import write_parquet
from lift_sys.data_synthesis.row_file import open_rows
from lift_sys.errors import ConfigError, StorageError
from lift_sys.storage import atomic_write, storage_errors

SAID = ("schema_version", "python", "configuration", "counts", "rejected_by_reason", "files_rejected_by_reason")
"""Entries of a dataset's manifest that are published as they are."""

UNSTEADY = ("flaky", "nondeterministic", "state_leaks")
"""Reasons that a function may be rejected for whose outcome changes from run to run: which check it fails first is
chance, so their sum is promised."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Publication:
    """What was written, and how it compares with the manifest that was there before."""

    manifest: dict[str, Any]
    differences: tuple[str, ...] | None
    """None: there was no manifest to compare with. Empty: it is the same dataset, byte for byte."""
    notes: tuple[str, ...] = ()
    """What is said otherwise about functions that became no row."""


def publish(folder: Path, to: Path, name: str, *, accept: bool = False) -> Publication:
    """Write `to/NAME.jsonl`, `to/NAME.parquet` and `to/manifest.json` from the dataset in `folder`.

    Where a manifest is there and says something else, nothing is changed unless `accept` is set: it is the promise
    that the rebuilt rows are held against, and the files beside it keep it.

    Raises:
        ConfigError: pyarrow is missing, or `name` is no name of a file.
        StorageError: there is no finished dataset in `folder`, it is not what its manifest says, or a file can't be
            written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"--name {name!r}: letters, digits, `.`, `-` and `_` only, and a letter or digit first")
    source = read_manifest(folder)
    open_rows(folder)  # what is handed on is believed by its hashes
    with storage_errors(to):
        to.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".publish-", dir=to))
    try:
        rows, table = draft / f"{name}.jsonl", draft / f"{name}.parquet"
        with storage_errors(rows):
            shutil.copyfile(folder / EXAMPLES, rows)
        write_parquet(table, read_examples(folder))
        named: dict[str, Any] = {key: source[key] for key in ("forgotten", "unsteady") if key in source}
        manifest = {
            "name": name,
            **{key: source[key] for key in SAID},
            "sources": [_source(item) for item in source["sources"]],
            "files": {path.name: file_hash(path) for path in (rows, table)},
            "rows": source["rows"],
            **named,
        }
        promised = to / MANIFEST
        known = _read(promised) if promised.is_file() else None
        differences = None if known is None else tuple(_differences(known, manifest))
        if not differences or accept:
            with storage_errors(to):
                for path in (rows, table):
                    path.chmod(0o644)
                    path.replace(to / path.name)
            if differences is None or differences:
                atomic_write(promised, [json.dumps(manifest, indent=1, ensure_ascii=True), "\n"])
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    notes = () if known is None else tuple(_notes(known, manifest))
    return Publication(manifest, differences, notes)


def _source(item: dict[str, Any]) -> dict[str, Any]:
    licence = item["licence"]
    return {
        "id": item["id"],
        "kind": item["kind"],
        "name": item["name"],
        "version": item["version"],
        "sha256": item["archive_sha256"],
        "licence": licence["spdx"],
        "licence_sha256": licence["text_sha256"],
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} can't be read: {error}") from error
    if not isinstance(found, dict):
        raise StorageError(f"{path} is no manifest")
    return found


def _differences(known: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a rebuild made otherwise, in words."""
    found = []
    for key in (*SAID, "sources"):
        if key == "python":  # another patch release may well make the same rows
            continue
        before, after = known.get(key), new[key]
        if key == "rejected_by_reason":
            before, after = _summed(before or {}), _summed(after)
        if before != after:
            found.append(f"{key} differ")
    old, rows = known.get("rows", []), new["rows"]
    if old != rows:
        lost, came = set(old) - set(rows), set(rows) - set(old)
        found.append(f"rows differ: {len(lost)} are gone, {len(came)} are new{_first(sorted(lost | came))}")
    for name, digest in new["files"].items():
        if known.get("files", {}).get(name) != digest:
            found.append(f"{name} differs")
    return found


def _summed(reasons: dict[str, int]) -> dict[str, int]:
    """How many functions were rejected for each reason, those of `UNSTEADY` as one."""
    found = {reason: count for reason, count in reasons.items() if reason not in UNSTEADY}
    return found | {UNSTEADY[0]: sum(reasons.get(reason, 0) for reason in UNSTEADY)}


def _notes(known: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """How many functions were rejected for another reason, in words."""
    before, after = known.get("rejected_by_reason", {}), new["rejected_by_reason"]
    changed = sorted(reason for reason in before.keys() | after.keys() if before.get(reason) != after.get(reason))
    return [
        f"rejected as {reason}: {before.get(reason, 0):,} then, {after.get(reason, 0):,} now" for reason in changed
    ]


def _first(ids: Sequence[str]) -> str:
    return f", the first is {ids[0][:12]}" if ids else ", or their order is"
