"""The wire format: exact plain Python values as canonical JSON text.

A value has one encoding, so two values are the same (same type, same bits, same order) exactly when their texts
are the same bytes; verdicts compare texts and never decode what a candidate sent. Standard library only: the
sandbox carries this very file into the box.

    None, True, False      null, true, false
    int                    7                      up to 2**53 - 1 in size, beyond that {"i":"-1fffffffffffff0"} (hex)
    float                  {"f":"0x1.8p+0"}       `float.hex`; a NaN keeps its bits: {"f":"nan:7ff8000000000000"}
    str                    "text"                 ASCII-escaped; with surrogates {"s":"<hex of UTF-8, surrogatepass>"}
    bytes                  {"b":"<hex>"}
    list                   [..]
    tuple                  {"t":[..]}
    dict                   {"d":[key,value,..]}   in insertion order
    set, frozenset         {"set":[..]}, {"fset":[..]}   members sorted by their text

Subclasses, cycles and every other type have no encoding. Nesting has no limit: nothing here recurses.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import chain
from json import dumps
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.encoder import encode_basestring_ascii as quote
from math import isnan
from typing import Any

try:
    from lift_sys.errors import WireError as WireError
except ImportError:  # inside the box this file stands alone

    class WireError(Exception):  # type: ignore[no-redef]
        """Bytes that are no value of the wire format, or a value that has no encoding."""


WireText = str
SAFE_INT = 2**53 - 1
MANY = 64
EXPANSION = 6
"""How many characters of wire text one byte of a value can take: a control character is `\\u0000`."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(value: object, *, limit: int | None = None) -> WireText:
    """The canonical text of `value`.

    Raises:
        WireError: it holds something that is not exactly a plain type, holds itself, or is larger than `limit` bytes.
            Text and bytes count as what they are (UTF-8), a float for 8, the rest as its wire text; the text may be
            up to `EXPANSION` times as long.
    """
    out: list[str] = []
    size = 0
    frames: list[tuple[Iterator[Any], str, int, list[int] | None]] = []
    open_ids: set[int] = set()
    items: Iterator[Any] = iter((value,))
    closing, ident, fresh = "", 0, True
    marks: list[int] | None = None
    while True:
        for item in items:
            if marks is not None:
                marks.append(len(out))
            elif fresh:
                fresh = False
            else:
                out.append(",")
            kind = type(item)
            if kind is list or kind is tuple or kind is dict or kind is set or kind is frozenset:
                if id(item) in open_ids:
                    raise WireError("the value holds itself")
                if limit is not None and 2 * len(item) > limit + 1:  # a member counts for itself and its comma
                    raise WireError(f"the value is larger than {limit} bytes")
                if len(item) > MANY and (kind is list or kind is tuple):
                    text, counted = _uniform(item)
                    if text:
                        size += counted
                        if limit is not None and size > limit:
                            raise WireError(f"the value is larger than {limit} bytes")
                        out.append(f"[{text}]" if kind is list else f'{{"t":[{text}]}}')
                        continue
                frames.append((items, closing, ident, marks))
                ident, marks, fresh = id(item), None, True
                open_ids.add(ident)
                if kind is dict:
                    out.append('{"d":[')
                    items, closing = chain.from_iterable(item.items()), "]}"
                elif kind is list:
                    out.append("[")
                    items, closing = iter(item), "]"
                elif kind is tuple:
                    out.append('{"t":[')
                    items, closing = iter(item), "]}"
                else:
                    out.append('{"set":[' if kind is set else '{"fset":[')
                    items, closing, marks = iter(item), "]}", []
                break
            text = _scalar(item, kind)
            size += _counted(item, kind, text) + 1
            if limit is not None and size > limit:
                raise WireError(f"the value is larger than {limit} bytes")
            out.append(text)
        else:
            if not frames:
                return "".join(out)
            if marks:
                parts = ["".join(out[a:b]) for a, b in zip(marks, [*marks[1:], len(out)], strict=True)]
                del out[marks[0] :]
                out.append(",".join(sorted(parts)))
            out.append(closing)
            size += 6
            if limit is not None and size > limit:
                raise WireError(f"the value is larger than {limit} bytes")
            open_ids.discard(ident)
            items, closing, ident, marks = frames.pop()
            fresh = False


def _counted(item: Any, kind: type, text: str) -> int:
    """What a scalar counts for against the limit."""
    if kind is float:
        return 8
    if kind is bytes:
        return len(item)
    if kind is str:
        return len(item) if item.isascii() else len(item.encode("utf-8", "surrogatepass"))
    return len(text)


def _uniform(items: Any) -> tuple[str, int]:
    """The members of a long list of numbers of one kind, quickly, and what they count for; "" for any other."""
    kinds = set(map(type, items))
    if kinds == {int} and min(items) >= -SAFE_INT and max(items) <= SAFE_INT:
        text = dumps(items, separators=(",", ":"))[1:-1]
        return text, len(text)
    if kinds == {float} and not any(map(isnan, items)):
        return ",".join([f'{{"f":"{item.hex()}"}}' for item in items]), 9 * len(items)
    return "", 0


def _scalar(item: Any, kind: type) -> str:
    if item is None:
        return "null"
    if kind is bool:
        return "true" if item else "false"
    if kind is int:
        return str(item) if -SAFE_INT <= item <= SAFE_INT else '{"i":"' + _hex(item) + '"}'
    if kind is str:
        if _SURROGATE.search(item):
            return f'{{"s":"{item.encode("utf-8", "surrogatepass").hex()}"}}'
        return quote(item)
    if kind is float:
        if item != item:
            return '{"f":"nan:' + struct.pack(">d", item).hex() + '"}'
        return f'{{"f":"{item.hex()}"}}'
    if kind is bytes:
        return f'{{"b":"{item.hex()}"}}'
    raise WireError(f"a value of type {kind.__module__}.{kind.__qualname__} has no encoding")


def _hex(number: int) -> str:
    return f"-{-number:x}" if number < 0 else f"{number:x}"


_TOKEN = re.compile(
    r'(?P<open>\[|\{"(?:t|d|set|fset)":\[)'
    r"|(?P<close>\]\}?)"
    r"|(?P<int>-?(?:0|[1-9][0-9]{0,15}))(?![0-9.eE])"
    r'|(?P<string>")'
    r"|(?P<word>null|true|false)"
    r'|\{"(?P<tag>[ifsb])":"(?P<body>[^"\\]*)"\}'
)
_WORDS = {"null": None, "true": True, "false": False}


def decode(text: WireText) -> object:
    """The value that `text` encodes, built only of exact plain types.

    Raises:
        WireError: `text` is not an encoding (it need not be the canonical one).
    """
    stack: list[tuple[str, list[object]]] = []
    opener, items = "", []  # type: str, list[object]
    position, end = 0, len(text)
    expect_value, after_comma = True, False
    while True:
        if not expect_value and position < end and text[position] == ",":
            if not stack:
                raise WireError(f"trailing text at {position}")
            position += 1
            expect_value = after_comma = True
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            raise WireError(f"no wire value at character {position}")
        group = token.lastgroup
        position = token.end()
        if group == "close":
            if not stack or after_comma or (token.group() == "]") != (opener == "["):
                raise WireError(f"unexpected {token.group()} at character {token.start()}")
            value = _build(opener, items)
            opener, items = stack.pop()
        elif not expect_value:
            raise WireError(f"no comma at character {token.start()}")
        elif group == "open":
            stack.append((opener, items))
            opener, items = token.group(), []
            after_comma = False
            continue
        elif group == "int":
            value = int(token.group())
        elif group == "word":
            value = _WORDS[token.group()]
        elif group == "string":
            try:
                value, position = scanstring(text, position, True)
            except ValueError as error:
                raise WireError(f"bad string: {error}") from None
        else:
            value = _tagged(token["tag"], token["body"])
        items.append(value)
        expect_value = after_comma = False
        if not stack:
            if position != end:
                raise WireError(f"trailing text at character {position}")
            return items[0]


def _build(opener: str, items: list[object]) -> object:
    try:
        if opener == "[":
            return items
        if opener == '{"t":[':
            return tuple(items)
        if opener == '{"set":[':
            return set(items)
        if opener == '{"fset":[':
            return frozenset(items)
        if len(items) % 2:
            raise WireError("a dict with a key and no value")
        return dict(zip(items[::2], items[1::2], strict=True))
    except TypeError as error:
        raise WireError(str(error)) from None


def _tagged(tag: str, body: str) -> object:
    try:
        if tag == "i":
            return int(body, 16)
        if tag == "b":
            return bytes.fromhex(body)
        if tag == "s":
            return bytes.fromhex(body).decode("utf-8", "surrogatepass")
        if body.startswith("nan:"):
            number = struct.unpack(">d", bytes.fromhex(body[4:]))[0]
            if number == number:
                raise WireError("a NaN whose bits are a number")
            return number
        return float.fromhex(body)
    except (ValueError, OverflowError, struct.error) as error:
        raise WireError(f"bad {tag} value: {error}") from None


def literal(value: Any) -> str:
    """`value` as a Python expression that evaluates to it, for people and for assert statements."""
    kind = type(value)
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            return f"float({str(value)!r})"
        return repr(value)
    if kind is list:
        return "[" + ", ".join(map(literal, value)) + "]"
    if kind is tuple:
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if kind is dict:
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if kind is set or kind is frozenset:
        inner = ", ".join(sorted(map(literal, value)))
        braces = f"{{{inner}}}" if inner else ""
        return (braces or "set()") if kind is set else f"frozenset({braces})"
    return repr(value)
