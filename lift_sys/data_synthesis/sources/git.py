"""Git repositories, read from the object store: no work tree, no configuration of theirs, nothing of theirs run.

A remote is fetched into a bare repository that we initialise ourselves. A repository on this machine is not opened
at all: its HEAD and refs are read as text, and its objects through a bare repository of ours that borrows them.
So no `.git/config`, hook, filter, attribute, alternate or submodule of a stranger is ever looked at by git.

A remote's commit and trees come first, then, in one request, the blobs that are wanted: Python files and licence
texts. Nothing is fetched unasked.

Guarantees: http(s) only, https never turned into http; depth 1; no tags, submodules, LFS, templates, prompts or
credential helpers; pack size, time, members and bytes bounded; only blobs of mode 100644 and 100755. Gap: git itself
parses the stranger's packs and objects, under limits on memory and file size but not in the sandbox.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.finish import decide, facts, iso_time
from lift_sys.data_synthesis.sources.gitprocess import Git, TooLarge
from lift_sys.data_synthesis.sources.gitrefs import borrow_objects, resolve
from lift_sys.data_synthesis.sources.limits import Clock, Limits
from lift_sys.data_synthesis.sources.paths import unsafe_path
from lift_sys.data_synthesis.sources.store import Facts, checkout_key, load, obtain, storage
from lift_sys.data_synthesis.sources.tree import Tree, is_text
from lift_sys.errors import ConfigError, SourceError
from lift_sys.records import Licence

_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class GitSource:
    """One commit of a repository: an http(s) URL or a folder on this machine."""

    url: str
    ref: str | None = None
    """A branch, a tag or a full commit hash; None: what HEAD names."""
    name: str = ""
    licence: Licence | None = None
    offline: bool = False
    kind: Literal["git", "github"] = "git"
    redirects: bool = True
    """Whether the first answer may lead to another address; never from https to http."""
    screen: Callable[[Sequence[str]], None] | None = field(default=None, compare=False)
    """Called with the paths of all regular files before any content is fetched; may raise to end it there."""
    limits: Limits = field(default_factory=Limits)
    policy: licences.Policy = field(default_factory=licences.Policy)

    def __post_init__(self) -> None:
        check_url(self.url)
        if self.ref is not None and (not _REF.fullmatch(self.ref) or ".." in self.ref):
            raise ConfigError(f"{self.ref[:100]!r} is no branch, tag or commit hash")
        if not self.name:
            object.__setattr__(self, "name", _name(self.url))

    @property
    def is_local(self) -> bool:
        return "://" not in self.url

    def checkout(self, cache: Path) -> Checkout:
        """The commit's Python files.

        Raises:
            SourceError: it can't be fetched, is empty or damaged, or breaks a cap.
            StorageError: the cache can't be written.
        """
        if self.ref and _HASH.fullmatch(self.ref):
            found = load(cache / "checkouts" / self._key(self.ref))
            if found is not None:
                return decide(found, self.policy, self.licence)
        if self.offline and not self.is_local:
            raise SourceError(f"{self.name}: not in the cache at a pinned commit, and offline is set")
        with storage(cache):
            (cache / "git").mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="repository-", dir=cache / "git"))
        try:
            git, commit = self._borrow(folder) if self.is_local else self._fetch(folder, "blob:none")
            found = obtain(cache, self._key(commit), lambda building: self._build(building, git, commit))
            return decide(found, self.policy, self.licence)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _key(self, commit: str) -> str:
        where = str(Path(self.url).resolve()) if self.is_local else _public(self.url)
        return checkout_key(self.kind, self.name, where or "", commit)

    def _borrow(self, folder: Path) -> tuple[Git, str]:
        home = git_folder(Path(self.url))
        commit = resolve(home, self.ref)
        git = Git(folder, self.limits, self.name)
        git.init("sha256" if len(commit) == 64 else "sha1")
        borrow_objects(home, folder)
        return git, commit

    def _fetch(self, folder: Path, blobs: str) -> tuple[Git, str]:
        git = Git(folder, self.limits, self.name)
        git.init("sha256" if self.ref and len(self.ref) == 64 and _HASH.fullmatch(self.ref) else "sha1")
        git.fetch(self.url, self.ref or "HEAD", blobs=blobs, redirects=self.redirects)
        commit = git.run("rev-parse", "--verify", "--end-of-options", "FETCH_HEAD^{commit}").decode().strip()
        if not _HASH.fullmatch(commit):
            raise SourceError(f"{self.name}: no commit was fetched")
        return git, commit

    def _build(self, building: Path, git: Git, commit: str) -> Facts:
        if self.is_local and self.screen is None:
            return self._read(building, git, commit)
        paths, wanted = self._wanted(git, commit)
        if self.screen is not None:
            self.screen(paths)
        if self.is_local or not wanted:
            return self._read(building, git, commit)
        try:
            git.fetch_objects(self.url, wanted, redirects=self.redirects)
            return self._read(building, git, commit)
        except TooLarge:
            # One file may be the reason. The server is asked to leave out what is over the cap for a file.
            folder = building / "git"
            folder.mkdir()
            git, again = self._fetch(folder, f"blob:limit={self.limits.file_bytes + 1}")
            try:
                return self._read(building, git, again)
            finally:
                shutil.rmtree(folder)

    def _wanted(self, git: Git, commit: str) -> tuple[list[str], list[str]]:
        """The paths of all regular files, and the distinct blobs of those that could be taken."""
        paths: list[str] = []
        wanted: dict[str, None] = {}
        for mode, kind, oid, size, path in git.list_tree(commit):
            if len(paths) >= self.limits.members:
                raise SourceError(f"{self.name}: more than {self.limits.members} members")
            if mode in _REGULAR and kind == "blob":
                paths.append(path)
                if size is None and (path.endswith(".py") or is_text(path)) and not unsafe_path(path, self.limits):
                    wanted[oid] = None
        return paths, list(wanted)

    def _read(self, building: Path, git: Git, commit: str) -> Facts:
        tree = Tree(building / "tree", self.limits, self.name)
        clock = Clock(self.limits.seconds, self.name)
        with git.objects() as objects:
            kind, header = objects.read(commit, 1024 * 1024)
            if kind != "commit":
                raise SourceError(f"{self.name}: {commit[:12]} is not a commit")
            for mode, kind, oid, size, path in git.list_tree(commit):
                clock.check()
                tree.count()
                if mode not in _REGULAR or kind != "blob":
                    tree.reject(path, f"a {_MODES.get(mode, 'member')} (mode {mode}), not a regular file")
                elif tree.wants(path, self._size(size)):
                    tree.add(path, objects.read(oid, self.limits.file_bytes)[1])
        return facts(
            tree,
            building,
            kind=self.kind,
            name=self.name,
            version=commit,
            url=None if self.is_local else _public(self.url),
            source_time=iso_time(_commit_time(header)),
        )

    def _size(self, size: int | None) -> int:
        if size is not None:
            return size
        # Here: damaged, and reading it will say so. Fetched: left out by the filter, for being over the cap.
        return 0 if self.is_local else self.limits.file_bytes + 1


_REGULAR = ("100644", "100755")
_MODES = {"120000": "link", "160000": "submodule"}


def check_url(url: str) -> None:
    """Raises:
    ConfigError: `url` is neither an http(s) URL nor a path, or could be read as an option.
    """
    if not url or url.startswith("-") or any(ord(char) < 33 or ord(char) == 127 for char in url.replace(" ", "")):
        raise ConfigError(f"{url[:100]!r} is no URL of a git repository")
    if "::" in url.split("/")[0]:
        raise ConfigError(f"{url[:100]!r}: transport helpers are not used; give an https URL or a folder")
    if "://" not in url:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http"):
        raise ConfigError(f"{parts.scheme[:20]}: only https and http URLs are fetched; clone it and give the folder")
    if not parts.hostname or parts.hostname.startswith("-"):
        raise ConfigError(f"{url[:100]!r} names no host")


def git_folder(path: Path) -> Path:
    """The repository's own folder: `path/.git`, or `path` when it is bare.

    Raises:
        SourceError: no repository, or one that points elsewhere.
    """
    dot = path / ".git"
    if dot.is_symlink():
        raise SourceError(f"{path.name}: .git is a link, which is not followed; give the repository it points to")
    if dot.is_file():
        raise SourceError(f"{path.name}: .git is a file (a work tree or submodule); give the main repository")
    home = dot if dot.is_dir() else path
    if not (home / "HEAD").is_file() or not (home / "objects").is_dir():
        raise SourceError(f"{path.name or path}: no git repository")
    return home


def is_git_folder(path: Path) -> bool:
    """Whether `path` claims to be a git repository, even one that is then refused."""
    dot = path / ".git"
    if dot.exists() or dot.is_symlink():
        return True
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _public(url: str) -> str:
    """The URL without user names, tokens, query or fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _name(url: str) -> str:
    path = urlsplit(url).path if "://" in url else str(Path(url).resolve())
    last = [part for part in path.split("/") if part][-1:] or ["repository"]
    return last[0].removesuffix(".git") or "repository"


def _commit_time(header: bytes) -> int:
    for line in header.split(b"\n\n", 1)[0].split(b"\n"):
        if line.startswith(b"committer "):
            fields = line.rsplit(b" ", 2)
            if len(fields) == 3 and fields[1].isdigit() and len(fields[1]) <= 10:
                return min(int(fields[1]), 2**32 - 1)
    return 0
