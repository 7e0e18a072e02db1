"""Arguments with one of their parts exchanged."""

from __future__ import annotations

from typing import Any


def replace(value: Any, old: object, new: object, which: int = 1, depth: int = 0) -> Any:
    """`value` with every part that is `old` (same type, equal) turned into `new`.

    Inside a string the occurrence number `which` is replaced, or the last one.
    """
    kind = type(value)
    if kind is type(old) and value == old:
        return new
    if depth > 4:
        return value
    if kind is list:
        return [replace(item, old, new, which, depth + 1) for item in value]
    if kind is tuple:
        return tuple(replace(item, old, new, which, depth + 1) for item in value)
    if kind is dict:
        try:
            return {
                replace(key, old, new, which, depth + 1): replace(item, old, new, which, depth + 1)
                for key, item in value.items()
            }
        except TypeError:
            return value
    if kind is str and type(old) is str and type(new) is str and old and old in value:
        start = -1
        for _ in range(which):
            after = value.find(old, start + 1)
            start = after if after >= 0 else start
        start = max(start, value.find(old))
        return value[:start] + new + value[start + len(old) :]
    return value


def resize(value: Any, old: object, new: object) -> Any:
    """A sequence of length `old` brought to length `new`, by cutting it or repeating its members."""
    if type(value) not in (list, tuple, str, bytes) or len(value) != old:
        return value
    if type(new) is not int or not 0 <= new <= 64:
        return value
    while len(value) < new:
        value = value + (value or ("a" if type(value) is str else type(value)((0,))))
    return value[:new]
