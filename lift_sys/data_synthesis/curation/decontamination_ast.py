"""Functions in a form that renaming, reordering and small rewriting do not change.

Two functions with the same form are the same but for: names, docstrings, annotations, decorators, comments and
layout, how constants are spelled, the order of parameters and their defaults, the order of neighbouring statements
that do not depend on each other, `x += 1` for `x = x + 1`, `a > b` for `b < a`, operands of `+ * == != and or`
swapped, `else` after a `return`, `if not`, and a result that is named before it is returned.

The form is for comparing, not for running: where `+` joins strings or a call has effects, swapping changes what a
function does, but two functions that differ in no more than this are still copies.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import re
from dataclasses import dataclass
from typing import Any

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_EITHER_WAY = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Form:
    """One function's form: its hash, and how many nodes it has."""

    name: str
    digest: str
    size: int


def forms(code: str) -> list[Form]:
    """The form of every function and method in a module; none when it does not parse."""
    try:
        module = ast.parse(code)
        helpers = {node.name: node for node in module.body if isinstance(node, (*_FUNCTION, ast.ClassDef))}
        known: dict[str, str] = {}
        return [_form(node, helpers, known) for node in ast.walk(module) if isinstance(node, _FUNCTION)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _form(function: Any, helpers: dict[str, Any], known: dict[str, str]) -> Form:
    """`known` holds the forms of helpers: one is named by what it does, and by nothing where it is a class or calls
    itself in a circle."""
    name = function.name
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in helpers and node.id not in known and node.id != name:
            known[node.id] = ""
            if isinstance(helpers[node.id], _FUNCTION):
                known[node.id] = _form(helpers[node.id], helpers, known).digest
    function = copy.deepcopy(function)
    function.body = _without_prose(function.body)
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None]
    rewritten = _Rewriter().visit(ast.Module(function.body, []))
    rewritten.body = _ordered(rewritten.body)
    renamed = _Renamer(_bound(rewritten) | set(names), {**known, name: ""})
    body = [ast.dump(_Settler().visit(renamed.visit(node))) for node in rewritten.body]
    size = sum(1 for _ in ast.walk(rewritten))
    text = "\n".join([str(len(names)), *body])
    return Form(name, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), size)


def _without_prose(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements but strings on their own, `pass`, and annotations without a value."""
    return [
        node
        for node in body
        if not isinstance(node, ast.Pass)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, ast.AnnAssign) and node.value is None)
    ]


_NAME = re.compile(r"Name\(id='[^']*'")


def _blank(node: ast.AST) -> str:
    """The dump with every name the same."""
    return _NAME.sub("Name(", ast.dump(node))


class _Rewriter(ast.NodeTransformer):
    """One spelling for what has several."""

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        left = copy.deepcopy(node.target)
        for child in ast.walk(left):
            if hasattr(child, "ctx") and child.ctx.__class__ is ast.Store:
                child.ctx = ast.Load()
        return self.visit(ast.Assign([node.target], ast.BinOp(left, node.op, node.value)))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value))

    def visit_arg(self, node: ast.arg) -> Any:
        return ast.arg(node.arg, None)

    def visit_Constant(self, node: ast.Constant) -> Any:
        return ast.Constant(node.value)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if isinstance(node.op, _EITHER_WAY) and _blank(node.right) < _blank(node.left):
            node.left, node.right = node.right, node.left
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        self.generic_visit(node)
        node.values.sort(key=_blank)
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        left, right, op = node.left, node.comparators[0], node.ops[0]
        if type(op) in _SWAPPED:
            left, right, op = right, left, _SWAPPED[type(op)]()
        elif isinstance(op, (ast.Eq, ast.NotEq)) and _blank(right) < _blank(left):
            left, right = right, left
        return ast.Compare(left, [op], [right])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        operand = node.operand
        if isinstance(node.op, ast.Not) and isinstance(operand, ast.Compare) and len(operand.ops) == 1:
            opposite = _OPPOSITE[type(operand.ops[0])]()
            return self.visit(ast.Compare(operand.left, [opposite], operand.comparators))
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> Any:
        if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not) and node.orelse:
            node = ast.If(node.test.operand, node.orelse, node.body)
        self.generic_visit(node)
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                setattr(node, field, _ordered(_flat(_without_prose(body))))
        return node


def _flat(body: list[ast.stmt]) -> list[ast.stmt]:
    """`else` after a body that ends the block becomes what follows; a result is returned without a name."""
    made: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If) and node.orelse and node.body and isinstance(node.body[-1], _ENDS):
            made += [ast.If(node.test, node.body, []), *_flat(node.orelse)]
        else:
            made.append(node)
    if len(made) > 1 and isinstance(made[-1], ast.Return) and isinstance(made[-1].value, ast.Name):
        before = made[-2]
        if isinstance(before, ast.Assign) and [_blank_name(t) for t in before.targets] == [made[-1].value.id]:
            made[-2:] = [ast.Return(before.value)]
    return made


def _blank_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _ordered(body: list[ast.stmt]) -> list[ast.stmt]:
    """Runs of simple statements in one order that keeps what depends on what."""
    made: list[ast.stmt] = []
    run: list[ast.stmt] = []
    for node in body:
        if isinstance(node, (ast.Assign, ast.Expr)):
            run.append(node)
        else:
            made += [*_sorted(run), node]
            run = []
    return made + _sorted(run)


def _sorted(run: list[ast.stmt]) -> list[ast.stmt]:
    if len(run) < 2:
        return run
    waiting = [(_blank(node), *_touched(node), node) for node in run]
    made: list[ast.stmt] = []
    while waiting:
        ready = [
            item
            for place, item in enumerate(waiting)
            if not any(item[2] & (e[1] | e[2]) or item[1] & e[2] for e in waiting[:place])
        ]
        chosen = min(ready, key=lambda item: item[0])
        waiting.remove(chosen)
        made.append(chosen[3])
    return made


def _touched(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Names that a simple statement reads, and those it writes; what it calls a method of counts as written."""
    reads: set[str] = set()
    writes: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            (writes if isinstance(child.ctx, ast.Store) else reads).add(child.id)
        if isinstance(child, (ast.Subscript, ast.Attribute)) and isinstance(child.ctx, ast.Store):
            writes |= {n.id for n in ast.walk(child.value) if isinstance(n, ast.Name)}
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
            writes |= {n.id for n in ast.walk(child.func.value) if isinstance(n, ast.Name)}
    return reads, writes


class _Renamer(ast.NodeTransformer):
    """Names by the order of their first use; parameters too, so that their own order does not matter."""

    def __init__(self, bound: set[str], helpers: dict[str, str]) -> None:
        self.bound = bound
        self.helpers = helpers
        self.names: dict[str, str] = {}

    def _named(self, name: str) -> str:
        return self.names.setdefault(name, f"v{len(self.names)}")

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self.bound:
            return ast.Name(self._named(node.id), node.ctx)
        return ast.Name("h " + self.helpers[node.id] if node.id in self.helpers else node.id, node.ctx)

    def visit_arg(self, node: ast.arg) -> Any:
        return ast.arg(self._named(node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.name = self._named(node.name)
        return self.generic_visit(node)

    def _comprehension(self, node: Any) -> Any:
        node.generators = [self.visit(item) for item in node.generators]  # they come first: they bind what follows
        for field in ("key", "value", "elt"):
            if hasattr(node, field):
                setattr(node, field, self.visit(getattr(node, field)))
        return node

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension


class _Settler(ast.NodeTransformer):
    """Operands that can be swapped, in an order that the new names decide where nothing else did."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if isinstance(node.op, _EITHER_WAY) and ast.dump(node.right) < ast.dump(node.left):
            node.left, node.right = node.right, node.left
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        self.generic_visit(node)
        node.values.sort(key=ast.dump)
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        equal = len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq))
        if equal and ast.dump(node.comparators[0]) < ast.dump(node.left):
            node.left, node.comparators = node.comparators[0], [node.left]
        return node


def _bound(tree: ast.AST) -> set[str]:
    """Every name that is bound somewhere inside."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, _FUNCTION):
            found.add(node.name)
    return found
