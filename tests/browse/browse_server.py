"""The command as a reader starts it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LIFT_SYS = str(Path(sys.executable).parent / "lift-sys")


@contextlib.contextmanager
def serving(place: Path) -> Iterator[str]:
    """Its address, while it runs."""
    command = [LIFT_SYS, "browse", str(place), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if line.strip()), "")
            if not line.startswith("http"):
                assert process.stderr is not None
                pytest.fail(process.stderr.read())
            yield line.split()[0].rstrip("/")
        finally:
            process.terminate()
