"""A template: a family of tasks as data, from which a seed draws tasks that differ in what they ask.

A text of a template holds `$name` where a value goes. Values come from four places: `space` (what the task asks; each
combination is another task), `surface` (how it is told: names, things, wordings), `derive` (computed from both), and
the options of a choice, which may bring several values each:

    space={"limit": range(3, 30), "edge": {"in": {"op": ">=", "counts": "counts"},
                                           "out": {"op": ">", "counts": "does not count"}}}

What a template is held to before any task of it is taken: `lift_sys.testing.acceptance`.
"""

from __future__ import annotations

import ast
import re
import string
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

from lift_sys.errors import TemplateError
from lift_sys.testing.inputs import Inputs

Values = Mapping[str, Any]
Choice = Sequence[Any] | Mapping[str, Mapping[str, Any]]
"""The values that a parameter can take; or options by name, each with the values it brings."""
Kind = Literal["bounds", "order", "empty", "ties", "sign", "case", "repeats", "spaces", "rounding", "types", "scope"]
"""What a misreading mistakes: an inclusive bound, first or last, the empty input, ties, negative numbers, letter
case, repeated members, white space, rounding, kinds of values, or what a rule applies to."""
DEEP = 5
"""How often values may name other values."""


@dataclass(frozen=True)
class Misreading:
    """Another reading of the prompt as a variant of the reference: a choice made otherwise, an edit, or code.

    `says` names the detail that rules it out, or is a text that every wording holds, of two words or more; of a
    choice it must be another text under the other options. It is only asked for where a test can tell the reading
    from the reference.
    """

    kind: Kind
    says: str = ""
    choose: str = ""
    """A parameter of `space`: the reference with each of its other options."""
    swap: tuple[str, str] | None = None
    """A piece of the reference and what stands there instead, both with `$name`s."""
    code: str = ""


@dataclass(frozen=True)
class Equivalent:
    """A mutant of the reference that no input tells, and why. `change` is `before -> after`."""

    change: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """One family of tasks. Texts hold `$name`s; code is dedented."""

    name: str
    idea: str
    """What its tasks ask, in a line for readers of the report."""
    space: Mapping[str, Choice]
    surface: Mapping[str, Choice]
    """`name` is the entry point's; others as the template likes."""
    signature: str
    """`($xs: list[int]) -> int`; of a class, its constructor's, without `self`."""
    wordings: tuple[str, ...]
    """Ways to ask for it, at least three; what they leave open the details settle."""
    details: Mapping[str, tuple[str, ...]]
    """Sentences that settle what could be read in two ways, each in several wordings. Every prompt has them all."""
    reference: str
    second: str
    """An implementation that goes another way."""
    misreadings: tuple[Misreading, ...]
    inputs: Sequence[Inputs] | Callable[[Values], Sequence[Inputs]]
    """A generator for each parameter; of a class: one for each argument of its constructor, then one for the list of
    steps, each a tuple of a method's name and a tuple of its arguments."""
    examples: tuple[str, ...] = ()
    """Argument lists that must be among the tests, as Python: `[], 3`."""
    derive: Callable[[Values], Values | None] = lambda values: {}
    """More values; None where a combination makes no task."""
    raises: Mapping[str, str] = field(default_factory=dict)
    """Exceptions that tests may expect, each with the detail that announces it."""
    properties: tuple[str, ...] = ()
    """Predicates that hold on every call that returns (docs/IR.md)."""
    equivalents: tuple[Equivalent, ...] = ()
    methods: tuple[str, ...] = ()
    """Of a class: its methods' signatures, `push(self, item: int) -> None`. Empty: the task is a function."""
    held_out: bool = False
    """Never used to train."""

    @property
    def size(self) -> int:
        """Combinations of its space, including those that `derive` refuses."""
        return prod(len(choice) for choice in self.space.values())

    def combination(self, number: int) -> dict[str, Any]:
        """The combination of a number below `size`: for each parameter a value, or the name of an option."""
        found: dict[str, Any] = {}
        for name, choice in self.space.items():
            number, place = divmod(number, len(choice))
            found[name] = list(choice)[place] if isinstance(choice, Mapping) else choice[place]
        return found

    def values(self, chosen: Mapping[str, Any]) -> dict[str, Any] | None:
        """All values for a choice of `space` and `surface`; None where they make no task."""
        found: dict[str, Any] = {}
        for name, value in chosen.items():
            choice = self.space.get(name, self.surface.get(name))
            found[name] = value
            if isinstance(choice, Mapping):
                found |= choice[value]
        more = self.derive(found)
        return None if more is None else {**found, **more}

    def generators(self, values: Values) -> Sequence[Inputs]:
        return self.inputs(values) if callable(self.inputs) else self.inputs


def code(text: str, values: Values) -> str:
    """Code with its values; one that stands alone on a line is indented as its name was, or is no line if empty.

    Raises:
        TemplateError: a name has no value, or what comes out is no Python.
    """
    filled = fill(textwrap.dedent(text).strip("\n") + "\n", values, indent=True)
    try:
        ast.parse(filled)
    except SyntaxError as error:
        raise TemplateError(f"this is no Python, line {error.lineno}, {error.msg}:\n{filled}") from None
    return filled


def fill(text: str, values: Values, *, indent: bool = False) -> str:
    """A text with its values, and with the values that those name.

    Raises:
        TemplateError: a name has no value, or values name one another without end.
    """
    for _ in range(DEEP):
        if "$" not in text:
            return text
        if indent:
            text = _LINE.sub(lambda match: _block(match[1], str(_value(match[2], values))), text)
        try:
            text = string.Template(text).substitute(values)
        except KeyError as error:
            raise TemplateError(f"${error.args[0]} has no value: {text[:100]!r}") from None
        except ValueError as error:
            raise TemplateError(f"{error}: {text[:100]!r} (a dollar sign is written $$)") from None
    raise TemplateError(f"values name one another without end: {text[:100]!r}")


_LINE = re.compile(r"^([ ]*)\$(\w+)\n", re.MULTILINE)


def _block(margin: str, value: str) -> str:
    return textwrap.indent(value, margin) + "\n" if value else ""


def _value(name: str, values: Values) -> Any:
    if name not in values:
        raise TemplateError(f"${name} has no value")
    return values[name]
