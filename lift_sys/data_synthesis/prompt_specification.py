"""The registers `specification` and `stub`: everything that is known, as prose and as a docstring to complete."""

from __future__ import annotations

from lift_sys.data_synthesis import phrasing
from lift_sys.data_synthesis.prompt_examples import in_order
from lift_sys.data_synthesis.prompt_material import Material, Pick
from lift_sys.data_synthesis.stubs import stub


def specification(material: Material, pick: Pick) -> str:
    what = "method" if material.owner else "function"
    of = f" of the class `{material.owner}`" if material.owner else ""
    opening = pick(
        "specification",
        (
            f"Write a Python {what} `{material.header.name}`{of} with this signature:",
            f"Implement the Python {what} `{material.header.name}`{of}. Its signature:",
        ),
    )
    code = "\n".join(f"    {line}".rstrip() for line in _signature_lines(material))
    sections = [opening, code, *_class(material), *_behaviour(material)]
    sections += [_titled("Parameters", _parameter_lines(material))]
    sections += [_returns_line(material)]
    sections += [_titled("Raises", _raise_lines(material))]
    guarantees = [f"- {phrasing.sentence(text)}" for text in material.guarantees]
    sections += [_titled("Properties of the result", guarantees)]
    examples = in_order(material.examples)[:4]
    sections += [material.note if examples else ""]
    sections += [_titled("Examples" if len(examples) > 1 else "Example", [item.doctest() for item in examples])]
    return "\n\n".join(section for section in sections if section)


def _class(material: Material) -> list[str]:
    """The class that a method belongs to, as far as it is known."""
    if material.outline is None:
        return []
    return [
        "The class that it belongs to:",
        "\n".join(f"    {line}".rstrip() for line in material.outline.text.split("\n")),
    ]


def _signature_lines(material: Material) -> list[str]:
    preamble = material.preamble()
    lines = material.header.definition().rstrip(":").split("\n")
    return [*preamble.split("\n"), "", *lines] if preamble else lines


def _behaviour(material: Material) -> list[str]:
    parts: list[str] = []
    if material.summary:
        parts.append(_described(material))
    else:
        intent = material.intent_by_name()
        if intent:
            parts.append(f"It should {intent}.")
    parts.extend(material.body)
    parts.extend(material.points)
    if not parts and material.examples:
        parts.append("The examples show what it does.")
    if material.behaviour:
        parts.append(" ".join(material.behaviour))
    return parts


def _described(material: Material) -> str:
    """The summary as a sentence; `True if x` says that it is returned."""
    purpose = material.summary.rstrip(".")
    if phrasing.mood(purpose) == "truth":
        return phrasing.sentence(phrasing.truth(purpose))
    return material.summary


def _titled(title: str, lines: list[str]) -> str:
    return "\n".join([f"{title}:", *lines]) if lines else ""


def _parameter_lines(material: Material) -> list[str]:
    """One line for each parameter of which more is known than the signature says."""
    annotated = {argument.arg for argument in material.header.parameters if argument.annotation is not None}
    lines = []
    for parameter in material.parameters:
        text = phrasing.sentence(parameter.description) if parameter.description else ""
        unstated = parameter.type_hint is not None and parameter.name not in annotated
        if not text and not unstated:
            continue
        told = [parameter.type_hint] if parameter.type_hint else []
        if parameter.default is not None:
            told.append(f"default `{parameter.default}`")
        note = f" ({', '.join(told)})" if told else ""
        star = {"var_positional": "*", "var_keyword": "**"}.get(parameter.kind, "")
        lines.append(f"- `{star}{parameter.name}`{note}{': ' + text if text else ''}")
    return lines


def _returns_line(material: Material) -> str:
    stated = material.header.returns is not None
    if not material.returns and (stated or not material.returns_type):
        return ""
    verb = "Yields" if material.is_generator else "Returns"
    hint = "" if stated or not material.returns_type else material.returns_type
    if material.is_generator:  # what was seen is the list that the harness makes of what it yields
        hint = hint[5:-1] if hint.startswith("list[") else "" if hint == "list" else hint
    if not material.returns:
        return f"{verb}: {hint}." if hint else ""
    text = phrasing.sentence(material.returns)
    return f"{verb}: {hint + '; ' + phrasing.lower_first(text) if hint else text}"


def _raise_lines(material: Material) -> list[str]:
    shown = {item.raises: item for item in reversed(material.examples) if item.raises}
    lines, bare = [], []
    for name, text in material.raises:
        if text:
            lines.append(f"- `{name}`: {phrasing.lower_first(text).rstrip('.')}.")
        elif name in shown:
            lines.append(f"- `{name}`: for example for {shown[name].inline()}.")
        else:
            bare.append(f"`{name}`")
    if bare:
        lines.append(f"- {phrasing.join(bare)}, for {'other ' if lines else ''}input that it can't handle.")
    return lines


def complete_stub(material: Material, pick: Pick) -> str:
    paragraphs = _behaviour(material)
    paragraphs = [text for text in paragraphs if text != "The examples show what it does."]
    lines = [
        f"- {parameter.name}: {phrasing.sentence(parameter.description)}"
        for parameter in material.parameters
        if parameter.description
    ]
    if lines:
        paragraphs.append(_titled("Parameters", lines))
    paragraphs.append(_returns_line(material))
    paragraphs.append(
        _titled(
            "Raises", [line for line in _raise_lines(material) if ": " in line and ": for example for" not in line]
        )
    )
    examples = [item.doctest() for item in in_order(material.examples)[:3]]
    if examples and material.note:
        paragraphs.append(material.note)
    return stub(
        material.header, [text for text in paragraphs if text], examples, material.outline, material.preamble()
    )
