"""Functions and IRs for the prompt tests, by the real lifter."""

from __future__ import annotations

import ast
import textwrap

from lift_sys import wire
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Expected, Function, TestCase
from lift_sys.records.models import Slice
from lift_sys.reverse_mode.lifter import LiftedModule, docstring_of, lift_function, to_ir


def lifted(code: str, *, sliced: bool = True) -> list[tuple[Function, IntermediateRepresentation]]:
    """Every function of a module's text."""
    code = textwrap.dedent(code)
    module = LiftedModule(code, module="m", path="m.py")
    found = []
    for facts in module.facts.functions:
        node, docstring = facts.node, docstring_of(facts.node)
        function = Function(
            repository="r",
            path="m.py",
            module="m",
            qualname=facts.qualname,
            name=node.name,
            kind="method" if facts.in_class else "function",
            lineno=node.lineno,
            end_lineno=node.end_lineno or node.lineno,
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=bool(facts.yields),
            docstring=docstring,
            source=ast.get_source_segment(code, node) or "",
            slice=Slice(code=code, entry_point=node.name) if sliced and not facts.in_class else None,
        )
        found.append((function, to_ir(lift_function(facts, module, docstring))))
    return found


def one(code: str) -> tuple[Function, IntermediateRepresentation]:
    """The last function of a module's text."""
    return lifted(code)[-1]


def case(
    *args: object, gives: object = None, raises: str | None = None, visible: bool = True, **more: object
) -> TestCase:
    import json

    def plain(value: object) -> object:
        return json.loads(wire.encode(value))

    oracle = more.pop("oracle", "generated")
    return TestCase(
        args=tuple(plain(value) for value in args),  # type: ignore[misc]
        kwargs={name: plain(value) for name, value in more.items()},  # type: ignore[misc]
        expected=Expected(raises=raises) if raises else Expected(value=plain(gives)),  # type: ignore[arg-type]
        oracle=oracle,  # type: ignore[arg-type]
        visible=visible,
    )
