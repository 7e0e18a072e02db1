"""The visit that gathers the facts of a module: statements, and the definitions they make.

Nested blocks are a recursion (which the parser limits to 100 levels); a chain of elifs is a loop.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lift_sys.reverse_mode.expression_visit import ExpressionVisit
from lift_sys.reverse_mode.facts import (
    Actions,
    FunctionFacts,
    FunctionNode,
    ModuleFacts,
    Raised,
    Scope,
    Unit,
    UnitKind,
)
from lift_sys.reverse_mode.module_blocks import flatten

_CATCH_ALL = frozenset({"Exception", "BaseException", ""})
_TRY_STAR = ast.TryStar
_KINDS: dict[type, UnitKind] = {
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "function",
    ast.ClassDef: "class",
    ast.Import: "import",
    ast.ImportFrom: "import",
    ast.Assign: "assign",
    ast.AnnAssign: "assign",
    ast.AugAssign: "assign",
    ast.Delete: "delete",
}


def gather(tree: ast.Module) -> ModuleFacts:
    """The facts of a module.

    Raises:
        RecursionError: lambdas or comprehensions are nested deeper than the interpreter's stack allows.
    """
    return _Visit().module(tree)


class _Visit(ExpressionVisit):
    def __init__(self) -> None:
        super().__init__()
        self.facts = ModuleFacts()
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.prefix = ""
        self.in_class = False
        self.class_name = ""
        self.handlers: list[frozenset[str]] = []

    def module(self, tree: ast.Module) -> ModuleFacts:
        facts = self.facts
        node: Any
        for index, (node, alternative, typing_only) in enumerate(flatten(tree.body)):
            kind = _KINDS.get(node.__class__, "other")
            first = node.lineno
            if kind in ("function", "class") and node.decorator_list:
                first = node.decorator_list[0].lineno
            elif kind == "import" and node.__class__ is ast.ImportFrom and node.module == "__future__":
                kind = "future"
                facts.future_annotations |= any(n.name == "annotations" for n in node.names)
            elif index == 0 and kind == "other" and node.__class__ is ast.Expr:
                value = node.value
                if value.__class__ is ast.Constant and value.value.__class__ is str:
                    kind, facts.docstring = "docstring", value.value
            unit = Unit(node, kind, first)
            unit.alternative, unit.typing_only = alternative, typing_only
            self.actions = unit
            self.scope = scope = Scope()
            self.imports = unit.imports
            self.block((node,))
            stores = scope.stores
            unit.binds = frozenset(stores)
            # A definition may name itself (recursion); an assignment that reads its own target needs another unit.
            unit.now = (
                frozenset(scope.loads) if kind == "assign" else frozenset((scope.loads - stores) | scope.augmented)
            )
            unit.later = frozenset(scope.later)
            unit.typing = frozenset(scope.annotations)
            if unit.mutations:
                unit.changes = frozenset(m[0] for m in unit.mutations) - stores
            facts.units.append(unit)
        return facts

    # -- statements

    def block(self, statements: Sequence[Any]) -> None:
        function, scope, actions = self.function, self.scope, self.actions
        node: Any  # told apart by class, which is twice as fast as isinstance
        if function is not None:
            function.statements += len(statements)
        for node in statements:
            kind = node.__class__
            if kind is ast.Expr:
                self.expressions([node.value])
            elif kind is ast.Assign:
                targets = node.targets
                if len(targets) == 1 and targets[0].__class__ is ast.Name:
                    scope.stores.add(targets[0].id)
                    self.expressions([node.value])
                else:
                    self.expressions([*targets, node.value])
            elif kind is ast.Return:
                if node.value is not None:
                    self.expressions([node.value])
            elif kind is ast.If:
                while True:  # a long chain of elifs is a deep tree: follow it in a loop
                    if function is not None:
                        function.branches += 1
                    self.expressions([node.test])
                    self.block(node.body)
                    rest = node.orelse
                    if len(rest) != 1 or rest[0].__class__ is not ast.If:
                        break
                    node = rest[0]
                    if function is not None:
                        function.statements += 1
                if rest:
                    self.block(rest)
            elif kind is ast.For or kind is ast.AsyncFor:
                if function is not None:
                    function.branches += 1
                self.expressions([node.target, node.iter])
                self.block(node.body)
                if node.orelse:
                    self.block(node.orelse)
            elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
                self.define_function(node)
            elif kind is ast.Raise:
                self.raised(node)
            elif kind is ast.AugAssign:
                target = node.target
                if target.__class__ is ast.Name:
                    scope.loads.add(target.id)
                    scope.stores.add(target.id)
                    scope.augmented.add(target.id)
                    self.expressions([node.value])
                else:
                    self.expressions([target, node.value])
            elif kind is ast.AnnAssign:
                if function is None or node.target.__class__ is not ast.Name:
                    self.annotation(node.annotation)
                targets = [node.target]
                if node.value is not None:
                    targets.append(node.value)
                self.expressions(targets)
            elif kind is ast.Try or kind is _TRY_STAR:
                self.attempt(node)
            elif kind is ast.With or kind is ast.AsyncWith:
                items = []
                for item in node.items:
                    items.append(item.context_expr)
                    if item.optional_vars is not None:
                        items.append(item.optional_vars)
                self.expressions(items)
                self.block(node.body)
            elif kind is ast.While:
                if function is not None:
                    function.branches += 1
                self.expressions([node.test])
                self.block(node.body)
                if node.orelse:
                    self.block(node.orelse)
            elif kind is ast.Import or kind is ast.ImportFrom:
                self.imports.append(node)
                bound = scope.stores if function is None else scope.imported
                bound.update([alias.asname or alias.name.partition(".")[0] for alias in node.names])
                if function is not None and len(statements) == 1:
                    self.facts.sole_imports.add(node.lineno)
            elif kind is ast.ClassDef:
                self.define_class(node)
            elif kind is ast.Assert:
                self.expressions([node.test] if node.msg is None else [node.test, node.msg])
            elif kind is ast.Delete:
                self.expressions(list(node.targets))
            elif kind is ast.Global:
                scope.nonlocals.update(node.names)
                if function is not None:
                    function.global_stores.extend((name, node.lineno) for name in node.names)
            elif kind is ast.Nonlocal:
                scope.nonlocals.update(node.names)
                if function is not None:
                    function.nonlocal_stores.update(node.names)
            elif kind is ast.Match:
                self.match(node)
            elif kind is not ast.Pass and kind is not ast.Break and kind is not ast.Continue:
                self.generic(node)
        self.actions = actions

    def raised(self, node: ast.Raise) -> None:
        function = self.function
        value: Any = node.exc
        parts = [part for part in (value, node.cause) if part is not None]
        if parts:
            self.expressions(parts)
        if function is None:
            return
        if value.__class__ is ast.Call:
            value = value.func
        name = ""
        while value.__class__ is ast.Attribute:
            name = "." + value.attr + name
            value = value.value
        if value.__class__ is ast.Name:
            name = value.id + name
        elif value is not None:
            return
        if name and not any(name in caught or "" in caught for caught in self.handlers):
            function.raises.append(Raised(name, node.lineno))

    def attempt(self, node: Any) -> None:
        caught = set()
        for handler in node.handlers:
            kinds = handler.type.elts if handler.type.__class__ is ast.Tuple else [handler.type]
            for kind in kinds:
                if kind is None:
                    caught.add("")
                elif kind.__class__ is ast.Name:
                    caught.add("" if kind.id in _CATCH_ALL else kind.id)
        self.handlers.append(frozenset(caught))
        self.block(node.body)
        self.handlers.pop()
        for handler in node.handlers:
            if self.function is not None:
                self.function.branches += 1
                self.function.statements += 1
            if handler.type is not None:
                self.expressions([handler.type])
            if handler.name:
                self.scope.stores.add(handler.name)
            self.block(handler.body)
        if node.orelse:
            self.block(node.orelse)
        if node.finalbody:
            self.block(node.finalbody)

    def match(self, node: Any) -> None:
        self.expressions([node.subject])
        for case in node.cases:
            if self.function is not None:
                self.function.branches += 1
            part: Any
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if name:
                    self.scope.stores.add(name)
                if part.__class__ is ast.MatchValue:
                    self.expressions([part.value])
                elif part.__class__ is ast.MatchClass:
                    self.expressions([part.cls])
            if case.guard is not None:
                self.expressions([case.guard])
            self.block(case.body)

    def generic(self, node: ast.stmt) -> None:
        """A statement of a newer grammar (`type X = ...`): its names, read lazily."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                (self.scope.later if part.ctx.__class__ is ast.Load else self.scope.stores).add(part.id)

    # -- definitions

    def header(self, node: FunctionNode) -> None:
        """What runs when the `def` itself runs: decorators, defaults, annotations."""
        arguments = node.args
        parts = [*node.decorator_list, *arguments.defaults]
        parts += [default for default in arguments.kw_defaults if default is not None]
        if parts:
            self.expressions(parts)
        for group in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
            for argument in group:
                if argument.annotation is not None:
                    self.annotation(argument.annotation)
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None and rest.annotation is not None:
                self.annotation(rest.annotation)
        if node.returns is not None:
            self.annotation(node.returns)

    def define_function(self, node: FunctionNode) -> None:
        outer = (self.function, self.scope, self.actions, self.imports, self.prefix, self.in_class, self.handlers)
        parent, scope = outer[0], outer[1]
        self.header(node)
        scope.stores.add(node.name)
        facts = FunctionFacts(node, self.prefix + node.name, self.in_class, parent)
        facts.class_name = self.class_name
        self.facts.functions.append(facts)
        inner = facts.scope
        arguments = node.args
        bound = facts.parameters
        for group in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
            for argument in group:
                bound.add(argument.arg)
        if arguments.vararg is not None:
            bound.add(arguments.vararg.arg)
        if arguments.kwarg is not None:
            bound.add(arguments.kwarg.arg)
        self.function = self.actions = facts
        self.scope, self.imports, self.in_class, self.handlers = inner, facts.imports, False, []
        self.prefix = facts.qualname + ".<locals>."
        self.block(node.body)
        (self.function, self.scope, self.actions, self.imports, self.prefix, self.in_class, self.handlers) = outer
        if inner.imported:
            facts.tangled = frozenset(inner.imported & (bound | inner.stores))
            inner.stores |= inner.imported
        own = bound | inner.stores
        if inner.nonlocals:
            own -= inner.nonlocals
        free = inner.loads - own
        if inner.annotations:
            scope.annotations |= inner.annotations - own
        if inner.nonlocals:
            free |= inner.nonlocals
        parameters = getattr(node, "type_params", None)
        if parameters:
            free -= {parameter.name for parameter in parameters}
            scope.annotations -= {parameter.name for parameter in parameters}
        facts.free = frozenset(free)
        if parent is None:
            scope.later |= free
        else:
            parent.children.append(facts)
            scope.loads |= free
        if facts.imports:  # what is done with a name imported inside shows outside, too
            free = free | {(a.asname or a.name).partition(".")[0] for n in facts.imports for a in n.names}
        self.absorb(outer[2], facts, free)

    def absorb(self, outer: Actions, inner: FunctionFacts, free: set[str] | frozenset[str]) -> None:
        """Count what a function does with names from outside as done by what encloses it, too."""
        outer.chains.extend([chain for chain in inner.chains if chain.root in free])
        outer.calls.extend([call for call in inner.calls if call.func.id in free])
        if isinstance(outer, FunctionFacts):
            outer.mutations.extend([item for item in inner.mutations if item[0] in free])
        elif isinstance(outer, Unit) and (inner.imports or inner.children):
            _local_imports(inner, outer)
        outer.attributes |= inner.attributes

    def define_class(self, node: ast.ClassDef) -> None:
        scope, prefix, in_class, class_name = self.scope, self.prefix, self.in_class, self.class_name
        parts = [*node.decorator_list, *node.bases]
        parts += [keyword.value for keyword in node.keywords]
        if parts:
            self.expressions(parts)
        scope.stores.add(node.name)
        bound: set[str] = set()
        free: set[str] = set()
        later: set[str] = set()
        typing: set[str] = set()
        self.prefix, self.in_class, self.class_name = f"{prefix}{node.name}.", True, node.name
        for statement in node.body:  # in a class body a name is the global one until it is bound
            self.scope = inner = Scope()
            self.block((statement,))
            free |= inner.loads - bound
            typing |= inner.annotations - bound
            later |= inner.later
            bound |= inner.stores
        self.scope, self.prefix, self.in_class, self.class_name = scope, prefix, in_class, class_name
        parameters = getattr(node, "type_params", None)
        if parameters:
            names = {parameter.name for parameter in parameters}
            free, later, typing = free - names, later - names, typing - names
            scope.loads -= names
        scope.loads |= free
        if self.function is None:
            scope.later |= later
        else:
            scope.loads |= later
        scope.annotations |= typing


def _local_imports(function: FunctionFacts, unit: Unit) -> None:
    unit.local_imports.extend(function.imports)
    unit.tangled |= function.tangled
    for child in function.children:
        _local_imports(child, unit)
