"""Guest program: compiles the modules of a mounted wheel, so that no boxed process has to do it again.

The host sends one frame, JSON with `folder` and `files`; the answers are a frame for each file that compiles, its
name, a line feed and the bytes of its `.pyc`, and an empty frame at the end. Nothing is executed. The byte code is
marked as never to be checked against the source: wheels do not change, and their dates mean nothing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import warnings
from typing import Any


def main(channel: Any) -> None:
    from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]

    request = json.loads(channel.receive())
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(5000)
    for name in request["files"]:
        path = os.path.join(request["folder"], name)
        try:
            with open(path, "rb") as file:
                source = file.read()
            code = compile(source, path, "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        compiled = _code_to_hash_pyc(code, importlib.util.source_hash(source), False)
        channel.send(name.encode() + b"\n" + bytes(compiled))
    channel.send(b"")
