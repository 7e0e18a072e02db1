"""With LIFT_SYS_NO_SKIPS=1 a test that is skipped for want of something fails; without it, it is skipped."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
MAY_SKIP: tuple[str, ...] = runpy.run_path(str(TESTS / "conftest.py"))["MAY_SKIP"]
WANTING = {
    "inside": "def test_it():\n    pytest.importorskip('no_such_library')\n",
    "marked": "@pytest.mark.skipif(True, reason='no Chromium on this machine')\ndef test_it(): pass\n",
    "module": "pytest.importorskip('no_other_library')\ndef test_it(): pass\n",
}
HARMLESS = {
    "passes": "def test_it(): pass\n",
    "allowed": f"def test_it():\n    pytest.skip({MAY_SKIP[0]!r})\n",
    "expected": "@pytest.mark.xfail(strict=True)\ndef test_it(): assert False\n",
}


def run(folder: Path, tests: dict[str, str], asked: str, workers: int = 0) -> subprocess.CompletedProcess[str]:
    """Pytest on these files, with a copy of our conftest."""
    (folder / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    for name, text in tests.items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{text}")
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "xdist", "-n", str(workers)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"LIFT_SYS_NO_SKIPS": asked, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command += ["-p", "no:cacheprovider", "--continue-on-collection-errors"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_skip_for_want_of_something_fails_and_says_of_what(tmp_path: Path, workers: int) -> None:
    done = run(tmp_path, WANTING, "1", workers)
    assert done.returncode == 1, done.stdout
    assert "1 failed, 2 errors" in done.stdout
    for reason in ("no_such_library", "no_other_library", "no Chromium on this machine"):
        assert any("LIFT_SYS_NO_SKIPS: Skipped: " in line and reason in line for line in done.stdout.splitlines())


def test_reasons_on_the_list_and_expected_failures_stay_what_they_are(tmp_path: Path) -> None:
    done = run(tmp_path, HARMLESS, "1")
    assert (done.returncode, "1 passed, 1 skipped, 1 xfailed" in done.stdout) == (0, True), done.stdout


def test_without_the_variable_every_skip_is_one(tmp_path: Path) -> None:
    done = run(tmp_path, WANTING | HARMLESS, "")
    assert (done.returncode, "1 passed, 4 skipped, 1 xfailed" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("reason", MAY_SKIP)
def test_every_reason_on_the_list_is_one_that_a_test_gives(reason: str) -> None:
    others = [path for path in TESTS.rglob("*.py") if path != TESTS / "conftest.py"]
    assert any(reason in path.read_text() for path in others)
