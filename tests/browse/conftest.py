from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browse_rows import write_rows

LIFT_SYS = str(Path(sys.executable).parent / "lift-sys")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("browse") / "dataset")


@contextlib.contextmanager
def serving(place: Path) -> Iterator[str]:
    """The command as a reader starts it; its address."""
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


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as found:
        yield found
