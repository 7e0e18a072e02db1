"""Observed calls: what every oracle yields."""

from __future__ import annotations

from dataclasses import dataclass, field

from lift_sys.records import Expected, Oracle, WireValue


@dataclass(frozen=True)
class ObservedCall:
    """One call of a function and what came of it, in the wire format."""

    args: tuple[WireValue, ...]
    kwargs: dict[str, WireValue] = field(default_factory=dict)
    outcome: Expected = field(default_factory=Expected)
    oracle: Oracle = "generated"
