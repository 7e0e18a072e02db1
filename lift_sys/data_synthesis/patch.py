"""Unified diffs of one text: made, and applied strictly."""

from __future__ import annotations

import re
from difflib import unified_diff

NAME = "solution.py"
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_END = "\\ No newline at end of file"


def make_patch(old: str, new: str) -> str:
    """A unified diff that `patch` and `git apply` take; "" when the texts are the same."""
    made: list[str] = []
    for line in unified_diff(_lines(old), _lines(new), f"a/{NAME}", f"b/{NAME}"):
        made += [line] if line.endswith("\n") else [line + "\n", _NO_END + "\n"]
    return "".join(made)


def apply_patch(old: str, patch: str) -> str:
    """The text that the diff leads to.

    Raises:
        ValueError: the diff is damaged, or is one of another text.
    """
    source, made, position = _lines(old), list[str](), 0
    lines = _lines(patch)
    at = 2 if lines[:1] and lines[0].startswith("--- ") else 0
    while at < len(lines):
        hunk = _HUNK.match(lines[at])
        if hunk is None:
            raise ValueError(f"line {at + 1} of the patch is no hunk")
        count = int(hunk[2] or 1)
        start = int(hunk[1]) - (count > 0)
        made += source[position:start]
        position, at = start, at + 1
        while at < len(lines) and not lines[at].startswith("@@"):
            position = _step(lines, at, source, position, made)
            at += 2 if lines[at + 1 : at + 2] == [_NO_END + "\n"] else 1
    return "".join(made + source[position:])


def _step(lines: list[str], at: int, source: list[str], position: int, made: list[str]) -> int:
    """Take one line of a hunk; the answer is the new position in the source."""
    sign, text = lines[at][:1], lines[at][1:]
    if lines[at + 1 : at + 2] == [_NO_END + "\n"]:
        text = text[:-1]
    if sign in (" ", "-"):
        if position >= len(source) or source[position] != text:
            raise ValueError(f"line {at + 1} of the patch does not fit line {position + 1} of the text")
        position += 1
    if sign in (" ", "+"):
        made.append(text)
    if sign not in (" ", "+", "-"):
        raise ValueError(f"line {at + 1} of the patch is no line of a hunk")
    return position


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as for `patch`."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
