"""Does a prompt give the body away?

What the signature, the docstring and the tests say is no leak, as a prompt is made of them. Beyond these, a prompt
leaks when it holds a statement or expression of the body, a run of its tokens, or one of its longer string constants.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from lift_sys.data_synthesis.phrasing import name_words
from lift_sys.records import Function

MIN_FRAGMENT = 9
"""Characters without spaces from which a compound expression counts as one of the body's own."""
MIN_STRING = 12
NGRAM = 8
"""Tokens in a row that prompt and body may not share."""
_WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*|[^\w\s]")


def leaks_body(prompt: str, function: Function, *, allowed: Iterable[str] = ()) -> list[str]:
    """What of the body is in the prompt, each fragment once; empty when nothing leaks.

    Example calls with literal arguments (`>>> f(1)` and its result) are tests and left out of the comparison;
    `allowed` names further texts that the prompt may quote.
    """
    body = _read_body(function.source)
    if body is None:
        return []
    docstring = function.docstring or ""
    # Prompts show the documentation without its markup: `*x* is None` is known as `x is None` too.
    known = "\n".join([docstring, function.qualname, re.sub(r"[*`]+", "", docstring), body.signature, *allowed])
    shown = _without_examples(prompt, body.name)
    found = [*_fragments_shown(body, shown, known), *_strings_shown(body, shown, known)]
    return list(dict.fromkeys([*found, *_ngrams_shown(body, shown, known)]))


@dataclass(frozen=True)
class _Body:
    """What of a function a prompt may not show."""

    name: str
    signature: str
    fragments: tuple[tuple[str, str], ...]
    """Statements and compound expressions: as written, and squeezed."""
    strings: tuple[str, ...]
    grams: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=8)
def _read_body(source: str) -> _Body | None:
    """The registers of one function are checked in a row, so its body is read once."""
    definition = _definition(source)
    if definition is None:
        return None
    return _Body(
        definition.name,
        _signature(definition),
        tuple(_fragments(definition)),
        tuple(_strings(definition)),
        tuple(_grams(definition)),
    )


def definition_of(function: Function) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The parsed `def` of a function record, or None when its source doesn't parse alone."""
    return _definition(function.source)


def _definition(source: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = (node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return next(nodes, None)


def body_of(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements without the docstring."""
    return definition.body[1:] if ast.get_docstring(definition, clean=False) is not None else definition.body


def returned_expressions(function: Function) -> frozenset[str]:
    """`ast.dump` of each compound expression that the body returns or yields."""
    definition = definition_of(function)
    if definition is None:
        return frozenset()
    values = [
        node.value
        for statement in body_of(definition)
        for node in ast.walk(statement)
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None
    ]
    return frozenset(ast.dump(value) for value in values if not isinstance(value, (ast.Name, ast.Constant)))


def _signature(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = f" -> {ast.unparse(definition.returns)}" if definition.returns else ""
    return f"def {definition.name}({ast.unparse(definition.args)}){returns}:"


def _squeeze(text: str) -> str:
    """Without spaces and with one kind of quotes, so that formatting can't hide a fragment."""
    return re.sub(r"[\s`]+", "", text).replace('"', "'")


def _without_examples(prompt: str, name: str) -> str:
    kept: list[str] = []
    in_example = False
    for line in prompt.split("\n"):
        stripped = line.strip()
        if stripped.startswith(">>> "):
            in_example = _is_literal_call(stripped[4:], name)
        elif not stripped:
            in_example = False
        if not in_example:
            kept.append(line)
    text = "\n".join(kept)
    return re.sub(r"`([^`\n]+)` (?:returns|gives|yields|raises) (`[^`\n]+`)", lambda m: _kept_inline(m, name), text)


def _kept_inline(found: re.Match[str], name: str) -> str:
    return "" if _is_literal_call(found[1], name) and _is_literal(found[2].strip("`")) else found[0]


def _is_literal(text: str) -> bool:
    try:
        return _is_plain(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _is_literal_call(text: str, name: str) -> bool:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if isinstance(tree, ast.Await):
        tree = tree.value
    if not isinstance(tree, ast.Call) or ast.unparse(tree.func).rsplit(".", 1)[-1] != name:
        return False
    return all(_is_plain(node) for node in [*tree.args, *(keyword.value for keyword in tree.keywords)])


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(_is_plain, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_plain(key) for key in node.keys) and all(map(_is_plain, node.values))
    if isinstance(node, ast.UnaryOp):
        return _is_plain(node.operand)
    if isinstance(node, ast.Call):  # float('nan'), set(), frozenset({1})
        return ast.unparse(node.func) in ("float", "set", "frozenset") and all(map(_is_plain, node.args))
    return isinstance(node, (ast.Constant, ast.Name))


def _nodes(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    for statement in body_of(definition):
        yield from ast.walk(statement)


def _fragments(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    for node in _nodes(definition):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Raise, ast.Assert)):
            bare = isinstance(node, ast.Return) and isinstance(node.value, (ast.Name, ast.Constant, type(None)))
            bare = bare or (isinstance(node, ast.Raise) and isinstance(node.exc, (ast.Name, type(None))))
        elif isinstance(node, ast.expr):
            bare = _is_plain(node) or isinstance(
                node, (ast.Attribute, ast.Starred, ast.JoinedStr, ast.FormattedValue)
            )
        else:
            continue
        if not bare:
            text = _written(node)
            squeezed = _squeeze(text)
            if len(squeezed) >= MIN_FRAGMENT:
                yield text, squeezed


def _written(node: ast.AST) -> str:
    """The text of a node; none where Python 3.11 can't write it: a backslash in the braces of an f-string."""
    try:
        return ast.unparse(node)
    except ValueError:
        return ""


def _fragments_shown(body: _Body, shown: str, known: str) -> Iterator[str]:
    shown, known = _squeeze(shown), _squeeze(known)
    return (text for text, squeezed in body.fragments if squeezed in shown and squeezed not in known)


def _strings(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Long string constants, but for those made of the words of the function's name."""
    named = {*name_words(definition.name), "the", "a", "an", "of", "to", "it", "should"}
    for node in _nodes(definition):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= MIN_STRING:
            words = set(re.findall(r"[^\W_]+", node.value.lower()))
            if words and not words <= named:
                yield node.value


def _strings_shown(body: _Body, shown: str, known: str) -> Iterator[str]:
    known = known.lower()
    for value in body.strings:
        forms = {form for form in (value.strip(), repr(value)[1:-1].strip()) if form}
        if any(form in shown for form in forms) and not any(form.lower() in known for form in forms):
            yield value


def _grams(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ...]]:
    """Runs of tokens that are neither all words nor all marks: these tell code from prose."""
    for statement in body_of(definition):
        tokens = _WORD.findall(_written(statement).lower())
        marks = [not (token[0].isalnum() or token[0] == "_") for token in tokens]
        for position in range(len(tokens) - NGRAM + 1):
            if 2 <= sum(marks[position : position + NGRAM]) <= NGRAM - 2:
                yield tuple(tokens[position : position + NGRAM])


def _ngrams_shown(body: _Body, shown: str, known: str) -> Iterator[str]:
    in_prompt = _ngrams(_WORD.findall(shown.lower()))
    found = [gram for gram in body.grams if gram in in_prompt]
    in_known = _ngrams(_WORD.findall(known.lower())) if found else set()
    return (" ".join(gram) for gram in found if gram not in in_known)


def _ngrams(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + NGRAM]) for i in range(len(words) - NGRAM + 1)}
