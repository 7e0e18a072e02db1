"""A scripted model, and prompts of each register by the real synthesizer."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence

from lift_sys import wire
from lift_sys.data_synthesis.prompt_synthesizer import PromptSynthesizer
from lift_sys.providers import Completion, Request
from lift_sys.providers.base import Closing
from lift_sys.records import Expected, Function, TestCase
from lift_sys.records.models import Slice
from lift_sys.records.training import SYSTEM
from lift_sys.reverse_mode.lifter import lift_source


class Model(Closing):
    """Answers by what it is asked to do and by the number of the sample; `down` is a request that fails."""

    name, model = "model", "m"

    def __init__(self, answer: Callable[[str, int], str], finish: str = "stop") -> None:
        self.answer, self.finish = answer, finish
        self.asked: list[Request] = []

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            self.asked.append(request)
            kind = next(kind for kind, text in SYSTEM.items() if text == request.system)
            text = self.answer(kind, request.seed)
            if text == "down":
                yield Completion("", "error", detail="the server is down")
            elif kind == "prompt_to_ir" or self.finish == "length":
                yield Completion(text, self.finish, 5, 7)  # type: ignore[arg-type]
            else:
                yield Completion(f"```python\n{text}\n```", "stop", 5, 7)


def prompts_of(found: Slice, *tests: TestCase) -> dict[str, str]:
    """The prompts of a function, or of the method `Class.name`, by register."""
    owner, _, name = found.entry_point.rpartition(".")
    nodes = ast.walk(ast.parse(found.code))
    node = next(node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name)
    function = Function(
        repository="r",
        path="m.py",
        module="m",
        qualname=found.entry_point,
        name=name,
        kind="method" if owner else "function",
        lineno=node.lineno,
        end_lineno=node.end_lineno or node.lineno,
        docstring=ast.get_docstring(node),
        source=ast.get_source_segment(found.code, node) or "",
        slice=found,
    )
    return PromptSynthesizer().synthesize(function, dict(lift_source(found.code))[found.entry_point], tests).prompts


def case(*args: object, gives: object = None, raises: str | None = None) -> TestCase:
    expected = Expected(raises=raises) if raises else Expected(value=_plain(gives))
    return TestCase(args=tuple(map(_plain, args)), expected=expected, oracle="recorded", visible=True)


def _plain(value: object) -> object:
    return json.loads(wire.encode(value))
