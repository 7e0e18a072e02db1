"""One spelling for statements and expressions that have several, over syntax trees.

The same come out: neighbouring statements that do not depend on each other in any order, `x += 1` and `x = x + 1`,
`a > b` and `b < a`, operands of `+ * & | ^ == != and or` either way round, `else` after a `return` and none, `if not`
with its branches exchanged, and a result that is named before it is returned.

The trees are for comparing, not for running: where `+` joins strings or a call has effects, swapping changes what a
function does, but two functions that differ in no more than this are still copies.
"""

from __future__ import annotations

import ast
import copy
import re
from typing import Any

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_EITHER_WAY = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def respelt(body: list[ast.stmt]) -> ast.Module:
    """The statements, without docstrings and annotations, in their one spelling; they are changed in place.

    What the names are decides nothing. So where only names tell two operands apart, their order is left open.
    """
    tree = _Respeller().visit(ast.Module(body, []))
    assert isinstance(tree, ast.Module)
    return tree


def swappable(node: ast.BinOp | ast.BoolOp | ast.Compare) -> list[ast.expr]:
    """The operands whose order says nothing; none where it does."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _EITHER_WAY):
        return [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return [node.left, node.comparators[0]]
    return []


_NAME = re.compile(r"Name\(id='[^']*'")


def _blank(node: ast.AST) -> str:
    """The dump with every name the same."""
    return _NAME.sub("Name(", ast.dump(node))


class _Respeller(ast.NodeTransformer):
    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        left = copy.deepcopy(node.target)
        for child in ast.walk(left):
            if hasattr(child, "ctx") and child.ctx.__class__ is ast.Store:
                child.ctx = ast.Load()
        return self.visit(ast.Assign([node.target], ast.BinOp(left, node.op, node.value)))

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
                setattr(node, field, _ordered(_flat(body)))
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
