"""Code in the answers of models, which stands between fences."""

from __future__ import annotations

import ast
import re
import warnings

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]*)(?:\n|\Z)", re.MULTILINE)
_NESTED = 20
"""Fences that may end a block."""


def blocks_in(text: str) -> list[str]:
    """The fenced blocks of an answer, in order; what is open at the end is none.

    A docstring may hold fences itself. So a block ends at the last fence up to which it is Python, or at the next
    one where it is Python up to none.
    """
    fences = list(_FENCE.finditer(text))
    found, place = [], 0
    while place < len(fences):
        start, mark = fences[place].end(), fences[place][1]
        ends = [
            n for n in range(place + 1, len(fences)) if fences[n][1].startswith(mark) and not fences[n][2].strip()
        ]
        if ends:
            ends = ends[:_NESTED]
            place = next((n for n in reversed(ends) if is_python(text[start : fences[n].start()])), ends[0])
            found.append(text[start : fences[place].start()])
        place += 1
    return found


def is_python(text: str) -> bool:
    """Whether it parses. Nothing of it is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of an answer's style is nobody's concern
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
