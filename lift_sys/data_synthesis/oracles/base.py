"""Observed calls: what every oracle yields."""

from __future__ import annotations

from dataclasses import dataclass, field

from lift_sys.records import Expected, Oracle, WireValue

AUTHORITY: dict[Oracle, int] = {"recorded": 0, "doctest": 1, "generated": 2}
"""Whose word on a call counts more: the smaller number's."""


@dataclass(frozen=True)
class ObservedCall:
    """One call of a function and what came of it, in the wire format."""

    args: tuple[WireValue, ...]
    kwargs: dict[str, WireValue] = field(default_factory=dict)
    outcome: Expected = field(default_factory=Expected)
    oracle: Oracle = "generated"
