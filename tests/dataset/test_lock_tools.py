"""The committed lock, the script that makes it, and the script that installs what it names."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from lift_sys.data_synthesis.sources import Lock

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "scripts" / "install_tools.py"


@pytest.fixture(scope="module")
def lock() -> Lock:
    return Lock.load(ROOT / "training_data" / "synthetic_v1.lock.json")


def test_a_new_lock_would_have_the_settings_and_tools_of_the_committed_one(lock: Lock) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "make_dataset_lock.py"))
    assert lock.configuration == script["CONFIGURATION"]
    assert tuple(lock.tools) == script["TOOLS"]


def install(folder: Path, tools: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    (folder / "lock.json").write_text(json.dumps({"tools": tools, **more}))
    # No index: what this asks for must fail, and what it doesn't need to ask for can't.
    command = [sys.executable, INSTALL, folder / "lock.json"]
    environment = {"PATH": "", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_tools_at_the_locks_versions_are_left_alone(tmp_path: Path) -> None:
    done = install(tmp_path, {name: metadata.version(name) for name in ("pytest", "pydantic")})
    assert (done.returncode, done.stdout) == (0, "")


def test_tools_of_other_versions_are_named_and_asked_for_at_the_locks(tmp_path: Path) -> None:
    here = metadata.version("pytest")
    done = install(tmp_path, {"pytest": "0.0.1", "no-such-tool": "7", "pydantic": metadata.version("pydantic")})
    assert done.stdout.splitlines() == [
        f"pytest: {here} -> 0.0.1, as the lock has it",
        "no-such-tool: not installed -> 7, as the lock has it",
    ]
    assert done.returncode == 1
    assert "No matching distribution found for pytest==0.0.1" in done.stderr


def test_another_python_than_the_locks_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    done = install(tmp_path, {"no-such-tool": "7"}, python="3.9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is for Python 3.9" in done.stderr
