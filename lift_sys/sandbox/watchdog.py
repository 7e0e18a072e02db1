"""The memory limit where there is no memory control group: look at the tree every few milliseconds, and end it.

Weaker than the kernel's own limit: a tree can pass it for one interval. A box that relies on it names
`memory-cgroup` among its missing protections.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path

INTERVAL = 0.02
_PROC = Path("/proc")


class Watchdog:
    """Watches the trees below a zygote while guests run, and kills each that holds more than the limit."""

    def __init__(self, zygote: int) -> None:
        self._zygote = zygote
        self._base = _resident(zygote)
        self._limit = 0
        self._killed = 0
        self._running = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox-watchdog", daemon=True)
        self._thread.start()

    def watch(self, limit: int) -> None:
        self._limit = limit
        self._running.set()

    def pause(self) -> None:
        self._running.clear()

    def ran_out_of_memory(self) -> bool:
        """Whether a tree was killed since the last call."""
        killed, self._killed = self._killed, 0
        return killed > 0

    def stop(self) -> None:
        self._stopped.set()
        self._running.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(INTERVAL):
            self._running.wait()
            for guest in _children(self._zygote):
                used = sum(max(0, _resident(pid) - self._base) for pid in _tree(guest))
                if used > self._limit:
                    self._kill(guest)

    def _kill(self, guest: int) -> None:
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(guest)
            try:
                if guest in _children(self._zygote):  # the number still means the process that was measured
                    self._killed += 1
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """Child processes of all threads of a process."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return found


def _resident(pid: int) -> int:
    """Bytes of anonymous and shared memory of a process; 0 when it is gone."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total
