"""More inputs for a problem: small changes of the arguments that its own tests use.

A benchmark has few tests, and some have results that many functions share (True, 0, an empty list). Inputs near the
tests' own stay in the problem's domain, so that solutions written independently still agree on most of them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Container, Sequence
from typing import Any

from lift_sys import wire
from lift_sys.data_synthesis.curation.benchmarks import Benchmark, BenchmarkCall, Problem, benchmark_calls
from lift_sys.errors import ConfigError
from lift_sys.sandbox.api import Sandbox

TRIES = 120
KEPT = 40
WILD = 0.35
OTHERS = " .,-_\n0189AEZaei"


def with_probes(sandbox: Sandbox, benchmark: Benchmark) -> Benchmark:
    """The benchmark with probes for every problem that has none.

    Raises:
        SandboxFault: our box broke.
    """
    problems = tuple(
        problem if problem.probes else problem.model_copy(update=probes(sandbox, problem))
        for problem in benchmark.problems
    )
    return benchmark.model_copy(update={"problems": problems})


def probes(sandbox: Sandbox, problem: Problem) -> dict[str, object]:
    """`probes`, up to `KEPT` calls with the solution's results, as evenly over these as can be; and `heavy`.

    Raises:
        SandboxFault: our box broke.
    """
    known = dict.fromkeys(call.texts()[0] for call in problem.calls)
    given = [args for text in known if isinstance(args := wire.decode(text), tuple)]
    inputs = [*known, *changed_arguments(given, problem.id, known)]
    order = {"code": problem.program, "entry_point": problem.driver, "inputs": inputs}
    try:
        found = benchmark_calls(sandbox, order, problem.id)
    except ConfigError:  # the solution can't be run on them: its tests alone must do
        return {}
    made = [call for call in found if call.texts()[0] not in known]
    return {"probes": tuple(_spread(made)), "heavy": 2 * (len(found) - len(made)) < len(known)}


def _spread(calls: Sequence[BenchmarkCall]) -> list[BenchmarkCall]:
    """One call for each result in turn, so that a rare result has its share."""
    by_result: dict[str, list[BenchmarkCall]] = {}
    for call in calls:
        by_result.setdefault(call.texts()[1], []).append(call)
    chosen: list[BenchmarkCall] = []
    turn = 0
    while len(chosen) < min(KEPT, len(calls)):
        chosen += [group[turn] for group in by_result.values() if turn < len(group)]
        turn += 1
    return chosen[:KEPT]


def changed_arguments(given: Sequence[tuple[Any, ...]], seed: str, known: Container[str]) -> list[str]:
    """Wire texts of up to `TRIES` argument tuples, each made of one in `given` by one or two small changes."""
    numbers = random.Random(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    made: dict[str, None] = {}
    for _ in range(3 * TRIES):
        base = list(numbers.choice(given))
        if not base:
            return []
        for _ in range(numbers.randint(1, 2)):
            place = numbers.randrange(len(base))
            others = [args[place] for args in given if len(args) > place]
            base[place] = change(base[place], others, numbers)
        try:
            text = wire.encode(tuple(base), limit=2048)
        except wire.WireError:
            continue
        if text not in known:
            made[text] = None
        if len(made) >= TRIES:
            break
    return list(made)


def change(value: Any, others: Sequence[Any], numbers: random.Random) -> Any:
    """A value of the same type near `value`; `others` are values seen in the same place."""
    makers: dict[type, Callable[[Any, Sequence[Any], random.Random], Any]] = {
        bool: lambda v, o, r: not v,
        int: _integer,
        float: lambda v, o, r: r.choice((v + 0.5, v - 1.0, v * 2, round(v), -v)) * 1.0,
        str: _sequence,
        list: _sequence,
        tuple: lambda v, o, r: tuple(_sequence(list(v), [list(x) for x in o if type(x) is tuple], r)),
        dict: _mapping,
    }
    maker = makers.get(type(value))
    return value if maker is None else maker(value, others, numbers)


def _integer(value: int, others: Sequence[Any], numbers: random.Random) -> int:
    seen = [other for other in others if type(other) is int and abs(other) < 10**6] or [value]
    moved = numbers.choice(
        (value + 1, value - 1, value + 2, value // 2, numbers.choice(seen) + numbers.randint(0, 3))
    )
    return moved if value < 0 or moved >= 0 else value + 1  # a domain of natural numbers is not left


def _sequence(value: Any, others: Sequence[Any], numbers: random.Random) -> Any:
    """A string or a list with an item dropped, doubled, moved or changed, or with a part of another one."""
    same = [other for other in others if type(other) is type(value)] or [value]
    at = numbers.randrange(len(value)) if value else 0
    match numbers.randrange(7):
        case 0 if value:
            return value[:at] + value[at + 1 :]
        case 1 if value:
            return value[:at] + value[at : at + 1] + value[at:]
        case 2 if len(value) > 1:
            items = list(value)
            numbers.shuffle(items)
            return "".join(items) if type(value) is str else items
        case 3 | 4 if value and type(value) is list:
            return [*value[:at], change(value[at], value, numbers), *value[at + 1 :]]
        case 3 | 4 if value:
            return value[:at] + _character(value[at], numbers) + value[at + 1 :]
        case 5 if value:
            return value[:at] + numbers.choice(same)[-1:] + value[at + 1 :]
        case _:
            other = numbers.choice(same)
            return (value[: at + 1] + other[len(other) // 2 :])[:60]


def _character(char: str, numbers: random.Random) -> str:
    """Another character of the same kind; a letter now and then any other one that text holds."""
    if char.isalpha() and numbers.random() < WILD:
        return numbers.choice(OTHERS)
    for kind in ("0123456789", "aeiouabcdefghijklmnopqrstuvwxyz", "AEIOUABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if char in kind:
            return numbers.choice(kind)
    return char


def _mapping(value: dict[Any, Any], others: Sequence[Any], numbers: random.Random) -> dict[Any, Any]:
    copied = dict(value)
    if copied:
        key = numbers.choice(list(copied))
        if numbers.random() < 0.5:
            del copied[key]
        else:
            copied[key] = change(copied[key], list(value.values()), numbers)
    return copied
