"""Hostile repositories: nothing of theirs is run, followed or written, and honest ones are read right."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from sources_kit import MIT, blob, commit_tree, git, repository

from lift_sys.data_synthesis.sources import GitSource
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.lock import local_source
from lift_sys.errors import ConfigError, SourceError
from lift_sys.records import RejectionReason


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_local_repository_is_read_at_its_commit(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project", {"demo/a.py": b"a = 1\n", "README": b"x"})
    (home / "demo/uncommitted.py").write_bytes(b"u = 1\n")
    made = local_source(home).checkout(cache)
    assert made.files == ("demo/__init__.py", "demo/a.py")
    assert made.repository.kind == "git"
    assert made.repository.version == git(home, "rev-parse", "HEAD")
    assert made.repository.source_time == "2020-09-13T12:26:40Z"
    assert made.repository.licence.spdx == "MIT"
    assert made.repository.url is None
    assert list((cache / "git").iterdir()) == []


def test_branches_tags_hashes_and_packed_refs(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project")
    first = git(home, "rev-parse", "HEAD")
    git(home, "tag", "v1")
    (home / "b.py").write_bytes(b"b = 1\n")
    git(home, "add", "b.py")
    git(home, "commit", "--quiet", "-m", "second")
    git(home, "gc", "--quiet")
    git(home, "pack-refs", "--all")
    for ref in ("v1", first):
        assert GitSource(str(home), ref).checkout(cache).repository.version == first
    assert "b.py" in GitSource(str(home), "main").checkout(cache).files
    with pytest.raises(SourceError, match="no branch or tag 'nope'"):
        GitSource(str(home), "nope").checkout(cache)


def test_nothing_in_a_hostile_configuration_is_run(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project", {".gitattributes": b"*.py filter=evil diff=evil merge=evil\n"})
    ran = tmp_path / "ran"
    command = tmp_path / "command.sh"
    command.write_text(f"#!/bin/sh\necho >> {ran}\ncat\n")
    command.chmod(0o755)
    included = tmp_path / "included"
    included.write_text(f"[core]\n\tfsmonitor = {command}\n")
    (home / ".git/config").write_text(
        f"""[core]
	repositoryformatversion = 0
	fsmonitor = {command}
	hooksPath = {tmp_path}
	sshCommand = {command}
	pager = {command}
	editor = {command}
	askPass = {command}
	alternateRefsCommand = {command}
	gitProxy = {command}
[include]
	path = {included}
[includeIf "gitdir:/"]
	path = {included}
[filter "evil"]
	clean = {command}
	smudge = {command}
	process = {command}
	required = true
[diff "evil"]
	textconv = {command}
	command = {command}
[diff]
	external = {command}
[uploadpack]
	packObjectsHook = {command}
[credential]
	helper = !{command}
[alias]
	cat-file = !{command}
	ls-tree = !{command}
[protocol]
	allow = always
"""
    )
    for hook in ("post-checkout", "pre-auto-gc", "reference-transaction", "fsmonitor-watchman"):
        target = home / ".git/hooks" / hook
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(command.read_bytes())
        target.chmod(0o755)
    made = local_source(home).checkout(cache)
    assert made.files == ("demo/__init__.py",)
    assert (made.folder / "demo/__init__.py").read_bytes() == b"one = 1\n"
    assert not ran.exists()


def test_a_repository_with_a_broken_configuration_is_still_read(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project")
    (home / ".git/config").write_bytes(b"[[[\0\xff" * 1000)
    assert local_source(home).checkout(cache).files == ("demo/__init__.py",)


def test_a_bare_repository_embedded_in_a_folder_is_not_opened(tmp_path: Path, cache: Path) -> None:
    """`git status` in such a folder would run the embedded configuration."""
    home = tmp_path / "folder"
    (home / "demo").mkdir(parents=True)
    (home / "demo/a.py").write_bytes(b"a = 1\n")
    git(home, "init", "--quiet", "--bare", "embedded")
    ran = tmp_path / "ran"
    with (home / "embedded/config").open("a") as file:
        file.write(f'[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = "echo >> {ran}; false"\n')
    made = local_source(home).checkout(cache)
    assert made.files == ("demo/a.py",)
    assert not ran.exists()


def test_the_caller_s_git_environment_is_not_used(tmp_path: Path, cache: Path, monkeypatch: Any) -> None:
    home = repository(tmp_path / "project")
    other = repository(tmp_path / "other", {"other.py": b"o = 1\n"})
    for name, value in {
        "GIT_DIR": str(other / ".git"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git/objects"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": "false",
        "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_EXEC_PATH": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    assert local_source(home).checkout(cache).files == ("demo/__init__.py",)


def test_links_submodules_and_odd_modes_are_rejected(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project")
    code, target = blob(home, b"x = 1\n"), blob(home, b"/etc/passwd")
    licence = blob(home, MIT.encode())
    commit_tree(
        home,
        [
            ("100644", licence, "LICENSE"),
            ("100644", code, "a.py"),
            ("100755", code, "b.py"),
            ("120000", target, "link.py"),
            ("160000", "1" * 40, "module"),
        ],
    )
    made = local_source(home).checkout(cache)
    assert made.files == ("a.py", "b.py")
    assert [(item.path, item.reason) for item in made.rejections] == [
        ("link.py", RejectionReason.UNSAFE_MEMBER),
        ("module", RejectionReason.UNSAFE_MEMBER),
    ]
    assert not any((made.folder / path).stat().st_mode & 0o111 for path in made.files)


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "a\nb.py", "caf\udce9.py", "con.py", "back\\slash.py"])
def test_names_that_no_checkout_would_survive(tmp_path: Path, cache: Path, name: str) -> None:
    home = repository(tmp_path / "project")
    code, licence = blob(home, b"x = 1\n"), blob(home, MIT.encode())
    folder = commit_sub(home, code) if not name.endswith(".py") else ""
    entry = ("040000", folder, name) if folder else ("100644", code, name)
    commit_tree(home, [("100644", licence, "LICENSE"), ("100644", code, "a.py"), entry])
    made = local_source(home).checkout(cache)
    assert made.files == ("a.py",)
    assert [item.reason for item in made.rejections] == [RejectionReason.UNSAFE_MEMBER]
    assert not (tmp_path / "cache" / "checkouts" / "sub.py").exists()


def test_case_collisions_in_a_tree(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project", {"demo/a.py": b"1\n", "demo/A.py": b"2\n"})
    made = local_source(home).checkout(cache)
    assert made.files == ("demo/A.py", "demo/__init__.py")
    assert [item.path for item in made.rejections] == ["demo/a.py"]


def test_an_empty_repository_says_so(tmp_path: Path, cache: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    git(home, "init", "--quiet")
    with pytest.raises(SourceError, match="repository is empty"):
        local_source(home).checkout(cache)


def test_a_repository_of_links_only(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project")
    target = blob(home, b"/etc/passwd")
    commit_tree(home, [("120000", target, "a.py"), ("120000", target, "b.py")])
    made = local_source(home).checkout(cache)
    assert made.files == ()
    assert [item.path for item in made.rejections] == ["a.py", "b.py"]


def test_a_huge_blob_is_rejected_alone(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project", {"big.py": b"#" * 5_000_000})
    made = local_source(home).checkout(cache)
    assert made.files == ("demo/__init__.py",)
    assert [item.reason for item in made.rejections] == [RejectionReason.TOO_LARGE]


def test_a_tree_that_multiplies_is_stopped_by_the_count(tmp_path: Path, cache: Path) -> None:
    """Ten trees, each naming the next ten times: ten thousand million files in ten objects."""
    home = repository(tmp_path / "bomb")
    entries = [("100644", blob(home, b"x = 1\n"), f"{n}.py") for n in range(10)]
    for _ in range(9):
        commit_tree(home, entries)
        tree = git(home, "rev-parse", "main^{tree}")
        entries = [("040000", tree, str(n)) for n in range(10)]
    commit_tree(home, entries)
    source = GitSource(str(home), limits=replace(Limits(), members=2000))
    with pytest.raises(SourceError, match="more than 2000 members"):
        source.checkout(cache)


def test_missing_and_damaged_objects(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project", {"a.py": b"a = 1\n"})
    oid = git(home, "rev-parse", "HEAD:a.py")
    path = home / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_bytes(b"junk")
    with pytest.raises(SourceError, match=r"missing or damaged|failed"):
        local_source(home).checkout(cache)
    path.unlink()
    with pytest.raises(SourceError, match=r"missing or damaged|failed"):
        local_source(home).checkout(cache)
    assert [entry for entry in (cache / "checkouts").iterdir() if not entry.name.endswith(".lock")] == []


def test_alternates_that_lead_outside_are_not_followed(tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "project")
    (home / ".git/objects/info/alternates").write_text("/somewhere/else\n")
    with pytest.raises(SourceError, match="borrows objects"):
        local_source(home).checkout(cache)


@pytest.mark.parametrize("place", [".git", ".git/objects", ".git/HEAD", ".git/refs/heads"])
def test_links_inside_the_repository_are_not_followed(tmp_path: Path, cache: Path, place: str) -> None:
    home = repository(tmp_path / "project")
    moved = tmp_path / "moved"
    (home / place).rename(moved)
    (home / place).symlink_to(moved)
    with pytest.raises(SourceError, match="link"):
        local_source(home).checkout(cache)


def test_a_git_file_that_points_elsewhere(tmp_path: Path, cache: Path) -> None:
    home = tmp_path / "worktree"
    home.mkdir()
    (home / ".git").write_text("gitdir: /somewhere/else\n")
    with pytest.raises(SourceError, match=r"\.git is a file"):
        local_source(home).checkout(cache)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "-oProxyCommand=touch",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "ssh://-oProxyCommand=x/y",
        "ssh://host/y",
        "git://host/y",
        "file:///etc",
        "ftp://host/y",
        "https://",
        "https://-host/y",
        "https://host/a\nb",
        "https://host/\x00",
    ],
)
def test_urls_that_are_not_fetched(url: str) -> None:
    with pytest.raises(ConfigError):
        GitSource(url)


@pytest.mark.parametrize("ref", ["-x", "--upload-pack=x", "a..b", "a b", "@{-1}", "a:b", "^a", "", "a" * 300])
def test_refs_that_are_none(ref: str) -> None:
    with pytest.raises(ConfigError):
        GitSource("https://example.invalid/x", ref)


# over HTTP


def test_a_clone_over_smart_http(server: Server, tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "served/project.git", {"demo/a.py": b"a = 1\n"})
    commit = git(home, "rev-parse", "HEAD")
    made = GitSource(server.url("project.git/.git").replace("http://", "http://user:token@")).checkout(cache)
    assert made.files == ("demo/__init__.py", "demo/a.py")
    assert made.repository.version == commit
    assert made.repository.url == server.url("project.git/.git")
    assert "token" not in made.repository.to_line()
    again = GitSource(server.url("project.git/.git"), commit, offline=True)
    assert again.checkout(cache).repository == made.repository


def test_a_pinned_commit_and_a_branch_over_http(server: Server, tmp_path: Path, cache: Path) -> None:
    home = repository(tmp_path / "served/project")
    first = git(home, "rev-parse", "HEAD")
    git(home, "checkout", "--quiet", "-b", "feature")
    git(home, "rm", "--quiet", "demo/__init__.py")
    (home / "new.py").write_bytes(b"new = 1\n")
    git(home, "add", "new.py")
    git(home, "commit", "--quiet", "-m", "second")
    url = server.url("project/.git")
    assert GitSource(url, "feature").checkout(cache).files == ("new.py",)
    assert GitSource(url, first).checkout(cache).files == ("demo/__init__.py",)


def test_what_the_server_refuses_is_said(server: Server, tmp_path: Path, cache: Path) -> None:
    repository(tmp_path / "served/project")
    with pytest.raises(SourceError, match=r"git fetch failed: fatal: .*nope"):
        GitSource(server.url("project/.git"), "nope").checkout(cache)
    with pytest.raises(SourceError, match=r"not found|failed"):
        GitSource(server.url("absent/.git")).checkout(cache)
    with pytest.raises(SourceError, match="pinned commit, and offline"):
        GitSource(server.url("project/.git"), offline=True).checkout(cache)


def test_a_pack_over_the_cap_is_not_stored(server: Server, tmp_path: Path, cache: Path) -> None:
    repository(tmp_path / "served/project", {"noise.py": os.urandom(3_000_000)})
    source = GitSource(server.url("project/.git"), limits=replace(Limits(), archive_bytes=1_000_000))
    with pytest.raises(SourceError, match="larger than 1000000 bytes"):
        source.checkout(cache)
    assert list((cache / "git").iterdir()) == []


def test_only_what_is_wanted_crosses_the_wire(server: Server, tmp_path: Path, cache: Path) -> None:
    repository(tmp_path / "served/project", {"noise.bin": os.urandom(3_000_000)})
    source = GitSource(server.url("project/.git"), limits=replace(Limits(), archive_bytes=1_000_000))
    assert source.checkout(cache).files == ("demo/__init__.py",)


def test_a_huge_file_over_http_is_rejected_alone(server: Server, tmp_path: Path, cache: Path) -> None:
    """The pack breaks the cap, so the fetch is made again without blobs over the cap for a file."""
    repository(tmp_path / "served/project", {"big.py": os.urandom(3_000_000)})
    limits = replace(Limits(), archive_bytes=1_000_000, file_bytes=500_000)
    made = GitSource(server.url("project/.git"), limits=limits).checkout(cache)
    assert made.files == ("demo/__init__.py",)
    assert [(item.path, item.reason) for item in made.rejections] == [("big.py", RejectionReason.TOO_LARGE)]
    assert not [path for path in (cache / "checkouts").rglob("*") if path.suffix == ".pack"]


def test_a_server_that_says_nothing_runs_into_the_deadline(silent: str, cache: Path) -> None:
    with pytest.raises(SourceError, match="gave up after 1 s"):
        GitSource(silent, limits=replace(Limits(), seconds=1)).checkout(cache)


def commit_sub(home: Path, code: str) -> str:
    commit_tree(home, [("100644", code, "sub.py")])
    return git(home, "rev-parse", "main^{tree}")


@dataclass
class Server:
    port: int

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """git's own smart HTTP, behind a small WSGI server on loopback."""
    root = tmp_path / "served"
    root.mkdir()
    with make_server("127.0.0.1", 0, lambda environ, start: backend(root, environ, start), WSGIServer, Quiet) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(http.server_port)
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that accepts and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def backend(root: Path, environ: dict[str, Any], start: Any) -> list[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "uploadpack.allowAnySHA1InWant",
        "GIT_CONFIG_VALUE_1": "true",
        "GIT_CONFIG_KEY_2": "uploadpack.allowFilter",
        "GIT_CONFIG_VALUE_2": "true",
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "CONTENT_LENGTH": str(len(body)),
    }
    for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING"):
        variables[name] = str(environ.get(name, ""))
    variables["GIT_PROTOCOL"] = str(environ.get("HTTP_GIT_PROTOCOL", ""))
    with Popen(["git", "http-backend"], env=variables, stdin=PIPE, stdout=PIPE) as process:
        out, _ = process.communicate(body)
    head, _, content = out.partition(b"\r\n\r\n")
    headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
    status = next((value for name, value in headers if name == "Status"), "200 OK")
    start(status, [(name, value) for name, value in headers if name != "Status"])
    return [content]
