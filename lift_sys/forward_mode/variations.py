"""Scripts like a prompt's examples, to see on which candidates agree: the same calls with other arguments."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from lift_sys import wire
from lift_sys.errors import WireError
from lift_sys.forward_mode.examples import Line, Names, tree_of
from lift_sys.forward_mode.running import Script

COUNT = 24


def scripts_of(lines: Sequence[Line]) -> list[Script]:
    """The lines of examples in pieces that stand alone: one that uses nothing made above it begins a new piece."""
    found: list[Script] = []
    made: set[str] = set()
    for line in lines:
        used = Names(line.source)
        text = ast.unparse(_tree(line.source))
        if found and (used.read | used.called) & made:
            found[-1] += (text,)
        else:
            found.append((text,))
        made |= used.made
    return list(dict.fromkeys(found))


def variations(scripts: Sequence[Script], count: int = COUNT, seed: int = 0) -> list[Script]:
    """The given scripts and changed ones, no two alike; nothing where none are given.

    A change takes an argument from another call of the same function, or moves a number, cuts, doubles, swaps or
    empties a sequence, or changes a part of a container, so types stay as they were shown.
    """
    rng = Random(seed)
    found = dict.fromkeys(scripts)
    shown: dict[str, list[Any]] = defaultdict(list)
    for script in scripts:
        for line in script:
            for key, _, value in _arguments(_tree(line)):
                shown[key].append(value)
    for _ in range(20 * count if shown else 0):
        if len(found) >= count:
            break
        found.setdefault(_varied(rng.choice(scripts), shown, rng))
    return list(found)[:count]


def _varied(script: Script, shown: dict[str, list[Any]], rng: Random) -> Script:
    trees = [_tree(line) for line in script]
    places = [(number, *place) for number, tree in enumerate(trees) for place in _arguments(tree)]
    if not places:
        return script
    number, key, node, value = rng.choice(places)
    if len(shown[key]) > 1 and rng.random() < 0.3:
        value = rng.choice(shown[key])
    else:
        for _ in range(rng.randint(1, 2)):
            value = _changed(value, rng)
    changed = ast.unparse(_Put(node, _tree(wire.literal(value))).visit(trees[number]))
    return (*script[:number], changed, *script[number + 1 :])


def _arguments(tree: ast.AST) -> Iterator[tuple[str, ast.expr, Any]]:
    """The literals that a line hands to calls: which argument of what it is, the node, and the value."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            given = [*enumerate(call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]
            for place, node in given:
                try:
                    yield f"{ast.unparse(call.func)} {place}", node, ast.literal_eval(node)
                except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    continue


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def _tree(source: str) -> ast.AST:
    """A line that parses: the expression, where it is one."""
    tree = tree_of(source, "eval")
    return tree.body if isinstance(tree, ast.Expression) else ast.parse(source)


def inputs_of(script: Script, name: str) -> str:
    """The arguments, in the wire format, of a script that is one call of a function with literals by position; empty
    for any other, and where they have no encoding."""
    call = _tree(script[0])
    if len(script) > 1 or not isinstance(call, ast.Call) or ast.unparse(call.func) != name or call.keywords:
        return ""
    try:
        return wire.encode(tuple(map(ast.literal_eval, call.args)))
    except (ValueError, TypeError, SyntaxError, WireError, MemoryError, RecursionError):
        return ""


def _changed(value: Any, rng: Random) -> Any:
    if isinstance(value, bool) or value is None:
        return value if value is None else not value
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, 0, -value, 2 * value, value + rng.randint(-9, 9)))
    if isinstance(value, float):
        return rng.choice((value + 1, -value, value / 2, 0.0))
    if isinstance(value, str):
        return "".join(_sequence(list(value), rng, rng.choice("abc XYZ09")))
    if isinstance(value, (list, tuple)):
        return type(value)(_sequence(list(value), rng, None))
    if isinstance(value, dict):
        return dict(_sequence(list(value.items()), rng, None, key=True))
    if isinstance(value, (set, frozenset)):
        ordered = sorted(value, key=repr)
        return type(value)(ordered[: rng.randint(0, len(ordered))])
    return value


def _sequence(items: list[Any], rng: Random, new: Any, *, key: bool = False) -> list[Any]:
    """A list cut, grown, turned, or with one member changed; of pairs, only the second part is changed."""
    if not items:
        return [new] if new is not None else []
    way, at = rng.randrange(6), rng.randrange(len(items))
    if way == 0:
        return items[:at]
    if way == 1:
        return items[at:]
    if way == 2:
        return items[::-1]
    if way == 3 and not key:
        return [*items[:at], items[at], *items[at:]]
    if way == 4 and new is not None:
        return [*items[:at], new, *items[at + 1 :]]
    if new is not None:
        return [*items[:at], *items[at + 1 :]]
    member = (items[at][0], _changed(items[at][1], rng)) if key else _changed(items[at], rng)
    return [*items[:at], member, *items[at + 1 :]]
