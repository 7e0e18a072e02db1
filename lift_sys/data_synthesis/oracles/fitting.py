"""Keeps, of generated calls, those whose arguments are what the function's own annotations ask for.

An explorer tries what works, and a function that says `number: int` may well take `"-1"`. A test that passes a string
there contradicts the signature that the prompt shows. Recorded and documented calls are the authors' own and stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.data_synthesis.oracles.generated import Exploration
from lift_sys.ir import Signature
from lift_sys.records import WireValue

_CONTAINERS = frozenset({"str", "bytes", "list", "tuple", "dict", "set", "frozenset"})
_KINDS: dict[str, frozenset[str]] = {
    "int": frozenset({"int", "bool"}),
    "float": frozenset({"int", "float", "bool"}),
    "bool": frozenset({"bool"}),
    "str": frozenset({"str"}),
    "bytes": frozenset({"bytes"}),
    "None": frozenset({"None"}),
    "list": frozenset({"list"}),
    "tuple": frozenset({"tuple"}),
    "dict": frozenset({"dict"}),
    "set": frozenset({"set"}),
    "frozenset": frozenset({"frozenset"}),
    "mapping": frozenset({"dict"}),
    **dict.fromkeys(("sequence", "iterable", "collection", "container", "sized", "reversible"), _CONTAINERS),
    **dict.fromkeys(
        ("datetime", "date", "time", "timedelta", "tzinfo", "decimal", "fraction", "path", "purepath", "uuid"),
        frozenset[str](),
    ),
}
"""Kinds of plain values that an annotation allows, by its last name in small letters; what is not here allows all."""
_TAGS = {
    "t": "tuple", "d": "dict", "set": "set", "fset": "frozenset", "f": "float", "b": "bytes", "s": "str", "i": "int",
}  # fmt: skip


def fitting(found: Exploration, signature: Signature) -> Exploration:
    """The exploration without the generated calls that contradict the signature's annotations."""
    kinds = {p.name: allowed(p.type_hint) for p in signature.parameters if p.type_hint}
    names = [p.name for p in signature.parameters]
    keep = [
        index for index, call in enumerate(found.calls) if call.oracle != "generated" or _fits(call, names, kinds)
    ]
    if len(keep) == len(found.calls):
        return found
    blocks = tuple(found.blocks[index] for index in keep) if found.blocks else ()
    return replace(found, calls=tuple(found.calls[index] for index in keep), blocks=blocks)


def _fits(call: ObservedCall, names: Sequence[str], kinds: dict[str, frozenset[str] | None]) -> bool:
    given = {**dict(zip(names, call.args, strict=False)), **call.kwargs}
    for name, value in given.items():
        wanted = kinds.get(name)
        if wanted is not None and kind_of(value) not in wanted:
            return False
    return True


def kind_of(value: WireValue) -> str:
    """The name of the plain type that a wire value is of."""
    if value is None:
        return "None"
    if isinstance(value, dict):
        return _TAGS[next(iter(value))]
    return type(value).__name__


def allowed(hint: str) -> frozenset[str] | None:
    """The kinds of plain values that an annotation allows; None where it can't be told, or allows all."""
    found: set[str] = set()
    for part in _alternatives(hint):
        name = re.split(r"[\[(]", part, maxsplit=1)[0].strip().rpartition(".")[2]
        kinds = _KINDS.get(name) or _KINDS.get(name.lower())
        if kinds is None and name.lower() not in _KINDS:
            return None
        found |= kinds or frozenset()
    return frozenset(found)


def _alternatives(hint: str) -> list[str]:
    """`Optional[A | B]` -> A, B, None."""
    text = hint.strip().strip("\"'").strip()
    match = re.fullmatch(r"(?:typing\.|t\.)?(Optional|Union)\[(.*)\]", text, re.DOTALL)
    if match:
        inner = [part for piece in _split(match[2], ",") for part in _alternatives(piece)]
        return [*inner, "None"] if match[1] == "Optional" else inner
    parts = _split(text, "|")
    return [part for piece in parts for part in _alternatives(piece)] if len(parts) > 1 else [text]


def _split(text: str, separator: str) -> list[str]:
    """Parts between separators that stand in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]
