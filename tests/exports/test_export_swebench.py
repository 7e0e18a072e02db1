"""SWE-bench's shape: the base, the patches and the test ids fit one another, as git, patch and pytest see them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from export_box import pytest_packages, run_boxed

from lift_sys.data_synthesis.exports.registry import export
from lift_sys.data_synthesis.repair import write_repair_tasks
from lift_sys.records import Example

FIELDS = {
    "instance_id", "repo", "base_commit", "environment_setup_commit", "version", "patch", "test_patch",
    "problem_statement", "hints_text", "created_at", "FAIL_TO_PASS", "PASS_TO_PASS",
    "image", "log_parser", "eval_type", "eval_script",
}  # fmt: skip
"""Of the dataset on the Hub, and of `swebench.harness.utils.make_test_spec` (5.0)."""


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    write_repair_tasks(folder, most=2)
    place = tmp_path_factory.mktemp("swebench") / "out"
    export(folder, "swebench", place)
    return place


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def git(folder: Path, *arguments: str, given: str = "") -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, input=given.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def results(folder: Path) -> dict[str, str]:
    """What pytest says of each test, by the id it prints."""
    command = ["python3", "-m", "pytest", "-rA", "--tb=no", "-p", "no:cacheprovider", "test_solution.py"]
    done = run_boxed(command, {"/testbed": folder}, "/testbed", pytest_packages())
    return {name: said for said, name in re.findall(r"^(PASSED|FAILED) (\S+)", done.stdout, re.MULTILINE)}


def test_instances_have_every_field_and_ids_of_their_own(out: Path, examples: list[Example]) -> None:
    made = [*rows(out / "train.jsonl"), *rows(out / "repair.jsonl")]
    assert len(made) == len(examples) + 4
    for row in made:
        assert set(row) >= FIELDS
        assert json.loads(row["FAIL_TO_PASS"])
        assert re.fullmatch("[0-9a-f]{40}", row["base_commit"])
        assert re.fullmatch(r"lift-sys__[a-z0-9._-]+", row["instance_id"])
    assert len({row["instance_id"] for row in made}) == len(made)


def test_the_repository_is_rebuilt_and_the_patches_turn_the_named_tests(out: Path, tmp_path: Path) -> None:
    generation, repair = rows(out / "train.jsonl"), rows(out / "repair.jsonl")
    for file, row in [*(("train.jsonl", row) for row in generation), *(("repair.jsonl", row) for row in repair[:3])]:
        folder = tmp_path / row["instance_id"]
        command = [sys.executable, out / "checkout.py", out / file, row["instance_id"], folder]
        subprocess.run(command, check=True, capture_output=True)
        assert git(folder, "rev-parse", "HEAD").strip() == row["base_commit"]
        git(folder, "apply", "-", given=row["test_patch"])
        fails, passes = json.loads(row["FAIL_TO_PASS"]), json.loads(row["PASS_TO_PASS"])
        before = results(folder)
        assert before == dict.fromkeys(fails, "FAILED") | dict.fromkeys(passes, "PASSED")
        git(folder, "apply", "-", given=row["patch"])
        assert results(folder) == dict.fromkeys([*fails, *passes], "PASSED")


def test_a_test_that_the_stub_passes_is_to_go_on_passing(out: Path) -> None:
    row = next(row for row in rows(out / "train.jsonl") if "fenced" in row["problem_statement"])
    assert len(json.loads(row["FAIL_TO_PASS"])) == 2
    assert len(json.loads(row["PASS_TO_PASS"])) == 1


def test_checkout_says_which_instance_is_not_there(out: Path, tmp_path: Path) -> None:
    command = [sys.executable, out / "checkout.py", out / "train.jsonl", "nobody", tmp_path / "x"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "holds no instance nobody" in done.stderr


def test_a_patch_that_changes_what_tests_import_does_not_pass(out: Path, tmp_path: Path) -> None:
    row = rows(out / "train.jsonl")[0]
    folder = tmp_path / "repository"
    command = [sys.executable, out / "checkout.py", out / "train.jsonl", row["instance_id"], folder]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "lift_checks.py").write_text(
        "class Candidate:\n    def __getattr__(self, name):\n        return self\n"
    )
    (folder / "conftest.py").write_text("def pytest_runtest_call(item):\n    item.obj = lambda: None\n")
    command = ["bash", "-c", row["eval_script"]]
    done = run_boxed(command, {"/testbed": folder}, "/testbed", pytest_packages())
    assert "FAILED test_solution.py::test_000" in done.stdout
