"""Rewards: the reference gets 1, everything else 0, and nobody's fault but the answer's counts against it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from export_rows import BAND

from lift_sys.data_synthesis.exports.asking import answer, fenced
from lift_sys.data_synthesis.exports.grounds import ground_truth
from lift_sys.data_synthesis.exports.registry import export
from lift_sys.data_synthesis.exports.reward import compute_score, score, trl_reward
from lift_sys.errors import ConfigError, RequirementMissing
from lift_sys.records import Example
from lift_sys.testing.blank import blank


def test_the_reference_gets_1_and_the_stub_0_on_every_row(examples: list[Example]) -> None:
    for made in examples:
        truth = ground_truth(made)
        assert score(answer(made), truth) == 1.0
        assert score(made.code, truth) == 1.0
        assert score(fenced(blank(made.code, made.entry_point)), truth) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "I can't.",
        "def band(",
        "import os\nos._exit(0)",
        "raise SystemExit(0)",
        BAND.replace('["old", age - limit]', '["old", float(age - limit)]'),
        BAND.replace('["old", age - limit]', '("old", age - limit)'),
        BAND.replace("ValueError", "TypeError"),
        BAND + "\nn, f = [], band\ndef band(*a):\n    n.append(1)\n    return f(*a) if len(n) < 2 else 0\n",
        "def band(age, limit=18):\n    class Any:\n        __eq__ = lambda *a: True\n    return Any()\n",
    ],
)
def test_answers_that_do_something_else_get_0(examples: list[Example], wrong: str) -> None:
    assert score(wrong, ground_truth(examples[0])) == 0.0


def test_trl_and_verl_call_it_in_their_own_ways(examples: list[Example], folder: Path, tmp_path: Path) -> None:
    truths = [ground_truth(made) for made in examples[:2]]
    chats = [[{"role": "assistant", "content": answer(made)}] for made in examples[:2]]
    assert trl_reward(prompts=["", ""], completions=chats, ground_truth=truths, id=["", ""]) == [1.0, 1.0]
    assert trl_reward(completions=chats[::-1], ground_truth=truths) == [0.0, 0.0]
    export(folder, "verl", tmp_path / "out")
    spec = importlib.util.spec_from_file_location("exported_reward", tmp_path / "out" / "reward.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.compute_score is compute_score
    extra = {"index": 0}
    assert module.compute_score("d", answer(examples[0]), truths[0], extra, sandbox_fusion_url=None) == 1.0


def test_what_is_no_ground_truth_is_an_error_and_no_0(examples: list[Example]) -> None:
    truth = json.loads(ground_truth(examples[0]))
    for wrong in ("", "[]", "{}", json.dumps({**truth, "tests": []}), json.dumps({**truth, "schema_version": 9})):
        with pytest.raises(ConfigError, match="not a ground truth"):
            score(BAND, wrong)


def test_a_missing_package_is_an_error_and_no_0(examples: list[Example]) -> None:
    truth = json.loads(ground_truth(examples[0]))
    truth["requirements"] = [{"name": "x", "version": "1", "filename": "x-1-py3-none-any.whl", "sha256": "0" * 64}]
    with pytest.raises(RequirementMissing):
        score(BAND, json.dumps(truth))


def test_the_ground_truth_does_not_hold_the_answer(examples: list[Example]) -> None:
    assert "limit - age" not in ground_truth(examples[0])
