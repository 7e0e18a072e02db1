"""How a task is told: a frame around its request, and its visible examples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from lift_sys import wire
from lift_sys.records import Expected, TestCase, WireValue, wire_literal, wire_text
from lift_sys.testing.drawing import Draft

_FUNCTIONS = (
    "Write a Python function `{name}{signature}`. {request}",
    "{request}\n\nImplement this as `{name}{signature}`.",
    "Implement `{name}{signature}` in Python.\n\n{request}",
    "Define a function with the signature\n\n    def {name}{signature}:\n\n{request}",
    "I need `def {name}{signature}`. {request}",
)
_CLASSES = (
    "Write a Python class `{name}`, constructed as `{name}{signature}`. {request}\n\nIts methods:\n{methods}",
    "{request}\n\nImplement it as a class `{name}`, made as `{name}{signature}`, with these methods:\n{methods}",
    "Define a class `{name}`; `{name}{signature}` makes one. {request}\n\nMethods:\n{methods}",
)
EXAMPLES = "\n\nExamples"
_SHINGLE = 3


def prompt(draft: Draft, visible: Sequence[TestCase], rng: Random) -> str:
    """The whole text that a solver gets."""
    methods = "\n".join(f"- `{_without_self(text)}`" for text in draft.methods)
    frame = rng.choice(_CLASSES if methods else _FUNCTIONS)
    text = frame.format(name=draft.entry_point, signature=draft.signature, request=draft.request, methods=methods)
    if not visible:
        return text
    styles = [_doctest, _equation, _sentence]
    if any(test.expected == Expected() for test in visible):
        styles.remove(_doctest)  # a Python session shows nothing for None
    show = _session if methods else rng.choice(styles)
    shown = ("\n\n" if methods else "\n").join(show(draft, test) for test in visible)
    return f"{text}{EXAMPLES}:\n{shown}"


def _without_self(text: str) -> str:
    return re.sub(r"\(self(?:, )?", "(", text)


def call(draft: Draft, test: TestCase) -> str:
    return f"{draft.entry_point}({', '.join(wire_literal(argument) for argument in test.args)})"


def _doctest(draft: Draft, test: TestCase) -> str:
    if test.expected.raises:
        return f">>> {call(draft, test)}\nTraceback (most recent call last):\n{test.expected.raises}"
    return f">>> {call(draft, test)}\n{wire_literal(test.expected.value)}"


def _equation(draft: Draft, test: TestCase) -> str:
    if test.expected.raises:
        return f"{call(draft, test)}  # raises {test.expected.raises}"
    return f"{call(draft, test)} == {wire_literal(test.expected.value)}"


def _sentence(draft: Draft, test: TestCase) -> str:
    if test.expected.raises:
        return f"- `{call(draft, test)}` raises `{test.expected.raises}`."
    return f"- `{call(draft, test)}` returns `{wire_literal(test.expected.value)}`."


def _session(draft: Draft, test: TestCase) -> str:
    """The steps of a class's test as they would be typed."""
    arguments, steps, results = (_plain(value) for value in (*test.args, test.expected.value))
    lines = [f">>> it = {draft.entry_point}({_listed(arguments)})"]
    if test.expected.raises:
        return "\n".join([*lines, "Traceback (most recent call last):", test.expected.raises])
    for (method, given), result in zip(steps, results or [], strict=True):
        lines.append(f">>> it.{method}({_listed(given)})")
        if isinstance(result, tuple) and result[:1] == ("raised",):
            lines += ["Traceback (most recent call last):", result[1]]
        elif result is not None:
            lines.append(wire.literal(result))
    return "\n".join(lines)


def _plain(value: WireValue) -> Any:
    return wire.decode(wire_text(value))


def _listed(arguments: tuple[object, ...]) -> str:
    return ", ".join(map(wire.literal, arguments))


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Runs of three words of what a prompt asks, stricter than its plain text: letter case, punctuation and examples
    are left out, and all numbers are one, so that two prompts that differ in a number alone are the same."""
    words = re.findall(r"\w+", re.sub(r"\d+", "0", text.partition(EXAMPLES)[0].lower()))
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)))
