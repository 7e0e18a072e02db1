"""The part of a visit that deals with expressions: what they read, bind, call and change.

One loop over an explicit stack, so that a deep expression is no deep recursion.
"""
# ruff: noqa: SIM905

from __future__ import annotations

import ast
from typing import Any

from lift_sys.reverse_mode.facts import Actions, Chain, FunctionFacts, Scope

MUTATORS = frozenset(
    "append add appendleft clear discard extend extendleft insert pop popitem popleft remove reverse rotate "
    "setdefault sort update difference_update intersection_update symmetric_difference_update "
    "__setitem__ __delitem__ move_to_end subtract".split()
)
_COMPREHENSIONS = frozenset({ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp})


class ExpressionVisit:
    """Adds what expressions do to the facts of the code they stand in."""

    def __init__(self) -> None:
        self.function: FunctionFacts | None = None
        self.actions: Actions = Actions()
        self.scope = Scope()

    def annotation(self, node: Any) -> None:
        kind = node.__class__
        names = self.scope.annotations
        if kind is ast.Name:
            names.add(node.id)
        elif kind is not ast.Constant:
            for part in ast.walk(node):
                if isinstance(part, ast.Name):
                    names.add(part.id)

    def expressions(self, stack: list[Any]) -> None:
        scope = self.scope
        self.walk(stack, scope.loads, scope.stores)

    def walk(self, stack: list[Any], loads: set[str], stores: set[str]) -> None:
        actions = self.actions
        pop, push, extend = stack.pop, stack.append, stack.extend
        Name, Constant, Attribute, Call, Load = ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Load
        while stack:
            node = pop()
            kind = node.__class__
            if kind is Name:
                if node.ctx.__class__ is Load:
                    loads.add(node.id)
                else:
                    stores.add(node.id)
            elif kind is Constant:
                pass
            elif kind is Attribute:
                rest = node.attr
                actions.attributes.add(rest)
                value = node.value
                while value.__class__ is Attribute:
                    rest = value.attr + "." + rest
                    value = value.value
                if value.__class__ is Name:
                    root = value.id
                    loads.add(root)
                    actions.chains.append(Chain(root, rest, node.lineno))
                    if node.ctx.__class__ is not Load:
                        actions.mutations.append((root, "." + rest, node.lineno))
                else:
                    push(value)
            elif kind is Call:
                function = node.func
                if function.__class__ is Name:
                    loads.add(function.id)
                    actions.calls.append(node)
                else:
                    push(function)
                    if function.__class__ is Attribute and function.attr in MUTATORS:
                        root = root_name(function.value)
                        if root:
                            actions.mutations.append((root, f".{function.attr}()", node.lineno))
                if node.args:
                    extend(node.args)
                for keyword in node.keywords:
                    push(keyword.value)
            elif kind is ast.Compare:
                push(node.left)
                extend(node.comparators)
            elif kind is ast.BinOp:
                push(node.left)
                push(node.right)
            elif kind is ast.Subscript:
                push(node.value)
                push(node.slice)
                if node.ctx.__class__ is not Load:
                    root = root_name(node.value)
                    if root:
                        actions.mutations.append((root, "[...]", node.lineno))
            elif kind is ast.Tuple or kind is ast.List or kind is ast.Set:
                extend(node.elts)
            elif kind is ast.UnaryOp:
                push(node.operand)
            elif kind is ast.BoolOp:
                extend(node.values)
                if self.function is not None:
                    self.function.branches += len(node.values) - 1
            elif kind is ast.Dict:
                extend(node.values)
                extend([key for key in node.keys if key is not None])
            elif kind is ast.JoinedStr:
                extend(node.values)
            elif kind is ast.FormattedValue:
                push(node.value)
                if node.format_spec is not None:
                    push(node.format_spec)
            elif kind is ast.Slice:
                if node.lower is not None:
                    push(node.lower)
                if node.upper is not None:
                    push(node.upper)
                if node.step is not None:
                    push(node.step)
            elif kind is ast.IfExp:
                extend((node.test, node.body, node.orelse))
                if self.function is not None:
                    self.function.branches += 1
            elif kind is ast.Starred or kind is ast.Await:
                push(node.value)
            elif kind in _COMPREHENSIONS:
                self.comprehension(node, loads)
            elif kind is ast.Lambda:
                self.lambda_(node, loads)
            elif kind is ast.Yield or kind is ast.YieldFrom:
                if self.function is not None:
                    self.function.yields = True
                if node.value is not None:
                    push(node.value)
            elif kind is ast.NamedExpr:
                self.scope.stores.add(node.target.id)
                push(node.value)
            else:
                extend([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])

    def comprehension(self, node: Any, loads: set[str]) -> None:
        inner_loads: set[str] = set()
        bound: set[str] = set()
        parts = []
        for index, part in enumerate(node.generators):
            if index == 0:
                self.walk([part.iter], loads, bound)
            else:
                parts.append(part.iter)
            parts.append(part.target)
            parts.extend(part.ifs)
            if self.function is not None:
                self.function.branches += 1 + len(part.ifs)
        if node.__class__ is ast.DictComp:
            parts.append(node.key)
            parts.append(node.value)
        else:
            parts.append(node.elt)
        self.walk(parts, inner_loads, bound)
        loads |= inner_loads - bound

    def lambda_(self, node: ast.Lambda, loads: set[str]) -> None:
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.walk([default], loads, self.scope.stores)
        bound = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        bound.update(a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None)
        inner: set[str] = set()
        function = self.function
        yields = function.yields if function is not None else False
        self.walk([node.body], inner, bound)
        if function is not None:
            function.yields = yields  # a yield in a lambda is the lambda's
            loads |= inner - bound
        else:
            self.scope.later |= inner - bound


def root_name(node: Any) -> str:
    """The name that a chain of attributes, subscripts and calls starts from, or "" where there is none."""
    while True:
        kind = node.__class__
        if kind is ast.Name:
            return str(node.id)
        if kind is ast.Attribute or kind is ast.Subscript:
            node = node.value
        else:
            return ""
