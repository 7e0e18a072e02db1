"""What a function's source says about its arguments: their types, and values at which its behaviour changes.

A `Clue` is what is known of one value. Evidence adds weight to the kinds (plain types) it may have; a type hint
decides alone. Clues nest: `item` stands for the elements of a container or the values of a dict, `key` for its keys.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, type] = {
    "int": int, "str": str, "list": list, "float": float, "dict": dict, "tuple": tuple, "bool": bool,
    "none": type(None), "bytes": bytes, "set": set, "fset": frozenset,
}  # fmt: skip
UNKNOWN = {"int": 1.0, "str": 1.0, "list": 0.8, "float": 0.3, "dict": 0.3, "tuple": 0.2, "bool": 0.1, "none": 0.05}
SCALARS = {"int": 1.0, "str": 1.0, "float": 0.3, "tuple": 0.15, "list": 0.1, "none": 0.03}
CONTAINERS = {"list": 2.0, "str": 0.6, "tuple": 0.5, "dict": 0.3, "set": 0.2}
NUMBERS = {"int": 2.0, "float": 1.0}
SEQUENCES = {"list": 1.5, "str": 1.2, "tuple": 0.5}

HINTS = {
    "int": {"int": 1.0}, "str": {"str": 1.0}, "float": {"float": 2.0, "int": 0.5}, "bool": {"bool": 1.0},
    "bytes": {"bytes": 1.0}, "None": {"none": 1.0}, "complex": {"float": 1.0, "int": 1.0},
    "AnyStr": {"str": 1.0}, "Text": {"str": 1.0}, "Hashable": {"str": 1.0, "int": 1.0, "tuple": 0.3},
    "Number": NUMBERS, "Real": NUMBERS, "Integral": {"int": 1.0}, "SupportsInt": {"int": 1.0},
    "SupportsIndex": {"int": 1.0}, "SupportsFloat": NUMBERS, "LiteralString": {"str": 1.0},
    "list": {"list": 1.0}, "List": {"list": 1.0}, "MutableSequence": {"list": 1.0},
    "Sequence": {"list": 1.0, "tuple": 0.3}, "Iterable": {"list": 1.0, "tuple": 0.2},
    "Iterator": {"list": 1.0}, "Collection": {"list": 1.0, "tuple": 0.2}, "Container": {"list": 1.0},
    "Sized": {"list": 1.0, "str": 0.5}, "Reversible": {"list": 1.0},
    "tuple": {"tuple": 1.0}, "Tuple": {"tuple": 1.0},
    "dict": {"dict": 1.0}, "Dict": {"dict": 1.0}, "Mapping": {"dict": 1.0}, "MutableMapping": {"dict": 1.0},
    "set": {"set": 1.0}, "Set": {"set": 1.0}, "MutableSet": {"set": 1.0}, "AbstractSet": {"set": 1.0},
    "frozenset": {"fset": 1.0}, "FrozenSet": {"fset": 1.0},
}  # fmt: skip
NAMES: tuple[tuple[str, dict[str, float]], ...] = (
    ("n i j k m x0 idx index count size length width height num number limit offset start stop end step depth level "
     "pos position port year month day hour minute second minutes seconds days bits base digits precision order "
     "rank degree max_length maxlen min max lo hi low high a b x y z", {"int": 1.5, "float": 0.4}),
    ("s t text string str name word line path filename sep delimiter prefix suffix pattern url uri html msg message "
     "key label title token char c ch source src content body data encoding language lang code value val fmt format "
     "version expr query field tag host hostname domain address email date time sentence chars phrase identifier",
     {"str": 1.5}),
    ("items seq sequence iterable lst l list values vals xs ys args elements array arr nums numbers words lines rows "
     "parts tokens points names chunks groups data iterables it strings keys nodes edges results", {"list": 1.5}),
    ("d dct dict mapping map obj kwargs options opts params config headers attrs attributes context env settings "
     "counts table", {"dict": 1.5}),
    ("flag reverse strict verbose inclusive ignore_case case_sensitive force recursive keepends sort normalize "
     "quiet debug enabled", {"bool": 2.0}),
)  # fmt: skip
_BY_NAME: dict[str, dict[str, float]] = {}
for _words, _weights in NAMES:
    for _word in _words.split():
        _kinds = _BY_NAME.setdefault(_word, {})
        for _kind, _weight in _weights.items():
            _kinds[_kind] = max(_kinds.get(_kind, 0.0), _weight)
_HAVING: dict[str, tuple[str, ...]] = {}
for _kind in ("str", "list", "dict", "set", "bytes", "tuple", "int", "float", "fset"):
    for _name in dir(KINDS[_kind]):
        if not _name.startswith("__"):
            _HAVING[_name] = (*_HAVING.get(_name, ()), _kind)
_ITERATING = {"list", "tuple", "sorted", "reversed", "set", "frozenset", "iter", "enumerate", "any", "all", "min",
              "max", "chain", "Counter", "deque", "map", "filter", "zip", "islice", "groupby"}  # fmt: skip
_NUMERIC = {"abs", "round", "divmod", "pow", "sqrt", "floor", "ceil", "log", "sin", "cos", "exp", "isnan", "isinf",
            "gcd", "factorial", "log2", "log10", "fabs", "comb", "hypot", "atan2", "radians"}  # fmt: skip


@dataclass(eq=False)
class Clue:
    """What is known of one value."""

    name: str = ""
    kinds: dict[str, float] = field(default_factory=dict)
    fixed: bool = False
    """A type hint decided: other evidence adds values, but no kinds."""
    item: Clue | None = None
    key: Clue | None = None
    fields: list[Clue] = field(default_factory=list)
    """The members, of a tuple of fixed length."""
    values: list[object] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    keys: list[object] = field(default_factory=list)
    only: bool = False
    """A `Literal`: nothing but `values`."""
    called: bool = False
    """The function calls it, so that no plain value will do."""
    opaque: bool = False
    """The hint names a type that is not plain."""

    def add(self, weights: dict[str, float], times: float = 1.0) -> None:
        if not self.fixed:
            for kind, weight in weights.items():
                self.kinds[kind] = self.kinds.get(kind, 0.0) + weight * times

    def value(self, value: object) -> None:
        if not any(type(value) is type(old) and value == old for old in self.values) and len(self.values) < 24:
            self.values.append(value)

    def element(self) -> Clue:
        if self.item is None:
            self.item = Clue()
        return self.item

    def keyed(self) -> Clue:
        if self.key is None:
            self.key = Clue()
        return self.key

    def field_at(self, index: int, count: int) -> Clue:
        while len(self.fields) < count:
            self.fields.append(Clue())
        self.add({"tuple": 1.0})
        return self.fields[index]


@dataclass
class Parameter:
    name: str
    kind: str
    """positional, keyword, star or stars."""
    clue: Clue
    required: bool
    default: Any = None


@dataclass
class Source:
    """The module around the function, as clues need it."""

    functions: dict[str, ast.FunctionDef]
    values: dict[str, ast.expr]
    """Module-level name -> the expression it was assigned."""
    classes: set[str]


def survey(tree: ast.Module) -> Source:
    functions: dict[str, ast.FunctionDef] = {}
    values: dict[str, ast.expr] = {}
    classes: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            classes.add(node.name)
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    functions[f"{node.name}.{inner.name}"] = inner
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            values[node.target.id] = node.value
    return Source(functions, values, classes)


def parameters(function: ast.FunctionDef, source: Source, *, bound: bool) -> list[Parameter]:
    """The parameters with their clues; `bound`: the first one is filled in already (self, cls)."""
    a = function.args
    positional = [*a.posonlyargs, *a.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
    found = [_parameter(p, "positional", d, source) for p, d in zip(positional, defaults, strict=True)]
    if a.vararg:
        found.append(_parameter(a.vararg, "star", None, source))
    found += [_parameter(p, "keyword", d, source) for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    if a.kwarg:
        found.append(_parameter(a.kwarg, "stars", None, source))
    env = {p.name: p.clue for p in found}
    for p in found:
        if p.kind in ("star", "stars"):
            container = Clue(item=p.clue)
            env[p.name] = container
            p.clue.keys = container.keys
    Reader(source, env).block(function.body)
    return found[1:] if bound else found


def _parameter(arg: ast.arg, kind: str, default: ast.expr | None, source: Source) -> Parameter:
    clue = Clue(arg.arg)
    if arg.annotation is not None:
        read_hint(arg.annotation, clue, source)
    name = arg.arg.lower().strip("_")
    if name.startswith(("is_", "has_", "use_", "allow_", "ignore_", "keep_", "include_")):
        clue.add({"bool": 2.0})
    words = [name, name.rsplit("_", 1)[-1], name.rstrip("0123456789")]
    clue.add(next((_BY_NAME[word] for word in words if word in _BY_NAME), {}))
    if default is not None and not clue.fixed:
        _read_default(default, clue)
    required = default is None and kind in ("positional", "keyword")
    return Parameter(arg.arg, kind, clue, required)


def _read_default(default: ast.expr, clue: Clue) -> None:
    value = constant(default)
    if value is not None and type(value) in KINDS.values():
        clue.add({next(kind for kind, cls in KINDS.items() if cls is type(value)): 4.0})
        if not isinstance(value, bool):
            clue.value(value)
    elif isinstance(default, ast.Constant) and default.value is None:
        clue.add({"none": 0.3})


def constant(node: ast.AST) -> Any:
    """The value of a literal scalar, a negative number or an empty or plain container; else None."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.UnaryOp, ast.Tuple, ast.List, ast.Set, ast.Dict)):
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError):
            return None
    return None


def read_hint(node: ast.expr, clue: Clue, source: Source, depth: int = 0) -> None:
    """Add what an annotation says. A hint that is understood fixes the kinds."""
    if depth > 6:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return
    if isinstance(node, ast.Constant) and node.value is None:
        _fix(clue, {"none": 0.5})
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        read_hint(node.left, clue, source, depth + 1)
        read_hint(node.right, clue, source, depth + 1)
    elif isinstance(node, ast.Subscript):
        _read_generic(node, clue, source, depth)
    else:
        name = _last(node)
        if name in HINTS:
            _fix(clue, HINTS[name])
        elif name in ("Callable", "Type", "type", "Pattern", "Match", "IO", "TextIO"):
            clue.opaque = True
        elif name in source.values:
            read_hint(source.values[name], clue, source, depth + 1)
        elif name in source.classes:
            clue.opaque = True


def _fix(clue: Clue, weights: dict[str, float]) -> None:
    if not clue.fixed:
        clue.kinds = {}
    for kind, weight in weights.items():
        clue.kinds[kind] = clue.kinds.get(kind, 0.0) + weight
    clue.fixed = True
    if "bytes" in weights or "str" in weights:
        return


def _read_generic(node: ast.Subscript, clue: Clue, source: Source, depth: int) -> None:
    name = _last(node.value)
    inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        for item in inner:
            clue.value(constant(item))
        _fix(clue, {kind: 1.0 for kind, cls in KINDS.items() if any(type(v) is cls for v in clue.values)})
        clue.only = True
    elif name in ("Optional", "Union"):
        for item in inner:
            read_hint(item, clue, source, depth + 1)
        if name == "Optional":
            _fix(clue, {"none": 0.3})
    elif name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired"):
        read_hint(inner[0], clue, source, depth + 1)
    elif name in ("tuple", "Tuple"):
        _fix(clue, {"tuple": 1.0})
        if len(inner) == 2 and _is_ellipsis(inner[1]):
            read_hint(inner[0], clue.element(), source, depth + 1)
        else:
            clue.fields = [Clue() for _ in inner]
            for item, part in zip(inner, clue.fields, strict=True):
                read_hint(item, part, source, depth + 1)
    elif name in ("Callable", "Type", "type", "Pattern", "Match"):
        clue.opaque = True
    elif name in HINTS:
        _fix(clue, HINTS[name])
        if "dict" in HINTS[name] and len(inner) == 2:
            read_hint(inner[0], clue.keyed(), source, depth + 1)
        read_hint(inner[-1], clue.element(), source, depth + 1)


def _is_ellipsis(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _last(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


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
        if isinstance(node, ast.Subscript):
            clue = self.of(node.value)
            if clue is None:
                return None
            return clue if isinstance(node.slice, ast.Slice) else self._at(clue, node.slice)
        if isinstance(node, ast.Call) and _last(node.func) in ("list", "tuple", "sorted", "reversed", "iter", "set"):
            return self.of(node.args[0]) if node.args else None
        if isinstance(node, (ast.BoolOp,)):
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
            elif clue is not None and isinstance(target, ast.Tuple):
                self._bind_tuple(target, clue)

    def _bind_loop(self, target: ast.expr, source: ast.expr) -> None:
        clue = self.of(source)
        if clue is not None:
            clue.add(CONTAINERS)
            self._bind_target(target, clue.element())
        elif isinstance(source, ast.Call):
            name, args = _last(source.func), source.args
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
        name = _last(node.func)
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
        elif _last(owner) in ("re", "_re") or name in ("fullmatch", "finditer", "findall", "search", "match"):
            text = args[1:2] if _last(owner) in ("re", "_re") else args[:1]
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
            if (name := _last(item)) in HINTS:
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
        if isinstance(side, ast.Call) and _last(side.func) == "len" and side.args and type(value) is int:
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
    if isinstance(value, (tuple, list, set, frozenset, dict, str)) and not isinstance(value, str):
        yield from value
    elif isinstance(value, str) and len(value) > 12:
        yield from dict.fromkeys([value, *value[:4]])
    elif value is not None:
        yield value


def constants(tree: ast.AST) -> dict[type, list[Any]]:
    """The scalar constants of a source, by type, in order of first use; docstrings are left out."""
    found: dict[type, dict[object, None]] = {int: {}, float: {}, str: {}, bytes: {}}
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            values = found.get(type(node.value))
            if values is not None and len(values) < 60 and len(repr(node.value)) < 80:
                values[node.value] = None
    return {kind: list(values) for kind, values in found.items()}
