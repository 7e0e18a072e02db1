"""Overlap of words and of code tokens with a benchmark: exact copies, and runs of n that are shared.

Words: the method of Brown et al. 2020 (appendix C), runs of `WORDS` words in a row, lower-cased, without
punctuation. One shared run is not enough, as a benchmark's sentences have common phrases: a share of all runs of
the problem's text must be there. Code: runs of `TOKENS` tokens, names as they are, comments and layout left out.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

WORDS = 8
TOKENS = 13
WORD_SHARE = 0.5
"""Share of a problem's runs of words that a row must hold."""
TOKEN_SHARE = 0.5
"""The same for code tokens."""
FEWEST = 6
"""A text with fewer runs tells nothing."""
_WORD = re.compile(r"[a-z0-9]+")
_DROPPED = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
    tokenize.ENDMARKER,
}  # fmt: skip
Run = tuple[str, ...]


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def prose(docstring: str) -> str:
    """A docstring without its examples: their values are no words."""
    lines: list[str] = []
    inside = False
    for line in docstring.splitlines():
        if line.strip().startswith(">>>"):
            inside = True
        elif not line.strip():
            inside = False
        if not inside:
            lines.append(line)
    return "\n".join(lines)


def docstrings(code: str) -> list[str]:
    """Every docstring of a module; none when it does not parse."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    return [text for node in ast.walk(tree) if isinstance(node, kinds) and (text := ast.get_docstring(node))]


def tokens(code: str) -> list[str]:
    """The tokens of code, without comments, layout and strings that stand alone; as many as can be read."""
    found: list[str] = []
    alone = True  # a string that begins a logical line is a docstring
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type in _DROPPED:
                alone = alone or token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
                continue
            if not (token.type == tokenize.STRING and alone):
                found.append(token.string)
            alone = False
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return found


def runs(items: Sequence[str], length: int) -> set[Run]:
    """Every run of `length` items; the whole, when it is shorter than one run but for a few."""
    return {tuple(items[at : at + length]) for at in range(len(items) - length + 1)}


class RunIndex:
    """Which texts hold which runs, to find those that share many with another text."""

    def __init__(self, texts: Mapping[str, Sequence[str]], length: int, share: float) -> None:
        self.length, self.share = length, share
        self.sizes: dict[str, int] = {}
        self.holders: dict[Run, list[str]] = {}
        for name, items in texts.items():
            found = runs(items, length)
            if len(found) >= FEWEST:
                self.sizes[name] = len(found)
                for run in found:
                    self.holders.setdefault(run, []).append(name)

    def best(self, texts: Iterable[Sequence[str]]) -> tuple[str, int, int] | None:
        """The text that shares most: its name, the runs shared, and all its runs; None below the share."""
        seen: set[Run] = set().union(*(runs(items, self.length) for items in texts))
        shared = Counter(name for run in seen for name in self.holders.get(run, ()))
        enough = [(count / self.sizes[name], name) for name, count in shared.items()]
        share, name = max(enough, default=(0.0, ""))
        return (name, shared[name], self.sizes[name]) if share >= self.share else None
