"""A box for the scripts of exported tasks, which bring code that was mined: no network, no files but those given."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SECONDS = 300
PYTEST = ("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments")


def run_boxed(
    command: Sequence[str], binds: dict[str, Path], cwd: str, packages: Sequence[Path] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command with folders shown, writable, at the places given; `packages` are those that Python imports."""
    python = Path(os.path.realpath(sys.executable))
    prefix = python.parent.parent
    site = next((prefix / "lib").glob("python3.*/site-packages"))
    arguments = ["bwrap", "--unshare-all", "--uid", "1000", "--gid", "1000", "--die-with-parent", "--new-session"]
    arguments += ["--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", f"{python.parent}:/usr/bin:/bin"]
    arguments += ["--setenv", "HOME", "/tmp", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib64"):
        arguments += ["--symlink", f"usr/{name}", f"/{name}"]
    arguments += ["--ro-bind", str(prefix), str(prefix), "--tmpfs", str(site)]
    for package in packages:
        arguments += ["--ro-bind", str(package), str(site / package.name)]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for inside, host in binds.items():
        arguments += ["--bind", str(host), inside]
    arguments += ["--chdir", cwd, *command]
    return subprocess.run(arguments, capture_output=True, text=True, errors="replace", timeout=SECONDS)


def pytest_packages() -> list[Path]:
    import pytest

    folder = Path(pytest.__file__).parent.parent
    return [*(folder / name for name in PYTEST), *folder.glob("pluggy-*.dist-info")]


def harbor_reward(task: Path, solution: str, work: Path, packages: Sequence[Path] = ()) -> float:
    """What the task's own `tests/test.sh` writes for a solution, in a copy of its folders at `work`."""
    shutil.rmtree(work, ignore_errors=True)
    app, logs, tests = work / "app", work / "logs", work / "tests"
    shutil.copytree(task / "environment", app)
    shutil.copytree(task / "tests", tests)
    logs.mkdir()
    (app / "solution.py").write_text(solution, encoding="utf-8")
    done = run_boxed(["sh", "/tests/test.sh"], {"/app": app, "/tests": tests, "/logs": logs}, "/app", packages)
    reward = logs / "verifier" / "reward.txt"
    assert reward.is_file(), done.stdout + done.stderr
    return float(reward.read_text())
