"""Invariants proposed from observed calls and judged on all of them, in the manner of Daikon (Ernst et al., 2007).

Proposals come from a bank of terms (`result == term`, alone or under a condition) and from templates of relations.
Each is executed in the box on every observed call, those held out from the search included. What holds on all of
them is kept when chance is an unlikely reason, and the few clauses stay that together reject most wrong outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.ir import Signature
from lift_sys.ir.models import AssertionKind
from lift_sys.reverse_mode.equations import Proposal, equations
from lift_sys.reverse_mode.hints import Hints, is_atomic
from lift_sys.reverse_mode.observations import MISSING, Observation, Observations
from lift_sys.reverse_mode.predicates import Checker, is_predicate
from lift_sys.reverse_mode.relations import relations
from lift_sys.reverse_mode.source_relations import left_out, separators
from lift_sys.reverse_mode.terms import Bank, Term, key, mask
from lift_sys.reverse_mode.wrong_outcomes import wrong_outcomes

MIN_SUPPORT = 3
"""Distinct calls that a clause must rest on; fewer would restate single calls."""
MAX_CHANCE = 0.01
MAX_CLAUSES = 12
MAX_PRECONDITIONS = 4
MAX_PROPOSALS = 250
MAX_TRAIN = 40
"""Calls that terms are searched on; what is found is judged on all of them. A search costs steps times calls."""
MAX_SCREEN = 40
"""Calls that all proposals are tried on before the rest of the calls is."""
BASIC_CONSTANTS: tuple[object, ...] = (0, 1, 2, "", -1, True, False, None, [], 10)


@dataclass(frozen=True)
class Invariant:
    """A clause that held on every observed call, and on how many it says something."""

    kind: AssertionKind
    predicate: str
    held: int
    support: int
    confidence: float


def propose(checker: Checker, signature: Signature, observations: Observations, hints: Hints) -> list[Invariant]:
    """Preconditions, then every postcondition that held and that chance does not explain.

    Raises:
        SandboxFault: the box broke.
    """
    names = [parameter.name for parameter in signature.parameters]
    train = _spread(observations.train)
    if len(observations.calls) < MIN_SUPPORT or not train or {"result", "old"} & set(names):
        return []
    bank = build_bank(checker, names, train, hints)
    found = _preconditions(checker, observations, train, bank)
    returned = [item for item in train if item.result is not MISSING]
    if len(returned) < MIN_SUPPORT:
        return found
    proposals = {p.predicate: p for p in reversed(list(_proposals(bank, names, train, hints)))}
    kept = [p for p in reversed(proposals.values()) if is_predicate(p.predicate, names)][:MAX_PROPOSALS]
    return [*found, *_judge(checker, kept, observations)]


def _spread(train: Sequence[Observation]) -> Sequence[Observation]:
    """At most `MAX_TRAIN` of the calls, from all parts of the sequence: recorded, documented and generated ones."""
    count = len(train)
    return train if count <= MAX_TRAIN else [train[index * count // MAX_TRAIN] for index in range(MAX_TRAIN)]


def build_bank(checker: Checker, names: Sequence[str], train: Sequence[Observation], hints: Hints) -> Bank:
    atoms = [Term(name, tuple(item.values.get(name, MISSING) for item in train), 1) for name in names]
    constants = [
        Term(wire.literal(value), (value,) * len(train), 1, atomic=not _is_negative(value))
        for value in (*hints.constants, *BASIC_CONSTANTS, *separators([item.values for item in train]))
    ]
    calls = [item.call for item in train]
    bank = Bank(atoms, constants, len(train))
    for text, flags in zip(hints.conditions, checker.truths(hints.conditions, calls), strict=True):
        bank.add_condition(text, (flag is True for flag in flags), natural=True)
    for text, values in zip(hints.terms, checker.values(hints.terms, calls), strict=True):
        bank.add_source_term(Term(text, tuple(map(_decode, values)), 2, is_atomic(text), "source"))
    bank.grow([key(item.result) for item in train])
    return bank


def _is_negative(value: object) -> bool:
    return isinstance(value, (int, float)) and value < 0


def _decode(text: str | None) -> object:
    try:
        return MISSING if text is None else wire.decode(text)
    except WireError:
        return MISSING


def _proposals(bank: Bank, names: Sequence[str], train: Sequence[Observation], hints: Hints) -> Iterator[Proposal]:
    results = [item.result for item in train]
    alone, guarded = equations(bank, results)
    yield from alone
    values = {
        term.text: [v for v, r in zip(term.values, results, strict=True) if r is not MISSING]
        for term in bank.terms
        if term.text in names
    }
    plain = [result for result in results if result is not MISSING]
    yield from (Proposal(text) for text in relations(plain, values))
    yield from (Proposal(text) for text in left_out(plain, values, hints.constants))
    yield from guarded


def _judge(checker: Checker, proposals: Sequence[Proposal], observations: Observations) -> list[Invariant]:
    """The proposals that hold on every call that returned, unless chance explains it."""
    calls = observations.returned
    for part in (calls[:MAX_SCREEN], calls):  # most fall at once, so few are asked about every call
        rows = checker.truths([p.predicate for p in proposals], part)
        proposals = [p for p, row in zip(proposals, rows, strict=True) if all(flag is True for flag in row)]
    conditions = sorted({p.condition for p in proposals if p.condition is not None})
    support = {
        text: sum(flag is True for flag in row)
        for text, row in zip(conditions, checker.truths(conditions, calls), strict=True)
    }
    kept = []
    for proposal in proposals:
        count = len(calls) if proposal.condition is None else support[proposal.condition]
        chance = min(1.0, proposal.tried * proposal.odds**count)
        if count >= MIN_SUPPORT and chance <= MAX_CHANCE:
            kept.append(Invariant("postcondition", proposal.predicate, len(calls), count, round(1 - chance, 4)))
    return kept


def strength(checker: Checker, predicates: Sequence[str], observations: Observations) -> list[int]:
    """Positions of the clauses that together reject most wrong outcomes, strongest first.

    A clause that rejects nothing new is redundant and left out. Among equals the shorter goes first.
    """
    wrong = wrong_outcomes(observations.train)
    rejected = [mask(flag is not True for flag in row) for row in checker.truths(predicates, wrong)]
    left = sorted(range(len(predicates)), key=lambda index: (len(predicates[index]), predicates[index]))
    open_bits, chosen = (1 << len(wrong)) - 1, []
    while left:
        best = max(left, key=lambda index: (rejected[index] & open_bits).bit_count())
        if not rejected[best] & open_bits:
            break
        open_bits &= ~rejected[best]
        left.remove(best)
        chosen.append(best)
    return chosen


def _preconditions(
    checker: Checker, observations: Observations, train: Sequence[Observation], bank: Bank
) -> list[Invariant]:
    """Conditions that hold on every call that returned and fail on calls that raised, fewest first."""
    calls, raised = observations.calls, mask(not call.returned for call in observations.calls)
    if not raised or not observations.returned:
        return []
    train_raised = mask(item.result is MISSING for item in train)
    train_returned = ((1 << len(train)) - 1) & ~train_raised
    ranked = {
        text: rank
        for rank, (bits, text) in enumerate(bank.conditions.items(), 1)
        if not train_returned & ~bits and (train_raised & ~bits or not train_raised)
    }
    found: list[Invariant] = []
    open_bits = raised
    rows = [
        (text, mask(flag is not True for flag in row))
        for text, row in zip(ranked, checker.truths(list(ranked), calls), strict=True)
    ]
    usable = [(text, bits) for text, bits in rows if not bits & ~raised]
    share = raised.bit_count() / len(calls)
    while usable and len(found) < MAX_PRECONDITIONS:
        text, bits = max(usable, key=lambda item: ((item[1] & open_bits).bit_count(), -len(item[0])))
        usable.remove((text, bits))
        gain = (bits & open_bits).bit_count()
        # The chance that calls picked at random, as many as break it, all happen to raise.
        chance = ranked[text] * share ** bits.bit_count()
        if gain < 2 or chance > MAX_CHANCE:
            if not gain:
                break
            continue
        open_bits &= ~bits
        held = len(observations.returned)
        found.append(Invariant("precondition", text, held, gain, round(1 - chance, 4)))
    return found
