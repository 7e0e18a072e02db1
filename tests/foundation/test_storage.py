"""Files, locks and checkpoints survive kills, full disks and damage."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lift_sys.errors import StorageError
from lift_sys.storage import Checkpoint, FolderLock, atomic_write


def test_a_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, ["old"])

    def broken() -> Iterator[str]:
        yield "new"
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        atomic_write(path, broken())
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_told_and_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, ["old"])
    script = (
        "import resource, signal, pathlib, sys\n"
        "from lift_sys.storage import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "atomic_write(pathlib.Path(sys.argv[1]), ['x' * 100_000])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert "StorageError: no space left" in done.stderr
    assert path.read_text() == "old"


def test_a_second_run_on_one_folder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with FolderLock(tmp_path):
        script = (
            "import sys, pathlib; from lift_sys.storage import FolderLock\n"
            "FolderLock(pathlib.Path(sys.argv[1])).__enter__()"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert f"another run (process {os.getpid()})" in done.stderr
    with FolderLock(tmp_path):
        pass


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("content")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / ".lock").symlink_to(target)
    with pytest.raises(StorageError), FolderLock(folder):
        pass
    assert target.read_text() == "content"


def test_a_checkpoint_returns_what_was_put(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "c.sqlite") as checkpoint:
        checkpoint.put("step", [("a", "1"), ("b", "ü\ud7ff")])
        assert checkpoint.get("step", "b") == "ü\ud7ff"
        assert checkpoint.get("other", "a") is None
        assert checkpoint.keys("step") == {"a", "b"}


def test_what_was_put_survives_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, pathlib\n"
        "from lift_sys.storage import Checkpoint\n"
        "c = Checkpoint(pathlib.Path(sys.argv[1]))\n"
        "c.put('s', [('kept', 'x')])\n"
        "c._db.execute('BEGIN'); c._db.execute(\"INSERT INTO results VALUES ('s', 'open', x'00')\")\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "c.sqlite"
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Checkpoint(path) as checkpoint:
        assert checkpoint.keys("s") == {"kept"}


def test_a_torn_write_ahead_log_loses_only_what_was_not_committed(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    copy = tmp_path / "copy.sqlite"
    with Checkpoint(path) as checkpoint:
        for number in range(20):
            checkpoint.put("s", [(str(number), "x" * 1000)])
        wal = path.with_name("c.sqlite-wal").read_bytes()
        copy.write_bytes(path.read_bytes())
        copy.with_name("copy.sqlite-wal").write_bytes(wal[:-700])
    with Checkpoint(copy) as checkpoint:
        assert checkpoint.keys("s") == {str(number) for number in range(19)}


def test_a_damaged_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"this is no database, but long enough to look like one" * 100)
    with pytest.raises(StorageError, match="remove it and run again"):
        Checkpoint(path)


def test_a_checkpoint_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(StorageError, match="format 99"):
        Checkpoint(path)
