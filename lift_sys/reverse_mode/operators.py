"""The operators that terms are built from: source text, operand types, and a bounded host-side meaning.

Operands are decoded plain values of observed calls, so nothing mined runs here. Each meaning checks its operands
first where the result could be huge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Types = frozenset[type]
NUMBER: Types = frozenset({int, float})
TEXT: Types = frozenset({str})
SEQUENCE: Types = frozenset({str, bytes, list, tuple})
LISTS: Types = frozenset({list, tuple})
SETS: Types = frozenset({set, frozenset})
GROUP: Types = LISTS | SETS
DICT: Types = frozenset({dict})
SIZED: Types = SEQUENCE | SETS | DICT
ORDERED: Types = NUMBER | SEQUENCE
INT: Types = frozenset({int})
SCALAR: Types = frozenset({bool, type(None)})
ANY: Types = SIZED | NUMBER | SCALAR
HASHABLE: Types = frozenset({int, str, bytes, tuple, bool, float})


@dataclass(frozen=True)
class Unary:
    template: str
    types: Types
    meaning: Callable[[Any], Any]
    atomic: bool = True


@dataclass(frozen=True)
class Binary:
    template: str
    left: Types
    right: Types
    meaning: Callable[[Any, Any], Any]
    atomic: bool = True
    boolean: bool = False
    """Whether it is a condition."""
    symmetric: bool = False


def _ordered(value: Any) -> Any:
    """The same value; one with a set inside is refused: the order of its members is another in each process."""
    if holds_set(value):
        raise TypeError
    return value


def holds_set(value: object) -> bool:
    """Whether a set is anywhere in a plain value."""
    left = [value]
    while left:
        item = left.pop()
        kind = type(item)
        if kind is dict:
            left += item.keys()  # type: ignore[attr-defined]
            left += item.values()  # type: ignore[attr-defined]
        elif kind is list or kind is tuple:
            left += item  # type: ignore[arg-type]
        elif kind is set or kind is frozenset:
            return True
    return False


def _method(name: str) -> Unary:
    return Unary(f"{{}}.{name}()", TEXT, lambda value: getattr(value, name)())


UNARY: tuple[Unary, ...] = (
    Unary("len({})", SIZED, len),
    *map(_method, "lower upper strip lstrip rstrip title capitalize swapcase split splitlines".split()),  # noqa: SIM905
    Unary("-{}", NUMBER, lambda v: -v, atomic=False),
    Unary("abs({})", NUMBER, abs),
    Unary("str({})", NUMBER, str),
    Unary("int({})", frozenset({str, float, bool}), lambda v: int(v)),
    Unary("float({})", frozenset({str, int}), lambda v: float(v)),
    Unary("{}[::-1]", SEQUENCE, lambda v: v[::-1]),
    Unary("{}[0]", SEQUENCE, lambda v: v[0]),
    Unary("{}[-1]", SEQUENCE, lambda v: v[-1]),
    Unary("{}[1:]", SEQUENCE, lambda v: v[1:]),
    Unary("{}[:-1]", SEQUENCE, lambda v: v[:-1]),
    Unary("sorted({})", SIZED, sorted),
    Unary("sorted({}, reverse=True)", LISTS, lambda v: sorted(v, reverse=True)),
    Unary("set({})", SEQUENCE, set),
    Unary("sorted(set({}))", SEQUENCE, lambda v: sorted(set(v))),
    Unary("list({})", SEQUENCE | DICT, list),
    Unary("tuple({})", LISTS, tuple),
    Unary("sum({})", GROUP, sum),
    Unary("min({})", GROUP, min),
    Unary("max({})", GROUP, max),
    Unary("dict({})", LISTS, lambda v: dict(_ordered(v))),
    Unary("''.join({})", LISTS, lambda v: "".join(v)),
    Unary("list({}.values())", DICT, lambda v: list(v.values())),
    Unary("list({}.items())", DICT, lambda v: list(v.items())),
    Unary("sorted({}.items())", DICT, lambda v: sorted(v.items())),
    Unary("{{v: k for k, v in {}.items()}}", DICT, lambda v: {b: a for a, b in v.items()}),
    Unary("[e for e in {} if e]", LISTS, lambda v: [e for e in v if e]),
    Unary("[e for e in {} if e is not None]", LISTS, lambda v: [e for e in v if e is not None]),
    Unary("[e for part in {} for e in part]", LISTS, lambda v: [e for part in _ordered(v) for e in part]),
    Unary("[str(e) for e in {}]", LISTS, lambda v: [str(e) for e in _ordered(v)]),
    Unary("[len(e) for e in {}]", LISTS, lambda v: [len(e) for e in v]),
    Unary("[e * e for e in {}]", LISTS, lambda v: [_times(e, e) for e in v]),
    Unary("{}.encode()", TEXT, lambda v: v.encode()),
    Unary("{}.decode()", frozenset({bytes}), lambda v: v.decode()),
    Unary("{}.hex()", frozenset({bytes}), lambda v: v.hex()),
)

CONDITIONS: tuple[Unary, ...] = (
    Unary("{} is None", ANY, lambda v: v is None, atomic=False),
    Unary("not {}", ANY, lambda v: not v, atomic=False),
    *map(_method, "isdigit isalpha isalnum isupper islower isspace isidentifier isascii".split()),  # noqa: SIM905
    Unary("isinstance({}, str)", ANY, lambda v: isinstance(v, str)),
    Unary("isinstance({}, int)", ANY, lambda v: isinstance(v, int)),
    Unary("isinstance({}, float)", ANY, lambda v: isinstance(v, float)),
    Unary("isinstance({}, bytes)", ANY, lambda v: isinstance(v, bytes)),
    Unary("isinstance({}, dict)", ANY, lambda v: isinstance(v, dict)),
    Unary("isinstance({}, (list, tuple))", ANY, lambda v: isinstance(v, (list, tuple))),
    Unary("{} == sorted({})", LISTS, lambda v: list(v) == sorted(v), atomic=False),
    Unary("len(set({0})) == len({0})", SEQUENCE, lambda v: len(set(v)) == len(v), atomic=False),
    Unary("all({})", LISTS, all),
    Unary("any({})", LISTS, any),
)


def _times(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() + b.bit_length() > 4096:
        raise OverflowError
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        raise TypeError
    return a * b


def _repeat(a: Any, b: Any) -> Any:
    if len(a) * b > 10_000:
        raise OverflowError
    return a * b


def _power(a: Any, b: Any) -> Any:
    if not -16 <= b <= 16 or abs(a) > 1e9:
        raise OverflowError
    return a**b


def _round(a: Any, b: Any) -> Any:
    if not -32 <= b <= 32:  # an int is rounded through 10 ** -digits
        raise OverflowError
    return round(a, b)


def _range(a: Any, b: Any) -> Any:
    if b - a > 1_000:
        raise OverflowError
    return list(range(a, b))


BINARY: tuple[Binary, ...] = (
    Binary("{} + {}", NUMBER, NUMBER, lambda a, b: a + b, atomic=False, symmetric=True),
    Binary("{} - {}", NUMBER, NUMBER, lambda a, b: a - b, atomic=False),
    Binary("{} * {}", NUMBER, NUMBER, _times, atomic=False, symmetric=True),
    Binary("{} // {}", NUMBER, NUMBER, lambda a, b: a // b, atomic=False),
    Binary("{} % {}", NUMBER, NUMBER, lambda a, b: a % b, atomic=False),
    Binary("{} / {}", NUMBER, NUMBER, lambda a, b: a / b, atomic=False),
    Binary("{} ** {}", NUMBER, NUMBER, _power, atomic=False),
    Binary("min({}, {})", NUMBER, NUMBER, min, symmetric=True),
    Binary("max({}, {})", NUMBER, NUMBER, max, symmetric=True),
    Binary("round({}, {})", NUMBER, INT, _round),
    Binary("divmod({}, {})", NUMBER, NUMBER, divmod),
    Binary("list(range({}, {}))", INT, INT, _range),
    Binary("{} + {}", TEXT, TEXT, lambda a, b: a + b, atomic=False),
    Binary("{} + {}", LISTS, LISTS, lambda a, b: a + b, atomic=False),
    Binary("{} * {}", SEQUENCE, INT, _repeat, atomic=False),
    Binary("{}[{}]", SEQUENCE, INT, lambda a, b: a[b]),
    Binary("{}[:{}]", SEQUENCE, INT, lambda a, b: a[:b]),
    Binary("{}[{}:]", SEQUENCE, INT, lambda a, b: a[b:]),
    Binary("{}[::{}]", SEQUENCE, INT, lambda a, b: a[::b]),
    Binary("{}[{}]", DICT, HASHABLE, lambda a, b: a[b]),
    Binary("{}.get({})", DICT, HASHABLE, lambda a, b: a.get(b)),
    Binary("{{**{}, **{}}}", DICT, DICT, lambda a, b: {**a, **b}),
    Binary("{}.split({})", TEXT, TEXT, lambda a, b: a.split(b)),
    Binary("{}.partition({})", TEXT, TEXT, lambda a, b: a.partition(b)),
    Binary("{}.join({})", TEXT, LISTS, lambda a, b: a.join(b)),
    Binary("{}.count({})", TEXT, TEXT, lambda a, b: a.count(b)),
    Binary("{}.find({})", TEXT, TEXT, lambda a, b: a.find(b)),
    Binary("{}.removeprefix({})", TEXT, TEXT, lambda a, b: a.removeprefix(b)),
    Binary("{}.removesuffix({})", TEXT, TEXT, lambda a, b: a.removesuffix(b)),
    Binary("{}.strip({})", TEXT, TEXT, lambda a, b: a.strip(b)),
    Binary("{}.rstrip({})", TEXT, TEXT, lambda a, b: a.rstrip(b)),
    Binary("{}.lstrip({})", TEXT, TEXT, lambda a, b: a.lstrip(b)),
    Binary("{}.replace({}, '')", TEXT, TEXT, lambda a, b: a.replace(b, "") if b else a),
    Binary("{}.count({})", LISTS, ANY, lambda a, b: a.count(b)),
    Binary("{}.index({})", LISTS, ANY, lambda a, b: a.index(b)),
    Binary("{} & {}", SETS, SETS, lambda a, b: a & b, atomic=False),
    Binary("{} | {}", SETS, SETS, lambda a, b: a | b, atomic=False),
    Binary("{} - {}", SETS, SETS, lambda a, b: a - b, atomic=False),
    Binary("[e for e in {} if e in {}]", LISTS, GROUP, lambda a, b: [e for e in a if e in b]),
    Binary("[e for e in {} if e not in {}]", LISTS, GROUP, lambda a, b: [e for e in a if e not in b]),
    Binary("[e for e in {} if e != {}]", LISTS, ANY, lambda a, b: [e for e in a if e != b]),
    Binary("list(zip({}, {}))", LISTS, LISTS, lambda a, b: list(zip(a, b, strict=False))),
    Binary("dict(zip({}, {}))", LISTS, LISTS, lambda a, b: dict(zip(a, b, strict=False))),
    Binary("({} or {})", ANY, ANY, lambda a, b: a or b),
    Binary("{} < {}", ORDERED, ORDERED, lambda a, b: a < b, atomic=False, boolean=True),
    Binary("{} <= {}", ORDERED, ORDERED, lambda a, b: a <= b, atomic=False, boolean=True),
    Binary("{} == {}", ANY, ANY, lambda a, b: a == b, atomic=False, boolean=True, symmetric=True),
    Binary("{} in {}", ANY, GROUP | DICT | TEXT, lambda a, b: a in b, atomic=False, boolean=True),
    Binary("{}.startswith({})", TEXT, TEXT, lambda a, b: a.startswith(b), boolean=True),
    Binary("{}.endswith({})", TEXT, TEXT, lambda a, b: a.endswith(b), boolean=True),
)
