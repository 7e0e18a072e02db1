"""Mutation operators on literals: numbers off by one, texts with a slip, defaults."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

try:
    from lift_sys.sandbox.guest.edits import Edit, SourceText, called_name, replaced
    from lift_sys.sandbox.guest.spelling import Piece, Unit, Unreadable, next_number, pieces, quoted, respelt
except ImportError:  # inside the box
    from edits import Edit, SourceText, called_name, replaced  # type: ignore[no-redef,import-not-found]
    from spelling import (  # type: ignore[no-redef,import-not-found]
        Piece,
        Unit,
        Unreadable,
        next_number,
        pieces,
        quoted,
        respelt,
    )

_REGEX_CALLS = {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
_REGEX_FAULTS = (
    ("\\d", "\\w"),
    ("\\s", "\\S"),
    ("\\w", "\\d"),
    ("+", "*"),
    ("*", "+"),
    ("?", ""),
    ("^", ""),
    ("$", ""),
)
_MISTAKEN = {
    ",": ";", ";": ",", ".": ",", "-": "_", "_": "-", " ": "  ", "/": "\\", "\\": "/", ":": ";", "'": '"', '"': "'",
    "\n": " ", "(": "[", ")": "]", "[": "(", "]": ")", "{": "[", "}": "]", "<": ">", ">": "<", "+": "-", "*": "+",
}  # fmt: skip
LONG = 200
"""Characters of a string that is worth changing."""

Found = Iterator[Edit]


def on_constant(node: ast.Constant, parent: ast.AST, source: SourceText) -> Found:
    value = node.value
    operator = "default value" if isinstance(parent, ast.arguments) else "constant"
    if type(value) is bool:
        yield replaced(operator, node, str(not value), source)
    elif type(value) is int or (type(value) is float and abs(value) < 1e15):
        yield from _numbers(operator, node, source)
    elif isinstance(value, (str, bytes)) and len(value) <= LONG:
        yield from _string(node, value, "default value" if operator != "constant" else "string", parent, source)


def _numbers(operator: str, node: ast.Constant, source: SourceText) -> Found:
    """One more, and one less where that needs no sign."""
    for step in (1, -1):
        try:
            yield replaced(operator, node, next_number(source.text(node), step), source)
        except Unreadable:
            continue


def _string(node: ast.Constant, value: Any, operator: str, parent: ast.AST, source: SourceText) -> Found:
    if type(value) is str and isinstance(parent, ast.Call) and called_name(parent.func) in _REGEX_CALLS:
        for old, new in _REGEX_FAULTS:
            if old in value and parent.args and parent.args[0] is node:
                yield from _respelt("regular expression", node, value.replace(old, new, 1), source)
    yield from _respelt(operator, node, misspelt(value, raw=_is_raw(source.text(node))), source)
    if value:
        yield from _respelt(operator, node, value[:0], source)


def _is_raw(text: str) -> bool:
    return "r" in text[:2].lower().partition("'")[0].partition('"')[0]


def _respelt(operator: str, node: ast.Constant, new: Any, source: SourceText) -> Found:
    old = node.value
    if isinstance(old, bytes):
        old, new = old.decode("latin-1"), new.decode("latin-1")
    try:
        yield replaced(operator, node, respelt(source.text(node), str(old), new), source)
    except Unreadable:
        return


def misspelt(value: Any, *, raw: bool = False) -> Any:
    """A text that a person may have meant: its last character missing, or another one in place of a single one.

    A raw string can't end in a backslash, so there the one that is left over goes too.
    """
    if type(value) is bytes:
        return misspelt(value.decode("latin-1"), raw=raw).encode("latin-1", "replace")
    if len(value) > 1:
        left = value[:-1]
        return left[:-1] if raw and (len(left) - len(left.rstrip("\\"))) % 2 else left
    return _MISTAKEN.get(value, chr((ord(value) + 1) % 0x80)) if value else " "


def on_formatted(node: ast.JoinedStr, parent: ast.AST, source: SourceText) -> Found:
    """An f-string, read part by part: where the nodes in it stand differs between versions of Python."""
    text = source.text(node)
    try:
        parts = pieces(text)
    except Unreadable:
        return
    fields = [field for part in parts for field in part.fields]
    for part in parts:
        for run in part.runs():
            yield from _slip(node, text, part, run, source)
        for field in part.fields:
            yield replaced("removed operand", node, _without(text, part, field), source)
    if len(fields) > 1:
        (a, b), (c, d) = fields[:2]
        swapped = text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
        yield replaced("swapped arguments", node, swapped, source)


def _slip(node: ast.AST, text: str, part: Piece, run: tuple[Unit, ...], source: SourceText) -> Found:
    """A stretch of an f-string's text without its last character, or a single one mistaken for another."""
    last = run[-1]
    new = "" if sum(len(unit.value) for unit in run) > 1 else misspelt(last.value or " ")
    if new in ("'", '"', "\\", "{", "}") or not new.isprintable():
        new = ""
    edited = text[: last.start] + new + text[last.end :]
    try:
        pieces(edited)
    except Unreadable:
        return
    yield replaced("string", node, edited, source)


def _without(text: str, part: Piece, field: tuple[int, int]) -> str:
    """The f-string less one field; a part that has no other is an f-string no longer."""
    if len(part.fields) > 1 or "r" in part.prefix.lower() or len(part.quote) > 1:
        return text[: field[0]] + text[field[1] :]
    value = "".join(unit.value for unit in part.units)
    return text[: part.start] + quoted(value, part.prefix, part.quote, text) + text[part.end :]
