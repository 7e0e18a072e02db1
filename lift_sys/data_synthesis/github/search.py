"""Repository search past GitHub's cap of 1,000 results: the span of creation dates is halved until each part fits.

Every finished part is a file, so a search that was stopped anywhere goes on where it was. One query has one order of
parts, and what they found is put together by repository number: the result does not depend on when it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from lift_sys.data_synthesis.github.client import Client
from lift_sys.data_synthesis.github.query import Candidate, Query, seconds_of
from lift_sys.errors import SourceError
from lift_sys.records.base import Record, content_hash
from lift_sys.storage.files import atomic_write, storage_errors

CAP = 1000
"""GitHub hands out no more results of one search."""
PAGE = 100
_DAY = 86_400
_MONTH = 30 * _DAY
"""A search of less that GitHub still cuts short is taken as it is, with a note."""


class Slice(Record):
    """One search: a licence and a span of creation times, both ends included, in seconds since 1970."""

    licence: str
    first: int
    last: int

    def halves(self) -> tuple[Slice, Slice]:
        middle = (self.first + self.last) // 2
        return (
            self.model_copy(update={"last": middle}),
            self.model_copy(update={"first": middle + 1}),
        )

    def text(self) -> str:
        return f"created:{_iso(self.first)}..{_iso(self.last)}"


class Part(Record):
    """What one slice gave."""

    schema_version: Literal[1] = 1
    slice: Slice
    total: int
    """As GitHub counts."""
    split: bool = False
    """More than the cap, or some were missing: the halves hold the results."""
    found: tuple[Candidate, ...] = ()
    unreadable: int = 0
    notes: tuple[str, ...] = ()


@dataclass
class Search:
    """The search of one query, its parts kept below `folder`."""

    query: Query
    last_day: str
    """The last day of creation, once the query's own is settled."""
    client: Client
    folder: Path
    tell: Callable[[int, int], None] = lambda parts, found: None

    def run(self) -> list[Part]:
        """All parts, in one order.

        Raises:
            ConfigError: GitHub does not accept the search.
            RateLimited, ServiceUnavailable, SourceError: it can't go on now; finished parts are kept.
            StorageError: the folder can't be written.
        """
        first, last = seconds_of(self.query.created[0]), seconds_of(self.last_day) + _DAY - 1
        waiting = [Slice(licence=licence, first=first, last=last) for licence in reversed(self.query.licences)]
        parts: list[Part] = []
        found = 0
        while waiting:
            piece = waiting.pop()
            part = self._kept(piece) or self._asked(piece)
            parts.append(part)
            found += len(part.found)
            self.tell(len(parts), found)
            if part.split:
                waiting += reversed(piece.halves())
        return parts

    def _asked(self, piece: Slice) -> Part:
        total, incomplete, items = self._page(piece, 1)
        span = piece.last - piece.first
        if (total > CAP and span > 0) or (incomplete and span > _MONTH):
            return self._keep(Part(slice=piece, total=total, split=True))
        for page in range(2, -(-min(total, CAP) // PAGE) + 1):
            items += self._page(piece, page)[2]
        read = [Candidate.read(item) for item in items]
        found = {candidate.number: candidate for candidate in read if candidate is not None}
        unreadable = read.count(None)
        short = min(total, CAP) - len(found) - unreadable
        if short > 0 and total > PAGE and span > _DAY:
            # Results moved from page to page while they were read. Smaller slices have fewer pages.
            return self._keep(Part(slice=piece, total=total, split=True))
        notes = []
        if total > CAP:
            notes.append(f"{total} repositories were made in one second; {CAP} of them were read")
        if incomplete:
            notes.append("GitHub's search ran out of time and left some out")
        if short > 0:
            notes.append(f"GitHub counted {total} and handed out {len(found) + unreadable}")
        ordered = tuple(found[number] for number in sorted(found))
        return self._keep(Part(slice=piece, total=total, found=ordered, unreadable=unreadable, notes=tuple(notes)))

    def _keep(self, part: Part) -> Part:
        path = self._path(part.slice)
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, [part.to_line() + "\n"])
        return part

    def _page(self, piece: Slice, page: int) -> tuple[int, bool, list[Any]]:
        """The count of all, whether the search was cut short, and the items of one page.

        Pages are in the order of stars: GitHub's own order ("best match") is not the same from page to page.
        """
        text = f"{self.query.qualifiers(piece.licence)} {piece.text()}"
        reply = self.client.get(
            "/search/repositories", "the search", q=text, sort="stars", order="desc", per_page=PAGE, page=page
        )
        data = reply.data if isinstance(reply.data, dict) else {}
        total, items = data.get("total_count"), data.get("items")
        if not isinstance(total, int) or total < 0 or not isinstance(items, list):
            raise SourceError("the search: GitHub's answer has no total_count and items")
        return total, data.get("incomplete_results") is True, items

    def _path(self, piece: Slice) -> Path:
        key = content_hash([self.query.qualifiers(piece.licence), piece.first, piece.last])
        return self.folder / f"{key[:40]}.json"

    def _kept(self, piece: Slice) -> Part | None:
        try:
            part = Part.from_line(self._path(piece).read_text(encoding="utf-8"))
        except (OSError, ValueError, ValidationError):
            return None
        return part if isinstance(part, Part) and part.slice == piece else None


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
