"""Exported test files: they run without lift-sys, keep values exactly, and can't be talked into a pass."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from export_box import harbor_reward, pytest_packages, run_boxed
from export_rows import BAND, deep, hard_tests

from lift_sys import wire
from lift_sys.data_synthesis.exports.naming import row_name
from lift_sys.data_synthesis.exports.registry import export
from lift_sys.data_synthesis.exports.testfiles import expression, file_of_tests, support_files
from lift_sys.records import Example, wire_text
from lift_sys.testing.blank import blank

SYSTEM = "/usr/bin/python3"
"""One that everybody may start: that of a virtual environment may lie in a home folder."""
NEW_ENOUGH = (
    os.access(SYSTEM, os.X_OK)
    and subprocess.run([SYSTEM, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).returncode == 0
)


@pytest.fixture(scope="module")
def tasks(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("harbor") / "out"
    export(folder, "harbor", out)
    return out


def test_every_value_is_written_so_that_python_reads_it_back() -> None:
    for test in hard_tests():
        for item in (*test.args, test.expected.value):
            text = expression(item)
            ast.parse(text, mode="eval")
            made = eval(text, {"value": wire.decode})  # our own values, written by us
            assert wire.encode(made) == wire_text(item)


def test_values_beyond_the_parser_are_given_by_their_wire_text() -> None:
    item = hard_tests()[-1].args[0]
    assert expression(item) == f"value({wire.encode(deep(120))!r})"
    assert expression({"f": "nan:7ff8000000000000"}).startswith("value(")
    assert expression([1, True, None]) == "[1, True, None]"


def test_the_reference_gets_1_and_the_stub_0_through_the_tasks_own_script(
    tasks: Path, examples: list[Example], tmp_path: Path
) -> None:
    for made in examples:
        task = tasks / row_name(made)
        reference = (task / "solution" / "solution.py").read_text()
        assert reference == made.code
        assert harbor_reward(task, reference, tmp_path / "work") == 1.0
        stub = (task / "environment" / "solution.py").read_text()
        assert stub == blank(made.code, made.entry_point)
        assert harbor_reward(task, stub, tmp_path / "work") == 0.0


@pytest.mark.parametrize(
    "cheat",
    [
        "raise SystemExit(0)",
        "import os\nos._exit(0)",
        "import builtins\nbuiltins.AssertionError = SystemExit",
        "import sys, os\nos.write(int(sys.argv[1]), b'3\\nV{}')\nos._exit(0)",
        "import sys, os\nos.write(int(sys.argv[1]), b'999999999999999')\nos._exit(0)",
        "import sys\nfrom pathlib import Path\ndef band(*a):\n    for p in Path('/').glob('*/verifier/*'):\n"
        "        p.write_text('1')\n    return open('/tests/test_solution.py').read()",
        "def band(*a):\n    class Any:\n        __eq__ = lambda *b: True\n    return Any()",
    ],
)
def test_code_that_ends_forges_or_equals_everything_gets_0(
    tasks: Path, examples: list[Example], tmp_path: Path, cheat: str
) -> None:
    assert harbor_reward(tasks / row_name(examples[0]), cheat, tmp_path / "work") == 0.0


def test_a_missing_solution_gets_0_and_an_old_reward_does_not_stay(tmp_path: Path, examples: list[Example]) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    made = examples[0]
    for name, text in {
        **support_files(runner=True),
        "test_solution.py": file_of_tests(made.tests, "band", ""),
    }.items():
        (tests / name).write_text(text)
    secret = tmp_path / "secret"
    secret.write_text("kept")
    reward = tmp_path / "reward.txt"
    reward.symlink_to(secret)
    command = [sys.executable, "-P", "-s", "-B", tests / "lift_run.py", tests / "test_solution.py", reward]
    done = subprocess.run(command, capture_output=True, text=True)
    assert reward.read_text() == "0\n"
    assert not reward.is_symlink()
    assert secret.read_text() == "kept"
    assert "can't be read" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0 or not NEW_ENOUGH, reason="needs root, to give it up, and a system's Python")
def test_calls_give_up_root_and_see_neither_the_tests_nor_the_parents_environment(tmp_path: Path) -> None:
    solution = tmp_path / "solution.py"
    solution.write_text(
        "import os\ndef who():\n    return [os.getuid(), os.getgid(), os.getgroups(), dict(os.environ)]\n"
    )
    for name, text in support_files(runner=True).items():
        (tmp_path / name).write_text(text)
    code = (
        "from lift_checks import Candidate\noutcome = Candidate('solution.py', 'who').call()\nprint(outcome.text)\n"
    )
    env = {**os.environ, "API_KEY": "not for the candidate"}
    done = subprocess.run([SYSTEM, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    uid, gid, groups, environment = wire.decode(done.stdout.strip())  # type: ignore[misc]
    assert (uid, gid, groups) == (65534, 65534, [])
    assert "API_KEY" not in environment


def test_the_same_file_runs_under_pytest(tasks: Path, examples: list[Example], tmp_path: Path) -> None:
    for name in ("lift_checks.py", "lift_guest.py", "lift_wire.py", "test_solution.py"):
        (tmp_path / name).write_bytes((tasks / row_name(examples[1]) / "tests" / name).read_bytes())
    (tmp_path / "solution.py").write_text(examples[1].code)
    command = ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_solution.py"]
    done = run_boxed(command, {"/app": tmp_path}, "/app", pytest_packages())
    assert f"{len(examples[1].tests)} passed" in done.stdout


def test_task_files_say_what_the_task_is(tasks: Path, examples: list[Example]) -> None:
    for made in examples:
        task = tasks / row_name(made)
        config = tomllib.loads((task / "task.toml").read_text())
        assert config["metadata"]["id"] == made.id
        assert config["metadata"]["qualname"] == made.provenance.qualname
        assert config["task"]["name"] == f"lift-sys/{row_name(made)}"
        assert (task / "environment" / "Dockerfile").read_text().startswith("FROM python:3.")
        assert os.access(task / "tests" / "test.sh", os.X_OK)
        instruction = (task / "instruction.md").read_text()
        assert "/app/solution.py" in instruction
        if made.code == BAND:
            assert "limit - age" not in instruction
