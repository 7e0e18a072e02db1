"""Byte code of locked wheels, compiled once in a box of its own and kept beside them.

A boxed process can't write, so without this each would compile every module that it imports. The compiler reads
hostile text, so it runs boxed, with one wheel in sight; its answers are written as bytes, and loaded only in boxes.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import PurePosixPath

from lift_sys.data_synthesis.sources.store import locked, storage, write_atomically
from lift_sys.data_synthesis.sources.wheels import Wheel
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge
from lift_sys.sandbox.api import MIB, BoxConfig, Limits, Mount

SECONDS = 60.0


def compile_wheel(wheel: Wheel) -> None:
    """Put `__pycache__` folders for this interpreter into a wheel, unless they are there.

    Raises:
        SandboxError: no box can be opened, or ours broke.
        StorageError: the cache can't be written.
    """
    home = wheel.folder.parent
    magic = importlib.util.MAGIC_NUMBER.hex()
    marker = home / f"compiled-{sys.implementation.cache_tag}-{magic}.json"
    if marker.is_file():
        return
    with storage(home), locked(home.parent / f".{home.name}.lock"):
        if marker.is_file():
            return
        done = _compile(wheel)
        write_atomically(marker, json.dumps(done).encode())


def _compile(wheel: Wheel) -> list[str]:
    from lift_sys.sandbox import open_sandbox

    modules = [path for path in wheel.files if path.endswith(".py")]
    expected, done = set(modules), []
    config = BoxConfig(mounts=(Mount(str(wheel.folder), wheel.inside),))
    limits = Limits(call_seconds=SECONDS, result=64 * MIB)
    with open_sandbox(config) as box, box.spawn("bytecode", limits) as process:
        process.send(json.dumps({"folder": wheel.inside, "files": modules}).encode())
        try:
            while frame := process.receive(SECONDS):
                name, _, code = frame.partition(b"\n")
                path = name.decode("utf-8", "replace")
                if path not in expected:
                    break
                expected.discard(path)
                write_atomically(wheel.folder / _place(path), code)
                done.append(path)
        except (CandidateDied, CandidateTimeout, ResultTooLarge):
            pass  # what it did not get to is compiled where it is imported
    return done


def _place(path: str) -> str:
    file = PurePosixPath(path)
    return str(file.parent / "__pycache__" / f"{file.stem}.{sys.implementation.cache_tag}.pyc")
