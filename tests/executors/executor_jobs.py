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


def worker_pid(_: object) -> int:
    return os.getpid()


def pid_after(task: tuple[str, float]) -> int:
    """Wait until the file is there, then say which process this is."""
    path, seconds = task
    end = time.monotonic() + seconds
    while not os.path.exists(path):
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.01)
    return os.getpid()


def log_line(task: tuple[str, str]) -> str:
    """Append a line to a file: the order in which items were worked on."""
    path, line = task
    with open(path, "a") as file:
        file.write(line + "\n")
    return line


def die_once(folder: str) -> int:
    """End the worker the first time it is called with this folder."""
    mark = Path(folder) / "died"
    if not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return 1


def die_and_count(folder: str) -> int:
    """End the worker each time; a file in the folder for each."""
    (Path(folder) / str(os.getpid())).write_text("")
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


_hoard: list[bytes] = []


def hoard(megabytes: int) -> int:
    """Keep that much memory for ever."""
    _hoard.append(os.urandom(1 << 20) * megabytes)
    return os.getpid()


def boxed(x: int) -> str | None:
    """Have a sandbox of this worker double x."""
    from lift_sys.data_synthesis.boxes import worker_boxes
    from lift_sys.sandbox.candidate import Call, run_calls
    from lift_sys.wire import encode

    call = Call(encode((x,)))
    return run_calls(worker_boxes()[0], "def f(x): return 2 * x", "f", [call], regime="one_process")[0].value


def parent_dies_once(folder: str) -> int:
    """End the process that hosts this worker, the first time it is called with this folder."""
    mark = Path(folder) / "died"
    if not mark.exists():
        mark.write_text("")
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return 1
