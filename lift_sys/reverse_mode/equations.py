"""Equations `result == term`, of the result as a whole or of an aspect of it, alone or under a condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import itemgetter
from typing import Any

from lift_sys.reverse_mode.hints import binds_tighter
from lift_sys.reverse_mode.observations import MISSING
from lift_sys.reverse_mode.terms import Bank, Term, key, mask

MIN_GROUP = 2
"""Training calls that must meet a condition for an equation under it to be proposed."""
MAX_GUARDED = 6
"""Terms proposed under one condition."""
UNNATURAL = 4
"""How many times as many hypotheses a condition stands for that nothing but the search suggests."""
MAX_PAIRED = 60
"""Conditions that are tried in pairs."""
MAX_WIDTH = 6


@dataclass(frozen=True)
class Proposal:
    """A predicate that held on the training calls. `odds` is the chance of one call agreeing by accident."""

    predicate: str
    condition: str | None = None
    odds: float = 0.5
    tried: int = 1
    """Hypotheses of this form that were tried up to this one, simplest first."""


@dataclass(frozen=True)
class Aspect:
    """What an equation speaks of: the result, or something computed from it."""

    text: str
    values: tuple[object, ...]


def equations(bank: Bank, results: Sequence[object]) -> tuple[list[Proposal], list[Proposal]]:
    """Proposals that hold on every training call that returned, and those that hold under a condition."""
    returned = mask(result is not MISSING for result in results)
    whole = Aspect("result", tuple(results))
    alone: list[Proposal] = []
    guarded: list[Proposal] = []
    for aspect in (whole, *aspects(results)):
        odds = collision([key(value) for value in aspect.values])
        matches = _matches(bank, aspect.values)
        found = [*_plain(aspect, matches, returned, odds), *_truths(bank, aspect, returned, odds)]
        if not found:
            found = list(_sums(bank, aspect, returned, odds))
        alone += found
        if not found:
            guarded += _guarded(bank, aspect, matches, returned, odds)
        elif aspect is whole:
            break
    return alone, guarded


def aspects(results: Sequence[object]) -> Iterator[Aspect]:
    """Aspects that vary and that most results have, most telling first."""
    known = [result for result in results if result is not MISSING]
    widths = {len(result) if isinstance(result, (tuple, list)) else -1 for result in known}
    candidates: list[tuple[str, Callable[[Any], object], tuple[type, ...]]] = []
    if None in known and any(result is not None for result in known):
        candidates.append(("(result is None)", lambda result: result is None, (object,)))
    if len(widths) == 1 and 0 < max(widths) <= MAX_WIDTH:
        candidates += [(f"result[{index}]", itemgetter(index), (tuple, list)) for index in range(max(widths))]
    else:
        candidates.append(("len(result)", len, (str, bytes, list, tuple, dict, set, frozenset)))
        candidates.append(("set(result)", set, (list, tuple, dict)))
        candidates.append(("result[0]", lambda result: result[0], (list, tuple, str)))
        candidates.append(("result[-1]", lambda result: result[-1], (list, tuple, str)))
    candidates.append(("bool(result)", bool, (str, bytes, list, tuple, dict, int)))
    for text, meaning, types in candidates:
        values = tuple(_aspect(meaning, types, result) for result in results)
        if len({key(value) for value in values if value is not MISSING}) > 1:
            yield Aspect(text, values)


def _aspect(meaning: Callable[[Any], object], types: tuple[type, ...], result: object) -> object:
    if result is MISSING or not isinstance(result, types):
        return MISSING
    try:
        return meaning(result)
    except (IndexError, TypeError, ValueError):
        return MISSING


def collision(keys: Sequence[object]) -> float:
    """The chance that two results drawn at random are the same value; at most 0.9, so that constants add up too."""
    counts = Counter(item for item in keys if item is not MISSING)
    return min(0.9, max(0.02, sum(n * n for n in counts.values()) / max(1, counts.total()) ** 2))


def negated(condition: str) -> str:
    if condition.startswith("not (") and _closes_last(condition):
        inner = condition[5:-1]
        return inner if inner.isidentifier() else f"({inner})"
    return f"not {condition}" if condition.isidentifier() else f"not ({condition})"


def _closes_last(condition: str) -> bool:
    """Whether the bracket opened after `not ` is closed by the last character."""
    depth = 0
    for position, letter in enumerate(condition):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and depth == 0:
            return position == len(condition) - 1
    return False


def _equation(aspect: Aspect, term: Term) -> str:
    sign = "is" if term.text in ("None", "True", "False") else "=="
    return f"{aspect.text} {sign} {term.text if binds_tighter(term.text) else term.operand}"


def _matches(bank: Bank, results: Sequence[object]) -> list[tuple[Term, int]]:
    wanted = [key(result) for result in results]
    found = []
    for term, keys in zip(bank.terms, bank.keys, strict=True):
        bits = mask(want is not MISSING and got == want for got, want in zip(keys, wanted, strict=True))
        if bits:
            found.append((term, bits))
    return found


def _plain(aspect: Aspect, matches: Sequence[tuple[Term, int]], returned: int, odds: float) -> Iterator[Proposal]:
    for tried, (term, bits) in enumerate(matches, 1):
        if not returned & ~bits:
            yield Proposal(_equation(aspect, term), odds=odds, tried=1 if term.origin == "source" else tried)


def _truths(bank: Bank, aspect: Aspect, returned: int, odds: float) -> Iterator[Proposal]:
    """For what is yes or no: the condition, or the two conditions, under which it is yes."""
    if mask(type(value) is bool for value in aspect.values) != returned:
        return
    yes = mask(value is True for value in aspect.values)
    conditions = list(bank.conditions.items())
    for tried, (bits, text) in enumerate(conditions, 1):
        if bits & returned == yes:
            yield Proposal(f"{aspect.text} == ({text})", odds=odds, tried=tried)
    pairs = combinations(conditions[:MAX_PAIRED], 2)
    for tried, ((first, one), (second, two)) in enumerate(pairs, 1):
        if first & second & returned == yes and yes not in (first & returned, second & returned):
            yield Proposal(f"{aspect.text} == (({one}) and ({two}))", odds=odds, tried=tried)
        if (first | second) & returned == yes and yes not in (first & returned, second & returned):
            yield Proposal(f"{aspect.text} == (({one}) or ({two}))", odds=odds, tried=tried)


def _sums(bank: Bank, aspect: Aspect, returned: int, odds: float) -> Iterator[Proposal]:
    """Sums, differences and products of two terms, or of a term and a constant, found by looking up what is left."""
    if not all(type(value) is int for value in aspect.values if value is not MISSING):
        return
    places = [index for index, value in enumerate(aspect.values) if value is not MISSING]
    wanted: list[Any] = [aspect.values[index] for index in places]
    numeric = [
        (term, [term.values[index] for index in places])
        for term in bank.terms
        if all(type(term.values[index]) is int for index in places)
    ]
    known: dict[tuple[object, ...], Term] = {}
    for term, values in numeric:
        known.setdefault(tuple(values), term)
    for tried, (term, values) in enumerate(numeric, 1):
        for template, rest in _rests(term, wanted, values):
            text = _finish(template, rest, known.get(tuple(rest)))
            if text is not None:
                yield Proposal(f"{aspect.text} == {text}", odds=odds, tried=tried * 4)


def _rests(term: Term, wanted: Sequence[int], values: Sequence[Any]) -> Iterator[tuple[str, list[int]]]:
    """What must be added to a term, taken from it, or multiplied with it, to give what is wanted."""
    pairs = list(zip(wanted, values, strict=True))
    braces = term.operand.replace("{", "{{").replace("}", "}}")
    yield f"{braces} + {{}}", [want - value for want, value in pairs]
    yield f"{braces} - {{}}", [value - want for want, value in pairs]
    if all(value and want % value == 0 for want, value in pairs):
        yield f"{braces} * {{}}", [want // value for want, value in pairs]
    slope = _slope(pairs)
    if slope:
        yield f"{slope} * {braces} + {{}}", [want - slope * value for want, value in pairs]


def _slope(pairs: Sequence[tuple[int, int]]) -> int | None:
    first = pairs[0]
    other = next((pair for pair in pairs if pair[1] != first[1]), None)
    if other is None or (other[0] - first[0]) % (other[1] - first[1]):
        return None
    slope = (other[0] - first[0]) // (other[1] - first[1])
    return slope if 2 <= abs(slope) <= 1000 else None


def _finish(template: str, rest: Sequence[int], other: Term | None) -> str | None:
    """The sum whose second part is a known term or a constant; None when it is neither."""
    constant = rest[0]
    if len(set(rest)) == 1 and abs(constant) <= 10_000:
        if constant == 0:
            return template.removesuffix(" + {}").format() if template.endswith(" + {}") else None
        if constant < 0:
            return template[:-4].format() + f"- {-constant}" if template.endswith("+ {}") else None
        return template.format(constant)
    return None if other is None else template.format(other.operand)


def _guarded(
    bank: Bank, aspect: Aspect, matches: Sequence[tuple[Term, int]], returned: int, odds: float
) -> Iterator[Proposal]:
    """`result == term` under a condition, for the conditions that some term explains fully."""
    keys = [key(value) for value in aspect.values]
    for rank, (condition, text) in enumerate(bank.conditions.items(), 1):
        group = condition & returned
        if group.bit_count() < MIN_GROUP or group == returned:
            continue
        found, alike = 0, collision([item for position, item in enumerate(keys) if group >> position & 1])
        for tried, (term, bits) in enumerate(matches, 1):
            if not group & ~bits and returned & ~bits:
                natural = condition in bank.natural
                tries = rank * (1 if term.origin == "source" else tried) * (1 if natural else UNNATURAL)
                chance = odds if natural and term.size == 1 else max(odds, alike)
                yield Proposal(f"{negated(text)} or {_equation(aspect, term)}", text, chance, tries)
                found += 1
                if found == MAX_GUARDED:
                    break
