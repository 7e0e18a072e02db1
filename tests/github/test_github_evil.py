"""Evil repositories, over real smart HTTP: nothing is executed, nothing is written outside, each refusal is typed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from evil_kit import Evil
from github_kit import FakeGithub, fake_github
from sources_kit import MIT

from lift_sys.data_synthesis.github_scraper import FakeClock, GithubSource
from lift_sys.data_synthesis.sources import Checkout
from lift_sys.data_synthesis.sources.gitprocess import Git
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.lock import LockEntry
from lift_sys.errors import ConfigError, RepositoryGone, ServiceUnavailable, SourceError
from lift_sys.records import RejectionReason

UNSAFE = RejectionReason.UNSAFE_MEMBER


@dataclass
class World:
    """A host with one evil repository, and everything that must stay as it was."""

    fake: FakeGithub
    root: Path
    evil: Evil
    limits: Limits = field(default_factory=Limits)

    @property
    def canary(self) -> Path:
        """What evil configurations would create if they ran."""
        return self.root / "canary"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def source(self) -> GithubSource:
        url = f"{self.fake.server}/evil/repo.git"
        return GithubSource("evil/repo", url=url, limits=self.limits, clock=FakeClock())

    def outside(self) -> set[str]:
        found = (path.relative_to(self.root) for path in self.root.rglob("*"))
        return {path.as_posix() for path in found if path.parts[0] != "cache"}

    def read(self) -> Checkout:
        """The checkout, after a check that nothing but it was written and that it holds regular files alone."""
        before = self.outside()
        try:
            made = self.source().checkout(self.cache)
        finally:
            assert self.outside() == before
            assert not self.canary.exists()
            for path in (self.cache / "checkouts").rglob("*"):
                assert not path.is_symlink()
                assert not path.is_file() or not path.stat().st_mode & 0o111
        written = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()}
        assert set(made.files) <= written
        assert all(path.endswith(".py") for path in written)
        return made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fake_github(tmp_path / "served") as fake:
        yield World(fake, tmp_path, Evil(tmp_path / "served/evil/repo.git"))


def rejected(made: Checkout) -> dict[str | None, RejectionReason]:
    return {item.path: item.reason for item in made.rejections}


Build = Callable[[Evil], Any]
NAMES: dict[str, tuple[Build, str]] = {
    "parent folder": (lambda e: e.below("..", e.file("x.py")), "../x.py"),
    "own folder": (lambda e: e.below(".", e.file("x.py")), "./x.py"),
    "parent folder below": (lambda e: e.below("a", e.below("..", e.below("..", e.file("x.py")))), "a/../../x.py"),
    "slashes in a name": (lambda e: e.file("../../x.py"), "../../x.py"),
    "absolute name": (lambda e: e.file("/tmp/x.py"), "/tmp/x.py"),
    "drive": (lambda e: e.file("C:x.py"), "C:x.py"),
    "git folder": (lambda e: e.below(".git", e.file("x.py")), ".git/x.py"),
    "git folder in capitals": (lambda e: e.below(".GiT", e.below("hooks", e.file("x.py"))), ".GiT/hooks/x.py"),
    "backslashes": (lambda e: e.file("..\\x.py"), "..\\x.py"),
    "line break": (lambda e: e.file("a\nb.py"), "a\\nb.py"),
    "escape code": (lambda e: e.file("\x1b[2Ja.py"), "\\x1b[2Ja.py"),
    "no utf-8": (lambda e: e.file(b"caf\xe9.py"), "caf\\udce9.py"),
    "device": (lambda e: e.file("con.py"), "con.py"),
    "long name": (lambda e: e.file("a" * 300 + ".py"), "a" * 280 + "... (303 characters)"),
    "symbolic link": (lambda e: e.link("x.py", "/etc/passwd"), "x.py"),
    "link to a folder": (lambda e: e.link("x", "/etc"), "x"),
    "setuid mode": (lambda e: e.file("x.py", mode="104755"), "x.py"),
}


@pytest.mark.parametrize("which", NAMES)
def test_a_member_that_may_not_be_written(world: World, which: str) -> None:
    build, told = NAMES[which]
    world.evil.commit(build(world.evil))
    if which == "setuid mode":  # git shows odd modes as the nearest one that it knows
        made = world.read()
        assert "x.py" not in made.files or not (made.folder / "x.py").stat().st_mode & 0o7111
        return
    made = world.read()
    assert made.files == ("honest.py",)
    assert rejected(made) == {told: UNSAFE}


def test_a_long_path_and_a_deep_one(world: World) -> None:
    deep = world.evil.file("x.py")
    for _ in range(40):
        deep = world.evil.below("d", deep)
    long = world.evil.file("x.py")
    for _ in range(4):
        long = world.evil.below("n" * 200, long)
    world.evil.commit(deep, long)
    made = world.read()
    assert made.files == ("honest.py",)
    assert set(rejected(made).values()) == {UNSAFE}
    assert len(made.rejections) == 2


def test_a_link_and_a_folder_of_one_name(world: World) -> None:
    """As in CVE-2024-32002: what is below the folder must not land where the link leads."""
    target = world.root / "target"
    target.mkdir()
    world.evil.commit(world.evil.link("a", str(target)), world.evil.below("a", world.evil.file("x.py")))
    made = world.read()
    assert made.files == ("a/x.py", "honest.py")
    assert rejected(made) == {"a": UNSAFE}
    assert list(target.iterdir()) == []


def test_one_name_twice(world: World) -> None:
    world.evil.commit(world.evil.file("a.py", "first = 1\n"), world.evil.file("a.py", "second = 2\n"))
    made = world.read()
    assert (made.folder / "a.py").read_text() == "first = 1\n"
    assert rejected(made) == {"a.py": UNSAFE}


@pytest.mark.parametrize(
    ("one", "other"), [("A.py", "a.py"), ("caf\u00e9.py", "cafe\u0301.py"), ("STRASSE.py", "straße.py")]
)
def test_names_that_are_one_file_elsewhere(world: World, one: str, other: str) -> None:
    world.evil.commit(world.evil.file(one), world.evil.file(other))
    made = world.read()
    assert made.files == tuple(sorted([one, "honest.py"]))
    assert rejected(made) == {other: UNSAFE}


def test_a_file_and_a_folder_of_one_name(world: World) -> None:
    world.evil.commit(world.evil.file("a.py"), world.evil.below("a.py", world.evil.file("b.py")))
    made = world.read()
    assert made.files == ("a.py", "honest.py")
    assert rejected(made) == {"a.py/b.py": UNSAFE}


def test_submodules_are_not_fetched(world: World) -> None:
    text = (
        f'[submodule "a"]\n\tpath = a\n\turl = ext::sh -c touch% {world.canary}\n\tupdate = !touch {world.canary}\n'
    )
    text += f'[submodule "b"]\n\tpath = --upload-pack=touch\n\turl = {world.fake.server}/evil/other.git\n'
    world.evil.commit(
        world.evil.file(".gitmodules", text),
        ("160000", "1" * 40, "a"),
        ("160000", "2" * 40, "--upload-pack=touch"),
    )
    made = world.read()
    assert made.files == ("honest.py",)
    assert rejected(made) == {"a": UNSAFE, "--upload-pack=touch": UNSAFE}
    assert world.fake.asked("/evil/other.git") == []


def test_attributes_and_filters_do_nothing(world: World) -> None:
    attributes = "*.py filter=lfs diff=evil merge=evil ident text eol=crlf working-tree-encoding=UTF-16\n"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 3\n"
    world.evil.commit(
        world.evil.file(".gitattributes", attributes),
        world.evil.file(".lfsconfig", f"[lfs]\n\turl = {world.fake.server}/lfs\n"),
        world.evil.file("a.py", "one = 1\ntwo = '$Id$'\n"),
        world.evil.file("big.py", pointer),
    )
    made = world.read()
    assert (made.folder / "a.py").read_bytes() == b"one = 1\ntwo = '$Id$'\n"
    assert (made.folder / "big.py").read_text() == pointer
    assert world.fake.asked("/lfs") == []


def test_an_embedded_bare_repository_is_only_files(world: World) -> None:
    config = f"[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = touch {world.canary}\n\tsshCommand = touch x\n"
    evil = world.evil
    inner = [evil.file("HEAD", "ref: refs/heads/main\n"), evil.file("config", config), evil.file("x.py")]
    hooks = evil.below("hooks", evil.file("post-checkout", f"#!/bin/sh\ntouch {world.canary}\n", mode="100755"))
    folders = [evil.below("objects", evil.file("y.py")), evil.below("refs", evil.file("z.py"))]
    evil.commit(*inner, hooks, *folders)
    made = world.read()
    assert made.files == ("honest.py", "objects/y.py", "refs/z.py", "x.py")
    assert not (made.folder / "HEAD").exists()


def test_code_that_runs_on_its_own_elsewhere_stays_text(world: World) -> None:
    code = f"import pathlib\npathlib.Path({str(world.canary)!r}).touch()\n"
    names = ["setup.py", "conftest.py", "sitecustomize.py", "__init__.py", "noxfile.py"]
    extra = [world.evil.file(name, code) for name in names]
    extra.append(world.evil.file("evil.pth", f"import os; os.system('touch {world.canary}')\n"))
    extra.append(
        world.evil.file("pyproject.toml", '[build-system]\nbuild-backend = "conftest"\nbackend-path = ["."]\n')
    )
    extra.append(world.evil.file("Makefile", f"all:\n\ttouch {world.canary}\n"))
    world.evil.commit(*extra)
    assert set(world.read().files) == {*names, "honest.py"}


def test_executables_lose_their_bit(world: World) -> None:
    world.evil.commit(world.evil.file("run.py", mode="100755"))
    assert world.read().files == ("honest.py", "run.py")


def test_a_huge_file_is_refused_alone(world: World) -> None:
    world.evil.commit(world.evil.file("big.py", b"#" * 5_000_000))
    made = world.read()
    assert made.files == ("honest.py",)
    assert rejected(made) == {"big.py": RejectionReason.TOO_LARGE}


def test_a_blob_that_inflates_is_refused_alone(world: World) -> None:
    world.evil.commit(world.evil.file("bomb.py", bytes(40_000_000)))
    made = world.read()
    assert rejected(made) == {"bomb.py": RejectionReason.TOO_LARGE}
    assert sum(path.stat().st_size for path in world.cache.rglob("*") if path.is_file()) < 100_000


def test_too_many_files(world: World) -> None:
    world.limits = replace(Limits(), members=100)
    world.evil.commit(*(world.evil.file(f"f{n}.txt", "") for n in range(101)))
    with pytest.raises(SourceError, match="more than 100 members"):
        world.read()


def test_too_many_bytes_of_python(world: World) -> None:
    world.limits = replace(Limits(), python_bytes=100_000)
    world.evil.commit(*(world.evil.file(f"f{n}.py", f"{n}" + "#" * 30_000) for n in range(5)))
    with pytest.raises(SourceError, match="more than 100000 bytes of Python files"):
        world.read()


def test_a_tree_that_multiplies(world: World) -> None:
    """Ten trees that each name the next one ten times: ten thousand million files."""
    world.limits = replace(Limits(), members=2000)
    entries = [world.evil.file(f"{n}.py") for n in range(10)]
    for _ in range(9):
        oid = world.evil.tree(*entries)
        entries = [("40000", oid, str(n)) for n in range(10)]
    world.evil.commit(*entries)
    with pytest.raises(SourceError, match="more than 2000 members"):
        world.read()


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("-1 +0000", "1970-01-01T00:00:00Z"),
        ("99999999999999999999 +0000", "1970-01-01T00:00:00Z"),
        ("253402300800 +0000", "1970-01-01T00:00:00Z"),
        ("9999999999 +0000", "2106-02-07T06:28:15Z"),
        ("1600000000 +9999999", "2020-09-13T12:26:40Z"),
        ("soon", "1970-01-01T00:00:00Z"),
        ("\u0661\u0662\u0663 +0000", "1970-01-01T00:00:00Z"),
    ],
)
def test_commit_dates_out_of_range(world: World, when: str, told: str) -> None:
    world.evil.commit(when=when)
    try:
        made = world.read()
    except SourceError:  # git itself may refuse to send such a commit
        return
    assert made.repository.source_time == told


def test_a_commit_whose_tree_is_a_file(world: World) -> None:
    world.evil.commit(tree=world.evil.blob("x"))
    with pytest.raises(SourceError):
        world.read()


def test_a_head_that_names_no_commit(world: World) -> None:
    tag = f"object {world.evil.blob('x')}\ntype blob\ntag v\ntagger a <a@x> 1 +0000\n\nx\n"
    (world.evil.folder / "refs/heads/main").write_text(world.evil.object("tag", tag.encode()) + "\n")
    with pytest.raises(SourceError):
        world.read()


def test_an_empty_repository(world: World) -> None:
    with pytest.raises(SourceError):
        world.read()


def test_a_missing_file_is_not_looked_for_elsewhere(world: World) -> None:
    """A partial clone would ask the server again, and again, for each object that is not there."""
    world.evil.commit(("100644", "5" * 40, "gone.py"))
    with pytest.raises(SourceError):
        world.read()
    assert len(world.fake.asked("/evil/repo.git/git-upload-pack")) <= 4 * 3


def test_after_a_fetch_git_neither_expects_nor_may_use_a_network(world: World) -> None:
    world.evil.commit()
    folder, url = world.root / "clone", world.source().url
    folder.mkdir()
    git = Git(folder, Limits(), "evil/repo")
    git.init("sha1")
    git.fetch(url, "HEAD")
    assert "promisor" not in (folder / "config").read_text()
    with pytest.raises(SourceError, match="transport 'http' not allowed"):
        git.run("ls-remote", url)


def test_replacements_are_not_used(world: World) -> None:
    entry = world.evil.file("a.py", "real = 1\n")
    world.evil.commit(entry)
    (world.evil.folder / "refs/replace").mkdir()
    (world.evil.folder / "refs/replace" / entry[1]).write_text(world.evil.blob("fake = 1\n") + "\n")
    made = world.read()
    assert (made.folder / "a.py").read_text() == "real = 1\n"


@pytest.mark.parametrize("name", ["--upload-pack=touch", "-x", "$(touch)", "a;touch", "..x"])
def test_branch_names_that_look_like_options(world: World, name: str) -> None:
    world.evil.commit(ref=f"refs/heads/{name}")
    world.evil.commit(ref="refs/heads/main")
    (world.evil.folder / "HEAD").write_text(f"ref: refs/heads/{name}\n")
    try:
        made = world.read()
    except SourceError:  # git does not advertise a name that it calls malformed
        assert name == "..x"
    else:
        assert made.files == ("honest.py",)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% canary",
        "file:///etc",
        "ssh://-oProxyCommand=touch/x",
        "git://127.0.0.1/x",
        "--upload-pack=touch canary",
        "-c",
        "https://user:secret@127.0.0.1/x",
        "https://127.0.0.1/x?service=y",
        "https://127.0.0.1/x#y",
        "https:///x",
        "https://-host/x",
        "https://host/a\nb",
        "../repo",
    ],
)
def test_addresses_in_a_lock_that_are_not_fetched(url: str) -> None:
    with pytest.raises(ConfigError):
        LockEntry(kind="github", name="evil/repo", version="1" * 40, url=url).to_source()


@pytest.mark.parametrize(
    "name", ["../repo", "evil/..", "evil", "a/b/c", "-evil/repo", "evil/re po", "é/x", "evil/x.git", "a/b\n"]
)
def test_names_in_a_lock_that_are_none(name: str) -> None:
    with pytest.raises(ConfigError, match="no OWNER/NAME"):
        LockEntry(kind="github", name=name, version="1" * 40).to_source()


@pytest.mark.parametrize("version", ["HEAD", "main", "--upload-pack=x", "1" * 39, "A" * 40, ""])
def test_versions_in_a_lock_that_pin_nothing(version: str) -> None:
    with pytest.raises(ConfigError, match="full hash"):
        LockEntry(kind="github", name="evil/repo", version=version).to_source()


# licences

GPL = "GNU GENERAL PUBLIC LICENSE\n\nVersion 3, 29 June 2007\n\nThis program is not free to mix.\n"
LICENCES: dict[str, tuple[Build, str | bytes | None]] = {
    "no licence at all": (lambda e: e.file("x.py"), None),
    "a text that no licence matches": (lambda e: e.file("x.py"), GPL),
    "a licence that is a link": (lambda e: e.link("LICENSE", "/usr/share/licenses/MIT"), None),
    "a field that contradicts the text": (
        lambda e: e.file("pyproject.toml", '[project]\nname = "x"\nlicense = "GPL-3.0-only"\n'),
        MIT,
    ),
    "one more condition": (
        lambda e: e.file("x.py"),
        MIT + '\n"Commons Clause" License Condition v1.0\n' + "You may not Sell the Software. " * 60,
    ),
    "a licence file of two mebibytes": (lambda e: e.file("x.py"), MIT + " " * 2_000_000),
    "no text at all in it": (lambda e: e.file("x.py"), b"\xff\xfe\x00" * 500),
}


@pytest.mark.parametrize("which", LICENCES)
def test_a_licence_that_is_not_clear_gives_no_files(world: World, which: str) -> None:
    build, licence = LICENCES[which]
    world.evil.commit(build(world.evil), licence=licence)
    made = world.read()
    assert made.files == ()
    assert RejectionReason.LICENCE in rejected(made).values()


def test_vendored_code_under_another_licence_is_left_out(world: World) -> None:
    vendored = world.evil.below("vendored", world.evil.file("LICENSE", GPL), world.evil.file("x.py"))
    world.evil.commit(vendored)
    made = world.read()
    assert made.files == ("honest.py",)
    assert rejected(made) == {"vendored/x.py": RejectionReason.LICENCE}


# servers that lie


@contextmanager
def raw_server(answers: Callable[[bytes], bytes | Iterator[bytes]]) -> Iterator[str]:
    """A server that answers each request with whatever bytes `answers` makes of its first line."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    line = connection.recv(65536)
                    made = answers(line)
                    try:
                        for chunk in [made] if isinstance(made, bytes) else made:
                            connection.sendall(chunk)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/evil/repo.git"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def pkt(line: str | bytes) -> bytes:
    data = line.encode() if isinstance(line, str) else line
    return f"{len(data) + 4:04x}".encode() + data


def http(body: bytes, kind: str, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


ADVERTISED = pkt("# service=git-upload-pack\n") + b"0000" + pkt("version 2\n") + pkt("ls-refs\n")
ADVERTISED += pkt("fetch=shallow filter\n") + pkt("object-format=sha1\n") + b"0000"
COMMIT = "1" * 40


def lying(pack: bytes | Iterator[bytes]) -> Callable[[bytes], bytes | Iterator[bytes]]:
    """Answers as git's protocol 2 wants, with `pack` in the place of the pack."""

    def answer(request: bytes) -> bytes | Iterator[bytes]:
        if b"info/refs" in request:
            return http(ADVERTISED, "application/x-git-upload-pack-advertisement")
        if b"ls-refs" in request:
            body = pkt(f"{COMMIT} HEAD\n") + b"0000"
            return http(body, "application/x-git-upload-pack-result")
        if isinstance(pack, bytes):
            body = pkt("packfile\n") + pkt(b"\x01" + pack) + b"0000"
            return http(body, "application/x-git-upload-pack-result")
        return pack

    return answer


def endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\nConnection: close\r\n\r\n"
    yield pkt("packfile\n")
    head = b"PACK" + (2).to_bytes(4, "big") + (4_000_000_000).to_bytes(4, "big")
    yield pkt(b"\x01" + head)
    from random import Random

    noise = Random(0)
    import zlib

    while True:  # one blob of 16 KiB after another
        data = noise.randbytes(16_384)
        yield pkt(b"\x01" + bytes([0b1011_0000, 0b1000_0000, 0b0000_1000]) + zlib.compress(data, 0))


LIES: dict[str, Callable[[bytes], bytes | Iterator[bytes]]] = {
    "no git at all": lambda request: http(b"<html>hello</html>", "text/html"),
    "an old server without packs": lambda request: http(f"{COMMIT}\trefs/heads/main\n".encode(), "text/plain"),
    "garbage for a pack": lying(b"garbage" * 100),
    "an empty pack": lying(b"PACK\0\0\0\2\0\0\0\0" + bytes.fromhex("029d08823bd8a8eab510ad6ac75c823cfd3ed31e")),
    "half a line": lambda request: http(b"001e# service=git-up", "application/x-git-upload-pack-advertisement"),
    "nothing": lambda request: b"",
    "an error with escape codes": lambda request: http(
        pkt("# service=git-upload-pack\n") + b"0000" + pkt("ERR \x1b]0;owned\x07\n"),
        "application/x-git-upload-pack-advertisement",
    ),
}


@pytest.mark.parametrize("which", LIES)
def test_a_server_that_lies(tmp_path: Path, which: str) -> None:
    with raw_server(LIES[which]) as url:
        source = GithubSource("evil/repo", url=url, clock=FakeClock())
        with pytest.raises(SourceError) as told:
            source.checkout(tmp_path)
    assert str(told.value).isprintable()
    assert list((tmp_path / "git").iterdir()) == []


def test_a_pack_without_end_is_cut_at_the_cap(tmp_path: Path) -> None:
    limits = replace(Limits(), archive_bytes=2_000_000)
    with raw_server(lambda request: lying(endless())(request)) as url:
        source = GithubSource("evil/repo", url=url, limits=limits, clock=FakeClock())
        with pytest.raises(SourceError):
            source.checkout(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 100_000


def test_a_server_that_wants_a_password_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    seen: list[bytes] = []

    def answer(request: bytes) -> bytes:
        seen.append(request)
        head = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=x"
        return http(b"", "text/plain", head)

    with raw_server(answer) as url, pytest.raises(RepositoryGone):
        GithubSource("evil/repo", url=url, clock=FakeClock()).checkout(tmp_path / "cache")
    assert seen
    assert not any(b"authorization" in request.lower() for request in seen)


def test_a_server_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    clock = FakeClock()
    source = GithubSource("evil/repo", url=f"http://127.0.0.1:{port}/x.git", clock=clock)
    with pytest.raises(ServiceUnavailable):
        source.checkout(tmp_path)
    assert clock.slept == [2.0, 4.0]
