"""Curation of rows whose fate is known: only what other rows can change is done again.

Licences, secrets, personal data, description, quality and the benchmarks' texts are decided on a row alone, so what
they said of it before still holds. Duplicates depend on the rows before; so every row is held against the others
again, and one whose near-duplicate is gone comes back. The result is that of `curation.apply`, for about a fifth of
its time.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.config import engine_version
from lift_sys.data_synthesis.curation import Step, apply
from lift_sys.data_synthesis.curation.duplicates import Duplicates
from lift_sys.data_synthesis.dataset import EXAMPLES, REJECTS, file_hash
from lift_sys.records import Example, Rejection, RejectionReason

ALONE = frozenset(
    reason.value
    for reason in (
        RejectionReason.LICENCE,
        RejectionReason.LICENCE_UNCLEAR,
        RejectionReason.SECRET,
        RejectionReason.PERSONAL_DATA,
        RejectionReason.LOW_QUALITY,
    )
)
"""Reasons that depend on nothing but the row."""
DUPLICATES = frozenset((RejectionReason.DUPLICATE.value, RejectionReason.NEAR_DUPLICATE.value))


@dataclass
class Before:
    """What became of each function in a dataset that was made by the same engine with the same settings."""

    path: Path
    offsets: dict[str, int] = field(default_factory=dict)
    """Where the row of a function starts in the file, in bytes."""
    rejected: dict[str, str] = field(default_factory=dict)
    """The line that says why a function was rejected on its own account."""
    duplicates: set[str] = field(default_factory=set)
    """Functions that were rejected for their likeness to others."""

    @classmethod
    def of(cls, folder: Path, manifest: dict[str, Any]) -> Before | None:
        """None where rows are of another engine, or the files are not those that the manifest names."""
        files = manifest["files"]
        if any(file_hash(folder / name) != files[name] for name in (EXAMPLES, REJECTS)):
            return None
        found = cls(folder / EXAMPLES)
        position = 0
        with found.path.open("rb") as file:
            for line in file:
                place = json.loads(line)["provenance"]
                if place["code_version"] != engine_version():
                    return None
                found.offsets[place["function"]] = position
                position += len(line)
        with (folder / REJECTS).open(encoding="utf-8") as rejects:
            for text in rejects:
                data = json.loads(text)
                if data["stage"] != "curate":
                    continue
                if data["reason"] in ALONE:
                    found.rejected[data["function"]] = text
                elif data["reason"] in DUPLICATES:
                    found.duplicates.add(data["function"])
        return found

    def row(self, function: str) -> Example | None:
        """The row as it was, its cluster left open; None where there was none."""
        if function not in self.offsets:
            return None
        with self.path.open("rb") as file:
            file.seek(self.offsets[function])
            data = json.loads(file.readline())
        del data["id"]
        return Example.model_validate({**data, "cluster": ""})


def recurate(before: Before, steps: Sequence[Step], examples: Iterable[Example]) -> Iterator[Example | Rejection]:
    """`apply(steps, examples)`, where `examples` that were rows come as `Before.row` gives them."""
    place = next(index for index, step in enumerate(steps) if isinstance(step, Duplicates))
    alone, after = steps[:place], steps[place + 1 :]
    duplicates = OneByOne(steps[place])
    for example in examples:
        function = example.provenance.function
        known = before.rejected.get(function)
        if known is not None:
            yield Rejection.from_line(known)
            continue
        row: Example | Rejection = example
        settled = function in before.offsets
        if not settled and function not in before.duplicates:
            row = _one(alone, row)
        if isinstance(row, Example):
            row = duplicates(row)
        if function in before.duplicates:
            row = _one(alone, row)
        yield row if settled else _one(after, row)


def _one(steps: Sequence[Step], row: Example | Rejection) -> Example | Rejection:
    return row if isinstance(row, Rejection) else next(apply(steps, [row]))


class OneByOne:
    """A step that looks back, called with one row after the other."""

    def __init__(self, step: Step) -> None:
        self._waiting: deque[Example] = deque()
        self._results = step(iter(self._waiting.popleft, None))

    def __call__(self, row: Example) -> Example | Rejection:
        self._waiting.append(row)
        return next(self._results)
