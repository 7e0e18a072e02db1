"""The code of an example with its entry point emptied: what a candidate that does nothing looks like."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Place:
    """Where the entry point stands in its module, in characters."""

    start: int
    """The line of its first decorator, or of its `def`."""
    body: int
    """The first character of its body."""
    end: int
    indent: str
    """The body's indentation; empty where the body stands on the line of the `def`."""
    docstring: str | None


def definition(tree: ast.Module, entry_point: str) -> Definition:
    """The last `def` of `name` or `Class.name` at the top level of a module.

    Raises:
        LookupError: there is none.
    """
    owner, _, name = entry_point.rpartition(".")
    scope: list[ast.stmt] = tree.body
    for part in owner.split(".") if owner else ():
        classes = [node for node in scope if isinstance(node, ast.ClassDef) and node.name == part]
        if not classes:
            raise LookupError(entry_point)
        scope = classes[-1].body
    found = [n for n in scope if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name]
    if not found:
        raise LookupError(entry_point)
    return found[-1]


def place(code: str, entry_point: str) -> Place:
    """Where `entry_point` stands in `code`.

    Raises:
        LookupError: it is not defined there.
        SyntaxError: the code doesn't parse.
    """
    node = definition(ast.parse(code), entry_point)
    starts = _line_starts(code)
    first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    body = node.body[0]
    begin = _offset(code, starts, body.lineno, body.col_offset)
    line = code[starts[body.lineno - 1] : begin]
    last = node.body[-1]
    end = _offset(code, starts, last.end_lineno or last.lineno, last.end_col_offset or 0)
    return Place(starts[first - 1], begin, end, line if not line.strip() else "", ast.get_docstring(node))


def blank(code: str, entry_point: str) -> str:
    """`code` in which the body of the entry point is `...` alone.

    Raises:
        LookupError: it is not defined there.
        SyntaxError: the code doesn't parse.
    """
    where = place(code, entry_point)
    return f"{code[: where.body]}...{code[where.end :]}"


def _line_starts(code: str) -> list[int]:
    # Only what the parser takes for the end of a line: `splitlines` knows more of them.
    return [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", code))]


def _offset(code: str, starts: list[int], line: int, column: int) -> int:
    """The character at a position of `ast`, whose columns count UTF-8 bytes."""
    text = code[starts[line - 1] :].encode("utf-8", "surrogatepass")[:column]
    return starts[line - 1] + len(text.decode("utf-8", "surrogatepass"))
