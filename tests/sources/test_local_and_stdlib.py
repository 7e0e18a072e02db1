"""Folders of this machine and the installed standard library, read as text."""

from __future__ import annotations

import os
import platform
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from sources_kit import MIT

from lift_sys.data_synthesis.sources import LocalSource, StdlibSource
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.errors import ConfigError, SourceError
from lift_sys.records import RejectionReason


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "mine"
    (home / "pkg").mkdir(parents=True)
    (home / "pkg/__init__.py").write_bytes(b"one = 1\n")
    return home


def test_a_folder_of_one_s_own_needs_no_licence(folder: Path, tmp_path: Path) -> None:
    made = LocalSource(folder).checkout(tmp_path / "cache")
    assert made.files == ("pkg/__init__.py",)
    assert made.repository.licence.spdx == "NOASSERTION"
    assert made.repository.version == made.repository.archive_sha256
    (folder / "LICENSE").write_text(MIT)
    (folder / "pkg/new.py").write_bytes(b"n = 1\n")
    assert LocalSource(folder).checkout(tmp_path / "cache").repository.licence.spdx == "MIT"


def test_the_version_follows_the_content_and_a_pinned_one_is_held(folder: Path, tmp_path: Path) -> None:
    first = LocalSource(folder).checkout(tmp_path / "cache").repository.version
    pinned = LocalSource(folder, version=first)
    assert pinned.checkout(tmp_path / "cache").repository.version == first
    (folder / "pkg/__init__.py").write_bytes(b"two = 2\n")
    with pytest.raises(SourceError, match="changed since the lock"):
        pinned.checkout(tmp_path / "cache")


def test_links_and_special_files_are_rejected(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_bytes(b"password = 1\n")
    (folder / "link.py").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "fifo.py")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.py"))
    made = LocalSource(folder).checkout(tmp_path / "cache")
    assert made.files == ("pkg/__init__.py",)
    assert [item.path for item in made.rejections] == ["fifo.py", "link.py", "linked", "loop", "socket.py"]
    assert {item.reason for item in made.rejections} == {RejectionReason.UNSAFE_MEMBER}


def test_names_that_are_no_utf8(folder: Path, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.py")).write_bytes(b"x = 1\n")
    made = LocalSource(folder).checkout(tmp_path / "cache")
    assert [item.detail for item in made.rejections] == ["a name that is not UTF-8"]
    assert made.rejections[0].to_line()


def test_environments_and_build_output_are_passed_over(folder: Path, tmp_path: Path) -> None:
    for path in (".venv/a.py", "env/b.py", "build/c.py", "__pycache__/d.py", "node_modules/e.py", "x.egg-info/f.py"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(b"x = 1\n")
    (folder / "env/pyvenv.cfg").write_bytes(b"")
    assert LocalSource(folder).checkout(tmp_path / "cache").files == ("pkg/__init__.py",)


def test_a_folder_with_too_much_in_it(folder: Path, tmp_path: Path) -> None:
    for number in range(20):
        (folder / f"{number}.txt").write_bytes(b"")
    with pytest.raises(SourceError, match="more than 10 members"):
        LocalSource(folder, limits=replace(Limits(), members=10)).checkout(tmp_path / "cache")


def test_a_very_deep_folder(folder: Path, tmp_path: Path) -> None:
    deep = folder.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    (deep / "a.py").write_bytes(b"x = 1\n")
    made = LocalSource(folder).checkout(tmp_path / "cache")
    assert made.files == ("pkg/__init__.py",)
    assert [item.detail for item in made.rejections] == ["more than 32 folders deep"]


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        LocalSource(tmp_path / "absent").checkout(tmp_path / "cache")


def test_an_empty_folder_is_an_empty_checkout(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    made = LocalSource(tmp_path / "empty").checkout(tmp_path / "cache")
    assert (made.files, made.import_roots, made.rejections) == ((), (), ())


# the standard library


def test_the_standard_library_is_the_same_on_every_run(tmp_path: Path) -> None:
    first = StdlibSource().checkout(tmp_path / "one")
    second = StdlibSource().checkout(tmp_path / "two")
    assert first.repository == second.repository
    assert first.files == second.files
    assert first.repository.version == platform.python_version()
    assert first.repository.licence.spdx == "PSF-2.0"
    assert {"textwrap.py", "statistics.py", "urllib/parse.py", "urllib/__init__.py", "json/decoder.py"} < set(
        first.files
    )
    assert len(first.files) > 100
    assert first.import_roots == ("",)
    assert not [path for path in first.files if path.startswith(("test/", "idlelib/"))]


def test_chosen_modules_and_all_of_them(tmp_path: Path) -> None:
    some = StdlibSource(("json", "textwrap", "email.utils")).checkout(tmp_path)
    assert set(some.files) == {
        "email/__init__.py",
        "email/utils.py",
        "json/__init__.py",
        "json/decoder.py",
        "json/encoder.py",
        "json/scanner.py",
        "json/tool.py",
        "textwrap.py",
    } | {path for path in some.files if path == "json/__main__.py"}
    everything = StdlibSource("all").checkout(tmp_path)
    assert set(some.files) < set(everything.files)
    assert len(everything.files) > 400


@pytest.mark.parametrize("names", [("no_such_module",), ("../etc",), ("a/b",), ("",)])
def test_modules_that_are_none(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        StdlibSource(names).checkout(tmp_path)
