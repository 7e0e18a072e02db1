"""What the syntax tree of a row's code looks like, in numbers: shared by quality, difficulty and category."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
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
_NO_WORK = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass, ast.Global)


@dataclass(frozen=True)
class Shape:
    """A module with the entry function in it (None where the code holds no such definition)."""

    module: ast.Module
    entry: Function | ast.ClassDef | None
    owner: ast.ClassDef | None
    """The class, where the entry is a method."""

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.module))

    @cached_property
    def own(self) -> list[ast.AST]:
        """The nodes of the entry function itself."""
        return list(ast.walk(self.entry)) if self.entry is not None else self.nodes

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]

    @property
    def helpers(self) -> int:
        """Functions and methods that came along."""
        return max(0, len(self.functions) - 1)

    @cached_property
    def statements(self) -> int:
        """Statements of the whole module that do something: no imports, definitions, docstrings."""
        return sum(isinstance(node, ast.stmt) and not isinstance(node, _NO_WORK) for node in self.nodes) - sum(
            1 for _ in self._docstrings()
        )

    @cached_property
    def complexity(self) -> int:
        """McCabe's cyclomatic complexity of the module: decision points, and one."""
        branches = sum(isinstance(node, _DECISIONS) for node in self.nodes)
        return 1 + branches + sum(len(node.values) - 1 for node in self.nodes if isinstance(node, ast.BoolOp))

    @cached_property
    def depth(self) -> int:
        """How deep blocks are nested in any function; an `elif` is no deeper than its `if`."""
        return max((_depth(function.body) for function in self.functions), default=0)

    @cached_property
    def literals(self) -> list[str]:
        """The text of every distinct string and bytes constant that is no docstring, in order."""
        documentation = {id(node) for node in self._docstrings()}
        found: dict[str, None] = {}
        for node in self.nodes:
            if isinstance(node, ast.Constant) and node.value and id(node) not in documentation:
                if isinstance(node.value, str):
                    found[node.value] = None
                elif isinstance(node.value, bytes):
                    found[node.value.decode("latin-1")] = None
        return list(found)

    def count(self, *kinds: type[ast.AST]) -> int:
        return sum(isinstance(node, kinds) for node in self.nodes)

    def called(self) -> Iterator[str]:
        """Names that are called anywhere: `f`, or the last part of `a.f`."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    yield node.func.id
                elif isinstance(node.func, ast.Attribute):
                    yield node.func.attr

    def _docstrings(self) -> Iterator[ast.AST]:
        for node in self.nodes:
            if isinstance(node, Function | ast.ClassDef | ast.Module) and node.body:
                first = node.body[0]
                value = first.value if isinstance(first, ast.Expr) else None
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value


def _depth(body: list[ast.stmt]) -> int:
    deepest = 0
    for statement in body:
        if not isinstance(statement, _BLOCKS):
            continue
        inner: list[list[ast.stmt]] = [getattr(statement, name, []) for name in ("body", "finalbody")]
        inner += [handler.body for handler in getattr(statement, "handlers", [])]
        inner += [case.body for case in getattr(statement, "cases", [])]
        other = getattr(statement, "orelse", [])
        chained = isinstance(statement, ast.If) and len(other) == 1 and isinstance(other[0], ast.If)
        deepest = max(deepest, 1 + max(map(_depth, [*inner, *([] if chained else [other])])))
        if chained:
            deepest = max(deepest, _depth(other))
    return deepest


@lru_cache(maxsize=8)
def shape(code: str, entry_point: str) -> Shape | None:
    """The shape of a module; None where the code can't be parsed."""
    try:
        module = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    owner_name, _, name = entry_point.rpartition(".")
    owner = next((n for n in module.body if isinstance(n, ast.ClassDef) and n.name == owner_name), None)
    place = owner.body if owner is not None else module.body
    entry = next((n for n in place if isinstance(n, Function | ast.ClassDef) and n.name == name), None)
    return Shape(module, entry, owner)
