"""Literals as their author would write them: a changed value keeps prefix, quotes, escapes and base of the old one.

A fault that is written in another style than the code around it would give its place away. Texts are read here and
not by `ast`, because its positions inside f-strings, and the way it writes them, differ between versions of Python.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_OPENING = re.compile(r"([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
_BETWEEN = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*)*")
_SIMPLE = {
    "\n": "", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:\r\n|[\n\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2})")
_WIDE_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}]+\})")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Unit:
    """Characters `start` to `end` of a literal's text, which stand for `value`: a character, or nothing."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Piece:
    """One quoted part of a literal: `text[start:end]` with its prefix and quotes, and what is between them."""

    start: int
    end: int
    prefix: str
    quote: str
    units: tuple[Unit, ...]
    fields: tuple[tuple[int, int], ...] = ()
    """The spans of an f-string's replacement fields."""

    @property
    def body(self) -> tuple[int, int]:
        return self.start + len(self.prefix + self.quote), self.end - len(self.quote)

    def runs(self) -> Iterator[tuple[Unit, ...]]:
        """The units of every stretch of text that no field interrupts."""
        bounds = [self.start, *(start for start, _ in self.fields), self.end]
        for low, high in pairwise(bounds):
            if run := tuple(unit for unit in self.units if low <= unit.start < high):
                yield run


class Unreadable(ValueError):
    """The text is no literal that this module reads."""


def pieces(text: str) -> list[Piece]:
    """The quoted parts of a literal, f-strings included.

    Raises:
        Unreadable: it is no such literal.
    """
    found, at = [], 0
    while at < len(text):
        piece = _piece(text, at)
        found.append(piece)
        between = _BETWEEN.match(text, piece.end)
        at = between.end() if between else piece.end
    return found


def _piece(text: str, start: int) -> Piece:
    opening = _OPENING.match(text, start)
    if opening is None or not set(opening[1].lower()) <= set("rbuf"):
        raise Unreadable(text)
    prefix, quote, kind = opening[1], opening[2], opening[1].lower()
    at = opening.end()
    units: list[Unit] = []
    fields: list[tuple[int, int]] = []
    while not text.startswith(quote, at):
        if at >= len(text) or (text[at] in "\r\n" and len(quote) == 1):
            raise Unreadable(text)
        if "f" in kind and text[at] in "{}":
            if text[at : at + 2] in ("{{", "}}"):
                units.append(Unit(at, at + 2, text[at]))
            else:
                fields.append((at, _field_end(text, at)))
            at = units[-1].end if text[at : at + 2] in ("{{", "}}") else fields[-1][1]
        elif "r" in kind:
            width = 2 if text[at] == "\\" else 1
            units += [Unit(place, place + 1, text[place]) for place in range(at, min(at + width, len(text)))]
            at += width
        else:
            units.append(_unit(text, at, wide="b" not in kind))
            at = units[-1].end
    return Piece(start, at + len(quote), prefix, quote, tuple(units), tuple(fields))


def _unit(text: str, at: int, *, wide: bool) -> Unit:
    found = _ESCAPE.match(text, at) or (_WIDE_ESCAPE.match(text, at) if wide else None)
    if found is None:
        return Unit(at, at + 1, text[at])
    name = found[0][1:].replace("\r\n", "\n")
    if name in _SIMPLE:
        return Unit(at, found.end(), _SIMPLE[name])
    try:
        code = int(name, 8) if name[0] in "01234567" else -1 if name[0] == "N" else int(name[1:], 16)
        return Unit(at, found.end(), unicodedata.lookup(name[2:-1]) if code < 0 else chr(code))
    except (KeyError, ValueError, OverflowError) as error:
        raise Unreadable(text) from error


def _field_end(text: str, start: int) -> int:
    """Where the replacement field ends that opens at `start`."""
    at, depth, spec = start + 1, 0, False
    while at < len(text):
        letter = text[at]
        if spec:
            if letter == "{":
                at = _field_end(text, at) - 1
            elif letter == "}":
                return at + 1
        elif letter in "'\"":
            at = _piece(text, at).end - 1
        elif letter in "([{":
            depth += 1
        elif letter == "}" and not depth:
            return at + 1
        elif letter in ")]}":
            depth -= 1
        elif letter == ":" and not depth:
            spec = True
        at += 1
    raise Unreadable(text)


def value_of(text: str) -> str:
    """What a literal without fields stands for; bytes as text of the same code points.

    Raises:
        Unreadable: it is no such literal.
    """
    parts = pieces(text)
    if any(part.fields for part in parts):
        raise Unreadable(text)
    return "".join(unit.value for part in parts for unit in part.units)


def respelt(text: str, old: str, new: str) -> str:
    """The literal `text`, which stands for `old`, changed to stand for `new` with as little as possible rewritten.

    Raises:
        Unreadable: it is no literal that stands for `old`.
    """
    parts = pieces(text)
    if value_of(text) != old:
        raise Unreadable(text)
    first = parts[0]
    if not new:
        return first.prefix + first.quote[0] * 2
    place, units = _changed(parts, old, new)
    part = parts[place]
    head, tail = _common(old, new)
    middle = new[head : len(new) - tail]
    start = units[0].start if units else _insertion(parts, head)
    end = units[-1].end if units else start
    for made in _candidates(text, part, start, end, middle, new):
        if _stands_for(made, new):
            return made
    return quoted(new, first.prefix, first.quote[0], text)


def _candidates(text: str, part: Piece, start: int, end: int, middle: str, new: str) -> Iterator[str]:
    """The literal with `middle` written as it is, then in the other quotes, then with its quotes escaped."""
    if "r" in part.prefix.lower():
        if all(_letter(letter, "", text) == letter for letter in middle.replace("\\", "")):
            yield text[:start] + middle + text[end:]
        return
    if part.quote in ("'", '"') and part.quote in middle:
        other = "'" if part.quote == '"' else '"'
        if part.start == 0 and part.end == len(text) and other not in new:
            body = text[part.body[0] : start] + _escaped(middle, other, text) + text[end : part.body[1]]
            yield part.prefix + other + body + other
    yield text[:start] + _escaped(middle, part.quote, text) + text[end:]


def _changed(parts: list[Piece], old: str, new: str) -> tuple[int, list[Unit]]:
    """The part that a change falls into, and the units that it rewrites."""
    head, tail = _common(old, new)
    last = len(old) - tail
    at, found, place = 0, [], 0
    for index, part in enumerate(parts):
        for unit in part.units:
            if at < last and at + len(unit.value) > head:
                found.append(unit)
                place = index if len(found) == 1 else place
            at += len(unit.value)
        if at < head or (at == head and not found):
            place = index
    return place, found


def _insertion(parts: list[Piece], head: int) -> int:
    at, place = 0, parts[0].body[0]
    for part in parts:
        for unit in part.units:
            if at + len(unit.value) > head:
                return place
            at, place = at + len(unit.value), unit.end
    return place


def _common(old: str, new: str) -> tuple[int, int]:
    """How many characters two texts have in common at their beginning, and at the end of what is left."""
    most = min(len(old), len(new))
    head = next((n for n in range(most) if old[n] != new[n]), most)
    rest = most - head
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return head, tail


def _stands_for(text: str, value: str) -> bool:
    try:
        return value_of(text) == value
    except Unreadable:
        return False


def _escaped(value: str, quote: str, source: str) -> str:
    """`value` for a place between such quotes. A character that `source` has as it is stays as it is."""
    return "".join(_letter(letter, quote, source) for letter in value)


def _letter(letter: str, quote: str, source: str) -> str:
    if letter == quote:
        return "\\" + letter
    if letter in _SHORT:
        return letter if letter == "\n" and len(quote) == 3 else _SHORT[letter]
    if " " <= letter <= "~" or (letter > "\xa0" and letter in source):
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quoted(value: str, prefix: str, quote: str, source: str = "") -> str:
    """`value` as a literal of one piece. The quotes are `quote` unless only the other ones need no escape."""
    kind = "".join(letter for letter in prefix if letter.lower() not in "rf")
    other = "'" if quote == '"' else '"'
    if quote in value and other not in value:
        quote = other
    return kind + quote + _escaped(value, quote, source) + quote


_NUMBER = re.compile(r"(0[xX]|0[oO]|0[bB]|)([0-9a-fA-F_]+)")
_DECIMAL = re.compile(r"([0-9_]*)\.([0-9_]*)")
_EXPONENT = re.compile(r"([0-9_.]+[eE])([-+]?)([0-9]+)")


def next_number(text: str, step: int) -> str:
    """The number one above or below (`step`), in the notation of `text`; of one with an exponent, the next exponent.

    Of a fraction below one, the last digit goes down by one, so that no sign appears.

    Raises:
        Unreadable: it is no number, or no number without a sign is there.
    """
    if found := _DECIMAL.fullmatch(text):
        return _next_fraction(found[1], found[2], step)
    if (found := _EXPONENT.fullmatch(text)) and float(text):
        power = int(found[2] + found[3]) + step
        sign = "-" if power < 0 else "+" if found[2] == "+" else ""
        return f"{found[1]}{sign}{abs(power):0{len(found[3])}d}"
    found = _NUMBER.fullmatch(text)
    try:
        value = int(text, 0) + step
    except ValueError as error:
        raise Unreadable(text) from error
    if found is None or value < 0:
        raise Unreadable(text)
    base, digits = found[1], found[2]
    group = "_" if "_" in digits else ""
    if not base:
        return format(value, f"{group}d")
    written = format(value, f"0{len(digits)}{group}{base[1].lower()}")
    return base + (written.upper() if digits != digits.lower() else written)


def _next_fraction(whole: str, part: str, step: int) -> str:
    value = int(whole or "0") + step
    if value >= 0:
        return f"{format(value, '_' if '_' in whole else '')}.{part}"
    digits = part.replace("_", "")
    if not digits.strip("0"):
        raise Unreadable(part)
    return f"{whole}.{int(digits) - 1:0{len(digits)}d}"
