"""Prompts for a function, in three registers, that never give its body away.

    request         what a person would type: one or two sentences, the signature, an example
    specification   everything that is known: behaviour, parameters, result, errors, guarantees, examples
    stub            imports, `def` line and docstring, to be completed (as in HumanEval, Chen et al. 2021)

What the prompt is built on is its level, from the best to the poorest: the docstring, then comments and parameter
documentation, then recorded calls or doctests, then the name with hints and effects, then generated calls alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis import phrasing
from lift_sys.data_synthesis.leaks import leaks_body
from lift_sys.data_synthesis.prompt_material import Level, Material, ShownExample, gather
from lift_sys.data_synthesis.stubs import stub
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, TestCase

REGISTERS = ("request", "specification", "stub")
_REQUEST_EXAMPLE = 140
_Pick = Callable[[str, Sequence[str]], str]


@dataclass(frozen=True)
class PromptSet:
    """Prompt by register, and the level they rest on."""

    prompts: dict[str, str]
    level: Level


class PromptSynthesizer:
    """Deterministic: wordings are chosen by the seed and a hash of the function, never at random."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def synthesize(
        self, function: Function, ir: IntermediateRepresentation, tests: Sequence[TestCase] = ()
    ) -> PromptSet:
        """The prompts of one function. Of the tests only the visible ones are shown."""
        material = gather(function, ir, tests)
        pick = self._picker(function)
        allowed = _quotable(material)
        prompts = {}
        for register, write in (("request", request), ("specification", specification), ("stub", complete_stub)):
            prompt = write(material, pick)
            if leaks_body(prompt, function, allowed=allowed):
                prompt = write(material.bare(), pick)
            prompts[register] = prompt
        return PromptSet(prompts, material.level)

    def _picker(self, function: Function) -> _Pick:
        key = f"{self.seed}\0{function.qualname}\0{function.source}"

        def pick(slot: str, variants: Sequence[str]) -> str:
            digest = hashlib.sha256(f"{key}\0{slot}".encode("utf-8", "surrogatepass")).digest()
            return variants[int.from_bytes(digest[:4], "big") % len(variants)]

        return pick


def _quotable(material: Material) -> list[str]:
    """Texts that a prompt may quote: the cleaned documentation, the signature and the examples."""
    texts = [material.summary, *material.body, material.returns, material.header.call_signature()]
    texts += [parameter.description for parameter in material.parameters]
    texts += [parameter.default or "" for parameter in material.parameters]
    texts += [example.doctest() for example in material.examples]
    return [*texts, material.header.preamble(), material.header.definition()]


# --- request --------------------------------------------------------------------------------------------------


def request(material: Material, pick: _Pick) -> str:
    opening = _opening(material, pick)
    parts = [opening, *material.behaviour[:1]]
    if material.level != "docstring" and material.points:
        parts.append(material.points[0])
    if material.returns and material.level != "docstring":
        parts.append(f"It returns {phrasing.lower_first(material.returns.rstrip('.'))}.")
    documented = [(name, text) for name, text in material.raises if text][:2]
    parts += [f"{_raise_verb(text, name)}." for name, text in documented]
    parts += _inline_examples(material, pick, dict(documented))
    return " ".join(parts)


def _opening(material: Material, pick: _Pick) -> str:
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
        text = _truth(purpose)
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


def _truth(purpose: str) -> str:
    """`True if x` -> `returns True if x`; `Whether x` -> `tells whether x`."""
    first, _, rest = purpose.partition(" ")
    if first.lower() == "whether":
        return f"tells whether {rest}"
    return f"returns `{first.strip('`,').capitalize()}` {rest}"


def _opening_without_summary(material: Material, signature: str, what: str, of: str) -> str:
    opening = f"Write a Python {what} {signature}{of}."
    intent = _intent_by_name(material)
    return f"{opening} It should {intent}." if intent else opening


def _intent_by_name(material: Material) -> str:
    name = material.header.name
    if not phrasing.is_informative(name):
        return ""
    return phrasing.name_intent(name, tuple(parameter.name for parameter in material.parameters))


def _raise_verb(condition: str, name: str) -> str:
    return f"It raises `{name}` {_condition(condition)}"


def _condition(text: str) -> str:
    """A documented condition as the end of "raised ..."."""
    text = phrasing.lower_first(text.strip().rstrip("."))
    text = text.removeprefix("raised ").removeprefix("is raised ").removeprefix("thrown ")
    first = text.split(" ", 1)[0]
    if first in (
        "if",
        "when",
        "whenever",
        "for",
        "on",
        "unless",
        "in",
        "where",
        "after",
        "before",
        "because",
        "with",
    ):
        return text
    return f"({text})"


def _inline_examples(material: Material, pick: _Pick, told: dict[str, str]) -> list[str]:
    results = [item for item in material.examples if not item.raises and item.size <= _REQUEST_EXAMPLE]
    errors = [item for item in material.examples if item.raises and item.size <= _REQUEST_EXAMPLE]
    wanted = 1 if material.level == "docstring" else 3
    parts = []
    chosen = _telling(results, wanted)
    if chosen:
        calls = [f"`{item.call}` returns `{item.result}`" for item in chosen]
        lead = pick("example", ("For example, ", "Example: "))
        parts.append(f"{lead}{phrasing.join(calls)}.")
    errors = [item for item in errors if item.raises not in told][:1]
    parts += [f"`{item.call}` raises `{item.raises}`." for item in errors]
    return parts


def _telling(examples: list[ShownExample], count: int) -> list[ShownExample]:
    """Short examples with distinct results; those that show little (an empty result, an echo) come last."""
    empty = ("None", "''", "[]", "{}", "()", "0", "set()", "False", "b''")

    def little(item: ShownExample) -> bool:
        return (
            item.result in empty or f"({item.result}" in item.call or any(f"({text}" in item.call for text in empty)
        )

    ranked = sorted(examples, key=lambda item: (little(item), item.size, item.call))
    distinct = list({item.result: item for item in reversed(ranked)}.values())[::-1]
    rest = [item for item in ranked if item not in distinct]
    return [*distinct, *rest][:count]


# --- specification --------------------------------------------------------------------------------------------


def specification(material: Material, pick: _Pick) -> str:
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
    sections = [opening, code, *_behaviour(material)]
    sections += [_titled("Parameters", _parameter_lines(material))]
    sections += [_returns_line(material)]
    sections += [_titled("Raises", _raise_lines(material))]
    guarantees = [f"- {phrasing.sentence(text)}" for text in material.guarantees]
    sections += [_titled("Properties of the result", guarantees)]
    examples = _in_order(material.examples)[:4]
    sections += [_titled("Examples" if len(examples) > 1 else "Example", [item.doctest() for item in examples])]
    return "\n\n".join(section for section in sections if section)


def _signature_lines(material: Material) -> list[str]:
    preamble = material.header.preamble()
    lines = material.header.definition().rstrip(":").split("\n")
    return [*preamble.split("\n"), "", *lines] if preamble else lines


def _behaviour(material: Material) -> list[str]:
    parts: list[str] = []
    if material.summary:
        parts.append(_described(material))
    else:
        intent = _intent_by_name(material)
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
        return phrasing.sentence(_truth(purpose))
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
    if not material.returns:
        return f"{verb}: {hint}."
    text = phrasing.sentence(material.returns)
    return f"{verb}: {hint + '; ' + phrasing.lower_first(text) if hint else text}"


def _raise_lines(material: Material) -> list[str]:
    shown = {item.raises: item for item in reversed(material.examples) if item.raises}
    lines, bare = [], []
    for name, text in material.raises:
        if text:
            lines.append(f"- `{name}`: {phrasing.lower_first(text).rstrip('.')}.")
        elif name in shown:
            lines.append(f"- `{name}`: for example for `{shown[name].call}`.")
        else:
            bare.append(f"`{name}`")
    if bare:
        lines.append(f"- {phrasing.join(bare)}, for {'other ' if lines else ''}input that it can't handle.")
    return lines


def _in_order(examples: Sequence[ShownExample]) -> list[ShownExample]:
    """Telling results first, one error kept among the first few."""
    results = _telling([item for item in examples if not item.raises], len(examples))
    errors = list({item.raises: item for item in reversed(examples) if item.raises}.values())
    return [*results[: max(1, 4 - len(errors[:2]))], *errors[:2], *results[max(1, 4 - len(errors[:2])) :]]


# --- stub -----------------------------------------------------------------------------------------------------


def complete_stub(material: Material, pick: _Pick) -> str:
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
    examples = [item.doctest() for item in _in_order(material.examples)[:3]]
    return stub(material.header, [text for text in paragraphs if text], examples)
