"""The IR as a language model reads and writes it: one clause a line, without provenance, metadata or nulls.

    def clamp(value: int, low: int = 0) -> int
    param low: the least that comes back
    intent: Limit a number from below.
    requires: low >= 0
    ensures: result >= low
    raises: ValueError: `value` is negative
    note: needs the standard library only
    hole intent why: str: what it is for

Lines stand in this order, and `def` and `intent` must be there. `parse(render(ir))` is the IR with what a line can't
hold left out. The grammar (Lark, as llguidance reads it) is made from the schema's own enumerations, so a kind that
is added to the schema is in the grammar.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

from lift_sys.errors import IRError
from lift_sys.ir.models import (
    Assertion,
    AssertionKind,
    Constraint,
    Effect,
    EffectKind,
    HoleKind,
    Intent,
    IntermediateRepresentation,
    Parameter,
    ParameterKind,
    Provenance,
    Signature,
    Source,
    TypedHole,
)

ASSERTIONS: dict[AssertionKind, str] = {
    "precondition": "requires",
    "postcondition": "ensures",
    "invariant": "invariant",
}
_KINDS = {word: kind for kind, word in ASSERTIONS.items()}
EFFECTS: tuple[EffectKind, ...] = get_args(EffectKind)
HOLES: tuple[HoleKind, ...] = get_args(HoleKind)
_STARS = {"var_positional": "*", "var_keyword": "**"}


def render(ir: IntermediateRepresentation) -> str:
    """The lines of an IR, without a line end after the last."""
    return "\n".join(_lines(ir))


def _lines(ir: IntermediateRepresentation) -> Iterator[str]:
    yield signature_line(ir.signature)
    for parameter in ir.signature.parameters:
        if parameter.description:
            yield f"param {parameter.name}: {_flat(parameter.description)}"
    yield f"intent: {_flat(ir.intent.summary)}"
    for kind, word in ASSERTIONS.items():
        yield from (f"{word}: {_flat(a.predicate)}" for a in ir.assertions if a.kind == kind)
    for effect in sorted(ir.effects, key=lambda effect: EFFECTS.index(effect.kind)):
        yield f"{effect.kind}: {_flat(effect.description)}"
    yield from (f"note: {_flat(constraint.description)}" for constraint in ir.constraints)
    for hole in ir.holes:
        says = f": {_flat(hole.description)}" if hole.description.strip() else ""
        yield f"hole {hole.kind} {hole.identifier}: {_flat(hole.type_hint)}{says}"


def signature_line(signature: Signature) -> str:
    """`def name(parameters) -> returns`, as Python writes it but for the colon."""
    returns = f" -> {signature.returns}" if signature.returns else ""
    return f"def {signature.name}({', '.join(_parameters(signature.parameters))}){returns}"


def _parameters(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    """Parameters in order, with `/` and `*` where they must stand."""
    before: ParameterKind | None = None
    for parameter in parameters:
        if before == "positional_only" and parameter.kind != "positional_only":
            yield "/"
        if parameter.kind == "keyword_only" and before not in ("keyword_only", "var_positional"):
            yield "*"
        hint = f": {parameter.type_hint}" if parameter.type_hint else ""
        equals = " = " if hint else "="
        default = f"{equals}{parameter.default}" if parameter.default is not None else ""
        yield f"{_STARS.get(parameter.kind, '')}{parameter.name}{hint}{default}"
        before = parameter.kind
    if before == "positional_only":
        yield "/"


def _flat(text: str) -> str:
    return " ".join(text.split())


def parse(text: str, source: Source = "model") -> IntermediateRepresentation:
    """The IR that lines describe; `source` goes into the provenance of every clause.

    Raises:
        IRError: a line is none of an IR, or one that must be there is missing; it names the line.
    """
    says = Provenance(source=source)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines or not lines[0].startswith("def "):
        raise IRError(f"an IR begins with its signature, not with {lines[0][:60] if lines else 'nothing'!r}")
    signature = _signature(lines[0])
    described: dict[str, str] = {}
    intent, assertions, effects, constraints = "", [], [], []
    holes: dict[HoleKind, list[TypedHole]] = {}
    for line in lines[1:]:
        key, _, said = (part.strip() for part in line.partition(":"))
        first, _, rest = key.partition(" ")
        if not said:
            raise IRError(f"{line[:80]!r} says nothing")
        if key == "intent" and not intent:
            intent = said
        elif first == "param" and rest in {p.name for p in signature.parameters}:
            described[rest] = said
        elif key in _KINDS:
            assertions.append(Assertion(kind=_KINDS[key], predicate=_predicate(said), provenance=says))
        elif key in EFFECTS:
            effects.append(Effect(kind=key, description=said, provenance=says))
        elif key == "note":
            constraints.append(Constraint(description=said, provenance=says))
        elif first == "hole":
            hole = _hole(rest, said, line)
            holes.setdefault(hole.kind, []).append(hole)
        else:
            raise IRError(f"no clause of an IR: {line[:80]!r}")
    if not intent:
        raise IRError("the IR has no intent")
    parameters = tuple(p.model_copy(update={"description": described.get(p.name)}) for p in signature.parameters)
    own = tuple(hole for kind in HOLES if kind != "signature" for hole in holes.get(kind, ()))
    return IntermediateRepresentation(
        intent=Intent(summary=intent, holes=own, provenance=says),
        signature=signature.model_copy(
            update={"parameters": parameters, "holes": tuple(holes.get("signature", ())), "provenance": says}
        ),
        effects=tuple(effects),
        assertions=tuple(assertions),
        constraints=tuple(constraints),
    )


def _signature(line: str) -> Signature:
    source = f"{line}: ..."
    try:
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef)
    except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError) as error:
        raise IRError(f"no signature: {line[:120]!r}") from error

    def parameter(arg: ast.arg, kind: ParameterKind, default: ast.expr | None = None) -> Parameter:
        return Parameter(name=arg.arg, type_hint=text(arg.annotation), default=text(default), kind=kind)

    def text(node: ast.expr | None) -> str | None:
        return ast.get_source_segment(source, node) if node is not None else None

    args = function.args
    plain, only = [*args.posonlyargs, *args.args], len(args.posonlyargs)
    padded: list[ast.expr | None] = [*[None] * (len(plain) - len(args.defaults)), *args.defaults]
    parameters = [
        parameter(arg, "positional_only" if place < only else "positional_or_keyword", default)
        for place, (arg, default) in enumerate(zip(plain, padded, strict=True))
    ]
    parameters += [parameter(args.vararg, "var_positional")] if args.vararg else []
    parameters += [parameter(a, "keyword_only", d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    parameters += [parameter(args.kwarg, "var_keyword")] if args.kwarg else []
    return Signature(name=function.name, parameters=tuple(parameters), returns=text(function.returns))


def _predicate(text: str) -> str:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise IRError(f"no predicate: {text[:120]!r}") from error
    return text


def _hole(key: str, said: str, line: str) -> TypedHole:
    kind, _, identifier = key.partition(" ")
    hint, _, description = said.partition(": ")
    if kind not in HOLES or not identifier:
        raise IRError(f"no hole: {line[:80]!r}")
    return TypedHole(kind=kind, identifier=identifier, type_hint=hint, description=description)


def grammar() -> str:
    """The language of `render`, for constrained decoding. Predicates and types are held to balanced brackets only.

    A line's end is a word of its own: as a part of `"\\nnote: "` it would keep llguidance, which takes the longest
    word that it can and does not go back, from reading `network` there.
    """
    effects = " | ".join(f'"{kind}"' for kind in EFFECTS)
    assertions = " | ".join(f'"{word}"' for word in ASSERTIONS.values())
    holes = " | ".join(f'"{kind}"' for kind in HOLES)
    return f"""
start: signature param* intent assertion* effect* note* hole*
signature: "def " NAME "(" balanced? ")" (" -> " type)?
param: "\\n" "param " NAME ": " TEXT
intent: "\\n" "intent: " TEXT
assertion: "\\n" ({assertions}) ": " TEXT
effect: "\\n" ({effects}) ": " TEXT
note: "\\n" "note: " TEXT
hole: "\\n" "hole " ({holes}) " " NAME ": " TEXT
type: (BARE | STRING | bracketed)+
balanced: (PLAIN | STRING | bracketed)+
bracketed: "(" balanced? ")" | "[" balanced? "]" | "{{" balanced? "}}"
NAME: /[A-Za-z_\\u0080-\\U0010FFFF][A-Za-z0-9_\\u0080-\\U0010FFFF]*/
PLAIN: /[^()\\[\\]{{}}'"\\n]+/
BARE: /[^()\\[\\]{{}}'":\\n]+/
STRING: /'([^'\\\\\\n]|\\\\.)*'|"([^"\\\\\\n]|\\\\.)*"/
TEXT: /[^\\n]+/
"""
