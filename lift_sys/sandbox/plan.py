"""Tests that can be settled without running them: plain asserts on calls with literal arguments.

Most tests read `assert f([1, 2]) == 3`. Their calls are known before anything runs, so the candidate gets them at
once; and when the answer is, byte for byte, the encoding of the literal, the assert holds. Nothing hostile is
decoded or run for that. Any other answer settles nothing: then the tests run, in their own box.
"""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from lift_sys import wire

LONGEST_SOURCE = 20_000
MOST_CALLS = 500
_BIGGEST = 2**64
# An escape that Python warns about; the tests' own box may say so.
_ODD_ESCAPE = re.compile(r"\\[^\n\\'\"abfnrtvx0-7NuU]")
_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_Constants = (type(None), bool, int, float, str, bytes)


@dataclass(frozen=True)
class Expected:
    """A call of test `index` and the one answer that settles its assert."""

    index: int
    arguments: bytes
    answer: bytes


class _NotPlain(Exception):
    pass


def plan(order: bytes) -> tuple[Expected, ...] | None:
    """What the tests of a case come to, in the order of their calls; None when they have to be run.

    Kept for the tests that came last: many candidates are often judged by the same ones.
    """
    return _recent(order) if len(order) <= 2 * LONGEST_SOURCE else _plan(order)


def forget_plans() -> None:
    """Make the next tests new, for measurements."""
    _recent.cache_clear()


def _plan(order: bytes) -> tuple[Expected, ...] | None:
    case: dict[str, Any] = json.loads(order)
    name = case["entry_point"]
    sources = case["tests"] if "tests" in case else [case["test"]]
    if sum(map(len, sources)) > LONGEST_SOURCE or any(map(_ODD_ESCAPE.search, sources)):
        return None
    found: list[Expected] = []
    try:
        for index, source in enumerate(sources):
            tree = ast.parse(source)
            body, names = (tree.body, {name}) if "tests" in case else (_check_body(tree, name))
            if "abs" in names:  # then it is not the builtin
                return None
            before = len(found)
            found += [Expected(index, *settled) for test in body for settled in _settle(test, names)]
            if len(found) == before or len(found) > MOST_CALLS:
                return None
    except (_NotPlain, SyntaxError, ValueError, TypeError, MemoryError, RecursionError, ArithmeticError):
        return None
    except wire.WireError:
        return None
    return tuple(found)


_recent = lru_cache(512)(_plan)


def _check_body(tree: ast.Module, entry_point: str) -> tuple[list[ast.stmt], set[str]]:
    """The statements of HumanEval's `check`, and the names that the candidate has in it."""
    check = None
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name="check", decorator_list=[], returns=None, args=arguments) if check is None:
                names = [a.arg for a in arguments.args]
                if (
                    len(names) != 1
                    or arguments.args[0].annotation
                    or arguments.posonlyargs
                    or arguments.vararg
                    or arguments.kwonlyargs
                    or arguments.kwarg
                    or arguments.defaults
                ):
                    raise _NotPlain
                check = statement
            case ast.Assign(targets=[ast.Name(id="METADATA")], value=value):
                _value(value)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case _:
                raise _NotPlain
    if check is None or entry_point in ("check", "METADATA"):
        raise _NotPlain
    return check.body, {names[0]}


def _settle(statement: ast.stmt, names: set[str]) -> Iterator[tuple[bytes, bytes]]:
    """The call that an assert makes, with the answer that makes it hold; nothing for what does nothing."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return
        case ast.Assert(test=ast.Constant(value=constant)) if constant:
            return
        case ast.Assert(test=test):
            call, value = _expectation(test)
            if value != value:
                raise _NotPlain
            yield _arguments(call, names), b"V" + wire.encode(value).encode()
        case _:
            raise _NotPlain


def _expectation(test: ast.expr) -> tuple[ast.expr, object]:
    """An expression of a call, and the result that makes it true."""
    match test:
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="abs"), args=[inner], keywords=[]), ops=[op], comparators=[c]
        ):
            tolerance = _value(c)
            match inner:
                case ast.BinOp(left=call, op=ast.Sub(), right=middle):
                    value = _value(middle)
                    near = isinstance(op, ast.Lt | ast.LtE) and type(tolerance) in (int, float) and tolerance > 0
                    if near and type(value) is float and abs(value) < _BIGGEST:
                        return call, value
            raise _NotPlain
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return (left, _value(right)) if isinstance(left, ast.Call) else (right, _value(left))
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None | True | False as value)]):
            return left, value
        case ast.UnaryOp(op=ast.Not(), operand=call):
            return call, False
        case _:
            return test, True


def _arguments(call: ast.expr, names: set[str]) -> bytes:
    match call:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in names:
            kwargs = {keyword.arg or _refuse(): _value(keyword.value) for keyword in keywords}
            if len(kwargs) < len(keywords):
                raise _NotPlain
            return f"{wire.encode(tuple(map(_value, args)))}\n{wire.encode(kwargs)}".encode()
    raise _NotPlain


def _refuse() -> NoReturn:
    raise _NotPlain


def _value(node: ast.expr) -> Any:
    """The value of a literal, with signs, small sums and products.

    Raises:
        _NotPlain: it is more than that.
    """
    match node:
        case ast.Constant(value=value) if type(value) in _Constants:
            return value
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple([_value(item) for item in items])
        case ast.Set(elts=items):
            return {_value(item) for item in items}
        case ast.Dict(keys=keys, values=values):
            return {_value(k or _refuse()): _value(v) for k, v in zip(keys, values, strict=True)}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +_number(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _compute(_value(left), op, _value(right))
    raise _NotPlain


def _number(node: ast.expr) -> Any:
    value = _value(node)
    if type(value) not in (int, float):
        raise _NotPlain
    return value


def _compute(left: Any, op: ast.operator, right: Any) -> Any:
    if type(left) is str and type(right) is str and isinstance(op, ast.Add):
        return left + right
    for value in (left, right):
        if type(value) not in (int, float) or abs(value) >= _BIGGEST:
            raise _NotPlain
    return _ARITHMETIC[type(op)](left, right)
