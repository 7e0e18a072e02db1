"""Objects to call a method of: the arguments of its class, from what its constructor says and does.

A harness takes the object as a tuple (arguments of the class) or as a dict (attributes, as recorded calls show them).
"""

from __future__ import annotations

import ast
from typing import Any

try:
    from lift_sys.sandbox.guest.clues import KINDS, Clue, Source, constant, last_name
    from lift_sys.sandbox.guest.hints import read_hint
    from lift_sys.sandbox.guest.parameters import Parameter, parameters
except ImportError:  # inside the box
    from clues import KINDS, Clue, Source, constant, last_name  # type: ignore[no-redef,import-not-found]
    from hints import read_hint  # type: ignore[no-redef,import-not-found]
    from parameters import Parameter, parameters  # type: ignore[no-redef,import-not-found]

_BUILTIN_BASES = {"str": "str", "int": "int", "float": "float", "list": "list", "dict": "dict", "set": "set",
                  "tuple": "tuple", "frozenset": "fset", "bytes": "bytes", "UserDict": "dict", "UserList": "list",
                  "UserString": "str", "OrderedDict": "dict", "Counter": "list", "deque": "list"}  # fmt: skip
_RECORDS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s", "NamedTuple"})
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})
_PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol", "Exception", "ValueError", "TypeError", "KeyError"})


class Receivers:
    """Makes receivers for one class. `attributes` are the clues of what its objects hold, by name."""

    def __init__(self, source: Source, owner: str) -> None:
        self.attributes: dict[str, Clue] = {}
        self.known = owner in source.bodies
        self.parameters: list[Parameter] = []
        self.holds = ""
        """The plain type that the class derives from, if any."""
        if self.known:
            self.known = self._read(source, source.bodies[owner], 0)
        self.parameters = [p for p in self.parameters if p.kind in ("positional", "star")]

    def _read(self, source: Source, node: ast.ClassDef, depth: int) -> bool:
        """Find the constructor, in the class or its bases; whether there is one that is understood."""
        bases = [last_name(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
        self.holds = self.holds or next((_BUILTIN_BASES[base] for base in bases if base in _BUILTIN_BASES), "")
        for name in ("__init__", "__new__"):
            function = source.functions.get(f"{node.name}.{name}")
            if function is not None:
                self.parameters = parameters(function, source, bound=True, attributes=self.attributes)
                for p in self.parameters:
                    if p.kind == "star" and self.holds and not p.clue.kinds:
                        p.clue.add({self.holds: 1.0})
                return not any(p.required and p.kind == "keyword" for p in self.parameters)
        if _ENUMS.intersection(bases):
            return self._enum(node)
        own = [base for base in bases if base in source.bodies]
        if depth < 5:
            for base in own:
                if not self._read(source, source.bodies[base], depth + 1):
                    return False
        if any(
            last_name(mark) in _RECORDS for mark in [*map(_called, node.decorator_list), *map(_called, node.bases)]
        ):
            return self._record(source, node)
        if any(base in _BUILTIN_BASES for base in bases):
            self.parameters = [Parameter("value", "positional", Clue("value", {self.holds: 1.0}, fixed=True), True)]
        return all(base in _BUILTIN_BASES or base in _PLAIN_BASES or base in own for base in bases)

    def _enum(self, node: ast.ClassDef) -> bool:
        clue = Clue("value", only=True)
        for statement in node.body:
            if isinstance(statement, ast.Assign) and (value := constant(statement.value)) is not None:
                clue.value(value)
        clue.kinds = {kind: 1.0 for kind, cls in KINDS.items() if any(type(v) is cls for v in clue.values)}
        self.parameters = [Parameter("value", "positional", clue, True)]
        return bool(clue.values)

    def _record(self, source: Source, node: ast.ClassDef) -> bool:
        """A dataclass or named tuple: its fields are the parameters."""
        for statement in node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if last_name(_called(statement.annotation)) in ("ClassVar", "KW_ONLY"):
                continue
            clue = Clue(statement.target.id)
            read_hint(statement.annotation, clue, source)
            name = statement.target.id
            self.parameters = [p for p in self.parameters if p.name != name]
            self.parameters.append(Parameter(name, "positional", clue, statement.value is None))
            self.attributes[name] = clue
        return True

    def obstacle(self) -> str | None:
        """Why no plain arguments make an object; None when they may."""
        if not self.known:
            return "its object is made in a way that is not understood"
        for p in self.parameters:
            if p.required and p.clue.opaque and not p.clue.kinds:
                return f"its object wants a {p.name} that is no plain value"
        return None

    def make(self, maker: Any) -> tuple[Any, ...]:
        """The arguments of one object."""
        made: list[Any] = []
        for p in self.parameters:
            if p.kind == "star":
                made += [maker.value(p.clue) for _ in range(maker.pick((0, 1, 1) if self.holds else (0, 1, 2)))]
            elif p.required or (maker.chance(0.5) and not p.clue.called and not (p.clue.opaque and not p.clue.kinds)):
                made.append(maker.value(p.clue))
            else:
                break
        return tuple(made)

    def change(self, maker: Any, receiver: Any) -> Any:
        """Another object, much like one that worked."""
        if type(receiver) is dict:
            if not receiver:
                return receiver
            name = maker.pick(list(receiver))
            return {**receiver, name: maker.change(receiver[name], self.attributes.get(name, Clue()))}
        if type(receiver) is not tuple or not receiver or maker.chance(0.2):
            return self.make(maker)
        at = maker.random.randrange(len(receiver))
        return (*receiver[:at], maker.change(receiver[at], self.clue_at(at)), *receiver[at + 1 :])

    def clue_at(self, index: int) -> Clue:
        if index < len(self.parameters):
            return self.parameters[index].clue
        return self.parameters[-1].clue if self.parameters else Clue()

    def parts(self, receiver: Any) -> list[tuple[Clue, Any]]:
        """What an object was made of, each with its clue."""
        if type(receiver) is tuple:
            return [(self.clue_at(index), value) for index, value in enumerate(receiver)]
        return []


def _called(node: ast.expr) -> ast.expr:
    node = node.func if isinstance(node, ast.Call) else node
    return node.value if isinstance(node, ast.Subscript) else node
