"""What one visit of a module's syntax tree tells: names, calls, raises and branches, per function and statement.

The lifter and the slicer both live on these facts, so no tree is walked twice. The visit is one loop over an
explicit stack for expressions and one recursion for nested blocks (which the parser limits to 100 levels).
"""
# ruff: noqa: SIM905

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from lift_sys.reverse_mode.module_blocks import Alternative, flatten

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Chain(NamedTuple):
    """A dotted name that is read, as in `os.path.exists`: the root name, the rest, and the line."""

    root: str
    rest: str
    line: int


class Raised(NamedTuple):
    """An exception that may leave the function: its class as written ("" for a bare re-raise), and the line."""

    name: str
    line: int


class Scope:
    """The names of one module, class or function body.

    loads: read while the body itself runs; later: read by functions defined in it, when those are called;
    annotations: read in annotations only; stores: bound in it.
    """

    __slots__ = ("annotations", "augmented", "imported", "later", "loads", "nonlocals", "stores")

    def __init__(self) -> None:
        self.loads: set[str] = set()
        self.later: set[str] = set()
        self.annotations: set[str] = set()
        self.stores: set[str] = set()
        self.nonlocals: set[str] = set()
        self.augmented: set[str] = set()
        """Bound by `+=` and the like: read before they are bound."""
        self.imported: set[str] = set()
        """Bound by imports, where the scope is a function's."""


class Actions:
    """What a piece of code does, in source order."""

    __slots__ = ("attributes", "calls", "chains", "mutations")

    def __init__(self) -> None:
        self.chains: list[Chain] = []
        self.calls: list[Any] = []
        """Calls of a plain name: `open(...)`, `setattr(...)`."""
        self.mutations: list[tuple[str, str, int]] = []
        """Root name, how it is changed, line."""
        self.attributes: set[str] = set()


class FunctionFacts(Actions):
    __slots__ = (
        "branches",
        "children",
        "class_name",
        "free",
        "global_stores",
        "imports",
        "in_class",
        "node",
        "nonlocal_stores",
        "parameters",
        "parent",
        "qualname",
        "raises",
        "scope",
        "statements",
        "tangled",
        "yields",
    )

    def __init__(self, node: FunctionNode, qualname: str, in_class: bool, parent: FunctionFacts | None) -> None:
        super().__init__()
        self.node = node
        self.class_name = ""
        """The class whose body it stands in, however deep: it mangles the names that start with two underscores."""
        self.qualname = qualname
        self.in_class = in_class
        self.parent = parent
        self.children: list[FunctionFacts] = []
        self.scope = Scope()
        self.parameters: set[str] = set()
        self.free: frozenset[str] = frozenset()
        """Names that are neither parameters nor bound here: globals, builtins, or an outer function's."""
        self.tangled: frozenset[str] = frozenset()
        """Names that it imports and also binds in other ways."""
        self.raises: list[Raised] = []
        self.yields = False
        self.branches = 0
        self.statements = 0
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.global_stores: list[tuple[str, int]] = []
        self.nonlocal_stores: set[str] = set()


UnitKind = Literal["function", "class", "import", "future", "assign", "delete", "other", "docstring"]


class Unit(Actions):
    """One statement at module level, with everything in it: what a slice is made of."""

    __slots__ = (
        "alternative",
        "binds",
        "changes",
        "first",
        "imports",
        "kind",
        "later",
        "local_imports",
        "node",
        "now",
        "tangled",
        "typing",
        "typing_only",
    )

    def __init__(self, node: ast.stmt, kind: UnitKind, first: int) -> None:
        super().__init__()
        self.node = node
        self.kind = kind
        self.alternative: Alternative | None = None
        self.typing_only = False
        """Whether it stands under `if TYPE_CHECKING:`."""
        self.first = first
        """Its first line, decorators included."""
        self.binds: frozenset[str] = frozenset()
        self.changes: frozenset[str] = frozenset()
        """Names bound elsewhere whose values it changes: `TABLE["a"] = 1`, `TABLE.update(...)`."""
        self.now: frozenset[str] = frozenset()
        """Names it needs when the module is imported."""
        self.later: frozenset[str] = frozenset()
        """Names that its functions need when they are called."""
        self.typing: frozenset[str] = frozenset()
        """Names it needs in annotations only."""
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.local_imports: list[ast.Import | ast.ImportFrom] = []
        """Imports inside its functions."""
        self.tangled: set[str] = set()
        """Names that its functions import and also bind in other ways."""


class ModuleFacts:
    __slots__ = ("docstring", "functions", "future_annotations", "sole_imports", "units")

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.functions: list[FunctionFacts] = []
        """Every function and method, nested ones too, in source order."""
        self.future_annotations = False
        self.docstring: str | None = None
        self.sole_imports: set[int] = set()
        """Lines of imports inside functions that are the only statement of their block."""


MUTATORS = frozenset(
    "append add appendleft clear discard extend extendleft insert pop popitem popleft remove reverse rotate "
    "setdefault sort update difference_update intersection_update symmetric_difference_update "
    "__setitem__ __delitem__ move_to_end subtract".split()
)
_COMPREHENSIONS = frozenset({ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp})
_CATCH_ALL = frozenset({"Exception", "BaseException", ""})


def gather(tree: ast.Module) -> ModuleFacts:
    """The facts of a module.

    Raises:
        RecursionError: lambdas or comprehensions are nested deeper than the interpreter's stack allows.
    """
    return _Visit().module(tree)


class _Visit:
    def __init__(self) -> None:
        self.facts = ModuleFacts()
        self.function: FunctionFacts | None = None
        self.actions: Actions = Actions()
        self.scope = Scope()
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

    # -- expressions

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


def _local_imports(function: FunctionFacts, unit: Unit) -> None:
    unit.local_imports.extend(function.imports)
    unit.tangled |= function.tangled
    for child in function.children:
        _local_imports(child, unit)


def mangled(name: str, class_name: str) -> str:
    """The name as the running program knows it: private names of a class carry the class's name."""
    if not class_name or name[:2] != "__" or name[-2:] == "__":
        return name
    owner = class_name.lstrip("_")
    return f"_{owner}{name}" if owner else name


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
