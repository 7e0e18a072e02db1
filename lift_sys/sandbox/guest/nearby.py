"""Values close to one another, and the few values that a small type has: inputs that are enumerated, not drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice, product, zip_longest
from typing import Any

Call = tuple[list[Any], dict[str, Any]]
DOMAIN = 256
"""A larger set of possible calls is not enumerated."""
_ABSENT = object()


def neighbours(value: Any, constants: dict[type, list[Any]], depth: int = 0) -> Iterator[Any]:
    """Values one small step from `value`, most telling first: the edges of comparisons, one element more or less."""
    kind = type(value)
    if kind is bool:
        yield not value
    elif kind is int or kind is float:
        yield from (value + 1, value - 1, kind(0), -value)
        for known in constants[int][:6]:
            yield from (kind(known), kind(known + 1), kind(known - 1)) if abs(known) < 1 << 20 else ()
        yield value * 2 + (1 if kind is int else 0.5)
    elif kind is str or kind is bytes:
        yield from _texts(value, constants[kind])
    elif kind in (list, tuple):
        yield from _sequences(value, constants, depth)
    elif kind is dict:
        yield from _dicts(value, constants, depth)
    elif kind in (set, frozenset):
        yield kind()
    yield from _other_kinds(value)


def _other_kinds(value: Any) -> tuple[Any, ...]:
    """What a caller might hand over by mistake, or a function accept besides."""
    kind = type(value)
    if kind is str:
        return (value.encode("utf-8", "replace"), 0, None, [value])
    if kind is int or kind is float:
        return (str(value), None, float(value) if kind is int and abs(value) < 1 << 53 else 1)
    if kind is list:
        return (tuple(value), None)
    if kind is tuple:
        return (list(value), None)
    return ("", 0, False) if value is None else (None,) if kind is dict else ()


def _texts(value: Any, known: list[Any]) -> Iterator[Any]:
    empty = value[:0]
    pieces = [piece for piece in known if 0 < len(piece) <= 16][:10]
    blank, letter = (" ", "a") if type(value) is str else (b" ", b"a")
    yield from (empty, value[:1], value[1:], value[:-1], value + value[-1:], value + value)
    for piece in pieces:
        yield from (value + piece, piece + value)
        middle = len(value) // 2
        yield from (value[:middle] + piece + value[middle:], piece, value.replace(piece, empty))
    yield from (value.upper(), value.lower(), value[::-1], value + letter, blank + value + blank, blank + value)


def _sequences(value: Any, constants: dict[type, list[Any]], depth: int) -> Iterator[Any]:
    kind = type(value)
    yield from (kind(), value[:1], value[1:], value[:-1], value + value[:1], value[::-1], value + value)
    if depth < 2:
        for at in (0, len(value) - 1) if len(value) > 1 else range(len(value)):
            for other in islice(neighbours(value[at], constants, depth + 1), 8):
                yield kind((*value[:at], other, *value[at + 1 :]))


def _dicts(value: Any, constants: dict[type, list[Any]], depth: int) -> Iterator[Any]:
    yield {}
    items = list(value.items())
    for at in range(min(len(items), 4)):
        yield dict(items[:at] + items[at + 1 :])
    if depth < 2:
        for key, old in items[:4]:
            for other in islice(neighbours(old, constants, depth + 1), 6):
                yield {**value, key: other}
    for known in constants[str][:6]:
        if known not in value and items:
            yield {**value, known: items[0][1]}


def around(calls: list[Call], constants: dict[type, list[Any]]) -> Iterator[Call]:
    """Calls that differ from one of `calls` in one argument, in turns from every call and argument."""
    return _turns([_steps(call, spot, constants) for call in calls for spot in _spots(call)])


def _spots(call: Call) -> list[int | str]:
    return [*range(len(call[0])), *call[1]]


def _steps(call: Call, spot: int | str, constants: dict[type, list[Any]]) -> Iterator[Call]:
    args, kwargs = call
    if isinstance(spot, int):
        for other in neighbours(args[spot], constants):
            yield [*args[:spot], other, *args[spot + 1 :]], kwargs
        if spot == len(args) - 1 and spot:
            yield args[:spot], kwargs
    else:
        yield args, {name: value for name, value in kwargs.items() if name != spot}
        for other in neighbours(kwargs[spot], constants):
            yield args, {**kwargs, spot: other}


def _turns(sources: list[Iterator[Call]]) -> Iterator[Call]:
    for row in zip_longest(*sources, fillvalue=_ABSENT):
        for call in row:
            if call is not _ABSENT:
                yield call  # type: ignore[misc]


def domain(function: ast.FunctionDef | None) -> list[Call]:
    """Every call that a function's hints allow, when they are few: bools, None, literals. Empty when they are not."""
    if function is None or function.args.vararg or function.args.kwarg or function.args.posonlyargs:
        return []
    names: list[str] = []
    choices: list[list[Any]] = []
    size = 1
    arguments = function.args
    missing = len(arguments.args) - len(arguments.defaults)
    pairs = [(p, arguments.defaults[n - missing] if n >= missing else None) for n, p in enumerate(arguments.args)]
    for parameter, default in [*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]:
        values = hinted(parameter.annotation)
        if not values:
            return []
        if default is not None:
            values = [*values, _ABSENT]
        size *= len(values)
        if size > DOMAIN:
            return []
        names.append(parameter.arg)
        choices.append(values)
    return [
        ([], {name: value for name, value in zip(names, chosen, strict=True) if value is not _ABSENT})
        for chosen in product(*choices)
    ]


def hinted(hint: ast.expr | None) -> list[Any]:
    """Every value of a type hint, where they can be told; else none."""
    if isinstance(hint, ast.Constant) and type(hint.value) is str:
        try:
            return hinted(ast.parse(hint.value, mode="eval").body)
        except (SyntaxError, ValueError):
            return []
    if isinstance(hint, ast.Constant) and hint.value is None:
        return [None]
    if isinstance(hint, ast.Name) and hint.id == "bool":
        return [False, True]
    if isinstance(hint, ast.BinOp) and isinstance(hint.op, ast.BitOr):
        left, right = hinted(hint.left), hinted(hint.right)
        return left + right if left and right else []
    if not isinstance(hint, ast.Subscript):
        return []
    name = hint.value.id if isinstance(hint.value, ast.Name) else getattr(hint.value, "attr", "")
    members = hint.slice.elts if isinstance(hint.slice, ast.Tuple) else [hint.slice]
    if name == "Literal":
        constants = [member.value for member in members if isinstance(member, ast.Constant)]
        plain = len(constants) == len(members) and all(type(c) in (int, str, bool, type(None)) for c in constants)
        return constants if plain else []
    inner = [hinted(member) for member in members]
    if name == "Optional" and len(inner) == 1 and inner[0]:
        return [*inner[0], None]
    return [value for values in inner for value in values] if name == "Union" and all(inner) else []
