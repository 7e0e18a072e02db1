"""Mutation operators: the small faults (DeMillo, Lipton, Sayward 1978) that a function's tests should notice."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

_ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
}  # fmt: skip
_BOUNDARY: dict[type, type] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_NEGATED: dict[type, type] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_SWAPPED = {
    "min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith",
    "lower": "upper", "upper": "lower", "lstrip": "rstrip", "rstrip": "lstrip", "find": "rfind", "rfind": "find",
    "floor": "ceil", "ceil": "floor", "split": "rsplit", "rsplit": "split", "keys": "values", "values": "keys",
    "partition": "rpartition", "rpartition": "partition",
}  # fmt: skip
_IDENTITY_METHODS = {"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace", "casefold"}
_IDENTITY_CALLS = {"sorted", "abs", "set", "reversed", "str", "int", "round", "list", "tuple", "float", "len"}

Make = Callable[[Any], ast.AST]


def mutations(node: ast.AST) -> Iterator[tuple[str, Make]]:
    """The operators that fit a node, each with what builds the replacement from the node as it is then."""
    table = _TABLE.get(type(node))
    if table is not None:
        yield from table(node)


def _binary(node: ast.BinOp) -> Iterator[tuple[str, Make]]:
    textual = any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in (node.left, node.right))
    if type(node.op) in _ARITHMETIC and not textual:
        yield "arithmetic", lambda n: ast.BinOp(n.left, _ARITHMETIC[type(n.op)](), n.right)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _augmented(node: ast.AugAssign) -> Iterator[tuple[str, Make]]:
    if type(node.op) in _ARITHMETIC and not _is_text(node.value):
        yield "augmented assignment", lambda n: ast.AugAssign(n.target, _ARITHMETIC[type(n.op)](), n.value)
    yield "removed statement", _pass


def _pass(node: Any) -> ast.AST:
    return ast.Pass()


def _comparison(node: ast.Compare) -> Iterator[tuple[str, Make]]:
    for at, op in enumerate(node.ops):
        if type(op) in _BOUNDARY:
            yield "boundary", _with_operator(at, _BOUNDARY)
        if type(op) in _NEGATED:
            yield "comparison", _with_operator(at, _NEGATED)


def _with_operator(at: int, table: dict[type, type]) -> Make:
    def make(n: Any) -> ast.AST:
        return ast.Compare(n.left, [*n.ops[:at], table[type(n.ops[at])](), *n.ops[at + 1 :]], n.comparators)

    return make


def _boolean(node: ast.BoolOp) -> Iterator[tuple[str, Make]]:
    yield "boolean", lambda n: ast.BoolOp(ast.Or() if isinstance(n.op, ast.And) else ast.And(), n.values)
    for at in range(len(node.values)):
        yield "removed operand", _without_operand(at)


def _without_operand(at: int) -> Make:
    def make(n: Any) -> ast.AST:
        rest = [*n.values[:at], *n.values[at + 1 :]]
        return ast.BoolOp(n.op, rest) if len(rest) > 1 else _copy(rest[0])

    return make


def _copy(node: ast.AST) -> ast.AST:
    """A new node of the same content, for a parent that takes the place of a child."""
    new = node.__class__.__new__(node.__class__)  # its `__init__` would ask for the fields that follow
    new.__dict__.update(node.__dict__)
    return new


def _unary(node: ast.UnaryOp) -> Iterator[tuple[str, Make]]:
    if isinstance(node.op, (ast.Not, ast.USub)) and not (
        isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    ):
        yield "unary", lambda n: _copy(n.operand)


def _literal(node: ast.Constant) -> Iterator[tuple[str, Make]]:
    value = node.value
    if type(value) is bool:
        yield "constant", lambda n: ast.Constant(not n.value)
    elif type(value) in (int, float):
        yield "constant", lambda n: ast.Constant(n.value + 1)
        if value != 0:
            yield "constant", lambda n: ast.Constant(n.value - 1 if n.value != 0 else 0)
    elif type(value) is str:
        yield "string", lambda n: ast.Constant(n.value + "XX" if n.value else "XX")
        if value:
            yield "string", lambda n: ast.Constant("")
    elif type(value) is bytes:
        yield "string", lambda n: ast.Constant(n.value + b"XX")


def _if(node: ast.If) -> Iterator[tuple[str, Make]]:
    yield "negated condition", lambda n: ast.If(_not(n.test), n.body, n.orelse)
    yield "removed branch", lambda n: ast.If(_false(n), n.body, n.orelse)
    yield "removed branch", lambda n: ast.If(_true(n), n.body, n.orelse)


def _if_else(node: ast.IfExp) -> Iterator[tuple[str, Make]]:
    yield "negated condition", lambda n: ast.IfExp(_not(n.test), n.body, n.orelse)
    yield "removed branch", lambda n: _copy(n.orelse)
    yield "removed branch", lambda n: _copy(n.body)


def _not(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _false(node: Any) -> ast.expr:
    return ast.copy_location(ast.Constant(False), node.test)


def _true(node: Any) -> ast.expr:
    return ast.copy_location(ast.Constant(True), node.test)


def _while(node: ast.While) -> Iterator[tuple[str, Make]]:
    if not isinstance(node.test, ast.Constant):
        yield "negated condition", lambda n: ast.While(_not(n.test), n.body, n.orelse)
    yield "removed loop", _pass


def _for(node: ast.For) -> Iterator[tuple[str, Make]]:
    def never(n: Any) -> ast.AST:
        nothing = ast.copy_location(ast.Tuple([], ast.Load()), n.iter)
        return ast.For(n.target, nothing, n.body, n.orelse, None)

    yield "removed loop", never


def _return(node: ast.Return) -> Iterator[tuple[str, Make]]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield "return value", lambda n: ast.Return(ast.copy_location(ast.Constant(None), n.value))


def _statement(node: ast.Expr) -> Iterator[tuple[str, Make]]:
    if not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom, ast.Await)):
        yield "removed statement", _pass


def _assign(node: ast.Assign) -> Iterator[tuple[str, Make]]:
    if all(isinstance(target, (ast.Subscript, ast.Attribute)) for target in node.targets):
        yield "removed statement", _pass
    elif not isinstance(node.value, ast.Constant) and isinstance(node.targets[0], ast.Name):
        yield "assigned value", lambda n: ast.Assign(n.targets, ast.copy_location(ast.Constant(None), n.value), None)


def _delete(node: ast.Delete) -> Iterator[tuple[str, Make]]:
    yield "removed statement", _pass


def _leave(node: ast.AST) -> Iterator[tuple[str, Make]]:
    yield "loop exit", lambda n: ast.Continue() if isinstance(n, ast.Break) else ast.Break()


def _call(node: ast.Call) -> Iterator[tuple[str, Make]]:
    args = node.args
    if len(args) >= 2 and not any(isinstance(a, ast.Starred) for a in args[:2]) and not _alike(args[0], args[1]):
        yield "swapped arguments", lambda n: ast.Call(n.func, [n.args[1], n.args[0], *n.args[2:]], n.keywords)
    name = called_name(node.func)
    if name in _SWAPPED and not (name in ("split", "rsplit") and len(args) + len(node.keywords) < 2):
        yield "function", _with_function
    if isinstance(node.func, ast.Attribute) and name in _IDENTITY_METHODS:
        yield "removed call", lambda n: _copy(n.func.value)
    elif isinstance(node.func, ast.Name) and name in _IDENTITY_CALLS and len(args) >= 1:
        yield "removed call", lambda n: _copy(n.args[0])


def _alike(a: ast.expr, b: ast.expr) -> bool:
    return ast.dump(a) == ast.dump(b)


def _with_function(n: Any) -> ast.AST:
    other = _SWAPPED[called_name(n.func)]
    if isinstance(n.func, ast.Name):
        function: ast.expr = ast.Name(other, ast.Load())
    else:
        function = ast.Attribute(n.func.value, other, ast.Load())
    return ast.Call(ast.copy_location(function, n.func), n.args, n.keywords)


def _slice(node: ast.Slice) -> Iterator[tuple[str, Make]]:
    if node.lower is not None:
        yield "slice", lambda n: ast.Slice(None, n.upper, n.step)
    if node.upper is not None:
        yield "slice", lambda n: ast.Slice(n.lower, None, n.step)
    if node.step is not None:
        yield "slice", lambda n: ast.Slice(n.lower, n.upper, None)


def _handler(node: ast.ExceptHandler) -> Iterator[tuple[str, Make]]:
    if not (len(node.body) == 1 and isinstance(node.body[0], ast.Raise)):

        def make(n: Any) -> ast.AST:
            again = ast.copy_location(ast.Raise(None, None), n.body[-1])
            return ast.ExceptHandler(n.type, n.name, [again])

        yield "removed handler", make


def _comprehension(node: ast.comprehension) -> Iterator[tuple[str, Make]]:
    if node.ifs:
        yield "removed filter", lambda n: ast.comprehension(n.target, n.iter, [], n.is_async)


def called_name(node: ast.AST) -> str:
    """The last part of the name of what is called, "" for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


_TABLE: dict[type, Callable[[Any], Iterator[tuple[str, Make]]]] = {
    ast.BinOp: _binary, ast.AugAssign: _augmented, ast.Compare: _comparison, ast.BoolOp: _boolean,
    ast.UnaryOp: _unary, ast.Constant: _literal, ast.If: _if, ast.IfExp: _if_else, ast.While: _while,
    ast.For: _for, ast.Return: _return, ast.Expr: _statement, ast.Assign: _assign, ast.Delete: _delete,
    ast.Break: _leave, ast.Continue: _leave, ast.Call: _call, ast.Slice: _slice, ast.ExceptHandler: _handler,
    ast.comprehension: _comprehension,
}  # fmt: skip
