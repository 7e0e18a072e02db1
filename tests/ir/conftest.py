"""One warm box for all tests of the IR, and observed calls of functions that the tests themselves write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lift_sys import wire
from lift_sys.records import Expected
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox


@dataclass(frozen=True)
class Observed:
    """A call as the oracles record it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    outcome: Expected = field(default_factory=Expected)


def to_wire(value: object) -> Any:
    return json.loads(wire.encode(value))


def observe_calls(function: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> list[Observed]:
    """What `function`, which is our own, does on each tuple of arguments."""
    made = []
    for args in arguments:
        given = tuple(map(to_wire, args))
        try:
            outcome = Expected(value=to_wire(function(*args)))
        except Exception as error:
            outcome = Expected(raises=type(error).__name__)
        made.append(Observed(given, {}, outcome))
    return made


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    with open_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def observing() -> Callable[[Callable[..., object], Iterable[tuple[Any, ...]]], list[Observed]]:
    return observe_calls
