"""Guest program: makes a function's mutants and runs them on the arguments of its tests.

The host sends one frame, JSON with `code`, `harness`, `entry_point`, `calls` ([args, kwargs], wire texts), `limit`,
`enough` (kills of a mutant after which no more are looked for; 0 for all) and `skip` (mutants that are known
already). The answers, a frame each: the list of mutants, the reference's row, then a row for each mutant, in order.
A row has for each call a digest of the outcome, "" where it has none (a result that is no plain value), "~" where
the call was stopped, "?" where it was not made, "!" where it was not wanted; a mutant's also has the outcome where
it is short and not the reference's. Expected values stay outside.

A second frame, `survivors` and `ended` (numbers of mutants) and `most`, asks for calls that tell survivors from the
reference; see `distinguish.py`. The answer has `calls` ([args, kwargs, kind, text]), their `marks`, `rows` for
every mutant (those that `ended` the process are not run), and `proven` (survivors that no call can tell).

A mutant is a text edit of `code`, and what runs is that text: the statement that holds it is parsed, instrumented and
compiled again. It gets ten times the fuel that the reference needed, and a bit: one that loops is stopped at the same
place on every machine. Mutants share this process; each has a module of its own.
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
    from lift_sys.sandbox.guest.distinguish import Search
    from lift_sys.sandbox.guest.edits import SourceText
    from lift_sys.sandbox.guest.installed import apart
    from lift_sys.sandbox.guest.instrument import instrument
    from lift_sys.sandbox.guest.meter import Blocks
    from lift_sys.sandbox.guest.program import (
        DRIVER,
        FILENAME,
        LoadError,
        Program,
        compile_harness,
        describe,
        limit_memory,
        parse,
    )
    from lift_sys.sandbox.guest.sites import Site, choose, sites_of
except ImportError:  # inside the box
    from distinguish import Search  # type: ignore[no-redef,import-not-found]
    from edits import SourceText  # type: ignore[no-redef,import-not-found]
    from installed import apart  # type: ignore[no-redef,import-not-found]
    from instrument import instrument  # type: ignore[no-redef,import-not-found]
    from meter import Blocks  # type: ignore[no-redef,import-not-found]
    from program import (  # type: ignore[no-redef,import-not-found]
        DRIVER,
        FILENAME,
        LoadError,
        Program,
        compile_harness,
        describe,
        limit_memory,
        parse,
    )
    from sites import Site, choose, sites_of  # type: ignore[no-redef,import-not-found]

REFERENCE_FUEL = 1_000_000
STUCK_MUTANTS = 4
"""So many mutants stuck in C code end the run; the rest do not count."""
ROW_CPU = 3.0
"""CPU time of one mutant on all the calls."""
STOPS = 3
WASTE = 60_000
"""A mutant that was stopped so often, with so much fuel used up, is not run any further."""
SHORT = 200
"""Characters of an outcome that is worth telling."""
STOPPED, UNKNOWN, UNWANTED = "~", "?", "!"


def main(channel: Any) -> None:
    limit_memory()
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
        run = Run(request)
    except LoadError as error:
        send({"failed": str(error)})
        return
    send({"mutants": run.described, "equivalent": run.equivalent})
    send({"row": run.reference, "marks": [f"{marks:x}" for marks in run.marks]})
    for index in range(request["skip"], len(run.chosen)):
        if run.stuck == STUCK_MUTANTS:
            send({"end": "the mutants are too slow"})
            return
        send(run.row(index))
    more = channel.receive()
    if more is not None:
        send(run.told(**json.loads(more)))


class Run:
    """The compiled statements of the module, and what changes for each mutant."""

    def __init__(self, request: dict[str, Any]) -> None:
        sys.setrecursionlimit(4000)
        self.code, self.entry, harness = request["code"], request["entry_point"], request["harness"]
        self.driver = DRIVER if harness else None
        self.harness_text = harness
        self.calls: list[list[str]] = request["calls"]
        self.enough: int = request["enough"] or len(self.calls)
        self.stuck = 0
        self.reference: list[str] = []
        self.fuel: list[int] = []
        self.marks: list[int] = []
        tree = parse(self.code)
        self.flags = _future_flags(tree)
        try:
            self.source = SourceText(self.code)
            self.spans = [_span(statement, self.source) for statement in tree.body]
            found = sites_of(self.source, tree, self.entry)
            self.plain = {index: self.compiled([tree.body[index]]) for index in {site.statement for site in found}}
            self.blocks: Blocks = instrument(tree, comparisons=False)
            self.codes = [self.compiled([statement]) for statement in tree.body]
            self.harness = [compile_harness(harness)] if harness else []
        except (RecursionError, SyntaxError, ValueError) as error:
            raise LoadError(describe(error)) from None
        self.chosen: list[tuple[Site, CodeType, Blocks]] = []
        self.described: list[list[Any]] = []
        self.equivalent: list[list[Any]] = []
        # Twice as many as wanted, because some turn out to be equivalent.
        self._choose(choose(found, 2 * request["limit"]), request["limit"])
        sys.setrecursionlimit(1000)
        self._run_reference()

    def compiled(self, body: list[ast.stmt]) -> CodeType:
        module = ast.fix_missing_locations(ast.Module(body, []))
        code: CodeType = compile(module, FILENAME, "exec", flags=self.flags, dont_inherit=True)
        return code

    def _choose(self, picked: list[Site], limit: int) -> None:
        unchanged = {index: essence(code) for index, code in self.plain.items()}
        usable = {index for index in unchanged if self._reads_alike(index, unchanged[index])}
        seen: set[Any] = set()
        for site in picked:
            if len(self.chosen) == limit:
                return
            if site.statement not in usable:
                continue
            try:
                tree = self._edited(site)
                same = (site.statement, essence(self.compiled(tree.body)))
                row = [site.operator, site.line, site.before, site.after, site.start, site.end, site.text]
                if same[1] == unchanged[site.statement]:
                    self.equivalent.append(row)
                elif same not in seen:
                    seen.add(same)
                    blocks = instrument(tree, comparisons=False)
                    self.chosen.append((site, self.compiled(tree.body), blocks))
                    self.described.append(row)
            except (SyntaxError, ValueError, RecursionError):
                continue

    def _edited(self, site: Site) -> ast.Module:
        """The statement with the mutant in it, parsed from the text that the mutant is.

        Raises:
            SyntaxError: it is no longer one statement of its kind.
        """
        start, end = self.spans[site.statement]
        text = self.code[start : site.start] + site.text + self.code[site.end : end]
        tree: ast.Module = ast.parse(text)
        if len(tree.body) != 1:
            raise SyntaxError("not one statement")
        return tree

    def _reads_alike(self, index: int, wanted: Any) -> bool:
        """Whether the statement's text is where it is taken to be."""
        start, end = self.spans[index]
        try:
            return bool(essence(self.compiled(ast.parse(self.code[start:end]).body)) == wanted)
        except (SyntaxError, ValueError, RecursionError):
            return False

    def program(self, index: int) -> Program:
        """Mutant number `index`, loaded.

        Raises:
            LoadError: it does not load.
        """
        site, code, blocks = self.chosen[index]
        codes = [*self.codes[: site.statement], code, *self.codes[site.statement + 1 :], *self.harness]
        larger = max(blocks, self.blocks, key=lambda b: len(b.owners))
        return Program(self.entry, codes, larger, (), self.driver)

    def told(self, survivors: list[int], ended: list[int], most: int) -> dict[str, Any]:
        """Calls that tell the survivors from the reference, and what every mutant makes of them."""
        search = Search(self, survivors, most)
        search.look()
        self.calls = [[args, kwargs] for args, kwargs, _, _ in search.found]
        self._run_reference()
        claimed = [digest(kind, text) for _, _, kind, text in search.found]
        sound = [n for n, wanted in enumerate(claimed) if self.reference[n] == wanted]
        self.calls, self.fuel = [self.calls[n] for n in sound], [self.fuel[n] for n in sound]
        self.reference = [self.reference[n] for n in sound]
        unknown = {"row": [UNKNOWN] * len(sound), "got": [""] * len(sound)}
        return {
            "calls": [search.found[n] for n in sound],
            "marks": [f"{self.marks[n]:x}" for n in sound],
            "rows": [unknown if n in ended else self.row(n) for n in range(len(self.chosen))] if sound else [],
            "proven": search.proven,
        }

    def _run_reference(self) -> None:
        program = Program(self.entry, [*self.codes, *self.harness], self.blocks, (), self.driver)
        self.reference, self.fuel, self.marks = [], [], []
        for args, kwargs in self.calls:
            result = program.call(args, kwargs, REFERENCE_FUEL)
            self.reference.append(digest(result.kind, result.text))
            self.fuel.append(fuel_for(result.fuel))
            self.marks.append(result.marks)

    def row(self, index: int) -> dict[str, list[str]]:
        found, stuck = apart(self._row, index)
        self.stuck += stuck
        return found  # type: ignore[no-any-return]

    def _row(self, index: int) -> tuple[dict[str, list[str]], bool]:
        try:
            program = self.program(index)
        except LoadError:
            return {"row": [""] * len(self.calls), "got": [""] * len(self.calls)}, False
        stops = waste = kills = 0
        clock = time.process_time
        slow = clock() + ROW_CPU
        row: list[str] = []
        got: list[str] = []
        for (args, kwargs), fuel, wanted in zip(self.calls, self.fuel, self.reference, strict=True):
            if kills >= self.enough:
                row.append(UNWANTED)
                got.append("")
                continue
            if clock() > slow:
                program.stuck += 1
            if (stops >= STOPS and waste > WASTE) or program.stuck:
                row.append(UNKNOWN)
                got.append("")
                continue
            result = program.call(args, kwargs, fuel)
            row.append(digest(result.kind, result.text))
            kills += row[-1] != wanted
            told = row[-1] != wanted and result.kind != "dropped" and len(result.text) <= SHORT
            got.append(f"{result.kind}:{result.text}" if told else "")
            if row[-1] == STOPPED:
                stops += 1
                waste += result.fuel
        return {"row": row, "got": got}, program.stuck > 0


def fuel_for(used: int) -> int:
    """What a mutant may use where the reference used so much."""
    return 10 * used + 1000


def digest(kind: str, text: str) -> str:
    if kind == "dropped":
        return STOPPED if text in ("out of fuel", "out of time") else ""
    return hashlib.blake2b(f"{kind}:{text}".encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _span(statement: ast.stmt, source: SourceText) -> tuple[int, int]:
    """Where a statement stands, its decorators with it."""
    decorators = getattr(statement, "decorator_list", [])
    start = source.line_start(decorators[0].lineno) if decorators else source.start(statement)
    return start, source.end(statement)


def essence(code: CodeType) -> tuple[Any, ...]:
    """What a code object does, without its line numbers."""
    inner = (essence(c) if isinstance(c, CodeType) else (type(c).__name__, repr(c)) for c in code.co_consts)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, tuple(inner), names, code.co_flags, code.co_exceptiontable)
