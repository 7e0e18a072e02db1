"""Invents arguments for one function, and learns from what they led to."""

from __future__ import annotations

import ast
from typing import Any

try:
    from lift_sys.sandbox.guest.clues import KINDS, Clue, Source, constants
    from lift_sys.sandbox.guest.parameters import Parameter, parameters
    from lift_sys.sandbox.guest.program import Attempt
    from lift_sys.sandbox.guest.receivers import Receivers
    from lift_sys.sandbox.guest.substitution import replace, resize
    from lift_sys.sandbox.guest.values import Maker
except ImportError:  # inside the box
    from clues import KINDS, Clue, Source, constants  # type: ignore[no-redef,import-not-found]
    from parameters import Parameter, parameters  # type: ignore[no-redef,import-not-found]
    from program import Attempt  # type: ignore[no-redef,import-not-found]
    from receivers import Receivers  # type: ignore[no-redef,import-not-found]
    from substitution import replace, resize  # type: ignore[no-redef,import-not-found]
    from values import Maker  # type: ignore[no-redef,import-not-found]

Call = tuple[list[Any], dict[str, Any]]
_KIND_OF = {cls: kind for kind, cls in KINDS.items()}
_REGEX = set("\\[](){}+*?^$|")
OBJECT = ""
"""The name of the parameter that takes the object a method is called of: none that a method could have."""
POOL = 60
QUEUE = 400


class Inputs:
    """`next()` is the next call to try; `learn()` takes what came of it."""

    def __init__(
        self, tree: ast.Module, source: Source, entry: str, seed: int, calm: bool, *, receiver: bool = False
    ) -> None:
        function = source.functions.get(entry)
        owner = entry.rpartition(".")[0]
        bound = bool(owner) and not (function and _is_static(function))
        self.receivers = Receivers(source, owner) if receiver else None
        """Makes the objects that a method is called of: its first argument."""
        held = self.receivers.attributes if self.receivers else {}
        self.parameters: list[Parameter] = []
        if function:
            self.parameters = parameters(function, source, bound=bound, attributes=held)
        if self.receivers:
            self.parameters.insert(0, Parameter(OBJECT, "positional", Clue(), True))
        found = constants(tree)
        patterns = [text for text in found[str] if len(_REGEX.intersection(text)) >= 2]
        self.maker = Maker(seed, found, patterns, calm)
        self.by_name = {p.name: p for p in self.parameters}
        self.positional = [p for p in self.parameters if p.kind == "positional"]
        self.star = next((p for p in self.parameters if p.kind == "star"), None)
        self.known = function is not None
        self.pool: list[Call] = []
        self.queue: list[Call] = []
        self.turn = 0

    def obstacle(self) -> str | None:
        """Why no plain arguments can serve; None when they may."""
        if not self.known:
            return "the entry point is no function of this module"
        if self.receivers and not self.pool and (why := self.receivers.obstacle()):
            return why
        for p in self.parameters:
            if p.required and p.clue.called and not p.clue.fixed:
                return f"the parameter {p.name} is called, so it has to be a function"
            if p.required and p.clue.opaque and not p.clue.kinds:
                return f"the parameter {p.name} wants a type that is no plain value"
        return None

    def next(self) -> Call:
        self.turn += 1
        self.maker.fresh_ambient()
        # Solving comparisons comes first, and every third input is new whatever the pool holds.
        if self.queue and self.turn % 4 != 3:
            return self.queue.pop(0)
        if self.pool and self.turn % 3:
            return self.changed()
        return self.invented()

    def invented(self) -> Call:
        maker = self.maker
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        stars = self.star is not None and maker.chance(0.85)
        for p in self.parameters:
            if p.name == OBJECT and self.receivers:
                args.append(self.receiver(self.receivers))
            elif p.kind == "star":
                count = maker.pick((0, 1, 2, 2, 3)) if stars else 0
                args += [maker.value(p.clue) for _ in range(count)]
            elif p.kind == "stars":
                if maker.chance(0.5):
                    keys = [key for key in p.clue.keys if type(key) is str] or ["a", "b", "key"]
                    kwargs.update({maker.pick(keys): maker.value(p.clue) for _ in range(maker.pick((1, 2)))})
            elif p.required or (stars and p.kind == "positional") or self.given(p):
                value = self.related(args, p) if p.required and maker.chance(0.12) else maker.value(p.clue)
                if p.kind == "positional" and (p.required or stars):
                    args.append(value)
                else:
                    kwargs[p.name] = value
        return args, kwargs

    def receiver(self, receivers: Receivers) -> Any:
        """A new object, or one that was known before."""
        if self.pool and (receivers.obstacle() or self.maker.chance(0.3)):
            return self.maker.pick(self.pool)[0][0]
        return receivers.make(self.maker)

    def given(self, p: Parameter) -> bool:
        if p.clue.called or (p.clue.opaque and not p.clue.kinds):
            return False
        return self.maker.chance(0.45)

    def related(self, args: list[Any], p: Parameter) -> Any:
        """A value like that of an earlier argument: equal, or just beside it."""
        likely = [a for a in args if not p.clue.fixed or _KIND_OF[type(a)] in p.clue.kinds]
        return self.maker.near(self.maker.pick(likely)) if likely else self.maker.value(p.clue)

    def changed(self) -> Call:
        """A call that worked with one or two arguments changed, or crossed with another one."""
        maker = self.maker
        # The newest ones reached something new most recently: they get half of the turns.
        recent = self.pool[-8:]
        args, kwargs = maker.pick(recent if maker.chance(0.5) else self.pool)
        args, kwargs = list(args), dict(kwargs)
        if maker.chance(0.15):
            other_args, other_kwargs = maker.pick(self.pool)
            if len(other_args) == len(args) and args:
                at = maker.random.randrange(len(args))
                args[at] = other_args[at]
            kwargs = {**kwargs, **other_kwargs}
        for _ in range(maker.pick((1, 1, 2))):
            self.change_one(args, kwargs)
        return args, kwargs

    def change_one(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        maker = self.maker
        spots: list[int | str] = [*range(len(args)), *kwargs]
        optional = [p for p in self.parameters if p.name not in kwargs and self.is_optional(p, len(args))]
        if optional and (not spots or maker.chance(0.25)):
            p = maker.pick(optional)
            if not p.clue.called:
                kwargs[p.name] = maker.value(p.clue)
            return
        if not spots:
            return
        spot = maker.pick(spots)
        if spot == 0 and self.receivers:
            args[0] = self.receivers.change(maker, args[0])
        elif isinstance(spot, int):
            args[spot] = maker.change(args[spot], self.clue_at(spot))
        elif maker.chance(0.15) and not (spot in self.by_name and self.by_name[spot].required):
            del kwargs[spot]
        else:
            clue = self.by_name[spot].clue if spot in self.by_name else Clue()
            kwargs[spot] = maker.change(kwargs[spot], clue)

    def is_optional(self, p: Parameter, given: int) -> bool:
        if p.kind == "keyword":
            return not p.required
        return p.kind == "positional" and not p.required and self.positional.index(p) >= given

    def clue_at(self, index: int) -> Clue:
        if index < len(self.positional):
            return self.positional[index].clue
        return self.star.clue if self.star else Clue()

    def clued(self, args: Any) -> list[tuple[Clue, Any]]:
        """The positional arguments, each with its clue; an object counts as what it was made of."""
        found = [(self.clue_at(index), value) for index, value in enumerate(args)]
        return [*self.receivers.parts(args[0]), *found[1:]] if self.receivers and args else found

    def learn(
        self,
        args: Any,
        kwargs: Any,
        result: Attempt,
        usable: bool,
        new: bool,
        pairs: list[tuple[Any, Any]],
    ) -> None:
        unfit = isinstance(result.error, (TypeError, AttributeError))
        misfit = unfit and not usable
        factor = 0.75 if misfit else 0.92 if unfit else 1.25 if result.kind == "value" else 1.0
        if factor != 1.0:
            for clue, value in self.clued(args):
                _reward(clue, value, factor)
            for name, value in kwargs.items():
                if name in self.by_name:
                    _reward(self.by_name[name].clue, value, factor)
        if unfit:
            self.heed(str(result.error), args, kwargs)
        if misfit:
            return
        if (usable and (new or len(self.pool) < 6)) or (new and result.kind == "raise"):
            self.pool.append((list(args), kwargs))
            del self.pool[:-POOL]
        if isinstance(result.error, KeyError) and result.error.args:
            self.supply(args, kwargs, result.error.args[0])
        if new and len(self.queue) < QUEUE:
            self.solve(args, kwargs, pairs)

    def heed(self, message: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        """What the message of a type error asks for."""
        if "bytes" in message and "str" in message:
            named = [self.by_name[name].clue for name in kwargs if name in self.by_name]
            for clue in [*(clue for clue, _ in self.clued(args)), *named]:
                if not clue.fixed:
                    clue.add({"bytes": 1.0})

    def supply(self, args: list[Any], kwargs: dict[str, Any], key: object) -> None:
        """Try again with the key that was missing, in every dict among the arguments."""
        if type(key) not in (str, int, bool, float, bytes):
            return
        for index, value in enumerate(args):
            if type(value) is dict and key not in value:
                clue = self.clue_at(index)
                if key not in clue.keys and len(clue.keys) < 16:
                    clue.keys.append(key)
                made = {**value, key: self.maker.value(clue.item or Clue(), 1)}
                self.queue.insert(0, ([*args[:index], made, *args[index + 1 :]], kwargs))

    def solve(self, args: list[Any], kwargs: dict[str, Any], pairs: list[tuple[Any, Any]]) -> None:
        """Inputs that bring the two sides of a comparison together, and to either side of the boundary."""
        wanted: list[tuple[object, object]] = []
        for a, b in pairs:
            if type(a) is int and type(b) is int:
                wanted += [(a, b), (a, b - 1), (a, b + 1), (b, a)]
                if 32 <= a < 0x3000 and 1 <= b < 0x3000:  # they may be code points
                    wanted += [(chr(a), chr(b)), (chr(a), chr(b - 1)), (chr(a), chr(b + 1))]
            elif a != b:
                wanted += [(a, b), (b, a)]
        tried = 0
        for old, new in dict.fromkeys(_typed(wanted)):
            for made in self.substituted(args, kwargs, old[1], new[1]):
                self.queue.append(made)
                tried += 1
            if tried > 24:
                return

    def substituted(self, args: list[Any], kwargs: dict[str, Any], old: Any, new: Any) -> list[Call]:
        if old == new and type(old) is type(new):
            return []
        found: list[Call] = []
        for index, value in enumerate(args):
            variants = [replace(value, old, new), resize(value, old, new)]
            if type(value) is str and type(old) is str:
                variants += [replace(value, old, new, 2), replace(value, old, new, 3)]
            for at, made in enumerate(variants):
                if not _same(made, value) and not any(_same(made, other) for other in variants[:at]):
                    found.append(([*args[:index], made, *args[index + 1 :]], kwargs))
        for name, value in kwargs.items():
            made = replace(value, old, new)
            if not _same(made, value):
                found.append((args, {**kwargs, name: made}))
        return found


def _typed(pairs: list[tuple[object, object]]) -> list[tuple[tuple[type, object], tuple[type, object]]]:
    """With their types, so that 1, 1.0 and True stay apart."""
    return [((type(a), a), (type(b), b)) for a, b in pairs]


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


def _reward(clue: Clue, value: object, factor: float, level: int = 0) -> None:
    kind = _KIND_OF.get(type(value))
    if kind is None or clue.only:
        return
    if kind in clue.kinds or not clue.fixed:
        weight = clue.kinds.get(kind, 0.0 if clue.kinds else 0.8)
        if not clue.kinds and factor < 1.0:
            from_nothing = {"int": 1.0, "str": 1.0, "list": 0.8, "float": 0.3, "dict": 0.3, "tuple": 0.2, "none": 0.1}
            clue.kinds = from_nothing
            weight = clue.kinds.get(kind, 0.1)
        if factor > 1.0 and not clue.kinds and not clue.fixed:
            clue.kinds = {"int": 0.5, "str": 0.5, "list": 0.4, "float": 0.2, "dict": 0.2, "tuple": 0.1, "none": 0.05}
            weight = clue.kinds.get(kind, 0.1) + 0.5
        clue.kinds[kind] = min(max((weight or 0.2) * factor, 0.02), 12.0)
    if level < 2 and value:
        if isinstance(value, (list, tuple, set, frozenset)):
            for item in list(value)[:3] if not isinstance(value, (set, frozenset)) else []:
                _reward(clue.element(), item, factor**0.5, level + 1)
        elif isinstance(value, dict):
            for item in list(value.values())[:2]:
                _reward(clue.element(), item, factor**0.5, level + 1)


def _is_static(function: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
