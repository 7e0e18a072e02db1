"""The report says what the kept answers say, and never takes what is not known for nothing."""

from __future__ import annotations

import re
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
    figures = ("pass@1", "interval", "parses", "runs", "errors", "tokens_mean", "seconds_total", "dollars")
    for name in (*figures, "pass@k", "pass@k_interval"):
        assert found[name] is None, name
    write(tmp_path / "r.md", tmp_path / "r.html", facts)
    for name in ("r.md", "r.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "not measured" in text
        assert "0.0 %" not in text


def test_error_types_are_told_by_slice(tmp_path: Path) -> None:
    first = measured(QUESTIONS, lambda place: place < 6, model="a", kind="off by one")
    second = measured(QUESTIONS, lambda place: None if place % 3 == 2 else place < 3, model="b", kind="wrong sign")
    write(tmp_path / "r.md", tmp_path / "r.html", facts_of(Side(first), Side(second)))
    markdown = (tmp_path / "r.md").read_text(encoding="utf-8")
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    for cells in (
        ("error type", "model", "held-out variants", "held-out templates"),
        ("off by one", "a", "4", "2"),
        ("off by one", "b", "0", "not measured"),
        ("wrong sign", "a", "0", "0"),
        ("wrong sign", "b", "6", "not measured"),
        ("measured answers", "a", "8", "4"),
        ("measured answers", "b", "8", "not measured"),
    ):
        assert "| " + " | ".join(cells) + " |" in markdown
        assert ">".join(cells) in re.sub(r"</t[dh]><t[dh][^>]*>", ">", html)


def test_a_slice_without_pairs_and_failures_outside_of_pairs_are_not_measured(tmp_path: Path) -> None:
    first = measured(QUESTIONS, lambda place: None if place % 3 == 2 else True, model="a")
    second = measured(QUESTIONS, lambda place: place % 3 != 2, model="b", kind="wrong sign")
    write(tmp_path / "r.md", tmp_path / "r.html", facts_of(Side(first), Side(second)))
    markdown = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "| held-out templates | 0 | not measured on both |" in markdown
    assert "| wrong sign | 0 | 4 | not measured |" in markdown
    assert 'held-out templates</td><td class="n">0</td><td colspan="9">not measured on both' in (
        tmp_path / "r.html"
    ).read_text(encoding="utf-8")


def test_pass_at_k_stands_with_its_interval(tmp_path: Path) -> None:
    many = questions_of(90)
    found = measured(many, lambda place: True, samples=lambda place: (place % 2 == 0, place % 4 == 0))
    facts = Facts([Side(found)], many, None, None, {}, "lift-sys evaluate", "0")
    variants = results(facts)["models"][0]["slices"]["held-out variants"]
    write(tmp_path / "r.md", tmp_path / "r.html", facts)
    for k in ("1", "2"):
        low, high = variants["pass@k_interval"][k]
        said = f"pass@{k} {100 * variants['pass@k'][k]:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        for name in ("r.md", "r.html"):
            assert said in (tmp_path / name).read_text(encoding="utf-8")


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
