"""What the tests of the sandbox share: asking a box, and looking at it from outside."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lift_sys.sandbox.api import Limits, Sandbox

SMALL = Limits(memory=512 << 20, tasks=64, tmp=64 << 20, result=1 << 20)
ARM = """
import sys
sys.modules.pop("_ctypes")
sys.path.insert(0, "/armed")
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return errno.errorcode[ctypes.get_errno()] if result < 0 else result
"""

ATTEMPT = """
def attempt(action):
    try:
        return "worked", action()
    except BaseException as error:
        return type(error).__name__, str(error)
"""


def ask(box: Sandbox, source: str, seconds: float = 30, limits: Limits | None = None) -> Any:
    """Run source in a fresh boxed process; the value it gives to `reply`, or the text of its traceback."""
    with box.spawn("probe", limits) as process:
        process.send(source.encode())
        return answer(process.receive(seconds))


def answer(frame: bytes) -> Any:
    text = frame.decode()
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def tries(box: Sandbox, expression: str, setup: str = "") -> tuple[str, Any]:
    """What became of evaluating an expression in the box: ("worked", value) or (exception, message)."""
    result = ask(box, f"import os, socket, sys\n{setup}\n{ATTEMPT}\nreply(attempt(lambda: {expression}))")
    assert isinstance(result, tuple), result
    return result


def descendants(root: int | None = None) -> set[int]:
    """Processes below `root` (this process) that are not zombies."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    found = {root or os.getpid()}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} | found
        grown, found = more != found, more
    return found - {root or os.getpid()}


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Poll an outside fact that nothing announces."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
