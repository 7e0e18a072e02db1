"""Good prompts score above damaged ones; retrieval figures agree with hand computation."""

from __future__ import annotations

import math
import re

import pytest
from prompt_builders import case, lifted, one

from lift_sys.data_synthesis.prompt_report import PromptedFunction, code_document, report
from lift_sys.data_synthesis.prompt_scorer import score_prompt, shown_calls
from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS, PromptSynthesizer
from lift_sys.data_synthesis.retrieval import BM25, Query, figures, mask, rank_of, retrieval, tokens

CHUNK = '''
    def chunk(items, size, fill=None):
        """Split a list into lists of equal size.

        Args:
            items: The list to split.
            size: How long each list is, at least 1.
            fill: What the last list is padded with.

        Returns:
            A list of lists.
        """
        if size < 1:
            raise ValueError("too small")
        rows = [list(items[i : i + size]) for i in range(0, len(items), size)]
        if rows and fill is not None:
            rows[-1] += [fill] * (size - len(rows[-1]))
        return rows
'''
TESTS = [
    case([1, 2, 3], 2, gives=[[1, 2], [3]]),
    case([1], 2, 0, gives=[[1, 0]]),
    case([], 0, raises="ValueError"),
    case([4, 5, 6, 7], 4, gives=[[4, 5, 6, 7]], visible=False),
]
# A request shows one result, so it is given the one that the damage is done to.
SHOWN = {"request": TESTS[1:], "specification": TESTS, "stub": TESTS}


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(
    ("before", "after", "component"),
    [
        ("chunk", "it", "name"),
        ("fill", "", "parameters"),
        ("[[1, 0]]", "[[1, 1]]", "examples"),
        ("ValueError", "an error", "errors"),
        ("split", "see above. split", "self_contained"),
        ("split", "range(0, len(items), size) split", "no_leak"),
    ],
)
def test_a_damaged_prompt_scores_lower(register: str, before: str, after: str, component: str) -> None:
    function, ir = one(CHUNK)
    prompt = PromptSynthesizer().synthesize(function, ir, SHOWN[register]).prompts[register]
    damaged = re.sub(re.escape(before), after.replace("\\", r"\\"), prompt, flags=re.IGNORECASE)
    assert damaged != prompt
    good = score_prompt(prompt, function, ir, TESTS, register=register)
    bad = score_prompt(damaged, function, ir, TESTS, register=register)
    assert good.components[component] == 1.0
    assert bad.components[component] < 1.0
    assert bad.score < good.score


def test_what_a_scorer_must_not_like() -> None:
    function, ir = one(CHUNK)
    good = PromptSynthesizer().synthesize(function, ir, TESTS).prompts["specification"]
    best = score_prompt(good, function, ir, TESTS).score
    assert best > 0.95
    for text in ("", "chunk", "Do it.", "x " * 5000, function.source):
        assert score_prompt(text, function, ir, TESTS).score < best - 0.1


def test_shown_calls_are_read_in_both_forms() -> None:
    text = "`f(1)` returns `2` and `f(0)` raises `E`.\n>>> f(3)\n4\n"
    text += ">>> f(9)\nTraceback (most recent call last):\n    ...\nK\n"
    assert {(call.text, call.outcome) for call in shown_calls(text, "f")} == {
        ("f(1)", "2"),
        ("f(0)", "E"),
        ("f(3)", "4"),
        ("f(9)", "K"),
    }


def test_bm25_by_hand() -> None:
    """Two documents of two and one terms, k1 = 1.2, b = 0.75, so the average length is 1.5."""
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    weight = 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5))
    ((first, second),) = BM25().similarities(["apple apple"], ["apple pear", "plum"])
    assert first == pytest.approx(idf * weight)
    assert second == 0


def test_ranks_by_hand() -> None:
    assert rank_of([3.0, 1.0, 2.0], 0) == 1
    assert rank_of([3.0, 1.0, 2.0], 1) == 3
    assert rank_of([0.0, 0.0, 0.0], 1) == 2, "ties count half"
    assert figures([1, 2, 20]).mrr == pytest.approx((1 + 0.5 + 0.05) / 3)
    assert figures([1, 2, 20]).recall_at_1 == pytest.approx(1 / 3)
    assert figures([1, 2, 20]).recall_at_10 == pytest.approx(2 / 3)


def test_retrieval_groups_by_register_and_level_and_masks_names() -> None:
    codes = ["def slugify(s): return lower(s)", "def crop(s): return s"]
    queries = [
        Query("Write slugify: lower the text", 0, "slugify", "request", "docstring"),
        Query("Write crop", 1, "crop", "stub", "names"),
    ]
    found = retrieval(queries, codes, BM25())
    assert found.unmasked["register:stub"].mrr == 1.0
    assert found.masked["register:stub"].mrr == pytest.approx(1 / 1.5), "without its name it is a tie"
    assert found.masked["level:docstring"].recall_at_1 == 1.0
    assert found.masked["all"].queries == 2


def test_masking_covers_the_words_of_a_name() -> None:
    assert mask("parse_date(x) parses; parse the date; parse date", "parse_date") == "_(x) parses; parse the date; _"
    assert tokens("parseISODate_2(x)") == ["parse", "iso", "date", "2", "x"]


def test_the_code_to_find_holds_no_documentation() -> None:
    function, _ = one(CHUNK)
    document = code_document(function)
    assert "equal size" not in document
    assert "range(0, len(items), size)" in document


def test_a_report_over_several_functions() -> None:
    code = "\n".join(
        f'def f{i}(x{i}):\n    """Add {i} to the number x{i}."""\n    return x{i} + {i}\n' for i in range(4)
    )
    items = [PromptedFunction(f, ir, (), PromptSynthesizer().synthesize(f, ir)) for f, ir in lifted(code)]
    found = report(items, BM25())
    assert found.functions == 4
    assert found.levels == {"docstring": 4}
    assert found.leaks == 0
    assert found.retrieval.masked["all"].mrr == 1.0
    assert set(found.scores) == set(REGISTERS)
