"""What a prompt asks for: the name that must be defined, and the signature where it is told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from lift_sys.errors import IRError
from lift_sys.forward_mode.examples import DEFINITION, KNOWN, Line, Names, find_examples, tree_of
from lift_sys.ir import Signature
from lift_sys.ir.compact import parse

_NAME = r"(?P<name>[A-Za-z_]\w*)"
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bof the class `{_NAME}`",  # a method: what is defined is its class
        rf"\bPython (?:function|method|class):? `{_NAME}",
        rf"\bclass `{_NAME}",
        rf"\bdef {_NAME}\s*\(",
        rf"`{_NAME}\([^`]*(?:->|: )[^`]*`",  # a signature with a type in it
        rf"\b[Ii]mplement `{_NAME}\(",
    )
)
_DEFINED = re.compile(rf"^(?:async def|def|class) {_NAME}", re.MULTILINE)
_QUOTED = re.compile(rf"`{_NAME}(?:\([^`]*\))?`")


def entry_point_of(prompt: str) -> str:
    """The function or class that a prompt asks for; empty where it can't be told.

    Of a prompt that is all code, it is the last definition, as in HumanEval. Else it is what the prose says, what a
    block of code defines last, what the examples call, or the first name in backticks.
    """
    prose, _, block = prompt.partition("```")
    tree = tree_of(prompt)
    whole = tree is not None and any(isinstance(node, DEFINITION) for node in ast.iter_child_nodes(tree))
    patterns = () if whole else _SAID
    if found := next((found for pattern in patterns if (found := pattern.search(prose))), None):
        return found["name"]
    if defined := _DEFINED.findall(prompt if whole else block):
        return str(defined[-1])
    quoted = _QUOTED.search(prompt)
    return next(_called(find_examples(prompt)), quoted["name"] if quoted else "")


def _called(lines: Sequence[Line]) -> Iterator[str]:
    """The functions that examples call, but for what often stands around the call."""
    for line in lines:
        yield from Names(line.source).called - KNOWN - {"plain"}


def signature_of(prompt: str, name: str) -> Signature | None:
    """The signature that a prompt gives to a name; None where it gives none."""
    quoted = rf"`(?:def )?{name}(\([^`]*)`"
    defined = rf"\bdef {name}\s*(\(.*?\)[ ]*(?:->[^:\n]+)?)(?::|$)"
    for found in re.finditer(f"{quoted}|{defined}", prompt, re.DOTALL | re.MULTILINE) if name else ():
        text = " ".join((found[1] or found[2]).split())
        if signature := read_signature(f"def {name}{text}"):
            return signature
    return None


def read_signature(line: str) -> Signature | None:
    """The signature that a line `def name(..) -> ..` states; None where it states none, as a call does."""
    try:
        return parse(f"{line}\nintent: -").signature
    except IRError:
        return None
