"""Guest program: evaluates predicates and terms on observed calls, in the box, where mined expressions may run.

A request is one frame of JSON:

    {"expressions": [text, ..], "want": "truth" | "value", "defaults": {parameter: text},
     "calls": [{"before": {parameter: wire text}, "after": {..} or null, "result": wire text or null}, ..]}

The answer has one item an expression. For "truth" it is a string with a letter a call: t, f, or e (an exception, a
call it can't be evaluated on, or too much work). For "value" it is a list with a wire text or null a call.

A name stands for the value after the call, `old(..)` for the value before it. Work is bounded: operators that can
blow up check their operands first, and a CPU timer ends an expression that loops. An expression that trips the
timer is e on every call, so the answer does not depend on where it tripped.
"""

from __future__ import annotations

import ast
import builtins
import json
import math
import re
import resource
import signal
import warnings
from types import CodeType
from typing import Any, Protocol

try:
    from lift_sys import wire
except ImportError:  # in the box the wire format is a sibling
    import wire  # type: ignore[import-not-found, no-redef]

_BUILTINS = """
    abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float frozenset hex
    int isinstance issubclass len list map max min oct ord range repr reversed round set slice sorted str
    sum tuple type zip
"""
CPU_SECONDS = 0.5
"""User CPU time that one expression may take over all calls of a request."""
PROCESS_CPU_SECONDS = 5
"""CPU time that one process may take over all requests."""
MAX_RANGE = 100_000
MAX_BITS = 100_000
MAX_ITEMS = 1_000_000
MAX_DIGITS = 400
MAX_VALUE_TEXT = 4096
_NEEDS_GUARD = re.compile(r"[*%]|<<|\bold\b")


class TooMuchWork(Exception):
    """An operation refused because its result would be huge."""


class OutOfTime(BaseException):
    """Raised by the timer; no `except Exception` stops it."""


class Channel(Protocol):
    def receive(self) -> bytes | None: ...

    def send(self, payload: bytes, /) -> None: ...


def main(channel: Channel) -> None:
    signal.signal(signal.SIGVTALRM, _on_timer)
    warnings.simplefilter("ignore")
    # The timer can't stop what loops in C code; the kernel can. The host then starts another process.
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESS_CPU_SECONDS, PROCESS_CPU_SECONDS))
    while (payload := channel.receive()) is not None:
        channel.send(json.dumps(answer(json.loads(payload))).encode())


def answer(request: dict[str, Any]) -> list[Any]:
    """The answer to one request, an item an expression."""
    environments = [_environment(call, request["defaults"]) for call in request["calls"]]
    names = {name for call in request["calls"] for name in call["before"]} | set(request["defaults"])
    truth = request["want"] == "truth"
    return [_evaluate(text, names, environments, truth) for text in request["expressions"]]


def _on_timer(signum: int, frame: object) -> None:
    raise OutOfTime


def _evaluate(text: str, names: set[str], environments: list[dict[str, object]], truth: bool) -> Any:
    failed: Any = "e" * len(environments) if truth else [None] * len(environments)
    try:
        code = compile_expression(text, names)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return failed
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
        outcomes = [(_truth if truth else _value)(code, environment) for environment in environments]
    except OutOfTime:
        return failed
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return "".join(map(str, outcomes)) if truth else outcomes


def _truth(code: CodeType, environment: dict[str, object]) -> str:
    try:
        return "t" if eval(code, environment) else "f"
    except Exception:
        return "e"


def _value(code: CodeType, environment: dict[str, object]) -> str | None:
    try:
        return wire.encode(eval(code, environment), limit=MAX_VALUE_TEXT)
    except Exception:
        return None


def compile_expression(text: str, names: set[str]) -> CodeType:
    """Code in which `old(..)` reads the values before the call and dangerous operators are guarded."""
    if not _NEEDS_GUARD.search(text):
        return compile(text, "<predicate>", "eval")
    tree = _Guard(names).visit(ast.parse(text, mode="eval"))
    return compile(ast.fix_missing_locations(tree), "<predicate>", "eval")


def _environment(call: dict[str, Any], defaults: dict[str, str]) -> dict[str, object]:
    """Globals for one call. A parameter that was not passed and has no readable default stays unbound."""
    environment: dict[str, object] = {"__builtins__": {}, **SAFE}
    for name, text in defaults.items():
        if name not in call["before"]:
            try:
                value = eval(compile_expression(text, set()), {"__builtins__": {}, **SAFE})
            except Exception:
                continue
            environment[name] = environment[_before(name)] = value
    after = call.get("after") or {}
    for name, text in call["before"].items():
        environment[_before(name)] = wire.decode(text)
        environment[name] = wire.decode(after[name]) if name in after else environment[_before(name)]
    if call["result"] is not None:
        environment["result"] = wire.decode(call["result"])
    return environment


def _before(name: str) -> str:
    """A key that no source text can spell as a name."""
    return f"old {name}"


class _Guard(ast.NodeTransformer):
    OPERATORS = {ast.Mult: "mult", ast.Pow: "pow", ast.LShift: "shift", ast.Mod: "mod"}

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.inside_old = 0

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if self.inside_old and node.id in self.names:
            return ast.Name(_before(node.id), node.ctx)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "old" and len(node.args) == 1:
            self.inside_old += 1
            inner: ast.AST = self.visit(node.args[0])
            self.inside_old -= 1
            return inner
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        guard = self.OPERATORS.get(type(node.op))
        self.generic_visit(node)
        if guard is None:
            return node
        return ast.Call(ast.Name(f"guard {guard}", ast.Load()), [node.left, node.right], [])


def _mult(left: Any, right: Any) -> Any:
    for a, b in ((left, right), (right, left)):
        if isinstance(a, (str, bytes, list, tuple)) and isinstance(b, int) and len(a) * b > MAX_ITEMS:
            raise TooMuchWork
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right.bit_length())
    return left * right


def _pow(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() * abs(right))
    return left**right


def _shift(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right)
    return left << right


def _mod(left: Any, right: Any) -> Any:
    if isinstance(left, (str, bytes)):
        raise TooMuchWork  # formatting takes a width of any size
    return left % right


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise TooMuchWork


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if made and abs(made[-1] - made[0]) // abs(made.step) >= MAX_RANGE:
        raise TooMuchWork
    return made


def _round(number: Any, digits: Any = None) -> Any:
    if digits is None:
        return round(number)
    if not -MAX_DIGITS <= digits <= MAX_DIGITS:  # an int is rounded through 10 ** -digits
        raise TooMuchWork
    return round(number, digits)


SAFE: dict[str, object] = {
    **{name: getattr(builtins, name) for name in _BUILTINS.split()},
    "range": _range,
    "round": _round,
    "math": math,
    "guard mult": _mult,
    "guard pow": _pow,
    "guard shift": _shift,
    "guard mod": _mod,
}
