"""Strings that a regular expression matches, sampled from its parse."""

from __future__ import annotations

import random
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {
    "CATEGORY_DIGIT": "0123456789", "CATEGORY_SPACE": " \t\n", "CATEGORY_WORD": "abXZ_09",
    "CATEGORY_NOT_DIGIT": "ab-", "CATEGORY_NOT_SPACE": "ab1", "CATEGORY_NOT_WORD": " -.",
}  # fmt: skip
_COMMON = "abcXYZ019 _-.,:/"


def sample(pattern: str, source: random.Random) -> str:
    """A string that probably matches `pattern`; "" when it can't be parsed. Lookarounds are not solved."""
    try:
        parsed = _parser.parse(pattern)
    except Exception:
        return ""
    groups: dict[int, str] = {}
    return _sequence(parsed, source, groups, 0)[:200]


def _sequence(parsed: Any, source: random.Random, groups: dict[int, str], depth: int) -> str:
    return "".join(_part(str(op), value, source, groups, depth) for op, value in parsed) if depth < 12 else ""


def _part(op: str, value: Any, source: random.Random, groups: dict[int, str], depth: int) -> str:
    if op == "LITERAL":
        return chr(value)
    if op == "NOT_LITERAL":
        return source.choice([c for c in _COMMON if ord(c) != value])
    if op == "ANY":
        return source.choice(_COMMON)
    if op == "IN":
        return _member(value, source)
    if op == "BRANCH":
        return _sequence(source.choice(value[1]), source, groups, depth + 1)
    if op == "SUBPATTERN":
        text = _sequence(value[3], source, groups, depth + 1)
        if value[0] is not None:
            groups[value[0]] = text
        return text
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, inner = value
        high = low + 3 if high == _constants.MAXREPEAT else min(high, low + 4)
        count = source.randint(low, high) if low < 40 else 40
        return "".join(_sequence(inner, source, groups, depth + 1) for _ in range(count))
    if op == "ATOMIC_GROUP":
        return _sequence(value, source, groups, depth + 1)
    if op == "GROUPREF":
        return groups.get(value, "")
    if op == "GROUPREF_EXISTS":
        return _sequence(value[1] if value[0] in groups else value[2] or [], source, groups, depth + 1)
    return ""


def _member(value: Any, source: random.Random) -> str:
    negated = str(value[0][0]) == "NEGATE"
    choices: list[str] = []
    for op, item in value:
        name = str(op)
        if name == "LITERAL":
            choices.append(chr(item))
        elif name == "RANGE":
            low, high = item
            choices += [chr(low), chr(high), chr((low + high) // 2)]
        elif name == "CATEGORY":
            choices += _CLASSES.get(str(item), "a")
    if negated:
        return source.choice([c for c in _COMMON if c not in choices] or ["~"])
    return source.choice(choices or ["a"])
