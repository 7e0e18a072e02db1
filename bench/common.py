"""Rows of `make bench`: a figure, its unit, and the bound it is held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = True
    """Whether `bound` is a lower bound (else an upper one)."""
    note: str = ""

    @property
    def ok(self) -> bool | None:
        if self.bound is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound
