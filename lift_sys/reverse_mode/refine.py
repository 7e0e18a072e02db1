"""Refinement: observed calls confirm, refute and complete a statically lifted IR.

Only clauses that held on every observed call stay; each says on how many. Clauses that were not executed (they are
no predicates, or name what is not known here) are dropped: an IR's assertions are all executable.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.ir import (
    Assertion,
    Constraint,
    Effect,
    IntermediateRepresentation,
    Parameter,
    Provenance,
    Signature,
    TypedHole,
)
from lift_sys.reverse_mode.hints import hints_of
from lift_sys.reverse_mode.invariants import MAX_CLAUSES, MIN_SUPPORT, Invariant, propose, strength
from lift_sys.reverse_mode.observations import MAX_TEXT, Observations, observe
from lift_sys.reverse_mode.observed_types import infer_hint, seen_types
from lift_sys.reverse_mode.predicates import Checker, ObservedCall, mentions_result
from lift_sys.sandbox.api import Sandbox

RETURNS_WHEN_MET = "a call that meets every precondition returns"
"""The constraint that says the preconditions are complete: no observed call met them all and raised."""
RAISES_NOTHING_ELSE = "raises nothing but what its effects list"
ORIGIN = "static+dynamic"
RETURNS = "returns"
"""Identifier of the hole for a missing return type; a parameter's hole is named after the parameter."""
Clause = TypeVar("Clause", Assertion, Invariant)
_EXCEPTION = re.compile(r"(?:raises\s+)?([A-Za-z_][\w.]*)")


def refine(
    ir: IntermediateRepresentation,
    calls: Sequence[ObservedCall],
    sandbox: Sandbox,
    source: str | None = None,
    *,
    elsewhere: Sandbox | None = None,
) -> IntermediateRepresentation:
    """The IR as the observed calls leave it.

    Args:
        source: the function's text, read for hints and never run.
        elsewhere: a box with another hash seed. Where sets play a part, a clause is kept only if it says the same
            of each call there: their members come in another order.

    Raises:
        SandboxFault: the box broke.
    """
    observations = observe(ir.signature, calls)
    if not observations.calls:
        return ir
    with Checker(sandbox, ir.signature) as checker:
        confirmed = _confirm(checker, ir.assertions, observations)
        hints = hints_of(source, [clause.predicate for clause in confirmed], checker.names)
        proposed = propose(checker, ir.signature, observations, hints)
        predicates = [*(clause.predicate for clause in confirmed), *(item.predicate for item in proposed)]
        if elsewhere is not None and _has_sets(observations, predicates):
            with Checker(elsewhere, ir.signature) as other:
                confirmed = _steady(confirmed, checker, other, observations)
                proposed = _steady(proposed, checker, other, observations)
        assertions = _merge(checker, confirmed, proposed, observations)
        constraints = _constraints(checker, ir.constraints, assertions, observations)
    return ir.model_copy(
        update={
            "signature": _signature(ir.signature, observations),
            "effects": _effects(ir.effects, observations),
            "assertions": assertions,
            "constraints": constraints,
            "metadata": ir.metadata.model_copy(update={"origin": ORIGIN}),
        }
    )


def _confirm(checker: Checker, assertions: Sequence[Assertion], observations: Observations) -> list[Assertion]:
    """Those clauses that held on every call that returned, each with how many."""
    rows = checker.truths([clause.predicate for clause in assertions], observations.returned)
    count = len(observations.returned)
    kept = []
    for clause, row in zip(assertions, rows, strict=True):
        wrong_kind = clause.kind == "precondition" and mentions_result(clause.predicate)
        if row and not wrong_kind and all(flag is True for flag in row):
            old = clause.provenance or Provenance(source="static")
            confidence = max(old.confidence, round(1 - 0.5 / (1 + count), 4))
            new = old.model_copy(update={"confidence": confidence, "observed_calls": count})
            kept.append(clause.model_copy(update={"provenance": new}))
    return kept


def _has_sets(observations: Observations, predicates: Sequence[str]) -> bool:
    texts = (text for call in observations.calls for text in (*(text for _, text in call.before), call.result or ""))
    return any("set(" in predicate for predicate in predicates) or any('set":[' in text for text in texts)


def _steady(clauses: Sequence[Clause], here: Checker, there: Checker, observations: Observations) -> list[Clause]:
    """The clauses that say the same of each call in two boxes."""
    predicates = [clause.predicate for clause in clauses]
    rows, others = (checker.truths(predicates, observations.calls) for checker in (here, there))
    return [clause for clause, row, other in zip(clauses, rows, others, strict=True) if row == other]


def _merge(
    checker: Checker, confirmed: Sequence[Assertion], proposed: Sequence[Invariant], observations: Observations
) -> tuple[Assertion, ...]:
    """Confirmed clauses and new ones, without those that reject no wrong outcome that others let through."""
    known = {clause.predicate for clause in confirmed}
    added = [_assertion(item, observations) for item in proposed if item.predicate not in known]
    preconditions = [c for c in (*confirmed, *added) if c.kind == "precondition"]
    others = [c for c in (*confirmed, *added) if c.kind != "precondition"]
    order = strength(checker, [clause.predicate for clause in others], observations)
    return (*_distinct(preconditions), *(others[index] for index in order[:MAX_CLAUSES]))


def _distinct(clauses: Sequence[Assertion]) -> list[Assertion]:
    return list({clause.predicate: clause for clause in reversed(clauses)}.values())[::-1][:MAX_CLAUSES]


def _assertion(item: Invariant, observations: Observations) -> Assertion:
    evidence = [f"held on all {item.held} calls that returned", f"held out {observations.held_out}"]
    if item.kind == "precondition":
        evidence.append(f"fails on {item.support} calls that raised")
    elif item.support < item.held:
        evidence.append(f"its condition was met by {item.support}")
    provenance = Provenance(
        source="observed", confidence=item.confidence, evidence=tuple(evidence), observed_calls=item.held
    )
    return Assertion(kind=item.kind, predicate=item.predicate, provenance=provenance)


def _constraints(
    checker: Checker, constraints: Sequence[Constraint], assertions: Sequence[Assertion], observations: Observations
) -> tuple[Constraint, ...]:
    """Adds that the preconditions are complete, when every observed call that raised breaks one of them."""
    kept = [item for item in constraints if item.description not in (RETURNS_WHEN_MET, RAISES_NOTHING_ELSE)]
    count = len(observations.calls)
    if count < MIN_SUPPORT:
        return tuple(kept)
    provenance = Provenance(source="observed", confidence=round(1 - 0.5 / count, 4), observed_calls=count)
    kept.append(Constraint(description=RAISES_NOTHING_ELSE, provenance=provenance))
    preconditions = [clause.predicate for clause in assertions if clause.kind == "precondition"]
    rows = checker.truths(preconditions, observations.raised)
    if all(any(row[index] is not True for row in rows) for index in range(len(observations.raised))):
        kept.append(Constraint(description=RETURNS_WHEN_MET, provenance=provenance))
    return tuple(kept)


def exception_of(effect: Effect) -> str | None:
    """The class that a `raises` effect names, without its module."""
    match = _EXCEPTION.match(effect.description) if effect.kind == "raises" else None
    return match.group(1).rpartition(".")[2] if match else None


def _effects(effects: Sequence[Effect], observations: Observations) -> tuple[Effect, ...]:
    counts = Counter(call.raises.rpartition(".")[2] for call in observations.raised if call.raises)
    made = []
    for effect in effects:
        count = counts.pop(exception_of(effect) or "", 0)
        if count:
            old = effect.provenance or Provenance(source="static")
            new = old.model_copy(update={"confidence": 1.0, "observed_calls": count})
            effect = effect.model_copy(update={"provenance": new})
        made.append(effect)
    for name in sorted(counts):
        provenance = Provenance(source="observed", observed_calls=counts[name])
        made.append(Effect(kind="raises", description=name, provenance=provenance))
    return tuple(made)


def _signature(signature: Signature, observations: Observations) -> Signature:
    """Missing hints filled in from calls that returned; where they don't agree the hole lists what was seen."""
    found: dict[str, list[object]] = {parameter.name: [] for parameter in signature.parameters}
    results: list[object] = []
    for call in observations.returned:
        for name, text in call.before:
            found[name] += _decoded(text)
        results += _decoded(call.result)
    holes = {hole.identifier: hole for hole in signature.holes}
    parameters = tuple(_fill_parameter(parameter, found[parameter.name], holes) for parameter in signature.parameters)
    update: dict[str, object] = {"parameters": parameters}
    hint = _fill(RETURNS, results, holes) if signature.returns is None else None
    if hint is not None:
        update["returns"] = hint
        update["provenance"] = signature.provenance or _observed(results)
    update["holes"] = tuple(holes.values())
    return signature.model_copy(update=update)


def _decoded(text: str | None) -> list[object]:
    try:
        return [] if text is None or len(text) > MAX_TEXT else [wire.decode(text)]
    except WireError:
        return []


def _observed(values: Sequence[object]) -> Provenance:
    return Provenance(source="observed", confidence=round(1 - 0.5 / len(values), 4), observed_calls=len(values))


def _fill_parameter(parameter: Parameter, values: Sequence[object], holes: dict[str, TypedHole]) -> Parameter:
    if parameter.type_hint is not None:
        return parameter
    if parameter.kind == "var_positional":
        values = [item for value in values if isinstance(value, tuple) for item in value]
    elif parameter.kind == "var_keyword":
        values = [item for value in values if isinstance(value, dict) for item in value.values()]
    hint = _fill(parameter.name, values, holes)
    if hint is None:
        return parameter
    if parameter.default == "None" and "None" not in hint.split(" | "):
        hint += " | None"
    return parameter.model_copy(update={"type_hint": hint, "provenance": parameter.provenance or _observed(values)})


def _fill(identifier: str, values: Sequence[object], holes: dict[str, TypedHole]) -> str | None:
    """The inferred hint, its hole closed; None when there is none, the hole then tells what was seen."""
    hint = infer_hint(values) if len(values) >= MIN_SUPPORT else None
    if hint is not None:
        holes.pop(identifier, None)
        return hint
    hole = holes.get(identifier) or TypedHole(identifier=identifier, type_hint="type", kind="signature")
    seen = tuple(text for text in seen_types(values) if text not in hole.constraints)
    holes[identifier] = hole.model_copy(update={"constraints": (*hole.constraints, *seen)})
    return None
