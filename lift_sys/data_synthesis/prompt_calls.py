"""How a call and its result are written where a harness stands between the test and the function."""

from __future__ import annotations

from collections.abc import Sequence

from lift_sys.data_synthesis.projections import BOUND, ITEMS
from lift_sys.records import Function, TestCase, WireValue, wire_literal

PLAIN_NOTE = (
    "Here `plain` turns every object into the pair of its type's name and its content, the attributes by name."
)


def call_text(function: Function, test: TestCase) -> str:
    """A test's call as a person would write it."""
    slice_ = function.slice
    projection = slice_.projection if slice_ is not None else ""
    harness = slice_.harness if slice_ is not None else ""
    if function.kind in BOUND and harness:
        return _of_object(function, test, harness)
    name = function.name if slice_ is None else slice_.entry_point
    call = f"{name}({arguments_text(test.args, test)})"
    if projection == "iterator":
        cut = isinstance(test.expected.value, list) and len(test.expected.value) == ITEMS
        return f"list(islice({call}, {ITEMS}))" if cut else f"list({call})"
    return f"plain({call})" if projection == "object" else call


def is_plain_form(function: Function) -> bool:
    """Whether the shown results went through `plain`."""
    return function.slice is not None and "lift_plain" in function.slice.harness


def arguments_text(args: Sequence[WireValue], test: TestCase) -> str:
    texts = [wire_literal(value) for value in args]
    texts += [f"{key}={wire_literal(value)}" for key, value in test.kwargs.items() if key.isidentifier()]
    odd = {key: value for key, value in test.kwargs.items() if not key.isidentifier()}
    if odd:
        texts.append("**{" + ", ".join(f"{key!r}: {wire_literal(value)}" for key, value in odd.items()) + "}")
    return ", ".join(texts)


def _of_object(function: Function, test: TestCase, harness: str) -> str:
    owner = function.qualname.rpartition(".")[0]
    thing = owner.lstrip("_").lower() or "found"
    receiver, args = test.args[0], test.args[1:]
    called = function.name if function.kind == "property" else f"{function.name}({arguments_text(args, test)})"
    made, before = _made(owner, thing, receiver)
    if "(result, found)" in harness:
        start = before or f"{thing} = {made}; "
        return f"{start}plain(({thing}.{called}, {thing}))"
    text = f"{before}{thing if before else made}.{called}"
    if "lift_plain" not in harness:
        return text
    return f"{before}plain({thing if before else made}.{called})"


def _made(owner: str, thing: str, receiver: WireValue) -> tuple[str, str]:
    """How an object is made: as an expression, or (for one that is known by its attributes) as statements before."""
    if isinstance(receiver, dict) and isinstance(items := receiver.get("t"), list):
        return f"{owner}({', '.join(map(wire_literal, items))})", ""
    return "", f"{thing} = object.__new__({owner}); vars({thing}).update({wire_literal(receiver)}); "
