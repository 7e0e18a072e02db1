"""Clues from use: what a function's body does with its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

try:
    from lift_sys.sandbox.guest.clues import (
        CONTAINERS,
        KINDS,
        NUMBERS,
        SEQUENCES,
        UNKNOWN,
        Clue,
        Source,
        constant,
        last_name,
    )
    from lift_sys.sandbox.guest.hints import HINTS
except ImportError:  # inside the box
    from clues import (  # type: ignore[no-redef,import-not-found]
        CONTAINERS,
        KINDS,
        NUMBERS,
        SEQUENCES,
        UNKNOWN,
        Clue,
        Source,
        constant,
        last_name,
    )
    from hints import HINTS  # type: ignore[no-redef,import-not-found]

_HAVING: dict[str, tuple[str, ...]] = {}
for _kind in ("str", "list", "dict", "set", "bytes", "tuple", "int", "float", "fset"):
    for _name in dir(KINDS[_kind]):
        if not _name.startswith("__"):
            _HAVING[_name] = (*_HAVING.get(_name, ()), _kind)
_ITERATING = {"list", "tuple", "sorted", "reversed", "set", "frozenset", "iter", "enumerate", "any", "all", "min",
              "max", "chain", "Counter", "deque", "map", "filter", "zip", "islice", "groupby"}  # fmt: skip
_NUMERIC = {"abs", "round", "divmod", "pow", "sqrt", "floor", "ceil", "log", "sin", "cos", "exp", "isnan", "isinf",
            "gcd", "factorial", "log2", "log10", "fabs", "comb", "hypot", "atan2", "radians"}  # fmt: skip


class Reader:
    """Walks a function's body with a clue for each name it can follow back to a parameter."""

    def __init__(self, source: Source, env: dict[str, Clue], depth: int = 0) -> None:
        self.source = source
        self.env = env
        self.depth = depth

    def block(self, body: Iterable[ast.stmt]) -> None:
        # Two walks: names bound late in the first one are known from the start in the second.
        nodes = [node for statement in body for node in ast.walk(statement)]
        for node in nodes:
            self._bind(node)
        for node in nodes:
            self._evidence(node)

    def of(self, node: ast.AST) -> Clue | None:
        """The clue of the value of an expression, when it is part of a parameter."""
        if isinstance(node, ast.Name):
            return self.env.get(node.id)
        if isinstance(node, ast.Attribute):
            return self.env.get(f"{node.value.id}.{node.attr}") if isinstance(node.value, ast.Name) else None
        if isinstance(node, ast.Subscript):
            clue = self.of(node.value)
            if clue is None:
                return None
            return clue if isinstance(node.slice, ast.Slice) else self._at(clue, node.slice)
        if isinstance(node, ast.Call) and last_name(node.func) in (
            "list",
            "tuple",
            "sorted",
            "reversed",
            "iter",
            "set",
        ):
            return self.of(node.args[0]) if node.args else None
        if isinstance(node, ast.BoolOp):
            return next(filter(None, map(self.of, node.values)), None)
        if isinstance(node, ast.NamedExpr):
            return self.of(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            clue = self.of(node.func.value)
            if clue is not None and node.func.attr in ("strip", "lower", "upper", "copy", "lstrip", "rstrip"):
                return clue
            if clue is not None and node.func.attr in ("get", "pop", "setdefault"):
                return clue.element()
        return None

    def _at(self, clue: Clue, index: ast.expr) -> Clue:
        value = constant(index)
        if isinstance(value, int) and 0 <= value < len(clue.fields):
            return clue.fields[value]
        return clue.element()

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, (ast.For, ast.comprehension)):
            self._bind_loop(node.target, node.iter)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            clue = self.of(node.value)
            target = node.targets[0]
            if clue is not None and isinstance(target, ast.Name):
                self.env.setdefault(target.id, clue)
            elif clue is not None and isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                self.env.setdefault(f"{target.value.id}.{target.attr}", clue)
            elif clue is not None and isinstance(target, ast.Tuple):
                self._bind_tuple(target, clue)

    def _bind_loop(self, target: ast.expr, source: ast.expr) -> None:
        clue = self.of(source)
        if clue is not None:
            clue.add(CONTAINERS)
            self._bind_target(target, clue.element())
        elif isinstance(source, ast.Call):
            name, args = last_name(source.func), source.args
            if name == "enumerate" and args and isinstance(target, ast.Tuple) and len(target.elts) == 2:
                self._bind_loop(target.elts[1], args[0])
            elif name == "zip" and isinstance(target, ast.Tuple):
                for part, arg in zip(target.elts, args, strict=False):
                    self._bind_loop(part, arg)
            elif isinstance(source.func, ast.Attribute) and name in ("items", "keys", "values"):
                self._bind_dict(target, source.func.value, name)

    def _bind_dict(self, target: ast.expr, owner: ast.expr, name: str) -> None:
        clue = self.of(owner)
        if clue is None:
            return
        clue.add({"dict": 4.0})
        if name == "items" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            self._bind_target(target.elts[0], clue.keyed())
            self._bind_target(target.elts[1], clue.element())
        elif name != "items":
            self._bind_target(target, clue.keyed() if name == "keys" else clue.element())

    def _bind_target(self, target: ast.expr, clue: Clue) -> None:
        if isinstance(target, ast.Name):
            self.env.setdefault(target.id, clue)
        elif isinstance(target, ast.Tuple):
            self._bind_tuple(target, clue)

    def _bind_tuple(self, target: ast.Tuple, clue: Clue) -> None:
        if clue.fixed and "tuple" not in clue.kinds:
            return
        if not any(isinstance(part, ast.Starred) for part in target.elts):
            for index, part in enumerate(target.elts):
                self._bind_target(part, clue.field_at(index, len(target.elts)))

    def _evidence(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Attribute):
            self._attribute(node)
        elif isinstance(node, ast.Compare):
            self._compare(node)
        elif isinstance(node, ast.BinOp):
            self._binary(node)
        elif isinstance(node, ast.Subscript):
            self._subscript(node)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
            self._note(node.operand, NUMBERS)
        elif isinstance(node, (ast.Starred, ast.YieldFrom)) and node.value:
            self._note(node.value, CONTAINERS)
        elif isinstance(node, ast.AugAssign):
            self._note(node.value, NUMBERS if not isinstance(node.op, ast.Add) else UNKNOWN, 0.5)

    def _note(self, node: ast.AST, weights: dict[str, float], times: float = 1.0) -> Clue | None:
        clue = self.of(node)
        if clue is not None:
            clue.add(weights, times)
        return clue

    def _attribute(self, node: ast.Attribute) -> None:
        clue = self.of(node.value)
        if clue is not None and node.attr in _HAVING:
            having = _HAVING[node.attr]
            clue.add({kind: 4.0 if kind == having[0] else 1.5 for kind in having})

    def _call(self, node: ast.Call) -> None:
        name = last_name(node.func)
        if isinstance(node.func, ast.Name) and (clue := self.env.get(node.func.id)) is not None:
            clue.called = True
        if isinstance(node.func, ast.Attribute):
            self._method(node, node.func)
        if not node.args:
            return
        first = node.args[0]
        if name == "isinstance" and len(node.args) == 2:
            self._isinstance(first, node.args[1])
        elif name == "len":
            self._note(first, CONTAINERS)
        elif name in _ITERATING:
            for arg in node.args:
                self._note(arg, CONTAINERS, 0.5)
        elif name == "sum":
            if (clue := self._note(first, {"list": 3.0})) is not None:
                clue.element().add(NUMBERS)
        elif name in ("range", "chr", "bin", "hex", "oct"):
            for arg in node.args:
                self._note(arg, {"int": 3.0})
        elif name == "ord":
            if (clue := self._note(first, {"str": 3.0})) is not None:
                clue.lengths.append(1)
        elif name in ("int", "float"):
            self._note(first, {"str": 1.0, "int": 1.0, "float": 0.5})
        elif name in _NUMERIC:
            for arg in node.args:
                self._note(arg, NUMBERS)
        elif name in self.source.functions and self.depth < 3:
            self._helper(node, self.source.functions[name])

    def _helper(self, node: ast.Call, function: ast.FunctionDef) -> None:
        names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
        env = {}
        pairs = [*zip(names, node.args, strict=False), *((k.arg, k.value) for k in node.keywords if k.arg)]
        for name, arg in pairs:
            if (clue := self.of(arg)) is not None:
                env[name] = clue
        if env:
            Reader(self.source, env, self.depth + 1).block(function.body)

    def _method(self, node: ast.Call, function: ast.Attribute) -> None:
        owner, name = function.value, function.attr
        args = node.args
        if name == "join" and args and self.of(owner) is None:
            if (clue := self._note(args[0], {"list": 3.0})) is not None:
                clue.element().add({"str": 2.0})
        elif last_name(owner) in ("re", "_re") or name in ("fullmatch", "finditer", "findall", "search", "match"):
            text = args[1:2] if last_name(owner) in ("re", "_re") else args[:1]
            for arg in text:
                self._note(arg, {"str": 3.0})
        elif (clue := self.of(owner)) is not None and args:
            for value in _flat(constant(args[0])):
                if name in ("startswith", "endswith", "split", "partition", "find", "index", "replace", "count",
                            "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "rsplit"):  # fmt: skip
                    clue.value(value)
                elif name in ("get", "pop", "setdefault", "__getitem__") and value is not None:
                    clue.keys.append(value)

    def _isinstance(self, subject: ast.expr, types: ast.expr) -> None:
        clue = self.of(subject)
        if clue is None or clue.fixed:
            return
        for item in types.elts if isinstance(types, ast.Tuple) else [types]:
            if (name := last_name(item)) in HINTS:
                clue.add(HINTS[name], 2.0)

    def _compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for op, a, b in zip(node.ops, operands, operands[1:], strict=False):
            if isinstance(op, (ast.In, ast.NotIn)):
                self._membership(a, b)
                continue
            self._bound(op, a, constant(b))
            self._bound(op, b, constant(a))

    def _bound(self, op: ast.cmpop, side: ast.expr, value: object) -> None:
        if isinstance(op, (ast.Is, ast.IsNot)):
            if value is None:
                self._note(side, {"none": 0.3})
            return
        if value is None:
            return
        if isinstance(side, ast.Call) and last_name(side.func) == "len" and side.args and type(value) is int:
            if (clue := self.of(side.args[0])) is not None:
                clue.lengths += [n for n in (value - 1, value, value + 1) if 0 <= n <= 64]
        elif (clue := self.of(side)) is not None:
            kind = next((kind for kind, cls in KINDS.items() if cls is type(value)), None)
            if kind:
                clue.add({kind: 2.0} if kind != "int" else {"int": 2.0, "float": 0.5})
                clue.value(value)

    def _membership(self, a: ast.expr, b: ast.expr) -> None:
        held = constant(b)
        if isinstance(b, ast.Name) and b.id in self.source.values:
            held = constant(self.source.values[b.id])
        clue = self.of(a)
        if clue is not None and isinstance(held, (tuple, list, set, frozenset, dict, str)):
            for value in sorted(_flat(held), key=repr)[:12]:
                kind = next((kind for kind, cls in KINDS.items() if cls is type(value)), None)
                if kind:
                    clue.add({kind: 0.5})
                    clue.value(value)
        value, container = constant(a), self.of(b)
        if container is not None:
            if value is not None:
                container.add({"str": 1.5, "dict": 0.7, "list": 0.7} if type(value) is str else CONTAINERS)
                container.keys.append(value)
                container.value(value)
            else:
                container.add(CONTAINERS, 0.5)

    def _binary(self, node: ast.BinOp) -> None:
        for side, other in ((node.left, node.right), (node.right, node.left)):
            value = constant(other)
            if isinstance(node.op, ast.Add):
                if type(value) is str:
                    self._note(side, {"str": 3.0})
                elif type(value) in (int, float):
                    self._note(side, NUMBERS)
                elif isinstance(other, (ast.List, ast.ListComp)):
                    self._note(side, {"list": 3.0})
            elif isinstance(node.op, ast.Mod) and side is node.right and isinstance(other, ast.Constant):
                continue
            elif isinstance(node.op, ast.Mult) and type(value) is str:
                self._note(side, {"int": 3.0})
            elif isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)):
                self._note(side, {"int": 2.0, "set": 0.2})
            else:
                self._note(side, NUMBERS)

    def _subscript(self, node: ast.Subscript) -> None:
        clue = self.of(node.value)
        value = constant(node.slice)
        if clue is None:
            return
        if type(value) is str:
            clue.add({"dict": 4.0})
            clue.keys.append(value)
        elif type(value) is int:
            clue.add(SEQUENCES)
            clue.lengths += [abs(value), abs(value) + 1] if -9 < value < 9 else []
        elif isinstance(node.slice, ast.Slice):
            clue.add({"list": 2.0, "str": 2.0, "tuple": 0.5})
        else:
            clue.add({"list": 1.0, "dict": 1.0, "str": 0.5})
        if not isinstance(node.slice, ast.Slice):
            index = self.of(node.slice)
            if index is not None:
                index.add({"int": 1.0, "str": 0.5})


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, (tuple, list, set, frozenset, dict)):
        yield from value
    elif isinstance(value, str) and len(value) > 12:
        yield from dict.fromkeys([value, *value[:4]])
    elif value is not None:
        yield value
