"""The examples in a prompt, found in the text.

Three ways of writing them are read: doctest sessions (`>>> f(1)` and the line below), equations (`f(1) == 2`,
`f(0)  # raises ValueError`; with a literal on the right also `f(1) => 2` and the like) and sentences (`` `f(1)`
returns `2` ``). After `Examples:` several may stand in a line, with semicolons between. What they show is text that
the user wrote.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

KNOWN = frozenset(dir(builtins)) | {"islice"}
"""Names that a line may use though nothing in the prompt makes them."""
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ENDS = re.compile(r"""^[ \t]*(?:\"{3}|'{3}|```)[ \t]*$""", re.MULTILINE)
_DEFINED = re.compile(r"\b(?:def|class) ([A-Za-z_]\w*)")
_HEADING = re.compile(r"^Examples?:$", re.MULTILINE)
_BETWEEN = re.compile(r";\s+|\b(?:[Ee]xamples?|[Ff]or example|e\.g\.)[:,]?\s+")
_CALL = r"(?P<call>[A-Za-z_][\w.]*\(.*\)(?:\.\w+)?)"
_LINES = (
    re.compile(rf"^- `{_CALL}` (?:returns `(?P<value>.*)`|raises `(?P<error>\w+)`)\.?$"),
    re.compile(rf"^(?:- )?`?{_CALL} == (?P<value>.+?)`?$"),
    re.compile(rf"^{_CALL}\s+# raises (?P<error>\w+)"),
)
_LOOSE = re.compile(rf"^(?:[-*] |for |assert )?{_CALL}\s*(?:==?>|=|->|➞|(?:should )?returns?)\s*(?P<value>.+?)\.?$")
_INLINE = re.compile(rf"`{_CALL.replace('.*', '[^`]*')}` (?:returns `(?P<value>[^`]*)`|raises `(?P<error>\w+)`)")


@dataclass(frozen=True)
class Line:
    """One statement or expression, and what it should lead to (both empty: nothing is said)."""

    source: str
    value: str = ""
    raises: str = ""


def find_examples(prompt: str, name: str = "") -> tuple[Line, ...]:
    """The examples of a prompt that can be run on what defines a name (empty: any name), in order.

    Left out is what uses a name that nothing defines: `purse` in `purse.total()`, where only the text knows of a
    purse, or `plain`, which in our own prompts is no function but a way of writing.
    """
    text = _ENDS.sub("", _own_part(prompt))  # what ends a docstring or a block of code is no part of its last example
    try:
        session = doctest.DocTestParser().get_examples(text)
    except ValueError:  # a prompt that looks like a session and is none
        session = []
    if session and all(tree_of(example.source) for example in session):
        found = [_of_doctest(example) for example in session]
    else:
        found = [line for row in text.splitlines() for line in _of_text(row.strip())]
    known = KNOWN | {name, *_DEFINED.findall(prompt)}
    kept = []
    for line in found:
        used = Names(line.source)
        if used.read | (used.called if name else set()) <= known | used.made:
            known |= used.made
            kept.append(line)
    return tuple(kept)


def _own_part(prompt: str) -> str:
    """The part with the examples of what is asked for, without those of a class around it: what follows the last
    heading, or of code the last function, where it has any."""
    if headings := list(_HEADING.finditer(prompt)):
        return prompt[headings[-1].end() :]
    tree = tree_of(prompt)
    places = [node.lineno for node in ast.walk(tree) if isinstance(node, DEFINITION)] if tree else []
    own = "\n".join(prompt.split("\n")[max(places, default=1) - 1 :])
    return own if ">>>" in own else prompt


def _of_doctest(example: doctest.Example) -> Line:
    source = example.source.strip()
    if example.exc_msg:
        return Line(source, raises=example.exc_msg.partition(":")[0].strip().rpartition(".")[2])
    if example.want.strip() or not tree_of(source, "eval"):
        return Line(source, value=example.want.strip())
    return next(_of_row(source), Line(source, value="None"))  # a session shows every value but None


def _of_text(row: str) -> list[Line]:
    """The examples of a line of text: it is one, or several stand in it one after the other."""
    return list(_of_row(row)) or [line for piece in _BETWEEN.split(row) for line in _of_row(piece.strip(" ."))]


def _of_row(row: str) -> Iterator[Line]:
    whole = next((found for pattern in _LINES if (found := pattern.match(row)) and tree_of(found["call"])), None)
    loose = None if whole else _LOOSE.match(row)
    if loose and _is_literal(loose["value"]):
        whole = loose
    for found in [whole] if whole else _INLINE.finditer(row):
        said = found.groupdict(default="")
        line = Line(said["call"], value=said.get("value", ""), raises=said.get("error", ""))
        if tree_of(line.source, "eval") and (line.raises or tree_of(line.value, "eval")):
            yield _evaluated(line)


def _evaluated(line: Line) -> Line:
    """What is expected as `2**10` or `float('inf')` is never shown so: it is computed beside the call."""
    names = Names(line.value)
    if line.raises or not line.value or _is_literal(line.value) or not names.read | names.called <= KNOWN:
        return line
    return Line(f"({line.source}) == ({line.value})", value="True")


def _is_literal(text: str) -> bool:
    tree = tree_of(text, "eval")
    try:
        ast.literal_eval(tree)  # type: ignore[arg-type]
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return tree is not None


class Names:
    """The names in a piece of code that parses: those that it calls, makes, and reads in any other way."""

    def __init__(self, source: str) -> None:
        nodes = list(ast.walk(tree_of(source) or ast.Module([], [])))
        functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        names = [node for node in nodes if isinstance(node, ast.Name)]
        self.called = {node.id for node in names if id(node) in functions}
        self.made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        self.made |= {(node.asname or node.name).partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
        self.made |= {node.name for node in nodes if isinstance(node, DEFINITION)}
        self.made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        self.read = {node.id for node in names if id(node) not in functions} - self.made


def tree_of(text: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST | None:
    """The text as Python, or None. Nothing of it is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in a prompt or an answer are not ours to judge
            return ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
