"""Mutation operators on expressions: small faults (DeMillo, Lipton, Sayward 1978) that tests should notice.

Each is a text edit as a person in a hurry would make it, so that a mutant reads like code that somebody wrote.
`literals.py` has those on literals, `statements.py` those on statements.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

try:
    from lift_sys.sandbox.guest.edits import (
        ARITHMETIC,
        ATOM,
        COMPARISON,
        Edit,
        SourceText,
        called_name,
        parenthesised,
        precedence,
        replaced,
        room,
    )
    from lift_sys.sandbox.guest.literals import on_constant, on_formatted
except ImportError:  # inside the box
    from edits import (  # type: ignore[no-redef,import-not-found]
        ARITHMETIC,
        ATOM,
        COMPARISON,
        Edit,
        SourceText,
        called_name,
        parenthesised,
        precedence,
        replaced,
        room,
    )
    from literals import on_constant, on_formatted  # type: ignore[no-redef,import-not-found]

_ARITHMETIC: dict[type, tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "+"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"), ast.Pow: ("**", "*"), ast.LShift: ("<<", ">>"), ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.BitXor: ("^", "&"),
}  # fmt: skip
_COMPARISON: dict[type, str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">", ast.In: "not in",
    ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
_BOUNDARY: dict[type, str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
_COMPARED = re.compile(r"\bnot\s+in\b|\bis\s+not\b|\bin\b|\bis\b|<=|>=|==|!=|<|>")
_AND_OR = re.compile(r"\b(?:and|or)\b")
_SWAPPED = {
    "min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith",
    "lower": "upper", "upper": "lower", "lstrip": "rstrip", "rstrip": "lstrip", "find": "rfind", "rfind": "find",
    "floor": "ceil", "ceil": "floor", "split": "rsplit", "rsplit": "split", "keys": "values", "values": "keys",
    "partition": "rpartition", "rpartition": "partition", "index": "rindex", "rindex": "index",
    "union": "intersection", "intersection": "union", "isdigit": "isalpha", "isalpha": "isdigit",
    "ljust": "rjust", "rjust": "ljust", "match": "search", "fullmatch": "match",
}  # fmt: skip
_SYMMETRIC = {"max", "min", "gcd", "lcm", "isclose", "hypot"}
_SAME_ALONE = {"split", "rsplit", "union", "intersection"}
"""Methods that do what their counterpart does unless they are given enough."""
_IDENTITY_METHODS = {"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace", "casefold"}
_IDENTITY_CALLS = {"sorted", "abs", "set", "reversed", "str", "int", "round", "list", "tuple", "float", "len"}
ELEMENTS = 12
"""A longer literal is a table: an element of it is rarely asked for."""
Found = Iterator[Edit]


def on_expression(node: Any, parent: ast.AST, source: SourceText) -> Found:
    """The faults that fit one expression node (or comprehension) below `parent`, in a fixed order."""
    table = _TABLE.get(type(node))
    if table is not None:
        yield from table(node, parent, source)


def child_instead(operator: str, node: ast.AST, child: ast.AST, source: SourceText, parent: ast.AST) -> Edit:
    """A node gives way to one of its own children."""
    at_least = min(precedence(node), ATOM - 1, room(parent, node))
    return _in_place(
        operator, node, source.inside(child, at_least, bracketed=source.is_bracketed(node)), child, source
    )


def _in_place(operator: str, node: ast.AST, text: str, left: ast.AST, source: SourceText) -> Edit:
    """`text` in place of `node`, and of its parentheses where an atom is `left` that needs none."""
    brackets = source.own_brackets(node) if precedence(left) == ATOM and "\n" not in text else None
    if brackets is None or isinstance(left, (ast.Tuple, ast.GeneratorExp)):
        return replaced(operator, node, text, source)
    return Edit(operator, *brackets, text, node)


def _binary(node: ast.BinOp, parent: ast.AST, source: SourceText) -> Found:
    textual = any(isinstance(side, ast.JoinedStr) or is_text(side) for side in (node.left, node.right))
    if type(node.op) in _ARITHMETIC and not textual:
        old, new = _ARITHMETIC[type(node.op)]
        yield from between("arithmetic", node.left, node.right, re.compile(re.escape(old)), new, node, source)
    if not textual or isinstance(node.op, ast.Add):
        yield child_instead("removed operand", node, node.left, source, parent)
        yield child_instead("removed operand", node, node.right, source, parent)


def between(
    operator: str,
    left: ast.AST,
    right: ast.AST,
    pattern: re.Pattern[str],
    new: str,
    shown: ast.AST,
    source: SourceText,
) -> Found:
    """Replace the token that stands between two nodes."""
    span = source.token(pattern, source.end(left), source.start(right))
    if span:
        yield Edit(operator, *span, new, shown)


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _compare(node: ast.Compare, parent: ast.AST, source: SourceText) -> Found:
    operands = [node.left, *node.comparators]
    for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
        for operator, table in (("boundary", _BOUNDARY), ("comparison", _COMPARISON)):
            if type(op) in table:
                yield from between(operator, left, right, _COMPARED, table[type(op)], node, source)
    if len(node.ops) > 1:
        yield Edit("comparison chain", source.outer(operands[-2])[1], source.end(node), "", node)
        yield Edit("comparison chain", source.start(node), source.outer(operands[1])[0], "", node)


def _boolean(node: ast.BoolOp, parent: ast.AST, source: SourceText) -> Found:
    other = "or" if isinstance(node.op, ast.And) else "and"
    for left, right in zip(node.values, node.values[1:], strict=False):
        yield from between("boolean", left, right, _AND_OR, other, node, source)
    for at, value in enumerate(node.values):
        if len(node.values) == 2:
            yield child_instead("removed operand", node, node.values[1 - at], source, parent)
        else:
            yield from without("removed operand", node.values, value, node, source)


def _unary(node: ast.UnaryOp, parent: ast.AST, source: SourceText) -> Found:
    signed = isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    if isinstance(node.op, (ast.Not, ast.USub)) and not signed:
        yield child_instead("unary", node, node.operand, source, parent)


def _if_else(node: ast.IfExp, parent: ast.AST, source: SourceText) -> Found:
    yield from negated(node.test, source, 3)
    yield child_instead("removed branch", node, node.orelse, source, parent)
    yield child_instead("removed branch", node, node.body, source, parent)


def negated(test: ast.expr, source: SourceText, at_least: int = 0) -> Found:
    """`not test`, for a test that no other operator negates."""
    if isinstance(test, (ast.Compare, ast.Constant)) or (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    ):
        return
    brackets = source.own_brackets(test)
    if brackets and precedence(test) < COMPARISON:
        yield Edit("negated condition", brackets[0], brackets[0], "not ", test)
    else:
        yield replaced("negated condition", test, "not " + source.inside(test, COMPARISON), source)


def _call(node: ast.Call, parent: ast.AST, source: SourceText) -> Found:
    yield from _arguments(node, source)
    name, args = called_name(node.func), node.args
    if name in _SWAPPED and not (name in _SAME_ALONE and len(args) + len(node.keywords) < 2):
        end = source.end(node.func)
        yield Edit("function", end - len(name), end, _SWAPPED[name], node)
    if isinstance(node.func, ast.Attribute) and name in _IDENTITY_METHODS:
        yield child_instead("removed call", node, node.func.value, source, parent)
    elif isinstance(node.func, ast.Name) and name in _IDENTITY_CALLS and args and not starred(args[0]):
        yield replaced("removed call", node, source.inside(args[0], room(parent, node)), source)
    if isinstance(node.func, ast.Name) and name == "len" and not (is_shifted(parent) and parent.left is node):
        text = parenthesised(source.operation(source.text(node), "-", "1"), ARITHMETIC, room(parent, node))
        yield replaced("off by one", node, text, source)
    if isinstance(node.func, ast.Name) and name == "range" and args:
        stop = args[min(1, len(args) - 1)]
        if not isinstance(stop, (ast.Constant, ast.Starred)) and not is_shifted(stop):
            yield replaced("off by one", stop, source.operation(source.inside(stop, ARITHMETIC), "-", "1"), source)
            yield replaced("off by one", stop, source.operation(source.inside(stop, ARITHMETIC), "+", "1"), source)


def _arguments(node: ast.Call, source: SourceText) -> Found:
    """Arguments in the wrong order, one too few, and a keyword forgotten."""
    args = node.args
    for left, right in dict.fromkeys(((0, 1), (len(args) - 2, len(args) - 1))):
        if left < 0 or right >= len(args) or any(map(starred, (args[left], args[right]))):
            continue
        if source.text(args[left]) != source.text(args[right]) and called_name(node.func) not in _SYMMETRIC:
            yield _swapped("swapped arguments", node, args[left], args[right], source)
    if len(args) > 1 and not (node.keywords and starred(args[-1])):
        yield Edit("removed argument", source.outer(args[-2])[1], source.outer(args[-1])[1], "", node)
    if node.keywords:
        if len(args) + len(node.keywords) > 1:
            for keyword in node.keywords:
                yield from without("removed argument", [*args, *node.keywords], keyword, node, source)
        elif node.keywords[0].arg:
            yield replaced("removed argument", node.keywords[0], "", source)


def is_shifted(node: ast.AST) -> TypeGuard[ast.BinOp]:
    """Whether it is `x + 1` and the like, where the constant can be off by one itself: nobody writes `x + 1 - 1`."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
        return False
    return isinstance(node.right, ast.Constant) and type(node.right.value) is int


def starred(node: ast.AST) -> bool:
    return isinstance(node, ast.Starred)


def _swapped(operator: str, shown: ast.AST, left: ast.AST, right: ast.AST, source: SourceText) -> Edit:
    middle = source.code[source.end(left) : source.start(right)]
    return Edit(
        operator,
        source.start(left),
        source.end(right),
        source.text(right) + middle + source.text(left),
        shown,
    )


def without(operator: str, nodes: list[Any], gone: ast.AST, shown: ast.AST, source: SourceText) -> Found:
    """A comma-separated list of two or more nodes with one of them left out."""
    ordered = sorted(nodes, key=lambda n: (n.lineno, n.col_offset))
    at = next(index for index, node in enumerate(ordered) if node is gone)
    if at:
        yield Edit(operator, source.outer(ordered[at - 1])[1], source.outer(gone)[1], "", shown)
    else:
        yield Edit(operator, source.outer(gone)[0], source.outer(ordered[1])[0], "", shown)


def _sequence(node: Any, parent: ast.AST, source: SourceText) -> Found:
    """A list, set or tuple with an element less, or two in the wrong order."""
    items = node.elts
    if not items or len(items) > ELEMENTS or (isinstance(parent, ast.For) and parent.iter is not node):
        return
    if isinstance(node.ctx if not isinstance(node, ast.Set) else ast.Load(), ast.Store):
        return
    for at in sorted({0, len(items) - 1}):
        yield from _less(node, items, at, source)
    ordered = not isinstance(node, ast.Set) and not _unordered(parent)
    if len(items) > 1 and ordered and source.text(items[0]) != source.text(items[1]):
        yield _swapped("swapped elements", node, items[0], items[1], source)


def _less(node: Any, items: list[Any], at: int, source: SourceText) -> Found:
    """The sequence without its first or last item, its lines and its last comma left as they are."""
    last = source.code[source.outer(items[-1])[1] : source.end(node)] if len(items) > 1 else ""
    if len(items) == 1:
        empty = {"List": "[]", "Set": "set()", "Tuple": "()"}[type(node).__name__]
        yield replaced("removed element", node, empty, source)
    elif len(items) > 2 or not isinstance(node, ast.Tuple) or last.lstrip().startswith(","):
        yield from without("removed element", items, items[at], node, source)
    else:
        yield replaced("removed element", node, f"({source.inside(items[1 - at], 1)},)", source)


def _unordered(parent: ast.AST) -> bool:
    """Whether the order of a sequence makes no difference there: `x in (a, b)`, `isinstance(x, (a, b))`."""
    if isinstance(parent, ast.Compare):
        return isinstance(parent.ops[-1], (ast.In, ast.NotIn))
    alternatives = {"isinstance", "issubclass", "startswith", "endswith", "set", "frozenset"}
    return isinstance(parent, ast.ExceptHandler) or (
        isinstance(parent, ast.Call) and called_name(parent.func) in alternatives
    )


def _dict(node: ast.Dict, parent: ast.AST, source: SourceText) -> Found:
    pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True)]
    if not 0 < len(pairs) <= ELEMENTS or any(key is None for key, _ in pairs):
        return
    if len(pairs) == 1:
        yield replaced("removed element", node, "{}", source)
        return
    keys, values = [key for key, _ in pairs if key is not None], node.values
    yield Edit("removed element", source.outer(keys[0])[0], source.outer(keys[1])[0], "", node)
    yield Edit("removed element", source.outer(values[-2])[1], source.outer(values[-1])[1], "", node)


def _slice(node: ast.Slice, parent: ast.AST, source: SourceText) -> Found:
    for bound in (node.lower, node.upper):
        if bound is None:
            continue
        yield replaced("slice", bound, "", source)
        if not isinstance(bound, (ast.Constant, ast.UnaryOp)) and not is_shifted(bound):
            yield replaced("off by one", bound, source.operation(source.inside(bound, ARITHMETIC), "+", "1"), source)
    if node.step is not None:
        yield replaced("slice", node.step, "", source)


_IF = re.compile(r"\bif\b")


def _comprehension(node: ast.comprehension, parent: ast.AST, source: SourceText) -> Found:
    if node.ifs:
        found = source.token(_IF, source.end(node.iter), source.start(node.ifs[0]))
        if found:
            start = len(source.code[: found[0]].rstrip())
            yield Edit("removed filter", start, source.outer(node.ifs[-1])[1], "", parent)
        yield from negated(node.ifs[0], source, 3)


def _named(node: Any, parent: ast.AST, source: SourceText) -> Found:
    if isinstance(parent, ast.Expr) and node.value is not None:
        yield replaced("assigned value", node.value, "None", source)


_TABLE: dict[type, Callable[[Any, ast.AST, SourceText], Found]] = {
    ast.BinOp: _binary, ast.Compare: _compare, ast.BoolOp: _boolean, ast.UnaryOp: _unary, ast.Constant: on_constant,
    ast.JoinedStr: on_formatted, ast.IfExp: _if_else, ast.Call: _call, ast.List: _sequence, ast.Set: _sequence,
    ast.Tuple: _sequence, ast.Dict: _dict, ast.Slice: _slice, ast.comprehension: _comprehension, ast.Yield: _named,
}  # fmt: skip
