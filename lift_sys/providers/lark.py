"""Grammars in Lark become grammars in the EBNF that xgrammar reads.

OpenVINO's structured output knows xgrammar's EBNF only; transformers gets its masks from llguidance, which reads
Lark. One text must serve both. Taken are rules and terminals made of strings, regular expressions, ranges, groups,
options and repetitions; anything else of Lark is refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from lift_sys.errors import ConfigError

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f]+|//[^\n]*|\#[^\n]*)|(?P<line>\n)|(?P<string>"(?:[^"\\\n]|\\.)*"i?)"""
    r"""|(?P<regex>/(?:[^/\\\n]|\\.)+/[a-z]*)|(?P<times>\{\d+(?:,\d*)?\})|(?P<range>\.\.)"""
    r"""|(?P<name>[?!]?[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[:|()\[\]?*+])|(?P<other>.)"""
)
_REGEX: Any = import_module("re._parser")
_FLAGS = {"s": re.DOTALL, "m": re.MULTILINE, "u": 0}
_CLASSES = {"CATEGORY_DIGIT": "0-9", "CATEGORY_WORD": "0-9A-Z_a-z", "CATEGORY_SPACE": " \\t\\n\\r\\f\\v"}


@lru_cache(maxsize=64)
def to_ebnf(grammar: str) -> str:
    """The same language as an EBNF whose start is `root`.

    Raises:
        ConfigError: the grammar is no Lark, or uses a part of Lark that has no counterpart.
    """
    reader = _Reader(grammar)
    rules = reader.rules()
    if "start" not in rules:
        raise ConfigError("a grammar needs a rule `start`")
    strange = sorted(reader.used - set(rules))
    if strange:
        raise ConfigError(f"the grammar has no rule {', '.join(strange)}")
    named = {name: _safe(name) for name in rules}
    lines = [f"{named[name]} ::= {text}" for name, text in rules.items()]
    return "\n".join(["root ::= start", *lines]) + "\n"


def _safe(name: str) -> str:
    return "the_root" if name == "root" else name


class _Reader:
    """A parser by recursive descent: each method takes what it knows and leaves the rest."""

    def __init__(self, text: str) -> None:
        self.tokens = [
            (match.lastgroup or "", match.group()) for match in _TOKEN.finditer(text) if match.lastgroup != "space"
        ]
        self.place = 0
        self.used: set[str] = set()
        """Names on right sides."""

    def rules(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            while self._kind() == "line":
                self.place += 1
            if self._kind() == "":
                return found
            name = self._take("name").lstrip("?!")
            self._take("mark", ":")
            if name in found:
                raise ConfigError(f"the grammar has two rules {name!r}")
            found[name] = self._choice()

    def _choice(self) -> str:
        """Alternatives. A line that begins with `|` goes on with the rule above it."""
        options = [self._sequence()]
        while True:
            start = self.place
            while self._kind() == "line":
                self.place += 1
            if self._text() != "|":
                self.place = start
                return " | ".join(options)
            self.place += 1
            options.append(self._sequence())

    def _sequence(self) -> str:
        items = []
        while self._kind() in ("string", "regex", "name") or self._text() in ("(", "["):
            if self._kind(1) == "mark" and self._text(1) == ":":
                break
            items.append(self._item())
        return " ".join(items) or '""'

    def _item(self) -> str:
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "string":
            found = self._string(text)
        elif kind == "regex":
            body, _, flags = text[1:].rpartition("/")
            found = _of_regex(body, flags)
        elif kind == "name":
            self.used.add(text)
            found = _safe(text)
        else:
            found = f"({self._choice()})"
            self._take("mark", ")" if text == "(" else "]")
            found += "?" if text == "[" else ""
        while self._text() in ("?", "*", "+") or self._kind() == "times":
            found = f"({found}){self._text()}" if found.endswith(("?", "*", "+", "}")) else found + self._text()
            self.place += 1
        return found

    def _string(self, text: str) -> str:
        if text.endswith("i"):
            raise ConfigError(f"strings that ignore case have no counterpart in EBNF: {text}")
        first = _unquoted(text)
        if self._kind() != "range":
            return _quoted(first)
        self.place += 1
        last = _unquoted(self._take("string"))
        if len(first) != 1 or len(last) != 1:
            raise ConfigError(f"a range has single characters at its ends, not {text}")
        return f"[{_in_class(ord(first))}-{_in_class(ord(last))}]"

    def _kind(self, ahead: int = 0) -> str:
        return self.tokens[self.place + ahead][0] if self.place + ahead < len(self.tokens) else ""

    def _text(self, ahead: int = 0) -> str:
        return self.tokens[self.place + ahead][1] if self.place + ahead < len(self.tokens) else ""

    def _take(self, kind: str, text: str = "") -> str:
        found = self._text()
        if self._kind() != kind or (text and found != text):
            raise ConfigError(f"the grammar has {found or 'its end'!r} where {text or f'a {kind}'} is wanted")
        self.place += 1
        return found


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise ConfigError(f"the grammar has a broken string {text}: {error}") from error


def _quoted(text: str) -> str:
    return '"' + "".join(_in_string(ord(letter)) for letter in text) + '"'


def _of_regex(pattern: str, flags: str = "") -> str:
    """A regular expression as a piece of EBNF."""
    if set(flags) - set(_FLAGS):
        raise ConfigError(f"regular expressions with the flags {flags!r} have no counterpart in EBNF")
    number = 0
    for flag in flags:
        number |= int(_FLAGS[flag])
    try:
        return _sequence(_REGEX.parse(pattern.replace("\\/", "/"), number), bool(number & re.DOTALL))
    except re.error as error:
        raise ConfigError(f"the grammar has a broken regular expression /{pattern}/: {error}") from error


def _sequence(parsed: Sequence[tuple[Any, Any]], everything: bool) -> str:
    return " ".join(_part(str(kind), value, everything) for kind, value in parsed) or '""'


def _part(kind: str, value: Any, everything: bool) -> str:
    if kind == "LITERAL":
        return f'"{_in_string(value)}"'
    if kind == "NOT_LITERAL":
        return f"[^{_in_class(value)}]"
    if kind == "ANY":
        return "[\\0-\\U0010FFFF]" if everything else "[^\\n]"
    if kind == "IN":
        return f"[{''.join(_of_class(str(k), v) for k, v in value)}]"
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        return f"({_sequence(inner, everything)}){_times(least, most)}"
    if kind == "SUBPATTERN":
        return f"({_sequence(value[-1], everything)})"
    if kind == "BRANCH":
        return f"({' | '.join(_sequence(option, everything) for option in value[1])})"
    raise ConfigError(f"regular expressions with {kind.lower()} have no counterpart in EBNF")


def _times(least: int, most: Any) -> str:
    endless = most == _REGEX.MAXREPEAT
    short = {(0, True): "*", (1, True): "+"}.get((least, endless), "")
    if short or (least, most) == (0, 1):
        return short or "?"
    return f"{{{least},{'' if endless else int(most)}}}"


def _of_class(kind: str, value: Any) -> str:
    if kind == "NEGATE":
        return "^"
    if kind == "LITERAL":
        return _in_class(value)
    if kind == "RANGE":
        return f"{_in_class(value[0])}-{_in_class(value[1])}"
    if kind == "CATEGORY" and str(value) in _CLASSES:
        return _CLASSES[str(value)]
    raise ConfigError(f"regular expressions with {value} have no counterpart in EBNF")


def _in_string(code: int) -> str:
    return f"\\{chr(code)}" if chr(code) in '"\\' else _plain(code)


def _in_class(code: int) -> str:
    return f"\\{chr(code)}" if chr(code) in "\\]^-[" else _plain(code)


def _plain(code: int) -> str:
    if 32 <= code < 127:
        return chr(code)
    short = {10: "\\n", 13: "\\r", 9: "\\t"}.get(code)
    return short or (f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}")
