"""Looks for calls that tell the mutants which survived from the reference, and for proof that there are none.

Off-by-one faults and removed branches are killed least often, so calls are aimed: at both sides of every comparison
that the tests' calls made, then one step around the tests, then at what the function was not given yet. A call that
tells is a new test. When the hints of the parameters allow few calls in all, and a mutant comes out the same on every
one, it is equivalent: that is a proof. Finding no difference on other calls is none.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

try:
    from lift_sys import wire
    from lift_sys.sandbox.guest.clues import constants, survey
    from lift_sys.sandbox.guest.inputs import Call, Inputs
    from lift_sys.sandbox.guest.nearby import around, domain
    from lift_sys.sandbox.guest.patterns import sample
    from lift_sys.sandbox.guest.program import DEPTH, Attempt, LoadError, Program, depth, parse
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]
    from clues import constants, survey  # type: ignore[no-redef,import-not-found]
    from inputs import Call, Inputs  # type: ignore[no-redef,import-not-found]
    from nearby import around, domain  # type: ignore[no-redef,import-not-found]
    from patterns import sample  # type: ignore[no-redef,import-not-found]
    from program import (  # type: ignore[no-redef,import-not-found]
        DEPTH,
        Attempt,
        LoadError,
        Program,
        depth,
        parse,
    )

ARGUMENTS = 1024
"""Characters of wire text of the arguments of a call."""
CALL_FUEL = 20_000
TOTAL_FUEL = 800_000
AIMED, STEPS, DRAWN = 250, 500, 150
"""Calls tried of each sort."""
_QUOTED = re.compile(r"""["'`]([^"'`\n]{1,24})["'`]""")
_REGEX = set("\\[]+*?^$|")
SEEDS = 12
"""Tests around which steps are made."""


class Search:
    """`found` are the calls that tell: [args, kwargs, kind, text]; `proven` the mutants that none can tell."""

    def __init__(self, run: Any, survivors: list[int], most: int) -> None:
        self.run = run
        self.most = most
        self.found: list[list[Any]] = []
        self.proven: list[int] = []
        self.fuel = TOTAL_FUEL
        self.seen = {args + kwargs for args, kwargs in run.calls}
        tree = parse(run.code)
        source = survey(tree)
        seed = int.from_bytes(hashlib.sha256(run.code.encode("utf-8", "replace")).digest()[:8], "big")
        known = constants(tree)
        texts = [*matches(known[str], random.Random(seed)), *mentioned(run.code, source.functions.get(run.entry))]
        self.constants = {**known, str: [*dict.fromkeys([*texts, *known[str], *characters(known[str])])]}
        self.domain = [] if run.driver else domain(source.functions.get(run.entry))
        self.inputs = Inputs(tree, source, run.entry, seed, True)
        self.program = Program.from_tree(run.code, run.entry, tree, run.harness_text)
        self.alive: dict[int, Program] = {}
        for index in survivors:
            try:
                self.alive[index] = run.program(index)
            except LoadError:
                continue
        self.calls: list[Call] = []
        self.fresh: list[Call] = []
        """Calls that reached what no test does."""
        self.marks = 0
        for args, kwargs in run.calls:
            positional: Any = wire.decode(args)
            named: Any = wire.decode(kwargs)
            given: Call = (list(positional), named)
            self.calls.append(given)
            result = self.program.call(args, kwargs, CALL_FUEL)
            self.marks |= result.marks
            self.learn(given, result, new=True)

    def look(self) -> None:
        """Try calls until every survivor is told, or the tries or the fuel are used up."""
        self.prove()
        for call in self.candidates():
            stuck = self.program.stuck or any(program.stuck for program in self.alive.values())
            if not self.alive or len(self.found) == self.most or self.fuel <= 0 or stuck:
                break
            self.attempt(call)
        if self.program.stuck or any(program.stuck for program in self.alive.values()):
            self.found = []  # how far it came would depend on the machine

    def prove(self) -> None:
        texts = [self.encoded(call) for call in self.domain]
        if not texts or None in texts:
            return
        wanted = [self.program.call(*text, CALL_FUEL) for text in texts if text]
        if any(result.kind == "dropped" for result in wanted):
            return
        for index, program in list(self.alive.items()):
            if all(_same(program, text, result) for text, result in zip(texts, wanted, strict=True)):
                self.proven.append(index)
                del self.alive[index]

    def candidates(self) -> Iterator[Call]:
        yield from self.domain
        yield from islice(self.aimed(), AIMED)
        yield from islice(around(self.calls[:SEEDS], self.constants), STEPS)
        yield from islice(around(self.fresh[:SEEDS], self.constants), STEPS // 2)
        for _ in range(DRAWN):
            # Where a harness stands between, the parameters say nothing about the arguments.
            yield self.inputs.changed() if self.run.driver and self.inputs.pool else self.inputs.next()

    def aimed(self) -> Iterator[Call]:
        while self.inputs.queue:
            yield self.inputs.queue.pop(0)

    def attempt(self, call: Call) -> None:
        texts = self.encoded(call)
        if texts is None or texts[0] + texts[1] in self.seen:
            return
        self.seen.add(texts[0] + texts[1])
        result = self.program.call(*texts, CALL_FUEL)
        self.fuel -= result.fuel + 20
        if not self.learn(call, result, new=bool(result.marks & ~self.marks)):
            return
        if result.marks & ~self.marks:
            self.fresh.append(call)
        self.marks |= result.marks
        told = [index for index, program in self.alive.items() if self.tells(program, texts, result)]
        again = self.program.call(*texts, CALL_FUEL) if told else result
        if told and (again.kind, again.text) == (result.kind, result.text):
            self.found.append([*texts, result.kind, result.text])
            for index in told:
                del self.alive[index]

    def tells(self, program: Program, texts: tuple[str, str], wanted: Attempt) -> bool:
        got = program.call(*texts, 10 * wanted.fuel + 1000)
        self.fuel -= got.fuel + 20
        return (got.kind, got.text) != (wanted.kind, wanted.text)

    def learn(self, call: Call, result: Attempt, *, new: bool) -> bool:
        """Whether a test can be made of the call."""
        usable = result.kind == "value"
        if result.kind == "raise":
            assert result.error is not None
            accident = isinstance(result.error, (AssertionError, StopIteration))
            usable = not accident and self.program.explicit(result.error)
        self.inputs.learn(call[0], call[1], result, usable, new, list(self.program.meter.pairs))
        result.error = None
        return usable

    def encoded(self, call: Call) -> tuple[str, str] | None:
        try:
            args, kwargs = wire.encode(tuple(call[0]), limit=ARGUMENTS), wire.encode(call[1], limit=ARGUMENTS)
        except wire.WireError:
            return None
        return None if depth(args + kwargs) > DEPTH else (args, kwargs)


def matches(texts: list[str], source: random.Random) -> list[str]:
    """Strings that match those constants that look like regular expressions."""
    patterns = [text for text in texts if len(text) <= 80 and _REGEX.intersection(text)][:6]
    return [made for pattern in patterns for _ in range(2) if (made := sample(pattern, source))]


def mentioned(code: str, function: ast.FunctionDef | None) -> list[str]:
    """What the docstring and the comments of a function show in quotes."""
    if function is None:
        return []
    lines = code.splitlines()[function.lineno - 1 : function.end_lineno]
    prose = [ast.get_docstring(function) or "", *(line.partition("#")[2] for line in lines)]
    return list(dict.fromkeys(found for text in prose for found in _QUOTED.findall(text)))[:8]


def characters(texts: list[str]) -> list[str]:
    """Signs that short constants are made of."""
    return list(dict.fromkeys(c for text in texts if 1 < len(text) <= 8 for c in text if not c.isalnum()))[:8]


def _same(program: Program, texts: tuple[str, str] | None, wanted: Attempt) -> bool:
    assert texts is not None
    got = program.call(*texts, 10 * wanted.fuel + 1000)
    return (got.kind, got.text) == (wanted.kind, wanted.text)
