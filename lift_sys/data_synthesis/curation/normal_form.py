"""A function and what it reaches as tokens that don't depend on how it was written down.

Gone are comments, layout, docstrings, annotations, how constants are spelled, the order of definitions, import
aliases, and the names of locals, arguments, helpers and of the function itself. Left are the syntax tree in
pre-order, attributes, builtins, the origin of imported names, and the values of constants.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


@dataclass(frozen=True)
class NormalForm:
    """Two token lists. `exact` numbers the locals; `loose` writes one sign for all: an insertion moves none."""

    exact: tuple[str, ...]
    loose: tuple[str, ...]
    entry: int
    """How many of the loose tokens belong to the entry function itself; they come first."""


def normal_form(code: str, entry_point: str) -> NormalForm:
    """The normal form of `entry_point` (`name` or `Class.name`) with all it reaches in the module `code`.

    Raises:
        ValueError: the code is no Python, or defines no such entry point.
    """
    try:
        module = ast.parse(code)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"not parsed: {error}") from error
    writer = _Writer(_origins(module), _definitions(module))
    owner, _, name = entry_point.rpartition(".")
    node = writer.definitions.get(owner or name)
    if owner:
        node = _member(node, name)
    if node is None:
        raise ValueError(f"{entry_point} is not defined at the top of the code")
    try:
        return writer.all(node, owner or name, method=bool(owner))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _definitions(module: ast.Module) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, Definition):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, node)
    return found


def _member(top: ast.stmt | None, name: str) -> ast.stmt | None:
    if not isinstance(top, ast.ClassDef):
        return None
    return next((node for node in top.body if isinstance(node, Definition) and node.name == name), None)


def _origins(module: ast.AST) -> dict[str, str]:
    """Imported names and where they come from."""
    origins: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                origins[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
    return origins


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a function binds, its nested functions' names included, in order of appearance."""
    for child in ast.walk(node):
        if isinstance(child, ast.arg):
            yield child.arg
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
            yield child.id
        elif isinstance(child, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            yield from [child.name] if child.name else []
        elif isinstance(child, Definition) and child is not node:
            yield child.name


_SKIPPED = {"ctx", "annotation", "returns", "type_comment", "type_ignores", "kind", "type_params", "simple"}


@dataclass
class _Writer:
    origins: dict[str, str]
    definitions: dict[str, ast.stmt]
    exact: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    scope: set[str] = field(default_factory=set)
    """Locals of the definition being written; they hide what is outside."""
    numbers: dict[str, int] = field(default_factory=dict)
    callee: list[str] = field(default_factory=list)

    def all(self, entry: ast.stmt, name: str, *, method: bool) -> NormalForm:
        """The entry, then what it reaches in the order of first use. A method's class comes as the first of these."""
        self.reach(name)
        self.write(entry)
        length, done = len(self.loose), 0 if method else 1
        while done < len(self.reached):
            self.write(self.definitions[self.reached[done]])
            done += 1
        return NormalForm(tuple(self.exact), tuple(self.loose), length)

    def reach(self, name: str) -> int:
        if name not in self.reached:
            self.reached.append(name)
        return self.reached.index(name)

    def write(self, definition: ast.stmt) -> None:
        """One top-level definition or method, with locals of its own and without its name."""
        self.scope, self.numbers = set(), {}
        if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
            self.scope = set(_bound(definition)) - _declared_global(definition)
        if isinstance(definition, Definition):
            self._say(type(definition).__name__)
            self._fields(definition)
        else:
            self._node(definition)

    def _say(self, token: str, loose: str | None = None) -> None:
        self.exact.append(token)
        self.loose.append(token if loose is None else loose)

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self._name(node.id)
        elif isinstance(node, ast.Constant):
            self._say(f"={node.value!r}")
        elif isinstance(node, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
            pass
        elif not (isinstance(node, ast.AnnAssign) and node.value is None):
            self._inner(node)

    def _inner(self, node: ast.AST) -> None:
        self._say("Assign" if isinstance(node, ast.AnnAssign) else type(node).__name__)
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
        if not isinstance(target, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        arguments = target.args
        return [argument.arg for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]

    def _fields(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if name in _SKIPPED or (name == "name" and isinstance(node, Definition)):
                continue
            if name == "body" and isinstance(value, list):
                value = _without_docstring(value)
            if isinstance(value, ast.AST):
                self._node(value)
            elif isinstance(value, list):
                self._list(value)
            elif isinstance(value, str):
                self._text(node, value)
            elif value is not None:
                self._say(repr(value))

    def _list(self, values: list[object]) -> None:
        for value in values:
            if isinstance(value, ast.AST):
                self._node(value)
            elif value is None:
                self._say("None")
            else:
                self._say(str(value))
        if values:
            self._say(")")

    def _text(self, node: ast.AST, value: str) -> None:
        if isinstance(node, ast.arg | ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
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
            self._say(f"h{self.reach(name)}", "h")
        else:
            self._say(self.origins.get(name, name))


def _declared_global(node: ast.AST) -> set[str]:
    return {name for child in ast.walk(node) if isinstance(child, ast.Global) for name in child.names}


def _without_docstring(body: list[ast.AST]) -> list[ast.AST]:
    """The statements but docstrings and `pass`, which say nothing where anything else is said."""
    return [
        node
        for node in body
        if not isinstance(node, ast.Pass)
        and not (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
    ]
