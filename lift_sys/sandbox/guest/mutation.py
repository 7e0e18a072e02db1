"""Guest program: runs a function's mutants on the arguments of its tests.

The host sends one frame, JSON with `code`, `entry_point`, `calls` ([args, kwargs], wire texts), `limit`, and `skip`
(mutants that are known already). The answers, a frame each: the list of mutants, the reference's row, then a row for
each mutant, in order. A row has a digest of the outcome for each call ("" where it has none: out of fuel, or a result
that is no plain value). Expected values stay outside.

A mutant gets ten times the fuel that the reference needed, and a bit: one that loops is stopped at the same place on
every machine. Mutants share this process; each has a module of its own.
"""

from __future__ import annotations
import __future__

import ast
import hashlib
import json
import os
import random
import sys
import time
from types import CodeType
from typing import Any

try:
    from lift_sys.sandbox.guest.instrument import instrument
    from lift_sys.sandbox.guest.meter import Blocks
    from lift_sys.sandbox.guest.program import FILENAME, LoadError, Program, describe, limit_memory, parse
    from lift_sys.sandbox.guest.sites import Site, choose, sites
except ImportError:  # inside the box
    from instrument import instrument  # type: ignore[no-redef,import-not-found]
    from meter import Blocks  # type: ignore[no-redef,import-not-found]
    from program import (  # type: ignore[no-redef,import-not-found]
        FILENAME,
        LoadError,
        Program,
        describe,
        limit_memory,
        parse,
    )
    from sites import Site, choose, sites  # type: ignore[no-redef,import-not-found]

REFERENCE_FUEL = 1_000_000
STUCK_MUTANTS = 4
"""So many mutants stuck in C code end the run; the rest do not count."""
ROW_CPU = 3.0
"""CPU time of one mutant on all the calls."""
STOPS = 3
"""A mutant that ran out of fuel so many times is not run any further."""


def main(channel: Any) -> None:
    limit_memory(768 << 20)
    serve(channel)


def serve(channel: Any) -> None:
    home = os.getpid()
    request = json.loads(channel.receive())
    random.seed(0)

    def send(frame: Any) -> None:
        if os.getpid() != home:
            os._exit(0)
        channel.send(json.dumps(frame).encode())

    try:
        run = Run(request["code"], request["entry_point"], request["calls"], request["limit"])
    except LoadError as error:
        send({"failed": str(error)})
        return
    send({"mutants": run.described, "equivalent": run.equivalent})
    send({"row": run.reference, "marks": [f"{marks:x}" for marks in run.marks]})
    for index in range(request["skip"], len(run.chosen)):
        if run.stuck == STUCK_MUTANTS:
            send({"end": "the mutants are too slow"})
            return
        send({"row": run.row(index)})


class Run:
    """The compiled statements of the module, and what changes for each mutant."""

    def __init__(self, code: str, entry: str, calls: list[list[str]], limit: int) -> None:
        sys.setrecursionlimit(4000)
        self.entry = entry
        self.calls = calls
        self.stuck = 0
        self.tree = parse(code)
        self.flags = _future_flags(self.tree)
        try:
            found = _sites_of(self.tree, entry)
            # Twice as many as wanted, because some turn out to be equivalent.
            picked = choose(found, 2 * limit)
            texts = [site.texts() for site in picked]
            self.blocks: Blocks = instrument(self.tree, comparisons=False)
            self.codes = [self.compiled(index) for index in range(len(self.tree.body))]
        except (RecursionError, SyntaxError, ValueError) as error:
            raise LoadError(describe(error)) from None
        sys.setrecursionlimit(1000)
        self.chosen: list[tuple[Site, CodeType]] = []
        self.described: list[list[Any]] = []
        self.equivalent: list[list[Any]] = []
        self._compile(picked, texts, limit)
        self._run_reference()

    def compiled(self, index: int) -> CodeType:
        module = ast.fix_missing_locations(ast.Module([self.tree.body[index]], []))
        code: CodeType = compile(module, FILENAME, "exec", flags=self.flags, dont_inherit=True)
        return code

    def _compile(self, picked: list[Site], texts: list[tuple[str, str]], limit: int) -> None:
        seen = {index: {_essence(code)} for index, code in enumerate(self.codes)}
        for site, (before, after) in zip(picked, texts, strict=True):
            if len(self.chosen) == limit:
                return
            undo = site.apply()
            try:
                code = self.compiled(site.statement)
            except (SyntaxError, ValueError, RecursionError):
                continue
            finally:
                undo()
            essence = _essence(code)
            row = [site.operator, site.line, before, after]
            if essence in seen[site.statement]:
                if essence == _essence(self.codes[site.statement]):
                    self.equivalent.append(row)
                continue
            seen[site.statement].add(essence)
            self.chosen.append((site, code))
            self.described.append(row)

    def _run_reference(self) -> None:
        program = Program(self.entry, self.codes, self.blocks, ())
        self.reference, self.fuel, self.marks = [], [], []  # type: list[str], list[int], list[int]
        for args, kwargs in self.calls:
            result = program.call(args, kwargs, REFERENCE_FUEL)
            self.reference.append(digest(result.kind, result.text))
            self.fuel.append(10 * result.fuel + 1000)
            self.marks.append(result.marks)

    def row(self, index: int) -> list[str]:
        site, code = self.chosen[index]
        codes = [*self.codes[: site.statement], code, *self.codes[site.statement + 1 :]]
        try:
            program = Program(self.entry, codes, self.blocks, ())
        except LoadError:
            return [""] * len(self.calls)
        stops = 0
        clock = time.process_time
        slow = clock() + ROW_CPU
        row: list[str] = []
        for (args, kwargs), fuel in zip(self.calls, self.fuel, strict=True):
            if clock() > slow:
                program.stuck += 1
            if stops == STOPS or program.stuck:
                row.append("?")
                continue
            result = program.call(args, kwargs, fuel)
            stops += result.text == "out of fuel"
            row.append(digest(result.kind, result.text))
        self.stuck += program.stuck > 0
        return row


def digest(kind: str, text: str) -> str:
    if kind == "dropped":
        return ""
    return hashlib.blake2b(f"{kind}:{text}".encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _sites_of(tree: ast.Module, entry: str) -> list[Site]:
    """The entry point's sites; where it is small, those of the functions that it names come after."""
    found: list[Site] = []
    named: list[str] = []
    helpers: dict[str, tuple[int, ast.stmt]] = {}
    for index, statement in enumerate(tree.body):
        if isinstance(statement, ast.FunctionDef) and statement.name != entry:
            helpers[statement.name] = (index, statement)
        target = _definition(statement, entry)
        if target is not None:
            found += sites(statement, index, target)
            named += [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
    for name in dict.fromkeys(named):
        if len(found) >= 20:
            break
        if name in helpers:
            index, statement = helpers[name]
            found += sites(statement, index)
    return found


def _definition(statement: ast.stmt, entry: str) -> ast.AST | None:
    owner, _, name = entry.rpartition(".")
    if isinstance(statement, ast.FunctionDef) and not owner and statement.name == name:
        return statement
    if isinstance(statement, ast.ClassDef) and statement.name == owner:
        return next((n for n in statement.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    return None


def _essence(code: CodeType) -> tuple[Any, ...]:
    """What a code object does, without its line numbers."""
    inner = (_essence(c) if isinstance(c, CodeType) else (type(c).__name__, repr(c)) for c in code.co_consts)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, tuple(inner), names, code.co_flags, code.co_exceptiontable)
