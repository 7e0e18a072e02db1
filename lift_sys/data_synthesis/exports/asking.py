"""What a model is asked for a row, so that it can answer: the prompt, and what the code is loaded with."""

from __future__ import annotations

import ast

from lift_sys.records import DRIVER, Example, Requirement
from lift_sys.testing.blank import blank

Message = dict[str, str]
SHOWN = (DRIVER, "lift_receiver")
"""Functions of a harness that a model has to see: how its code is called, and how the receiver is made."""


def question(example: Example) -> str:
    """The prompt, and after it the module around the entry point, the harness and the packages, where there are any.

    The prompt alone says what the function does. Where the tests reach it through a class, or it may use constants
    and helpers of its module, nobody could write code that loads and fits without seeing them. The body of the entry
    point is never shown.
    """
    return "\n\n".join([example.prompt.strip(), *context(example)])


def context(example: Example) -> list[str]:
    """The parts that follow the prompt."""
    parts = []
    if not _stands_alone(example):
        parts.append(
            f"`{example.entry_point}` stands in the module below. Write the whole module, with its body in place of "
            f"`...`:\n\n{fenced(blank(example.code, example.entry_point).rstrip())}"
        )
    if example.harness:
        shown = fenced(_entrance(example.harness))
        parts.append(f"The code is tested through `{DRIVER}`, which is loaded after it:\n\n{shown}")
    if example.requirements:
        parts.append(f"These packages can be imported: {', '.join(map(pinned, example.requirements))}.")
    return parts


def answer(example: Example) -> str:
    """The reference as a model would give it: a fenced block."""
    return fenced(example.code.strip())


def chat(example: Example) -> list[Message]:
    """The question as a conversation."""
    return [{"role": "user", "content": question(example)}]


def fenced(code: str) -> str:
    """Code as Markdown, in a fence longer than any line of backticks in it."""
    fence = "```"
    while any(line.startswith(fence) for line in code.splitlines()):
        fence += "`"
    return f"{fence}python\n{code}\n{fence}"


def pinned(requirement: Requirement) -> str:
    return f"{requirement.name}=={requirement.version}"


def _entrance(harness: str) -> str:
    """The part of a harness that calls the code. How it makes results plain is said in the prompt."""
    lines = harness.splitlines()
    shown = [
        "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(harness).body
        if isinstance(node, ast.FunctionDef) and node.name in SHOWN
    ]
    return "\n\n\n".join(shown) or harness.strip()


def _stands_alone(example: Example) -> bool:
    """Whether the module holds nothing but imports, a docstring and the entry point itself."""
    if example.harness or "." in example.entry_point:
        return False
    others = [
        node
        for node in ast.parse(example.code).body
        if not isinstance(node, (ast.Import, ast.ImportFrom))
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == example.entry_point)
    ]
    return not others
