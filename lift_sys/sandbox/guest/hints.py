"""Clues from annotations."""

from __future__ import annotations

import ast

try:
    from lift_sys.sandbox.guest.clues import KINDS, NUMBERS, Clue, Source, constant, last_name
except ImportError:  # inside the box
    from clues import (  # type: ignore[no-redef,import-not-found]
        KINDS,
        NUMBERS,
        Clue,
        Source,
        constant,
        last_name,
    )

HINTS = {
    "int": {"int": 1.0}, "str": {"str": 1.0}, "float": {"float": 2.0, "int": 0.5}, "bool": {"bool": 1.0},
    "bytes": {"bytes": 1.0}, "None": {"none": 1.0}, "complex": {"float": 1.0, "int": 1.0},
    "AnyStr": {"str": 1.0}, "Text": {"str": 1.0}, "Hashable": {"str": 1.0, "int": 1.0, "tuple": 0.3},
    "Number": NUMBERS, "Real": NUMBERS, "Integral": {"int": 1.0}, "SupportsInt": {"int": 1.0},
    "SupportsIndex": {"int": 1.0}, "SupportsFloat": NUMBERS, "LiteralString": {"str": 1.0},
    "list": {"list": 1.0}, "List": {"list": 1.0}, "MutableSequence": {"list": 1.0},
    "Sequence": {"list": 1.0, "tuple": 0.3}, "Iterable": {"list": 1.0, "tuple": 0.2},
    "Iterator": {"list": 1.0}, "Collection": {"list": 1.0, "tuple": 0.2}, "Container": {"list": 1.0},
    "Sized": {"list": 1.0, "str": 0.5}, "Reversible": {"list": 1.0},
    "tuple": {"tuple": 1.0}, "Tuple": {"tuple": 1.0},
    "dict": {"dict": 1.0}, "Dict": {"dict": 1.0}, "Mapping": {"dict": 1.0}, "MutableMapping": {"dict": 1.0},
    "set": {"set": 1.0}, "Set": {"set": 1.0}, "MutableSet": {"set": 1.0}, "AbstractSet": {"set": 1.0},
    "frozenset": {"fset": 1.0}, "FrozenSet": {"fset": 1.0},
}  # fmt: skip


def read_hint(node: ast.expr, clue: Clue, source: Source, depth: int = 0) -> None:
    """Add what an annotation says. A hint that is understood fixes the kinds."""
    if depth > 6:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return
    if isinstance(node, ast.Constant) and node.value is None:
        _fix(clue, {"none": 0.5})
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        read_hint(node.left, clue, source, depth + 1)
        read_hint(node.right, clue, source, depth + 1)
    elif isinstance(node, ast.Subscript):
        _read_generic(node, clue, source, depth)
    else:
        name = last_name(node)
        if name in HINTS:
            _fix(clue, HINTS[name])
        elif name in ("Callable", "Type", "type", "Pattern", "Match", "IO", "TextIO"):
            clue.opaque = True
        elif name in source.values:
            read_hint(source.values[name], clue, source, depth + 1)
        elif name in source.classes:
            clue.opaque = True


def _fix(clue: Clue, weights: dict[str, float]) -> None:
    if not clue.fixed:
        clue.kinds = {}
    for kind, weight in weights.items():
        clue.kinds[kind] = clue.kinds.get(kind, 0.0) + weight
    clue.fixed = True


def _read_generic(node: ast.Subscript, clue: Clue, source: Source, depth: int) -> None:
    name = last_name(node.value)
    inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        for item in inner:
            clue.value(constant(item))
        _fix(clue, {kind: 1.0 for kind, cls in KINDS.items() if any(type(v) is cls for v in clue.values)})
        clue.only = True
    elif name in ("Optional", "Union"):
        for item in inner:
            read_hint(item, clue, source, depth + 1)
        if name == "Optional":
            _fix(clue, {"none": 0.3})
    elif name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired"):
        read_hint(inner[0], clue, source, depth + 1)
    elif name in ("tuple", "Tuple"):
        _fix(clue, {"tuple": 1.0})
        if len(inner) == 2 and _is_ellipsis(inner[1]):
            read_hint(inner[0], clue.element(), source, depth + 1)
        else:
            clue.fields = [Clue() for _ in inner]
            for item, part in zip(inner, clue.fields, strict=True):
                read_hint(item, part, source, depth + 1)
    elif name in ("Callable", "Type", "type", "Pattern", "Match"):
        clue.opaque = True
    elif name in HINTS:
        _fix(clue, HINTS[name])
        if "dict" in HINTS[name] and len(inner) == 2:
            read_hint(inner[0], clue.keyed(), source, depth + 1)
        read_hint(inner[-1], clue.element(), source, depth + 1)


def _is_ellipsis(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
