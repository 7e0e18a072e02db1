"""Syntax trees as tokens in which names say nothing: the one renamer of `normal_form`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lift_sys.data_synthesis.curation.respelling import swappable

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Token = tuple[str, str]
"""As it is, and with one sign for all locals and one for all helpers."""
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_CAPTURES = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_UNSAID = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


def named_parameters(node: Function) -> list[str]:
    """Parameters that a call may name, in order."""
    arguments = node.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def locals_of(node: ast.AST) -> set[str]:
    """Names that a function binds, its nested functions' names included; not those that it declares global."""
    return set(_bound(node)) - {
        name for child in ast.walk(node) if isinstance(child, ast.Global) for name in child.names
    }


def _bound(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.arg):
            yield child.arg
        elif isinstance(child, ast.Name) and isinstance(child.ctx, (ast.Store, ast.Del)):
            yield child.id
        elif isinstance(child, _CAPTURES):
            yield from [child.name] if child.name else []
        elif isinstance(child, Definition) and child is not node:
            yield child.name


_SKIPPED = {"ctx", "type_comment", "type_ignores", "kind", "type_params"}


@dataclass
class Renamer:
    """Writes syntax trees as tokens in pre-order, with locals numbered by their first use."""

    origins: Mapping[str, str]
    definitions: Mapping[str, ast.stmt]
    helper: Callable[[str], Token]
    """The token of a name that `definitions` has."""
    deep: bool = False
    """Also: operands that can be swapped in the order of their tokens, so that the new names decide where nothing
    else did; a comprehension from what it goes through on, which binds the rest; and a token for what is left out."""
    tokens: list[Token] = field(default_factory=list)
    scope: set[str] = field(default_factory=set)
    """Locals of the definition being written; they hide what is outside."""
    numbers: dict[str, int] = field(default_factory=dict)
    callee: list[str] = field(default_factory=list)

    def definition(self, node: ast.stmt) -> None:
        """One top-level definition or method, with locals of its own and without its name."""
        self.scope, self.numbers = locals_of(node) if isinstance(node, Function) else set(), {}
        if isinstance(node, Definition):
            self._say(type(node).__name__)
            self._fields(node)
        else:
            self._node(node)

    def block(self, body: Sequence[ast.stmt], scope: set[str]) -> None:
        """Statements whose locals are `scope`."""
        self.scope, self.numbers = scope, {}
        self._list(body)

    def _say(self, token: str, loose: str | None = None) -> None:
        self.tokens.append((token, token if loose is None else loose))

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self._name(node.id)
        elif isinstance(node, ast.Constant):
            self._say(f"={node.value!r}")
        elif self.deep and isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare) and (either := swappable(node)):
            self._either_way(node, either)
        elif not isinstance(node, _UNSAID):
            self._inner(node)

    def _either_way(self, node: ast.BinOp | ast.BoolOp | ast.Compare, operands: Sequence[ast.expr]) -> None:
        op = node.ops[0] if isinstance(node, ast.Compare) else node.op
        self._say(f"{type(node).__name__} {type(op).__name__}")
        start, parts = len(self.tokens), []
        for operand in operands:
            self._node(operand)
            parts.append(self.tokens[start:])
            del self.tokens[start:]
        self.tokens += [token for part in sorted(parts) for token in part]
        self._say(")")

    def _inner(self, node: ast.AST) -> None:
        self._say(type(node).__name__)
        outer, callee = self.scope, self.callee
        if isinstance(node, _SCOPES):
            self.scope = outer | set(_bound(node))
        if isinstance(node, ast.Call):
            self.callee = self._called(node.func)
        if isinstance(node, Definition):
            # A nested function is a local; a method keeps its name, by which others find it.
            self._name(node.name) if node.name in outer else self._say(f".{node.name}")
        self._fields(node)
        self.scope, self.callee = outer, callee

    def _called(self, func: ast.expr) -> list[str]:
        """The parameters of a helper that is called by its name: keywords are told by their position there."""
        target = self.definitions.get(func.id) if isinstance(func, ast.Name) and func.id not in self.scope else None
        return named_parameters(target) if isinstance(target, Function) else []

    def _fields(self, node: ast.AST) -> None:
        fields = ast.iter_fields(node)
        if self.deep and hasattr(node, "generators"):
            fields = iter(sorted(fields, key=lambda item: item[0] != "generators"))
        for name, value in fields:
            if name in _SKIPPED or (name == "name" and isinstance(node, Definition)):
                continue
            if isinstance(value, ast.AST):
                self._node(value)
            elif isinstance(value, list):
                self._list(value)
            elif isinstance(value, str):
                self._text(node, value)
            elif value is not None:
                self._say(repr(value))
            elif self.deep or isinstance(node, ast.Slice):  # else a[1:] would read like a[:1]
                self._say("-")

    def _list(self, values: Sequence[object]) -> None:
        for value in values:
            if isinstance(value, ast.AST):
                self._node(value)
            elif value is None:
                self._say("None")
            else:
                self._say(str(value))
        if values or self.deep:
            self._say(")")

    def _text(self, node: ast.AST, value: str) -> None:
        if isinstance(node, (ast.arg, *_CAPTURES)):
            self._name(value)
        elif isinstance(node, ast.keyword):
            self._say(f"{self.callee.index(value)}=" if value in self.callee else f"{value}=")
        else:
            self._say(f".{value}")

    def _name(self, name: str) -> None:
        if name in self.scope:
            number = self.numbers.setdefault(name, len(self.numbers))
            self._say(f"v{number}", "v")
        elif name in self.definitions:
            token, loose = self.helper(name)
            self._say(token, loose)
        else:
            self._say(self.origins.get(name, name))
