"""Calls that a function's own docstring shows, with results that agree with what it prints."""

from __future__ import annotations

from dataclasses import replace

from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.oracles.generated import explore
from lift_sys.records import Function
from lift_sys.sandbox.api import Sandbox


def doctest_calls(sandbox: Sandbox, function: Function) -> tuple[ObservedCall, ...]:
    """The calls of the docstring's examples, as the function itself answers them; () when there are none."""
    if function.slice is None or not function.docstring or ">>>" not in function.docstring:
        return ()
    found = explore(sandbox, function, budget=0)
    return tuple(replace(call, oracle="doctest") for call in found.calls)
