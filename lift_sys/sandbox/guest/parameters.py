"""The parameters of a function, each with its clue: from its hint, its name, its default and its use."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

try:
    from lift_sys.sandbox.guest.clues import KINDS, Clue, Source, constant
    from lift_sys.sandbox.guest.hints import read_hint
    from lift_sys.sandbox.guest.usage import Reader
except ImportError:  # inside the box
    from clues import KINDS, Clue, Source, constant  # type: ignore[no-redef,import-not-found]
    from hints import read_hint  # type: ignore[no-redef,import-not-found]
    from usage import Reader  # type: ignore[no-redef,import-not-found]

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


@dataclass
class Parameter:
    name: str
    kind: str
    """positional, keyword, star or stars."""
    clue: Clue
    required: bool
    default: Any = None


def parameters(
    function: ast.FunctionDef, source: Source, *, bound: bool, attributes: dict[str, Clue] | None = None
) -> list[Parameter]:
    """The parameters with their clues; `bound`: the first one is filled in already (self, cls).

    `attributes` are clues of what the first one's object holds; those that the function gives it are added.
    """
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
    owner = f"{found[0].name}." if bound and found else ""
    if owner and attributes is not None:
        env.update({owner + name: clue for name, clue in attributes.items()})
    Reader(source, env).block(function.body)
    if owner and attributes is not None:
        attributes.update({name[len(owner) :]: clue for name, clue in env.items() if name.startswith(owner)})
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
