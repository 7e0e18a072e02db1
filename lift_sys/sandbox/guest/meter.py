"""What an instrumented program reports to while it runs: fuel, marks of blocks, and operands of comparisons."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HIT = "__lift_hit__"
COMPARE = "__lift_compare__"
STUCK = -(1 << 40)
"""What is left in a meter that a timer drained."""
PAIRS = 48
"""Operands of so many comparisons are remembered for each call."""

_FUNCTIONS: tuple[Callable[[Any, Any], Any], ...] = (
    operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
    lambda a, b: a in b, lambda a, b: a not in b,
)  # fmt: skip
_SCALARS = (int, str, float, bytes)
_CONTAINERS = (list, tuple, set, frozenset, dict)


class FuelExhausted(BaseException):
    """The program entered more blocks than it was given."""


@dataclass
class Blocks:
    """What the marks stand for: for each its owner, and how many statements it leads (0: none, it marks a path)."""

    owners: list[int] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=lambda: [""])
    """Owner number -> qualified name of the outermost function; 0 is module level."""

    def add(self, owner: int, statements: int) -> int:
        self.owners.append(owner)
        self.statements.append(statements)
        return len(self.owners) - 1

    def share(self, marks: int, entry: str) -> float:
        """Share of the statements that were reached, of the entry point and the functions it reached."""
        entered = {self.owners[n] for n in range(len(self.owners)) if marks >> n & 1}
        entered.update(n for n, name in enumerate(self.names) if name == entry)
        entered.discard(0)
        wanted = [(n, self.statements[n]) for n, owner in enumerate(self.owners) if owner in entered]
        total = sum(count for _, count in wanted)
        return sum(count for n, count in wanted if marks >> n & 1) / total if total else 1.0


class Meter:
    """Fuel, marks and comparison operands of the program that is running."""

    def __init__(self, blocks: int, fuel: int) -> None:
        marks = bytearray(blocks)
        left = fuel
        pairs: list[tuple[object, object]] = []

        def hit(block: int) -> bool:
            nonlocal left
            marks[block] = 1
            if left <= 0:
                left = min(left, -1)
                raise FuelExhausted
            left -= 1
            return True

        def compare(block: int, a: Any, b: Any, number: int, *rest: Any) -> Any:
            if rest:
                truth = compare(block, a, b, number)
                return compare(rest[0], b, *rest[1:]) if truth else truth
            kind = type(a)
            if kind is int and type(b) is int:
                distance = a - b
                if -1 <= distance <= 1:
                    marks[block + distance] = 1
                if len(pairs) < PAIRS:
                    pairs.append((a, b))
            elif kind in _SCALARS and len(pairs) < PAIRS:
                if number < 6:
                    if type(b) in _SCALARS:
                        pairs.append((a, b))
                        if kind is type(b) and a == b:
                            marks[block] = 1
                elif type(b) in _CONTAINERS and len(b) <= 16:
                    pairs.extend((a, item) for item in b if type(item) in _SCALARS)
                elif type(b) is kind:
                    pairs.append((a, b))
            return _FUNCTIONS[number](a, b)

        def reset(fuel: int) -> None:
            nonlocal left
            left = fuel
            marks[:] = bytes(len(marks))
            pairs.clear()

        def drain() -> None:
            nonlocal left
            left = STUCK

        self.hit = hit
        self.compare = compare
        self.reset = reset
        self.drain = drain
        self.left: Callable[[], int] = lambda: left
        self.marks: Callable[[], int] = lambda: bits(marks)
        self.pairs = pairs

    def names(self) -> dict[str, object]:
        return {HIT: self.hit, COMPARE: self.compare}


def bits(marks: bytearray) -> int:
    """The marks as one integer: bit n is mark n."""
    return int(marks[::-1].translate(_DIGITS), 2) if marks else 0


_DIGITS = bytes([48]) + bytes([49]) * 255
