"""What can be said of code without running it. It comes from a model: it is parsed, and nothing else."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

from lift_sys.records.base import Record

LONGEST = 20_000
"""Characters that are parsed on this side of the sandbox, as in `lift_sys.sandbox.stateless`."""
_DECISIONS = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.comprehension,
    ast.match_case,
)


class Shape(Record):
    """How long and how branched code is."""

    lines: int
    """Of code: empty ones, comments and docstrings are left out."""
    complexity: int
    """McCabe's cyclomatic complexity of the module: decision points, and one."""


@dataclass(frozen=True)
class Parsed:
    """Code that parses."""

    tree: ast.Module

    @property
    def names(self) -> set[str]:
        """What the module binds at its top level, or in a branch there."""
        return set(_bound(self.tree.body))

    @property
    def shape(self) -> Shape:
        """Measured on the code as Python writes it, so that layout makes no difference."""
        nodes = list(ast.walk(self.tree))
        branches = sum(isinstance(node, _DECISIONS) for node in nodes)
        branches += sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
        documentation = sum(_length(node) for node in nodes if _is_docstring(node))
        return Shape(lines=max(0, len(ast.unparse(self.tree).splitlines()) - documentation), complexity=1 + branches)


def parsed(code: str) -> Parsed | None:
    """The code, read; None where it is no Python, or too long to be read here."""
    if len(code) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's code may hold escapes that Python warns of
            return Parsed(ast.parse(code))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def shape_of(code: str) -> Shape | None:
    """The shape of code; None where it does not parse, or is nested so deep that it can't be written again."""
    found = parsed(code)
    try:
        return found.shape if found is not None else None
    except (RecursionError, ValueError):
        return None


def _bound(body: list[ast.stmt]) -> list[str]:
    names: list[str] = []
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.append(statement.name)
            case ast.Import() | ast.ImportFrom():
                names += [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                for part in ("body", "orelse", "finalbody"):
                    names += _bound(getattr(statement, part, []))
                for handler in getattr(statement, "handlers", []):
                    names += _bound(handler.body)
            case _:
                names += [node.id for node in ast.walk(statement) if _stores(node)]  # type: ignore[attr-defined]
    return names


def _stores(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_docstring(node: ast.AST) -> bool:
    """Whether an expression is a lone string: a docstring, or what does as little."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _length(node: ast.AST) -> int:
    return len(ast.unparse(node).splitlines())
