"""What a prompt shows of the class that a method belongs to: its head, its constructor, the others' signatures."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from lift_sys.records import Function

MAX_CONSTRUCTOR = 40
"""Lines of a constructor that is shown; of a longer one only the signature."""
_MAKERS = ("__init__", "__new__", "__post_init__")
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ClassOutline:
    """`before` is the class up to the method to be written, `text` the whole with `...` in its place."""

    name: str
    text: str
    before: str
    constructor: str
    """How an object is made: `Purse(owner: str, coins: int = 0)`."""
    decorators: str


def class_outline(function: Function, prepare: Callable[[ast.ClassDef], None] | None = None) -> ClassOutline | None:
    """The outline of the class that a method's slice holds; None for any other function.

    `prepare` may change the class before it is shown.
    """
    if function.slice is None or "." not in function.slice.entry_point:
        return None
    owner, _, name = function.slice.entry_point.rpartition(".")
    try:
        tree = ast.parse(function.slice.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    node = next((n for n in reversed(tree.body) if isinstance(n, ast.ClassDef) and n.name == owner), None)
    if node is None:
        return None
    if prepare is not None:
        prepare(node)
    own = [part for part in node.body if isinstance(part, Definition) and part.name == name]
    parts = [_shown(part) for part in node.body if part not in own]
    head = f"{_decorators(node)}class {owner}{_bases(node)}:"
    before = "\n\n".join([f"{head}\n{parts[0]}" if parts else head, *parts[1:]])
    method = _signature(own[-1]) if own else ""
    makers = [part for part in node.body if isinstance(part, Definition) and part.name in _MAKERS[:2]]
    made = f"{owner}({_parameters(makers[0])})" if makers else ""
    return ClassOutline(owner, f"{before}\n\n{method}", before, made, _decorators(own[-1]) if own else "")


def _decorators(node: ast.ClassDef | Definition) -> str:
    return "".join(f"@{ast.unparse(item)}\n" for item in node.decorator_list)


def _bases(node: ast.ClassDef) -> str:
    parts = [ast.unparse(base) for base in node.bases]
    parts += [f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in node.keywords]
    return f"({', '.join(parts)})" if parts else ""


def _parameters(node: Definition) -> str:
    return ast.unparse(node.args).partition(",")[2].strip()


def _shown(node: ast.stmt) -> str:
    """A member of the class: a constructor as it is, another method as its signature."""
    if isinstance(node, Definition):
        short = (node.end_lineno or node.lineno) - node.lineno < MAX_CONSTRUCTOR
        if node.name not in _MAKERS or not short:
            return _signature(node)
    text = ast.unparse(node)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        words = inspect.cleandoc(node.value.value)
        simple = "\\" not in words and '"""' not in words and not words.endswith('"')
        text = f'"""{words}"""' if simple else text
    return textwrap.indent(text, "    ", lambda line: bool(line.strip()))


def _signature(node: Definition) -> str:
    return textwrap.indent(signature_of(node), "    ")


def signature_of(node: Definition) -> str:
    """`def name(...): ...`, under its decorators."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{_decorators(node)}{start} {node.name}({ast.unparse(node.args)}){returns}: ..."
