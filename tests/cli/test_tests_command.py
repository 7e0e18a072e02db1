"""`lift-sys tests`, as it is typed."""

from __future__ import annotations

import json
import re
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


def test_what_was_not_measured_is_said_in_the_report(suite: Path, tmp_path: Path) -> None:
    lift_sys("validate", suite, "--report", tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text()
    assert "| tasks shared with another suite | not measured |" in text
    assert "| drawn from its seed again, every task checked | not measured |" in text


def test_the_report_counts_the_tasks_that_are_at_the_cap_of_mutants(suite: Path, tmp_path: Path) -> None:
    from lift_sys.testing.acceptance import MUTANTS

    lift_sys("validate", suite, "--report", tmp_path / "report.md")
    tasks = map(json.loads, suite.read_text().splitlines()[1:])
    run = [[m for m in task["mutation"]["mutants"] if m["proof"] != "bytecode"] for task in tasks]
    capped = sum(len(mutants) >= MUTANTS for mutants in run)
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text()
        assert f"At most {MUTANTS} mutants are made of a function" in text
        assert f"; {capped} of the 4 tasks are at that cap" in text


def test_validate_fails_when_another_suite_shares_a_task(suite: Path, tmp_path: Path) -> None:
    done = lift_sys("validate", suite, "--against", suite, "--report", tmp_path / "report.md")
    assert done.returncode == 1
    assert "asks the same as" in done.stdout
    assert "| tasks shared with `lift-sys-synthetic-2`, 4 tasks | 4 |" in (tmp_path / "report.md").read_text()


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `generate` makes of a seed at which two templates only have combinations left, so that it is quick."""
    from lift_sys.testing.drawing import SHARE
    from lift_sys.testing.templates import all_templates

    *_, size, _ = sorted(template.size for several in all_templates().values() for template in several)
    path = tmp_path_factory.mktemp("last") / "new folder" / "suite.jsonl"
    done = lift_sys("generate", "--seed", size // SHARE - 1, "--count", 2, "--out", path, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    return path


def test_a_suite_that_its_seed_gives_again_is_reported_with_the_time(last: Path, suite: Path, tmp_path: Path) -> None:
    report = tmp_path / "new folder" / "report.md"
    done = lift_sys("validate", last, "--again", "--against", suite, "--jobs", 2, "--report", report)
    assert done.returncode == 0, done.stdout + done.stderr
    text = report.read_text()
    row = r"\| drawn from its seed again, every task checked \| \d+ s with 2 workers; the same tasks \|"
    assert re.search(row, text)
    assert "| tasks shared with `lift-sys-synthetic-2`, 4 tasks | 0 |" in text
    assert "to draw it again, 2 workers: the same tasks" in report.with_suffix(".html").read_text()


def test_a_suite_that_its_seed_does_not_give_does_not_validate(last: Path, tmp_path: Path) -> None:
    from lift_sys.testing.suite import make_suite, read_suite, write_suite

    first, second = read_suite(last).tasks
    other = make_suite(read_suite(last).head.seed, [first, second.model_copy(update={"inputs": second.inputs + 1})])
    write_suite(tmp_path / "s.jsonl", other)
    done = lift_sys("validate", tmp_path / "s.jsonl", "--again", "--report", tmp_path / "report.md")
    assert done.returncode == 1
    assert f"does not hold: `{other.head.command}` gives 1 other tasks now" in done.stdout
    assert "1 of the tasks differ |" in (tmp_path / "report.md").read_text()


def test_a_template_that_draws_nothing_is_not_taken_for_good() -> None:
    done = lift_sys("check", "dates", "--seed", 100_000, "--quiet")
    assert done.returncode == 1
    assert "combinations are used up at seed 100000: take a seed of 0 to" in done.stderr


def test_a_file_that_cannot_be_written_is_told_before_the_work(suite: Path, tmp_path: Path) -> None:
    """No seed has a task at 1,000,000: if it were drawn first, that would be the mistake that is told."""
    (tmp_path / "file").touch()
    draw = ("generate", "--seed", 1_000_000)
    for out, text in (
        (tmp_path / "file" / "s.jsonl", "is not a folder"),
        (tmp_path, "is a folder"),
        (Path("/proc/s.jsonl"), "/proc/s.jsonl"),
    ):
        done = lift_sys(*draw, "--out", out)
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (5, 1)
        assert text in done.stderr
    done = lift_sys("validate", suite, "--report", tmp_path / "file" / "report.md")
    assert (done.returncode, done.stdout) == (5, "")
    assert lift_sys(*draw, "--out", tmp_path / "s.jsonl").returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


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
    "no model for a script": (("baseline", "SUITE", "--provider", "scripted"), 2, "needs --model FILE"),
}


@pytest.mark.parametrize(("words", "code", "text"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_that_says_it(suite: Path, words: tuple[str, ...], code: int, text: str) -> None:
    done = lift_sys(*(suite if word == "SUITE" else word for word in words))
    assert done.returncode == code
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
