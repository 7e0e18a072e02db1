"""Inputs like those of a prompt's examples, to see on which candidates agree."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

COUNT = 24


def variations(seen: Sequence[tuple[Any, ...]], count: int = COUNT, seed: int = 0) -> list[tuple[Any, ...]]:
    """The given arguments and changed ones, no two alike; nothing where no arguments are known.

    A change takes one argument from another call, or moves a number, cuts, doubles, swaps or empties a sequence, or
    changes a part of a container, so types stay as they were shown.
    """
    if not seen:
        return []
    rng = Random(seed)
    found = {repr(args): args for args in seen}
    for _ in range(20 * count):
        if len(found) >= count:
            break
        args = list(rng.choice(seen))
        if not args:
            break
        place = rng.randrange(len(args))
        donor = rng.choice(seen)
        if len(seen) > 1 and len(donor) > place and rng.random() < 0.3:
            args[place] = donor[place]
        else:
            for _ in range(rng.randint(1, 2)):
                args[place] = _changed(args[place], rng)
        found.setdefault(repr(tuple(args)), tuple(args))
    return list(found.values())[:count]


def _changed(value: Any, rng: Random) -> Any:
    if isinstance(value, bool) or value is None:
        return value if value is None else not value
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, 0, -value, 2 * value, value + rng.randint(-9, 9)))
    if isinstance(value, float):
        return rng.choice((value + 1, -value, value / 2, 0.0))
    if isinstance(value, str):
        return "".join(_sequence(list(value), rng, rng.choice("abc XYZ09")))
    if isinstance(value, (list, tuple)):
        return type(value)(_sequence(list(value), rng, None))
    if isinstance(value, dict):
        return dict(_sequence(list(value.items()), rng, None, key=True))
    if isinstance(value, (set, frozenset)):
        ordered = sorted(value, key=repr)
        return type(value)(ordered[: rng.randint(0, len(ordered))])
    return value


def _sequence(items: list[Any], rng: Random, new: Any, *, key: bool = False) -> list[Any]:
    """A list cut, grown, turned, or with one member changed; of pairs, only the second part is changed."""
    if not items:
        return [new] if new is not None else []
    way, at = rng.randrange(6), rng.randrange(len(items))
    if way == 0:
        return items[:at]
    if way == 1:
        return items[at:]
    if way == 2:
        return items[::-1]
    if way == 3 and not key:
        return [*items[:at], items[at], *items[at:]]
    if way == 4 and new is not None:
        return [*items[:at], new, *items[at + 1 :]]
    if new is not None:
        return [*items[:at], *items[at + 1 :]]
    member = (items[at][0], _changed(items[at][1], rng)) if key else _changed(items[at], rng)
    return [*items[:at], member, *items[at + 1 :]]
