"""`lift-sys forget`: nothing of the source is left, nothing else is lost, and it does not come back."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zlib
from pathlib import Path

import pytest
from forget_world import (
    MARKER,
    PLAIN,
    PROJECTS,
    UNIQUE,
    XERUS,
    YAK,
    ZEBRA,
    World,
    store,
    write_dataset,
    write_world,
)
from typer.testing import CliRunner

from lift_sys.cli.app import app
from lift_sys.data_synthesis.dataset import read_examples, read_manifest, read_rejections
from lift_sys.data_synthesis.forget import Forgetting
from lift_sys.data_synthesis.forget_found import Found
from lift_sys.data_synthesis.forget_request import Report, Request
from lift_sys.data_synthesis.row_file import open_rows
from lift_sys.data_synthesis.sources.lock import Lock, LockEntry
from lift_sys.data_synthesis.sources.tombstones import FORGOTTEN, Forgotten
from lift_sys.errors import ConfigError, SourceForgotten, StorageError
from lift_sys.executors import make_executor
from lift_sys.records import RejectionReason
from lift_sys.reports.browse.catalogue import open_catalogue
from lift_sys.storage import Checkpoint, FolderLock

DATASET = ("examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    return World(shutil.copytree(template.root, tmp_path / "world"))


def forget(world: World, name: str = "acme/zebra", **options: object) -> Report:
    given = {"out": world.out, "lock": world.lock, "cache": world.cache, "date": "2026-11-23", **options}
    return Forgetting(Request(name, **given), make_executor("inline")).run()  # type: ignore[arg-type]


def rows(world: World) -> list[str]:
    return [f"{row.provenance.repository}.{row.entry_point}" for row in read_examples(world.out)]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".sqlite" and path.name != ".lock"
    }


def digest(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in DATASET}


@pytest.mark.parametrize("given", ["cache", "cache/sources"])
def test_wheels_are_found_in_the_cache_of_generate_and_in_the_folder_of_scrape(world: World, given: str) -> None:
    wheels = world.cache / "sources" / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    request = Request("acme/zebra", "2026-11-30", out=world.out, cache=world.cache.parent / given)
    assert Found(request).wheels == wheels


def test_no_byte_of_it_is_left_anywhere(world: World) -> None:
    assert len(world.holding(MARKER)) == 4  # rows, checkout, published rows, a kept decision
    forget(world)
    assert world.holding(MARKER) == []


def payloads(world: World, name: str) -> list[bytes]:
    """The beginnings of what a checkpoint stores of a project, as they lie in the file."""
    with sqlite3.connect(world.out / "work" / "checkpoint.sqlite") as database:
        stored = [row[0] for row in database.execute("SELECT payload FROM results ORDER BY step, key")]
    database.close()
    return [payload[:160] for payload in stored if name in zlib.decompress(payload).decode()]


def test_no_page_of_the_checkpoint_holds_it_either(world: World) -> None:
    mine, others = payloads(world, "zebra"), payloads(world, "xerus")
    path = world.out / "work" / "checkpoint.sqlite"
    assert len(mine) >= 5
    assert all(part in path.read_bytes() for part in mine)
    forget(world)
    files = [file.read_bytes() for file in world.root.rglob("*") if file.is_file()]
    assert not any(part in data for part in mine for data in files)
    assert all(part in path.read_bytes() for part in others)


def test_the_name_is_left_in_the_tombstones_and_manifests_alone(world: World) -> None:
    forget(world)
    assert {Path(path).name for path in world.holding("zebra")} == {FORGOTTEN, "manifest.json"}


def test_what_is_left_is_what_generate_would_have_made(world: World, tmp_path: Path) -> None:
    forget(world)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    shutil.copy(world.lock.parent / FORGOTTEN, fresh)
    write_dataset(fresh, PROJECTS[1:])
    assert digest(world.out) == digest(fresh)
    open_rows(world.out)  # every hash holds


def test_a_near_duplicate_of_a_forgotten_row_comes_back(world: World) -> None:
    assert rows(world) == ["zebra.stripes", "zebra.running", "yak.invert", "xerus.vowels"]
    report = forget(world)
    assert rows(world) == ["yak.running", "yak.invert", "xerus.vowels"]
    assert (report.before, report.after, report.rows, report.came_back) == (4, 3, 2, 1)


def test_with_copies_it_does_not_and_says_why(world: World, tmp_path: Path) -> None:
    listed = forget(World(shutil.copytree(world.root, tmp_path / "other"))).copies
    assert [(copy.repository, copy.qualname, copy.kept) for copy in listed] == [("yak", "running", False)]
    forget(world, with_copies=True)
    assert rows(world) == ["yak.invert", "xerus.vowels"]
    assert [r.qualname for r in read_rejections(world.out) if r.reason is RejectionReason.FORGOTTEN] == ["running"]
    with Checkpoint(world.out / "work" / "checkpoint.sqlite") as checkpoint:
        assert not any("amount" in text for _, text in checkpoint.items("examine"))
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    shutil.copy(world.lock.parent / FORGOTTEN, fresh)
    write_dataset(fresh, PROJECTS[1:])  # examined again elsewhere, and refused there for the same reason
    assert digest(world.out) == digest(fresh)


def test_every_other_thing_is_kept(world: World) -> None:
    (world.out / "notes.txt").write_text("mine")
    forget(world)
    sources = world.cache / "sources"
    names = [json.loads(path.read_text())["repository"]["name"] for path in sources.glob("checkouts/*/checkout.json")]
    assert sorted(names) == ["xerus", "yak"]
    assert len(list((sources / "archives").iterdir())) == 2
    assert (sources / "github" / "0" / "decisions" / "2.json").is_file()
    assert [entry.name for entry in Lock.load(world.lock).sources] == ["xerus", "yak"]
    assert (world.lock.parent / "quality_labels.jsonl").read_text().count("\n") == 1
    assert (world.lock.parent / "sources.txt").read_text() == "# Names.\nxerus record\nyak\n"
    assert (world.out / "notes.txt").read_text() == "mine"
    with Checkpoint(world.out / "work" / "checkpoint.sqlite") as checkpoint:
        assert [len(checkpoint.keys(step)) for step in ("source", "record", "examine")] == [2, 2, 5]


def test_published_files_are_written_anew(world: World) -> None:
    report = forget(world)
    manifest = json.loads((world.lock.parent / "manifest.json").read_text())
    assert manifest["rows"] == read_manifest(world.out)["rows"]
    assert manifest["forgotten"][0]["name"] == "acme/zebra"
    open_rows(world.lock.parent / "v1.jsonl")
    assert len(report.published) == 3


def test_a_name_that_is_to_be_pinned_can_be_forgotten_before_it_is(world: World) -> None:
    with (world.lock.parent / "sources.txt").open("a") as names:
        names.write("Wombat record\n")
    assert forget(world, "wombat").names == 1
    assert world.holding("Wombat") == []
    assert Forgotten.load(world.lock.parent).find("wombat")


def test_a_cache_without_sources_is_refused_and_nothing_is_changed(world: World) -> None:
    before = contents(world.root)
    for folder in (world.root, world.root / "nowhere"):
        with pytest.raises(ConfigError, match="holds no sources: --cache names the cache of"):
            forget(world, cache=folder)
    assert contents(world.root) == before


def test_the_folder_that_scrape_was_given_is_cleaned_as_well(world: World) -> None:
    forget(world, cache=world.cache / "sources")
    assert world.holding(MARKER) == []


def test_without_a_cache_it_says_that_none_was_cleaned(world: World) -> None:
    (note,) = forget(world, cache=None).notes
    assert "no cache was cleaned" in note
    shutil.copytree(world.cache / "sources", world.out / "work" / "sources")  # as `generate` without --cache
    assert forget(world, cache=None).notes == []


def test_a_suite_that_is_not_there_is_refused_and_nothing_is_changed(world: World) -> None:
    """Its path is from the folder that `generate` ran in."""
    manifest = json.loads((world.out / "manifest.json").read_text())
    manifest["configuration"] |= {"decontaminate": True, "suites": ["tests/elsewhere.jsonl"]}
    (world.out / "manifest.json").write_text(json.dumps(manifest))
    before = contents(world.root)
    with pytest.raises(ConfigError, match=r"tests/elsewhere\.jsonl: no such file.*the folder that"):
        forget(world)
    assert contents(world.root) == before


def test_the_index_of_the_page_goes_too(world: World) -> None:
    """It is a copy of the words of every row."""
    for place in (world.out, world.lock.parent / "v1.jsonl"):
        open_catalogue(place)
    assert len(list(world.root.rglob("*browse.sqlite"))) == 2
    forget(world)
    assert list(world.root.rglob("*browse.sqlite")) == []


def test_the_tombstone_says_who_when_and_why_and_nothing_else(world: World) -> None:
    forget(world, reason="asked by its owner")
    tomb = Forgotten.load(world.lock.parent).sources[0]
    assert (tomb.name, tomb.date, tomb.reason) == ("acme/zebra", "2026-11-23", "asked by its owner")
    assert tomb.aliases == ("acme/zebra", "zebra")
    assert Forgotten.load(world.out) == Forgotten.load(world.lock.parent)


@pytest.mark.parametrize("name", ["zebra", "ZEBRA", "Acme/Zebra", "acme/zebra.git"])
def test_any_spelling_will_do_and_again_does_no_harm(world: World, name: str) -> None:
    forget(world, name)
    before = digest(world.out)
    report = forget(world, name)
    assert report.rows == 0
    assert digest(world.out) == before
    assert world.holding(MARKER) == []


@pytest.mark.parametrize(
    ("name", "url", "archive"),
    [
        ("zebra", None, None),
        ("Zebra", None, None),
        ("other-name", "https://elsewhere.example.org/ACME/zebra.git", None),
        ("acme/Zebra", None, None),
    ],
)
def test_it_does_not_come_back_by_another_name(world: World, name: str, url: str | None, archive: str | None) -> None:
    forget(world)
    lock = Lock.load(world.lock)
    entry = LockEntry(kind="git", name=name, version="HEAD", url=url, sha256=archive)
    with pytest.raises(SourceForgotten, match="forgotten"):
        lock.merged([entry]).save(world.lock)


def test_the_same_archive_under_another_name_is_refused(world: World) -> None:
    forget(world, "yak")
    entry = LockEntry(kind="sdist", name="tame-cow", version="1.0", sha256=YAK.archive_sha256)
    with pytest.raises(SourceForgotten, match=r"tame-cow was forgotten \(as yak\)"):
        Lock.load(world.lock).merged([entry]).save(world.lock)


def test_a_lock_that_names_it_again_is_refused_by_every_command(world: World) -> None:
    old = world.lock.read_text()
    forget(world)
    world.lock.write_text(old)
    for command in (["generate", "--out", str(world.root / "x")], ["scrape", "--out", str(world.root / "y")]):
        done = CliRunner().invoke(app, [*command, "--lock", str(world.lock)])
        assert isinstance(done.exception, SourceForgotten), command
        assert done.exception.exit_code == 4


def test_a_scrape_by_name_is_refused_before_anything_is_asked(world: World) -> None:
    forget(world)
    done = CliRunner().invoke(app, ["scrape", "Zebra==2.0", "--lock", str(world.lock), "--offline"])
    assert isinstance(done.exception, SourceForgotten)


def test_an_outcome_of_it_is_not_assembled_again(world: World) -> None:
    forget(world)
    with pytest.raises(SourceForgotten):
        write_dataset(world.out, PROJECTS)


def test_an_unknown_name_changes_nothing_and_near_ones_are_told(world: World) -> None:
    before = contents(world.root)
    with pytest.raises(ConfigError, match=r"did you mean zebra\?"):
        forget(world, "zebar")
    with pytest.raises(ConfigError, match="did you mean acme/zebra or zebra"):
        forget(world, "someone/zebra")
    with pytest.raises(ConfigError, match="no name"):
        forget(world, " / ")
    assert contents(world.root) == before


def test_a_dataset_in_use_is_not_touched(world: World) -> None:
    before = digest(world.out)
    with FolderLock(world.out), pytest.raises(StorageError, match="another run"):
        forget(world)
    assert digest(world.out) == before
    assert MARKER in (world.out / "examples.jsonl").read_text()


def test_a_published_folder_is_told_apart(world: World) -> None:
    with pytest.raises(ConfigError, match="published files"):
        forget(world, out=world.lock.parent)


def test_without_its_checkpoint_nothing_is_changed(world: World) -> None:
    shutil.rmtree(world.out / "work")
    with pytest.raises(StorageError, match=r"holds nothing of yak.*generate"):
        forget(world)
    assert MARKER in (world.out / "examples.jsonl").read_text()
    assert not (world.lock.parent / FORGOTTEN).exists()


def test_results_of_a_stopped_run_go_too(world: World) -> None:
    """A source whose outcome was never reached: its rejections do not even say its name."""
    with Checkpoint(world.out / "work" / "checkpoint.sqlite") as checkpoint:
        store(checkpoint, ZEBRA.model_copy(update={"version": "2.0"}), (("stripes", UNIQUE),))
    forget(world)
    assert world.holding(MARKER) == []


def test_other_files_of_the_folder_are_told_as_stale_or_removed(world: World, tmp_path: Path) -> None:
    (world.out / "hf").mkdir()
    (world.out / "hf" / "train.jsonl").write_text(MARKER)
    other = World(shutil.copytree(world.root, tmp_path / "other"))
    assert forget(world).stale == [str(world.out / "hf")]
    assert world.holding(MARKER) == ["data/out/hf/train.jsonl"]
    forget(other, delete_stale=True)
    assert other.holding(MARKER) == []


def test_what_was_told_as_stale_is_removed_by_a_second_request_unless_it_was_made_anew(world: World) -> None:
    for name in ("old", "again"):
        (world.out / name).mkdir()
        (world.out / name / "train.jsonl").write_text(MARKER)
    forget(world)
    shutil.rmtree(world.out / "again")
    (world.out / "again").mkdir()
    (world.out / "again" / "train.jsonl").write_text("of the new rows")
    assert forget(world).stale == [str(world.out / "old")]
    assert forget(world, delete_stale=True).removed == [str(world.out / "old")]
    assert world.holding(MARKER) == []
    assert (world.out / "again" / "train.jsonl").is_file()


@pytest.mark.parametrize("name", ["examples.jsonl", "rejects.jsonl"])
def test_damaged_rows_are_told_before_anything_is_changed(world: World, name: str) -> None:
    path = world.out / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StorageError, match=rf"{name}, line \d+ is damaged.*generate"):
        forget(world)
    assert not (world.lock.parent / FORGOTTEN).exists()


def test_a_source_in_no_row_is_forgotten_as_well(world: World) -> None:
    """It is in the lock alone: the rows stay as they are, and it can't be added again."""
    Lock.load(world.lock).merged([LockEntry(kind="sdist", name="wombat", version="1", sha256="ab" * 32)]).save(
        world.lock
    )
    before = rows(world)
    forget(world, "wombat")
    assert rows(world) == before
    assert len(Lock.load(world.lock).sources) == 3


def test_a_damaged_list_of_tombstones_stops_everything(world: World) -> None:
    forget(world)
    (world.lock.parent / FORGOTTEN).write_text('{"sources": 1}')
    with pytest.raises(ConfigError, match="no list of forgotten sources"):
        Lock.load(world.lock)


def test_rows_are_the_same_whether_curated_afresh_or_not(world: World, tmp_path: Path) -> None:
    """Where the files are not those of the manifest, nothing that was decided before is relied on."""
    other = World(shutil.copytree(world.root, tmp_path / "other"))
    manifest = json.loads((other.out / "manifest.json").read_text())
    manifest["files"]["rejects.jsonl"] = "0" * 64
    (other.out / "manifest.json").write_text(json.dumps(manifest))
    report = forget(other)
    assert any("curated afresh" in note for note in report.notes)
    assert not forget(world).notes
    assert digest(world.out) == digest(other.out)


def test_the_command_tells_what_it_did(world: World) -> None:
    done = CliRunner().invoke(
        app,
        [
            "forget",
            "ACME/zebra",
            "--out",
            str(world.out),
            "--lock",
            str(world.lock),
            "--json",
            "--date",
            "2026-01-02",
        ],
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["rows"], told["before"], told["after"], told["lock_entries"]) == (2, 4, 3, ["git zebra 1.0"])
    assert Forgotten.load(world.out).sources[0].date == "2026-01-02"


def test_bad_arguments_are_told() -> None:
    for arguments, words in ((["x"], "say where"), (["x", "--out", "/nowhere"], "no such folder")):
        done = CliRunner().invoke(app, ["forget", *arguments])
        assert isinstance(done.exception, ConfigError)
        assert words in str(done.exception)
    assert PLAIN in dict(PROJECTS)[XERUS][0]
