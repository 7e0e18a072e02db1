"""`lift-sys judge` as a user runs it: a process, a file or a pipe, and lines of JSON."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys

import pytest

GOOD = {"id": "good", "code": "def f(x): return x + 1", "entry_point": "f", "tests": ["assert f(1) == 2"]}
COMMAND = [
    sys.executable,
    "-c",
    "import typer; from lift_sys.cli.judge import judge; from lift_sys.errors import LiftError\n"
    "import sys\ntry: typer.run(judge)\n"
    "except LiftError as e: print(e, file=sys.stderr); sys.exit(e.exit_code)",
]


def run(*arguments, stdin=b"", **more):
    return subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, timeout=60, **more)


def verdicts(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines(*cases):
    return b"".join(json.dumps(case).encode() + b"\n" for case in cases)


@pytest.mark.parametrize("how", ["file", "gzip", "stdin", "stdin, gzip"])
def test_cases_come_from_files_and_pipes_plain_or_compressed(tmp_path, how):
    data = lines(GOOD, {**GOOD, "id": 2, "code": "def f(x): return x"})
    if "gzip" in how:
        data = gzip.compress(data)
    path = tmp_path / "cases"
    path.write_bytes(data)
    done = run("-", stdin=data) if "stdin" in how else run(path)
    assert done.returncode == 0
    assert done.stderr == b""
    assert [(v["id"], v["verdict"]) for v in verdicts(done)] == [("good", "valid"), (2, "invalid")]
    assert set(verdicts(done)[0]) >= {"id", "verdict", "reason", "tests", "seconds", "missing_protections"}


def test_bad_lines_are_errors_in_their_place():
    good = json.dumps(GOOD).encode()
    data = b"\n".join(
        [
            b"\xef\xbb\xbf" + good + b"\r",
            b"",
            b"   ",
            b"{",
            b"\x00",
            b"[1]",
            b'{"id": "\xff"}',
            b"[" * 100_000,
            b"9" * 10_000,
            b'{"id": "s", "code": "x = \'\\ud800\'", "entry_point": "f", "tests": ["assert f(1)"]}',
            good,
        ]
    )
    found = verdicts(run("-", stdin=data))
    assert [v["verdict"] for v in found] == ["valid", *["error"] * 6, "invalid", "valid"]
    assert found[1]["id"] is None
    assert found[1]["reason"].startswith("line 4: it is no JSON")


def test_a_line_of_100_megabytes_is_an_error_and_the_next_is_judged():
    found = verdicts(run("-", stdin=b'{"id": "' + b"x" * 100_000_000 + b'"}\n' + lines(GOOD)))
    assert [v["verdict"] for v in found] == ["error", "valid"]
    assert "longer than" in found[0]["reason"]


def test_no_cases_are_no_verdicts():
    done = run("-")
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_cut_compressed_file_ends_with_an_error_after_the_verdicts_of_what_it_holds(tmp_path):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(lines(*[{**GOOD, "id": str(os.urandom(20))} for _ in range(50)]))[:-40])
    done = run(path)
    assert done.returncode == 2
    assert b"can't be read on" in done.stderr
    assert {json.loads(line)["verdict"] for line in done.stdout.splitlines()} <= {"valid"}


def test_a_case_without_an_id_that_is_none_is_told_by_its_line():
    found = verdicts(run("-", stdin=lines([1, 2], {"id": 7, "tests": 1, "entry_point": "f"}, {"code": "x"})))
    assert [(v["id"], v["reason"].partition(":")[0]) for v in found][::2] == [(None, "line 1"), (None, "line 3")]
    assert found[1]["id"] == 7


@pytest.mark.parametrize("name", ["missing.jsonl", ".", "a\0b"[:1] + "/nowhere"])
def test_a_file_that_is_not_there_is_bad_usage(tmp_path, name):
    done = run(tmp_path / name)
    assert done.returncode == 2
    assert b"can't be read" in done.stderr


def test_fail_on_invalid_is_an_exit_code():
    assert run("-", "--fail-on-invalid", stdin=lines(GOOD)).returncode == 0
    assert run("-", "--fail-on-invalid", stdin=lines(GOOD, {**GOOD, "code": ""})).returncode == 1


def test_limits_are_options():
    slow = {**GOOD, "code": "import time\ndef f(x):\n    time.sleep(30)"}
    big = {**GOOD, "code": "def f(x): return 'a' * (2 << 20)"}
    found = verdicts(run("-", "--call-seconds", "0.3", "--result", "1", stdin=lines(slow, big)))
    assert [v["verdict"] for v in found] == ["timeout", "invalid"]


def test_a_verdict_comes_before_the_next_case_is_written():
    with subprocess.Popen([*COMMAND, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(3):
            process.stdin.write(lines(GOOD))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["verdict"] == "valid"
        process.stdin.close()
        assert process.wait(30) == 0


def descendants(pid):
    found = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True)
    children: dict[str, list[str]] = {}
    for line in found.stdout.splitlines()[1:]:
        child, parent = line.split()
        children.setdefault(parent, []).append(child)
    below, todo = [], [str(pid)]
    while todo:
        below += (next_ones := children.get(todo.pop(), []))
        todo += next_ones
    return below


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_judge_leaves_no_process(number):
    forever = {**GOOD, "code": "def f(x):\n    while True: pass"}
    with subprocess.Popen(
        [*COMMAND, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as p:
        p.stdin.write(lines(GOOD, forever))
        p.stdin.flush()
        p.stdout.readline()
        family = descendants(p.pid)
        assert family
        p.send_signal(number)
        assert p.wait(10) != 0
    gone = subprocess.run(["timeout", "5", "tail", "-f", "/dev/null", *(f"--pid={pid}" for pid in family)])
    assert gone.returncode == 0


def test_a_reader_that_leaves_ends_the_judge():
    with subprocess.Popen(
        [*COMMAND, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as p:
        p.stdin.write(lines(*[GOOD] * 300))
        p.stdin.close()
        p.stdout.readline()
        p.stdout.close()
        assert p.wait(30) == 141
        assert p.stderr.read() == b""
