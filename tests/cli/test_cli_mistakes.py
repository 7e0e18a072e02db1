"""What a user gets who mistypes, or whose disk is full: one line that says it, an exit code, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lift_sys.errors import StorageError
from lift_sys.storage import Checkpoint

SOURCE = "def double(x: int) -> int:\n    return x + x\n"


def lift_sys(*words: object, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", *map(str, words)]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("lift-sys: ")
    return lines[0]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    return path


def test_lift_out_that_is_a_folder_is_refused(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    done = lift_sys("lift", source, "--out", folder)
    assert done.returncode == 5
    assert "is a folder" in one_line(done)
    assert not list(tmp_path.glob("*.part"))


def test_lift_cache_that_is_a_file_is_refused(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("no folder")
    done = lift_sys("lift", source, "--cache", cache)
    assert done.returncode == 5
    assert "Not a directory" in one_line(done)


@pytest.mark.parametrize("command", [("lift",), ("lift", "--json"), ("synthesize",)])
def test_output_to_a_full_disk_is_one_line(source: Path, command: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = lift_sys(*command, source, stdout=full)
    finally:
        os.close(full)
    assert done.returncode == 5
    assert "No space left" in one_line(done)


def test_synthesize_names_the_damaged_line_of_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text('{"id": "trunc')
    done = lift_sys("synthesize", tmp_path)
    assert done.returncode == 4
    assert "line 1" in one_line(done)


def test_show_of_a_dataset_without_examples_says_so(tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text("")
    done = lift_sys("show", tmp_path)
    assert done.returncode == 2
    assert "holds no example" in one_line(done)


def test_generate_tells_of_files_that_were_not_taken(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "broken.py").write_text("def f(:\n")
    done = lift_sys("generate", "--local", project, "--out", tmp_path / "out", "--jobs", "1")
    assert done.returncode == 0
    assert "1 syntax error" in done.stdout
    assert "No function was found" in done.stdout


def test_an_interrupt_says_how_to_go_on(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for number in range(300):
        (project / f"m{number}.py").write_text(SOURCE.replace("double", f"double{number}"))
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", "generate", "--local", project]
    process = subprocess.Popen([*map(str, command), "--out", out], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (out / "work" / "checkpoint.sqlite").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"run the same command again to go on" in said
    assert b"Traceback" not in said


def test_a_damaged_row_of_a_checkpoint_is_a_storage_error(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "checkpoint.sqlite"
    with Checkpoint(path) as checkpoint:
        checkpoint.put("step", [("key", "text")])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE results SET payload = x'00'")
    database.close()
    with Checkpoint(path) as checkpoint, pytest.raises(StorageError, match="is damaged"):
        checkpoint.get("step", "key")


def test_a_local_git_repository_is_read_into_a_relative_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "module.py").write_text(SOURCE)
    who = ["-c", "user.name=a", "-c", "user.email=a"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path / "project", check=True)
    done = lift_sys("scrape", "--local", "project", "--out", "sources")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("sources/**/module.py"))) == 1


def test_a_lock_without_sources_does_not_mean_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_text('{"schema_version": 1, "sources": []}')
    done = lift_sys("generate", "--lock", tmp_path / "lock.json", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "names no sources" in one_line(done)


def test_a_name_that_no_project_can_have_is_not_sent_to_the_index(tmp_path: Path) -> None:
    done = lift_sys("scrape", "bad name!!", "--out", tmp_path / "sources")
    assert done.returncode == 2
    assert "'bad name!!' is no project name" in one_line(done)


def test_a_reader_that_leaves_is_no_failed_check(source: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = lift_sys("lift", source, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_day_that_is_none_is_told_with_its_own_option(tmp_path: Path) -> None:
    words = ("scrape", "github", "--pushed-since", "2025-13-01", "-n", 1, "--lock", tmp_path / "l.json")
    done = lift_sys(*words)
    assert done.returncode == 2
    assert "--pushed-since" in one_line(done)


def test_a_licence_that_spdx_does_not_know_is_refused(tmp_path: Path) -> None:
    done = lift_sys("generate", "--allow-licence", "BOGUS", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "BOGUS: no SPDX id" in one_line(done)


@pytest.mark.parametrize(("text", "code", "said"), [(None, 2, "is not there"), ('{"suite": "x"}\n', 5, "canary")])
def test_a_suite_that_cannot_be_used_is_told_before_any_source(
    source: Path, tmp_path: Path, text: str | None, code: int, said: str
) -> None:
    suite = tmp_path / "suite.jsonl"
    if text is not None:
        suite.write_text(text)
    done = lift_sys("generate", "--local", source.parent, "--suite", suite, "--out", tmp_path / "out")
    assert done.returncode == code
    assert said in one_line(done)


def test_an_out_that_is_a_file_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("no folder")
    done = lift_sys("generate", "--local", source.parent, "--out", tmp_path / "out")
    assert done.returncode == 5
    assert "out is a file: give a folder" in one_line(done)


def test_no_report_and_no_repair_tasks_are_made_of_a_changed_dataset(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "module.py").write_text(SOURCE)
    out = tmp_path / "out"
    assert lift_sys("generate", "--local", tmp_path / "code", "--out", out).returncode == 0
    assert lift_sys("report", out).returncode == 0
    with (out / "rejects.jsonl").open("a") as file:
        file.write("{}\n")
    for command in ("report", "repair"):
        done = lift_sys(command, out)
        assert done.returncode == 5
        assert "it was changed" in one_line(done)


def test_a_fault_of_ours_is_no_check_that_failed() -> None:
    broken = "import lift_sys.cli.app as a; a.app = lambda: 1 / 0; from lift_sys.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("lift-sys: ")
