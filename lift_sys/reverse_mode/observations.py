"""Observed calls made ready for mining: bound, without repeats, decoded, and split into training and held-out."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.ir import Signature
from lift_sys.reverse_mode.predicates import BoundCall, ObservedCall, bind

MAX_CALLS = 400
"""Distinct calls that clauses are judged on."""
MAX_TRAIN = 40
"""Calls that clauses are proposed from."""
MAX_TEXT = 2_000
"""Characters of wire text above which a call is not mined (it is still checked)."""
MISSING = object()
"""Stands for a value that is not known: an unreadable default, the result of a call that raised."""


@dataclass(frozen=True)
class Observation:
    """A bound call with its values decoded."""

    call: BoundCall
    values: dict[str, object]
    result: object
    """MISSING when the call raised."""


@dataclass(frozen=True)
class Observations:
    """What is known of a function's behaviour. `train` is mined; every clause is judged on all of `calls`."""

    calls: tuple[BoundCall, ...]
    train: tuple[Observation, ...]
    held_out: int

    @property
    def returned(self) -> tuple[BoundCall, ...]:
        return tuple(call for call in self.calls if call.returned)

    @property
    def raised(self) -> tuple[BoundCall, ...]:
        return tuple(call for call in self.calls if not call.returned)


def observe(signature: Signature, calls: Sequence[ObservedCall]) -> Observations:
    """The distinct calls that fit the signature, in an order that depends on their content alone."""
    bound = {_digest(call): call for raw in calls if (call := bind(signature, raw)) is not None}
    ordered = tuple(bound[digest] for digest in sorted(bound))[:MAX_CALLS]
    held_out = len(ordered) // 3
    defaults = readable_defaults(signature)
    decoded = (_decode(call, defaults) for call in ordered[held_out:])
    train = islice((item for item in decoded if item is not None), MAX_TRAIN)
    return Observations(ordered, tuple(train), held_out)


def readable_defaults(signature: Signature) -> dict[str, object]:
    """Defaults that are literals; any other is known in the box only."""
    found: dict[str, object] = {}
    for parameter in signature.parameters:
        if parameter.default is not None:
            try:
                found[parameter.name] = ast.literal_eval(parameter.default)
            except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
                found[parameter.name] = MISSING
    return found


def _digest(call: BoundCall) -> str:
    return hashlib.sha256(repr((call.before, call.result, call.raises)).encode()).hexdigest()


def _decode(call: BoundCall, defaults: dict[str, object]) -> Observation | None:
    size = sum(len(text) for _, text in call.before) + len(call.result or "")
    if size > MAX_TEXT:
        return None
    try:
        values = {**defaults, **{name: wire.decode(text) for name, text in call.before}}
        return Observation(call, values, MISSING if call.result is None else wire.decode(call.result))
    except WireError:
        return None
