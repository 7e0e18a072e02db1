"""The cache on disk: complete or absent, never half; a full disk and two runs at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sources_kit import Shelf, project, tar_gz

from lift_sys.errors import SourceError

CODE = b"def f():\n    return 2\n"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_second_checkout_reuses_the_first(shelf: Shelf) -> None:
    source = shelf.source(tar_gz(project({"demo/a.py": CODE})))
    first = source.checkout(shelf.cache)
    before = (first.folder / "demo/a.py").stat().st_mtime_ns
    assert source.checkout(shelf.cache) == first
    assert (first.folder / "demo/a.py").stat().st_mtime_ns == before


@pytest.mark.parametrize("harm", ["changed", "cut", "missing", "marker cut", "marker missing", "marker junk"])
def test_a_damaged_checkout_is_built_again(shelf: Shelf, harm: str) -> None:
    source = shelf.source(tar_gz(project({"demo/a.py": CODE})))
    first = source.checkout(shelf.cache)
    marker = next(shelf.cache.glob("checkouts/*/checkout.json"))
    victim = marker if "marker" in harm else first.folder / "demo/a.py"
    if "missing" in harm:
        victim.unlink()
    else:
        data = victim.read_bytes()
        victim.write_bytes({"cut": data[:-5], "marker cut": data[:-5], "changed": data[::-1]}.get(harm, b"\xff{}"))
    assert source.checkout(shelf.cache) == first
    assert (first.folder / "demo/a.py").read_bytes() == CODE


def test_a_damaged_archive_in_the_cache_is_fetched_again(shelf: Shelf) -> None:
    source = shelf.source(tar_gz(project()))
    first = source.checkout(shelf.cache)
    archive = shelf.cache / "archives" / source.sha256
    archive.write_bytes(b"junk")
    next(shelf.cache.glob("checkouts/*/checkout.json")).unlink()
    assert source.checkout(shelf.cache) == first


def test_a_marker_that_names_a_file_outside_is_not_believed(shelf: Shelf) -> None:
    source = shelf.source(tar_gz(project()))
    first = source.checkout(shelf.cache)
    marker = next(shelf.cache.glob("checkouts/*/checkout.json"))
    data = json.loads(marker.read_text())
    data["files"]["../../../../secret.py"] = "0" * 64
    marker.write_text(json.dumps(data))
    assert source.checkout(shelf.cache) == first


def test_two_runs_on_one_cache_build_it_once_and_agree(shelf: Shelf) -> None:
    source = shelf.source(tar_gz(project({f"demo/m{number}.py": CODE for number in range(50)})))
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: source.checkout(shelf.cache), range(8)))
    assert all(item == made[0] for item in made)
    assert len(made[0].files) == 51
    assert len(list(shelf.cache.glob("checkouts/*/checkout.json"))) == 1


def test_a_killed_run_leaves_nothing_that_counts(shelf: Shelf) -> None:
    source = shelf.source(tar_gz(project({"demo/a.py": CODE})))
    first = source.checkout(shelf.cache)
    final = first.folder.parent.parent
    # As a kill between the last file and the rename leaves it: a building folder, no final one.
    final.rename(final.with_name(f".{final.name}.building"))
    (final.with_name(f".{final.name}.building") / "tree" / "stray.py").write_bytes(b"x")
    again = source.checkout(shelf.cache)
    assert again == first
    assert not list(shelf.cache.glob("checkouts/*/tree/stray.py"))


FULL = """
import resource, signal, sys
from pathlib import Path
from lift_sys.data_synthesis.sources import SdistSource
from lift_sys.data_synthesis.sources.index import Settings
from lift_sys.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
root, digest, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    SdistSource("demo", "1.0", digest, settings=Settings(find_links=(str(root / "shelf"),))).checkout(root / "cache")
except StorageError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("limit", [0, 1_000, 30_000])
def test_a_full_disk_is_a_clear_error_and_the_next_run_recovers(shelf: Shelf, limit: int) -> None:
    """RLIMIT_FSIZE makes writes fail as a full disk does: in the archive, or in a large member."""
    source = shelf.source(tar_gz(project({"demo/a.py": b"# filler\n" * 10_000})))
    command = [sys.executable, "-c", FULL, str(shelf.root), source.sha256, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (5, "")
    assert "make room or choose another folder" in done.stdout
    left = [path for path in shelf.cache.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert [path for path in left if path.parent.name != "archives"] == []
    assert not list(shelf.cache.rglob("*.part"))
    assert len(source.checkout(shelf.cache).files) == 2


def test_a_cache_that_is_a_file(shelf: Shelf) -> None:
    from lift_sys.errors import StorageError

    source = shelf.source(tar_gz(project()))
    shelf.cache.write_text("x")
    with pytest.raises(StorageError, match="check that this folder can be written"):
        source.checkout(shelf.cache)


def test_a_wrong_hash_names_both_and_keeps_nothing(shelf: Shelf) -> None:
    source = shelf.source(tar_gz(project()))
    (shelf.root / "shelf" / "demo-1.0.tar.gz").write_bytes(tar_gz(project({"evil.py": CODE})))
    with pytest.raises(SourceError, match=rf"SHA-256 is [0-9a-f]{{64}}, expected {source.sha256}; not used"):
        source.checkout(shelf.cache)
    assert list((shelf.cache / "archives").iterdir()) == []


def test_the_same_checkout_under_every_hash_seed(shelf: Shelf) -> None:
    code = """
import sys
from pathlib import Path
from lift_sys.data_synthesis.sources import SdistSource
from lift_sys.data_synthesis.sources.index import Settings
root = Path(sys.argv[1])
made = SdistSource("demo", "1.0", sys.argv[2], settings=Settings(find_links=(str(root / "shelf"),))).checkout(
    root / "cache" / sys.argv[3])
print(made.repository.to_line(), made.files, made.import_roots, [item.to_line() for item in made.rejections])
print((made.folder.parents[1] / "checkout.json").read_text())
"""
    files = {f"demo/{letter}.py": CODE for letter in "zyxabc"} | {
        "demo/con.py": CODE,
        "LICENSE.txt": b"",
        "a/B.py": CODE,
    }
    source = shelf.source(tar_gz(project(files)))
    seen = set()
    for seed in ("0", "1", "77"):
        command = [sys.executable, "-c", code, str(shelf.root), source.sha256, seed]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        seen.add(subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout)
    assert len(seen) == 1
