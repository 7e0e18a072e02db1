"""Wrong outcomes: what a mutant might have returned instead. A clause is as strong as the share it rejects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.reverse_mode.observations import MISSING, Observation
from lift_sys.reverse_mode.predicates import BoundCall

MAX_CALLS = 20
MAX_WRONG = 14
"""Wrong results for one call."""


def wrong_outcomes(train: Sequence[Observation]) -> list[BoundCall]:
    """Calls of `train` with results that differ from the observed ones, in a fixed order."""
    returned = [item for item in train if item.result is not MISSING]
    results = [item.result for item in returned]
    made = []
    for position, item in enumerate(returned[:MAX_CALLS]):
        texts: dict[str, None] = {}
        others = [results[(position + step) % len(results)] for step in (1, 2)]
        for value in (*_neighbours(item.result), *others, *item.values.values(), None):
            try:
                text = wire.encode(value, limit=4_000)
            except WireError:
                continue
            if text != item.call.result:
                texts.setdefault(text)
        made += [replace(item.call, result=text) for text in list(texts)[:MAX_WRONG]]
    return made


def _neighbours(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
        yield int(value)
    elif isinstance(value, (int, float)):
        yield from (value + 1, value - 1, -value, 0, value * 2 if abs(value) < 1e100 else 1)
    elif isinstance(value, (str, bytes, list, tuple)):
        yield from (value[:-1], value[1:], value[:0], value[::-1], value + value[:1])  # type: ignore[operator]
        if isinstance(value, str):
            yield from (value + "x", value.swapcase())
        if isinstance(value, (list, tuple)):
            yield type(value)([*value, None])
            for index in dict.fromkeys((0, len(value) - 1, len(value) // 2, 1)) if value else ():
                if index < len(value):
                    yield type(value)([*value[:index], _other(value[index]), *value[index + 1 :]])
    elif isinstance(value, dict):
        items = list(value.items())
        yield {name: _other(item) for name, item in items}
        yield from (dict(items[1:]), dict(items[:-1]), {}, {**value, "x": None}, dict.fromkeys(value))
    elif isinstance(value, (set, frozenset)):
        texts = sorted(value, key=wire.encode)
        yield from (type(value)(texts[1:]), type(value)(), type(value)([*texts, "x"]), texts)
    elif value is None:
        yield from (0, "", False)


def _other(value: object) -> object:
    return next(_neighbours(value), None)
