"""Each chart of the HTML report is there and shows the numbers that were measured, or says that none were."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from evaluation_kit import measured, questions_of

from lift_sys.evaluation.comparison import compare
from lift_sys.evaluation.runner import Measured
from lift_sys.reports.evaluation import Facts, Side, write

QUESTIONS = questions_of(120)
"""80 variants; every third, 40 of them, is of a held-out template."""
CAPTIONS = {
    "Share of tasks": ["held-out variants", "held-out templates", "36", "35", "0", "48"],
    "a less b": ["held-out variants", "held-out templates", "+36.2", "-12.5"],
    "Suite, by category.": ["arithmetic", "list operations", "35", "37", "15", "17"],
    "Suite, by difficulty.": ["easy", "medium", "hard", "38", "35", "0", "48"],
    "Answers that fail": ["off by one", "does not parse", "77", "101"],
    "Answers that parse": ["held-out variants: parses", "held-out templates: runs", "99", "98", "100"],
    "Seconds that were waited": ["held-out variants", "held-out templates", "0.17", "0.41"],
    "Length of the answers": ["held-out variants", "held-out templates", "17", "33"],
}
"""What each chart of `a` against `b` says, by how its caption begins. No value but 0 and 100 is a tick of an axis."""


def model(name: str, solves: set[int], **answer: Any) -> Measured:
    kind = {"a": "off by one", "b": "does not parse"}[name]
    found = measured(QUESTIONS, lambda place: place in solves, model=name, kind=kind)  # type: ignore[arg-type]
    for answers in found.answers.values():
        answers[0] = answers[0].model_copy(update=answer)
    return found


def figures(html: str) -> dict[str, list[str]]:
    """The texts in each chart, by its caption."""
    found = re.findall(r"<figure><svg(.*?)</svg>\s*<figcaption>(.*?)</figcaption>", html, re.DOTALL)
    assert len(found) == html.count("<figure>")
    return {caption: re.findall(r"<text[^>]*>([^<]+)</text>", svg) for svg, caption in found}


def page(folder: Path, *sides: Measured) -> dict[str, list[str]]:
    comparison = compare(sides[0], sides[1], QUESTIONS) if len(sides) > 1 else None
    facts = Facts([Side(side) for side in sides], QUESTIONS, comparison, None, {}, "lift-sys evaluate", "0")
    write(folder / "r.md", folder / "r.html", facts)
    return figures((folder / "r.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    first = model("a", set(range(43)), waited=0.17, tokens=17)
    second = model("b", set(range(2, 58, 3)), waited=0.41, tokens=33)
    unread, stuck = QUESTIONS[0].id, QUESTIONS[1].id  # both are variants
    for question, what in ((unread, {"parses": False, "runs": False}), (stuck, {"runs": False})):
        answer = first.answers[question][0]
        first.answers[question][0] = answer.model_copy(update={"finding": answer.finding.model_copy(update=what)})
    return page(tmp_path_factory.mktemp("page"), first, second)


@pytest.mark.parametrize("caption", CAPTIONS)
def test_a_chart_shows_what_was_measured(both: dict[str, list[str]], caption: str) -> None:
    (texts,) = (texts for found, texts in both.items() if found.startswith(caption))
    assert set(CAPTIONS[caption]) <= set(texts)
    assert "not measured" not in texts
    if caption != "a less b":
        assert {"a", "b"} <= set(texts)


def test_there_is_no_other_chart(both: dict[str, list[str]]) -> None:
    assert len(both) == len(CAPTIONS)


def test_a_chart_of_what_is_not_measured_says_so_for_each_row(tmp_path: Path) -> None:
    nothing = measured(QUESTIONS, lambda place: None, model="a")
    charts = page(tmp_path, nothing)
    rows = {
        "Share of tasks": 2,
        "Suite, by category.": 2,
        "Suite, by difficulty.": 3,
        "Answers that parse": 4,
        "Seconds that were waited": 2,
        "Length of the answers": 2,
    }
    assert len(charts) == len(rows)
    for caption, count in rows.items():
        (texts,) = (texts for found, texts in charts.items() if found.startswith(caption))
        assert texts.count("not measured") == count, caption


def test_a_model_without_answers_stands_in_the_charts_as_not_measured(tmp_path: Path) -> None:
    nothing = measured(QUESTIONS, lambda place: None, model="b")
    charts = page(tmp_path, model("a", set(range(43))), nothing)
    assert not any(caption.startswith("a less b") for caption in charts)
    for caption, texts in charts.items():
        assert "not measured" in texts, caption
