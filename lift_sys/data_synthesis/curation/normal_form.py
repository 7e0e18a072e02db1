"""A function as tokens that don't depend on how it was written down, at two depths.

`normal_form` is of a function and what it reaches, in their order: gone are comments, layout, docstrings,
annotations, how constants are spelled, import aliases, the order of definitions, and the names of locals, arguments,
helpers and of the function itself. Left are the syntax tree in pre-order, attributes, builtins, the origin of
imported names, and the values of constants.

`forms` goes deeper, for each function alone: gone are also decorators, the order of parameters and their defaults,
and what `respelling` has one spelling for. Both read the same `Module` and give names with the same `Renamer`.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from dataclasses import dataclass, field

from lift_sys.data_synthesis.curation.renaming import (
    Definition,
    Function,
    Renamer,
    Token,
    locals_of,
    named_parameters,
)
from lift_sys.data_synthesis.curation.respelling import respelt


@dataclass(frozen=True)
class NormalForm:
    """Two token lists. `exact` numbers the locals; `loose` writes one sign for all: an insertion moves none."""

    exact: tuple[str, ...]
    loose: tuple[str, ...]
    entry: int
    """How many of the loose tokens belong to the entry function itself; they come first."""


@dataclass(frozen=True)
class Form:
    """One function's deep form: its hash, and how many nodes it has."""

    name: str
    digest: str
    size: int


def normal_form(code: str, entry_point: str) -> NormalForm:
    """The normal form of `entry_point` (`name` or `Class.name`) with all it reaches in the module `code`.

    Raises:
        ValueError: the code is no Python, or defines no such entry point.
    """
    module = Module.of(code)
    owner, _, name = entry_point.rpartition(".")
    node = module.definitions.get(owner or name)
    if owner:
        node = _member(node, name)
    if node is None:
        raise ValueError(f"{entry_point} is not defined at the top of the code")
    try:
        return _reaching(module, node, owner or name, method=bool(owner))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _reaching(module: Module, entry: ast.stmt, name: str, *, method: bool) -> NormalForm:
    """The entry, then what it reaches in the order of first use. A method's class comes as the first of these."""
    reached: dict[str, int] = {name: 0}

    def helper(name: str) -> Token:
        return f"h{reached.setdefault(name, len(reached))}", "h"

    writer = Renamer(module.origins, module.definitions, helper)
    writer.definition(entry)
    length, done = len(writer.tokens), 0 if method else 1
    while done < len(reached):
        writer.definition(module.definitions[list(reached)[done]])
        done += 1
    exact, loose = zip(*writer.tokens, strict=True)
    return NormalForm(exact, loose, length)


def forms(code: str) -> list[Form]:
    """The deep form of every function and method in a module; none when it does not parse."""
    try:
        module = Module.of(code)
        deep = _Deep(module)
        return [deep.form(node) for node in ast.walk(module.tree) if isinstance(node, Function)]
    except (ValueError, RecursionError):
        return []


class _Deep:
    """A helper is named by what it does, and by nothing where it is a class or calls itself in a circle."""

    def __init__(self, module: Module) -> None:
        self.definitions = {name: node for name, node in module.definitions.items() if isinstance(node, Definition)}
        self.known: dict[str, str] = {}

    def form(self, function: Function) -> Form:
        tree = respelt(copy.deepcopy(function.body))
        names = named_parameters(function)
        names += [rest.arg for rest in (function.args.vararg, function.args.kwarg) if rest is not None]
        writer = Renamer({}, self.definitions, lambda name: self._helper(name, function.name), deep=True)
        writer.block(tree.body, locals_of(tree) | set(names))
        text = "\0".join([str(len(names)), *(token for token, _ in writer.tokens)])
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return Form(function.name, digest, sum(1 for _ in ast.walk(tree)))

    def _helper(self, name: str, caller: str) -> Token:
        if name == caller:
            return "h ", "h"
        node = self.definitions[name]
        if name not in self.known:
            self.known[name] = ""
            if isinstance(node, Function):
                self.known[name] = self.form(node).digest
        return f"h {self.known[name]}", "h"


@dataclass
class Module:
    """A parsed module without what says nothing: docstrings and other constants on their own, `pass`, annotations."""

    tree: ast.Module
    origins: dict[str, str] = field(default_factory=dict)
    """Imported names and where they come from."""
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    """What defines or assigns a name at the top."""

    @classmethod
    def of(cls, code: str) -> Module:
        """Raises:
        ValueError: the code is no Python.
        """
        try:
            module = cls(ast.parse(code))
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"not parsed: {error}") from error
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module._import(node)
            else:
                _strip(node)
        for statement in module.tree.body:
            module._define(statement)
        return module

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                origin = f"{'.' * node.level}{node.module or ''}.{alias.name}"
                self.origins[alias.asname or alias.name] = origin
            else:
                top = alias.name.split(".")[0]
                self.origins[alias.asname or top] = alias.name if alias.asname else top

    def _define(self, node: ast.stmt) -> None:
        if isinstance(node, Definition):
            self.definitions[node.name] = node
        elif isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        self.definitions.setdefault(name.id, node)


def _strip(node: ast.AST) -> None:
    if isinstance(node, ast.Constant):
        node.kind = None
    elif isinstance(node, ast.arg):
        node.annotation = None
    elif isinstance(node, Function):
        node.returns = None
    if "body" not in node._fields:
        return
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            setattr(node, name, [_plain(statement) for statement in block if not _says_nothing(statement)])


def _says_nothing(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.AnnAssign) and node.value is None)
    )


def _plain(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.Assign([node.target], node.value)
    return node


def _member(top: ast.stmt | None, name: str) -> ast.stmt | None:
    if not isinstance(top, ast.ClassDef):
        return None
    return next((node for node in top.body if isinstance(node, Definition) and node.name == name), None)
