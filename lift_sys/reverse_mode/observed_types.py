"""Types read off observed values, as type hints: `int | None`, `list[str]`, `dict[str, int]`, `tuple[int, ...]`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from lift_sys import wire

MAX_DEPTH = 4
MAX_UNION = 2
"""A union of more types than this is what invented inputs happened to be, not what the function is for. Inside a
container one type is the most, beside None: else the container's name is all that is said."""
MAX_ELEMENTS = 64


def infer_hint(values: Sequence[object]) -> str | None:
    """The hint that all values fit; None when there is no value, or they have too many types."""
    return _hint(values, 0) if values else None


def seen_types(values: Sequence[object]) -> tuple[str, ...]:
    """What was seen of a type that is not known: each value's own hint, most common first."""
    counts: dict[str, int] = {}
    for value in values:
        hint = _hint([value], 0) or type(value).__name__
        counts[hint] = counts.get(hint, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(f"observed {hint} in {count} calls" for hint, count in ranked[:8])


def _hint(values: Sequence[object], depth: int) -> str | None:
    groups: dict[type, list[object]] = {}
    for value in values:
        groups.setdefault(type(value), []).append(value)
    none = groups.pop(type(None), None) is not None
    if float in groups and int in groups:
        groups[float] += groups.pop(int)  # a hint of float admits int (PEP 484)
    if len(groups) > (1 if depth else MAX_UNION):
        return None
    hints = [_one(kind, group, depth) for kind, group in sorted(groups.items(), key=lambda item: item[0].__name__)]
    return " | ".join([*hints, *(["None"] if none else [])]) or None


def _one(kind: type, values: Sequence[object], depth: int) -> str:
    if depth >= MAX_DEPTH or kind not in (list, tuple, set, frozenset, dict):
        return kind.__name__
    if kind is dict:
        keys = _hint(_flat(values), depth + 1)
        items = _hint(_flat(value.values() for value in values if isinstance(value, dict)), depth + 1)
        return f"dict[{keys}, {items}]" if keys and items else "dict"
    if kind is tuple:
        return _tuple([value for value in values if isinstance(value, tuple)], depth)
    element = _hint(_flat(values), depth + 1)
    return f"{kind.__name__}[{element}]" if element else kind.__name__


def _tuple(values: Sequence[tuple[object, ...]], depth: int) -> str:
    widths = {len(value) for value in values}
    if len(widths) == 1 and 0 < max(widths) <= 4 and len(values) > 1:
        fields = [_hint([value[index] for value in values], depth + 1) for index in range(max(widths))]
        if all(fields):
            return f"tuple[{', '.join(map(str, fields))}]"
    element = _hint(_flat(values), depth + 1)
    return f"tuple[{element}, ...]" if element else "tuple"


def _flat(groups: Iterable[object]) -> list[object]:
    """Elements of all groups, a bounded number from each."""
    found: list[object] = []
    for group in groups:
        ordered = sorted(group, key=wire.encode) if isinstance(group, (set, frozenset)) else group
        found += islice(ordered, MAX_ELEMENTS)  # type: ignore[call-overload]
    return found
