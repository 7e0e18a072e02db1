"""Archives made to hurt: each ends in a typed rejection or a clear error, and nothing lands outside the cache."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sources_kit import MIT, TOP, Shelf, finish_header, member, outside, project, tar_gz, zipped

from lift_sys.data_synthesis.sources.limits import MIB
from lift_sys.errors import SourceError
from lift_sys.records import RejectionReason

NOISE = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(200))
CODE = b"def f():\n    return 2\n"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_an_honest_archive_gives_its_python_files_and_nothing_else(shelf: Shelf) -> None:
    made = shelf.read(tar_gz(project({"demo/a.py": CODE, "demo/data.bin": b"x", "README.md": b"x"})))
    assert made.files == ("demo/__init__.py", "demo/a.py")
    assert made.import_roots == ("",)
    assert made.rejections == ()
    assert made.repository.licence.spdx == "MIT"
    assert made.repository.source_time == "2020-09-13T12:26:40Z"
    on_disk = sorted(path.name for path in made.folder.rglob("*") if path.is_file())
    assert on_disk == ["__init__.py", "a.py"]
    assert {stat.S_IMODE((made.folder / path).stat().st_mode) & 0o111 for path in made.files} == {0}


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_every_compression_reads_the_same(shelf: Shelf, compress: object) -> None:
    made = shelf.read(compress(project({"demo/a.py": CODE}) + b"\0" * 1024))  # type: ignore[operator]
    assert made.files == ("demo/__init__.py", "demo/a.py")


def test_what_tarfile_writes_is_what_we_read(shelf: Shelf) -> None:
    """Long names in every dialect: GNU headers, pax headers, ustar prefixes."""
    for dialect in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        buffer = io.BytesIO()
        name = f"{TOP}/" + "/".join(["package_with_a_name"] * 6) + "/module.py"
        with tarfile.open(fileobj=buffer, mode="w:gz", format=dialect) as archive:
            for path, data in {f"{TOP}/LICENSE": MIT.encode(), name: CODE}.items():
                info = tarfile.TarInfo(path)
                info.size, info.mtime = len(data), 1_600_000_000
                archive.addfile(info, io.BytesIO(data))
        made = Shelf(shelf.root).read(buffer.getvalue())
        assert made.files == (name.removeprefix(f"{TOP}/"),)


@pytest.mark.parametrize(
    "name",
    [
        "../escape.py",
        f"{TOP}/../../escape.py",
        "/tmp/escape.py",
        f"{TOP}/demo/../../../escape.py",
        f"{TOP}//escape.py",
        f"{TOP}/a\\..\\escape.py",
        "C:/escape.py",
        f"{TOP}/new\nline.py",
        f"{TOP}/.git/hooks/escape.py",
        f"{TOP}/aux.py",
        f"{TOP}/demo./x.py",
    ],
)
def test_a_name_that_escapes_or_is_reserved_is_rejected(shelf: Shelf, name: str) -> None:
    made = shelf.read(tar_gz(project() + member(name, CODE)))
    assert made.files == ("demo/__init__.py",)
    assert [item.reason for item in made.rejections] == [RejectionReason.UNSAFE_MEMBER]
    assert outside(shelf.root) == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a device"),
        (b"Z", "a device"),
    ],
)
def test_links_devices_and_fifos_are_never_made(shelf: Shelf, kind: bytes, told: str) -> None:
    made = shelf.read(tar_gz(project() + member(f"{TOP}/demo/x.py", kind=kind, link="/etc/passwd")))
    assert made.files == ("demo/__init__.py",)
    assert [(item.path, told in item.detail) for item in made.rejections] == [("demo/x.py", True)]
    assert [path for path in shelf.root.rglob("*") if path.is_symlink() or path.is_fifo()] == []


def test_a_file_written_through_a_linked_folder_stays_inside(shelf: Shelf) -> None:
    """The classic: a link to a folder outside, then a member below the link's name."""
    target = shelf.root / "victim"
    target.mkdir()
    link = member(f"{TOP}/sub", kind=tarfile.SYMTYPE, link=str(target)[:99])
    made = shelf.read(tar_gz(project() + link + member(f"{TOP}/sub/pwned.py", CODE)))
    assert list(target.iterdir()) == []
    assert "sub/pwned.py" in made.files
    assert not (made.folder / "sub").is_symlink()


def test_a_name_that_is_no_utf8_is_rejected_and_printable(shelf: Shelf) -> None:
    made = shelf.read(tar_gz(project() + member(f"{TOP}/caf\xe9.py".encode("latin-1"), CODE)))
    assert [item.detail for item in made.rejections] == ["a name that is not UTF-8"]
    made.rejections[0].path.encode("utf-8")


def test_of_two_members_with_one_name_the_first_counts(shelf: Shelf) -> None:
    twice = member(f"{TOP}/demo/a.py", CODE) + member(f"{TOP}/demo/a.py", b"evil = 1\n")
    made = shelf.read(tar_gz(project() + twice))
    assert (made.folder / "demo/a.py").read_bytes() == CODE
    assert [item.detail for item in made.rejections] == ["a second member of the same name"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("demo/a.py", "demo/A.py"),
        ("demo/a.py", "Demo/a.py"),
        ("demo/\u00e9.py", "demo/e\u0301.py"),
        ("demo/x.py", "demo/x.py/y.py"),
        ("demo/d.py/y.py", "demo/d.py"),
    ],
)
def test_names_that_collide_on_another_file_system_are_rejected(shelf: Shelf, first: str, second: str) -> None:
    both = member(f"{TOP}/{first}", CODE) + member(f"{TOP}/{second}", CODE)
    made = shelf.read(tar_gz(project() + both))
    assert first in made.files
    assert second not in made.files
    assert [item.path for item in made.rejections] == [second]


def test_a_gzip_bomb_is_stopped_by_its_ratio(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, ratio_from=MIB)
    bomb = tar_gz(project({"zeros.bin": bytes(64 * MIB)}))
    assert len(bomb) < 100_000
    with pytest.raises(SourceError, match=r"200 times its size \(a bomb\)"):
        shelf.read(bomb)
    assert_nothing_complete(shelf)


def test_a_bomb_after_the_end_marker_is_stopped_too(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, ratio_from=MIB)
    with pytest.raises(SourceError, match="a bomb"):
        shelf.read(gzip.compress(project() + bytes(64 * MIB)))


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress])
def test_bombs_of_the_other_compressors(shelf: Shelf, compress: object) -> None:
    shelf.limits = replace(shelf.limits, ratio_from=MIB)
    with pytest.raises(SourceError, match="a bomb"):
        shelf.read(compress(project() + bytes(32 * MIB)))  # type: ignore[operator]


def test_too_many_members(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, members=1000)
    flood = b"".join(member(f"{TOP}/f{number}.txt") for number in range(1001))
    with pytest.raises(SourceError, match="more than 1000 members"):
        shelf.read(tar_gz(project() + flood))


def test_too_many_bytes_in_all(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, unpacked_bytes=MIB)
    with pytest.raises(SourceError, match="unpacks to more than"):
        shelf.read(tar_gz(project({"noise.bin": NOISE * 400})))


def test_too_many_bytes_of_python(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, python_bytes=100)
    with pytest.raises(SourceError, match="100 bytes of Python files"):
        shelf.read(tar_gz(project({"demo/a.py": b"#" * 90})))


def test_one_huge_python_file_is_rejected_alone(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, file_bytes=1000)
    made = shelf.read(tar_gz(project({"demo/big.py": b"#" * 1001, "demo/ok.py": b"#" * 1000})))
    assert made.files == ("demo/__init__.py", "demo/ok.py")
    assert [item.reason for item in made.rejections] == [RejectionReason.TOO_LARGE]


def test_a_deep_and_a_long_path_are_rejected(shelf: Shelf) -> None:
    deep = pax({"path": f"{TOP}/" + "d/" * 40 + "a.py"}) + member("x", CODE)
    long = pax({"path": f"{TOP}/" + "n" * 600 + ".py"}) + member("x", CODE)
    made = shelf.read(tar_gz(project() + deep + long))
    assert made.files == ("demo/__init__.py",)
    assert sorted(item.detail for item in made.rejections) == [
        "a path longer than 512 bytes",
        "more than 32 folders deep",
    ]


def test_a_header_that_asks_for_gigabytes_is_refused_unread(shelf: Shelf) -> None:
    header = bytearray(member("x", kind=b"x"))
    header[124:136] = b"\x80" + (8 * 1024**3).to_bytes(11, "big")
    with pytest.raises(SourceError, match="a header of 8589934592 bytes"):
        shelf.read(tar_gz(project() + finish_header(header)))


@pytest.mark.parametrize("record", [b"9 path=\n", b"99999 path=x\n", b"x", b"7 path\n", b"0 a=b\n", b"-5 path=x\n"])
def test_damaged_extended_headers(shelf: Shelf, record: bytes) -> None:
    with pytest.raises(SourceError, match="damaged extended header"):
        shelf.read(tar_gz(project() + member("x", record, kind=b"x") + member(f"{TOP}/a.py", CODE)))


@pytest.mark.parametrize("size", ["-1", "1e9", "9" * 30, "0x10"])
def test_sizes_that_are_no_numbers(shelf: Shelf, size: str) -> None:
    with pytest.raises(SourceError, match=r"bad number|cut off"):
        shelf.read(tar_gz(project() + pax({"size": size}) + member(f"{TOP}/a.py", CODE)))


def test_a_sparse_member_is_refused(shelf: Shelf) -> None:
    with pytest.raises(SourceError, match="sparse"):
        shelf.read(tar_gz(project() + member(f"{TOP}/a.py", CODE, kind=b"S")))


@pytest.mark.parametrize("keep", [1, 10, 100, 0.5, 0.9, -1])
def test_a_cut_off_archive_is_an_error_and_leaves_nothing(shelf: Shelf, keep: float) -> None:
    whole = tar_gz(project({"demo/a.py": NOISE}))
    cut = whole[: int(keep * len(whole)) if 0 < keep < 1 else int(keep)]
    with pytest.raises(SourceError, match=r"cut off|not a tar|damaged"):
        shelf.read(cut)
    assert_nothing_complete(shelf)


@pytest.mark.parametrize("cut", [0, 100, 512, 700])
def test_a_tar_that_stops_without_its_end_marker(shelf: Shelf, cut: int) -> None:
    with pytest.raises(SourceError, match="cut off"):
        shelf.read(gzip.compress(project()[: len(project()) - cut]))


@pytest.mark.parametrize(
    "junk", [b"", b"hello", b"\0" * 511, hashlib.sha256().digest() * 100, b"PK\x03\x04junk", b"\x1f\x8b\x08junk"]
)
def test_what_is_no_archive_is_said_to_be_none(shelf: Shelf, junk: bytes) -> None:
    with pytest.raises(SourceError, match=r"not a tar|cut off|damaged"):
        shelf.read(junk)


def test_a_flipped_byte_is_noticed(shelf: Shelf) -> None:
    whole = bytearray(tar_gz(project({"demo/a.py": NOISE})))
    whole[-6] ^= 0xFF  # in the checksum of the stream
    with pytest.raises(SourceError, match="damaged"):
        shelf.read(bytes(whole))


# zip


def test_an_honest_zip(shelf: Shelf) -> None:
    made = shelf.read(zipped({"demo/a.py": CODE}), ".zip")
    assert made.files == ("demo/a.py",)


def test_a_zip_that_lies_about_a_size(shelf: Shelf) -> None:
    data = bytearray(zipped({"demo/a.py": b"x = 1\n" * 100}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    with pytest.raises(SourceError, match=r"damaged archive|size it declares"):
        shelf.read(bytes(data), ".zip")
    assert_nothing_complete(shelf)


def test_a_zip_that_escapes(shelf: Shelf) -> None:
    made = shelf.read(zipped({"../../../escape.py": CODE, "demo/a.py": CODE}), ".zip")
    assert made.files == ("demo/a.py",)
    assert [item.detail for item in made.rejections] == ["a path that leaves its folder"]
    assert outside(shelf.root) == []


def test_a_link_in_a_zip(shelf: Shelf) -> None:
    buffer = io.BytesIO(zipped({"demo/a.py": CODE}))
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo(f"{TOP}/demo/link.py")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    made = shelf.read(buffer.getvalue(), ".zip")
    assert made.files == ("demo/a.py",)
    assert [item.path for item in made.rejections] == ["demo/link.py"]


def test_a_zip_bomb(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, unpacked_bytes=3 * MIB, file_bytes=2 * MIB)
    with pytest.raises(SourceError, match="more than the cap"):
        shelf.read(zipped({f"demo/a{number}.py": b"#" * (2 * MIB) for number in range(3)}), ".zip")


def test_a_zip_with_too_many_entries_is_refused_before_it_is_indexed(shelf: Shelf) -> None:
    shelf.limits = replace(shelf.limits, members=50)
    with pytest.raises(SourceError, match="more than 50 members"):
        shelf.read(zipped({f"a{number}": b"" for number in range(60)}), ".zip")


def test_an_encrypted_zip_is_an_error(shelf: Shelf) -> None:
    data = bytearray(zipped({"demo/a.py": CODE}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(SourceError, match="damaged archive"):
        shelf.read(bytes(data), ".zip")


# what is never run


def test_no_build_hook_is_run(shelf: Shelf) -> None:
    marker = shelf.root / "ran"
    hook = f"open({str(marker)!r}, 'w').close()\n".encode()
    files = {"setup.py": hook, "backend.py": hook, "conftest.py": hook, "demo/sitecustomize.py": hook}
    backend = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    made = shelf.read(tar_gz(project({**files, "pyproject.toml": backend})))
    assert "setup.py" in made.files
    assert not marker.exists()


def pax(fields: dict[str, str]) -> bytes:
    records = b""
    for key, value in fields.items():
        body = f" {key}={value}\n".encode()
        length = len(body)
        while len(str(length)) + len(body) != length:
            length = len(str(length)) + len(body)
        records += str(length).encode() + body
    return member("pax", records, kind=b"x")


def assert_nothing_complete(shelf: Shelf) -> None:
    """No checkout, and no half-made one, is left in the cache."""
    left = [path.name for path in (shelf.cache / "checkouts").iterdir() if not path.name.endswith(".lock")]
    assert left == []
