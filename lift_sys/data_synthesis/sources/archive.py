"""Reads sdists (tar.gz, tar.bz2, tar.xz, zip) made by strangers into a `Tree`.

Guarantees: only regular members become files, only `.py` files are written, no link is ever made or followed, every
name is checked before it touches the disk, and bytes, members, ratio and time are bounded. Nothing of the archive
is run. Gap: decompression runs in this process, so a bug in zlib, bz2 or liblzma themselves is not contained.
"""

from __future__ import annotations

import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lift_sys.data_synthesis.sources.limits import Clock, Limits
from lift_sys.data_synthesis.sources.tarstream import Unpacked, members
from lift_sys.data_synthesis.sources.tree import Tree, printable
from lift_sys.errors import SourceError

_CHUNK = 64 * 1024


def unpack(archive: Path, tree: Tree, limits: Limits, what: str) -> None:
    """Reads every member of `archive` into `tree`.

    Raises:
        SourceError: it is damaged, cut off, no archive, or breaks a cap.
        OSError: the disk is full or can't be written.
    """
    size = archive.stat().st_size
    if size > limits.archive_bytes:
        raise SourceError(f"{what}: {size} bytes, the cap is {limits.archive_bytes}")
    with archive.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(b"PK"):
        _unpack_zip(archive, tree, limits, what)
    else:
        _unpack_tar(archive, tree, limits, what)


def _unpack_tar(archive: Path, tree: Tree, limits: Limits, what: str) -> None:
    with archive.open("rb") as file:
        stream = Unpacked(file, limits, what)
        for member, size in members(stream, what):
            tree.count()
            path = _decoded(member.name)
            wanted = 0
            if member.kind == "file":
                wanted = tree.wants(path, size)
            elif member.kind != "folder":
                tree.reject(path, f"a {member.kind}, not a regular file")
            if wanted:
                data = stream.read(size)
                if len(data) < size:
                    raise SourceError(f"{what}: the archive is cut off")
                tree.add(path, data, member.modified)
            elif stream.skip(size) < size:
                raise SourceError(f"{what}: the archive is cut off")
        while stream.skip(_CHUNK):  # to the end, so that the checksums of the stream are verified
            pass


def _decoded(name: bytes) -> str:
    text = name.decode("utf-8", "surrogateescape")
    while text.startswith("./"):
        text = text[2:]
    return text


def _unpack_zip(archive: Path, tree: Tree, limits: Limits, what: str) -> None:
    clock = Clock(limits.seconds, what)
    _check_directory(archive, limits, what)
    with archive.open("rb") as file:
        with _as_damage(what):
            opened = zipfile.ZipFile(file)
        left = limits.unpacked_bytes
        for info in opened.infolist():
            clock.check()
            tree.count()
            left -= _zip_member(opened, info, tree, left, what)


def _zip_member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, tree: Tree, left: int, what: str) -> int:
    """Takes one member; returns how many bytes came out."""
    with _as_damage(what):
        name = _zip_name(info)
    if name.endswith("/"):
        return 0
    if info.external_attr >> 28 not in (0, 8):  # the file type of Unix, where the archive has one
        tree.reject(name, "a link or a device, not a regular file")
        return 0
    wanted = tree.wants(name, info.file_size)
    if not wanted:
        return 0
    if wanted > left:
        raise SourceError(f"{what}: unpacks to more than the cap")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        tree.reject(name, "a compression that sdists do not use")
        return 0
    with _as_damage(what), opened.open(info) as member:
        # One byte more than declared: a member that holds more than it says is a lie, not a file.
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise SourceError(f"{what}: {printable(name)} is not of the size it declares")
    tree.add(name, data, _zip_time(info))
    return len(data)


@contextmanager
def _as_damage(what: str) -> Iterator[None]:
    """What `zipfile` raises on damaged archives, OSError for impossible offsets included. No write goes in here."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError) as error:
        raise SourceError(f"{what}: damaged archive ({error})") from None
    except (NotImplementedError, RuntimeError, ValueError, OverflowError) as error:
        raise SourceError(f"{what}: damaged archive ({error})") from None


def _zip_name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        # Without the UTF-8 flag the bytes were read as cp437: take them back and see whether they are UTF-8.
        name = name.encode("cp437").decode("utf-8", "surrogateescape")
    return name[2:] if name.startswith("./") else name


def _zip_time(info: zipfile.ZipInfo) -> int | None:
    import calendar

    try:
        return calendar.timegm(time.strptime("{}-{}-{} {}:{}:{}".format(*info.date_time), "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return None


def _check_directory(archive: Path, limits: Limits, what: str) -> None:
    """Counts entries before `zipfile` builds an object for each."""
    count = 0
    tail = b""
    with archive.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            count += (tail + chunk).count(b"PK\x01\x02")
            tail = chunk[-3:]
    if count > limits.members:
        raise SourceError(f"{what}: more than {limits.members} members")
