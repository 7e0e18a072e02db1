"""`lift-sys evaluate`, as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from evaluation_kit import make_tasks

from lift_sys.evaluation.answers import Answer
from lift_sys.evaluation.remembering import ANSWER
from lift_sys.forward_mode.asking import fenced
from lift_sys.storage import Checkpoint
from lift_sys.testing.suite import make_suite, write_suite

TASKS = make_tasks(6)


def evaluate(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The model knows all answers, `scripted:half.json` those of every other task."""
    write_suite(folder / "suite.jsonl", make_suite(1, TASKS))
    answers = {task.entry_point: fenced(task.solution) for task in TASKS}
    (folder / "answers.json").write_text(json.dumps(answers))
    (folder / "half.json").write_text(json.dumps(dict([*answers.items()][::2])))
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", "evaluate", "--suite", "suite.jsonl"]
    command += ["--model", "scripted:answers.json", "--no-human-eval", "--out", "out", *map(str, words)]
    offline = os.environ | {"HF_HUB_OFFLINE": "1"}  # a folder that is not there might be an id of the hub's
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder, env=offline)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("lift-sys: ")
    return line


def kept(folder: Path, model: str) -> list[Answer]:
    (path,) = (path for path in folder.glob("out/*/answers.jsonl") if model in path.read_text().splitlines()[0])
    return [Answer.from_line(line) for line in path.read_text().splitlines()[1:]]


def test_two_models_are_compared_and_the_report_says_which_answers_differ(tmp_path: Path) -> None:
    done = evaluate(tmp_path, "--against", "scripted:half.json", "--report", "told/report.md")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    parts = {part["name"]: (part["pairs"], part["both"], part["only_model"]) for part in found["comparison"]}
    # Tasks 0, 2 and 4 are known to both; 2 and 5 are of held-out templates.
    assert parts == {"held-out variants": (4, 2, 2), "held-out templates": (2, 1, 1)}
    assert "difference on held-out variants: +50.0 points (no interval)" in done.stdout
    assert "recommendation: undecided" in done.stdout
    markdown, html = ((tmp_path / "told" / f"report.{kind}").read_text() for kind in ("md", "html"))
    for model in found["models"]:
        assert model["model"] in markdown
        assert model["model"] in html
    assert "4 of 4, 100.0 %" in markdown
    assert "2 of 4, 50.0 %" in markdown
    again = evaluate(tmp_path, "--against", "scripted:half.json", "--report", "told/report.md")
    assert again.stdout.count("0 asked, 6 known before") == 2


def table(*paths: Path) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).parents[2] / "scripts" / "ablation_table.py"
    return subprocess.run([sys.executable, script, *paths], capture_output=True, text=True)


def test_the_table_of_ablations_counts_what_either_model_alone_has_solved(tmp_path: Path) -> None:
    assert evaluate(tmp_path, "--against", "scripted:half.json").returncode == 0
    done = table(tmp_path / "out" / "results.json")
    assert done.returncode == 0, done.stderr
    solved = "held-out variants: 4 of 4, 2 of 4<br>held-out templates: 2 of 2, 1 of 2"
    assert f"| results | {solved} | 3, 0 | 0.250 |" in done.stdout  # 3 of 3 differ one way: 2 / 2 ** 3


def test_the_table_of_ablations_refuses_a_file_of_one_model(tmp_path: Path) -> None:
    assert evaluate(tmp_path).returncode == 0
    done = table(tmp_path / "out" / "results.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no comparison of two models" in done.stderr


def test_a_price_is_told_of_the_model_that_it_is_given_for(tmp_path: Path) -> None:
    done = evaluate(tmp_path, "--against", "scripted:half.json", "--price", "100,1000")
    assert done.returncode == 0, done.stderr
    first, second = json.loads((tmp_path / "out" / "results.json").read_text())["models"]
    cost = 0.0
    for name, found in first["slices"].items():
        own = [answer for answer in kept(tmp_path, first["model"]) if answer.slice == name]
        dollars = sum(100 * answer.prompt_tokens + 1000 * answer.tokens for answer in own) / 1e6
        assert found["dollars"] == pytest.approx(dollars)
        assert dollars > 0
        cost += dollars
    assert all(found["dollars"] is None for found in second["slices"].values())
    report = (tmp_path / "out" / "evaluation_report.md").read_text()
    totals = [line for line in report.splitlines() if "| all |" in line]
    assert [line.split(" | ")[-1].rstrip(" |") for line in totals] == [f"{cost:.4f}", "not measured"]
    assert f">{cost:.4f}<" in (tmp_path / "out" / "evaluation_report.html").read_text()


@pytest.mark.parametrize("name", ["nowhere/lora", "/nowhere/at/all/lora"])
def test_a_model_whose_folder_is_missing_is_told_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    pytest.importorskip("huggingface_hub")
    done = evaluate(tmp_path, "--model", name)
    assert done.returncode == 2, done.stderr
    assert f"there is no folder {name}" in one_line(done)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("report", "code", "says"),
    [("told.html", 2, "is for Markdown"), (".", 5, "is a folder: give the name of a file")],
)
def test_a_report_that_can_not_be_written_is_told_before_anything_is_asked(
    report: str, code: int, says: str, tmp_path: Path
) -> None:
    done = evaluate(tmp_path, "--report", report)
    assert done.returncode == code, done.stderr
    assert says in one_line(done)
    assert not (tmp_path / "out").exists()


def test_answers_that_were_kept_are_not_said_to_be_asked_again(tmp_path: Path) -> None:
    assert evaluate(tmp_path, "--limit", 2).returncode == 0
    (folder,) = tmp_path.glob("out/*/answers.jsonl")
    done = evaluate(tmp_path, "--model", f"answers:{folder.parent}", "--out", "second")
    assert done.returncode == 1
    assert "not measured: " in done.stderr
    assert "again" not in done.stderr


def test_a_missing_adapter_to_compare_with_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    done = evaluate(tmp_path, "--against", "/nowhere/at/all/lora")
    assert done.returncode == 2, done.stderr
    assert "there is no folder /nowhere/at/all/lora" in one_line(done)
    assert not (tmp_path / "out").exists()


def test_a_run_whose_adapter_has_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run" / "adapter").mkdir(parents=True)
    (tmp_path / "run" / "adapter" / "adapter_config.json").write_text("{}")
    done = evaluate(tmp_path, "--model", "run")
    assert done.returncode == 2, done.stderr
    assert "run/adapter holds no LoRA adapter" in one_line(done)
    assert not (tmp_path / "out").exists()


def test_an_adapter_of_another_architecture_is_refused_before_the_model_is_loaded(tmp_path: Path) -> None:
    tensors = pytest.importorskip("safetensors.numpy")
    import numpy as np

    model, adapter = tmp_path / "base", tmp_path / "run" / "adapter"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "llama"}')
    (model / "tokenizer.json").write_text("{}")
    tensors.save_file({"model.layers.0.self_attn.q_proj.weight": np.zeros((8, 8))}, model / "model.safetensors")
    adapter.mkdir(parents=True)
    config = {"peft_type": "LORA", "base_model_name_or_path": str(model), "r": 2, "lora_alpha": 4}
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    layer = "base_model.model.transformer.h.0.attn.c_attn"
    halves = {f"{layer}.lora_A.weight": np.ones((2, 8)), f"{layer}.lora_B.weight": np.ones((24, 2))}
    tensors.save_file(halves, adapter / "adapter_model.safetensors")
    done = evaluate(tmp_path, "--model", "run")
    assert done.returncode == 2, done.stderr
    assert "run/adapter is an adapter for another model: this one has no layer transformer.h.0" in one_line(done)
    assert not [*tmp_path.glob("out/**/*")]


def test_the_help_tells_what_each_exit_code_means(tmp_path: Path) -> None:
    said = " ".join(evaluate(tmp_path, "--help").stdout.split())
    assert "Exit codes: 0 all was measured, 1 some answers could not be had or judged, 2 bad settings, 3 no" in said
    assert "sandbox here, 5 a file can't be used." in said


def test_a_search_without_some_elements_and_code_from_the_true_specification(tmp_path: Path) -> None:
    without = ("--search-without", "specification", "--search-without", "repair")
    done = evaluate(tmp_path, "--search", 2, *without, "--from-ir")
    assert done.returncode == 0, done.stderr
    assert "held-out variants: 4 of 4, 100.0 %" in done.stdout
    assert "held-out variants, from the true specification: 4 of 4, 100.0 %" in done.stdout
    assert "the lower bound is 51.0 %, Wilson" in done.stdout
    (model,) = json.loads((tmp_path / "out" / "results.json").read_text())["models"]
    assert "+search2-no-specification-no-repair-" in model["model"]
    assert model["from_true_ir"]["held-out templates"]["solved"] == 2


def test_searches_of_one_model_share_what_it_has_answered(tmp_path: Path) -> None:
    def known() -> set[str]:
        (path,) = tmp_path.glob("out/*/candidates.sqlite")
        with Checkpoint(path) as store:
            return store.keys(ANSWER)

    words = ("--model", "scripted:half.json", "--search", 2)
    assert evaluate(tmp_path, *words).returncode == 0
    asked = known()
    done = evaluate(tmp_path, *words, "--search-without", "repair")
    assert "6 asked, 0 known before" in done.stdout
    assert known() == asked != set()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--search", 2, "--search-without", "luck"), "there is no element 'luck': specification, grammar"),
        (("--search-without", "agreement"), "--search-without wants a --search"),
        (("--search", 2, "--search-top-p", 0), "0 < top_p <= 1"),
        (("--against-search", 2), "want an --against"),
        (("--against-search-without", "agreement"), "want an --against"),
        (("--model", "answers:kept", "--search", 2), "asks nothing: leave its search out"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(tmp_path: Path, words: tuple[object, ...], says: str) -> None:
    done = evaluate(tmp_path, *words)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert not (tmp_path / "out").exists()
