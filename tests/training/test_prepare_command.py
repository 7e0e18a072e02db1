"""`lift-sys prepare`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prepare_kit import make_example, make_examples, make_tasks, write_examples, write_tasks

SIZES = ("--train", 60, "--val", 6, "--test", 6)


def prepare(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lift_sys.cli import main; main()", "prepare", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_examples(tmp_path / "dataset", make_examples(60))


def test_two_runs_write_the_same_bytes_and_a_report(dataset: Path, tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "tasks.jsonl", make_tasks(40))
    for name in ("a", "b"):
        done = prepare(dataset, "--suite-tasks", tasks, *SIZES, "--no-check", "--out", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    for file in ("train.jsonl", "val.jsonl", "test.jsonl", "splits.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert [len((tmp_path / "a" / f"{s}.jsonl").read_text().splitlines()) for s in ("train", "val", "test")] == [
        60,
        6,
        6,
    ]
    inputs = json.loads((tmp_path / "a" / "splits.json").read_text())["inputs"]
    assert sorted(inputs) == ["dataset", "lift-sys-training-1"]
    text = (tmp_path / "a" / "data_report.md").read_text()
    assert "72 rows of instruction data: 60 in `train.jsonl`, 6 in `val.jsonl`, 6 in `test.jsonl`." in text
    assert "| projects | 0 | 0 | 0 |" in text
    assert "| train | dataset | prompt to code |" in text
    assert (tmp_path / "a" / "data_report.html").read_text().count("<svg") == 7


def test_other_rows_of_the_same_input_are_noticed(dataset: Path, tmp_path: Path) -> None:
    first = prepare(dataset, *SIZES, "--no-check", "--out", "out", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    again = prepare(dataset, *SIZES, "--no-check", "--out", "out", cwd=tmp_path)
    assert again.returncode == 0
    assert "byte for byte" in again.stdout
    manifest = tmp_path / "out" / "splits.json"
    named = json.loads(manifest.read_text())
    named["files"]["val.jsonl"] = "0" * 64
    manifest.write_text(json.dumps(named))
    for _ in range(2):  # a second try does not take what the first has refused
        third = prepare(dataset, *SIZES, "--no-check", "--out", "out", cwd=tmp_path)
        assert third.returncode == 1
        assert "val.jsonl" in third.stderr
        assert json.loads(manifest.read_text()) == named


def test_another_recipe_is_taken_unless_it_must_be_the_same(dataset: Path, tmp_path: Path) -> None:
    missing = prepare(dataset, *SIZES, "--no-check", "--same", "--out", "out", cwd=tmp_path)
    assert missing.returncode == 2
    assert "splits.json" in missing.stderr
    first = prepare(dataset, *SIZES, "--no-check", "--out", "out", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    held = prepare(dataset, *SIZES, "--examples", 1, "--no-check", "--same", "--out", "out", cwd=tmp_path)
    assert held.returncode == 1
    assert "splits.json names: recipe" in held.stderr
    same = prepare(dataset, *SIZES, "--no-check", "--same", "--out", "out", cwd=tmp_path)
    assert same.returncode == 0, same.stderr
    other = prepare(dataset, *SIZES, "--examples", 1, "--no-check", "--out", "out", cwd=tmp_path)
    assert other.returncode == 0, other.stderr


@pytest.mark.parametrize("text", ["[1]", '{"files": [1]}', "{"])
def test_a_damaged_splits_file_is_none(text: str, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "splits.json").write_text(text)
    done = prepare(dataset, *SIZES, "--no-check", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_chat_template_and_mask_are_checked_and_shown(dataset: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from training_kit import tiny_model

    model = tiny_model(tmp_path / "model")
    done = prepare(
        dataset, *SIZES, "--templates", 0, "--model", model, "--context", 900, "--out", "out", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "train: 60 rows checked token by token" in done.stdout
    before, _, learnt = done.stdout.partition("\nlearnt:\n")
    assert "<|im_start|>|" in before
    assert learnt.splitlines()[0].endswith("|<|im_end|>")
    page = (tmp_path / "out" / "data_report.html").read_text()
    assert '<span class="learnt">' in page
    assert page.count("<svg") == 8


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere",), 5, "nowhere"),
        (("{dataset}", "--train", 5000), 2, "too few rows"),
        (("{dataset}", "--mix", "poem=1"), 2, "kinds are prompt_to_code"),
        (("{dataset}", "--mix", "prompt_to_code"), 2, "give shares"),
        (("{dataset}", "--mix", "prompt_to_code=0.3"), 2, "add up"),
        (("{dataset}", "--suite-tasks", "none.jsonl"), 5, "none.jsonl"),
    ],
)
def test_mistakes_are_named_and_nothing_is_written(
    words: tuple[object, ...], code: int, said: str, dataset: Path, tmp_path: Path
) -> None:
    typed = [str(word).format(dataset=dataset) for word in words]
    done = prepare(*typed, "--no-check", "--out", "out", cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "out").exists()


def test_tasks_of_the_evaluation_suite_are_refused(dataset: Path, tmp_path: Path) -> None:
    suite = write_tasks(tmp_path / "suite.jsonl", make_tasks(10), training=False)
    done = prepare(dataset, "--suite-tasks", suite, "--apart-from", suite, *SIZES, "--no-check", cwd=tmp_path)
    assert done.returncode == 2
    assert "is a task of the evaluation suite" in done.stderr


def test_nothing_to_make_rows_of_is_said_even_where_fewer_will_do(dataset: Path, tmp_path: Path) -> None:
    done = prepare(dataset, "--prompt-characters", 1, "--fewer", "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "nothing to make rows of: 180 examples, 0 tasks, and this length budget" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_dataset_of_one_project_that_can_not_be_split_is_refused(tmp_path: Path) -> None:
    dataset = write_examples(tmp_path / "one", [make_example(number, "project") for number in range(9)])
    done = prepare(dataset, "--fewer", "--no-check", "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "no rows are left for val and test" in done.stderr
    assert not (tmp_path / "out").exists()
    tasks = write_tasks(tmp_path / "tasks.jsonl", make_tasks(40))
    done = prepare(
        dataset, "--fewer", "--no-check", "--out", "out", "--suite-tasks", tasks, "--test", 0, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
