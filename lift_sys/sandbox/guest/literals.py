"""Mutation operators on literals: numbers off by one, texts with a slip, defaults."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

try:
    from lift_sys.sandbox.guest.edits import Edit, SourceText, called_name, replaced
except ImportError:  # inside the box
    from edits import Edit, SourceText, called_name, replaced  # type: ignore[no-redef,import-not-found]

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
        yield replaced(operator, node, repr(value + 1), source)
        if value != 0:
            yield replaced(operator, node, repr(value - 1), source)
    elif isinstance(value, (str, bytes)) and len(value) <= LONG:
        yield from _string(node, value, "default value" if operator != "constant" else "string", parent, source)


def _string(node: ast.Constant, value: Any, operator: str, parent: ast.AST, source: SourceText) -> Found:
    if type(value) is str and isinstance(parent, ast.Call) and called_name(parent.func) in _REGEX_CALLS:
        for old, new in _REGEX_FAULTS:
            if old in value and parent.args and parent.args[0] is node:
                yield replaced("regular expression", node, repr(value.replace(old, new, 1)), source)
    yield replaced(operator, node, repr(misspelt(value)), source)
    if value:
        yield replaced(operator, node, repr(value[:0]), source)


def misspelt(value: Any) -> Any:
    """A text that a person may have meant: its last character missing, or another one in place of a single one."""
    if type(value) is bytes:
        return misspelt(value.decode("latin-1")).encode("latin-1", "replace")
    if len(value) > 1:
        return value[:-1]
    return _MISTAKEN.get(value, chr((ord(value) + 1) % 0x80)) if value else " "


def on_formatted(node: ast.JoinedStr, parent: ast.AST, source: SourceText) -> Found:
    """An f-string as a whole: the positions of what is in it differ between versions of Python."""
    for at, part in enumerate(node.values):
        rest = [*node.values[:at], *node.values[at + 1 :]]
        if isinstance(part, ast.FormattedValue):
            yield from _unparsed("removed operand", node, rest, source)
        elif isinstance(part, ast.Constant):
            other = [*node.values[:at], ast.Constant(misspelt(part.value)), *node.values[at + 1 :]]
            yield from _unparsed("string", node, other, source)
    values = [at for at, part in enumerate(node.values) if isinstance(part, ast.FormattedValue)]
    if len(values) > 1:
        a, b = values[:2]
        swapped = list(node.values)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        yield from _unparsed("swapped arguments", node, swapped, source)


def _unparsed(operator: str, node: ast.JoinedStr, parts: list[ast.expr], source: SourceText) -> Found:
    try:
        yield replaced(operator, node, ast.unparse(ast.JoinedStr(parts)), source)
    except ValueError:  # no quotes are left for what it holds
        return
