"""The report says what the kept answers say, and never takes what is not known for nothing."""

from __future__ import annotations

from pathlib import Path

from evaluation_kit import measured, questions_of

from lift_sys.evaluation.comparison import compare
from lift_sys.evaluation.recommendation import recommend
from lift_sys.reports.evaluation import Facts, Side, results, write

QUESTIONS = questions_of(12)


def facts_of(*sides: Side) -> Facts:
    comparison = compare(sides[0].measured, sides[1].measured, QUESTIONS) if len(sides) > 1 else None
    decided = recommend(comparison) if comparison else None
    return Facts(sides, QUESTIONS, comparison, decided, {"HumanEval": "left out"}, "lift-sys evaluate", "0")


def test_figures_are_those_of_the_answers(tmp_path: Path) -> None:
    first = measured(QUESTIONS, lambda place: place % 3 == 0, model="a")
    second = measured(QUESTIONS, lambda place: False, model="b")
    facts = facts_of(Side(first), Side(second))
    found = [model["slices"]["held-out variants"] for model in results(facts)["models"]]
    assert [(side["solved"], side["measured"]) for side in found] == [(4, 8), (0, 8)]
    write(tmp_path / "r.md", tmp_path / "r.html", facts)
    for name in ("r.md", "r.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "4 of 8" in text
        assert "0 of 8" in text
        assert "left out" in text
        assert "undecided" in text


def test_what_is_not_measured_is_null_and_not_zero(tmp_path: Path) -> None:
    facts = facts_of(Side(measured(QUESTIONS, lambda place: None)))
    found = results(facts)["models"][0]["slices"]["held-out variants"]
    assert (found["questions"], found["measured"]) == (8, 0)
    for name in ("pass@1", "interval", "parses", "runs", "errors", "tokens_mean", "seconds_total", "dollars"):
        assert found[name] is None, name
    write(tmp_path / "r.md", tmp_path / "r.html", facts)
    for name in ("r.md", "r.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "not measured" in text
        assert "0.0 %" not in text


def test_a_models_words_break_out_of_nothing(tmp_path: Path) -> None:
    found = measured(QUESTIONS, lambda place: False)
    for answers in found.answers.values():
        answers[0] = answers[0].model_copy(update={"completion": "```\n</pre><script>alert(1)</script>"})
    write(tmp_path / "r.md", tmp_path / "r.html", facts_of(Side(found)))
    assert "<script>alert" not in (tmp_path / "r.html").read_text(encoding="utf-8")
