"""What a reader asked for: read forgivingly from an address, and written as SQL with every value bound."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

PAGE = 50
CHOICES = ("project", "category", "difficulty", "licence", "oracle", "projection")
RANGES = ("quality", "mutation", "statements")
SORTS = {
    "": ("as in the dataset", "number"),
    "quality": ("quality, best first", "quality DESC, number"),
    "quality-up": ("quality, worst first", "quality, number"),
    "mutation": ("mutation score, lowest first", "mutation, number"),
    "survivors": ("survivors, most first", "survivors DESC, number"),
    "statements": ("statements, most first", "statements DESC, number"),
    "name": ("name", "name COLLATE NOCASE, number"),
    "project": ("project", "project COLLATE NOCASE, number"),
}
LONGEST = 300


@dataclass(frozen=True)
class Query:
    """Values that make no sense are passed over, so that no address leads to an error."""

    text: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    survivors: str = ""
    """`none`, `some`, or either."""
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Query:
        sort = given.get("sort", "")
        return cls(
            text=given.get("q", "").strip()[:LONGEST],
            chosen={name: given[name] for name in CHOICES if given.get(name)},
            least=_numbers(given, "min"),
            most=_numbers(given, "max"),
            survivors=given.get("survivors", "") if given.get("survivors") in ("none", "some") else "",
            sort=sort if sort in SORTS else "",
            page=int(given["page"]) if given.get("page", "").isdecimal() and len(given["page"]) < 7 else 1,
        )

    def address(self, **changes: Any) -> str:
        """The query part of the address of this search, or of one that differs in `changes`."""
        page = changes.get("page", self.page)
        pairs: dict[str, Any] = {"q": self.text, **self.chosen}
        pairs |= {f"{name}_min": f"{value:g}" for name, value in self.least.items()}
        pairs |= {f"{name}_max": f"{value:g}" for name, value in self.most.items()}
        pairs |= {"survivors": self.survivors, "sort": self.sort, "page": page if page > 1 else ""}
        return urlencode({name: value for name, value in pairs.items() if value != ""})

    @property
    def narrowed(self) -> int:
        """How many filters are set."""
        return len(self.chosen) + len({*self.least, *self.most}) + bool(self.survivors)

    def where(self) -> tuple[str, list[Any]]:
        parts: list[str] = []
        values: list[Any] = []
        for name, value in self.chosen.items():
            # A row may have tests of several oracles; "-" stands for rows without a projection.
            parts.append("' ' || oracle || ' ' LIKE '% ' || ? || ' %'" if name == "oracle" else f"{name} = ?")
            values.append("" if name == "projection" and value == "-" else value)
        for sign, bounds in ((">=", self.least), ("<=", self.most)):
            for name, bound in bounds.items():
                parts.append(f"{name} {sign} ?")
                values.append(bound)
        if self.survivors:
            parts.append("survivors = 0" if self.survivors == "none" else "survivors > 0")
        words = match_of(self.text)
        if words:
            parts.append("number IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append(words)
        return " AND ".join(parts) or "1", values


def _numbers(given: Mapping[str, str], end: str) -> dict[str, float]:
    found = {}
    for name in RANGES:
        try:
            value = float(given.get(f"{name}_{end}", ""))
        except ValueError:
            continue
        if abs(value) < 1e9:
            found[name] = value
    return found


def match_of(text: str) -> str:
    """Words as an FTS5 expression: each one, as a phrase, at the start of what is found. Nothing of it is syntax."""
    words = ["".join(char if char.isalnum() or char == "_" else " " for char in word) for word in text.split()]
    return " ".join(f'"{word.strip()}"*' for word in words if word.strip(" _"))


@dataclass(frozen=True)
class Page:
    rows: list[sqlite3.Row]
    total: int
    first: int
    pages: int


def search(database: sqlite3.Connection, query: Query) -> Page:
    where, values = query.where()
    total = database.execute(f"SELECT count(*) FROM rows WHERE {where}", values).fetchone()[0]
    pages = max(1, -(-total // PAGE))
    first = (min(query.page, pages) - 1) * PAGE
    order = SORTS[query.sort][1]
    rows = database.execute(
        f"SELECT * FROM rows WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?", [*values, PAGE, first]
    ).fetchall()
    return Page(rows, total, first, pages)


def neighbours(database: sqlite3.Connection, query: Query, number: int) -> tuple[str | None, str | None, int, int]:
    """Ids of the rows before and after one in a search, its place (from 1; 0: not in it), and how many there are."""
    where, values = query.where()
    found = database.execute(f"SELECT number FROM rows WHERE {where} ORDER BY {SORTS[query.sort][1]}", values)
    order = [row[0] for row in found]
    if number not in order:
        return None, None, 0, len(order)
    place = order.index(number)
    around = [order[at] if 0 <= at < len(order) else None for at in (place - 1, place + 1)]
    ids = [
        None if at is None else database.execute("SELECT id FROM rows WHERE number=?", (at,)).fetchone()[0]
        for at in around
    ]
    return ids[0], ids[1], place + 1, len(order)


def choices(database: sqlite3.Connection) -> dict[str, list[tuple[str, int]]]:
    """For each filter, what there is and how many rows have it."""
    found = {}
    for name in CHOICES:
        if name == "oracle":
            counts: dict[str, int] = {}
            for oracles, count in database.execute("SELECT oracle, count(*) FROM rows GROUP BY oracle"):
                for oracle in oracles.split():
                    counts[oracle] = counts.get(oracle, 0) + count
            found[name] = sorted(counts.items())
        else:
            rows = database.execute(
                f"SELECT {name}, count(*) FROM rows GROUP BY {name} ORDER BY {name} COLLATE NOCASE"
            )
            found[name] = [(value, count) for value, count in rows]
    return found
