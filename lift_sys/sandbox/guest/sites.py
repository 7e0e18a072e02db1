"""Where a function can be mutated, and how a mutant is made in place.

A `Site` is one place with one operator. Its node is *morphed*: the object stays where it is in the tree and takes the
class and fields of the replacement, so that a tree can be mutated, compiled and restored without copying it, before
and after instrumentation alike.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

try:
    from lift_sys.sandbox.guest.operators import Make, called_name, mutations
except ImportError:  # inside the box
    from operators import Make, called_name, mutations  # type: ignore[no-redef,import-not-found]

TEXT = 100
"""Characters of `before` and `after`."""
_SILENT = {"print", "warn", "warning", "debug", "info", "error", "exception", "log"}


@dataclass
class Site:
    """One mutant: `make` builds the replacement from the node as it is now."""

    operator: str
    node: Any
    make: Make
    line: int
    statement: int
    """Index of the module's statement that holds it."""

    def texts(self) -> tuple[str, str]:
        new = self.make(self.node)
        new.__dict__.update({**_position(self.node.__dict__), **new.__dict__})
        return _text(self.node), _text(new)

    def apply(self) -> Callable[[], None]:
        """Morph the node; the answer undoes it."""
        node = self.node
        kind, fields = node.__class__, dict(node.__dict__)
        new = self.make(node)
        _become(node, new.__class__, {**_position(fields), **new.__dict__})
        return lambda: _become(node, kind, fields)


def _become(node: Any, kind: type, fields: dict[str, Any]) -> None:
    node.__class__ = kind
    node.__dict__.clear()
    node.__dict__.update(fields)


def _position(fields: dict[str, Any]) -> dict[str, Any]:
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return {name: fields[name] for name in names if name in fields}


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.ExceptHandler):
        node = ast.Try(body=[ast.Pass()], handlers=[node], orelse=[], finalbody=[])
        return _clip(ast.unparse(ast.fix_missing_locations(node)).partition("\n    pass\n")[2])
    return _clip(ast.unparse(node))


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TEXT else text[: TEXT - 3] + "..."


def sites(statement: ast.stmt, index: int, only: ast.AST | None = None) -> list[Site]:
    """Every site below `only` (the whole statement without it), in source order."""
    found: list[Site] = []
    for node in _walk(only or statement):
        for operator, make in mutations(node):
            found.append(Site(operator, node, make, getattr(node, "lineno", 0), index))
    return found


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Depth first in source order, without the places where a fault can't be seen from outside.

    Those are annotations, docstrings, messages of exceptions, asserts, and calls that only print or log.
    """
    stack: list[ast.AST] = [node]
    while stack:
        node = stack.pop()
        yield node
        below: list[ast.AST] = []
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            children = value if isinstance(value, list) else [value]
            below += [child for child in children if isinstance(child, ast.AST) and not _unseen(child)]
        stack += reversed(below)


def _unseen(node: ast.AST) -> bool:
    if isinstance(node, (ast.Raise, ast.Assert, ast.AsyncFunctionDef)):
        return True
    if isinstance(node, ast.Expr):
        value = node.value
        return isinstance(value, ast.Constant) or (isinstance(value, ast.Call) and called_name(value.func) in _SILENT)
    return False


def choose(found: list[Site], limit: int) -> list[Site]:
    """At most `limit` of them, taken in turns from every operator and, within one, from the line used least."""
    by_operator: dict[str, list[Site]] = {}
    for site in found:
        by_operator.setdefault(site.operator, []).append(site)
    used: dict[int, int] = {}
    chosen: list[Site] = []
    while by_operator and len(chosen) < limit:
        for operator in list(by_operator):
            left = by_operator[operator]
            site = min(left, key=lambda s: used.get(s.line, 0))
            left.remove(site)
            if not left:
                del by_operator[operator]
            used[site.line] = used.get(site.line, 0) + 1
            chosen.append(site)
            if len(chosen) == limit:
                break
    return chosen
