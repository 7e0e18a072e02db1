"""How long a user waits before anything happens."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.common import Row

REPEATS = 9


def _median_ms(command: list[str]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return 1000 * sorted(times)[REPEATS // 2]


def run() -> list[Row]:
    bare = _median_ms([sys.executable, "-c", "pass"])
    package = _median_ms([sys.executable, "-c", "import lift_sys"])
    help_page = _median_ms([str(Path(sys.executable).parent / "lift-sys"), "--help"])
    note = f"(bare interpreter: {bare:.0f} ms)"
    return [
        Row("import lift_sys, above the bare interpreter", package - bare, "ms", 50, at_least=False, note=note),
        Row("lift-sys --help", help_page, "ms", 300, at_least=False),
    ]
