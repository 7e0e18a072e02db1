"""What a report says, as sections of tables. Markdown and page are drawn from the same ones, so neither lacks any."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


class Code(str):
    """A cell that is shown as code."""

    __slots__ = ()


Cell = str | int
_NUMBER = re.compile(r"-|[\d,.]+( %)?")
_MARKS = re.compile(r"[\\|<*`\[]|(?<!\w)_|_(?!\w)")
LONG = 15
"""Rows from which a table is folded away on the page."""
WIDE = 4
"""Columns beyond which it does not stand beside another."""


@dataclass(frozen=True)
class Table:
    """Rows under a head. Where the page shows them as a chart, the table is folded away below it."""

    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    title: str = ""
    charts: tuple[str, ...] = ()
    """SVG."""
    alone: bool = False
    """Nothing stands beside it on the page."""

    @property
    def folded(self) -> bool:
        return bool(self.charts) or len(self.rows) > LONG

    @property
    def wide(self) -> bool:
        """Whether the page gives it the whole width."""
        return self.alone or len(self.head) > WIDE or len(self.charts) > 1

    @property
    def narrow(self) -> bool:
        """Whether its lines are hard to follow over the whole width."""
        return len(self.head) <= WIDE

    @property
    def numeric(self) -> list[bool]:
        """For each column, whether it holds nothing but numbers."""
        columns = zip(*self.rows, strict=True)
        return [all(_NUMBER.fullmatch(plain(cell)) for cell in column) for column in columns] or [
            False for _ in self.head
        ]


@dataclass(frozen=True)
class Section:
    title: str
    tables: Sequence[Table] = field(default_factory=tuple)
    texts: Sequence[str] = field(default_factory=tuple)
    """Paragraphs; code in them stands in backticks."""


def counted(head: tuple[str, str], counts: Mapping[str, int], title: str = "", charts: tuple[str, ...] = ()) -> Table:
    """Names and how many, in the order given."""
    return Table(head, list(counts.items()), title, charts)


def percent(part: int, whole: int) -> str:
    """A share of a whole; nothing of nothing is not measured."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def by_size(values: Sequence[int], starts: Sequence[int]) -> dict[str, int]:
    """How many values lie in each range of whole numbers; the last has no end. Empty ends are left out."""
    names = [*(_range(low, high) for low, high in pairwise(starts)), f"{starts[-1]} or more"]
    return _trimmed(names, _placed(values, starts))


def by_share(values: Sequence[float]) -> dict[str, int]:
    """The same for values from 0 to 1, by twentieths; 1 is a range of its own."""
    starts = range(0, 101, 5)
    names = [*(f"{low / 100:.2f}-{(low + 4) / 100:.2f}" for low in starts[:-1]), "1.00"]
    return _trimmed(names, _placed([int(100 * value + 1e-9) for value in values], starts))


def _range(low: int, high: int) -> str:
    return str(low) if high == low + 1 else f"{low}-{high - 1}"


def _placed(values: Sequence[int], starts: Sequence[int]) -> list[int]:
    counts = [0] * len(starts)
    for value in values:
        counts[max(bisect_right(starts, value) - 1, 0)] += 1
    return counts


def _trimmed(names: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    used = [place for place, count in enumerate(counts) if count]
    chosen = slice(used[0], used[-1] + 1) if used else slice(0)
    return dict(zip(names[chosen], counts[chosen], strict=True))


def plain(cell: Cell) -> str:
    """A cell as text, on one line and without what could steer a terminal."""
    if isinstance(cell, int):
        return f"{cell:,}"
    return "".join(letter if letter.isprintable() else " " for letter in cell)


def markdown(cell: Cell) -> str:
    """A cell of a Markdown table."""
    if isinstance(cell, Code):
        return f"`{plain(cell).replace('`', chr(39)).replace('|', chr(92) + '|')}`" if cell else ""
    return _MARKS.sub(r"\\\g<0>", plain(cell))
