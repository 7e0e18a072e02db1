"""Where a function can be mutated, and which of those mutants are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

try:
    from lift_sys.sandbox.guest.edits import Edit, SourceText, called_name
    from lift_sys.sandbox.guest.operators import on_expression
    from lift_sys.sandbox.guest.statements import on_statement
except ImportError:  # inside the box
    from edits import Edit, SourceText, called_name  # type: ignore[no-redef,import-not-found]
    from operators import on_expression  # type: ignore[no-redef,import-not-found]
    from statements import on_statement  # type: ignore[no-redef,import-not-found]

ENOUGH = 20
"""Sites of the entry point from which on its helpers are left alone."""
TEXT = 100
"""Characters of `before` and `after`."""
_SILENT = {"print", "warn", "warning", "debug", "info", "error", "exception", "log"}
_UNSEEN_FIELDS = {"annotation", "returns", "decorator_list", "type_params"}


@dataclass(frozen=True)
class Site:
    """One mutant: `code[:start] + text + code[end:]`."""

    operator: str
    start: int
    end: int
    text: str
    line: int
    before: str
    after: str
    statement: int
    """Index of the module's statement that holds it."""


def sites(source: SourceText, statement: ast.stmt, index: int, only: ast.AST | None = None) -> list[Site]:
    """Every site below `only` (the whole statement without it), in source order, each text once."""
    root = only or statement
    found: dict[tuple[int, int, str], Site] = {}
    parameters = _parameters(root)
    for node, parent in _walk(root):
        edits = on_statement(node, parent, source) if isinstance(node, (ast.stmt, ast.ExceptHandler)) else ()
        for edit in (*edits, *on_expression(node, parent, source), *_other_name(node, parameters, source)):
            if source.code[edit.start : edit.end] != edit.text:
                found.setdefault((edit.start, edit.end, edit.text), _site(edit, source, index))
    return list(found.values())


def _site(edit: Edit, source: SourceText, index: int) -> Site:
    start, end = min(source.start(edit.shown), edit.start), max(source.end(edit.shown), edit.end)
    before = source.code[start:end]
    after = source.code[start : edit.start] + edit.text + source.code[edit.end : end]
    line = source.code.count("\n", 0, edit.start) + 1
    return Site(edit.operator, edit.start, edit.end, edit.text, line, _clip(before), _clip(after), index)


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TEXT else text[: TEXT - 3] + "..."


def _walk(root: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Nodes with their parents, depth first in source order, without the places where a fault can't be seen.

    Those are annotations, docstrings, messages of exceptions, asserts, and calls that only print or log. What is in
    an f-string is left to the operators on the whole of it.
    """
    stack: list[tuple[ast.AST, ast.AST]] = [(root, root)]
    while stack:
        node, parent = stack.pop()
        yield node, parent
        if isinstance(node, (ast.JoinedStr, ast.Raise)):
            continue
        below: list[tuple[ast.AST, ast.AST]] = []
        for name, value in ast.iter_fields(node):
            if name not in _UNSEEN_FIELDS:
                children = value if isinstance(value, list) else [value]
                below += [(child, node) for child in children if isinstance(child, ast.AST) and not _unseen(child)]
        stack += reversed(below)


def _unseen(node: ast.AST) -> bool:
    if isinstance(node, (ast.Assert, ast.AsyncFunctionDef)):
        return True
    if isinstance(node, ast.Expr):
        value = node.value
        return isinstance(value, ast.Constant) or (isinstance(value, ast.Call) and called_name(value.func) in _SILENT)
    return False


def _parameters(root: ast.AST) -> list[str]:
    if not isinstance(root, ast.FunctionDef):
        return []
    return [p.arg for p in (*root.args.posonlyargs, *root.args.args, *root.args.kwonlyargs) if p.arg != "self"]


def _other_name(node: ast.AST, parameters: list[str], source: SourceText) -> Iterator[Edit]:
    """One parameter where another one was meant."""
    known = len(parameters) > 1 and isinstance(node, ast.Name) and node.id in parameters[:8]
    if known and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        other = parameters[(parameters.index(node.id) + 1) % len(parameters)]
        yield Edit("wrong name", source.start(node), source.end(node), other, node)


def sites_of(source: SourceText, tree: ast.Module, entry: str) -> list[Site]:
    """The entry point's sites; where it is small, those of the functions and methods that it names come after."""
    found: list[Site] = []
    named: list[str] = []
    helpers: dict[str, tuple[ast.stmt, int, ast.AST]] = {}
    owner = entry.rpartition(".")[0]
    for index, statement in enumerate(tree.body):
        if isinstance(statement, ast.FunctionDef) and statement.name != entry:
            helpers[statement.name] = (statement, index, statement)
        elif isinstance(statement, ast.ClassDef) and statement.name == owner:
            for inner in statement.body:
                if isinstance(inner, ast.FunctionDef) and f"{owner}.{inner.name}" != entry:
                    helpers.setdefault(f"self.{inner.name}", (statement, index, inner))
        target = _definition(statement, entry)
        if target is not None:
            found += sites(source, statement, index, target)
            named += [name for node in ast.walk(target) if (name := _reached(node))]
    for name in dict.fromkeys(named):
        if len(found) >= ENOUGH:
            break
        if name in helpers:
            found += sites(source, *helpers[name])
    return found


def _reached(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return f"self.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _definition(statement: ast.stmt, entry: str) -> ast.AST | None:
    owner, _, name = entry.rpartition(".")
    if isinstance(statement, ast.FunctionDef) and not owner and statement.name == name:
        return statement
    if isinstance(statement, ast.ClassDef) and statement.name == owner:
        return next((n for n in statement.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    return None


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
