"""Texts and syntax trees: what a copy may change without being taken for something else."""

from __future__ import annotations

import textwrap

import pytest
from decontamination_kit import CANARY, EVEN, LONGEST, TOTALS, row, suite

from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination
from lift_sys.data_synthesis.curation.normal_form import forms
from lift_sys.records import Example, Rejection, RejectionReason

OTHER = '''def scale(values, factor):
    """Multiply each value."""
    return [value * factor for value in values]
'''


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> StaticDecontamination:
    return StaticDecontamination([suite(tmp_path_factory.mktemp("suite"))])


def form(header: str, body: str) -> str:
    return forms(f"def {header}:\n{textwrap.indent(body, '    ')}")[0].digest


SAME = [
    ("f(a, b)", "return a - b", "g(y, x)", "'Doc.'\nreturn y - x"),
    ("f(a, b)", "return a - b", "g(right: int, left: int = 0) -> int", "return left - right"),
    ("f(a)", "x = 1; y = len(a)\nreturn x + y", "f(a)", "y = len(a); x = 1\nreturn y + x"),
    ("f(a)", "a = a + 1\nreturn a * 2", "f(a)", "a += 1  # one more\nreturn 2 * a"),
    ("f(a)", "return a > 0x10", "f(a)", "return 16 < a"),
    ("f(a)", "if a:\n    return 1\nelse:\n    return 2", "f(a)", "if a:\n    return 1\nreturn 2"),
    (
        *("f(a)", "if not a:\n    x = 1\nelse:\n    x = 2\nprint(x)"),
        *("f(a)", "if a:\n    x = 2\nelse:\n    x = 1\nprint(x)"),
    ),
    ("f(a)", "return not a == 2", "f(a)", "return 2 != a"),
    ("f(a)", "r = sorted(a)\nreturn r", "f(a)", "return sorted(a)"),
    ("f(n)", "return n * f(n - 1)", "fact(k)", "return k * fact(k - 1)"),
    ("f(a)", "return [x for x in a]", "f(b)", "return [a for a in b]"),
]
DIFFERENT = [
    ("f(a, b)", "return a - b", "f(a, b)", "return a - b - a"),
    ("f(a)", "x = a + 1; a = x * 2\nreturn a", "f(a)", "a = a * 2; x = a + 1\nreturn a"),
    ("f(a)", "return a > 1", "f(a)", "return a >= 1"),
    ("f(a)", "return min(a)", "f(a)", "return max(a)"),
    ("f(a, b)", "return a(b)", "f(a)", "return a(a)"),
    ("f(a)", "a.pop()\nreturn len(a)", "f(a)", "n = len(a); a.pop()\nreturn n"),
]


@pytest.mark.parametrize(("header", "body", "other_header", "other_body"), SAME)
def test_what_only_looks_different_has_one_form(header: str, body: str, other_header: str, other_body: str) -> None:
    assert form(header, body) == form(other_header, other_body)


@pytest.mark.parametrize(("header", "body", "other_header", "other_body"), DIFFERENT)
def test_what_does_something_else_has_another_form(
    header: str, body: str, other_header: str, other_body: str
) -> None:
    assert form(header, body) != form(other_header, other_body)


def test_a_helper_is_known_by_what_it_does() -> None:
    code = "def f(a):\n    return h(h(a))\ndef h(x):\n    return x{}"
    assert forms(code.format("[1]"))[0] == forms(code.format("[1]").replace("h(", "helper("))[0]
    assert forms(code.format("[1]"))[0] != forms(code.format("[2]"))[0]


def test_the_step_passes_rows_in_order_and_rejects_copies_with_a_reason(step: StaticDecontamination) -> None:
    rows = [row(OTHER, "scale"), row(TOTALS.replace("running_totals", "sums"), "sums"), row(EVEN, "all_even")]
    first, second, third = step(rows)
    assert first == rows[0]
    assert isinstance(second, Rejection)
    assert second.reason is RejectionReason.CONTAMINATED
    assert second.detail.startswith("toy/1 running_totals: ")
    assert isinstance(third, Rejection)
    assert third.detail.startswith("toy/2 all_even: ")


def test_a_row_that_asks_what_a_problem_asks_is_a_match_whatever_its_code(step: StaticDecontamination) -> None:
    asked = "Tell whether EVERY one of the numbers, in the given list, can be divided by two without a rest!"
    assert "toy/2 all_even: same description" in (step.match(row(OTHER, "scale", asked)) or "")


def test_half_of_a_description_is_enough_and_a_phrase_of_it_is_not(step: StaticDecontamination) -> None:
    half = "Return the longest of the words, the first of several equal ones, or else nothing"
    assert "toy/3 longest" in (step.match(row(OTHER, "scale", half)) or "")
    assert (
        step.match(row(OTHER, "scale", "Return the longest of the words, the first of all that the file has")) is None
    )


def test_most_of_the_code_inside_other_code_is_a_match(step: StaticDecontamination) -> None:
    code = LONGEST.replace("    return best", "    print(best)\n    return best.strip().title()").replace(
        "longest", "f"
    )
    assert "code tokens" in (step.match(row(code, "f")) or "")


def test_a_helper_that_is_a_problem_counts_when_it_is_more_than_a_line(step: StaticDecontamination) -> None:
    code = "def outer(a, b):\n    return inner(a, b)[-1]\n\n" + TOTALS.replace("running_totals", "inner")
    assert "toy/1" in (step.match(row(code, "outer")) or "")


def test_the_canary_is_found_in_prompt_and_code(step: StaticDecontamination) -> None:
    assert step.match(row(OTHER, "scale", f"see {CANARY}")) == "toy: holds its canary"
    assert step.match(row(f"# {CANARY}\n{OTHER}", "scale")) == "toy: holds its canary"


@pytest.mark.parametrize("code", ["def f(:", "", "x = 1\n", "def f(a):\n" + "    " + "-" * 5000 + "a\n", "'''"])
def test_code_that_can_not_be_read_matches_nothing_and_stops_nothing(step: StaticDecontamination, code: str) -> None:
    found = list(step([row(code, "f")]))
    assert [type(item) for item in found] == [Example]
