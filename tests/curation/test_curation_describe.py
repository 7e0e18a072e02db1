"""Difficulty, category and quality: what they say of plain cases, and that quality says what a reader says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from curation_kit import call, row

from lift_sys.data_synthesis.curation.category import CATEGORIES, category
from lift_sys.data_synthesis.curation.describe import Describe, LowQuality
from lift_sys.data_synthesis.curation.difficulty import difficulty
from lift_sys.data_synthesis.curation.quality import LOW_QUALITY, WEIGHTS, quality, score
from lift_sys.ir.models import Intent, Provenance
from lift_sys.records import Example, Quality, Rejection, RejectionReason

LABELS = Path(__file__).parents[2] / "training_data" / "quality_labels.jsonl"

HARD = """
def least(a, b):
    return a if a < b else b

def f(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i == 0:
                table[i][j] = j
            elif j == 0:
                table[i][j] = i
            elif a[i - 1] == b[j - 1]:
                table[i][j] = table[i - 1][j - 1]
            else:
                table[i][j] = 1 + least(least(table[i - 1][j], table[i][j - 1]), table[i - 1][j - 1])
    return table[-1][-1]
"""
MEDIUM = """
def f(items):
    best, count = None, 0
    for item in items:
        if items.count(item) > count:
            best, count = item, items.count(item)
    return best
"""


@pytest.mark.parametrize(
    ("code", "wanted"), [("def f(a):\n    return a + 1", "easy"), (MEDIUM, "medium"), (HARD, "hard")]
)
def test_difficulty_grows_with_what_there_is_to_write(code: str, wanted: str) -> None:
    assert difficulty(row(code)) == wanted


def text(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    return {"tests": tuple(call(argument, result=result) for argument, result in pairs)}


STACK = """
class Stack:
    def __init__(self):
        self.items = []
    def push(self, item):
        self.items.append(item)
        return len(self.items)
"""
CASES: dict[str, Example] = {
    "stateful_classes": row(STACK, "Stack.push"),
    "dates": row("import datetime\ndef f(y):\n    return datetime.date(y, 1, 1).weekday()", **text((2024, 0))),
    "edge_cases": row("def f(x):\n    return x is None", **text((None, True), (0, False))),
    "recursion": row("def f(n):\n    return 1 if n < 2 else n * f(n - 1)", **text((3, 6))),
    "iterators": row("def f(xs):\n    it = iter(xs)\n    next(it)\n    return list(it)", **text(([1, 2], [2]))),
    "type_handling": row("def f(x):\n    return isinstance(x, (list, str))", **text(([], True), (1, False))),
    "parsing_formatting": row(
        "import re\ndef f(s):\n    return [int(x) for x in re.split(',', s)]", **text(("1,2", [1, 2]))
    ),
    "error_handling": row(
        "def f(n):\n    if n < 0:\n        raise ValueError('negative')\n    return n",
        tests=(call(-1, raises="ValueError"), call(-2, raises="ValueError"), call(1, result=1)),
    ),
    "dict_set_operations": row(
        "def f(d):\n    return {v: k for k, v in d.items()}", **text(({"d": [1, 2]}, {"d": [2, 1]}))
    ),
    "arithmetic": row("def f(a):\n    return a * a % 7", **text((3, 2), (4, 2))),
    "string_operations": row("def f(s):\n    return s.upper() + s", **text(("a", "Aa"))),
    "list_operations": row("def f(xs):\n    return xs[::-1] + xs", **text(([1, 2], [2, 1, 1, 2]))),
    "algorithms": row(
        "import heapq\ndef f(xs, n):\n    heapq.heapify(xs)\n    return heapq.heappop(xs)", **text(([3, 1], 1))
    ),
    "control_flow": row("def f(a):\n    if a == 'x':\n        return 1\n    return 2", **text((True, 2))),
}


@pytest.mark.parametrize("wanted", CASES)
def test_plain_cases_fall_into_their_category(wanted: str) -> None:
    assert category(CASES[wanted]) == wanted


def test_every_category_has_a_case() -> None:
    assert set(CASES) == set(CATEGORIES)


def labelled() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LABELS.read_text().splitlines()]


def rejected(rows: list[dict[str, Any]]) -> float:
    return sum(row["label"] == "reject" for row in rows) / len(rows)


def test_the_score_orders_rows_as_the_reader_did() -> None:
    rows = sorted(labelled(), key=lambda row: score(row["components"]))
    third = len(rows) // 3
    assert rejected(rows[:third]) >= 0.8
    assert rejected(rows[-third:]) <= 0.25


def test_of_the_rows_below_the_threshold_a_reader_rejects_most() -> None:
    below = [row for row in labelled() if score(row["components"]) < LOW_QUALITY]
    assert len(below) >= 20
    assert rejected(below) >= 0.85


def test_the_labels_hold_no_code_and_name_the_reason() -> None:
    for item in labelled():
        assert set(item["components"]) <= set(WEIGHTS)
        assert bool(item["reason"]) == (item["label"] == "reject")
        assert "code" not in item


def documented(example: Example, prompt: str) -> Example:
    intent = Intent(summary="x", provenance=Provenance(source="docstring"))
    prompts = {"request": "r", "specification": prompt, "stub": "s"}
    return example.model_copy(update={"ir": example.ir.model_copy(update={"intent": intent}), "prompts": prompts})


def test_a_described_function_scores_above_a_nameless_one() -> None:
    told = documented(
        row(MEDIUM), "Return the item that occurs most often; of several the first one in the list wins."
    )
    assert quality(told).score > quality(row(MEDIUM)).score + 0.2
    assert quality(told).components["documented"] == 1.0


def test_coverage_is_kept_from_the_row_and_not_invented() -> None:
    assert "coverage" not in quality(row(MEDIUM)).components
    measured = row(MEDIUM, quality=Quality(score=0.0, components={"coverage": 0.5}))
    assert quality(measured).components["coverage"] == 0.5
    assert quality(measured, coverage=0.75).components["coverage"] == 0.75


def test_describe_completes_a_row_and_changes_nothing_else() -> None:
    (found,) = Describe()([row(MEDIUM)])
    assert isinstance(found, Example)
    assert found.category in CATEGORIES
    assert found.difficulty == "medium"
    blank = found.model_copy(update={"category": "", "difficulty": "", "quality": Quality(score=0.0)})
    assert blank == row(MEDIUM)


def test_low_quality_says_what_is_missing() -> None:
    prompts = dict.fromkeys(("request", "specification", "stub"), "x")
    poor = row(MEDIUM, prompts=prompts, quality=Quality(score=0.1, components={"told": 0.0, "shown": 1.0}))
    (found,) = LowQuality()([poor])
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.LOW_QUALITY
    assert "0.10" in found.detail
    assert "told" in found.detail


def test_a_row_without_a_register_is_refused() -> None:
    (found,) = LowQuality(threshold=0.0)([row(MEDIUM)])
    assert isinstance(found, Rejection)
    assert "request, stub" in found.detail


def test_code_that_can_not_be_parsed_is_described_all_the_same() -> None:
    (found,) = Describe()([row("def f(:")])
    assert isinstance(found, Example)
    assert found.difficulty == "easy"
