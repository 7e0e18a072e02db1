"""What is known of a function's arguments before it is called: their types, and values at which it may change.

A `Clue` is what is known of one value. Evidence adds weight to the kinds (plain types) it may have; a type hint
decides alone. Clues nest: `item` stands for the elements of a container or the values of a dict, `key` for its keys.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, type] = {
    "int": int, "str": str, "list": list, "float": float, "dict": dict, "tuple": tuple, "bool": bool,
    "none": type(None), "bytes": bytes, "set": set, "fset": frozenset,
}  # fmt: skip
UNKNOWN = {"int": 1.0, "str": 1.0, "list": 0.8, "float": 0.3, "dict": 0.3, "tuple": 0.2, "bool": 0.1, "none": 0.05}
SCALARS = {"int": 1.0, "str": 1.0, "float": 0.3, "tuple": 0.15, "list": 0.1, "none": 0.03}
CONTAINERS = {"list": 2.0, "str": 0.6, "tuple": 0.5, "dict": 0.3, "set": 0.2}
NUMBERS = {"int": 2.0, "float": 1.0}
SEQUENCES = {"list": 1.5, "str": 1.2, "tuple": 0.5}


@dataclass(eq=False)
class Clue:
    """What is known of one value."""

    name: str = ""
    kinds: dict[str, float] = field(default_factory=dict)
    fixed: bool = False
    """A type hint decided: other evidence adds values, but no kinds."""
    item: Clue | None = None
    key: Clue | None = None
    fields: list[Clue] = field(default_factory=list)
    """The members, of a tuple of fixed length."""
    values: list[object] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    keys: list[object] = field(default_factory=list)
    only: bool = False
    """A `Literal`: nothing but `values`."""
    called: bool = False
    """The function calls it, so that no plain value will do."""
    opaque: bool = False
    """The hint names a type that is not plain."""

    def add(self, weights: dict[str, float], times: float = 1.0) -> None:
        if not self.fixed:
            for kind, weight in weights.items():
                self.kinds[kind] = self.kinds.get(kind, 0.0) + weight * times

    def value(self, value: object) -> None:
        if not any(type(value) is type(old) and value == old for old in self.values) and len(self.values) < 24:
            self.values.append(value)

    def element(self) -> Clue:
        if self.item is None:
            self.item = Clue()
        return self.item

    def keyed(self) -> Clue:
        if self.key is None:
            self.key = Clue()
        return self.key

    def field_at(self, index: int, count: int) -> Clue:
        while len(self.fields) < count:
            self.fields.append(Clue())
        self.add({"tuple": 1.0})
        return self.fields[index]


@dataclass
class Source:
    """The module around the function, as clues need it."""

    functions: dict[str, ast.FunctionDef]
    values: dict[str, ast.expr]
    """Module-level name -> the expression it was assigned."""
    classes: set[str]
    bodies: dict[str, ast.ClassDef] = field(default_factory=dict)


def survey(tree: ast.Module) -> Source:
    functions: dict[str, ast.FunctionDef] = {}
    values: dict[str, ast.expr] = {}
    classes: set[str] = set()
    bodies: dict[str, ast.ClassDef] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            classes.add(node.name)
            bodies[node.name] = node
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    functions[f"{node.name}.{inner.name}"] = inner
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            values[node.target.id] = node.value
    return Source(functions, values, classes, bodies)


def constant(node: ast.AST) -> Any:
    """The value of a literal scalar, a negative number or an empty or plain container; else None."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.UnaryOp, ast.Tuple, ast.List, ast.Set, ast.Dict)):
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError):
            return None
    return None


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name, "" for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def constants(tree: ast.AST) -> dict[type, list[Any]]:
    """The scalar constants of a source, by type, in order of first use; docstrings are left out."""
    found: dict[type, dict[object, None]] = {int: {}, float: {}, str: {}, bytes: {}}
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            values = found.get(type(node.value))
            if values is not None and len(values) < 60 and len(repr(node.value)) < 80:
                values[node.value] = None
    return {kind: list(values) for kind, values in found.items()}
