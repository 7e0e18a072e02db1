"""A dataset made on Ray while workers are killed has the bytes of one made locally and left alone."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from lift_sys.executors.pool import MACHINE_LOST

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")]
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "ray_kill.py"
FILES = ("examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json")


def test_a_dataset_is_the_same_when_an_actor_and_a_hosted_worker_were_killed(tmp_path):
    """One kill of each kind, so that no item can end two workers and be given up."""
    command = [sys.executable, SCRIPT, "--kills", "2", "--every", "1", "--work", tmp_path]
    command += ["--no-decontaminate", "--modules", "bisect", "fnmatch", "textwrap"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lost = re.findall(r"items lost: (.+)", done.stdout)
    assert {MACHINE_LOST, "the worker was killed by SIGKILL"} <= set(lost), done.stdout
    for name in FILES:
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "local" / name).read_bytes(), name
    assert len((tmp_path / "local" / FILES[0]).read_bytes().splitlines()) >= 5
