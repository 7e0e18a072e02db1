"""What a dataset holds of a source, and which rows of other projects are copies of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.dataset import EXAMPLES, FILE_REJECTS, MANIFEST, REJECTS
from lift_sys.data_synthesis.forget_plan import Target, from_manifest
from lift_sys.data_synthesis.sources.tombstones import names_of
from lift_sys.errors import StorageError
from lift_sys.records import RejectionReason
from lift_sys.storage import storage_errors

_LIKE = re.compile(r"(?:like|as) ([0-9a-f]{12})$")
"""How curation names the row that a duplicate is one of."""
_FUNCTION = re.compile(r'"function": "([0-9a-f]{64})"')
_DUPLICATES = (RejectionReason.DUPLICATE.value, RejectionReason.NEAR_DUPLICATE.value)


@dataclass(frozen=True)
class Copy:
    """A function of another project that is a near-duplicate of a forgotten one."""

    repository: str
    qualname: str
    function: str
    kept: bool
    """Whether it is a row; else it was rejected as the later of the two, and may come back."""


@dataclass
class Traces:
    rows: list[str] = field(default_factory=list)
    """Ids of the source's rows."""
    rejects: int = 0
    file_rejects: int = 0
    copies: list[Copy] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    own: bool
    function: str
    cluster: str
    repository: str
    qualname: str
    like: str = ""


def find_traces(folder: Path, target: Target) -> Traces:
    """Read the dataset once.

    Raises:
        StorageError: a line of it is damaged.
    """
    manifest = json.loads((folder / MANIFEST).read_text())
    projects = {source["id"]: source["name"] for source in manifest["sources"]}
    own = {
        source["id"]
        for source in manifest["sources"]
        if any(map(target.matches, from_manifest({"sources": [source]})))
    }
    traces = Traces()
    rows = []
    for data in _records(folder / EXAMPLES):
        row = _row(data, own, target)
        rows.append(row)
        if row.own:
            traces.rows.append(data["id"])
    rejects = []
    for data in _records(folder / REJECTS):
        mine = data["repository"] in own
        traces.rejects += mine
        like = _LIKE.search(data["detail"]) if data["reason"] in _DUPLICATES else None
        if like:
            name = projects.get(data["repository"], data["repository"])
            rejects.append(_Row(mine, data["function"] or "", "", name, data["qualname"] or "", like[1]))
    traces.file_rejects = sum(data["repository"] in own for data in _records(folder / FILE_REJECTS))
    traces.copies = _copies(rows, rejects)
    return traces


def _copies(rows: list[_Row], rejects: list[_Row]) -> list[Copy]:
    clusters = {row.cluster for row in rows if row.own and row.cluster}
    ours = {row.function[:12] for row in rows if row.own}
    theirs = {row.like for row in rejects if row.own}  # rows that came before ours
    kept = [row for row in rows if not row.own and (row.cluster in clusters or row.function[:12] in theirs)]
    shadowed = [row for row in rejects if not row.own and row.like in ours]
    return [
        Copy(row.repository, row.qualname, row.function, is_row)
        for group, is_row in ((kept, True), (shadowed, False))
        for row in group
    ]


def _row(data: dict[str, Any], own: set[str], target: Target) -> _Row:
    place = data["provenance"]
    mine = place["repository_id"] in own or bool(names_of(place["repository"], place["url"]) & target.names)
    return _Row(mine, place["function"], data["cluster"], place["repository"], place["qualname"])


def functions_of(folder: Path) -> set[str]:
    """Ids of the functions that are rows."""
    found = set()
    with (folder / EXAMPLES).open(encoding="utf-8") as file:
        for line in file:
            found.update(_FUNCTION.findall(line)[-1:])  # mined text can't look like it: its quotes are escaped
    return found


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with storage_errors(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                data = json.loads(line)
                if "id" not in data:
                    raise ValueError("it has no id")
            except (ValueError, TypeError) as error:
                raise StorageError(
                    f"{path}, line {number} is damaged ({error}): `lift-sys generate` makes the file anew from what "
                    "is kept; nothing was changed"
                ) from None
            yield data
