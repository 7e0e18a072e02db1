"""A bank of terms over the parameters, found by bottom-up enumeration with observational equivalence.

Each term carries its value on every training call. Terms with the same values are one term: the shorter text stays.
A set of calls is an int used as a bit mask, so asking whether a term equals the result under a condition is one
operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.reverse_mode.observations import MISSING
from lift_sys.reverse_mode.operators import BINARY, CONDITIONS, UNARY, Binary, Unary, holds_set

MAX_TERMS = 1_000
MAX_STEPS = 10_000
"""Evaluations of one operator on one call, over a whole search."""
MAX_CONDITIONS = 120
_SIMPLE = frozenset({int, str, bytes, bool, type(None)})


@dataclass(frozen=True)
class Term:
    """An expression and its value on each training call (MISSING where it raised)."""

    text: str
    values: tuple[object, ...]
    size: int
    atomic: bool = True
    origin: str = "grammar"

    @property
    def operand(self) -> str:
        return self.text if self.atomic else f"({self.text})"


def key(value: object) -> object:
    """Equal keys are the same value of the same type; MISSING for what has no wire text."""
    kind = type(value)
    if kind in _SIMPLE:
        return (kind, value)
    if value is MISSING:
        return MISSING
    try:
        if kind is list or kind is tuple or kind is dict or kind is float:
            text = repr(value)
            if ("{" not in text and "set(" not in text) or not holds_set(value):
                return text
        return wire.encode(value, limit=4_000)
    except (WireError, RecursionError):
        return MISSING


def mask(flags: Iterable[bool]) -> int:
    bits = 0
    for position, flag in enumerate(flags):
        if flag:
            bits |= 1 << position
    return bits


class Bank:
    """Terms and conditions over one function's parameters on its training calls."""

    def __init__(self, atoms: Sequence[Term], constants: Sequence[Term], calls: int) -> None:
        self.calls = calls
        self.terms: list[Term] = []
        self.keys: list[tuple[object, ...]] = []
        """The keys of each term's values."""
        self.conditions: dict[int, str] = {}
        """Condition text by the mask of the calls that it holds on."""
        self.natural: set[int] = set()
        """Those that the source or a special value (None, nothing, zero) suggests, not the search."""
        self._steps = MAX_STEPS
        self._seen: set[tuple[object, ...]] = set()
        self._constants = [term for term in constants if self._add(term)]
        self._atoms = [term for term in atoms if self._add(term)]

    def _add(self, term: Term) -> bool:
        keys = tuple(map(key, term.values))
        if keys in self._seen or all(item is MISSING for item in keys):
            return False
        self._seen.add(keys)
        self.terms.append(term)
        self.keys.append(keys)
        return True

    def add_source_term(self, term: Term) -> None:
        """A term of the function's own source is a candidate and an operand like any other."""
        if self._add(term):
            self._atoms.append(term)

    def add_condition(self, text: str, flags: Iterable[bool], *, natural: bool = False) -> None:
        """Keep a condition that splits the calls; the first text for a split stays."""
        bits = mask(flags)
        full = (1 << self.calls) - 1
        if bits not in (0, full) and len(self.conditions) < MAX_CONDITIONS:
            for split, words in ((bits, text), (full & ~bits, f"not ({text})")):
                if split not in self.conditions and natural:
                    self.natural.add(split)
                self.conditions.setdefault(split, words)

    def grow(self, wanted: Sequence[object]) -> None:
        """Operators over atoms and constants, then over what they gave, until a term gives all `wanted` keys.

        A wanted key of MISSING is met by any value.
        """
        self._find_conditions(self._atoms)
        given = [*self._atoms, *self._constants]
        if self._explains(wanted):
            return
        first = [*self._unary(self._atoms), *self._binary(self._atoms, given)]
        first += self._binary(self._constants, self._atoms)
        self._find_conditions([term for term in first if _is_measure(term)][:8])
        if not self._explains(wanted):
            self._unary(first)
            self._binary(first, given)
            self._binary(given, first)
            self._binary(first, first)

    def _explains(self, wanted: Sequence[object]) -> bool:
        return any(
            all(want is MISSING or want == got for want, got in zip(wanted, keys, strict=True)) for keys in self.keys
        )

    def _unary(self, terms: Sequence[Term]) -> list[Term]:
        found = []
        for term in terms:
            kinds = {type(value) for value in term.values}
            for operator in (op for op in UNARY if kinds & op.types):
                made = self._apply(operator, term)
                if made is not None:
                    found.append(made)
        return found

    def _apply(self, operator: Unary, term: Term) -> Term | None:
        if not self._spend():
            return None
        values = tuple(_call(operator.meaning, operator.types, value) for value in term.values)
        text = operator.template.format(term.operand, term.operand)
        made = Term(text, values, term.size + 1, operator.atomic, term.origin)
        return made if self._add(made) else None

    def _binary(self, lefts: Sequence[Term], rights: Sequence[Term]) -> list[Term]:
        found = []
        right_kinds = [frozenset(map(type, term.values)) for term in rights]
        for left in lefts:
            if self._steps <= 0:
                break
            left_kinds = frozenset(map(type, left.values))
            operators = [op for op in BINARY if not op.boolean and left_kinds & op.left]
            for right, kinds in zip(rights, right_kinds, strict=True):
                for operator in operators:
                    if kinds & operator.right and _makes_sense(operator, left, right):
                        made = self._combine(operator, left, right)
                        if made is not None:
                            found.append(made)
        return found

    def _combine(self, operator: Binary, left: Term, right: Term) -> Term | None:
        if not self._spend():
            return None
        text = operator.template.format(left.operand, right.operand)
        made = Term(text, _pairwise(operator, left, right), left.size + right.size + 1, operator.atomic)
        return made if self._add(made) else None

    def _spend(self) -> bool:
        self._steps = 0 if len(self.terms) >= MAX_TERMS else self._steps - self.calls
        return self._steps > 0

    def _find_conditions(self, terms: Sequence[Term]) -> None:
        for term in terms:
            if set(map(type, term.values)) <= {bool}:
                self.add_condition(term.text, (value is True for value in term.values))
            for test in CONDITIONS:
                values = (_call(test.meaning, test.types, value) for value in term.values)
                text = test.template.format(term.operand, term.operand)
                natural = test.template in ("{} is None", "not {}")
                self.add_condition(text, (value is not MISSING and bool(value) for value in values), natural=natural)
        for left in terms:
            for right in (*terms, *self._constants):
                if len(self.conditions) >= MAX_CONDITIONS:
                    return
                for operator in BINARY:
                    if operator.boolean and left is not right and not _speak_of_one(left, right):
                        self._compare(operator, left, right)

    def _compare(self, operator: Binary, left: Term, right: Term) -> None:
        pairs = (
            [(operator, left, right)] if operator.symmetric else [(operator, left, right), (operator, right, left)]
        )
        for op, a, b in pairs:
            if not _fits(op, a, b):
                continue
            values = _pairwise(op, a, b)
            text = op.template.format(a.operand, b.operand)
            self.add_condition(text, (value is not MISSING and bool(value) for value in values))


def _fits(operator: Binary, left: Term, right: Term) -> bool:
    return any(type(v) in operator.left for v in left.values) and any(type(v) in operator.right for v in right.values)


def _is_measure(term: Term) -> bool:
    """Whether conditions on a derived term are natural: its size, an element, a remainder."""
    element = term.size == 2 and term.text.endswith(("[0]", "[-1]"))
    return element or term.text.startswith("len(") or " % " in term.text


def _speak_of_one(left: Term, right: Term) -> bool:
    """Whether one is made from the other, which makes comparing them an accident more often than not."""
    pairs = ((left, right), (right, left))
    return any(a.size > 1 and b.text.isidentifier() and b.text in a.text for a, b in pairs)


def _makes_sense(operator: Binary, left: Term, right: Term) -> bool:
    """Leave out what says nothing: a term with itself, and one of two orders where order plays no part."""
    if left.text == right.text:
        return False
    return not (operator.symmetric and left.size == right.size and left.text > right.text)


def _call(meaning: Callable[[Any], Any], types: frozenset[type], value: object) -> object:
    if type(value) not in types:
        return MISSING
    try:
        return meaning(value)
    except Exception:
        return MISSING


def _pairwise(operator: Binary, left: Term, right: Term) -> tuple[object, ...]:
    values: list[object] = []
    for a, b in zip(left.values, right.values, strict=True):
        if type(a) not in operator.left or type(b) not in operator.right:
            values.append(MISSING)
            continue
        try:
            values.append(operator.meaning(a, b))
        except Exception:
            values.append(MISSING)
    return tuple(values)
