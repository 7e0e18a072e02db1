"""What of a hostile or damaged wheel reaches the disk, and what a pin promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from wheel_kit import fetch, make_wheel

from lift_sys.data_synthesis.sources import wheels
from lift_sys.errors import ConfigError, RequirementMissing, SourceError
from lift_sys.records import Requirement

GOOD = {"good/__init__.py": "X = 1\n"}


def test_python_files_and_plain_data_are_taken(tmp_path: Path) -> None:
    files = {**GOOD, "good/table.json": "{}", "good/logo.png": b"\x89PNG", "loose.py": "Y = 2\n"}
    wheel = fetch(tmp_path / "cache", tmp_path / "index", make_wheel(tmp_path / "index", "good", files))
    assert set(wheel.files) == {"good/__init__.py", "good/table.json", "good-1.0.dist-info/METADATA", "loose.py"}
    assert wheel.tops == ("good", "loose")


@pytest.mark.parametrize(
    "member",
    [
        "../escape.py",
        "/etc/escape.py",
        "good/../../escape.py",
        "hook.pth",
        "good/hook.pth",
        "sitecustomize.py",
        "usercustomize/__init__.py",
        "json.py",
        "os/__init__.py",
        "candidate.py",
        "wire.py",
        "good-1.0.data/scripts/run.py",
        "good-1.0.data/purelib/evil.py",
        "good-1.0.dist-info/entry_points.txt",
        "good-1.0.dist-info/RECORD",
        "good/__pycache__/x.cpython-311.pyc",
        "good/a\\b.py",
        "GOOD/__init__.py",
    ],
)
def test_a_member_that_could_do_more_than_be_imported_is_left_out(tmp_path: Path, member: str) -> None:
    requirement = make_wheel(tmp_path / "index", "good", {**GOOD, member: "raise SystemExit\n"})
    cache = tmp_path / "cache"
    wheel = fetch(cache, tmp_path / "index", requirement)
    assert set(wheel.files) == {"good/__init__.py", "good-1.0.dist-info/METADATA"}
    written = {path.name for path in cache.rglob("*") if path.is_file()}
    assert "escape.py" not in written
    assert not (tmp_path / "escape.py").exists()
    if not member.endswith("RECORD"):
        assert wheel.rejected


def test_a_link_in_a_wheel_is_no_file(tmp_path: Path) -> None:
    import hashlib
    import zipfile

    requirement = make_wheel(tmp_path / "index", "good", GOOD)
    path = tmp_path / "index" / requirement.filename
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("good/link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    pinned = requirement.model_copy(update={"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    wheel = fetch(tmp_path / "cache", tmp_path / "index", pinned)
    assert "good/link.py" not in wheel.files
    assert not (wheel.folder / "good/link.py").is_symlink()


@pytest.mark.parametrize("member", ["good/_speed.cpython-311-x86_64-linux-gnu.so", "good/a.pyd", "lib.so.1", "x.dll"])
def test_a_wheel_with_compiled_code_is_refused_as_a_whole(tmp_path: Path, member: str) -> None:
    requirement = make_wheel(tmp_path / "index", "good", {**GOOD, member: b"\x7fELF"})
    with pytest.raises(SourceError, match="compiled code"):
        fetch(tmp_path / "cache", tmp_path / "index", requirement)
    assert not list((tmp_path / "cache" / "wheels").glob("*/tree"))


def test_a_wheel_without_modules_is_refused(tmp_path: Path) -> None:
    requirement = make_wheel(tmp_path / "index", "good", {"json.py": "X = 1\n"})
    with pytest.raises(SourceError, match="no Python modules"):
        fetch(tmp_path / "cache", tmp_path / "index", requirement)


def test_another_file_of_that_name_is_not_used(tmp_path: Path) -> None:
    requirement = make_wheel(tmp_path / "index", "good", GOOD)
    make_wheel(tmp_path / "index", "good", {"good/__init__.py": "X = 2\n"})
    with pytest.raises(SourceError, match="SHA-256"):
        fetch(tmp_path / "cache", tmp_path / "index", requirement)


def test_offline_uses_what_is_there_and_nothing_else(tmp_path: Path) -> None:
    requirement = make_wheel(tmp_path / "index", "good", GOOD)
    with pytest.raises(SourceError, match="offline"):
        fetch(tmp_path / "cache", tmp_path / "index", requirement, offline=True)
    fetch(tmp_path / "cache", tmp_path / "index", requirement)
    (tmp_path / "index" / requirement.filename).unlink()
    assert fetch(tmp_path / "cache", tmp_path / "index", requirement, offline=True).tops == ("good",)


def test_a_file_that_was_changed_counts_as_missing_and_is_unpacked_again(tmp_path: Path) -> None:
    requirement = make_wheel(tmp_path / "index", "good", GOOD)
    wheel = fetch(tmp_path / "cache", tmp_path / "index", requirement)
    (wheel.folder / "good/__init__.py").write_text("X = 'changed'\n")
    with pytest.raises(RequirementMissing, match="changed"):
        wheels.find(tmp_path / "cache" / "wheels", requirement)
    again = fetch(tmp_path / "cache", tmp_path / "index", requirement)
    assert (again.folder / "good/__init__.py").read_text() == "X = 1\n"


def test_a_wheel_that_the_index_lost_says_so(tmp_path: Path) -> None:
    requirement = make_wheel(tmp_path / "index", "good", GOOD)
    (tmp_path / "index" / requirement.filename).unlink()
    with pytest.raises(SourceError, match="no file of it"):
        fetch(tmp_path / "cache", tmp_path / "index", requirement)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "../../../etc"},
        {"sha256": "0" * 63},
        {"filename": "../evil.whl"},
        {"filename": "evil.exe"},
        {"name": "../x"},
        {"version": "1/2"},
    ],
)
def test_a_lock_can_name_no_path(tmp_path: Path, change: dict[str, str]) -> None:
    good = Requirement(name="good", version="1.0", filename="good-1.0-py3-none-any.whl", sha256="0" * 64)
    with pytest.raises(ConfigError):
        wheels.check(good.model_copy(update=change))


def test_every_module_comes_with_all_that_was_locked(tmp_path: Path) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    made = [make_wheel(index, name, {f"{name}.py": "", f"{name}_more/__init__.py": ""}) for name in ("one", "two")]
    provided = wheels.provided([fetch(cache, index, requirement) for requirement in made])
    assert provided == dict.fromkeys(("one", "one_more", "two", "two_more"), tuple(made))


def test_the_python_part_of_a_source_distribution_can_stand_in(tmp_path: Path) -> None:
    import hashlib
    import io
    import tarfile

    index = tmp_path / "index"
    index.mkdir()
    path = index / "fast-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {
            "PKG-INFO": "Name: fast\nVersion: 1.0\n\n",
            "setup.py": "raise SystemExit('a build hook ran')\n",
            "src/fast/__init__.py": "from fast._py import f\n",
            "src/fast/_py.py": "def f():\n    return 1\n",
            "src/fast/_c.c": "int main;",
            "tests/test_fast.py": "",
        }.items():
            member = tarfile.TarInfo(f"fast-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    wheel = fetch(
        tmp_path / "cache", index, Requirement(name="fast", version="1.0", filename=path.name, sha256=digest)
    )
    assert set(wheel.files) == {"fast/__init__.py", "fast/_py.py", "fast-1.0.dist-info/METADATA"}
