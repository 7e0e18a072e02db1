"""The report says what the kept answers say, and never takes what is not known for nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evaluation_kit import make_task, measured, questions_of

from lift_sys.evaluation.comparison import compare
from lift_sys.evaluation.recommendation import recommend
from lift_sys.evaluation.targets import of_true_ir
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


def test_the_lower_of_two_lower_bounds_is_named(tmp_path: Path) -> None:
    apart = [replace(question, group=str(place)) for place, question in enumerate(questions_of(90))]
    together = [replace(question, group=str(place // 9)) for place, question in enumerate(apart)]
    for questions, whose in ((apart, "Wilson"), (together, "by groups")):
        found = measured(questions, lambda place: place // 9 % 5 != 4)
        facts = Facts([Side(found)], questions, None, None, {}, "lift-sys evaluate", "0")
        variants = results(facts)["models"][0]["slices"]["held-out variants"]
        lows = [variants[name][0] for name in ("interval", "interval_by_groups")]
        assert (variants["lower_bound"], variants["lower_bound_of"]) == (min(lows), whose)
        write(tmp_path / "r.md", tmp_path / "r.html", facts)
        for name in ("r.md", "r.html"):
            text = (tmp_path / name).read_text(encoding="utf-8")
            assert f"the lower bound is {100 * min(lows):.1f} %, {whose}" in text


def test_code_from_the_true_specification_has_figures_of_its_own(tmp_path: Path) -> None:
    again = [of_true_ir(question, make_task(0).ir) for question in QUESTIONS]
    both = [*QUESTIONS, *again]
    found = measured(both, lambda place: place >= len(QUESTIONS))
    facts = Facts([Side(found)], both, None, None, {}, "lift-sys evaluate", "0")
    (model,) = results(facts)["models"]
    assert [model[key]["held-out variants"]["solved"] for key in ("slices", "from_true_ir")] == [0, 8]
    write(tmp_path / "r.md", tmp_path / "r.html", facts)
    for name in ("r.md", "r.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "0 of 8" in text
        assert "8 of 8" in text.partition("Code from the true specification")[2]


def test_a_models_words_break_out_of_nothing(tmp_path: Path) -> None:
    found = measured(QUESTIONS, lambda place: False)
    for answers in found.answers.values():
        answers[0] = answers[0].model_copy(update={"completion": "```\n</pre><script>alert(1)</script>"})
    write(tmp_path / "r.md", tmp_path / "r.html", facts_of(Side(found)))
    assert "<script>alert" not in (tmp_path / "r.html").read_text(encoding="utf-8")
