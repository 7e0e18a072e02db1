"""How strong refined IRs are: do their assertions hold on the reference, and do they reject mutants?

Functions of the standard library are lifted, explored in the box, and refined from the calls that were observed.
Mutants of each (at most 12) are then run on the same calls. A mutant that the chosen tests kill should break a
clause. A mutant that hangs or dies has no outcome to judge, so it counts as killed and not rejected.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.common import Row
from lift_sys.data_synthesis.batch_lifter import LiftedFunction, lift_path
from lift_sys.data_synthesis.oracles import ObservedCall, choose_tests, explore
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Expected, wire_arguments
from lift_sys.reverse_mode.contract import breaches
from lift_sys.reverse_mode.refine import refine
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, run_calls
from lift_sys.sandbox.guest.edits import SourceText
from lift_sys.sandbox.guest.sites import choose, sites

MODULES = """
    textwrap shlex posixpath ntpath fnmatch colorsys bisect heapq base64 calendar difflib html/__init__ mimetypes
    locale string statistics stat keyword ipaddress urllib/parse email/utils email/quoprimime email/base64mime copy
    operator functools pprint tokenize inspect plistlib http/cookies random nturl2path
"""
FUNCTIONS = 40
MUTANTS = 12
BUDGET = 150
LIMITS = Limits(call_seconds=1.0)


@dataclass
class Totals:
    functions: int = 0
    calls: int = 0
    broken: int = 0
    clauses: int = 0
    killed: int = 0
    rejected: int = 0
    by_predicate: int = 0
    unseen_clauses: int = 0
    unseen_held: int = 0
    seconds: float = 0.0
    weak: Counter[str] = field(default_factory=Counter)


def run() -> list[Row]:
    totals = Totals()
    with open_sandbox() as sandbox:
        for lifted in candidates():
            if totals.functions >= FUNCTIONS:
                break
            measure(lifted, sandbox, totals)
    note = f"{totals.functions} functions of the standard library, {totals.calls} calls, {totals.killed} mutants"
    return [
        Row("reference calls on which all assertions hold", _share(totals.calls - totals.broken, totals.calls), "%",
            bound=100.0, note=note),
        Row("test-killed mutants that the IR rejects", _share(totals.rejected, totals.killed), "%", bound=50.0),
        Row("test-killed mutants that break a predicate", _share(totals.by_predicate, totals.killed), "%", bound=50.0,
            note="predicates alone, exceptions left out"),
        Row("clauses that also hold on calls kept from refinement", _share(totals.unseen_held, totals.unseen_clauses),
            "%", note="refined on every second call, checked on the others"),
        Row("assertions a function", totals.clauses / max(1, totals.functions), ""),
        Row("refinement of one function", 1000 * totals.seconds / max(1, totals.functions), "ms"),
    ]  # fmt: skip


def _share(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 0.0


def candidates() -> Iterator[LiftedFunction]:
    """Functions with a slice, module by module in turns, in an order that no one chose."""
    library = Path(sysconfig.get_path("stdlib"))
    paths = [path for name in MODULES.split() if (path := library / f"{name}.py").is_file()]
    found = [item for path in paths for result in lift_path(path) for item in result.functions]
    usable = [item for item in found if item.ir is not None and item.function.slice is not None]
    return iter(sorted(usable, key=lambda item: hashlib.sha256(item.function.qualname.encode()).hexdigest()))


def measure(lifted: LiftedFunction, sandbox: Sandbox, totals: Totals) -> None:
    assert lifted.ir is not None
    exploration = explore(sandbox, lifted.function, budget=BUDGET)
    tests = choose_tests(exploration)
    if exploration.reason is not None or len(tests) < 5:
        return
    calls, source = exploration.calls, lifted.function.source
    began = time.perf_counter()
    ir = refine(lifted.ir, calls, sandbox, source)
    totals.seconds += time.perf_counter() - began
    totals.functions += 1
    totals.calls += len(calls)
    totals.clauses += len(ir.assertions)
    totals.broken += len({breach.call for breach in breaches(ir, calls, sandbox)})
    _judge_unseen(lifted.ir, calls, source, sandbox, totals)
    tested = {(json.dumps(test.args), json.dumps(test.kwargs)) for test in tests}
    assert lifted.function.slice is not None
    for mutant in mutants(lifted.function.slice.code, lifted.function.slice.entry_point):
        _try_mutant(mutant, lifted.function.slice.entry_point, ir, calls, tested, sandbox, totals)


def _judge_unseen(
    ir: IntermediateRepresentation,
    calls: Sequence[ObservedCall],
    source: str,
    sandbox: Sandbox,
    totals: Totals,
) -> None:
    half = refine(ir, calls[::2], sandbox, source)
    broken = {breach.clause for breach in breaches(half, calls[1::2], sandbox)}
    predicates = [clause.predicate for clause in half.assertions]
    totals.unseen_clauses += len(predicates)
    totals.unseen_held += sum(predicate not in broken for predicate in predicates)


def _try_mutant(
    code: str,
    entry_point: str,
    ir: IntermediateRepresentation,
    calls: Sequence[ObservedCall],
    tested: set[tuple[str, str]],
    sandbox: Sandbox,
    totals: Totals,
) -> None:
    asked = [Call(*wire_arguments(call.args, call.kwargs)) for call in calls]
    try:
        outcomes = run_calls(sandbox, code, entry_point, asked, regime="one_process", limits=LIMITS)
    except (CandidateDied, CandidateTimeout, ResultTooLarge):
        totals.killed += 1
        totals.weak["no outcome"] += 1
        return
    made, differs = [], False
    for call, outcome in zip(calls, outcomes, strict=True):
        value = None if outcome.value is None else json.loads(outcome.value)
        raises = outcome.raises or (None if outcome.value is not None else "NotPlain")
        expected = Expected(value=value, raises=raises)
        if (json.dumps(call.args), json.dumps(call.kwargs)) in tested and expected != call.outcome:
            differs = True
        made.append(ObservedCall(call.args, call.kwargs, expected))
    if not differs:
        return
    totals.killed += 1
    found = breaches(ir, made, sandbox)
    totals.rejected += bool(found)
    predicates = {clause.predicate for clause in ir.assertions}
    totals.by_predicate += any(breach.clause in predicates for breach in found)
    if not found:
        totals.weak[ir.signature.name] += 1


def mutants(code: str, entry_point: str) -> list[str]:
    """Up to MUTANTS mutated copies of a module."""
    tree = ast.parse(code)
    target = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == entry_point), None)
    if target is None:
        return []
    source = SourceText(code)
    found = []
    for site in choose(sites(source, target, tree.body.index(target), target), MUTANTS):
        text = code[: site.start] + site.text + code[site.end :]
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        found.append(text)
    return found
