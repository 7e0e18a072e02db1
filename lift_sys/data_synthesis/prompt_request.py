"""The register `request`: what a person would type, in one or two sentences."""

from __future__ import annotations

from lift_sys.data_synthesis import phrasing
from lift_sys.data_synthesis.prompt_examples import telling
from lift_sys.data_synthesis.prompt_material import Material, Pick

_REQUEST_EXAMPLE = 140
_CONDITIONAL = (
    "if", "when", "whenever", "for", "on", "unless", "in", "where", "after", "before", "because", "with",
)  # fmt: skip


def request(material: Material, pick: Pick) -> str:
    opening = _opening(material, pick)
    parts = [opening, *_made(material), *material.behaviour[:1]]
    if material.level != "docstring" and material.points:
        parts.append(material.points[0])
    if material.returns and material.level != "docstring":
        parts.append(f"It returns {phrasing.lower_first(material.returns.rstrip('.'))}.")
    documented = [(name, text) for name, text in material.raises if text][:2]
    parts += [f"{_raise_verb(text, name)}." for name, text in documented]
    parts += _inline_examples(material, pick, dict(documented))
    code = material.short_preamble()
    return " ".join(parts) + (f"\n\nThe names it uses:\n\n```python\n{code}\n```" if code else "")


def _made(material: Material) -> list[str]:
    """How an object of the class is made, for a method."""
    if material.outline is None or not material.outline.constructor:
        return []
    return [f"An object is made by `{material.outline.constructor}`."]


def _opening(material: Material, pick: Pick) -> str:
    """The order itself: name, signature and purpose."""
    signature = f"`{material.header.call_signature()}`"
    what = "method" if material.owner else "function"
    of = f" of the class `{material.owner}`" if material.owner else ""
    purpose = material.summary.rstrip(".")
    mood = phrasing.mood(purpose)
    if not purpose:
        return _opening_without_summary(material, signature, what, of)
    text = phrasing.lower_first(purpose)
    forms: tuple[str, ...]
    if mood == "indicative":
        forms = (
            f"Write a Python {what} {signature}{of} that {text}.",
            f"I need a Python {what} {signature}{of} that {text}.",
            f"Please implement {signature}{of}, a Python {what} that {text}.",
        )
    elif mood == "imperative":
        forms = (
            f"Write a Python {what} {signature}{of}. It should {text}.",
            f"Implement {signature}{of} in Python. It should {text}.",
            f"Please write the Python {what} {signature}{of}; it should {text}.",
        )
    elif mood == "truth":
        text = phrasing.truth(purpose)
        forms = (
            f"Write a Python {what} {signature}{of} that {text}.",
            f"I need a Python {what} {signature}{of} that {text}.",
        )
    else:
        forms = (
            f"Write the Python {what} {signature}{of}: {text}.",
            f"Implement this Python {what}{of}: {signature}. Its description: {text}.",
        )
    return pick("opening", forms)


def _opening_without_summary(material: Material, signature: str, what: str, of: str) -> str:
    opening = f"Write a Python {what} {signature}{of}."
    intent = material.intent_by_name()
    return f"{opening} It should {intent}." if intent else opening


def _raise_verb(condition: str, name: str) -> str:
    return f"It raises `{name}` {_condition(condition)}"


def _condition(text: str) -> str:
    """A documented condition as the end of "raised ..."."""
    text = phrasing.lower_first(text.strip().rstrip("."))
    text = text.removeprefix("raised ").removeprefix("is raised ").removeprefix("thrown ")
    return text if text.split(" ", 1)[0] in _CONDITIONAL else f"({text})"


def _inline_examples(material: Material, pick: Pick, told: dict[str, str]) -> list[str]:
    results = [item for item in material.examples if not item.raises and item.size <= _REQUEST_EXAMPLE]
    errors = [item for item in material.examples if item.raises and item.size <= _REQUEST_EXAMPLE]
    wanted = 1 if material.level == "docstring" else 3
    parts = []
    chosen = telling(results, wanted)
    if chosen:
        calls = [f"{item.inline()} returns `{item.result}`" for item in chosen]
        lead = pick("example", ("For example, ", "Example: "))
        parts.append(f"{lead}{phrasing.join(calls)}.")
        parts += [material.note] if material.note else []
    errors = [item for item in errors if item.raises not in told][:1]
    parts += [f"{item.inline()} raises `{item.raises}`." for item in errors]
    return parts
