"""Decompression and tar headers, read as a stream with every size bounded.

Not `tarfile`: its header parser has had endless loops and quadratic regular expressions (CVE-2024-6232,
CVE-2025-8194), patched in some of the interpreters we support and not in others, and it decodes names that we want
to see as bytes. Reading what an sdist needs takes a page.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from lift_sys.data_synthesis.sources.limits import MIB, Clock, Limits
from lift_sys.errors import SourceError

_BLOCK = 512
_CHUNK = 64 * 1024
_HEADER_BYTES = 64 * 1024
"""The longest extended header that is read; names are far shorter."""


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zlib:
    """zlib's decoder with the interface of the other two: it keeps what it has not consumed."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._tail = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._tail and not self._inner.eof

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = self._inner.decompress(self._tail + data, max_length)
        self._tail = self._inner.unconsumed_tail
        return out


class _Plain:
    eof = False
    unused_data = b""
    needs_input = True

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return data


def _decoder(magic: bytes) -> _Zlib | bz2.BZ2Decompressor | lzma.LZMADecompressor | _Plain:
    if magic.startswith(b"\x1f\x8b"):
        return _Zlib()
    if magic.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMADecompressor(memlimit=128 * MIB)
    return _Plain()


class Unpacked:
    """The decompressed bytes of a file, with caps on how many and on the ratio to what was read.

    Raises:
        SourceError: from `read`, when a cap is passed or the data is damaged.
    """

    def __init__(self, file: BinaryIO, limits: Limits, what: str) -> None:
        self._file = file
        self._limits = limits
        self._what = what
        self._clock = Clock(limits.seconds, what)
        self._buffer = bytearray()
        self._read = self._out = 0
        first = self._more_input()
        self._magic = first[:6]
        self._decode = _decoder(self._magic)
        self._pending = first

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end."""
        while len(self._buffer) < size and self._fill():
            pass
        out = bytes(self._buffer[:size])
        del self._buffer[:size]
        return out

    def skip(self, size: int) -> int:
        """Passes over `size` bytes and says how many there were."""
        left = size
        while left:
            got = len(self.read(min(left, _CHUNK)))
            if not got:
                break
            left -= got
        return size - left

    def _more_input(self) -> bytes:
        data = self._file.read(_CHUNK)
        self._read += len(data)
        if self._read > self._limits.archive_bytes:
            raise SourceError(f"{self._what}: larger than {self._limits.archive_bytes} bytes")
        return data

    def _fill(self) -> bool:
        self._clock.check()
        data, self._pending = self._pending, b""
        if self._decode.eof:
            data = self._decode.unused_data
            if len(data) < 6:
                data += self._more_input()
            if data[:2] != self._magic[:2]:  # padding after the last stream
                return False
            self._decode = _decoder(data[:6])
        elif not data and self._decode.needs_input:
            data = self._more_input()
            if not data:
                if isinstance(self._decode, _Plain):
                    return False
                raise SourceError(f"{self._what}: the archive is cut off")
        try:
            out = self._decode.decompress(data, _CHUNK)
        except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
            raise SourceError(f"{self._what}: damaged data ({error})") from None
        self._out += len(out)
        self._check_size()
        self._buffer += out
        return True

    def _check_size(self) -> None:
        limits = self._limits
        if self._out > limits.unpacked_bytes:
            raise SourceError(f"{self._what}: unpacks to more than {limits.unpacked_bytes} bytes")
        if self._out > limits.ratio_from and self._out > limits.ratio * max(self._read, 1):
            raise SourceError(f"{self._what}: unpacks to more than {limits.ratio} times its size (a bomb)")


@dataclass(frozen=True)
class Member:
    name: bytes
    kind: str
    """'file', 'folder', 'link' (either sort), or 'device' (fifos included)."""
    size: int
    modified: int


_KINDS = {b"0": "file", b"\0": "file", b"7": "file", b"5": "folder", b"1": "link", b"2": "link"}
_KINDS |= {b"3": "device", b"4": "device", b"6": "device"}


def members(stream: Unpacked, what: str) -> Iterator[tuple[Member, int]]:
    """Each member with the number of data bytes that follow it; the caller reads or skips exactly those.

    Raises:
        SourceError: the headers are not those of a tar archive, or one is cut off.
    """
    name: bytes | None = None
    overrides: dict[bytes, bytes] = {}
    shared: dict[bytes, bytes] = {}
    while True:
        block = stream.read(_BLOCK)
        if block == b"\0" * _BLOCK:
            return
        if len(block) < _BLOCK:
            raise SourceError(f"{what}: the archive is cut off")
        _check_sum(block, what)
        flag, size = block[156:157], _number(block[124:136], what)
        if flag in (b"L", b"x", b"g", b"K"):
            data = _extension(stream, size, what)
            if flag == b"L":
                name = data.rstrip(b"\0")
            elif flag == b"x":
                overrides = _pax(data, what)
            elif flag == b"g":
                shared |= _pax(data, what)
            continue
        fields = {**shared, **overrides}
        if any(key.startswith(b"GNU.sparse") for key in fields) or flag == b"S":
            raise SourceError(f"{what}: holds a sparse file")
        member = _member(block, flag, size, name, fields, what)
        yield member, member.size
        _skip_exactly(stream, -member.size % _BLOCK, what)
        name, overrides = None, {}


def _member(
    block: bytes, flag: bytes, size: int, long_name: bytes | None, fields: dict[bytes, bytes], what: str
) -> Member:
    path = block[:100].split(b"\0")[0]
    if block[257:263] == b"ustar\0" and block[345]:
        path = block[345:500].split(b"\0")[0] + b"/" + path
    path = fields.get(b"path", long_name if long_name is not None else path)
    if b"size" in fields:
        size = _decimal(fields[b"size"], what)
    modified = _modified(fields.get(b"mtime"), block[136:148], what)
    kind = _KINDS.get(flag, "device")
    if kind != "file":  # only regular files are followed by data
        return Member(path, kind, 0, modified)
    return Member(path, "folder" if path.endswith(b"/") else "file", size, modified)


def _extension(stream: Unpacked, size: int, what: str) -> bytes:
    if size > _HEADER_BYTES:
        raise SourceError(f"{what}: a header of {size} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise SourceError(f"{what}: the archive is cut off")
    _skip_exactly(stream, -size % _BLOCK, what)
    return data


def _skip_exactly(stream: Unpacked, size: int, what: str) -> None:
    if stream.skip(size) != size:
        raise SourceError(f"{what}: the archive is cut off")


def _check_sum(block: bytes, what: str) -> None:
    expected = sum(block[:148]) + 8 * 32 + sum(block[156:])
    if _number(block[148:156], what) != expected:
        raise SourceError(f"{what}: not a tar archive, or a damaged one")


def _number(field: bytes, what: str) -> int:
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0").split(b"\0")[0]
    if not text:
        return 0
    if not all(0x30 <= char <= 0x37 for char in text):
        raise SourceError(f"{what}: not a tar archive, or a damaged one")
    return int(text, 8)


def _decimal(text: bytes, what: str) -> int:
    if not text.isdigit() or len(text) > 20:
        raise SourceError(f"{what}: a header with a bad number")
    return int(text)


def _modified(field: bytes | None, header: bytes, what: str) -> int:
    """Seconds since 1970; 0 for what is no such time."""
    if field is None:
        return _number(header, what)
    whole = field.split(b".")[0]
    return int(whole) if whole.isdigit() and len(whole) <= 20 else 0


def _pax(data: bytes, what: str) -> dict[bytes, bytes]:
    """Records of the form `<length> <key>=<value>\\n`."""
    out: dict[bytes, bytes] = {}
    position = 0
    while position < len(data):
        space = data.find(b" ", position, position + 8)
        length = data[position:space] if space > 0 else b""
        if not length.isdigit() or int(length) < space - position + 3 or position + int(length) > len(data):
            raise SourceError(f"{what}: a damaged extended header")
        record = data[space + 1 : position + int(length) - 1]
        key, equals, value = record.partition(b"=")
        if not equals:
            raise SourceError(f"{what}: a damaged extended header")
        out[key] = value
        position += int(length)
    return out
