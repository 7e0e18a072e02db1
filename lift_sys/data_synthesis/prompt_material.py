"""What is known of a function and may be told, gathered before it is worded.

Nothing here is a text of the body: it is the documentation (cleaned), the signature, comments in prose, visible
tests, and assertions of the IR that could be put in words.
"""

from __future__ import annotations

import ast
import io
import json
import re
import textwrap
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lift_sys import wire
from lift_sys.data_synthesis import phrasing
from lift_sys.data_synthesis.docstrings import ParsedDocstring, dashed_parameters, parse_docstring
from lift_sys.data_synthesis.leaks import returned_expressions
from lift_sys.data_synthesis.markup import clean, clean_line, sentences
from lift_sys.data_synthesis.stubs import Header
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, TestCase

Level = Literal["docstring", "comments", "calls", "names", "observed"]
LEVELS: tuple[Level, ...] = ("docstring", "comments", "calls", "names", "observed")
MAX_EXAMPLE = 300
MAX_BODY = 1_500
MAX_GUARANTEES = 5


@dataclass(frozen=True)
class ShownExample:
    """One visible call as Python text; `result` is None when it raises."""

    call: str
    result: str | None
    raises: str | None = None

    @property
    def size(self) -> int:
        return len(self.call) + len(self.result or self.raises or "")

    def doctest(self) -> str:
        if self.raises:
            return f">>> {self.call}\nTraceback (most recent call last):\n    ...\n{self.raises}"
        return f">>> {self.call}" + ("" if self.result == "None" else f"\n{self.result}")


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

    def bare(self) -> Material:
        """Without what was derived from the code."""
        return replace(self, guarantees=(), points=(), raises=tuple((name, "") for name, _ in self.raises))


def gather(function: Function, ir: IntermediateRepresentation, tests: Sequence[TestCase]) -> Material:
    header = Header(function, ir)
    doc = parse_docstring(function.docstring)
    names = [parameter.arg for parameter in header.parameters]
    doc = _with_dashed(doc, names)
    summary, body = _summary_and_body(doc, header.name)
    examples = _examples(header.name, tests) if tests else _doctests(doc, header.name)
    returned = returned_expressions(function)
    points = () if summary else _comments(function.source)
    raises = _raises(doc, ir, returned, examples)
    return Material(
        header=header,
        level=_level(summary, body, points, doc, tests, examples, header.name),
        owner=function.qualname.split(".")[-2]
        if function.kind in ("method", "classmethod") and "." in function.qualname
        else None,
        summary=summary,
        body=body,
        points=points,
        parameters=_parameters(doc, ir, header),
        returns_type=_returns_type(doc, ir),
        returns=_useful(clean_line(doc.returns.description)) if doc.returns else "",
        raises=raises,
        guarantees=_guarantees(ir, returned, names),
        behaviour=_behaviour(ir),
        examples=examples,
        is_generator=function.is_generator,
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
    signature = rf"^`*(?:\w+\.)*{re.escape(name)}\s*{arguments}\s*{result}\s*[-:.]*\s*"
    if re.match(rf"^`*(?:\w+\.)*{re.escape(name)}\(.*\)`*\s*(?:->|=>|-->|==?|returns)\s*['\"\d\[({{-]", text):
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


def _useful(text: str) -> str:
    return "" if text.lower().strip(".") in ("", "none", "todo", "tbd", "n/a", "description", "result") else text


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


# --- examples -------------------------------------------------------------------------------------------------


def _examples(name: str, tests: Sequence[TestCase]) -> tuple[ShownExample, ...]:
    """The visible tests as calls, results first and shorter ones first; very long ones are left out."""
    shown = [_example(name, test) for test in tests if test.visible]
    shown = sorted(dict.fromkeys(shown), key=lambda example: (bool(example.raises), example.size, example.call))
    fitting = [example for example in shown if example.size <= MAX_EXAMPLE]
    return tuple(fitting or [example for example in shown if example.size <= 2 * MAX_EXAMPLE][:1])


def value_text(value: object) -> str:
    """A wire value (parsed JSON) as a Python literal."""
    return wire.literal(wire.decode(json.dumps(value, separators=(",", ":"))))


def _example(name: str, test: TestCase) -> ShownExample:
    arguments = [value_text(value) for value in test.args]
    arguments += [f"{key}={value_text(value)}" for key, value in test.kwargs.items() if key.isidentifier()]
    odd = {key: value for key, value in test.kwargs.items() if not key.isidentifier()}
    if odd:
        arguments.append("**{" + ", ".join(f"{key!r}: {value_text(value)}" for key, value in odd.items()) + "}")
    call = f"{name}({', '.join(arguments)})"
    if test.expected.raises:
        return ShownExample(call, None, test.expected.raises)
    return ShownExample(call, value_text(test.expected.value))


def _doctests(doc: ParsedDocstring, name: str) -> tuple[ShownExample, ...]:
    """The docstring's own doctests that are plain calls; only for functions that have no tests yet."""
    shown = []
    for example in doc.examples:
        call = _own_literal_call(example.source, name)
        if call is None:
            continue
        raised = re.search(r"^Traceback.*\n(?:.*\n)*?([A-Za-z_][\w.]*)(?::.*)?\Z", example.want)
        if raised:
            shown.append(ShownExample(call, None, raised[1].rsplit(".", 1)[-1]))
        elif example.want and _is_literal(example.want):
            shown.append(ShownExample(call, example.want))
    return tuple(sorted(dict.fromkeys(shown), key=lambda item: (bool(item.raises), item.size, item.call)))


def _own_literal_call(source: str, name: str) -> str | None:
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(tree, ast.Call) or ast.unparse(tree.func).rsplit(".", 1)[-1] != name:
        return None
    values = [*tree.args, *(keyword.value for keyword in tree.keywords)]
    if not all(_is_literal(ast.unparse(value)) for value in values):
        return None
    return ast.unparse(ast.Call(ast.Name(name), tree.args, tree.keywords))


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return "\n" not in text


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
        inferred = stated.type_hint if stated and stated.type_hint != "None" else None
        hint = hint or _plain_type(told.type_hint if told else None) or inferred
        text = _useful(clean_line(told.description)) if told else ""
        if not text and stated and stated.description:
            text = _useful(clean_line(stated.description))
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


def _returns_type(doc: ParsedDocstring, ir: IntermediateRepresentation) -> str | None:
    return ir.signature.returns or (_plain_type(doc.returns.type_hint) if doc.returns else None)


def _raises(
    doc: ParsedDocstring,
    ir: IntermediateRepresentation,
    returned: frozenset[str],
    examples: tuple[ShownExample, ...],
) -> tuple[tuple[str, str], ...]:
    found: dict[str, list[str]] = {}
    for item in doc.raises:
        name = clean_line(item.exception).strip("` .").rsplit(".", 1)[-1]
        text = _useful(clean_line(item.description))
        if name.isidentifier():
            found.setdefault(name, []).append(text)
    documented = {name for name, texts in found.items() if any(texts)}
    for clause in ir.assertions:
        raised = re.search(r"\braises? `?([A-Za-z_]\w*)`?", clause.rationale or "")
        if clause.kind != "precondition" or not raised or raised[1] in documented or raised[1] == "an":
            continue
        words = phrasing.predicate_words(f"not ({clause.predicate})", never=returned)
        found.setdefault(raised[1], []).append(f"if {words}" if words else "")
    for effect in ir.effects:
        name = effect.description.split(":")[0].split(" ")[-1].strip("`")
        if effect.kind == "raises" and re.fullmatch(r"[A-Z]\w+", name):
            found.setdefault(name, [])
    for example in examples:
        if example.raises:
            found.setdefault(example.raises, [])
    return tuple((name, _joined_conditions(texts)) for name, texts in found.items())


def _joined_conditions(texts: list[str]) -> str:
    distinct = [text.rstrip(".") for text in dict.fromkeys(texts) if text]
    if len(distinct) > 1 and all(text.startswith("if ") for text in distinct):
        return "if " + phrasing.join([text[3:] for text in distinct[:3]], "or if")
    return "; ".join(distinct[:3])


# --- assertions and effects in words --------------------------------------------------------------------------


def _guarantees(ir: IntermediateRepresentation, returned: frozenset[str], names: list[str]) -> tuple[str, ...]:
    """Postconditions in words: what holds of the result, without what the body returns."""
    found: dict[str, None] = {}
    for clause in ir.assertions:
        tree = _parsed(clause.predicate)
        if tree is None or clause.kind == "precondition" or clause.rationale in ("returned", "return annotation"):
            continue
        observed = clause.provenance is not None and clause.provenance.source in ("observed", "inferred")
        if (observed and not _is_shape(tree)) or _restates(tree, returned):
            continue
        if ir.signature.returns and re.search(r"isinstance\(result|type\(result\)", clause.predicate):
            continue
        words = phrasing.predicate_words(clause.predicate, never=returned)
        if words and "the result" in words:
            found[words] = None
    return tuple(list(found)[:MAX_GUARANTEES])


def _parsed(predicate: str) -> ast.expr | None:
    try:
        return ast.parse(predicate.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_shape(node: ast.expr) -> bool:
    """Whether an observed property is about type, size or bounds.

    Others that happened to hold on every call ("the result is in the text") would mislead a reader.
    """
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        left, *rest = node.values
        return _is_none_test(left) and all(map(_is_shape, rest))
    if isinstance(node, ast.Call):
        return phrasing.called(node) in ("isinstance", "all") and "isinstance" in ast.unparse(node)
    if isinstance(node, ast.Compare) and _is_none_test(node):
        return True
    if not isinstance(node, ast.Compare) or not all(isinstance(op, _BOUNDS) for op in node.ops):
        return False
    return all(_is_measure(operand) for operand in [node.left, *node.comparators])


_BOUNDS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq)


def _is_none_test(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node = node.operand
    return isinstance(node, ast.Compare) and ast.unparse(node.comparators[-1]) == "None"


def _is_measure(node: ast.expr) -> bool:
    """`len(x)`, a number, or `result` itself."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Call):
        return phrasing.called(node) == "len" and isinstance(node.args[0], ast.Name)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    return isinstance(node, ast.Name) and node.id == "result"


def _restates(tree: ast.expr, returned: frozenset[str]) -> bool:
    """Whether some part of a predicate is an expression that the body returns."""
    bare = _WithoutOld().visit(tree)
    return any(ast.dump(node) in returned for node in ast.walk(bare) if isinstance(node, ast.expr))


class _WithoutOld(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if phrasing.called(node) == "old" and node.args else node


def _behaviour(ir: IntermediateRepresentation) -> tuple[str, ...]:
    """Effects that a caller must know, as sentences."""
    told: list[str] = []
    changed = [effect.description for effect in ir.effects if effect.kind == "argument_mutation"]
    names = [parameter.name for parameter in ir.signature.parameters]
    for text in changed:
        name = next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text)), None)
        if name and name not in ("self", "cls"):
            told.append(f"It changes `{name}` in place.")
    kinds = {effect.kind for effect in ir.effects if "warnings" not in effect.description}
    if "async" in kinds and "generator" in kinds:
        told.append("It is an asynchronous generator.")
    elif "async" in kinds:
        told.append("It is a coroutine function (`async def`).")
    elif "generator" in kinds:
        told.append("It is a generator function.")
    sentences_of = {
        "reads_file": "It reads from the file system.",
        "writes_file": "It writes to the file system.",
        "network": "It uses the network.",
        "environment": "It depends on the process environment.",
        "clock": "It depends on the current time.",
        "randomness": "Its result is random.",
        "console": "It uses the console.",
        "process": "It works with processes or threads.",
    }
    told += [text for kind, text in sentences_of.items() if kind in kinds]
    return tuple(dict.fromkeys(told))


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
