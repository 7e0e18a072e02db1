"""A kill anywhere in `lift-sys forget` leaves the old dataset or the new one, and the next run ends it."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from forget_world import MARKER, World, write_world

from lift_sys.data_synthesis.dataset import read_manifest
from lift_sys.data_synthesis.row_file import open_rows

LIFT_SYS = str(Path(sys.executable).parent / "lift-sys")
KILLS = 12


def command(world: World) -> list[str]:
    places = ["--out", world.out, "--lock", world.lock, "--cache", world.cache]
    return [LIFT_SYS, "forget", "acme/zebra", "--date", "2026-11-23", *map(str, places)]


def files(world: World) -> dict[str, bytes]:
    """All but the checkpoint, whose pages have counters, and the folder's lock."""
    return {
        path.relative_to(world.root).as_posix(): re.sub(rb'"code_version": "[^"]*"', b"", path.read_bytes())
        for path in sorted(world.root.rglob("*"))
        if path.is_file() and path.suffix != ".sqlite" and path.name != ".lock"
    }


@pytest.mark.slow
def test_killed_anywhere_it_is_old_or_new_and_ends_the_same(tmp_path: Path) -> None:
    template = write_world(tmp_path / "world")
    old = read_manifest(template.out)["rows"]
    whole = World(shutil.copytree(template.root, tmp_path / "whole"))
    started = time.monotonic()
    subprocess.run(command(whole), check=True, capture_output=True)
    seconds = time.monotonic() - started
    new = read_manifest(whole.out)["rows"]
    chance = random.Random(7)
    killed = 0
    for attempt in range(KILLS):
        world = World(shutil.copytree(template.root, tmp_path / f"world{attempt}"))
        with subprocess.Popen(command(world), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(seconds * chance.uniform(0.3, 1.0))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        assert read_manifest(world.out)["rows"] in (old, new)
        open_rows(world.out)  # whole: every file has the hash that the manifest names
        subprocess.run(command(world), check=True, capture_output=True)
        assert world.holding(MARKER) == []
        assert files(world) == files(whole)
        assert not [path for path in world.root.rglob("*") if "forgetting" in path.name]
    assert killed >= KILLS // 3
