"""Coverage, fuel and comparison clues, put into a program's syntax tree before it runs.

Fuel takes the place of time: every block entered costs one unit, and a program that has none left is stopped at the
next block, and again at every one after it, so that no handler can swallow the stop. How far a program gets is thus
the same on an idle and on a busy machine.

What is inserted (`hit` returns True):

    a body of a function, loop, branch, handler, case ..    hit(n) as its first statement, after a docstring
    what follows a compound statement in a body             hit(n)
    the missing `else` of an `if`                           else: hit(n)
    a lambda's body, an arm of `a if c else b`,
    an operand of `and`/`or` but the first                  (hit(n) and operand)
    a comprehension                                         `if hit(n)` before and after its conditions
    a comparison  a < b                                     compare(n, a, b, operator)

Async functions are left as they are.
"""

from __future__ import annotations

import ast
from typing import Any

try:
    from lift_sys.sandbox.guest.meter import COMPARE, HIT, Blocks
except ImportError:  # inside the box
    from meter import COMPARE, HIT, Blocks  # type: ignore[no-redef,import-not-found]

_OPERATORS: dict[type[ast.cmpop], int] = {
    ast.Lt: 0, ast.LtE: 1, ast.Gt: 2, ast.GtE: 3, ast.Eq: 4, ast.NotEq: 5, ast.In: 6, ast.NotIn: 7,
}  # fmt: skip
"""Numbers of the functions of `meter`."""


def instrument(tree: ast.Module, *, comparisons: bool = True) -> Blocks:
    """Insert the calls into `tree`, in place. Every node stays the same object, but for comparisons."""
    worker = _Instrumenter(comparisons)
    tree.body = [worker.visit(node) for node in tree.body]
    return worker.blocks


class _Instrumenter(ast.NodeTransformer):
    def __init__(self, comparisons: bool) -> None:
        self.blocks = Blocks()
        self.comparisons = comparisons
        self.owner = 0
        self.scope: list[str] = []

    def _hit(self, at: ast.AST, statements: int = 0) -> ast.Call:
        number = self.blocks.add(self.owner, statements)
        return _call(HIT, [_constant(number, at)], at)

    def _body(self, body: list[ast.stmt], at: ast.AST) -> list[ast.stmt]:
        documented = 1 if body and _is_docstring(body[0]) else 0
        made: list[ast.stmt] = list(body[:documented])
        rest = body[documented:]
        while True:
            size = next((n for n, node in enumerate(rest, 1) if isinstance(node, _COMPOUND)), len(rest))
            made.append(_place(ast.Expr(self._hit(at, size)), rest[0] if rest else at))
            made += [self.visit(node) for node in rest[:size]]
            rest = rest[size:]
            if not rest:
                return made

    def _function(self, node: Any) -> Any:
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.args = self.visit(node.args)
        outer = self.owner
        self.scope.append(node.name)
        if not outer:
            self.blocks.names.append(".".join(self.scope))
            self.owner = len(self.blocks.names) - 1
        node.body = self._body(node.body, node)
        self.scope.pop()
        self.owner = outer
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        node.args = self.visit(node.args)
        node.body = self._guard(node.body)
        return node

    def _guard(self, node: ast.expr) -> ast.expr:
        hit = self._hit(node)
        return _place(ast.BoolOp(ast.And(), [hit, self.visit(node)]), node)  # type: ignore[no-any-return]

    def visit_If(self, node: ast.If) -> Any:
        node.test = self.visit(node.test)
        node.body = self._body(node.body, node)
        if node.orelse:
            node.orelse = self._body(node.orelse, node)
        else:
            node.orelse = [_place(ast.Expr(self._hit(node)), node)]
        return node

    def _loop(self, node: Any) -> Any:
        for name in ("test", "target", "iter"):
            if hasattr(node, name):
                setattr(node, name, self.visit(getattr(node, name)))
        node.body = self._body(node.body, node)
        if node.orelse:
            node.orelse = self._body(node.orelse, node)
        return node

    def visit_For(self, node: ast.For) -> Any:
        return self._loop(node)

    def visit_While(self, node: ast.While) -> Any:
        return self._loop(node)

    def _try(self, node: Any) -> Any:
        node.body = self._body(node.body, node)
        for handler in node.handlers:
            handler.body = self._body(handler.body, handler)
        if node.orelse:
            node.orelse = self._body(node.orelse, node)
        if node.finalbody:
            node.finalbody = self._body(node.finalbody, node)
        return node

    def visit_Try(self, node: ast.Try) -> Any:
        return self._try(node)

    def visit_TryStar(self, node: ast.TryStar) -> Any:
        return self._try(node)

    def visit_With(self, node: ast.With) -> Any:
        node.items = [self.visit(item) for item in node.items]
        node.body = self._body(node.body, node)
        return node

    def visit_match_case(self, node: ast.match_case) -> Any:
        if node.guard:
            node.guard = self.visit(node.guard)
        node.body = self._body(node.body, node.body[0])
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        node.test = self.visit(node.test)
        node.body = self._guard(node.body)
        node.orelse = self._guard(node.orelse)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        node.values = [self.visit(node.values[0]), *map(self._guard, node.values[1:])]
        return node

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        node.target = self.visit(node.target)
        node.iter = self.visit(node.iter)
        before = self._hit(node.iter)
        conditions = [self.visit(item) for item in node.ifs]
        after = [self._hit(node.iter)] if conditions else []
        node.ifs = [before, *conditions, *after]
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        operands = [node.left, *node.comparators]
        # The operands of a call are all evaluated, those of a chain as far as it holds: from the third one on, only
        # what has no effects will do.
        simple = all(isinstance(item, (ast.Name, ast.Constant)) for item in operands[2:])
        if not (self.comparisons and simple) or any(type(op) not in _OPERATORS for op in node.ops):
            self.generic_visit(node)
            return node
        arguments: list[ast.expr] = [self._marks(node), self.visit(node.left)]
        for index, (op, operand) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if index:
                arguments.append(self._marks(node))
            arguments += [self.visit(operand), _constant(_OPERATORS[type(op)], node)]
        return _call(COMPARE, arguments, node)

    def _marks(self, node: ast.AST) -> ast.Constant:
        """The middle one of three marks: the left side is one below the right one, equal to it, one above it."""
        return _constant([self.blocks.add(self.owner, 0) for _ in range(3)][1], node)


_COMPOUND = (ast.If, ast.For, ast.While, ast.Try, ast.TryStar, ast.With, ast.Match)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and type(node.value.value) is str


def _place(node: Any, at: ast.AST) -> Any:
    node.lineno = node.end_lineno = getattr(at, "lineno", 1)
    node.col_offset = node.end_col_offset = getattr(at, "col_offset", 0)
    return node


def _call(name: str, arguments: list[Any], at: ast.AST) -> ast.Call:
    function = _place(ast.Name(name, ast.Load()), at)
    return _place(ast.Call(function, arguments, []), at)  # type: ignore[no-any-return]


def _constant(value: int, at: ast.AST) -> ast.Constant:
    return _place(ast.Constant(value), at)  # type: ignore[no-any-return]
