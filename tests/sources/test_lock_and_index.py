"""Locks, the package index, and the `scrape` command."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from sources_kit import Shelf, project, repository, tar_gz
from typer.testing import CliRunner

from lift_sys.cli.scrape import scrape
from lift_sys.data_synthesis.sources import Lock, LockEntry, SdistSource, checkout_all, load_sources, make_lock
from lift_sys.data_synthesis.sources.index import Settings, newest
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.errors import ConfigError, LiftError, SourceError, StorageError

DEMO = Path(__file__).parents[2] / "demo" / "demo.lock.json"
ARCHIVE = tar_gz(project({"demo/a.py": b"a = 1\n"}))
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


def test_a_lock_survives_being_saved_and_is_the_same_bytes(tmp_path: Path) -> None:
    entries = [
        LockEntry(kind="sdist", name="b", version="1", sha256="0" * 64),
        LockEntry(kind="sdist", name="a", version="1", sha256="1" * 64),
        LockEntry(kind="stdlib", name="cpython-stdlib", version="installed", modules=("json",)),
    ]
    Lock(sources=tuple(entries)).save(tmp_path / "one.json")
    Lock(sources=tuple(reversed(entries))).save(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert sorted(entry.name for entry in Lock.load(tmp_path / "one.json").sources) == ["a", "b", "cpython-stdlib"]
    assert [source.name for source in load_sources(tmp_path / "one.json", tmp_path)] == ["a", "b", "cpython-stdlib"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a lock"),
        ('{"sources": [', "not a lock"),
        ("[]", "not a lock"),
        ('{"schema_version": 2}', "schema_version"),
        ('{"sources": [{"kind": "sdist"}]}', "sources.0.name"),
        ('{"sources": [{"kind": "pigeon", "name": "a", "version": "1"}]}', "sources.0.kind"),
        ('{"sources": [{"kind": "sdist", "name": "a", "version": "1"}]}', "needs its sha256"),
        ('{"sources": [{"kind": "sdist", "name": "a", "version": "1", "sha256": "xyz"}]}', "no SHA-256"),
        (
            '{"sources": [{"kind": "sdist", "name": "../a", "version": "1", "sha256": "' + SHA256 + '"}]}',
            "project name",
        ),
        ('{"sources": [{"kind": "git", "name": "a", "version": "1"}]}', "needs its url"),
        ('{"sources": [{"kind": "git", "name": "a", "version": "-x", "url": "https://h/x"}]}', "no branch"),
        ('{"sources": [{"kind": "github", "name": "a/b", "version": "v1"}]}', "full hash of its commit"),
        ('{"sources": [{"kind": "github", "name": "a", "version": "' + "1" * 40 + '"}]}', "no OWNER/NAME"),
        ('{"sources": [' + ", ".join(['{"kind": "stdlib", "name": "a", "version": "1"}'] * 2) + "]}", "listed twice"),
    ],
)
def test_what_is_wrong_with_a_lock_is_said(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "lock.json").write_text(text)
    with pytest.raises(ConfigError, match=told):
        load_sources(tmp_path / "lock.json", tmp_path / "cache")


def test_no_lock_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_sources(tmp_path / "absent.json")


def test_the_demo_lock_pins_every_source_and_names_no_host() -> None:
    lock = Lock.load(DEMO)
    assert len(lock.sources) >= 12
    assert {entry.kind for entry in lock.sources} == {"sdist", "stdlib"}
    for entry in lock.sources:
        if entry.kind == "sdist":
            assert entry.licence is not None
            assert entry.licence.text_sha256 is not None
            assert entry.source_time is not None
    assert "://" not in DEMO.read_text()


def test_failures_stand_in_their_places(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    good = shelf.source(ARCHIVE)
    bad = replace(good, sha256="0" * 64)
    seen: list[str] = []
    found = checkout_all([bad, good, bad], shelf.cache, on_done=lambda source, result: seen.append(source.name))
    assert [isinstance(item, LiftError) for item in found] == [True, False, True]
    assert len(seen) == 3


def test_a_cache_that_can_t_be_written_ends_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.cache.write_text("x")
    with pytest.raises(StorageError):
        checkout_all([shelf.source(ARCHIVE)], shelf.cache)


# a package index on loopback


@dataclass
class Index:
    url: str = ""
    archive: bytes = ARCHIVE
    faults: list[int] = field(default_factory=list)
    """Status codes to answer with before the first good answer."""
    asked: list[str] = field(default_factory=list)
    versions: tuple[str, ...] = ("0.9", "1.0", "2.0rc1")
    cut: bool = False

    @property
    def settings(self) -> Settings:
        return Settings(indexes=(self.url + "/simple/",))

    def page(self) -> bytes:
        files = [
            {
                "filename": f"demo-{version}.tar.gz",
                "url": f"{self.url}/files/demo-{version}.tar.gz",
                "hashes": {"sha256": SHA256},
                "upload-time": "2024-01-02T03:04:05.678Z",
                "yanked": False,
            }
            for version in self.versions
        ]
        return json.dumps({"meta": {"api-version": "1.1"}, "name": "demo", "files": files}).encode()


@pytest.fixture
def index() -> Iterator[Index]:
    state = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if state.faults:
                self.send_error(state.faults.pop(0))
                return
            is_page = self.path.startswith("/simple/demo/")
            known = is_page or self.path.startswith("/files/")
            body = state.page() if is_page else state.archive
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json" if is_page else "application/gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:-10] if state.cut and not is_page else body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def sdist(index: Index, **more: object) -> SdistSource:
    return SdistSource("demo", "1.0", SHA256, settings=index.settings, **more)  # type: ignore[arg-type]


def test_found_verified_and_kept_for_offline_use(index: Index, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not in the cache, and offline is set"):
        sdist(index, offline=True).checkout(tmp_path)
    assert index.asked == []
    made = sdist(index).checkout(tmp_path)
    assert made.files == ("demo/__init__.py", "demo/a.py")
    assert made.repository.url == "pkg:pypi/demo@1.0"
    assert "127.0.0.1" not in made.repository.to_line()
    asked = len(index.asked)
    assert sdist(index, offline=True).checkout(tmp_path) == made
    assert len(index.asked) == asked


def test_the_newest_final_release(index: Index) -> None:
    link = newest("demo", index.settings)
    assert (link.version, link.sha256, link.uploaded) == ("1.0", SHA256, "2024-01-02T03:04:05Z")
    assert newest("demo", index.settings, version="0.9").version == "0.9"
    with pytest.raises(SourceError, match=r"demo 7\.0"):
        newest("demo", index.settings, version="7.0")


def test_transient_faults_are_tried_again(index: Index, tmp_path: Path) -> None:
    index.faults = [503, 429]
    assert len(sdist(index).checkout(tmp_path).files) == 2


def test_an_index_that_stays_down_is_an_error(index: Index, tmp_path: Path) -> None:
    index.faults = [500] * 4
    with pytest.raises(SourceError, match=r"did not answer \(status 500\)"):
        sdist(index).checkout(tmp_path)


def test_an_unknown_project(index: Index, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="status 404"):
        SdistSource("absent", "1", SHA256, settings=index.settings).checkout(tmp_path)


def test_a_file_that_is_not_the_one_promised(index: Index, tmp_path: Path) -> None:
    index.archive = tar_gz(project({"evil.py": b"e = 1\n"}))
    actual = hashlib.sha256(index.archive).hexdigest()
    with pytest.raises(SourceError, match=f"SHA-256 is {actual}, expected {SHA256}"):
        sdist(index).checkout(tmp_path)
    assert list((tmp_path / "archives").iterdir()) == []


def test_an_index_that_offers_another_hash(index: Index, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"offers SHA-256 {SHA256}, expected {'0' * 64}"):
        replace(sdist(index), sha256="0" * 64).checkout(tmp_path)


@pytest.mark.parametrize("changed", [{"name": "other"}, {"version": "2.3.0"}])
def test_a_lock_that_names_another_release_than_its_archive_is_refused(changed: dict[str, str]) -> None:
    """Where the archive is in the cache already, its index is not asked."""
    entry = {"kind": "sdist", "name": "demo", "version": "1.0", "sha256": SHA256, "filename": "Demo-1.0.tar.gz"}
    LockEntry.model_validate(entry).to_source()
    with pytest.raises(ConfigError, match=r"Demo-1\.0\.tar\.gz is not the release"):
        LockEntry.model_validate({**entry, **changed}).to_source()


def test_a_download_over_the_cap(index: Index, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="larger than 100 bytes"):
        sdist(index, limits=replace(Limits(), archive_bytes=100)).checkout(tmp_path)


def test_a_real_sdist_from_the_package_index(tmp_path: Path) -> None:
    entry = next(entry for entry in Lock.load(DEMO).sources if entry.name == "webcolors")
    made = entry.to_source().checkout(tmp_path)
    assert any(path.endswith("webcolors/__init__.py") for path in made.files)
    assert made.repository.licence.spdx == "BSD-3-Clause"
    (fresh,) = make_lock(["webcolors==" + entry.version]).sources
    assert (fresh.sha256, fresh.filename) == (entry.sha256, entry.filename)


# the command


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(scrape)
    return app


def test_scrape_writes_a_lock_that_reads_the_same_again(app: typer.Typer, tmp_path: Path) -> None:
    home = repository(tmp_path / "code/project", {"demo/a.py": b"a = 1\n"})
    lock = tmp_path / "code/my.lock.json"
    arguments = ["--local", str(home), "--stdlib", "--lock", str(lock), "--out", str(tmp_path / "out"), "--json"]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    rows = [json.loads(line) for line in first.stdout.splitlines()]
    assert [(row["kind"], row["licence"]) for row in rows] == [("git", "MIT"), ("stdlib", "PSF-2.0")]
    written = lock.read_bytes()
    assert b'"url": "project"' in written
    assert str(tmp_path).encode() not in written
    second = CliRunner().invoke(app, ["--lock", str(lock), "--out", str(tmp_path / "out"), "--json"])
    assert second.stdout == first.stdout
    assert lock.read_bytes() == written


def test_scrape_names_what_failed_and_keeps_the_rest(app: typer.Typer, tmp_path: Path) -> None:
    good = repository(tmp_path / "good")
    bad = tmp_path / "bad"
    (bad / ".git").mkdir(parents=True)
    lock = tmp_path / "lock.json"
    options = ["--local", str(good), "--local", str(bad), "--lock", str(lock), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, options, env={"COLUMNS": "200"})
    assert done.exit_code == SourceError.exit_code
    assert "no git repository" in done.stdout
    assert [entry.name for entry in Lock.load(lock).sources] == ["good"]


def test_scrape_without_a_source(app: typer.Typer, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert isinstance(done.exception, ConfigError)
    assert "name at least one source" in str(done.exception)
