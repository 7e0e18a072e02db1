"""Whether code can come to see the address of an object of its own making.

The address of a function, an iterator or an exception is shown by its `repr` and orders a set. It depends on what
was made and freed before, so code that sees one can count its calls. Such an object may stand where it is called or
used up at once, and nowhere else.
"""

from __future__ import annotations

import ast
import builtins

_EXCEPTIONS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
)
_ITERATORS = frozenset({"enumerate", "filter", "iter", "map", "reversed", "zip"})
_METHODS_TO_ITERATORS = frozenset({"elements", "finditer", "merge", "scanner"})
_USE_UP_FIRST = frozenset({"all", "any", "Counter", "deque", "dict", "enumerate", "frozenset", "iter", "list"}) | {
    "max", "min", "next", "reversed", "set", "sorted", "sum", "tuple",
}  # fmt: skip
_USE_UP_ALL = frozenset({"filter", "map", "zip"})
_FUNCTION_FIRST = frozenset({"filter", "map", "reduce", "cmp_to_key"})
_FUNCTION_AS_KEY = frozenset({"max", "min", "sorted"})
_KNOWN = _ITERATORS | _USE_UP_FIRST | _USE_UP_ALL | _FUNCTION_FIRST | _FUNCTION_AS_KEY | _EXCEPTIONS | {"repr", "str"}


def sees_no_address(tree: ast.Module) -> bool:
    """True where it is shown that no object with an address of its own gets anywhere."""
    return _Reader(tree).holds()


class _Reader:
    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        functions = [node for node in self.nodes if isinstance(node, ast.FunctionDef)]
        top = set(tree.body)
        self.inner = {node.name for node in functions if node not in top}
        self.generators = {node.name for node in functions if _yields(node)}
        self.caught = {node.name for node in self.nodes if isinstance(node, ast.ExceptHandler)}
        self.origins: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                self.origins |= {item.asname or item.name: item.name for item in node.names}
            elif isinstance(node, ast.ImportFrom):
                self.origins |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}

    def holds(self) -> bool:
        if any(origin.rpartition(".")[2] != name for name, origin in self.origins.items() if name in _KNOWN):
            return False
        return not self._sets_of_matches() and all(map(self._fine, self.nodes))

    def _sets_of_matches(self) -> bool:
        """A match is hashed by its address."""
        if "re" not in self.origins.values():
            return False
        return any(
            isinstance(node, ast.Set | ast.SetComp)
            or (isinstance(node, ast.Name) and node.id in ("set", "frozenset"))
            for node in self.nodes
        )

    def _fine(self, node: ast.AST) -> bool:
        match node:
            case ast.FunctionDef(name=name) | ast.arg(arg=name) if name in _KNOWN:
                return False  # then it is not what it seems
            case ast.Lambda():
                return not _yields(node) and self._is_called(node)
            case ast.GeneratorExp():
                return self._is_used_up(node)
            case ast.Call(func=ast.Name(id=name)) if name in _EXCEPTIONS:
                return isinstance(self.parents[node], ast.Raise)
            case ast.Call(func=function):
                return not self._makes_object(function) or self._is_used_up(node) or self._is_called(node)
            case ast.Name(id=name):
                return self._is_fine_name(node, name)
            case ast.Attribute(value=ast.Name(id=name)) if name in self.origins:
                return not _leads_to_objects(f"{self.origins[name]}.{node.attr}") or self._is_callee(node)
            case ast.Attribute():
                return self._is_called(node) or self._in_hint(node)
        return True

    def _is_fine_name(self, node: ast.Name, name: str) -> bool:
        if not isinstance(node.ctx, ast.Load):
            return name not in _KNOWN
        parent = self.parents[node]
        if name in self.caught:
            return isinstance(parent, ast.Raise | ast.FormattedValue) or self._called_in(node) in ("repr", "str")
        if name in _EXCEPTIONS:
            return isinstance(parent, ast.Raise | ast.ExceptHandler | ast.Tuple) or self._is_callee(node)
        if name in self.generators or name in _ITERATORS or _leads_to_objects(self.origins.get(name, "")):
            return self._is_callee(node) or isinstance(parent, ast.Attribute)
        return name not in self.inner or self._is_called(node)

    def _makes_object(self, function: ast.expr) -> bool:
        match function:
            case ast.Name(id=name):
                return name in self.generators or name in _ITERATORS or _leads_to_objects(self.origins.get(name, ""))
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in self.origins:
                return _leads_to_objects(f"{self.origins[name]}.{attribute}") or attribute in _METHODS_TO_ITERATORS
            case ast.Attribute(attr=attribute):
                return attribute in _METHODS_TO_ITERATORS
        return not isinstance(function, ast.Lambda)  # what is called is not known

    def _is_callee(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        return isinstance(parent, ast.Call) and parent.func is node

    def _called_in(self, node: ast.AST) -> str:
        """The function that has `node` as its only argument, "" where there is none."""
        match self.parents[node]:
            case ast.Call(func=ast.Name(id=name), args=[only], keywords=[]) if only is node:
                return name
        return ""

    def _is_called(self, node: ast.AST) -> bool:
        """Whether a function is called at once, or by a function that does no more than that."""
        parent = self.parents[node]
        if self._is_callee(node):
            return True
        match parent:
            case ast.keyword(arg="key"):
                call = self.parents[parent]
                assert isinstance(call, ast.Call)
                sorts = isinstance(call.func, ast.Attribute) and call.func.attr == "sort"
                return sorts or (isinstance(call.func, ast.Name) and call.func.id in _FUNCTION_AS_KEY)
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if first is node:
                return name in _FUNCTION_FIRST
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute), args=[first, *_]):
                return first is node and self.origins.get(name) == "functools" and attribute in _FUNCTION_FIRST
        return False

    def _is_used_up(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        match parent:
            case ast.For(iter=source) | ast.comprehension(iter=source):
                return source is node
            case ast.Starred() | ast.YieldFrom():
                return True
            case ast.Attribute(attr="digest" | "hexdigest"):
                return True
            case ast.Call(func=ast.Attribute(attr="extend" | "join" | "update")):
                return node in parent.args
            case ast.Call(func=ast.Name(id="max" | "min"), args=args):
                return len(args) == 1
            case ast.Call(func=ast.Name(id="reduce"), args=[_, second, *_]):
                return second is node
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if node in parent.args:
                return name in _USE_UP_ALL or (name in _USE_UP_FIRST and first is node)
        return False

    def _in_hint(self, node: ast.AST) -> bool:
        """Whether it is part of an annotation, which nothing can read."""
        parent = self.parents.get(node)
        while isinstance(parent, ast.expr):
            node, parent = parent, self.parents.get(parent)
        return getattr(parent, "annotation", None) is node or getattr(parent, "returns", None) is node


def _yields(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def _leads_to_objects(origin: str) -> bool:
    """Whether a library function gives objects with an address of their own."""
    module = origin.partition(".")[0]
    named = origin in ("functools.partial", "functools.cmp_to_key", "heapq.merge", "re.finditer")
    return named or (module in ("hashlib", "itertools") and origin != module)
