"""Ways to call a function with a given number of values, and whether two results are the same for a benchmark.

Used on both sides: in the box to screen, on the host to confirm what the screening found.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, permutations
from typing import Any

ADAPTED = "lift_adapted"
"""Name of the function that `Way.source` defines."""
WAYS = 24
"""Argument orders that are tried for one number of arguments: every order of four."""
ARITY = 4
ITEMS = 1000
"""Members of an iterator that are looked at."""
TOLERANCE = 1e-6
"""Relative and absolute difference of two floats that count as one: what benchmarks themselves allow."""

_PLAIN = f"""
def lift_plain(value):
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes, list, tuple, dict, set, frozenset):
        return value
    for base in (bool, int, float, str, bytes, tuple, list, dict, set, frozenset):
        if isinstance(value, base):
            return base(value)
    if not hasattr(value, "__iter__"):
        return value
    from itertools import islice
    return list(islice(value, {ITEMS}))
"""


@dataclass(frozen=True)
class Way:
    """How a benchmark's arguments become a call. `slots[n]` says what argument `n` is passed as: a keyword, or
    "" for the next positional one after those before it; `order` gives the positional ones."""

    target: str
    """An expression in the module's names."""
    arity: int
    order: tuple[int, ...]
    keywords: tuple[tuple[str, int], ...] = ()
    form: str = ""
    """`spread`: the only argument is unpacked. Packing several into a list is not tried: every `sum` would be an
    addition."""

    def source(self) -> str:
        """A module's text that defines `ADAPTED` with `arity` parameters and a plain result."""
        given = ", ".join(f"a{n}" for n in range(self.arity))
        if self.form == "spread":
            passed = "*a0"
        else:
            passed = ", ".join([f"a{n}" for n in self.order] + [f"{name}=a{n}" for name, n in self.keywords])
        return f"{_PLAIN}\ndef {ADAPTED}({given}):\n    return lift_plain({self.target}({passed}))\n"

    def describe(self) -> str:
        if self.form:
            return self.form
        if self.keywords:
            return "by name"
        return "as given" if self.order == tuple(range(self.arity)) else "reordered"


def ways(function: Callable[..., Any], target: str, arity: int) -> Iterator[Way]:
    """Every plausible way to pass `arity` values, most plausible first.

    Each required parameter gets one of the values; the rest go to parameters with a default, in any order.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]
    yield from _permuted(parameters, target, arity)
    several = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
    required = [p for p in parameters if p.default is p.empty and p.kind in _NAMED]
    if several and not required:
        if not any(p.kind in _PLACED for p in parameters):
            yield Way(target, arity, tuple(range(arity)))
        if arity == 1:
            yield Way(target, 1, (), form="spread")


_NAMED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
_PLACED = _NAMED[:2]


def _permuted(parameters: list[inspect.Parameter], target: str, arity: int) -> Iterator[Way]:
    named = [p for p in parameters if p.kind in _NAMED]
    required = {p.name for p in named if p.default is p.empty}
    if len(required) > arity or len(named) < arity:
        return
    optional = [p.name for p in named if p.name not in required][: arity - len(required) + 2]
    usable = [p for p in named if p.name in required or p.name in optional]
    fitting = (chosen for chosen in permutations(usable, arity) if required <= {p.name for p in chosen})
    for chosen in islice(fitting, WAYS):
        yield _way(chosen, named, target)


def _way(chosen: tuple[inspect.Parameter, ...], named: list[inspect.Parameter], target: str) -> Way:
    """Argument `n` goes to parameter `chosen[n]`: by position as far as there is no gap, then by name."""
    given = {p.name: n for n, p in enumerate(chosen)}
    order: list[int] = []
    for parameter in named:
        if parameter.kind not in _PLACED or parameter.name not in given:
            break
        order.append(given.pop(parameter.name))
    return Way(target, len(chosen), tuple(order), tuple(given.items()))


def agrees(found: Any, wanted: Any) -> bool:
    """Whether a benchmark's `assert found == wanted` would let it pass, and a little more: a list is as good as a
    tuple of the same items, and floats may differ by `TOLERANCE`."""
    if isinstance(wanted, (list, tuple)):
        return isinstance(found, (list, tuple)) and len(found) == len(wanted) and all(map(agrees, found, wanted))
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and found.keys() == wanted.keys()
            and all(agrees(found[key], value) for key, value in wanted.items())
        )
    if isinstance(wanted, (int, float)) and isinstance(found, (int, float)):
        if type(wanted) is float or type(found) is float:
            return _close(found, wanted)
        return found == wanted
    return type(found) is type(wanted) and bool(found == wanted)


def _close(found: float, wanted: float) -> bool:
    if found != found or wanted != wanted:
        return found != found and wanted != wanted
    try:
        return math.isclose(found, wanted, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except OverflowError:
        return False
