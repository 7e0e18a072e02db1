"""Plain values from clues: fresh ones, ones at a boundary, and small changes of ones that worked."""

from __future__ import annotations

import math
import random
from typing import Any

try:
    from lift_sys.sandbox.guest.clues import KINDS, SCALARS, UNKNOWN, Clue
    from lift_sys.sandbox.guest.patterns import sample
    from lift_sys.sandbox.guest.samples import BY_TOPIC, FLOATS, INTS, ODD, STRINGS, WORDS
except ImportError:  # inside the box
    from clues import KINDS, SCALARS, UNKNOWN, Clue  # type: ignore[no-redef,import-not-found]
    from patterns import sample  # type: ignore[no-redef,import-not-found]
    from samples import BY_TOPIC, FLOATS, INTS, ODD, STRINGS, WORDS  # type: ignore[no-redef,import-not-found]

BIG = 1000
"""Sizes that come from nowhere stay below this: a slow call inside C code can't be stopped by fuel."""


class Maker:
    """Makes values. Everything random comes from the seed alone."""

    def __init__(self, seed: int, constants: dict[type, list[Any]], patterns: list[str], calm: bool = False) -> None:
        self.random = random.Random(seed)
        self.constants = constants
        self.patterns = patterns
        limit = BIG if calm else 1 << 20
        self.ints = [n + d for n in constants[int] if type(n) is int and abs(n) <= limit for d in (0, -1, 1)]
        self.ambient = "int"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, items: Any) -> Any:
        return items[int(self.random.random() * len(items))]

    def kind(self, weights: dict[str, float]) -> str:
        """One of the kinds, by weight."""
        left = self.random.random() * sum(weights.values())
        for kind, weight in weights.items():
            left -= weight
            if left <= 0:
                return kind
        return next(iter(weights))

    def fresh_ambient(self) -> None:
        """Arguments of unknown type often have to agree: they share this kind."""
        self.ambient = self.kind(UNKNOWN)

    def value(self, clue: Clue, depth: int = 0) -> Any:
        if clue.values and (clue.only or self.chance(0.25)):
            return self.near(self.pick(clue.values)) if not clue.only else self.pick(clue.values)
        if clue.kinds:
            weights = clue.kinds
        elif depth:
            weights = SCALARS
        elif self.chance(0.6):
            weights = {self.ambient: 1.0}
        else:
            weights = UNKNOWN
        return self.of_kind(self.kind(weights), clue, depth)

    def near(self, value: Any) -> Any:
        """The value, or one just beside it."""
        kind = type(value)
        if self.chance(0.4) or kind is bool:
            return value
        if kind is int:
            return value + self.pick((-1, 1))
        if kind is float:
            return value + self.pick((-1.0, -0.5, 0.5, 1.0))
        if kind is str:
            return self.pick((value + self.string(Clue()), self.pick(WORDS) + value + self.pick(WORDS), value * 2,
                              value.upper(), value[:-1], value + " "))  # fmt: skip
        return value

    def of_kind(self, kind: str, clue: Clue, depth: int = 0) -> Any:
        if kind == "int":
            return self.integer()
        if kind == "str":
            return self.string(clue)
        if kind == "float":
            return self.floating()
        if kind == "bool":
            return self.chance(0.5)
        if kind == "none":
            return None
        if kind == "bytes":
            if self.constants[bytes] and self.chance(0.3):
                return self.pick(self.constants[bytes])
            return self.string(clue).encode("utf-8", "replace")
        if kind == "dict":
            return self.mapping(clue, depth)
        if kind == "tuple" and clue.fields:
            return tuple(self.value(part, depth + 1) for part in clue.fields)
        items = self.items(clue, depth, scalar=kind in ("set", "fset"))
        if kind == "list":
            return items
        return self.hashable(KINDS[kind], items) if kind in ("set", "fset") else tuple(items)

    def integer(self) -> int:
        roll = self.random.random()
        if roll < 0.3 and self.ints:
            return self.pick(self.ints)  # type: ignore[no-any-return]
        if roll < 0.65:
            return self.pick(INTS)  # type: ignore[no-any-return]
        return self.random.randint(-20, 130) if roll < 0.92 else self.random.randint(-BIG, BIG)

    def floating(self) -> float:
        if self.constants[float] and self.chance(0.3):
            return self.near(self.pick(self.constants[float]))  # type: ignore[no-any-return]
        if self.chance(0.3):
            return round(self.random.uniform(-20, 100), 2)
        return float(self.pick(FLOATS))

    def string(self, clue: Clue) -> str:
        roll = self.random.random()
        if clue.lengths and roll < 0.2:
            return self.characters(self.pick(clue.lengths))
        if self.patterns and roll < 0.45:
            return sample(self.pick(self.patterns), self.random)
        if clue.name and roll < 0.6:
            topic = next((BY_TOPIC[word] for word in clue.name.lower().split("_") if word in BY_TOPIC), None)
            if topic:
                return self.pick(topic)  # type: ignore[no-any-return]
        words = self.constants[str]
        if words and roll < 0.75:
            return self.mixture([*words, *WORDS[:4]]) if self.chance(0.5) else self.pick(words)
        if clue.keys and roll < 0.85 and all(type(key) is str for key in clue.keys):
            return self.mixture([*clue.keys, *WORDS[:4]])
        if roll > 0.95:
            return "".join(self.pick("abcdeABC012 .,-_") for _ in range(self.random.randint(1, 12)))
        return self.pick(STRINGS)  # type: ignore[no-any-return]

    def characters(self, count: int) -> str:
        roll = self.random.random()
        if roll < 0.5:
            return "".join(self.pick("abcXYZ019 _-é") for _ in range(count))
        if roll < 0.8:
            return "".join(chr(self.random.randint(32, 126)) for _ in range(count))
        return "".join(self.pick(ODD) for _ in range(count))

    def mixture(self, parts: list[Any]) -> str:
        return "".join(self.pick(parts) for _ in range(self.random.randint(1, 4)))[:200]

    def size(self, clue: Clue) -> int:
        if clue.lengths and self.chance(0.4):
            return self.pick(clue.lengths)  # type: ignore[no-any-return]
        return self.pick((0, 1, 2, 2, 3, 3, 4, 5, 7))  # type: ignore[no-any-return]

    def items(self, clue: Clue, depth: int, scalar: bool = False) -> list[Any]:
        count = self.size(clue)
        item = clue.item or Clue()
        weights = item.kinds or dict(SCALARS if depth < 2 else {"int": 1.0, "str": 1.0})
        if item.fields:
            weights = item.kinds
        if scalar:
            weights = {kind: w for kind, w in weights.items() if kind not in ("list", "dict", "set")} or {"int": 1.0}
        if depth > 3:
            weights = {"int": 1.0}
        one = self.kind(weights)
        mixed = self.chance(0.15)
        made = []
        for _ in range(count):
            if item.values and self.chance(0.25):
                made.append(self.near(self.pick(item.values)) if not item.only else self.pick(item.values))
            else:
                made.append(self.of_kind(self.kind(weights) if mixed else one, item, depth + 1))
        return self.arrange(made)

    def arrange(self, items: list[Any]) -> list[Any]:
        """Often with duplicates, sorted, or reversed: orders that functions over sequences depend on."""
        if len(items) > 1 and self.chance(0.3):
            items[-1] = items[0]
        if self.chance(0.25):
            try:
                items = sorted(items, reverse=self.chance(0.3))
            except TypeError:
                return items
        return items

    def mapping(self, clue: Clue, depth: int) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        item = clue.item or Clue()
        for key in clue.keys:
            if self.chance(0.8):
                self._put(made, key, self.value(item, depth + 1) if depth < 4 else 0)
        if not clue.keys or self.chance(0.3):
            keys = clue.key or Clue(kinds={"str": 3.0, "int": 1.0})
            for _ in range(self.pick((0, 1, 2, 3))):
                key = self.pick(WORDS) if self.chance(0.5) and "str" in keys.kinds else self.value(keys, depth + 1)
                self._put(made, key, self.value(item, depth + 1) if depth < 4 else 0)
        return made

    def _put(self, made: dict[Any, Any], key: Any, value: Any) -> None:
        try:
            made[key] = value
        except TypeError:
            made[repr(key)] = value

    def change(self, value: Any, clue: Clue, depth: int = 0) -> Any:
        """A small change of `value`; containers are copied, never changed in place."""
        kind = type(value)
        if depth == 0 and self.chance(0.1):
            return self.value(clue)
        if kind is bool:
            return not value
        if kind is int:
            other = self.pick((value + 1, value - 1, -value, value * 2, value // 2, 0, self.integer()))
            return other if abs(other) <= 1 << 24 else value - 1
        if kind is float:
            whole = float(round(value)) if math.isfinite(value) else 1.0  # a project's own calls may hold inf or NaN
            return self.pick((value + 1, value - 1, -value, value / 2, 0.0, whole, self.floating()))
        if kind is str:
            return self.change_string(value, clue)
        if kind is bytes:
            return self.change_string(value.decode("latin-1"), clue).encode("utf-8")
        if kind is list:
            return self.change_list(value, clue, depth)
        if kind is tuple:
            if clue.fields and len(value) == len(clue.fields) and value:
                index = self.random.randrange(len(value))
                new = self.change(value[index], clue.fields[index], depth + 1)
                return (*value[:index], new, *value[index + 1 :])
            return tuple(self.change_list(list(value), clue, depth))
        if kind is dict:
            return self.change_dict(value, clue, depth)
        if kind is set or kind is frozenset:
            ordered = sorted(value, key=repr)
            return self.hashable(kind, self.change_list(ordered, clue, depth))
        return self.value(clue, depth)

    def hashable(self, kind: Any, items: list[Any]) -> Any:
        try:
            return kind(items)
        except TypeError:
            return kind()

    def change_string(self, text: str, clue: Clue) -> str:
        at = self.random.randint(0, len(text))
        roll = self.random.randrange(9)
        if roll == 0:
            return text[:at] + self.string(clue) + text[at:]
        if roll == 1:
            return text[:at] + text[at + 1 :]
        if roll == 2:
            return text[:at] + text[at - 1 : at] + text[at:]
        if roll == 3:
            return text[:at] + self.pick("aZ0 _-.,:;\t\n/é(\"'=") + text[at:]  # type: ignore[no-any-return]
        if roll == 4:
            return text[at:] + text[:at]
        if roll == 5:
            return self.pick((text.upper(), text.lower(), text.title(), text.strip(), text[::-1], " " + text))  # type: ignore[no-any-return]
        if roll == 6 and self.constants[str]:
            return text[:at] + self.pick(self.constants[str])[:40] + text[at:]  # type: ignore[no-any-return]
        if roll == 7:
            return text[:at]
        return text[:at] + self.pick("abc019") + text[at + 1 :]  # type: ignore[no-any-return]

    def change_list(self, items: list[Any], clue: Clue, depth: int) -> list[Any]:
        roll = self.random.randrange(8)
        item = clue.item or Clue()
        if not items or roll == 0:
            like = self.change(self.pick(items), item, depth + 1) if items else self.value(item, depth + 1)
            at = self.random.randint(0, len(items))
            return [*items[:at], like, *items[at:]]
        at = self.random.randrange(len(items))
        if roll == 1:
            return items[:at] + items[at + 1 :]
        if roll == 2:
            return [*items[: at + 1], items[at], *items[at + 1 :]]
        if roll == 3:
            return items[::-1]
        if roll == 4:
            return self.arrange(list(items))
        if roll == 5:
            other = self.random.randrange(len(items))
            swapped = list(items)
            swapped[at], swapped[other] = swapped[other], swapped[at]
            return swapped
        return [*items[:at], self.change(items[at], item, depth + 1), *items[at + 1 :]]

    def change_dict(self, held: dict[Any, Any], clue: Clue, depth: int) -> dict[Any, Any]:
        roll = self.random.randrange(4)
        made = dict(held)
        keys = list(made)
        if roll == 0 and keys:
            del made[self.pick(keys)]
        elif roll == 1 or not keys:
            key = self.pick(clue.keys) if clue.keys else self.pick(WORDS)
            self._put(made, key, self.value(clue.item or Clue(), depth + 1))
        else:
            key = self.pick(keys)
            made[key] = self.change(made[key], clue.item or Clue(), depth + 1)
        return made
