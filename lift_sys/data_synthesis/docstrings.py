"""Docstrings of any format, read into one shape.

A docstring is first cut into blocks (narrative, Google section, NumPy section, reST or epytext fields, doctest), as
real docstrings mix formats; each structured block then goes to `docstring_parser` with the format it was seen to be
in. What that library can't read is read line by line here, so that every text gives a result and none raises.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Style = Literal["google", "numpy", "rest", "epytext", "plain"]
MAX_CHARACTERS = 20_000
"""Longer docstrings are manuals; only this much of one is read."""


@dataclass(frozen=True)
class ParameterDoc:
    name: str
    type_hint: str | None = None
    description: str = ""


@dataclass(frozen=True)
class ReturnDoc:
    type_hint: str | None = None
    description: str = ""
    is_generator: bool = False


@dataclass(frozen=True)
class RaiseDoc:
    exception: str
    description: str = ""


@dataclass(frozen=True)
class DoctestExample:
    source: str
    want: str = ""


@dataclass(frozen=True)
class ParsedDocstring:
    """A docstring in parts. Texts keep their markup (see `markup.clean`)."""

    style: Style = "plain"
    summary: str = ""
    """The first paragraph, on one line."""
    body: str = ""
    parameters: tuple[ParameterDoc, ...] = ()
    returns: ReturnDoc | None = None
    raises: tuple[RaiseDoc, ...] = ()
    examples: tuple[DoctestExample, ...] = ()


_PARAMETERS = {
    "args",
    "arguments",
    "params",
    "parameters",
    "keyword args",
    "keyword arguments",
    "kwargs",
    "other parameters",
    "inputs",
}
_RETURNS = {"returns", "return", "yields", "yield", "output", "outputs"}
_RAISES = {"raises", "raise", "exceptions", "except"}
_KEPT = {"note", "notes", "warning", "warnings", "details", "description", "behavior", "behaviour"}
_DROPPED = {
    "example", "examples", "usage", "see also", "seealso", "references", "reference", "todo", "todos", "author",
    "authors", "version", "copyright", "license", "licence", "attributes", "methods", "warns", "history", "changelog",
    "links", "doctest", "doctests", "tests", "test", "index", "receives", "side effects",
}  # fmt: skip
_TITLES = _PARAMETERS | _RETURNS | _RAISES | _KEPT | _DROPPED
_HEADER = re.compile(r"^(\s*)([A-Za-z][A-Za-z ]{2,24}?)\s*(::?)\s*$")
_INLINE = re.compile(r"^(\s*)(Returns?|Yields?|Raises?|Output)\s*:\s+(\S.*)$")
_UNDERLINE = re.compile(r"^\s*([-=~^])\1{2,}\s*$")
_FIELD = re.compile(
    r"^\s*([:@])(param|parameter|arg|argument|key|keyword|kwarg|type|returns?|rtype|yields?|ytype|raises?|except"
    r"|exception|throws|var|ivar|cvar|vartype|note|author|since|version|copyright|license|see|todo|deprecated|meta"
    r"|summary|precondition|postcondition|requires|attention|bug|warning|group|sort|keyword)\b([^:\n]*):(?!:)(.*)$"
)
_DASHED = re.compile(r"^\s*(?:[-*]\s+)?[`'\"]?(\*{0,2}[^\W\d]\w*)[`'\"]?\s+--?\s+(\S.*)$")
_DIRECTIVE = re.compile(r"^\s*\.\.\s")


@dataclass
class _Draft:
    styles: set[Style] = field(default_factory=set)
    narrative: list[str] = field(default_factory=list)
    parameters: dict[str, ParameterDoc] = field(default_factory=dict)
    returns: ReturnDoc | None = None
    raises: list[RaiseDoc] = field(default_factory=list)


def parse_docstring(text: str | None) -> ParsedDocstring:
    """The parts of a docstring in any format; a text of no format is all summary and body."""
    if not text or not text.strip():
        return ParsedDocstring()
    cleaned = inspect.cleandoc(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    lines, examples = split_doctests(cleaned[:MAX_CHARACTERS].split("\n"))
    draft = _Draft()
    for style, block in _blocks(lines):
        if style == "plain":
            draft.narrative.extend(block)
        else:
            draft.styles.add(style)
            _read_block(style, block, draft)
    summary, body = _split_summary(draft.narrative)
    order: tuple[Style, ...] = ("numpy", "google", "rest", "epytext")
    return ParsedDocstring(
        style=next((style for style in order if style in draft.styles), "plain"),
        summary=summary,
        body=body,
        parameters=tuple(draft.parameters.values()),
        returns=draft.returns,
        raises=tuple(draft.raises),
        examples=tuple(examples),
    )


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


def _blocks(lines: list[str]) -> Iterator[tuple[Style, list[str]]]:
    position = 0
    while position < len(lines):
        style, end = _block_at(lines, position)
        yield style, lines[position:end]
        position = end


def _block_at(lines: list[str], start: int) -> tuple[Style, int]:
    """The format of the block that starts at a line, and where it ends."""
    line = lines[start]
    if found := _FIELD.match(line):
        return ("rest" if found[1] == ":" else "epytext"), _end_of_field(lines, start + 1)
    if _is_numpy_header(lines, start):
        end = start + 2
        while end < len(lines) and not _is_numpy_header(lines, end) and not _FIELD.match(lines[end]):
            end += 1
        return "numpy", end
    header = _HEADER.match(line)
    if header and header[2].lower() in _TITLES:
        # The first line of a docstring has lost its indentation, so there a blank line ends the section.
        end = _end_of_section(lines, start + 1, len(header[1]) if start else -1, blank_ends=not start)
        if end > start + 1 or header[2].lower() not in _KEPT:
            return "google", end
    if inline := _INLINE.match(line):
        return "google", _end_of_section(lines, start + 1, len(inline[1]), blank_ends=True)
    return "plain", start + 1


def _is_numpy_header(lines: list[str], at: int) -> bool:
    title = lines[at].strip().lower().rstrip(":")
    return title in _TITLES and at + 1 < len(lines) and bool(_UNDERLINE.match(lines[at + 1]))


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
    while end < len(lines) and not _FIELD.match(lines[end]) and not _DIRECTIVE.match(lines[end]):
        if not lines[end].strip():
            following = next((line for line in lines[end:] if line.strip()), "")
            if not following or following == following.lstrip():
                break
        end += 1
    return end


def _read_block(style: Style, block: list[str], draft: _Draft) -> None:
    if style in ("rest", "epytext"):
        _read_field(block, draft)
        return
    if inline := _INLINE.match(block[0]):
        title, content = inline[2].lower(), [inline[3], *(line.strip() for line in block[1:])]
        block = [f"{title.capitalize()}:", *(f"    {line}" for line in content)]
    title = block[0].strip().lower().rstrip(":").strip()
    content = block[2:] if style == "numpy" else block[1:]
    if title in _KEPT:
        text = inspect.cleandoc("\n" + "\n".join(content))
        draft.narrative.extend(["", *text.split("\n"), ""])
    elif title in _PARAMETERS:
        for item in _items(style, "Parameters", content, "params"):
            _add_parameter(draft, *item)
    elif title in _RETURNS:
        canonical = "Yields" if title.startswith("yield") else "Returns"
        for name, hint, text in _items(style, canonical, content, "many_returns")[:1]:
            if style == "numpy" and not text and hint and " " in hint:
                text, hint = hint, None
            if style == "google" and hint and not _looks_like_type(hint):
                text, hint = f"{hint}: {text}".rstrip(": "), None
            draft.returns = ReturnDoc(hint or (name or None), text, canonical == "Yields")
    elif title in _RAISES:
        for _, hint, text in _items(style, "Raises", content, "raises"):
            draft.raises.append(RaiseDoc(hint or "", text))


def _looks_like_type(text: str) -> bool:
    return len(text) < 60 and not re.search(r"[.!?`]\s|^(the|a|an|if|when)\b", text.lower() + " ")


def _items(style: Style, title: str, content: list[str], attribute: str) -> list[tuple[str, str | None, str]]:
    """(name, type, description) of each entry of a section, by `docstring_parser`, or by indentation."""
    text = inspect.cleandoc("\n" + "\n".join(line.expandtabs() for line in content))
    if not text.strip():
        return []
    try:
        found = [
            (
                getattr(item, "arg_name", None) or getattr(item, "return_name", None) or "",
                item.type_name,
                _one_line(item.description or ""),
            )
            for item in getattr(_parse(style, title, text), attribute)
        ]
    except Exception:
        found = []
    return found or _items_by_indent(text, is_return=attribute == "many_returns")


def _parse(style: Style, title: str, text: str) -> object:
    # docstring_parser is imported here: importing this module must stay cheap.
    from docstring_parser import google, numpydoc

    if style == "numpy":
        return numpydoc.parse(f"Summary.\n\n{title}\n{'-' * len(title)}\n{text}\n")
    indented = "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
    header = {"Parameters": "Args"}.get(title, title)
    return google.parse(f"Summary.\n\n{header}:\n{indented}\n")


_ENTRY = re.compile(r"^[-*•]?\s*[`'\"]?(\*{0,2}[^\W\d][\w.]*)[`'\"]?\s*(?:\(([^)]*)\))?\s*(?::|--?|–|=)\s*(.*)$")


def _items_by_indent(text: str, *, is_return: bool) -> list[tuple[str, str | None, str]]:
    if is_return:
        return [("", None, _one_line(text))]
    items: list[tuple[str, str | None, str]] = []
    for line in text.split("\n"):
        entry = _ENTRY.match(line) if line == line.lstrip() else None
        if entry:
            items.append((entry[1], entry[2], entry[3].strip()))
        elif items and line.strip():
            name, hint, description = items[-1]
            items[-1] = (name, hint, f"{description} {line.strip()}".strip())
        elif line.strip() and re.fullmatch(r"\*{0,2}[^\W\d][\w.]*", line.strip()):
            items.append((line.strip(), None, ""))
    return items


def _read_field(block: list[str], draft: _Draft) -> None:
    found = _FIELD.match(block[0])
    if not found:
        return
    keyword, argument = found[2], found[3].strip()
    text = _one_line("\n".join([found[4], *block[1:]]))
    if keyword in ("param", "parameter", "arg", "argument", "key", "keyword", "kwarg"):
        *hints, name = argument.split() or [""]
        _add_parameter(draft, name, " ".join(hints) or None, text)
    elif keyword == "type":
        _add_parameter(draft, argument, text or None, "")
    elif keyword in ("return", "returns", "yield", "yields"):
        old = draft.returns or ReturnDoc()
        hint_text = argument or old.type_hint
        draft.returns = ReturnDoc(hint_text, text, keyword.startswith("yield"))
    elif keyword in ("rtype", "ytype"):
        old = draft.returns or ReturnDoc()
        draft.returns = ReturnDoc(text or old.type_hint, old.description, old.is_generator or keyword == "ytype")
    elif keyword in ("raise", "raises", "except", "exception", "throws"):
        names = re.split(r"[,\s]+", argument) if argument else [""]
        draft.raises.extend(RaiseDoc(name, text) for name in names if name or text)
    elif keyword in ("note", "warning", "attention", "summary", "precondition", "postcondition", "requires"):
        draft.narrative.extend(["", text, ""])


def _add_parameter(draft: _Draft, name: str, hint: str | None, text: str) -> None:
    for part in re.split(r"[,/]\s*|\s+and\s+", name):
        bare = part.strip().strip("`'\"\\").replace("\\*", "*").lstrip("*").rstrip(":")
        if not bare.isidentifier():
            continue
        old = draft.parameters.get(bare) or ParameterDoc(bare)
        draft.parameters[bare] = ParameterDoc(bare, hint or old.type_hint, text or old.description)


def dashed_parameters(lines: Iterable[str], names: Iterable[str]) -> tuple[list[str], list[ParameterDoc]]:
    """The plain style `name -- what it is`, for names that are parameters: the other lines, and what was found."""
    known, kept, found = set(names), [], []
    open_entry = False
    for line in lines:
        entry = _DASHED.match(line)
        if entry and entry[1].lstrip("*") in known:
            found.append(ParameterDoc(entry[1].lstrip("*"), None, entry[2].strip()))
            open_entry = True
        elif open_entry and line.strip() and line[:1].isspace():
            last = found[-1]
            found[-1] = ParameterDoc(last.name, None, f"{last.description} {line.strip()}")
        else:
            open_entry = False
            kept.append(line)
    return kept, found


def _split_summary(lines: list[str]) -> tuple[str, str]:
    """The first paragraph as one line, and the rest."""
    while lines and (not lines[0].strip() or _UNDERLINE.match(lines[0])):
        lines = lines[1:]
    end = next((i for i, line in enumerate(lines) if not line.strip() or _DIRECTIVE.match(line)), len(lines))
    end = max(end, 1) if lines and not _DIRECTIVE.match(lines[0]) else end
    head = [line for line in lines[:end] if not _UNDERLINE.match(line)]
    return _one_line("\n".join(head)), "\n".join(lines[end:]).strip("\n")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
