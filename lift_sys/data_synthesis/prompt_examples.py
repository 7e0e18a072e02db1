"""The calls that a prompt shows: visible tests, or a docstring's own doctests, as Python text."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis.docstrings import ParsedDocstring
from lift_sys.data_synthesis.prompt_calls import ShownCall, shown_call
from lift_sys.records import Function, Slice, TestCase, wire_literal

MAX_EXAMPLE = 300


@dataclass(frozen=True)
class ShownExample:
    """One visible call as Python text; `result` is None when it raises."""

    call: str
    result: str | None
    raises: str | None = None
    made_on: ShownCall | None = None
    """The call with what is known of its object, for a method."""

    @property
    def size(self) -> int:
        return len(self.call) + len(self._given) + len(self.result or self.raises or "")

    @property
    def _given(self) -> str:
        return self.made_on.given if self.made_on else ""

    def inline(self) -> str:
        """The call within a sentence."""
        return self.made_on.inline() if self.made_on else f"`{self.call}`"

    def doctest(self) -> str:
        call = f">>> {self._given}\n>>> {self.call}" if self._given else f">>> {self.call}"
        if self.raises:
            return f"{call}\nTraceback (most recent call last):\n    ...\n{self.raises}"
        return call + ("" if self.result == "None" else f"\n{self.result}")


def visible_calls(function: Function, tests: Sequence[TestCase]) -> tuple[ShownExample, ...]:
    """The visible tests as calls, results first and shorter ones first; very long ones are left out."""
    shown = [_example(function, test) for test in tests if test.visible]
    shown = sorted(dict.fromkeys(shown), key=lambda e: (bool(e.raises), e.size, e.call, e.inline()))
    fitting = [example for example in shown if example.size <= MAX_EXAMPLE]
    return tuple(fitting or [example for example in shown if example.size <= 2 * MAX_EXAMPLE][:1])


def _example(function: Function, test: TestCase) -> ShownExample:
    call = shown_call(function.slice or Slice(code="", entry_point=function.name), test)
    if test.expected.raises:
        return ShownExample(call.text, None, test.expected.raises, made_on=call)
    return ShownExample(call.text, wire_literal(test.expected.value), made_on=call)


def documented_calls(doc: ParsedDocstring, name: str) -> tuple[ShownExample, ...]:
    """The docstring's own doctests that are plain calls; only for functions that have no tests yet."""
    shown = []
    for example in doc.examples:
        call = _own_literal_call(example.source, name)
        if call is None:
            continue
        raised = re.search(r"^Traceback.*\n(?:.*\n)*?([A-Za-z_][\w.]*)(?::.*)?\Z", example.want)
        if raised:
            shown.append(ShownExample(call, None, raised[1].rsplit(".", 1)[-1]))
        elif example.want and _is_literal(example.want):
            shown.append(ShownExample(call, example.want))
    return tuple(sorted(dict.fromkeys(shown), key=lambda item: (bool(item.raises), item.size, item.call)))


def _own_literal_call(source: str, name: str) -> str | None:
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(tree, ast.Call) or ast.unparse(tree.func).rsplit(".", 1)[-1] != name:
        return None
    values = [*tree.args, *(keyword.value for keyword in tree.keywords)]
    if not all(_is_literal(ast.unparse(value)) for value in values):
        return None
    return ast.unparse(ast.Call(ast.Name(name), tree.args, tree.keywords))


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return "\n" not in text


def telling(examples: list[ShownExample], count: int) -> list[ShownExample]:
    """Short examples with distinct results; those that show little (an empty result, an echo) come last."""
    empty = ("None", "''", "[]", "{}", "()", "0", "set()", "False", "b''")

    def little(item: ShownExample) -> bool:
        return (
            item.result in empty or f"({item.result}" in item.call or any(f"({text}" in item.call for text in empty)
        )

    ranked = sorted(examples, key=lambda item: (little(item), item.size, item.call))
    distinct = list({item.result: item for item in reversed(ranked)}.values())[::-1]
    rest = [item for item in ranked if item not in distinct]
    return [*distinct, *rest][:count]


def in_order(examples: Sequence[ShownExample]) -> list[ShownExample]:
    """Telling results first, one error kept among the first few."""
    results = telling([item for item in examples if not item.raises], len(examples))
    errors = list({item.raises: item for item in reversed(examples) if item.raises}.values())
    return [*results[: max(1, 4 - len(errors[:2]))], *errors[:2], *results[max(1, 4 - len(errors[:2])) :]]
