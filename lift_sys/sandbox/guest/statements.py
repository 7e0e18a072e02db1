"""Mutation operators on statements, as text edits: what was forgotten, left too early, or caught too widely."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

try:
    from lift_sys.sandbox.guest.edits import Edit, SourceText, called_name, replaced
    from lift_sys.sandbox.guest.operators import between, is_text, negated, without
except ImportError:  # inside the box
    from edits import Edit, SourceText, called_name, replaced  # type: ignore[no-redef,import-not-found]
    from operators import between, is_text, negated, without  # type: ignore[no-redef,import-not-found]

_AUGMENTED: dict[type, tuple[str, str]] = {
    ast.Add: ("+=", "-="), ast.Sub: ("-=", "+="), ast.Mult: ("*=", "+="), ast.Div: ("/=", "*="),
    ast.FloorDiv: ("//=", "*="), ast.Mod: ("%=", "//="), ast.Pow: ("**=", "*="), ast.LShift: ("<<=", ">>="),
    ast.RShift: (">>=", "<<="), ast.BitAnd: ("&=", "|="), ast.BitOr: ("|=", "&="), ast.BitXor: ("^=", "&="),
}  # fmt: skip
_ANY_AUGMENTED = re.compile(r"(?:\*\*|//|<<|>>|[-+*/%&|^@])=")
_EXCEPTIONS = {
    "ValueError": "TypeError", "TypeError": "ValueError", "KeyError": "IndexError", "IndexError": "KeyError",
    "AttributeError": "KeyError", "RuntimeError": "ValueError", "NotImplementedError": "ValueError",
    "OverflowError": "ValueError", "ZeroDivisionError": "ValueError", "LookupError": "ValueError",
}  # fmt: skip
_EMPTY: dict[type, str] = {
    ast.List: "[]", ast.ListComp: "[]", ast.Dict: "{}", ast.DictComp: "{}", ast.Set: "set()", ast.SetComp: "set()",
    ast.Tuple: "()", ast.JoinedStr: '""',
}  # fmt: skip
_EMPTY_CALLS = {
    "list": "[]", "sorted": "[]", "split": "[]", "dict": "{}", "set": "set()", "tuple": "()", "join": '""',
    "str": '""', "format": '""', "replace": '""', "strip": '""', "lower": '""', "upper": '""', "len": "0",
    "int": "0", "sum": "0", "frozenset": "frozenset()",
}  # fmt: skip
_TRUTHS = {"isinstance", "any", "all", "bool", "startswith", "endswith", "hasattr", "issubclass", "callable"}

Found = Iterator[Edit]


def on_statement(node: Any, parent: ast.AST, source: SourceText) -> Found:
    """The faults that fit one statement (or handler) of a block of `parent`, in a fixed order."""
    table = _TABLE.get(type(node))
    if table is None:
        return
    for edit in table(node, source):
        gone = edit.text == "pass" and edit.shown is node and _has_company(node, parent)
        lines = source.lines(node) if gone else None
        yield Edit(edit.operator, *lines, "", node) if lines else edit


def _has_company(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a block is still one without this statement, so that nobody would leave a `pass` in its place."""
    blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return any(isinstance(block, list) and len(block) > 1 and node in block for block in blocks)


def _removed(operator: str, node: ast.AST, source: SourceText) -> Edit:
    return replaced(operator, node, "pass", source)


def _if(node: ast.If, source: SourceText) -> Found:
    yield from negated(node.test, source)
    for truth in ("False", "True"):
        yield Edit("removed branch", source.start(node.test), source.end(node.test), truth, node)


def _while(node: ast.While, source: SourceText) -> Found:
    yield from negated(node.test, source)
    yield Edit("removed loop", source.start(node.test), source.end(node.test), "False", node)


def _for(node: ast.For, source: SourceText) -> Found:
    yield Edit("removed loop", source.start(node.iter), source.end(node.iter), "()", node)
    yield from _order(node.target, source)


def _order(target: ast.expr, source: SourceText) -> Found:
    """`for b, a in ..` for `for a, b in ..`."""
    if isinstance(target, ast.Tuple) and len(target.elts) > 1:
        left, right = target.elts[:2]
        if isinstance(left, ast.Name) and isinstance(right, ast.Name) and left.id != right.id:
            middle = source.code[source.end(left) : source.start(right)]
            yield Edit(
                "unpacking order", source.start(left), source.end(right), f"{right.id}{middle}{left.id}", target
            )


def _return(node: ast.Return, source: SourceText) -> Found:
    value = node.value
    if value is None:
        yield _removed("removed statement", node, source)
    elif not (isinstance(value, ast.Constant) and value.value is None):
        yield replaced("return value", value, "None", source)
        for text in _plain_results(value):
            yield replaced("return value", value, source.quote * 2 if text == '""' else text, source)


def _plain_results(value: ast.expr) -> tuple[str, ...]:
    """What a function that does nothing would return in its place: values of the same type."""
    if isinstance(value, ast.Compare) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)):
        return ("True", "False")
    if isinstance(value, ast.Call):
        name = called_name(value.func)
        return ("True", "False") if name in _TRUTHS else (_EMPTY_CALLS[name],) if name in _EMPTY_CALLS else ()
    if isinstance(value, (ast.List, ast.Tuple)) and not value.elts:
        return ()
    if isinstance(value, ast.Dict) and not value.keys:
        return ()
    return (_EMPTY[type(value)],) if type(value) in _EMPTY else ()


def _expression(node: ast.Expr, source: SourceText) -> Found:
    if not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom, ast.Await)):
        yield _removed("removed statement", node, source)


def _assign(node: ast.Assign, source: SourceText) -> Found:
    targets = node.targets
    if all(isinstance(target, (ast.Subscript, ast.Attribute)) for target in targets) or _again(node):
        yield _removed("removed statement", node, source)
    elif not isinstance(node.value, ast.Constant) and isinstance(targets[0], ast.Name):
        yield replaced("assigned value", node.value, "None", source)
    for target in targets:
        yield from _order(target, source)


def _again(node: ast.Assign) -> bool:
    """Whether a name is given a new value that is made of its old one."""
    names = {target.id for target in node.targets if isinstance(target, ast.Name)}
    used = {item.id for item in ast.walk(node.value) if isinstance(item, ast.Name)}
    return len(names) == len(node.targets) and names <= used


def _annotated(node: ast.AnnAssign, source: SourceText) -> Found:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield replaced("assigned value", node.value, "None", source)


def _augmented(node: ast.AugAssign, source: SourceText) -> Found:
    if type(node.op) in _AUGMENTED and not is_text(node.value) and not isinstance(node.value, ast.JoinedStr):
        new = _AUGMENTED[type(node.op)][1]
        yield from between("augmented assignment", node.target, node.value, _ANY_AUGMENTED, new, node, source)
    yield from between("augmented assignment", node.target, node.value, _ANY_AUGMENTED, "=", node, source)
    yield _removed("removed statement", node, source)


def _delete(node: ast.AST, source: SourceText) -> Found:
    yield _removed("removed statement", node, source)


def _leave(node: ast.AST, source: SourceText) -> Found:
    yield replaced("loop exit", node, "continue" if isinstance(node, ast.Break) else "break", source)
    yield _removed("loop exit", node, source)


def _raise(node: ast.Raise, source: SourceText) -> Found:
    if node.exc is None:
        return
    yield _removed("removed raise", node, source)
    kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if isinstance(kind, ast.Name) and kind.id[:1].isupper():
        yield replaced("exception type", kind, _EXCEPTIONS.get(kind.id, "ValueError"), source)


def _handler(node: ast.ExceptHandler, source: SourceText) -> Found:
    if not (len(node.body) == 1 and isinstance(node.body[0], ast.Raise)):
        yield Edit("removed handler", source.start(node.body[0]), source.end(node.body[-1]), "raise", node)
    kind = node.type
    if isinstance(kind, ast.Tuple) and len(kind.elts) > 1:
        for item in kind.elts:
            yield from without("removed exception", list(kind.elts), item, kind, source)
    elif isinstance(kind, ast.Name) and kind.id in _EXCEPTIONS:
        yield replaced("exception type", kind, _EXCEPTIONS[kind.id], source)


_TABLE: dict[type, Callable[[Any, SourceText], Found]] = {
    ast.AugAssign: _augmented, ast.If: _if, ast.While: _while, ast.For: _for, ast.Return: _return,
    ast.Expr: _expression, ast.Assign: _assign, ast.AnnAssign: _annotated, ast.Delete: _delete, ast.Break: _leave,
    ast.Continue: _leave, ast.Raise: _raise, ast.ExceptHandler: _handler,
}  # fmt: skip
