"""Functions for the executor tests: workers import them by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def double(x: int) -> int:
    return 2 * x


def raise_on_three(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x


def die_on_three(x: int) -> int:
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def exit_on_three(x: int) -> int:
    if x == 3:
        os._exit(7)
    return x


def chatter(x: int) -> int:
    print("noise on standard output", x, flush=True)
    os.write(1, b"more noise")
    sys.stdin.read()
    return x


def large(x: int) -> bytes:
    return bytes([x]) * 5_000_000


def touch_and_wait(folder: str) -> int:
    path = Path(folder) / str(os.getpid())
    path.write_text("")
    time.sleep(600)
    return 0
