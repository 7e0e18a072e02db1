"""Functions of written files, and what their slices do."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from lift_sys.data_synthesis.batch_lifter import FileResult, lift_path
from lift_sys.executors.inline import InlineExecutor
from lift_sys.records import Function


def lifted_files(folder: Path, files: dict[str, str]) -> list[FileResult]:
    """Write the files and lift the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return lift_path(folder, InlineExecutor())


def code_of(function: Function) -> str:
    assert function.slice is not None, function.obstacle
    return function.slice.code


def run(code: str, expression: str) -> str:
    """The value of an expression, in a fresh isolated interpreter, after the slice (our own text) has run."""
    program = f"{code}\nprint({expression})"
    done = subprocess.run([sys.executable, "-I", "-W", "error", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
