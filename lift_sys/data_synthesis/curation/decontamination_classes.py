"""Classes as behavioural decontamination tries them: does a row's class do what a class of a suite does?

Some tasks of a suite ask for a class. Their harness makes an object and calls methods of it, step by step; a test's
result is the list of what the steps gave. So the box looks for castings of the row's class: which of its methods
plays which of the task's, with the arguments of each in any plausible order, so that the tests pass
(`decontamination_casting`). What it finds is a claim of the row's code; the tests run again in a fresh box.

A row about a method holds no more of the class than that method needs. So its class need not play every part: a test
is cut before the first step for which there is no method.
"""

from __future__ import annotations

import ast
import inspect
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import takewhile
from typing import Any

from lift_sys.data_synthesis.curation import decontamination_casting
from lift_sys.data_synthesis.curation.decontamination_screen import (
    DRIVEN,
    RAISES,
    SCREENED,
    ScreenProblem,
    Test,
)
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.records import WireValue, wire_arguments, wire_text
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.guest.adapting import Way, ways

DRIVE = Way("lift_drive", 2, (0, 1))
LEAST_BITS = 8.0
"""Tests that are worth less are no evidence at all, as those of a method that gives one result for everything."""
MOST = 100
"""Castings that a search may claim."""
SECONDS = 20.0
"""Wall time of a search. Fuel ends it long before, but for code that is stuck in C."""
NONSENSE = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What reading an answer of another shape raises."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Script:
    """One test: what the object is made with, then methods, their arguments, and results. All are wire values."""

    arguments: tuple[Any, ...]
    steps: tuple[tuple[str, tuple[Any, ...], Any], ...]


@dataclass(frozen=True)
class Search:
    """One class, one way to make an object of it, and one problem: what the box is asked."""

    problem: ScreenProblem
    owner: str
    made: Way
    options: Mapping[str, Sequence[tuple[str, Way] | None]]
    """For each of the problem's methods, what may play it: a method and how it is called, or nobody."""
    needed: str
    """The method that must play a part where not every part is played; "" where every one must be."""

    def order(self) -> str:
        """The arguments of `lift_cast`, a wire text."""
        options: list[WireValue] = []
        for name, found in self.options.items():
            options += [name, [None if option is None else [option[0], *_way(option[1])] for option in found]]
        scripts: list[WireValue] = [
            [list(script.arguments), [[name, list(args), result] for name, args, result in script.steps]]
            for script in read_scripts(self.problem.tests[:SCREENED])
        ]
        return wire_arguments([self.owner, _way(self.made), {"d": options}, self.needed, scripts], {})[0]

    def cast(self, chosen: Mapping[str, int]) -> ScreenProblem | None:
        """The problem as tests of `DRIVE`, with these options; None when they are none, or tell nothing."""
        parts = {}
        for name, number in chosen.items():
            found = self.options.get(name, ())
            if type(number) is not int or not 0 <= number < len(found):
                return None
            if (option := found[number]) is not None:
                parts[name] = option
        left = _left(self.problem, frozenset(parts))
        if left is None:
            return None
        tests, probes = (
            tuple(self._test(script, parts) for script in read_scripts(given)) for given in (left.tests, left.probes)
        )
        made = dict.fromkeys(self._test(Script(arguments, ()), {})[0] for arguments in _refused(self.problem))
        return replace(left, tests=tests, probes=probes, refused=tuple((args, RAISES) for args in made))

    def _test(self, script: Script, parts: Mapping[str, tuple[str, Way]]) -> Test:
        steps: list[WireValue] = []
        for name, args, _ in script.steps:
            method, way = parts[name]
            steps.append([method, *_passed(way, args)])
        made: WireValue = [self.owner, *_passed(self.made, script.arguments)]
        return wire_arguments([made, steps], {})[0], wire_text([result for _, _, result in script.steps])


def castings(sandbox: Sandbox, code: str, entry_point: str, problems: Sequence[ScreenProblem]) -> list[ScreenProblem]:
    """What the row's class seems to do, of the problems that are classes: as tests of `DRIVE` in `driven(code)`.

    Raises:
        SandboxFault: our box broke.
    """
    searches = list(_searches(code, entry_point, [problem for problem in problems if problem.arity == DRIVEN]))
    if not searches:
        return []
    orders = {search.order(): search for search in searches}
    asked = {"code": driven(code), "entry_point": "lift_cast", "inputs": list(orders)}
    try:
        with sandbox.spawn("benchmark", Limits(call_seconds=SECONDS)) as process:
            process.send(json.dumps(asked).encode())
            answer = json.loads(process.receive(SECONDS))
        claims = [(orders[args], dict(chosen)) for args, found in answer["calls"] for chosen in json.loads(found)]
        casts = [search.cast(chosen) for search, chosen in claims[:MOST]]
    except (CandidateTimeout, CandidateDied, ResultTooLarge, *NONSENSE):
        return []
    return [cast for cast in dict.fromkeys(casts) if cast is not None]


def driven(code: str) -> str:
    return f"{code.rstrip()}\n\n{_harness()}"


@cache
def _harness() -> str:
    return inspect.getsource(decontamination_casting)


def _searches(code: str, entry_point: str, problems: Sequence[ScreenProblem]) -> Iterator[Search]:
    if not problems or "class " not in code:
        return
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    owner, _, entry = entry_point.rpartition(".")
    for name in [owner] if owner else classes:
        if name in classes:
            members = _members(classes, name)
            for problem in problems:
                yield from _searches_of(problem, name, members, entry if owner else "")


def _members(classes: Mapping[str, ast.ClassDef], name: str, depth: int = 0) -> dict[str, Function]:
    """Methods by name, those of bases in the same code included."""
    found: dict[str, Function] = {}
    for base in reversed(classes[name].bases):
        if isinstance(base, ast.Name) and base.id in classes and depth < len(classes):
            found |= _members(classes, base.id, depth + 1)
    return found | {node.name: node for node in classes[name].body if isinstance(node, Function)}


def _searches_of(problem: ScreenProblem, owner: str, members: Mapping[str, Function], entry: str) -> Iterator[Search]:
    """A row about a method (not one that Python calls by itself) has it play a part; other parts may be missing."""
    scripts = read_scripts(problem.tests)
    needed = "" if entry.startswith("__") else entry
    players = [name for name in members if name == needed or not name.startswith("_")]
    options = {
        name: [(player, way) for player in players for way in _ways(members[player], arity)]
        for name, arity in _arities(scripts).items()
    }
    whole = bool(options) and all(options.values())
    if whole or any(option[0] == needed for found in options.values() for option in found):
        for made in _ways(members.get("__init__"), len(scripts[0].arguments)):
            yield Search(problem, owner, made, {name: [*found, None] for name, found in options.items()}, needed)


def _arities(scripts: Iterable[Script]) -> dict[str, int]:
    return {name: len(args) for script in scripts for name, args, _ in script.steps}


def _ways(function: Function | None, arity: int) -> list[Way]:
    """Ways to pass `arity` values to a method, or to the class whose constructor it is."""

    def stub() -> None: ...

    try:
        signature = inspect.Signature([] if function is None else _parameters(function))
    except ValueError:  # no Python, though it can be parsed
        return []
    stub.__signature__ = signature  # type: ignore[attr-defined]
    return [way for way in ways(stub, "", arity) if not way.form]


def _parameters(function: Function) -> list[inspect.Parameter]:
    """The parameters behind the first one, which is the object."""
    arguments = function.args
    placed = [*arguments.posonlyargs, *arguments.args]
    required = len(placed) - len(arguments.defaults)
    found = [
        inspect.Parameter(
            node.arg,
            inspect.Parameter.POSITIONAL_OR_KEYWORD if node in arguments.args else inspect.Parameter.POSITIONAL_ONLY,
            default=inspect.Parameter.empty if place < required else None,
        )
        for place, node in enumerate(placed)
    ]
    if not any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.decorator_list):
        found = found[1:]
    if arguments.vararg is not None:
        found.append(inspect.Parameter(arguments.vararg.arg, inspect.Parameter.VAR_POSITIONAL))
    for node, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        missing = inspect.Parameter.empty if default is None else None
        found.append(inspect.Parameter(node.arg, inspect.Parameter.KEYWORD_ONLY, default=missing))
    return found


def _way(way: Way) -> list[WireValue]:
    """How values are passed, as the box takes it."""
    return [list(way.order), [[name, place] for name, place in way.keywords]]


def _passed(way: Way, values: Sequence[WireValue]) -> list[WireValue]:
    """The positional and the keyword arguments."""
    named = [item for name, place in way.keywords for item in (name, values[place])]
    return [[values[place] for place in way.order], {"d": named}]


@lru_cache(maxsize=1024)
def _left(problem: ScreenProblem, parts: frozenset[str]) -> ScreenProblem | None:
    """What the tests and probes are up to the first step for which there is no part; None when that tells nothing."""
    scripts = read_scripts(problem.tests)
    arities = {name: arity for name, arity in _arities(scripts).items() if name in parts}
    tests, probes = (
        {_text(cut): cut for script in read_scripts(given) if (cut := _cut(script, scripts[0], arities)).steps}
        for given in (problem.tests, problem.probes)
    )
    bits = evidence(tests.values())
    if bits < LEAST_BITS:
        return None
    return replace(problem, arity=DRIVE.arity, tests=tuple(tests), probes=tuple(probes), bits=round(bits, 3))


def _cut(script: Script, first: Script, arities: Mapping[str, int]) -> Script:
    """Without steps where the object itself is made with another number of arguments."""
    if len(script.arguments) != len(first.arguments):
        return replace(script, steps=())
    return replace(script, steps=tuple(takewhile(lambda step: arities.get(step[0]) == len(step[1]), script.steps)))


def evidence(scripts: Iterable[Script]) -> float:
    """Bits that passing the scripts is worth: a step's result by how seldom its method gives it, an argument given
    back nothing, be it the object's own."""
    results: dict[str, Counter[str]] = {}
    for script in scripts:
        for name, args, result in script.steps:
            if result not in args and result not in script.arguments:
                results.setdefault(name, Counter())[wire_text(result)] += 1
    return sum(
        count * -math.log2(count / counted.total()) for counted in results.values() for count in counted.values()
    )


def _text(script: Script) -> Test:
    steps: list[WireValue] = [{"t": [name, {"t": list(args)}]} for name, args, _ in script.steps]
    args, _ = wire_arguments([{"t": list(script.arguments)}, steps], {})
    return args, wire_text([result for _, _, result in script.steps])


def _refused(problem: ScreenProblem) -> list[tuple[Any, ...]]:
    """What no object can be made of: a harness catches what its steps raise."""
    first = read_scripts(problem.tests)[0]
    given = [json.loads(args)["t"] for args, _ in problem.refused]
    made = [tuple(arguments["t"]) for arguments, _ in given]
    return [arguments for arguments in made if len(arguments) == len(first.arguments)]


@lru_cache(maxsize=4096)
def read_scripts(tests: tuple[Test, ...]) -> tuple[Script, ...]:
    """The tests that have the form of a task's harness: a class's arguments, and methods' names with theirs."""
    found = (_script(json.loads(args), json.loads(results)) for args, results in tests)
    return tuple(script for script in found if script is not None)


def _script(args: Any, results: Any) -> Script | None:
    match args, results:
        case {"t": [{"t": [*arguments]}, [*steps]]}, [*given] if len(steps) == len(given):
            called = [(step, result) for step, result in zip(map(_step, steps), given, strict=True) if step]
            if len(called) == len(steps):
                return Script(tuple(arguments), tuple((*step, result) for step, result in called))
    return None


def _step(value: Any) -> tuple[str, tuple[Any, ...]] | None:
    match value:
        case {"t": [str(name), {"t": [*args]}]}:
            return name, tuple(args)
    return None
