"""Guest program: what a benchmark's own tests ask, and what its solution answers. Benchmarks are third-party code.

One frame comes in, JSON, with `code` and `entry_point`, and either

    test       a source that defines `check(candidate)`: it is run on the solution, and each call it makes is noted
    inputs     wire texts of argument tuples: each is answered by the solution, under a limit of fuel

Out goes `{"calls": [[args, value], ..], "failed": reason or ""}`, wire texts; a call that raised is left out.
"""

from __future__ import annotations

import copy
import json
import os
import random
import sys
import types
from typing import Any

try:
    from lift_sys import wire
    from lift_sys.sandbox.guest.program import GIVE_UP, LoadError, Program, describe, limit_memory, parse
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]
    from program import (  # type: ignore[no-redef,import-not-found]
        GIVE_UP,
        LoadError,
        Program,
        describe,
        limit_memory,
        parse,
    )

FUEL = 20_000
CALLS = 200
SIZE = 4096
"""Characters of wire text of the arguments, or of the result; a larger call is left out."""


def main(channel: Any) -> None:
    limit_memory()
    home = os.getpid()
    order = json.loads(channel.receive())
    random.seed(0)
    calls: list[tuple[str, str]] = []
    try:
        if "test" in order:
            _record(order, calls)
        else:
            _evaluate(order, calls)
        failed = ""
    except (LoadError, Exception) as error:
        failed = describe(error)
    if os.getpid() != home:
        os._exit(0)
    channel.send(json.dumps({"calls": calls, "failed": failed}).encode())


def _record(order: dict[str, Any], calls: list[tuple[str, str]]) -> None:
    module = sys.modules["benchmark_tests"] = types.ModuleType("benchmark_tests")
    names = module.__dict__
    for source in (order["code"], order["test"]):
        exec(compile(source, "benchmark.py", "exec", dont_inherit=True), names)
    solution = names[order["entry_point"]]

    def noted(*args: Any) -> Any:
        given = copy.deepcopy(args)
        value = solution(*args)
        if len(calls) < CALLS:
            try:
                pair = wire.encode(given, limit=SIZE), wire.encode(value, limit=SIZE)
            except wire.WireError:
                return value
            calls.append(pair)
        return value

    names["check"](noted)


def _evaluate(order: dict[str, Any], calls: list[tuple[str, str]]) -> None:
    program = Program.from_tree(order["code"], order["entry_point"], parse(order["code"]))
    for args in order["inputs"]:
        result = program.call(args, '{"d":[]}', FUEL)
        if result.kind == "value":
            calls.append((args, result.text))
        if program.stuck >= GIVE_UP:
            break
