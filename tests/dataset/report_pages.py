"""Reads back the tables of a report, from its Markdown and from its page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

Row = tuple[str, ...]
_BAR = re.compile(r"(?<!\\)\|")


def markdown_tables(text: str) -> list[list[Row]]:
    """The rows below each head."""
    tables: list[list[Row]] = []
    before = ""
    for line in text.splitlines():
        if re.fullmatch(r"(\|---)+\|", line):
            assert before.startswith("|")
            tables.append([])
        elif line.startswith("|") and before.startswith("|"):
            tables[-1].append(tuple(_cell(cell) for cell in _BAR.split(line.strip()[1:-1])))
        before = line
    return tables


def _cell(cell: str) -> str:
    return re.sub(r"\\(.)", r"\1", cell.strip()).strip("`")


@dataclass
class Figure:
    charts: int = 0
    rows: list[Row] = field(default_factory=list)


class Page(HTMLParser):
    """The figures of a page: how many charts each has, and the rows of its table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: list[Figure] = []
        self._cells: list[str] | None = None
        self._inside = False
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "figure":
            self.figures.append(Figure())
        elif tag == "svg":
            self.figures[-1].charts += 1
        elif tag == "tr":
            self._cells = []
        elif tag == "td" and self._cells is not None:
            self._cells.append("")
            self._inside = True
        elif tag == "script":
            self.scripts += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._inside = False
        elif tag == "tr" and self._cells:
            self.figures[-1].rows.append(tuple(cell.strip() for cell in self._cells))

    def handle_data(self, data: str) -> None:
        if self._inside and self._cells is not None:
            self._cells[-1] += data
