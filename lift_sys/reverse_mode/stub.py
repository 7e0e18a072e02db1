'''An IR as a Python stub, and back: `lift_stub(render_stub(ir)) == ir` for every IR.

The stub is a function whose body is missing. Its `def` line says the signature; its docstring says the rest, one
`key: value` a line, nested by indentation:

    def clamp(x: int, lo: int, hi: int) -> int:
        """Limit a number to a range.
        from: docstring, confidence 0.9
        Parameters:
            - x: the number
        Effects:
            - raises: ValueError
        Requires:
            - not (lo > hi)
                from: static, confidence 0.98, held on 40 calls
                evidence: line 2
        Ensures:
            - lo <= result <= hi
        """
        raise NotImplementedError

A value stands as it is when it is printable and on one line; any other is a JSON string. What the `def` line can't
say exactly (a hint that is no expression, an order Python forbids) is said in the docstring too, which wins.
'''

from __future__ import annotations

from typing import Any

from lift_sys.ir import (
    Assertion,
    Constraint,
    Effect,
    Intent,
    IntermediateRepresentation,
    Metadata,
    Parameter,
    Provenance,
    Signature,
    TypedHole,
)
from lift_sys.reverse_mode.outline import Node, parse_outline, quote, render_outline, unquote
from lift_sys.reverse_mode.stub_header import docstring_literal, header, read_function

SECTIONS = {"precondition": "Requires", "postcondition": "Ensures", "invariant": "Invariants"}
_KINDS = {title: kind for kind, title in SECTIONS.items()}


def render_stub(ir: IntermediateRepresentation) -> str:
    """Valid Python that says everything the IR says."""
    line, exact = header(ir.signature)
    nodes = [*_intent(ir.intent), *_signature(ir.signature, exact)]
    nodes += _section("Effects", [_effect(effect) for effect in ir.effects])
    nodes += _assertions(ir.assertions)
    nodes += _section("Constraints", [_constraint(item) for item in ir.constraints])
    nodes += _metadata(ir.metadata)
    text = "\n".join([quote(ir.intent.summary), *render_outline(nodes, 1), "    "])
    if not nodes:
        text = quote(ir.intent.summary)
    return f"{line}\n    {docstring_literal(text)}\n    raise NotImplementedError\n"


def lift_stub(text: str) -> IntermediateRepresentation:
    """The IR that `render_stub` rendered.

    Raises:
        ValueError: the text is no such stub; the message says where.
    """
    spoken, docstring = read_function(text)
    summary, _, rest = docstring.partition("\n")
    nodes = parse_outline(rest, 1)
    intent = [node for node in nodes if not node.key[:1].isupper()]
    assertions = [
        Assertion.model_validate(
            {"kind": _KINDS[node.key], "predicate": unquote(item.value), **_clause(item, "because")}
        )
        for node in nodes
        if node.key in _KINDS
        for item in node.children
    ]
    return IntermediateRepresentation(
        intent=Intent.model_validate({"summary": unquote(summary), **_clause(Node("", "", intent), "because")}),
        signature=_lift_signature(spoken, _children(nodes, "Signature"), _children(nodes, "Parameters")),
        effects=tuple(_lift_effect(item) for item in _children(nodes, "Effects")),
        assertions=tuple(assertions),
        constraints=tuple(
            Constraint(description=unquote(item.value), provenance=_provenance(item.children))
            for item in _children(nodes, "Constraints")
        ),
        metadata=_lift_metadata(_children(nodes, "Metadata")),
    )


def _section(title: str, items: list[Node]) -> list[Node]:
    return [Node(title, None, items)] if items else []


def _children(nodes: list[Node], title: str) -> list[Node]:
    return [child for node in nodes if node.key == title for child in node.children]


def _item(value: str, *children: list[Node]) -> Node:
    return Node("-", value, [node for group in children for node in group])


def _texts(key: str, values: tuple[str, ...]) -> list[Node]:
    return [Node(key, quote(value)) for value in values]


def _optional(key: str, value: str | None) -> list[Node]:
    return [] if value is None else [Node(key, quote(value))]


def _origin(provenance: Provenance | None) -> list[Node]:
    if provenance is None:
        return []
    text = f"{provenance.source}, confidence {provenance.confidence!r}"
    if provenance.observed_calls is not None:
        text += f", held on {provenance.observed_calls} calls"
    return [Node("from", text), *_texts("evidence", provenance.evidence)]


def _holes(holes: tuple[TypedHole, ...]) -> list[Node]:
    return [
        Node(
            "hole",
            quote(hole.identifier),
            [
                Node("type", quote(hole.type_hint)),
                Node("kind", hole.kind),
                *([Node("about", quote(hole.description))] if hole.description else []),
                *_texts("must", hole.constraints),
            ],
        )
        for hole in holes
    ]


def _intent(intent: Intent) -> list[Node]:
    return [*_optional("because", intent.rationale), *_origin(intent.provenance), *_holes(intent.holes)]


def _signature(signature: Signature, exact: bool) -> list[Node]:
    about = [*_origin(signature.provenance), *_holes(signature.holes)]
    if not exact:
        about = [Node("name", quote(signature.name)), *_optional("returns", signature.returns), *about]
    items = [node for parameter in signature.parameters if (node := _parameter(parameter, exact)) is not None]
    return [*_section("Signature", about), *_section("Parameters", items)]


def _parameter(parameter: Parameter, exact: bool) -> Node | None:
    children = [*_optional("about", parameter.description), *_origin(parameter.provenance)]
    if not exact:
        children = [
            Node("kind", parameter.kind),
            *_optional("type", parameter.type_hint),
            *_optional("default", parameter.default),
            *children,
        ]
    elif not children:
        return None
    return Node("-", quote(parameter.name), children)


def _effect(effect: Effect) -> Node:
    return _item(f"{effect.kind}: {quote(effect.description)}", _origin(effect.provenance), _holes(effect.holes))


def _assertions(assertions: tuple[Assertion, ...]) -> list[Node]:
    """A section for each run of clauses of one kind, so that their order survives."""
    nodes: list[Node] = []
    for clause in assertions:
        title = SECTIONS[clause.kind]
        if not nodes or nodes[-1].key != title:
            nodes.append(Node(title, None))
        because = _optional("because", clause.rationale)
        item = _item(quote(clause.predicate), because, _origin(clause.provenance), _holes(clause.holes))
        nodes[-1].children.append(item)
    return nodes


def _constraint(constraint: Constraint) -> Node:
    return _item(quote(constraint.description), _origin(constraint.provenance))


def _metadata(metadata: Metadata) -> list[Node]:
    children = [
        *_optional("source", metadata.source_path),
        *([] if metadata.language == "python" else [Node("language", quote(metadata.language))]),
        *_optional("origin", metadata.origin),
        *_texts("evidence", metadata.evidence),
    ]
    return _section("Metadata", children)


def _values(nodes: list[Node], key: str) -> tuple[str, ...]:
    return tuple(unquote(node.value) for node in nodes if node.key == key)


def _value(nodes: list[Node], key: str) -> str | None:
    return next(iter(_values(nodes, key)), None)


def _provenance(nodes: list[Node]) -> Provenance | None:
    text = next((node.value for node in nodes if node.key == "from"), None)
    if text is None:
        return None
    parts = text.split(", ")
    fields: dict[str, object] = {"source": parts[0], "confidence": float(parts[1].removeprefix("confidence "))}
    if len(parts) == 3:
        fields["observed_calls"] = int(parts[2].removeprefix("held on ").removesuffix(" calls"))
    return Provenance.model_validate({**fields, "evidence": _values(nodes, "evidence")})


def _lift_holes(nodes: list[Node]) -> tuple[TypedHole, ...]:
    return tuple(
        TypedHole.model_validate(
            {
                "identifier": unquote(node.value),
                "type_hint": _value(node.children, "type"),
                "kind": _value(node.children, "kind"),
                "description": _value(node.children, "about") or "",
                "constraints": _values(node.children, "must"),
            }
        )
        for node in nodes
        if node.key == "hole"
    )


def _clause(node: Node, reason: str) -> dict[str, Any]:
    return {
        "rationale": _value(node.children, reason),
        "holes": _lift_holes(node.children),
        "provenance": _provenance(node.children),
    }


def _lift_effect(item: Node) -> Effect:
    kind, _, description = (item.value or "").partition(": ")
    return Effect.model_validate(
        {
            "kind": kind,
            "description": unquote(description),
            "holes": _lift_holes(item.children),
            "provenance": _provenance(item.children),
        }
    )


def _lift_signature(spoken: Signature, about: list[Node], items: list[Node]) -> Signature:
    name = _value(about, "name")
    if name is None:  # the def line says it all
        notes = {unquote(item.value): item.children for item in items}
        parameters = tuple(
            parameter.model_copy(
                update={
                    "description": _value(notes.get(parameter.name, []), "about"),
                    "provenance": _provenance(notes.get(parameter.name, [])),
                }
            )
            for parameter in spoken.parameters
        )
        name, returns = spoken.name, spoken.returns
    else:
        parameters, returns = tuple(map(_lift_parameter, items)), _value(about, "returns")
    return Signature(
        name=name,
        parameters=parameters,
        returns=returns,
        holes=_lift_holes(about),
        provenance=_provenance(about),
    )


def _lift_parameter(item: Node) -> Parameter:
    return Parameter.model_validate(
        {
            "name": unquote(item.value),
            "type_hint": _value(item.children, "type"),
            "description": _value(item.children, "about"),
            "default": _value(item.children, "default"),
            "kind": _value(item.children, "kind"),
            "provenance": _provenance(item.children),
        }
    )


def _lift_metadata(nodes: list[Node]) -> Metadata:
    return Metadata(
        source_path=_value(nodes, "source"),
        language=_value(nodes, "language") or ("" if any(node.key == "language" for node in nodes) else "python"),
        origin=_value(nodes, "origin"),
        evidence=_values(nodes, "evidence"),
    )
