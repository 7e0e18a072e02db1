"""What is known of a function and may be told, gathered before it is worded.

Nothing here is a text of the body: it is the documentation (cleaned), the signature, comments in prose, visible
tests, and assertions of the IR that could be put in words.
"""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lift_sys.data_synthesis import phrasing
from lift_sys.data_synthesis.class_outline import ClassOutline, class_outline
from lift_sys.data_synthesis.docstrings import ParsedDocstring, dashed_parameters, parse_docstring
from lift_sys.data_synthesis.leaks import returned_expressions
from lift_sys.data_synthesis.markup import clean, clean_line, sentences
from lift_sys.data_synthesis.prompt_calls import PLAIN_NOTE, is_plain_form
from lift_sys.data_synthesis.prompt_clauses import behaviour, guarantees, raises_told, useful
from lift_sys.data_synthesis.prompt_examples import MAX_EXAMPLE, ShownExample, documented_calls, visible_calls
from lift_sys.data_synthesis.stubs import Header
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, TestCase

Level = Literal["docstring", "comments", "calls", "names", "observed"]
MAX_BODY = 1_500
_OWNED = ("method", "classmethod", "staticmethod", "property")
Pick = Callable[[str, Sequence[str]], str]
"""Chooses a wording: of the slot with that name, one of the variants."""


@dataclass(frozen=True)
class Described:
    name: str
    type_hint: str | None
    description: str
    default: str | None
    kind: str


@dataclass(frozen=True)
class Material:
    header: Header
    level: Level
    owner: str | None
    """The class, for a method."""
    summary: str
    """One sentence, cleaned; "" when nobody wrote one."""
    body: tuple[str, ...]
    points: tuple[str, ...]
    parameters: tuple[Described, ...]
    returns_type: str | None
    returns: str
    raises: tuple[tuple[str, str], ...]
    """Exception and when it is raised ("" when that is not known)."""
    guarantees: tuple[str, ...]
    behaviour: tuple[str, ...]
    examples: tuple[ShownExample, ...]
    is_generator: bool = False
    outline: ClassOutline | None = None
    """The class that a method belongs to."""
    note: str = ""
    """What a reader of the examples has to know."""

    def preamble(self) -> str:
        """Imports and definitions of what the signature, the class and the errors are named after."""
        return self.header.preamble(self._around(self.outline.before if self.outline else ""))

    def short_preamble(self) -> str:
        """The same without what only the class uses; "" when the signature explains itself."""
        made = self.outline.constructor.partition("(")[2] if self.outline else ""
        around = self._around(f"def made({made}: ..." if made else "")
        return self.header.preamble(around) if self.header.needs_code(around) else ""

    def _around(self, text: str) -> str:
        return "\n".join([text, *(name for name, _ in self.raises)])

    def intent_by_name(self) -> str:
        """What the name alone says that the function does; "" when it says nothing."""
        if not phrasing.is_informative(self.header.name):
            return ""
        return phrasing.name_intent(self.header.name, tuple(parameter.name for parameter in self.parameters))

    def bare(self) -> Material:
        """Without what was derived from the code."""
        return replace(self, guarantees=(), points=(), raises=tuple((name, "") for name, _ in self.raises))


def gather(function: Function, ir: IntermediateRepresentation, tests: Sequence[TestCase]) -> Material:
    header = Header(function, ir)
    doc = parse_docstring(function.docstring)
    names = [parameter.arg for parameter in header.parameters]
    doc = _with_dashed(doc, names)
    summary, body = _summary_and_body(doc, header.name)
    examples = visible_calls(function, tests) if tests else documented_calls(doc, header.name)
    outline = class_outline(function, header.simplify)
    returned = returned_expressions(function)
    plain = function.slice is not None and is_plain_form(function.slice.harness)
    points = () if summary else _comments(function.source)
    raises = raises_told(doc, ir, returned, [item.raises for item in examples if item.raises])
    return Material(
        header=header,
        level=_level(summary, body, points, doc, tests, examples, header.name),
        owner=function.qualname.split(".")[-2] if function.kind in _OWNED and "." in function.qualname else None,
        summary=summary,
        body=body,
        points=points,
        parameters=_parameters(doc, ir, header),
        returns_type=_returns_type(doc, ir, header, seen_plain=plain),
        returns=useful(clean_line(doc.returns.description)) if doc.returns else "",
        raises=raises,
        guarantees=guarantees(ir, returned, seen_plain=plain),
        behaviour=behaviour(ir),
        examples=examples,
        is_generator=function.is_generator,
        outline=outline,
        note=PLAIN_NOTE if tests and plain else "",
    )


def _with_dashed(doc: ParsedDocstring, names: list[str]) -> ParsedDocstring:
    if doc.parameters or not doc.body:
        return doc
    lines, found = dashed_parameters(doc.body.split("\n"), names)
    if not found:
        return doc
    kept = [
        line
        for line in lines
        if not re.match(r"\s*(?:keyword )?(?:arguments|args|parameters|options|where):?\s*$", line, re.I)
    ]
    return replace(doc, body="\n".join(kept), parameters=tuple(found))


def _summary_and_body(doc: ParsedDocstring, name: str) -> tuple[str, tuple[str, ...]]:
    """The first sentence, and the remaining paragraphs up to a length."""
    text = doc.summary
    arguments = r"\((?:[^()]|\([^()]*\))*\)`*"
    result = r"(?:(?:->|=>|-->)\s*[\w\[\], |.()]+?(?=\s*(?:[-:.]|$|[A-Z][a-z]))|[=:-]+)?"
    # Documentation often calls a private function by its public name.
    called = rf"(?:\w+\.)*_*{re.escape(name.lstrip('_') or name)}"
    signature = rf"^`*{called}\s*{arguments}\s*{result}\s*[-:.]*\s*"
    literal = r"(?:[bBrRuU]{0,2}['\"]|[\d\[({-])"
    if re.match(rf"^`*{called}\(.*\)`*\s*(?:->|=>|-->|==?|returns)\s*{literal}", text):
        text = ""  # an example call, no summary
    text = re.sub(signature, "", text)
    parts = sentences(clean_line(text))
    paragraphs = [part for part in clean(doc.body).split("\n\n") if part]
    if not parts and paragraphs:
        parts, paragraphs = _summary_elsewhere(paragraphs, name)
    if not parts:
        return "", ()
    rest = [" ".join(parts[1:])] if len(parts) > 1 else []
    body: list[str] = []
    for paragraph in [*rest, *paragraphs]:
        if sum(map(len, body)) + len(paragraph) > MAX_BODY:
            break
        if doc.examples and re.match(r"for (?:example|instance)\b|e\.g\.", paragraph, re.I):
            continue  # it led up to a doctest
        if re.search(r"\w", paragraph) and not paragraph.endswith(":"):
            body.append(paragraph if "\n" in paragraph else _ended(paragraph))
    summary = parts[0]
    if len(re.findall(r"\w+", summary)) < 2 and not body:
        return "", ()
    return phrasing.sentence(summary), tuple(body)


def _ended(paragraph: str) -> str:
    return f"{paragraph}." if paragraph[-1].isalnum() or paragraph[-1] in "`'\")]}" else paragraph


def _summary_elsewhere(paragraphs: list[str], name: str) -> tuple[list[str], list[str]]:
    """The paragraph that speaks of the function first, and the other ones after it."""
    about = rf"\b(?:the |this )?`?{re.escape(name)}`?(?:\(\))?(?: function)?\b"
    for position, paragraph in enumerate(paragraphs):
        if re.match(about, paragraph, re.I) or phrasing.mood(paragraph) in ("imperative", "indicative", "truth"):
            return sentences(paragraph), [*paragraphs[:position], *paragraphs[position + 1 :]]
    return sentences(paragraphs[0]), paragraphs[1:]


def _level(
    summary: str,
    body: tuple[str, ...],
    points: tuple[str, ...],
    doc: ParsedDocstring,
    tests: Sequence[TestCase],
    examples: tuple[ShownExample, ...],
    name: str,
) -> Level:
    if summary or body:
        return "docstring"
    documented = any(parameter.description for parameter in doc.parameters)
    if points or documented or (doc.returns and doc.returns.description):
        return "comments"
    if examples and (not tests or any(test.visible and test.oracle in ("recorded", "doctest") for test in tests)):
        return "calls"
    return "names" if phrasing.is_informative(name) or not examples else "observed"


# --- parameters, returns, raises ------------------------------------------------------------------------------


def _parameters(doc: ParsedDocstring, ir: IntermediateRepresentation, header: Header) -> tuple[Described, ...]:
    documented = {parameter.name: parameter for parameter in doc.parameters}
    known = {parameter.name: parameter for parameter in ir.signature.parameters}
    defaults = _defaults(header.arguments)
    described = []
    for position, argument in enumerate(header.parameters):
        name = argument.arg
        if position == 0 and name in ("self", "cls"):
            continue
        told, stated = documented.get(name), known.get(name)
        hint = ast.unparse(argument.annotation) if argument.annotation else None
        inferred = header.plain_hint(stated.type_hint) if stated and stated.type_hint != "None" else None
        hint = hint or _plain_type(told.type_hint if told else None) or inferred
        text = useful(clean_line(told.description)) if told else ""
        if not text and stated and stated.description:
            text = useful(clean_line(stated.description))
        kind = stated.kind if stated else "positional_or_keyword"
        described.append(Described(name, hint, text, defaults.get(name), kind))
    return tuple(described)


def _defaults(arguments: ast.arguments) -> dict[str, str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=False))
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=False) if d is not None]
    return {argument.arg: ast.unparse(default) for argument, default in pairs}


def _plain_type(text: str | None) -> str | None:
    """A type as documentation states it, when it is short enough to be one."""
    if not text:
        return None
    text = clean_line(re.sub(r",?\s*optional\b|,?\s*default\b.*", "", text)).strip(" .,`")
    return text.replace("`", "") if text and len(text) <= 60 and text.lower() not in ("none", "type") else None


def _returns_type(
    doc: ParsedDocstring, ir: IntermediateRepresentation, header: Header, *, seen_plain: bool
) -> str | None:
    """The documented type, or what was seen; not the type of what a harness made of the result."""
    seen = None if seen_plain and header.returns is None else header.plain_hint(ir.signature.returns)
    return seen or (_plain_type(doc.returns.type_hint) if doc.returns else None)


# --- comments ------------------------------------------------------------------------------------------------

_PRAGMA = re.compile(
    r"^(?:type:|noqa|pragma|pylint|flake8|mypy|fmt:|isort|nosec|ruff|pyright|-\*-|!|%%|=+|-+|coding)", re.I
)


def _comments(source: str) -> tuple[str, ...]:
    """Comments that are sentences, adjoining lines joined; no commented-out code."""
    blocks: list[tuple[int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(textwrap.dedent(source)).readline):
            if token.type == tokenize.COMMENT and token.line.strip().startswith("#"):
                text = token.string.lstrip("#: ").strip()
                text = text.strip('"') if text.count('"') == 1 else text
                if blocks and blocks[-1][0] == token.start[0] - 1:
                    blocks[-1] = (token.start[0], f"{blocks[-1][1]} {text}")
                else:
                    blocks.append((token.start[0], text))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return ()
    kept = [clean_line(text) for _, text in blocks if not _PRAGMA.match(text)]
    prose = [text for text in kept if len(re.findall(r"[A-Za-z]{2,}", text)) >= 3 and not _is_code(text)]
    return tuple(phrasing.sentence(text) for text in dict.fromkeys(prose) if len(text) <= MAX_EXAMPLE)[:4]


def _is_code(text: str) -> bool:
    marks = len(re.findall(r"[=(){}\[\]<>|;]|\breturn\b|\bself\.", text))
    return marks * 14 > len(text) or bool(re.search(r"\w\s*[=+\-]?=\s*\w|\w\(\w*\)", text))
