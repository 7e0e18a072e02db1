"""Archives with random damage: read, rejected or refused, and nothing else, whatever the bytes are."""

from __future__ import annotations

import gzip
import hashlib
import random
from pathlib import Path

import pytest
from sources_kit import member, outside, project, tar_gz, zipped

from lift_sys.data_synthesis.sources.archive import unpack
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.errors import SourceError

FILES = {"demo/a.py": b"a = 1\n" * 50, "demo/sub/b.py": b"b = 1\n"}


def damaged(rng: random.Random, whole: bytes) -> bytes:
    data = bytearray(whole)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data))
        what = rng.randrange(4)
        if what == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            data[at : at + rng.randint(1, 64)] = rng.randbytes(rng.randint(0, 64))
        elif what == 2:
            del data[at : at + rng.randint(1, 600)]
        else:
            data[at:at] = data[at : at + 512]
        if not data:
            return b""
    return bytes(data)


def resummed(data: bytes) -> bytes:
    """Headers at block boundaries get a right checksum, so that damage reaches the parser behind it."""
    out = bytearray(data)
    for at in range(0, len(out) - 511, 512):
        if out[at + 257 : at + 262] == b"ustar":
            out[at + 148 : at + 156] = b" " * 8
            out[at + 148 : at + 156] = b"%06o\0 " % sum(out[at : at + 512])
    return bytes(out)


def attempts(seed: int) -> bytes:
    rng = random.Random(seed)
    extended = member("x", b"27 path=demo-1.0/demo/c.py\n", kind=b"x") + member("c", b"c = 1\n")
    tar = project(FILES) + extended + b"\0" * 1024
    return [
        lambda: damaged(rng, tar_gz(project(FILES))),
        lambda: damaged(rng, tar),
        lambda: gzip.compress(resummed(damaged(rng, tar)), 1, mtime=0),
        lambda: damaged(rng, zipped(FILES)),
    ][seed % 4]()


@pytest.mark.parametrize("rounds", [400, pytest.param(20_000, marks=pytest.mark.slow)])
def test_random_damage(tmp_path: Path, rounds: int) -> None:
    limits = Limits(unpacked_bytes=2_000_000, seconds=10)
    read = 0
    for seed in range(rounds):
        archive = tmp_path / "shelf"
        archive.write_bytes(attempts(seed))
        folder = tmp_path / "cache" / str(seed)
        tree = Tree(folder, limits, "fuzzed", strips_top=True)
        try:
            unpack(archive, tree, limits, "fuzzed")
            read += 1
        except SourceError:
            pass
        for path, digest in tree.files.items():
            assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == digest
    assert outside(tmp_path) == []
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_symlink()]
    assert 0 < read < rounds
