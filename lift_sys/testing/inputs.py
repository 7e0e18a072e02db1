"""Where a template's arguments come from: small generators that know their own edges.

A generator draws one value from a `random.Random`, and lists the values at its edges: the empty text, the bounds of a
range, equal members. It is deterministic for a seed on every Python version that we support. Values stay small and
close together, so that ties, repeats and boundaries are common and tests are readable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Draw = Callable[[Random], Any]


@dataclass(frozen=True)
class Inputs:
    """Generates the values of one argument."""

    draw: Draw
    edges: tuple[Any, ...] = ()

    def where(self, condition: Callable[[Any], bool]) -> Inputs:
        """Only values that meet a condition; it must hold for a good part of them.

        Raises (when drawn):
            ValueError: none of 1,000 draws met it.
        """

        def draw(rng: Random) -> Any:
            for _ in range(1000):
                if condition(value := self.draw(rng)):
                    return value
            raise ValueError("the condition on a generator holds too seldom")

        return Inputs(draw, tuple(value for value in self.edges if condition(value)))

    def map(self, change: Callable[[Any], Any]) -> Inputs:
        """Every value changed."""
        return Inputs(lambda rng: change(self.draw(rng)), tuple(change(value) for value in self.edges))

    def plus(self, *edges: Any) -> Inputs:
        """More values to be tried for sure."""
        return Inputs(self.draw, (*self.edges, *edges))


def integers(low: int, high: int, *near: int) -> Inputs:
    """Whole numbers from `low` to `high`, both included; half of the draws fall within 2 of a number in `near`."""
    around = sorted({value + step for value in near for step in (-2, -1, 0, 1, 2) if low <= value + step <= high})
    edges = [low, high, *(v for v in (-1, 0, 1) if low <= v <= high)]
    edges += [v for value in near for v in (value - 1, value, value + 1) if low <= v <= high]

    def draw(rng: Random) -> int:
        if around and rng.random() < 0.5:
            return around[rng.randrange(len(around))]
        return rng.randint(low, high)

    return Inputs(draw, tuple(dict.fromkeys(edges)))


def decimals(low: int, high: int, places: int = 1) -> Inputs:
    """Floats with so many decimal places; `low` and `high` are whole numbers."""
    scale = 10**places
    return integers(low * scale, high * scale, 0).map(lambda value: value / scale)


def one_of(*values: Any) -> Inputs:
    """One of the given values; all of them are edges."""
    return Inputs(lambda rng: values[rng.randrange(len(values))], values)


def mixed(*parts: Inputs) -> Inputs:
    """A value from one of several generators."""
    edges = [value for part in parts for value in part.edges]
    return Inputs(lambda rng: parts[rng.randrange(len(parts))].draw(rng), tuple(edges))


def booleans() -> Inputs:
    return one_of(False, True)


def text(alphabet: str, low: int = 0, high: int = 8) -> Inputs:
    """Strings over an alphabet; write a character twice to make it twice as likely."""

    def draw(rng: Random) -> str:
        return "".join(alphabet[rng.randrange(len(alphabet))] for _ in range(_size(rng, low, high)))

    first, last = alphabet[0], alphabet[-1]
    edges = ["", first, first * 2, first + last, last * high]
    return Inputs(draw, tuple(value for value in dict.fromkeys(edges) if low <= len(value) <= high))


_WORDS = """
    oak elm fir ash tea ivy map key sun sea ink owl bee fox cat dog tin cup pea rye sky lake milk wind rain road
    lamp seed leaf bird wolf fish moon star snow rope iron gold salt rice corn plum pear melon apple lemon river
    stone table chair grass cloud sugar paper house level radar noon civic
"""


def words(*more: str) -> Inputs:
    """Short English words, some of them palindromes or of equal length."""
    return Inputs(one_of(*_WORDS.split(), *more).draw, ("oak", "level", *more))


def sentences(low: int = 0, high: int = 6, separator: str = " ", *more: str) -> Inputs:
    """Words with a separator between them, repeats included."""
    parts = lists(words(*more), low, high)
    return parts.map(separator.join)


def lists(of: Inputs, low: int = 0, high: int = 8) -> Inputs:
    """Lists; a third of them repeat their members often."""

    def draw(rng: Random) -> list[Any]:
        found = [of.draw(rng) for _ in range(_size(rng, low, high))]
        if found and rng.random() < 0.35:
            few = found[: max(1, len(found) // 2)]
            found = [few[rng.randrange(len(few))] for _ in found]
        return found

    return Inputs(draw, _list_edges(of, low, high))


def _list_edges(of: Inputs, low: int, high: int) -> tuple[list[Any], ...]:
    rng = Random("edges")
    one = [[value] for value in of.edges[:6]] or [[of.draw(rng)]]
    same = [[value, value] for value in of.edges[:3]]
    pair = [list(of.edges[:2]), list(of.edges[:2])[::-1]] if len(of.edges) > 1 else []
    every = [[], *one, *same, *pair, list(of.edges[:high])]
    return tuple(value for value in every if low <= len(value) <= high)


def ordered(of: Inputs, low: int = 0, high: int = 8, *, distinct: bool = False) -> Inputs:
    """Lists in ascending order."""
    return lists(of, low, high).map(lambda values: sorted(set(values) if distinct else values))


def distinct(of: Inputs, low: int = 0, high: int = 8) -> Inputs:
    """Lists without repeats, in any order; shorter than `high` where there are few values."""
    return lists(of, low, high).map(lambda values: list(dict.fromkeys(values))).where(lambda v: len(v) >= low)


def tuples(*of: Inputs) -> Inputs:
    """Tuples with a member from each generator."""
    edges = [tuple(part.edges[0] if part.edges else part.draw(Random("edges")) for part in of)]
    return Inputs(lambda rng: tuple(part.draw(rng) for part in of), tuple(edges))


def dicts(keys: Inputs, values: Inputs, low: int = 0, high: int = 5) -> Inputs:
    """Dictionaries; equal values under different keys are common where `values` has few."""
    pairs = lists(tuples(keys, values), low, high)
    return pairs.map(dict).where(lambda found: len(found) >= low)


def sets(of: Inputs, low: int = 0, high: int = 5) -> Inputs:
    return lists(of, low, high).map(set).where(lambda found: len(found) >= low)


def records(**fields: Inputs) -> Inputs:
    """Dictionaries with these keys."""
    return tuples(*fields.values()).map(lambda values: dict(zip(fields, values, strict=True)))


def optional(of: Inputs) -> Inputs:
    """A value, or None in one of five draws."""
    return Inputs(lambda rng: None if rng.random() < 0.2 else of.draw(rng), (None, *of.edges))


def trees(leaf: Inputs, depth: int = 3, width: int = 3) -> Inputs:
    """Nested lists whose leaves come from a generator; the outermost is always a list."""

    def grow(rng: Random, left: int) -> Any:
        if left < depth and (left == 0 or rng.random() < 0.55):
            return leaf.draw(rng)
        return [grow(rng, left - 1) for _ in range(_size(rng, 0, width))]

    one = leaf.edges[0] if leaf.edges else leaf.draw(Random("edges"))
    return Inputs(lambda rng: grow(rng, depth), ([], [one], [[one]], [[], [one, []]], [one, [one, [one]]]))


def _size(rng: Random, low: int, high: int) -> int:
    """A length; the smaller of two draws in half of the cases."""
    size = rng.randint(low, high)
    return min(size, rng.randint(low, high)) if rng.random() < 0.3 else size
