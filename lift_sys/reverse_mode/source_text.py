"""Source files as CPython reads them: bytes to text, lines and syntax tree, or a typed reason why not."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from codecs import BOM_UTF8

from lift_sys.errors import SourceError
from lift_sys.records.rejections import RejectionReason

MAX_BYTES = 2_000_000
"""Files above this are rejected unread: parsing takes some 200 times their size in memory."""

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_NEWLINE = re.compile("\r\n?")


class UnusableFile(SourceError):
    """A file that can't be lifted. `reason` says what is wrong with it, `lineno` where, when that is known."""

    def __init__(self, reason: RejectionReason, detail: str, lineno: int | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.lineno = lineno


def decode(data: bytes) -> str:
    """The text of a source file, its line ends normalised to a line feed and its byte order mark dropped.

    Raises:
        UnusableFile: UNDECODABLE, or SYNTAX_ERROR for a NUL byte (CPython's own answer to one).
    """
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UnusableFile(RejectionReason.SYNTAX_ERROR, "the file holds NUL bytes", line)
    encoding = "utf-8-sig"
    if b"coding" in data[:2000] and any(map(_COOKIE.match, data.removeprefix(BOM_UTF8).split(b"\n", 2)[:2])):
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        except SyntaxError as error:
            raise UnusableFile(RejectionReason.UNDECODABLE, str(error.msg), 1) from None
    try:
        text = data.decode(encoding)
        text.encode()  # codecs such as utf-7 can produce lone surrogates
    except (UnicodeError, LookupError) as error:
        raise UnusableFile(RejectionReason.UNDECODABLE, f"{type(error).__name__}: {error}"[:200]) from None
    return _NEWLINE.sub("\n", text) if "\r" in text else text


def parse(text: str) -> ast.Module:
    """The syntax tree of `text`.

    Raises:
        UnusableFile: SYNTAX_ERROR, or PARSER_LIMIT where the parser's stack or memory does not suffice.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like are the author's business
        try:
            return ast.parse(text)
        except SyntaxError as error:
            reason = RejectionReason.SYNTAX_ERROR
            if error.msg.startswith(("too many nested", "too many levels", "parser stack overflow")):
                reason = RejectionReason.PARSER_LIMIT
            raise UnusableFile(reason, _one_line(error.msg), error.lineno) from None
        except (MemoryError, RecursionError) as error:
            detail = f"the parser gave up: {type(error).__name__} {_one_line(str(error))}".rstrip()
            raise UnusableFile(RejectionReason.PARSER_LIMIT, detail) from None
        except (ValueError, UnicodeError, OverflowError) as error:
            raise UnusableFile(RejectionReason.SYNTAX_ERROR, _one_line(str(error))) from None


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "backslashreplace").decode().split())[:200]


class SourceText:
    """The text of one module, addressed by the positions of its syntax tree (columns count UTF-8 bytes)."""

    __slots__ = ("_data", "_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._data: str | bytes = text if text.isascii() else text.encode()
        newline: str | bytes = "\n" if isinstance(self._data, str) else b"\n"
        starts = [0]
        for line in self._data.split(newline):  # type: ignore[arg-type]
            starts.append(starts[-1] + len(line) + 1)
        self._starts = starts

    def lines(self, first: int, last: int) -> str:
        """The lines `first` to `last`, both counted from 1 and included, without the last line's end."""
        return self._cut(self._starts[first - 1], self._starts[min(last, len(self._starts) - 1)] - 1)

    def between(self, line: int, column: int, end_line: int, end_column: int) -> str:
        return self._cut(self._starts[line - 1] + column, self._starts[end_line - 1] + end_column)

    def tail(self, line: int, column: int) -> str:
        """What follows on a line from a column on, without space around it."""
        end = self._starts[line] - 1 if line < len(self._starts) else self._starts[-1]
        return self._cut(self._starts[line - 1] + column, end).strip()

    def segment(self, node: ast.expr) -> str:
        """The expression as written, on one line and usable alone (rewritten where the text is neither)."""
        start, end = self._starts[node.lineno - 1], self._starts[(node.end_lineno or node.lineno) - 1]
        text = self._cut(start + node.col_offset, end + (node.end_col_offset or 0))
        kind = node.__class__
        if "\n" in text or kind in _NOT_ALONE or (kind is ast.Tuple and text[:1] != "("):
            return ast.unparse(node)
        return text

    def _cut(self, start: int, end: int) -> str:
        data = self._data
        return data[start:end] if isinstance(data, str) else data[start:end].decode("utf-8", "replace")


_NOT_ALONE = frozenset({ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.GeneratorExp, ast.Starred, ast.Slice})
