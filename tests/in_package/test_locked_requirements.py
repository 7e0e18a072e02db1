"""Requirements in a lock: kept, fetched with their source, tried before they are pinned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wheel_kit import fetch, make_wheel

from lift_sys.data_synthesis.oracles import record
from lift_sys.data_synthesis.sources import LockEntry
from lift_sys.data_synthesis.sources.equip import check_names, probe
from lift_sys.data_synthesis.sources.equipped import EquippedSource
from lift_sys.data_synthesis.sources.index import Link
from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.data_synthesis.sources.resolve import choose, resolve
from lift_sys.errors import ConfigError, SourceError
from lift_sys.records import Function, Requirement

PIN = Requirement(name="good", version="1.0", filename="good-1.0-py3-none-any.whl", sha256="0" * 64)


def entry(**more: object) -> LockEntry:
    return LockEntry.model_validate({"kind": "local", "name": "proj", "version": "", "url": "proj", **more})


def link(filename: str, sha256: str | None = "0" * 64) -> Link:
    return Link("fast", "1.0", filename, "", sha256)


def test_a_lock_keeps_what_was_pinned_and_names_no_host(tmp_path: Path) -> None:
    path = tmp_path / "a.lock.json"
    Lock(sources=(entry(requirements=[PIN]),)).save(path)
    assert Lock.load(path).sources[0].requirements == (PIN,)
    saved = json.loads(path.read_text())["sources"][0]["requirements"][0]
    assert set(saved) == {"name", "version", "filename", "sha256"}


def test_an_entry_without_requirements_is_saved_as_before(tmp_path: Path) -> None:
    path = tmp_path / "a.lock.json"
    Lock(sources=(entry(),)).save(path)
    assert "requirements" not in path.read_text()


def test_a_lock_with_a_path_in_a_requirement_is_refused() -> None:
    evil = PIN.model_copy(update={"sha256": "../../elsewhere"})
    with pytest.raises(ConfigError, match="requirement"):
        entry(requirements=[evil]).to_source()


def test_a_source_brings_its_wheels_and_says_what_they_provide(tmp_path: Path) -> None:
    pin = make_wheel(tmp_path / "index", "good", {"good.py": "X = 1\n"})
    extra = make_wheel(tmp_path / "index", "extra", {"extra.py": "X = 1\n"})
    for requirement in (pin, extra):
        fetch(tmp_path / "cache", tmp_path / "index", requirement)
    (tmp_path / "proj").mkdir()
    (tmp_path / "proj" / "a.py").write_text("def f(x):\n    return x\n")
    made = entry(requirements=[pin], test_requirements=[extra])
    checkout = made.to_source(offline=True, base=tmp_path).checkout(tmp_path / "cache")
    assert checkout.files == ("a.py",)
    assert checkout.requirements == (pin,)
    assert checkout.test_requirements == (extra,)
    assert checkout.provides == {"good": (pin,)}
    assert checkout.wheels == tmp_path / "cache" / "wheels"


def test_a_wheel_that_can_not_be_had_fails_its_source(tmp_path: Path) -> None:
    (tmp_path / "proj").mkdir()
    source = entry(requirements=[PIN]).to_source(offline=True, base=tmp_path)
    assert isinstance(source, EquippedSource)
    with pytest.raises(SourceError, match=r"good-1\.0"):
        source.checkout(tmp_path / "cache")


def test_the_wheel_for_every_platform_is_chosen_then_the_source_distribution() -> None:
    compiled = link("fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl")
    pure, source = link("fast-1.0-py3-none-any.whl"), link("fast-1.0.tar.gz")
    assert choose([compiled, source, pure], "1.0") is pure
    assert choose([compiled, source], "1.0") is source
    assert choose([compiled], "1.0") is None
    assert choose([link("fast-1.0.tar.gz", None)], "1.0") is None
    assert choose([pure], "2.0") is None


@pytest.mark.parametrize("wanted", ["--index-url=x", "-r file", "-e ."])
def test_a_name_is_never_an_option_of_the_resolver(wanted: str) -> None:
    with pytest.raises(SourceError, match="no project name"):
        resolve([wanted])


def test_wheels_are_for_projects_that_are_in_the_lock() -> None:
    with pytest.raises(ConfigError, match="somewhere"):
        check_names([entry()], ["somewhere"])


def test_what_can_not_be_imported_is_left_out_and_said(tmp_path: Path) -> None:
    files = {
        "good": {"good/__init__.py": "import helper\n"},
        "helper": {"helper.py": "X = 1\n"},
        "broken": {"broken.py": "import _missing_speedups\n", "other.py": "X = 1\n"},
        "quits": {"quits.py": "import os\nos._exit(0)\n"},
    }
    pins = [make_wheel(tmp_path / "index", name, members) for name, members in files.items()]  # type: ignore[arg-type]
    for pin in pins:
        fetch(tmp_path / "cache", tmp_path / "index", pin)
    notes: list[str] = []
    usable = probe(pins, tmp_path / "cache" / "wheels", notes)
    assert [pin.name for pin in usable] == ["good", "helper"]
    assert len(notes) == 2
    assert "broken-1.0" in notes[0]
    assert "_missing_speedups" in notes[0]
    assert "quits-1.0" in notes[1]


def test_a_projects_tests_can_import_its_dependencies(tmp_path: Path) -> None:
    pin = make_wheel(tmp_path / "index", "helper", {"helper.py": "def add(a, b):\n    return a + b\n"})
    fetch(tmp_path / "cache", tmp_path / "index", pin)
    tree = tmp_path / "proj"
    (tree / "tests").mkdir(parents=True)
    (tree / "lib.py").write_text("import helper\n\n\ndef twice(n):\n    return helper.add(n, n)\n")
    calls = "".join(f"    assert lib.twice({n}) == {2 * n}\n" for n in range(4))
    (tree / "tests" / "test_lib.py").write_text(f"import helper\nimport lib\n\n\ndef test_twice():\n{calls}")
    checkout = entry(test_requirements=[pin]).to_source(offline=True, base=tmp_path).checkout(tmp_path / "cache")
    function = Function.model_validate(
        {
            "repository": checkout.repository.id, "path": "lib.py", "module": "lib", "qualname": "twice",
            "name": "twice", "kind": "function", "lineno": 4, "end_lineno": 5, "source": "",
            "slice": {"code": "def twice(n): ...", "entry_point": "twice"},
        }
    )  # fmt: skip
    found = record(checkout, [function])[function.id]
    assert sorted(call.args for call in found) == [(0,), (1,), (2,), (3,)]
