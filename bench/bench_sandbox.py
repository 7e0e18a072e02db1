"""What isolation costs: boxed processes a second on one core, against a whole bubblewrap for each."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.common import Row
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import BoxConfig
from lift_sys.sandbox.layout import interpreter

SECONDS = 4.0


def run() -> list[Row]:
    with _one_core():
        started = time.perf_counter()
        with open_sandbox(BoxConfig()) as box:
            opened = time.perf_counter() - started

            def boxed() -> None:
                with box.spawn("probe") as process:
                    process.send(b"reply(1)")
                    process.receive(60)

            warm = _rate(boxed)
            cpu = _cpu_ms(boxed)
        cold = _rate(_bubblewrap_and_python)
        plain = _rate(_python)
    return [
        Row("boxed processes, one exchange each", warm, "/s on one core", 400, note="fork, namespaces, seccomp"),
        Row("the same, processor time", cpu, "ms each", 2.0, at_least=False, note="host's part and child's"),
        Row("bubblewrap and a Python for each", cold, "/s on one core"),
        Row("a plain Python for each, no isolation", plain, "/s on one core"),
        Row("warm box against bubblewrap for each", warm / cold, "times", 3.0),
        Row("opening a box", opened * 1000, "ms", 1500, at_least=False),
    ]


def _rate(action: Callable[[], object]) -> float:
    action()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        action()
        count += 1
    return count / (time.perf_counter() - started)


def _cpu_ms(action: Callable[[], object], count: int = 300) -> float:
    """Processor time of everything on this core's run queue that we started, by the scheduler's own clock."""
    before = _tree_seconds()
    for _ in range(count):
        action()
    return 1000 * (_tree_seconds() - before) / count


def _tree_seconds() -> float:
    """Seconds that this process and what it started have used, children that are gone included."""
    total, tick = 0.0, os.sysconf("SC_CLK_TCK")
    todo = [os.getpid()]
    while todo:
        pid = todo.pop()
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                todo += map(int, file.read().split())
        except OSError:
            continue
        total += sum(map(int, fields[11:15])) / tick
    return total


def _bubblewrap_and_python() -> None:
    python = interpreter().executable
    command = ["bwrap", "--unshare-all", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]
    subprocess.run([*command, python, "-I", "-S", "-c", "print(1)"], check=True, stdout=subprocess.DEVNULL)


def _python() -> None:
    subprocess.run([interpreter().executable, "-I", "-S", "-c", "1"], check=True)


@contextmanager
def _one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
