"""`lift-sys decontaminate` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from decontamination_kit import EVEN, TOTALS, row, suite_text

OTHERWISE = """import math
def parity(*, of):
    return 2 == math.gcd(2, *of)
"""


def decontaminate(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", "decontaminate", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def dataset(folder: Path, *codes: tuple[str, str]) -> Path:
    (folder / "suite.jsonl").write_text(suite_text())
    path = folder / "rows.jsonl"
    path.write_text("".join(row(code, entry).to_line() + "\n" for code, entry in codes))
    return path


def test_it_says_which_rows_match_and_why(tmp_path: Path) -> None:
    harmless = ("def shout(text):\n    return text.upper() + '!'\n", "shout")
    path = dataset(tmp_path, (TOTALS, "running_totals"), harmless, (OTHERWISE, "parity"))
    words = (path, "--no-human-eval", "--suite", tmp_path / "suite.jsonl", "--jobs", 1)
    done = decontaminate(*words, "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["rows"], found["failed"]) == (3, [])
    assert [match["row"] for match in found["matches"]] == [
        row(TOTALS, "running_totals").id,
        row(OTHERWISE, "parity").id,
    ]
    assert found["matches"][0]["why"].startswith("toy/1 running_totals: same syntax tree")
    assert found["matches"][1]["why"].startswith("toy/2 all_even: behaves the same")

    looked = decontaminate(*words, "--no-behaviour")
    assert looked.returncode == 1
    assert "1 of 3 rows match one of 3 problems" in looked.stdout


def test_a_clean_dataset_ends_with_zero(tmp_path: Path) -> None:
    path = dataset(tmp_path, ("def shout(text):\n    return text.upper() + '!'\n", "shout"))
    done = decontaminate(path, "--no-human-eval", "--suite", tmp_path / "suite.jsonl", "--no-behaviour")
    assert (done.returncode, done.stdout) == (0, "0 of 1 rows match one of 3 problems\n")


def test_mistakes_are_one_line_with_what_to_do(tmp_path: Path) -> None:
    path = dataset(tmp_path, (EVEN, "all_even"))
    for words, code, said in (
        ((tmp_path / "none",), 5, "lift-sys generate"),
        ((path, "--no-human-eval"), 2, "--suite"),
        ((path, "--no-human-eval", "--suite", path), 5, "line 1: no problem of a suite"),
    ):
        done = decontaminate(*words)
        assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
        assert said in done.stderr
