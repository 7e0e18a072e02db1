"""`lift-sys tests`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def lift_sys(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", "tests", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite of the two smallest kinds: drawing from every template is for the slow test."""
    import asyncio

    from lift_sys.executors import make_executor
    from lift_sys.testing.suite import write_suite
    from lift_sys.testing.templates import templates_of
    from lift_sys.testing.test_generator import Generation, generate

    async def run() -> Generation:
        async with make_executor("local", 2) as workers:
            return await generate(2, 4, workers, templates={"list_operations": templates_of("list_operations")[:2]})

    path = tmp_path_factory.mktemp("suite") / "suite.jsonl"
    write_suite(path, asyncio.run(run()).suite)
    return path


def test_validate_prints_and_writes_what_holds(suite: Path, tmp_path: Path) -> None:
    done = lift_sys("validate", suite, "--report", tmp_path / "report.md")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "flakes: 0" in done.stdout
    text = (tmp_path / "report.md").read_text()
    assert "| tasks | 4 |" in text
    assert "(100.0 %)" in text
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") >= 6


def test_validate_fails_when_another_suite_shares_a_task(suite: Path) -> None:
    done = lift_sys("validate", suite, "--against", suite)
    assert done.returncode == 1
    assert "asks the same as" in done.stdout


def test_baseline_of_a_scripted_model_can_be_reported(suite: Path, tmp_path: Path) -> None:
    first = json.loads(suite.read_text().splitlines()[1])
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({first["prompt"][:60]: f"```python\n{first['solution']}```", "": "no idea"}))
    scores = tmp_path / "scores.jsonl"
    done = lift_sys("baseline", suite, "--provider", "scripted", "--model", answers, "--out", scores)
    assert done.returncode == 0, done.stderr
    assert "1 of 4 tasks solved (25.0%)" in done.stdout
    again = lift_sys("validate", suite, "--scores", scores, "--report", tmp_path / "report.md")
    assert again.returncode == 0, again.stderr
    assert "| 1 of 4 | 25.0 % |" in (tmp_path / "report.md").read_text()


MISTAKES = {
    "no such template": (("check", "list_operations.nope"), 2, "has no template"),
    "no such category": (("check", "nope"), 2, "there is no category"),
    "no such file": (("validate", "/nowhere/suite.jsonl"), 5, "can't be read"),
    "no such provider": (("baseline", "SUITE", "--provider", "nope"), 2, "no provider"),
    "no model for a script": (("baseline", "SUITE", "--provider", "scripted"), 2, "JSON file"),
}


@pytest.mark.parametrize(("words", "code", "text"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_that_says_it(suite: Path, words: tuple[str, ...], code: int, text: str) -> None:
    done = lift_sys(*(suite if word == "SUITE" else word for word in words))
    assert done.returncode == code
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
