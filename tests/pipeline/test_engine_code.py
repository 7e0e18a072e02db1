"""What a change of the package's source means for finished work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lift_sys


def versions(root: Path) -> list[str]:
    program = "from lift_sys.config import code_version, engine_code; print(code_version(), engine_code())"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.split()


def change(path: Path) -> None:
    path.write_text(path.read_text() + "\n")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    source = Path(lift_sys.__file__).parent
    shutil.copytree(source, tmp_path / "lift_sys", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("path", ["cli/show.py", "reports/charts.py", "data_synthesis/curation/secrets.py"])
def test_work_is_kept_when_what_comes_after_it_changes(package: Path, path: str) -> None:
    before = versions(package)
    change(package / "lift_sys" / path)
    after = versions(package)
    assert after[0] != before[0]
    assert after[1] == before[1]


ENGINE = [
    "wire.py",
    "data_synthesis/examine.py",
    "data_synthesis/file_licences.py",
    "data_synthesis/flake.py",
    "data_synthesis/licences.py",
    "data_synthesis/notices.py",
    "ir/models.py",
    "records/models.py",
    "reverse_mode/refine.py",
    "sandbox/guest/explorer.py",
]


@pytest.mark.parametrize("path", ENGINE)
def test_work_is_done_again_when_the_engine_changes(package: Path, path: str) -> None:
    before = versions(package)
    change(package / "lift_sys" / path)
    assert versions(package)[1] != before[1]
