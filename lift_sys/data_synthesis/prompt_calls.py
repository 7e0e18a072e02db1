"""How a call and its result are written where a harness stands between the test and the function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis.phrasing import an
from lift_sys.data_synthesis.projections import ITEMS
from lift_sys.records import DRIVER, Example, Slice, TestCase, WireValue, wire_literal

PLAIN_NOTE = (
    "Here `plain` turns every object into the pair of its type's name and its content, the attributes by name."
)


@dataclass(frozen=True)
class ShownCall:
    """A call as a person would write it, and what is known of the object that it is made on."""

    text: str
    thing: str = ""
    """Name of the object in `text`, when it is known by its attributes alone."""
    owner: str = ""
    attributes: str = ""

    @property
    def given(self) -> str:
        """What stands before the call in a doctest: `# purse is a Purse with coins=7`; "" for most calls."""
        return f"# {self.thing} is {an(self.owner)} {self.owner}{self._with('')}" if self.thing else ""

    def inline(self) -> str:
        """The call within a sentence."""
        if not self.thing:
            return f"`{self.text}`"
        return f"`{self.text}` (`{self.thing}` is {an(self.owner)} `{self.owner}`{self._with('`')})"

    def _with(self, quote: str) -> str:
        return f" with {quote}{self.attributes}{quote}" if self.attributes else " without attributes"


def shown_call(code: Slice | Example, test: TestCase) -> ShownCall:
    """A test's call as a person would write it: the harness that stands before the function is left out."""
    if "lift_receiver(" in code.harness:
        return _of_object(code, test)
    driver = code.entry_point if code.projection in ("", "iterator", "object") else code.driver
    call = f"{driver}({arguments_text(test.args, test)})"
    if code.projection == "iterator":
        cut = isinstance(test.expected.value, list) and len(test.expected.value) == ITEMS
        return ShownCall(f"list(islice({call}, {ITEMS}))" if cut else f"list({call})")
    return ShownCall(f"plain({call})" if code.projection == "object" else call)


def is_plain_form(harness: str) -> bool:
    """Whether the results of a harness went through `plain`."""
    return "lift_plain" in harness


def arguments_text(args: Sequence[WireValue], test: TestCase) -> str:
    texts = [wire_literal(value) for value in args]
    texts += [f"{key}={wire_literal(value)}" for key, value in test.kwargs.items() if key.isidentifier()]
    odd = {key: value for key, value in test.kwargs.items() if not key.isidentifier()}
    if odd:
        texts.append("**{" + ", ".join(f"{key!r}: {wire_literal(value)}" for key, value in odd.items()) + "}")
    return ", ".join(texts)


def _of_object(code: Slice | Example, test: TestCase) -> ShownCall:
    owner, _, name = code.entry_point.rpartition(".")
    receiver, args = test.args[0], test.args[1:]
    is_method = f"{DRIVER}.__wrapped__" in code.harness
    called = f"{name}({arguments_text(args, test)})" if is_method else name
    thing = owner.lstrip("_").lower() or "found"
    made = _made(owner, receiver)
    if "(result, found)" in code.harness:
        text = f"plain(({thing}.{called}, {thing}))"
        text = f"{thing} = {made}; {text}" if made else text
    else:
        text = f"{made or thing}.{called}"
        text = f"plain({text})" if is_plain_form(code.harness) else text
    return ShownCall(text) if made else ShownCall(text, thing, owner, _attributes(receiver))


def _made(owner: str, receiver: WireValue) -> str:
    """The expression that makes an object; "" for one that is known by its attributes."""
    items = receiver.get("t") if isinstance(receiver, dict) else None
    return f"{owner}({', '.join(map(wire_literal, items))})" if isinstance(items, list) else ""


def _attributes(receiver: WireValue) -> str:
    pairs = receiver.get("d") if isinstance(receiver, dict) else None
    if not isinstance(pairs, list) or not all(isinstance(key, str) for key in pairs[::2]):
        return wire_literal(receiver)
    return ", ".join(f"{key}={wire_literal(value)}" for key, value in zip(pairs[::2], pairs[1::2], strict=True))
