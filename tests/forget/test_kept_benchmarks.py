"""Benchmarks with their probes are made once for a dataset, again when something that decides them changed."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from forget_world import PLAIN, PROJECTS, write_dataset

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.curation.benchmarks import Benchmark
from lift_sys.data_synthesis.curation.decontamination import load_benchmarks
from lift_sys.data_synthesis.curation.decontamination_kept import KEPT, MAKERS, kept_benchmarks
from lift_sys.data_synthesis.dataset import read_examples, read_rejections
from lift_sys.data_synthesis.forget import Forgetting
from lift_sys.data_synthesis.forget_request import Request
from lift_sys.data_synthesis.sources.tombstones import FORGOTTEN
from lift_sys.errors import StorageError
from lift_sys.executors import make_executor
from lift_sys.records import RejectionReason
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox

ROOT = Path(__file__).parents[2] / "lift_sys"
HEAD = {"suite": "toy", "canary": "lift-sys canary 9d21-kept"}
SOLUTION = """def doubled(numbers):
    return [2 * number for number in numbers]
"""
PROBLEM = {
    "id": "toy/1",
    "entry_point": "doubled",
    "prompt": "Double each of the numbers.",
    "solution": SOLUTION,
    "calls": [{"args": [[1, 2, 3]], "expected": [2, 4, 6]}, {"args": [[5, -1]], "expected": [10, -2]}],
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite.jsonl", PROBLEM)


def write_suite(path: Path, problem: dict[str, object]) -> Path:
    path.write_text(f"{json.dumps(HEAD)}\n{json.dumps(problem)}\n")
    return path


def no_box() -> Sandbox:
    raise AssertionError("a box was opened")


def kept(folder: Path, suite: Path) -> list[Benchmark]:
    return kept_benchmarks(folder, no_box, [suite], human_eval=False)


def made(folder: Path, suite: Path) -> list[Benchmark]:
    return kept_benchmarks(folder, open_sandbox, [suite], human_eval=False)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{KEPT}*"))


def test_they_are_made_once_and_are_the_same_when_read(suite: Path, tmp_path: Path) -> None:
    first = made(tmp_path, suite)
    assert len(first[0].problems[0].probes) >= 10
    assert kept(tmp_path, suite) == first
    with open_sandbox() as sandbox:
        assert load_benchmarks(sandbox, [suite], human_eval=False) == first


def test_the_same_suite_under_another_name_is_known(suite: Path, tmp_path: Path) -> None:
    first = made(tmp_path, suite)
    assert kept(tmp_path, suite.rename(tmp_path / "moved.jsonl")) == first


def test_a_suite_that_changed_is_made_again_and_the_old_one_goes(suite: Path, tmp_path: Path) -> None:
    made(tmp_path, suite)
    (old,) = files(tmp_path)
    write_suite(suite, {**PROBLEM, "solution": SOLUTION.replace("2 *", "3 *")})
    (found,) = made(tmp_path, suite)
    assert found.problems[0].probes[0].expected != kept_value(found)
    assert old not in files(tmp_path)
    assert len(files(tmp_path)) == 1


def kept_value(found: Benchmark) -> list[int]:
    """What the solution would have said before it changed."""
    (numbers,) = found.problems[0].probes[0].args
    assert isinstance(numbers, list)
    return [2 * number for number in numbers if isinstance(number, int)]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "nonsense"])
def test_a_damaged_one_is_made_again(suite: Path, tmp_path: Path, damage: str) -> None:
    first = made(tmp_path, suite)
    (place,) = files(tmp_path)
    text = place.read_text()
    place.write_text(
        {
            "cut": text[: len(text) // 2],
            "changed": text.replace('"expected": [10, -2]', '"expected": [10, -3]'),
            "empty": "",
            "nonsense": "[]\n[]\n",
        }[damage]
    )
    with pytest.raises(AssertionError, match="a box was opened"):
        kept(tmp_path, suite)
    assert made(tmp_path, suite) == first
    assert place.read_text() == text


def test_nothing_is_kept_of_a_solution_that_answered_for_no_new_input(suite: Path, tmp_path: Path) -> None:
    """It may have lacked time; one that takes no arguments has no new inputs."""
    text = "def doubled(numbers):\n    return 1 / 0\n"
    (found,) = made(tmp_path, write_suite(suite, {**PROBLEM, "solution": text}))
    assert (found.problems[0].probes, files(tmp_path)) == ((), [])
    calls = [{"args": [], "expected": 1}]
    made(tmp_path, write_suite(suite, {**PROBLEM, "solution": "def doubled():\n    return 1\n", "calls": calls}))
    assert len(files(tmp_path)) == 1


def test_one_that_could_not_be_written_leaves_nothing(suite: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        made(tmp_path / "nowhere", suite)
    (tmp_path / f".{KEPT}0.json.half").write_text("{")  # what a kill leaves
    made(tmp_path, suite)
    assert len(files(tmp_path)) == 1


def imported(path: Path) -> Iterator[str]:
    """Modules of the package that a module names, as the beginnings of paths."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            below = name.partition("lift_sys.")[2].replace(".", "/")
            if name.startswith("lift_sys.") and ((ROOT / f"{below}.py").is_file() or (ROOT / below).is_dir()):
                yield f"{below}.py" if (ROOT / f"{below}.py").is_file() else f"{below}/__init__.py"


@pytest.mark.slow
def test_forget_holds_the_rows_against_the_kept_ones(tmp_path: Path) -> None:
    """HumanEval and a suite are made once, by `generate`; what comes out is what a fresh run makes."""
    vowels = {"entry_point": "vowels", "solution": PLAIN, "calls": [{"args": ["aXe"], "expected": 2}]}
    suite = write_suite(tmp_path / "suite.jsonl", {**PROBLEM, **vowels})
    config = PipelineConfig(suites=(str(suite),))
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    write_dataset(out, config=config)
    before = {path.name: path.stat().st_ino for path in files(out / "work")}
    Forgetting(Request("zebra", "2026-11-23", out=out), make_executor("inline")).run()
    assert {path.name: path.stat().st_ino for path in files(out / "work")} == before
    assert len(before) == 2
    fresh.mkdir()
    shutil.copy(out / FORGOTTEN, fresh)
    write_dataset(fresh, PROJECTS[1:], config)
    assert [row.id for row in read_examples(out)] == [row.id for row in read_examples(fresh)]
    contaminated = [row.qualname for row in read_rejections(out) if row.reason is RejectionReason.CONTAMINATED]
    assert contaminated == ["vowels"]


def test_the_key_covers_all_code_that_makes_them() -> None:
    """What a probed benchmark is depends on these two modules and all that they reach."""
    todo = [name for name in MAKERS if name.endswith(("benchmarks.py", "decontamination_probes.py"))]
    assert len(todo) == 2
    reached = set(todo)
    while todo:
        found = set(imported(ROOT / todo.pop())) - reached
        reached |= found
        todo += found
    assert len(reached) > 10
    assert [name for name in sorted(reached) if not name.startswith(MAKERS)] == []
    assert [name for name in MAKERS if not (ROOT / name).exists()] == []
