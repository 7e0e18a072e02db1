"""`lift-sys evaluate`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from evaluation_kit import make_tasks

from lift_sys.forward_mode.asking import fenced
from lift_sys.testing.suite import make_suite, write_suite

TASKS = make_tasks(6)


def evaluate(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    write_suite(folder / "suite.jsonl", make_suite(1, TASKS))
    answers = {task.entry_point: fenced(task.solution) for task in TASKS}
    (folder / "answers.json").write_text(json.dumps(answers))
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", "evaluate", "--suite", "suite.jsonl"]
    command += ["--model", "scripted:answers.json", "--no-human-eval", "--out", "out", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder)


def test_a_search_without_some_elements_and_code_from_the_true_specification(tmp_path: Path) -> None:
    without = ("--search-without", "specification", "--search-without", "repair")
    done = evaluate(tmp_path, "--search", 2, *without, "--from-ir")
    assert done.returncode == 0, done.stderr
    assert "held-out variants: 4 of 4, 100.0 %" in done.stdout
    assert "held-out variants, from the true specification: 4 of 4, 100.0 %" in done.stdout
    assert "the lower bound is 51.0 %, Wilson" in done.stdout
    (model,) = json.loads((tmp_path / "out" / "results.json").read_text())["models"]
    assert "+search2-no-specification-no-repair-" in model["model"]
    assert model["from_true_ir"]["held-out templates"]["solved"] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--search", 2, "--search-without", "luck"), "there is no element 'luck': specification, grammar"),
        (("--search-without", "agreement"), "--search-without wants a --search"),
        (("--search", 2, "--search-top-p", 0), "0 < top_p <= 1"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(tmp_path: Path, words: tuple[object, ...], says: str) -> None:
    done = evaluate(tmp_path, *words)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert not (tmp_path / "out").exists()
