"""Candidates for one prompt: checked against everything that is known before any hidden test.

Four checks, from cheap to dear: the text parses and defines what is asked for; the prompt's examples; the predicates
of the specification, on inputs like those of the examples; and, among candidates that are equal so far, on how many
inputs they agree. The last is the dual agreement of CodeT (Chen et al. 2022, "CodeT: Code generation with generated
tests"): a set of candidates that behave alike counts by its size and by the checks that it passes.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lift_sys import wire
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, WireError
from lift_sys.forward_mode.asking import Failure
from lift_sys.forward_mode.examples import SECONDS, Line, run_examples
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Expected
from lift_sys.reverse_mode.predicates import ObservedCall, check
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, Outcome, run_calls

Route = Literal["direct", "ir", "repair"]
_FAILURES = (CandidateDied, CandidateTimeout, ResultTooLarge)


@dataclass(frozen=True)
class Known:
    """What candidates are held against."""

    name: str
    """What they must define; empty where it is not known."""
    examples: tuple[Line, ...] = ()
    inputs: tuple[tuple[Any, ...], ...] = ()
    ir: IntermediateRepresentation | None = None


@dataclass(frozen=True)
class Candidate:
    """One answer of a model and what was seen of it."""

    code: str
    route: Route
    fault: str = ""
    """Why it can't be used at all."""
    failures: tuple[Failure, ...] = ()
    """Examples that it does not meet."""
    broken: tuple[str, ...] = ()
    """Predicates of the specification that do not hold on some input."""
    predicates: int = 0
    """How many predicates it was held against."""
    behaviour: tuple[str, ...] = ()
    """What it does with each input; empty where it was not asked."""

    @property
    def passes(self) -> bool:
        return not self.fault and not self.failures and not self.broken


def examine(code: str, route: Route, known: Known, sandbox: Sandbox) -> Candidate:
    """Run a candidate against what is known.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    fault = _unfit(code, known.name)
    if fault:
        return Candidate(code, route, fault)
    failures, fault = run_examples(code, known.examples, sandbox)
    if fault or not known.name or not known.inputs:
        return Candidate(code, route, fault, tuple(failures))
    outcomes = _outcomes(code, known, sandbox)
    broken, asked = _broken(outcomes, known, sandbox)
    behaviour = tuple(f"{o.raises or ''}:{o.value or ''}" for o in outcomes)
    return Candidate(code, route, fault, tuple(failures), tuple(broken), asked, behaviour)


def _unfit(code: str, name: str) -> str:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"it does not parse: {error}"
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    if name and name not in defined:
        return f"it defines no {name}"
    return "" if defined else "it defines nothing"


def _outcomes(code: str, known: Known, sandbox: Sandbox) -> list[Outcome]:
    calls = []
    for args in known.inputs:
        try:
            calls.append(Call(wire.encode(args)))
        except WireError:
            continue
    try:
        return run_calls(sandbox, code, known.name, calls, regime="one_process", limits=Limits(call_seconds=SECONDS))
    except _FAILURES:
        return []


@dataclass(frozen=True)
class _Observed:
    """A call, as the checker of predicates wants it."""

    args: tuple[Any, ...]
    outcome: Expected
    kwargs: dict[str, Any]


def _broken(outcomes: Sequence[Outcome], known: Known, sandbox: Sandbox) -> tuple[list[str], int]:
    """The predicates that some returned call breaks, and how many there are. Of calls that a precondition rules out
    nothing is asked."""
    if known.ir is None or not outcomes or known.name != known.ir.signature.name:
        return [], 0
    calls = _observed(outcomes, known)
    before = [clause.predicate for clause in known.ir.assertions if clause.kind == "precondition"]
    after = [clause.predicate for clause in known.ir.assertions if clause.kind != "precondition"]
    if not calls or not after:
        return [], 0
    try:
        rows = check(sandbox, [*before, *after], known.ir.signature, calls)
    except _FAILURES:
        return [], 0
    allowed = [all(row[place] for row in rows[: len(before)]) for place in range(len(calls))]
    broken = [
        predicate
        for predicate, row in zip(after, rows[len(before) :], strict=True)
        if any(ok and held is False for ok, held in zip(allowed, row, strict=True))
    ]
    return broken, len(after)


def _observed(outcomes: Sequence[Outcome], known: Known) -> list[ObservedCall]:
    return [
        _Observed(tuple(json.loads(wire.encode(args))["t"]), Expected(value=json.loads(outcome.value)), {})
        for args, outcome in zip(known.inputs, outcomes, strict=False)
        if outcome.value is not None
    ]


def best(candidates: Sequence[Candidate], *, agreement: bool = True) -> Candidate | None:
    """The candidate to take: the one that meets most examples; among those, by how many behave as it does, times the
    share of the specification's predicates that hold (a specification that a model wrote may itself be wrong); among
    those, the first."""
    usable = [candidate for candidate in candidates if not candidate.fault]
    if not usable:
        return candidates[0] if candidates else None
    fewest = min(len(candidate.failures) for candidate in usable)
    left = [candidate for candidate in usable if len(candidate.failures) == fewest]
    alike = Counter(candidate.behaviour for candidate in left)

    def merit(candidate: Candidate) -> float:
        agree = alike[candidate.behaviour] if agreement and candidate.behaviour else 1
        return agree * (1 - len(candidate.broken) / (candidate.predicates + 1))

    return max(left, key=merit)
