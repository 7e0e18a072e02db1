"""Blocks at module level that only choose between statements: by Python version, by what can be imported."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

Alternative = tuple[int, int]
"""Of several ways to provide the same names (`try: import x / except ImportError: ...`): which set, which way."""
Place = tuple[ast.stmt, Alternative | None, bool]


def flatten(body: list[ast.stmt]) -> list[Place]:
    """The statements at module level, with those inside blocks that only choose between them."""
    if not any(node.__class__ is ast.If or node.__class__ is ast.Try for node in body):
        return [(node, None, False) for node in body]
    places: list[Place] = []
    _flatten(body, None, False, places, [0])
    return places


def _flatten(
    body: list[ast.stmt], alternative: Alternative | None, typing_only: bool, places: list[Place], groups: list[int]
) -> None:
    for node in body:
        if isinstance(node, ast.If):
            known = decided(node.test)
            if known is not None:
                checking = "TYPE_CHECKING" in ast.dump(node.test)
                _flatten(node.body if known or checking else [], alternative, checking or typing_only, places, groups)
                _flatten([] if known else node.orelse, alternative, typing_only, places, groups)
                continue
        elif isinstance(node, ast.Try) and alternative is None and _is_import_fallback(node):
            groups[0] += 1
            group = groups[0]
            _flatten([*node.body, *node.orelse], (group, 0), typing_only, places, groups)
            _flatten(node.handlers[0].body, (group, 1), typing_only, places, groups)
            _flatten(node.finalbody, None, typing_only, places, groups)
            continue
        places.append((node, alternative, typing_only))


def decided(test: ast.expr) -> bool | None:
    """Whether a module-level condition holds on every supported Python; None where that isn't known."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = decided(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.Constant) and isinstance(test.value, bool | int):
        return bool(test.value)
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    if name == "TYPE_CHECKING":
        return False
    if name in ("PY2", "PY3"):
        return name == "PY3"
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _version_test(test)
    return None


def _version_test(test: ast.Compare) -> bool | None:
    """The outcome of comparing `sys.version_info` (or its first element) with a constant, where it is certain."""
    left, right = test.left, test.comparators[0]
    first = isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant) and left.slice.value == 0
    value = left.value if isinstance(left, ast.Subscript) else left
    if not (isinstance(value, ast.Attribute) and value.attr == "version_info"):
        return None
    if isinstance(left, ast.Subscript) and not first and not isinstance(left.slice, ast.Slice):
        return None
    parts = right.elts if isinstance(right, ast.Tuple) else [right]
    wanted = tuple(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, int))
    if len(wanted) != len(parts) or not wanted:
        return None
    low, high = ((3,), (3,)) if first else (OLDEST, NEWEST)
    compare = _COMPARISONS.get(test.ops[0].__class__)
    if compare is None or (compare in (operator.eq, operator.ne) and not first):
        return None
    outcomes = {compare(version, wanted) for version in (low, high)}
    return outcomes.pop() if len(outcomes) == 1 else None


_COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
OLDEST, NEWEST = (3, 11), (3, 13, 99)
"""The Pythons that a slice must run on."""


def _is_import_fallback(node: ast.Try) -> bool:
    """Whether it is `try: import ... / except ImportError: ...` and nothing more."""
    if len(node.handlers) != 1 or not any(isinstance(part, ast.Import | ast.ImportFrom) for part in node.body):
        return False
    kind = node.handlers[0].type
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind] if kind is not None else []
    known = {"ImportError", "ModuleNotFoundError", "Exception"}
    return kind is None or any(isinstance(name, ast.Name) and name.id in known for name in names)
