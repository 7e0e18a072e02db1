"""Builds archives and repositories, honest and hostile, for the tests of the sources."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis.licences import Policy
from lift_sys.data_synthesis.sources import Checkout, SdistSource
from lift_sys.data_synthesis.sources.index import Settings
from lift_sys.data_synthesis.sources.limits import Limits

MIT = """MIT License

Copyright (c) 2020 A. N. Author

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
INFO = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nLicense-Expression: MIT\n\n"
TOP = "demo-1.0"


def member(name: str | bytes, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """One raw tar member: header and padded data, with whatever name and type is asked for."""
    raw = name if isinstance(name, bytes) else name.encode()
    header = bytearray(512)
    header[: min(len(raw), 100)] = raw[:100]
    header[100:108] = b"0000644\0"
    header[108:124] = b"0000000\0" * 2
    header[124:136] = b"%011o\0" % len(data)
    header[136:148] = b"%011o\0" % 1_600_000_000
    header[156:157] = kind
    header[157 : 157 + len(link)] = link.encode()
    header[257:265] = b"ustar\x0000"
    return finish_header(header) + data + b"\0" * (-len(data) % 512)


def finish_header(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def project(files: dict[str, bytes] | None = None) -> bytes:
    """The members of an honest project, then `files`, without the end marker."""
    honest = {
        "PKG-INFO": INFO.encode(),
        "LICENSE": MIT.encode(),
        "demo/__init__.py": b"def one():\n    return 1\n",
    }
    return b"".join(member(f"{TOP}/{path}", data) for path, data in {**honest, **(files or {})}.items())


def tar_gz(members: bytes, *, end: bool = True) -> bytes:
    return gzip.compress(members + (b"\0" * 1024 if end else b""), mtime=0)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{TOP}/PKG-INFO", INFO)
        archive.writestr(f"{TOP}/LICENSE", MIT)
        for path, data in files.items():
            archive.writestr(f"{TOP}/{path}", data)
    return buffer.getvalue()


@dataclass
class Shelf:
    """A folder of sdists that stands in for a package index (pip's find-links), and a cache."""

    root: Path
    limits: Limits = field(default_factory=Limits)

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def source(self, archive: bytes, suffix: str = ".tar.gz", policy: Policy | None = None) -> SdistSource:
        shelf = self.root / "shelf"
        shelf.mkdir(exist_ok=True)
        (shelf / f"{TOP}{suffix}").write_bytes(archive)
        digest = hashlib.sha256(archive).hexdigest()
        settings = Settings(find_links=(str(shelf),))
        return SdistSource("demo", "1.0", digest, settings=settings, limits=self.limits, policy=policy or Policy())

    def read(self, archive: bytes, suffix: str = ".tar.gz") -> Checkout:
        return self.source(archive, suffix).checkout(self.cache)


def outside(root: Path) -> list[str]:
    """Every file below `root` that is neither our archive shelf nor the cache."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.relative_to(root).parts[0] not in ("shelf", "cache")
    )


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """Runs git for the test's own trusted set-up."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.invalid",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.invalid",
        "GIT_AUTHOR_DATE": "1600000000 +0000",
        "GIT_COMMITTER_DATE": "1600000000 +0000",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, input=data, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def repository(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """A repository with one commit of an MIT project and `files`."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for path, data in {"LICENSE": MIT.encode(), "demo/__init__.py": b"one = 1\n", **(files or {})}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def commit_tree(folder: Path, entries: list[tuple[str, str, str]]) -> str:
    """Commits a tree of raw (mode, object id, name) entries that no index would take, onto main."""
    kinds = {"160000": "commit", "040000": "tree"}
    lines = "".join(f"{mode} {kinds.get(mode, 'blob')} {oid}\t{name}\0" for mode, oid, name in entries)
    tree = git(folder, "mktree", "-z", "--missing", data=lines.encode("utf-8", "surrogateescape"))
    commit = git(folder, "commit-tree", tree, "-m", "raw")
    git(folder, "update-ref", "refs/heads/main", commit)
    return commit


def blob(folder: Path, data: bytes) -> str:
    return git(folder, "hash-object", "-w", "--stdin", data=data)
