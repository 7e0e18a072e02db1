"""Text edits of a program's source: where its nodes are, and what a replacement looks like there."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LINE_END = re.compile(r"\r\n?|\n")
_TIGHT, _WIDE = re.compile(r"[\w)\]][-+][\w(]"), re.compile(r"[\w)\]] [-+] [\w(]")
_PRECEDENCE: dict[type, int] = {
    ast.NamedExpr: 0, ast.Yield: 0, ast.YieldFrom: 0, ast.Starred: 0, ast.Lambda: 1, ast.IfExp: 2, ast.Compare: 6,
    ast.BitOr: 7, ast.BitXor: 8, ast.BitAnd: 9, ast.LShift: 10, ast.RShift: 10, ast.Add: 11, ast.Sub: 11,
    ast.Mult: 12, ast.Div: 12, ast.FloorDiv: 12, ast.Mod: 12, ast.MatMult: 12, ast.Pow: 14, ast.Await: 15,
}  # fmt: skip
"""How tightly an expression holds together; what is not listed is an atom."""
_LAST_WORD = re.compile(r"(?:\w+|[^\w\s])$")
_KEYWORDS = frozenset("and assert elif else for if in is lambda not or return while yield".split())  # noqa: SIM905
ATOM, ARITHMETIC, UNARY, COMPARISON, NEGATION = 16, 11, 13, 6, 5


@dataclass(frozen=True)
class Edit:
    """One mutant: characters `start` to `end` of the code are replaced by `text`."""

    operator: str
    start: int
    end: int
    text: str
    shown: ast.AST
    """The node around the edit that tells a reader what was changed."""


class SourceText:
    """A program's text, and where each node of its tree stands in it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(code)), len(code)]
        self._plain = code.isascii()
        self.quote = "'" if code.count("'") > code.count('"') else '"'
        """The quotes that the author prefers."""
        tight, wide = len(_TIGHT.findall(code)), len(_WIDE.findall(code))
        self.gap = "" if tight > wide else " "
        """What the author puts around an operator."""

    def offset(self, line: int, column: int) -> int:
        """The character at a line (from 1) and a column (in bytes of UTF-8, from 0)."""
        start = self._starts[line - 1]
        if self._plain:
            return start + column
        text = self.code[start : self._starts[line]]
        return start + len(text.encode("utf-8", "replace")[:column].decode("utf-8", "replace"))

    def start(self, node: Any) -> int:
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: Any) -> int:
        return self.offset(node.end_lineno, node.end_col_offset)

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]

    def lines(self, node: Any) -> tuple[int, int] | None:
        """The span of the whole lines of a statement, with their ends; None when it shares them with others."""
        first, last = self.line_start(node.lineno), self._starts[node.end_lineno]
        rest = self.code[self.end(node) : last].strip()
        alone = not self.code[first : self.start(node)].strip() and (not rest or rest.startswith("#"))
        return (first, last) if alone else None

    def text(self, node: ast.AST) -> str:
        return self.code[self.start(node) : self.end(node)]

    def token(self, pattern: re.Pattern[str], start: int, end: int) -> tuple[int, int] | None:
        """The first match between two positions that hold no strings, comments left out."""
        position = start
        while position < end:
            comment = self.code.find("#", position, end)
            found = pattern.search(self.code, position, end if comment < 0 else comment)
            if found:
                return found.span()
            if comment < 0:
                return None
            line = _LINE_END.search(self.code, comment, end)
            position = line.end() if line else end
        return None

    def outer(self, node: ast.AST) -> tuple[int, int]:
        """The span of a node with the parentheses that hold nothing else.

        Only for a node with a sibling in the same brackets: the brackets of a single one would be taken as well.
        """
        start, end = self.start(node), self.end(node)
        while True:
            before, after = start - 1, end
            while before >= 0 and self.code[before].isspace():
                before -= 1
            while after < len(self.code) and self.code[after].isspace():
                after += 1
            if before < 0 or self.code[before] != "(" or self.code[after : after + 1] != ")":
                return start, end
            start, end = before, after + 1

    def inside(self, node: ast.AST, at_least: int, *, bracketed: bool = False) -> str:
        """The text of an expression for a place that binds as tightly as `at_least`.

        `bracketed`: there are brackets around the place, so that lines may end in it.
        """
        return parenthesised(self.text(node), precedence(node), at_least, bracketed=bracketed)

    def is_bracketed(self, node: ast.AST) -> bool:
        """Whether a line ends in the node as it can in brackets around it only."""
        return _ends_line(self.text(node))

    def own_brackets(self, node: ast.AST) -> tuple[int, int] | None:
        """The span of a node with the parentheses around it, unless they are those of a call (or there are none).

        None as well where a word touches them, as in `not(a)`.
        """
        start, end = self.start(node), self.end(node)
        before, after = self.code[:start].rstrip(), len(self.code) - len(self.code[end:].lstrip())
        if not before.endswith("(") or self.code[after : after + 1] != ")":
            return None
        if "#" in before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]:
            return None  # it may be the bracket of a comment
        if _is_word(before[-2:-1]) or _is_word(self.code[after + 1 : after + 2]):
            return None
        word = _LAST_WORD.search(before[:-1].rstrip())
        if word is None or (word[0] not in _KEYWORDS and (_is_word(word[0][0]) or word[0][0] in ")]}'\"")):
            return None
        return len(before) - 1, after + 1

    def operation(self, left: str, sign: str, right: str) -> str:
        """`left + right`, spaced as the author does."""
        return f"{left}{self.gap}{sign}{self.gap}{right}"

    def joined(self, nodes: Sequence[ast.AST], between: str, at_least: int) -> str:
        return between.join(self.inside(node, at_least) for node in nodes)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def precedence(node: ast.AST) -> int:
    if isinstance(node, ast.BinOp):
        return _PRECEDENCE[type(node.op)]
    if isinstance(node, ast.BoolOp):
        return 3 if isinstance(node.op, ast.Or) else 4
    if isinstance(node, ast.UnaryOp):
        return NEGATION if isinstance(node.op, ast.Not) else UNARY
    if isinstance(node, ast.Tuple):
        return 0  # its text may come without parentheses
    return _PRECEDENCE.get(type(node), ATOM)


def parenthesised(text: str, own: int, at_least: int, *, bracketed: bool = False) -> str:
    """`text` in parentheses where it would fall apart, or end at its first line, without them."""
    return f"({text})" if own < at_least or (not bracketed and _ends_line(text)) else text


def _ends_line(text: str) -> bool:
    """Whether a line ends in an expression outside of brackets and texts."""
    if "\n" not in text and "\r" not in text:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, mode="eval")
    except SyntaxError:
        return True
    return False


def room(parent: ast.AST, node: ast.AST | None = None) -> int:
    """How tightly an expression must hold together to stand below `parent`: 0 where commas or colons bound it.

    `node`: what it stands in for; on the left of an operator it may bind as tightly as that.
    """
    if isinstance(parent, ast.BinOp) and node is parent.left and not isinstance(parent.op, ast.Pow):
        return precedence(parent)
    if isinstance(parent, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return 1
    if isinstance(parent, (ast.Call, ast.Subscript, ast.List, ast.Set, ast.Slice, ast.keyword, ast.arguments)):
        return 1
    if isinstance(parent, (ast.stmt, ast.comprehension, ast.Dict, ast.Tuple)):
        return 3 if isinstance(parent, (ast.comprehension, ast.Tuple)) else 1
    return precedence(parent) + 1 if isinstance(parent, ast.expr) else ATOM


def replaced(operator: str, node: ast.AST, text: str, source: SourceText) -> Edit:
    return Edit(operator, source.start(node), source.end(node), text, node)


def called_name(node: ast.AST) -> str:
    """The last part of the name of what is called, "" for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
