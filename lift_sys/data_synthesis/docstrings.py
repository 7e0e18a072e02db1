"""Docstrings of any format, read into one shape.

A docstring is first cut into blocks (narrative, Google section, NumPy section, reST or epytext fields, doctest), as
real docstrings mix formats; each structured block then goes to `docstring_parser` with the format it was seen to be
in. What that library can't read is read line by line here, so that every text gives a result and none raises.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lift_sys.data_synthesis.docstring_blocks import (
    DIRECTIVE,
    FIELD,
    INLINE,
    KEPT,
    PARAMETERS,
    RAISES,
    RETURNS,
    UNDERLINE,
    DoctestExample,
    Style,
    blocks,
    split_doctests,
    without_fences,
)

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


_DASHED = re.compile(r"^\s*(?:[-*]\s+)?[`'\"]?(\*{0,2}[^\W\d]\w*)[`'\"]?\s+--?\s+(\S.*)$")


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
    lines, examples = split_doctests(without_fences(cleaned[:MAX_CHARACTERS].split("\n")))
    draft = _Draft()
    for style, block in blocks(lines):
        if style == "plain":
            draft.narrative.extend(block)
        else:
            draft.styles.add(style)
            _read_block(style, block, draft)
    if draft.returns is not None:
        draft.returns = _type_told_apart(draft.returns)
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


def _read_block(style: Style, block: list[str], draft: _Draft) -> None:
    if style in ("rest", "epytext"):
        _read_field(block, draft)
        return
    if inline := INLINE.match(block[0]):
        title, content = inline[2].lower(), [inline[3], *(line.strip() for line in block[1:])]
        block = [f"{title.capitalize()}:", *(f"    {line}" for line in content)]
    title = block[0].strip().lower().rstrip(":").strip()
    content = block[2:] if style == "numpy" else block[1:]
    if title in KEPT:
        text = inspect.cleandoc("\n" + "\n".join(content))
        draft.narrative.extend(["", *text.split("\n"), ""])
    elif title in PARAMETERS:
        for item in _items(style, "Parameters", content, "params"):
            _add_parameter(draft, *item)
    elif title in RETURNS:
        canonical = "Yields" if title.startswith("yield") else "Returns"
        for name, hint, text in _items(style, canonical, content, "many_returns")[:1]:
            if style == "numpy" and not text and hint and " " in hint:
                text, hint = hint, None
            if style == "google" and hint and not _looks_like_type(hint):
                text, hint = f"{hint}: {text}".rstrip(": "), None
            draft.returns = ReturnDoc(hint or (name or None), text, canonical == "Yields")
    elif title in RAISES:
        for _, hint, text in _items(style, "Raises", content, "raises"):
            draft.raises.append(RaiseDoc(hint or "", text))


MAX_TYPE = 80
"""Characters of a type; the pattern would take long to fail on longer texts."""
_TYPE_NAME = (
    r"(?:(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*|None|str|string|int|integer|float|bool|boolean|bytes|bytearray|complex|list"
    r"|dict|dictionary|tuple|set|frozenset|object|callable|generator|iterator|iterable|array|number|unicode|Any"
    r"|Optional|Union|Callable|Sequence|Mapping|Iterable|Iterator|Generator|Type|Literal|Decimal|Path|datetime|date)"
)
_TYPE = re.compile(rf"{_TYPE_NAME}(?:\[[^\]].*\])?(?:\s*(?:\||or|,)\s*{_TYPE_NAME}(?:\[[^\]].*\])?)*", re.I)
_BRACKETED = re.compile(r"^\[([\w., |\[\]]+)\]\s+--?\s+(\S.*)$", re.S)


def _type_told_apart(found: ReturnDoc) -> ReturnDoc:
    """`Returns: bool.` names a type and describes nothing; `[str] -- The name.` does both."""
    text = found.description.strip()
    if both := _BRACKETED.match(text):
        return ReturnDoc(found.type_hint or both[1], both[2], found.is_generator)
    bare = re.sub(r":(?:[a-z]+:)?[a-z]+:(?=`)|[`*.]+$|[`*]", "", text).rstrip(".")
    if len(bare) > MAX_TYPE or not _TYPE.fullmatch(bare):
        return found
    return ReturnDoc(found.type_hint or re.sub(r"\s+or\s+", " | ", bare), "", found.is_generator)


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
    found = FIELD.match(block[0])
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
    while lines and (not lines[0].strip() or UNDERLINE.match(lines[0])):
        lines = lines[1:]
    end = next((i for i, line in enumerate(lines) if not line.strip() or DIRECTIVE.match(line)), len(lines))
    end = max(end, 1) if lines and not DIRECTIVE.match(lines[0]) else end
    head = [line for line in lines[:end] if not UNDERLINE.match(line)]
    return _one_line("\n".join(head)), "\n".join(lines[end:]).strip("\n")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
