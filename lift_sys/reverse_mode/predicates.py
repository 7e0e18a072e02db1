"""Predicates: Python expressions over the parameters, `result` and `old(..)`, executed on observed calls in the box.

The language is small on purpose: one expression, a fixed set of builtins, `math`, and the methods of plain values
that change nothing. `is_predicate` decides by looking at the syntax alone; `check` evaluates in a boxed process.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Protocol, Self

from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.ir import Signature
from lift_sys.records import Expected, WireValue, wire_text
from lift_sys.sandbox.api import Process, Sandbox

PROGRAM = "predicates"
MAX_LENGTH = 400
CHUNK = 64
"""Expressions in one request."""
REQUEST_SECONDS = 120.0
"""Wall-clock time for one request. The guest's own limits, which count CPU time, come first on any machine."""

_BUILTINS = """
    abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float frozenset hex
    int isinstance issubclass len list map max min oct ord range repr reversed round set slice sorted str
    sum tuple type zip
"""
_METHODS = """
    capitalize casefold center count endswith expandtabs find index isalnum isalpha isascii isdecimal
    isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip
    partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split
    splitlines startswith strip swapcase title upper zfill encode decode hex get items keys values copy
    difference intersection union symmetric_difference isdisjoint issubset issuperset is_integer
    bit_length bit_count as_integer_ratio real imag numerator denominator conjugate
"""
_MATH = """
    acos asin atan atan2 ceil copysign cos degrees dist e exp fabs floor fmod frexp fsum gcd hypot inf
    isclose isfinite isinf isnan lcm ldexp log log10 log2 modf nan pi radians sin sqrt tan tau trunc
"""
BUILTINS = frozenset(_BUILTINS.split())
METHODS = frozenset(_METHODS.split())
MATH = frozenset(_MATH.split())
_NODES = (
    *(ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.Call, ast.keyword),
    *(ast.Dict, ast.Set, ast.List, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.comprehension, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Name, ast.Starred),
    *(ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context),
)


class ObservedCall(Protocol):
    """What is needed of an observed call; the oracles' own record fits."""

    @property
    def args(self) -> tuple[WireValue, ...]: ...

    @property
    def kwargs(self) -> dict[str, WireValue]: ...

    @property
    def outcome(self) -> Expected: ...


@dataclass(frozen=True)
class BoundCall:
    """A call whose arguments are bound to parameter names; every value is wire text."""

    before: tuple[tuple[str, str], ...]
    result: str | None
    raises: str | None = None
    after: tuple[tuple[str, str], ...] | None = None

    @property
    def returned(self) -> bool:
        return self.raises is None


@lru_cache(maxsize=4096)
def _parse(text: str) -> ast.Expression | None:
    if len(text) > MAX_LENGTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in mined text are not ours to judge
            return ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_predicate(text: str, names: Collection[str]) -> bool:
    """Whether `text` is one expression of the predicate language over `names`, `result` and `old(..)`."""
    return _is_predicate(text, frozenset(names))


@lru_cache(maxsize=4096)
def _is_predicate(text: str, names: frozenset[str]) -> bool:
    tree = _parse(text)
    if tree is None:
        return False
    nodes = list(ast.walk(tree))
    if not all(isinstance(node, _NODES) for node in nodes):
        return False
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if bound & (BUILTINS | {"math", "old", "result"} | names):
        return False
    known = names | bound | {"result"}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and not _name_fits(node.id, id(node) in called, known, names):
            return False
        if isinstance(node, ast.Attribute) and not _attribute_fits(node, names):
            return False
        if isinstance(node, ast.Call) and not isinstance(node.func, (ast.Name, ast.Attribute)):
            return False
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            return False
    return all(_old_fits(node) for node in nodes if isinstance(node, ast.Call))


def _name_fits(name: str, called: bool, known: Collection[str], parameters: Collection[str]) -> bool:
    if name in known:
        return not called  # calling what the caller passed in is no predicate
    if name == "old":
        return called
    return name in BUILTINS or name == "math"


def _attribute_fits(node: ast.Attribute, names: Collection[str]) -> bool:
    if isinstance(node.value, ast.Name) and node.value.id == "math" and "math" not in names:
        return node.attr in MATH
    return node.attr in METHODS


def _old_fits(node: ast.Call) -> bool:
    if not (isinstance(node.func, ast.Name) and node.func.id == "old"):
        return True
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        return False
    return not any(isinstance(n, ast.Name) and n.id == "result" for n in ast.walk(node.args[0]))


def mentions_result(text: str) -> bool:
    tree = _parse(text)
    return tree is not None and any(isinstance(n, ast.Name) and n.id == "result" for n in ast.walk(tree))


def bind(signature: Signature, call: ObservedCall) -> BoundCall | None:
    """The call with arguments bound as Python binds them; None when they don't fit the signature."""
    try:
        before = _bind(signature, call.args, call.kwargs)
        after = getattr(call, "args_after", None)
        bound_after = None if after is None else _bind(signature, after, getattr(call, "kwargs_after", {}))
        raises = call.outcome.raises
        result = None if raises is not None else wire_text(call.outcome.value)
    except RecursionError:
        return None
    if before is None:
        return None
    return BoundCall(before, result, raises, bound_after)


def _bind(
    signature: Signature, args: Sequence[WireValue], kwargs: dict[str, WireValue]
) -> tuple[tuple[str, str], ...] | None:
    values: dict[str, str] = {}
    left, named = list(args), dict(kwargs)
    for parameter in signature.parameters:
        name, kind = parameter.name, parameter.kind
        if kind == "var_positional":
            values[name] = wire_text({"t": [*left]})
            left = []
        elif kind == "var_keyword":
            values[name] = wire_text({"d": [part for item in named.items() for part in item]})
            named = {}
        elif left and kind != "keyword_only":
            values[name] = wire_text(left.pop(0))
        elif name in named and kind != "positional_only":
            values[name] = wire_text(named.pop(name))
        elif parameter.default is None:
            return None
    return None if left or named else tuple(values.items())


def defaults_of(signature: Signature) -> dict[str, str]:
    """Default expressions that hold no name: the others are not known outside their module."""
    return {p.name: p.default for p in signature.parameters if p.default and is_constant(p.default)}


def is_constant(text: str) -> bool:
    tree = _parse(text)
    if tree is None or not is_predicate(text, ()):
        return False
    return not any(isinstance(n, ast.Name) and n.id not in BUILTINS | {"math"} for n in ast.walk(tree))


class Checker:
    """A boxed process that evaluates expressions on the calls of one function. Leave the `with` block to end it."""

    def __init__(self, sandbox: Sandbox, signature: Signature) -> None:
        self.names = frozenset(parameter.name for parameter in signature.parameters)
        self._sandbox = sandbox
        self._defaults = defaults_of(signature)
        self._process: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def truths(self, expressions: Sequence[str], calls: Sequence[BoundCall]) -> list[list[bool | None]]:
        """For each expression and call: whether it is true; None where it raised or can't be evaluated.

        Raises:
            SandboxFault: the box broke.
        """
        letters = {"t": True, "f": False}
        answers = self._ask(expressions, calls, "truth")
        return [
            [letters.get(c) for c in answer] if isinstance(answer, str) and len(answer) == len(calls)
            else [None] * len(calls)
            for answer in answers
        ]  # fmt: skip

    def values(self, expressions: Sequence[str], calls: Sequence[BoundCall]) -> list[list[str | None]]:
        """For each expression and call: the wire text of its value; None where it has none."""
        answers = self._ask(expressions, calls, "value")
        return [
            [item if isinstance(item, str) else None for item in answer]
            if isinstance(answer, list) and len(answer) == len(calls)
            else [None] * len(calls)
            for answer in answers
        ]

    def _ask(self, expressions: Sequence[str], calls: Sequence[BoundCall], want: str) -> list[Any]:
        fits = [is_predicate(text, self.names) for text in expressions]
        asked = [text for text, fit in zip(expressions, fits, strict=True) if fit]
        answers: list[Any] = []
        if calls:
            for start in range(0, len(asked), CHUNK):
                answers += self._request(asked[start : start + CHUNK], calls, want)
        given = iter(answers)
        return [next(given, None) if fit else None for fit in fits]

    def _request(self, expressions: Sequence[str], calls: Sequence[BoundCall], want: str) -> list[Any]:
        """The answers; a request that kills its process is halved until the guilty expression stands alone."""
        request = {
            "expressions": list(expressions),
            "want": want,
            "defaults": self._defaults,
            "calls": [
                {
                    "before": dict(call.before),
                    "after": None if call.after is None else dict(call.after),
                    "result": call.result,
                }
                for call in calls
            ],
        }
        try:
            if self._process is None:
                self._process = self._sandbox.spawn(PROGRAM)
            self._process.send(json.dumps(request).encode())
            answers = json.loads(self._process.receive(REQUEST_SECONDS))
        except (CandidateTimeout, CandidateDied, ResultTooLarge, ValueError):
            self._end()
            if len(expressions) == 1:
                return [None]
            middle = len(expressions) // 2
            halves = (expressions[:middle], expressions[middle:])
            return [answer for half in halves for answer in self._request(half, calls, want)]
        fits = isinstance(answers, list) and len(answers) == len(expressions)
        return answers if fits else [None] * len(expressions)

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def check(
    sandbox: Sandbox, predicates: Sequence[str], signature: Signature, calls: Sequence[ObservedCall]
) -> list[list[bool | None]]:
    """For each predicate and call: whether it holds; None where it raised, or the call doesn't fit the signature.

    Raises:
        SandboxFault: the box broke.
    """
    bound = [bind(signature, call) for call in calls]
    with Checker(sandbox, signature) as checker:
        rows = checker.truths(predicates, [call for call in bound if call is not None])
    return [_spread(row, bound) for row in rows]


def _spread(row: list[bool | None], bound: Sequence[BoundCall | None]) -> list[bool | None]:
    answers = iter(row)
    return [None if call is None else next(answers) for call in bound]
