"""Docstrings cut into blocks: narrative, Google section, NumPy section, reST or epytext fields, doctests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Style = Literal["google", "numpy", "rest", "epytext", "plain"]


@dataclass(frozen=True)
class DoctestExample:
    source: str
    want: str = ""


PARAMETERS = {
    "args", "arguments", "params", "parameters", "keyword args", "keyword arguments", "kwargs", "other parameters",
    "inputs",
}  # fmt: skip
RETURNS = {"returns", "return", "yields", "yield", "output", "outputs"}
RAISES = {"raises", "raise", "exceptions", "except"}
KEPT = {"note", "notes", "warning", "warnings", "details", "description", "behavior", "behaviour"}
_DROPPED = {
    "example", "examples", "usage", "see also", "seealso", "references", "reference", "todo", "todos", "author",
    "authors", "version", "copyright", "license", "licence", "attributes", "methods", "warns", "history", "changelog",
    "links", "doctest", "doctests", "tests", "test", "index", "receives", "side effects",
}  # fmt: skip
_TITLES = PARAMETERS | RETURNS | RAISES | KEPT | _DROPPED
_HEADER = re.compile(r"^(\s*)([A-Za-z][A-Za-z ]{2,24}?)\s*(::?)\s*$")
INLINE = re.compile(r"^(\s*)(Returns?|Yields?|Raises?|Output)\s*:\s+(\S.*)$")
UNDERLINE = re.compile(r"^\s*([-=~^])\1{2,}\s*$")
FIELD = re.compile(
    r"^\s*([:@])(param|parameter|arg|argument|key|keyword|kwarg|type|returns?|rtype|yields?|ytype|raises?|except"
    r"|exception|throws|var|ivar|cvar|vartype|note|author|since|version|copyright|license|see|todo|deprecated|meta"
    r"|summary|precondition|postcondition|requires|attention|bug|warning|group|sort|keyword)\b([^:\n]*):(?!:)(.*)$"
)
DIRECTIVE = re.compile(r"^\s*\.\.\s")


_FENCE = re.compile(r"^\s*(`{3,}|~{3,})[^`~]*$")


def without_fences(lines: list[str]) -> list[str]:
    """The lines without Markdown's fenced code; of that the doctests stay, as they are examples."""
    kept: list[str] = []
    position = 0
    while position < len(lines):
        fence = _FENCE.match(lines[position])
        if fence is None:
            kept.append(lines[position])
            position += 1
            continue
        rest = range(position + 1, len(lines))
        end = next((at for at in rest if lines[at].strip() == fence[1]), None)
        if end is not None:
            kept += ["", *_doctest_lines(lines[position + 1 : end]), ""]
        position = position + 1 if end is None else end + 1
    return kept


def _doctest_lines(lines: list[str]) -> list[str]:
    start = next((at for at, line in enumerate(lines) if line.lstrip().startswith(">>>")), len(lines))
    kept = lines[start:]
    for at, line in enumerate(kept):
        if not line.strip() and not any(more.lstrip().startswith(">>>") for more in kept[at:]):
            return kept[:at]
    return kept


def split_doctests(lines: list[str]) -> tuple[list[str], list[DoctestExample]]:
    """The lines without their doctests, and the doctests."""
    kept: list[str] = []
    examples: list[DoctestExample] = []
    position = 0
    while position < len(lines):
        stripped = lines[position].lstrip()
        if not re.match(r">>>(\s|$)", stripped):
            kept.append(lines[position])
            position += 1
            continue
        source = [stripped[4:]]
        position += 1
        while position < len(lines) and re.match(r"\.\.\.(\s|$)", lines[position].lstrip()):
            source.append(lines[position].lstrip()[4:])
            position += 1
        want: list[str] = []
        while position < len(lines) and lines[position].strip() and not lines[position].lstrip().startswith(">>>"):
            want.append(lines[position].strip())
            position += 1
        examples.append(DoctestExample("\n".join(source).rstrip(), "\n".join(want)))
        if kept and kept[-1].strip():
            kept.append("")
    return kept, examples


def blocks(lines: list[str]) -> Iterator[tuple[Style, list[str]]]:
    """The blocks in order, each with its format; "plain" is narrative, one line at a time."""
    position = 0
    while position < len(lines):
        style, end = _block_at(lines, position)
        yield style, lines[position:end]
        position = end


def _block_at(lines: list[str], start: int) -> tuple[Style, int]:
    """The format of the block that starts at a line, and where it ends."""
    line = lines[start]
    if found := FIELD.match(line):
        return ("rest" if found[1] == ":" else "epytext"), _end_of_field(lines, start + 1)
    if _is_numpy_header(lines, start):
        end = start + 2
        while end < len(lines) and not _is_numpy_header(lines, end) and not FIELD.match(lines[end]):
            end += 1
        return "numpy", end
    header = _HEADER.match(line)
    if header and header[2].lower() in _TITLES:
        # The first line of a docstring has lost its indentation, so there a blank line ends the section.
        end = _end_of_section(lines, start + 1, len(header[1]) if start else -1, blank_ends=not start)
        if end > start + 1 or header[2].lower() not in KEPT:
            return "google", end
    if inline := INLINE.match(line):
        return "google", _end_of_section(lines, start + 1, len(inline[1]), blank_ends=True)
    return "plain", start + 1


def _is_numpy_header(lines: list[str], at: int) -> bool:
    title = lines[at].strip().lower().rstrip(":")
    return title in _TITLES and at + 1 < len(lines) and bool(UNDERLINE.match(lines[at + 1]))


def _indent(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _end_of_section(lines: list[str], at: int, indent: int, *, blank_ends: bool = False) -> int:
    """A Google section ends at the first line that is indented no deeper than its header."""
    end = at
    while end < len(lines):
        if lines[end].strip():
            if _indent(lines[end]) <= indent:
                break
        elif blank_ends:
            break
        end += 1
    return end


def _end_of_field(lines: list[str], at: int) -> int:
    """A field ends at the next field, or at a blank line that no indented line follows."""
    end = at
    while end < len(lines) and not FIELD.match(lines[end]) and not DIRECTIVE.match(lines[end]):
        if not lines[end].strip():
            following = next((line for line in lines[end:] if line.strip()), "")
            if not following or following == following.lstrip():
                break
        end += 1
    return end
