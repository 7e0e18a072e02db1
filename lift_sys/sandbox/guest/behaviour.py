"""Guest program: try a function on the tests of many problems, and name those whose tests it seems to pass.

One frame comes in, JSON: `code`, `entry_point`, and `problems`, each `[arity, kind, allowed, heavy, tests]`, a test
as the wire texts of arguments and expected value. `kind` names the types of the arguments, `allowed` says how many
tests may fail, `heavy` that the problem's own solution runs long: undecided, it counts as passed. Out goes
`{"failed": reason}` or
`{"passed": [[problem, way], ..]}`, a way as the list of `adapting.Way`'s fields. It is a claim of the code that was
loaded here; the host confirms it elsewhere. A function that hides from this could as well behave differently.

Fuel limits the work, not time: each call gets a little, and a problem that stays undecided gets more once all others
are through.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Sized
from dataclasses import astuple
from typing import Any

try:
    from lift_sys import wire
    from lift_sys.sandbox.guest.adapting import ADAPTED, ARITY, Way, agrees, ways
    from lift_sys.sandbox.guest.program import GIVE_UP, LoadError, Program, limit_memory, parse
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]
    from adapting import ADAPTED, ARITY, Way, agrees, ways  # type: ignore[no-redef,import-not-found]
    from program import (  # type: ignore[no-redef,import-not-found]
        GIVE_UP,
        LoadError,
        Program,
        limit_memory,
        parse,
    )

PASSES = ((4_000, 1_000_000), (100_000, 1_500_000))
"""Fuel of one call, and of all of them, in each pass."""
TYPE_ERRORS = 2
"""After so many of them, and nothing else, arguments of these types are not passed in this way again."""
PATIENCE = 2
"""After so many tests that were cut off, and none that passed, the problem is left."""
NO_NAMES = '{"d":[]}'
Problem = tuple[int, str, int, bool, list[tuple[str, str]]]


def main(channel: Any) -> None:
    limit_memory()
    home = os.getpid()
    order = json.loads(channel.receive())
    sys.setrecursionlimit(4000)
    random.seed(0)
    try:
        program = Program.from_tree(order["code"], order["entry_point"], parse(order["code"]))
    except (LoadError, RecursionError) as error:
        answer: dict[str, Any] = {"failed": str(error)[:200]}
    else:
        sys.setrecursionlimit(1000)
        passed = Screening(program, order["problems"]).run()
        answer = {"passed": [[number, list(astuple(way))] for number, way in passed]}
    if os.getpid() != home:
        os._exit(0)
    channel.send(json.dumps(answer).encode())


class Screening:
    """The ways to call one function, and the problems that are left of all."""

    def __init__(self, program: Program, problems: list[Problem]) -> None:
        self.program = program
        self.problems = problems
        target, function = receiver(program)
        self.ways = {arity: list(ways(function, target, arity)) for arity in range(1, ARITY + 1)} if target else {}
        self.adapted: dict[Way, Any] = {}
        self.type_errors: dict[tuple[Way, str], int] = {}
        self.fuel = 0

    def run(self) -> list[tuple[int, Way]]:
        work = [(n, way) for n, problem in enumerate(self.problems) for way in self.ways.get(problem[0], ())]
        passed: list[tuple[int, Way]] = []
        for fuel, total in PASSES:
            self.fuel = total
            undecided = []
            for number, way in work:
                if self.fuel <= 0 or self.program.stuck >= GIVE_UP:
                    undecided.append((number, way))
                    continue
                verdict = self.judge(self.problems[number], way, fuel, last=fuel > PASSES[0][0])
                if verdict:
                    passed.append((number, way))
                elif verdict is None:
                    undecided.append((number, way))
            work = undecided
        return passed + [(number, way) for number, way in work if self.problems[number][3]]

    def judge(self, problem: Problem, way: Way, fuel: int, last: bool) -> bool | None:
        """Whether the tests pass; None when too little is known. In the last pass one that passes is enough, when
        those that were cut off are all that is missing."""
        _, kind, allowed, _, tests = problem
        errors = self.type_errors.get((way, kind), 0)
        if errors >= TYPE_ERRORS:
            return False
        unknown = matched = missed = 0
        self.program.function = self.adapt(way)
        for args, expected in tests:
            result = self.program.call(args, NO_NAMES, fuel)
            self.fuel -= max(0, min(result.fuel, fuel)) + 20
            if result.kind == "dropped" and result.text.startswith("out of"):
                unknown += 1
                if unknown >= PATIENCE and not matched:
                    return None
                continue
            if isinstance(result.error, TypeError) and not matched:
                if errors >= 0 and not _empty(args):
                    self.type_errors[way, kind] = errors + 1
                return False
            self.type_errors[way, kind] = errors = -1 << 30
            if result.kind == "value" and _same(result.text, expected):
                matched += 1
            else:
                missed += 1
                if missed > allowed or not matched:
                    return False
        return None if not matched or (unknown and not last) else True

    def adapt(self, way: Way) -> Any:
        if way not in self.adapted:
            names = self.program.module.__dict__
            exec(compile(way.source(), "adapter.py", "exec", dont_inherit=True), names)
            self.adapted[way] = names[ADAPTED]
        return self.adapted[way]


def _empty(args: str) -> bool:
    """Whether an argument is empty: a function that fails on no words, whose best is None, may well take words."""
    given: Any = wire.decode(args)
    return any(isinstance(value, Sized) and not value for value in given)


def receiver(program: Program) -> tuple[str, Any]:
    """An expression for the function as it can be called with arguments alone, and the function; "" for none.

    A method is bound to an instance made without arguments, or else to a bare one.
    """
    entry = program.entry_point
    owner, _, name = entry.rpartition(".")
    if not owner:
        return entry, program.function
    try:
        holder: Any = program.module
        for part in owner.split("."):
            holder = getattr(holder, part)
        if isinstance(holder.__dict__.get(name), (staticmethod, classmethod)) or not isinstance(holder, type):
            return entry, getattr(holder, name)
        for made, instance in ((f"{owner}()", holder), (f"object.__new__({owner})", lambda: object.__new__(holder))):
            try:
                return f"{made}.{name}", getattr(instance(), name)
            except BaseException:
                continue
    except BaseException:
        pass
    return "", None


def _same(found: str, expected: str) -> bool:
    if found == expected:
        return True
    try:
        return agrees(wire.decode(found), wire.decode(expected))
    except (wire.WireError, RecursionError):
        return False
