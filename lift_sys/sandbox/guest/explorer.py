"""Guest program: runs a function on given, documented and invented arguments, and reports what came of it.

The host sends one frame, JSON with `code`, `entry_point`, `harness` (see `records.Slice`), `docstring`, `calls`
([args, kwargs, oracle], wire texts), `budget` (invented tries), `seed`, `calm`, and `receiver` (whether the first
argument stands for a method's object); a second frame is none. The answers are `{"loaded": true}` or
`{"failed": reason}`, then the report. All that comes out is a claim of the code that was loaded here.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from typing import Any

try:
    from lift_sys import wire
    from lift_sys.sandbox.guest.clues import survey
    from lift_sys.sandbox.guest.examples import documented_calls
    from lift_sys.sandbox.guest.inputs import Inputs
    from lift_sys.sandbox.guest.installed import enrich
    from lift_sys.sandbox.guest.program import (
        DEPTH,
        GIVE_UP,
        Attempt,
        LoadError,
        Program,
        by_address,
        depth,
        describe,
        limit_memory,
        parse,
    )
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]
    from clues import survey  # type: ignore[no-redef,import-not-found]
    from examples import documented_calls  # type: ignore[no-redef,import-not-found]
    from inputs import Inputs  # type: ignore[no-redef,import-not-found]
    from installed import enrich  # type: ignore[no-redef,import-not-found]
    from program import (  # type: ignore[no-redef,import-not-found]
        DEPTH,
        GIVE_UP,
        Attempt,
        LoadError,
        Program,
        by_address,
        depth,
        describe,
        limit_memory,
        parse,
    )

CALL_FUEL = 20_000
TOTAL_FUEL = 600_000
ARGUMENTS = 2048
"""Characters of wire text of the arguments of a call."""
KEPT = 100
"""Calls that are reported at most."""
CPU_SECONDS = 8.0
"""CPU time of an exploration, after which the function is given up: a share of it would differ between machines."""
REPEATS = 5
"""An invented input that was tried before is replaced so many times."""
NO_ENCODING = "has no encoding"
"""How the wire format says that a value is no plain one."""
PATIENCE = 100
"""Invented tries without one usable call after which the function is given up."""


def main(channel: Any) -> None:
    limit_memory()
    serve(channel)


def serve(channel: Any) -> None:
    """Answer one request."""
    home = os.getpid()
    request = json.loads(channel.receive())
    sys.setrecursionlimit(4000)
    random.seed(0)
    try:
        explorer = Explorer(request)
    except LoadError as error:
        answer = {"failed": str(error)}
        if os.getpid() == home:
            channel.send(json.dumps(answer).encode())
        return
    channel.send(b'{"loaded":true}')
    sys.setrecursionlimit(1000)
    report = explorer.explore(request)
    if os.getpid() != home:
        os._exit(0)
    channel.send(json.dumps(report).encode())


class Explorer:
    """The pool of inputs, what they reached, and the calls to report."""

    def __init__(self, request: dict[str, Any]) -> None:
        code, entry = request["code"], request["entry_point"]
        tree = parse(code)
        source = survey(tree)
        enrich(source, tree)
        self.definition = source.functions.get(entry)
        try:
            receiver = request.get("receiver", False)
            self.inputs = Inputs(tree, source, entry, request["seed"], request["calm"], receiver=receiver)
            self.program = Program.from_tree(code, entry, tree, request.get("harness", ""))
        except RecursionError as error:
            raise LoadError(describe(error)) from None
        self.seen_marks = 0
        self.seen_outcomes: set[str] = set()
        self.seen_inputs: set[str] = set()
        self.calls: list[tuple[str, str, Attempt, str]] = []
        self.dropped: dict[str, int] = {}
        self.fuel = TOTAL_FUEL
        self.tries = 0
        self.unsure = 0
        self.unencoded = 0
        """Calls whose result has no encoding."""
        self.newest = 0
        """The try that reached something new last."""
        self.clock = time.process_time
        self.started = self.clock()

    def explore(self, request: dict[str, Any]) -> dict[str, Any]:
        known = [(a, k, oracle) for a, k, oracle in request["calls"]]
        if not request.get("receiver"):
            known += [(a, k, "doctest") for a, k in documented_calls(self.program, request["docstring"])]
        for args, kwargs, oracle in known:
            self.attempt(args, kwargs, oracle)
        if request["budget"]:
            obstacle = self.inputs.obstacle()
            if obstacle and not self.calls:
                return self.report("no_usable_calls", obstacle)
            self.invent(request["budget"])
        self.confirm()
        return self.report()

    def invent(self, budget: int) -> None:
        """`budget` tries, and up to as many again while statements are left and new paths still turn up."""
        end = budget
        while self.fuel > 0:
            if self.tries >= end:
                if end >= 2 * budget or self.tries - self.newest > budget // 2 or self.covered():
                    break
                end += budget // 4 + 1
            if self.tries >= PATIENCE and not any(a.kind == "value" for _, _, a, _ in self.calls):
                break
            if self.clock() > self.started + CPU_SECONDS:
                self.program.stuck = GIVE_UP
            if self.program.stuck >= GIVE_UP:
                break
            self.tries += 1
            for _ in range(REPEATS):
                made = self.inputs.next()
                try:
                    args, kwargs = wire.encode(tuple(made[0]), limit=ARGUMENTS), wire.encode(made[1], limit=ARGUMENTS)
                except wire.WireError:
                    continue
                if args + kwargs not in self.seen_inputs:
                    self.attempt(args, kwargs, "generated", made)
                    break

    def attempt(
        self, args: str, kwargs: str, oracle: str, made: tuple[list[Any], dict[str, Any]] | None = None
    ) -> None:
        """Make one call and learn from it. `made` are the same arguments as values; the call gets its own copies."""
        identity = args + kwargs
        if identity in self.seen_inputs or depth(identity) > DEPTH or by_address(args) or by_address(kwargs):
            return
        self.seen_inputs.add(identity)
        result = self.program.call(args, kwargs, CALL_FUEL)
        self.fuel -= result.fuel
        usable = self.usable(result, oracle)
        outcome = result.kind + (result.text if result.kind == "raise" or len(result.text) < 12 else result.text[:6])
        new = bool(result.marks & ~self.seen_marks) or (outcome not in self.seen_outcomes and usable)
        if result.marks & ~self.seen_marks:
            self.newest = self.tries
        self.seen_marks |= result.marks
        self.seen_outcomes.add(outcome)
        given, named = made or (wire.decode(args), wire.decode(kwargs))
        self.inputs.learn(given, named, result, usable, new, list(self.program.meter.pairs))
        if usable:
            if len(self.calls) < KEPT or new:
                self.calls.append((args, kwargs, result, oracle))
        elif result.kind == "dropped" or oracle != "generated":
            self.unencoded += result.text.endswith(NO_ENCODING)
            reason = result.text if result.kind == "dropped" else f"raises {result.text}"
            self.dropped[reason] = self.dropped.get(reason, 0) + 1
        elif result.error is not None:
            reason = "raises " + describe(result.error)[:80]
            self.dropped[reason] = self.dropped.get(reason, 0) + 1
        result.error = None

    def covered(self) -> bool:
        return self.program.blocks.share(self.seen_marks, self.program.entry_point) == 1.0

    def usable(self, result: Attempt, oracle: str) -> bool:
        if result.kind == "raise":
            # Errors that come of wrong arguments say nothing; ones that the function itself raises are its behaviour.
            assert result.error is not None
            wanted = not isinstance(result.error, (AssertionError, StopIteration))
            return wanted and self.program.explicit(result.error)
        return result.kind == "value"

    def confirm(self) -> None:
        """Make all the calls once more, in reverse: those that lead elsewhere depend on more than their arguments."""
        sure = []
        for args, kwargs, first, oracle in reversed(self.calls):
            again = self.program.call(args, kwargs, CALL_FUEL)
            if (again.kind, again.text) == (first.kind, first.text):
                sure.append((args, kwargs, first, oracle))
            else:
                self.unsure += 1
        self.calls = sure[::-1]

    def report(self, reason: str | None = None, detail: str = "") -> dict[str, Any]:
        values = {a.text for _, _, a, _ in self.calls if a.kind == "value"}
        outcomes = {a.kind + a.text for _, _, a, _ in self.calls}
        if self.program.stuck >= GIVE_UP:
            return {"calls": [], "coverage": None, "reason": "no_tests_found_in_time", "detail": "calls did not end",
                    "tries": self.tries}  # fmt: skip
        if reason is None and self.unsure > len(self.calls):
            reason, detail = "nondeterministic", "most calls came out differently when they were made again"
        elif reason is None and not values:
            reason, detail = "no_usable_calls", self.commonest()
        elif reason is None and len(outcomes) < 2:
            reason, detail = "constant_result", "every call has the same result"
        marks = 0
        for _, _, attempt, _ in self.calls:
            marks |= attempt.marks
        return {
            "calls": [[a, k, r.kind, r.text, o, f"{r.marks:x}", r.fuel] for a, k, r, o in self.calls],
            "coverage": self.program.blocks.share(marks, self.program.entry_point),
            "reason": reason,
            "detail": detail,
            "tries": self.tries,
            "unencoded": self.unencoded,
        }

    def commonest(self) -> str:
        if not self.dropped:
            return "no arguments were found"
        reason, count = min(self.dropped.items(), key=lambda item: (-item[1], item[0]))
        return f"{count} of {sum(self.dropped.values())} tries: {reason}"
