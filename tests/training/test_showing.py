"""What people see of a run: the console's line, the page, and what hostile text does to them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lift_sys.cli.training_console import TrainingConsole, harmless
from lift_sys.errors import StorageError
from lift_sys.reports.training import NAME, smooth, span, write
from lift_sys.training.config import TrainConfig
from lift_sys.training.plan import Plan
from lift_sys.training.runs import Log, Result, Sample, Step, begin, claim, finish, read_run
from lift_sys.training.tokens import Encoded

PLAN = Plan(tuple((Encoded(str(n), tuple(range(100)), 50),) for n in range(10)), frozenset({5, 10}), "epochs")
FACTS = {
    "plan": {"steps": 10, "tokens": 1000, "learnt": 500, "padding": 0.0, "order": "0"},
    "base": "tiny@0",
    "device": "cpu",
    "precision": "float32",
    "code": "0",
    "per_hour": 36.0,
}


def step_of(number: int, validation: float | None = None) -> Step:
    return Step(
        number,
        loss=5.0 - number / 10,
        learning_rate=1e-3,
        tokens=100 * number,
        seconds=10.0 * number,
        took=5.0,
        paid=10.0 * number + 20,
        validation=validation,
    )


def begun(folder: Path, steps: int) -> Path:
    folder.mkdir()
    claim(folder, TrainConfig(), "data0")
    begin(folder, FACTS, {"at": "now"})
    for number in range(1, steps + 1):
        Log(folder).step(step_of(number, 4.0 if number == 5 else None))
    return folder


def test_a_run_knows_its_pace_and_what_is_left(tmp_path: Path) -> None:
    run = read_run(begun(tmp_path / "run", 6))
    assert run.speed() == pytest.approx(20.0)
    assert run.seconds_left == pytest.approx(40.0)
    assert run.cost(run.seconds_left) == pytest.approx(0.4)
    assert run.validations == [(5, 4.0)]


def test_the_line_tells_pace_time_and_cost_that_are_left() -> None:
    console = TrainingConsole(36.0)
    for number in range(1, 6):
        console.step(step_of(number, 4.0 if number == 5 else None), PLAN)
    assert console.line() == (
        "step 5/10, loss 4.5000, validation 4.0000, rate 0.001, 20 tokens/s, 50 s left, $0.50 left"
    )


def test_the_page_reloads_until_the_run_is_over(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", 6)
    write(folder)
    page = (folder / NAME).read_text()
    assert '<meta http-equiv="refresh"' in page
    assert "6 / 10" in page
    assert "left, $0.40" in page
    finish(folder, Result(10, 1000, 100.0, 4.0, 3.9, 10, 3.9, "epochs", "abc", 5, "tiny@0", 120.0))
    write(folder)
    page = (folder / NAME).read_text()
    assert "http-equiv" not in page
    assert "Ended: epochs" in page


def test_a_run_without_a_step_or_a_price_has_a_page(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", 0)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**facts, "per_hour": None}))
    write(folder)
    page = (folder / NAME).read_text()
    assert "not known yet" in page
    assert "no price" in page
    with pytest.raises(StorageError, match="holds no training run"):
        write(tmp_path)


def test_what_a_model_says_is_text_on_the_page_and_on_the_terminal(tmp_path: Path) -> None:
    said = "<script>alert(1)</script>\x1b]0;owned\x07\x1b[2J"
    folder = begun(tmp_path / "run", 5)
    Log(folder).samples([Sample(5, "prompt_to_code", "p", "w", said)])
    write(folder)
    page = (folder / NAME).read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\x1b" not in harmless(said)
    assert "\x07" not in harmless(said)


def test_the_page_shows_the_samples_of_the_last_evaluation_only(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", 6)
    early = Sample(3, "repair", "p", "w", "an early answer")
    Log(folder).samples([early, replace(early, step=6, said="a late answer")])
    write(folder)
    page = (folder / NAME).read_text()
    assert "a late answer" in page
    assert "an early answer" not in page


def test_smoothing_starts_at_the_first_value_and_ends_near_the_last() -> None:
    assert smooth([7.0]) == [pytest.approx(7.0)]
    found = smooth([4.0] * 5 + [1.0] * 100)
    assert found[4] == pytest.approx(4.0)
    assert found[-1] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "not known yet"), (5.0, "5 s"), (90.0, "2 min"), (6000.0, "1 h 40 min")]
)
def test_time_is_told_for_people(seconds: float | None, said: str) -> None:
    assert span(seconds) == said
