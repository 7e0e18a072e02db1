"""Whether observed calls keep to what an IR promises: its predicates, its exceptions, its completeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.ir import IntermediateRepresentation
from lift_sys.reverse_mode.predicates import Checker, ObservedCall, bind
from lift_sys.reverse_mode.refine import RAISES_NOTHING_ELSE, RETURNS_WHEN_MET, exception_of
from lift_sys.sandbox.api import Sandbox


@dataclass(frozen=True)
class Breach:
    """A call that an IR does not allow: its position, and the predicate or promise it breaks."""

    call: int
    clause: str


def breaches(ir: IntermediateRepresentation, calls: Sequence[ObservedCall], sandbox: Sandbox) -> list[Breach]:
    """Every breach, in call order.

    A call that returned must meet each predicate, preconditions included: the specified function returns on those
    calls only. A call that raised must raise what the effects list (where the IR promises to raise nothing else),
    and must break a precondition (where the IR promises that meeting them all is enough).

    Raises:
        SandboxFault: the box broke.
    """
    bound = [bind(ir.signature, call) for call in calls]
    known = [(index, call) for index, call in enumerate(bound) if call is not None]
    predicates = [clause.predicate for clause in ir.assertions]
    returned = [(index, call) for index, call in known if call.returned]
    raised = [(index, call) for index, call in known if not call.returned]
    preconditions = [clause.predicate for clause in ir.assertions if clause.kind == "precondition"]
    with Checker(sandbox, ir.signature) as checker:
        rows = checker.truths(predicates, [call for _, call in returned])
        met = checker.truths(preconditions, [call for _, call in raised])
    found = [
        Breach(index, predicate)
        for predicate, row in zip(predicates, rows, strict=True)
        for (index, _), flag in zip(returned, row, strict=True)
        if flag is not True
    ]
    promises = {constraint.description for constraint in ir.constraints}
    listed = {exception_of(effect) for effect in ir.effects}
    for position, (index, call) in enumerate(raised):
        name = (call.raises or "").rpartition(".")[2]
        if RAISES_NOTHING_ELSE in promises and name not in listed:
            found.append(Breach(index, RAISES_NOTHING_ELSE))
        if RETURNS_WHEN_MET in promises and all(row[position] is True for row in met):
            found.append(Breach(index, RETURNS_WHEN_MET))
    return sorted(found, key=lambda breach: (breach.call, breach.clause))
