"""What isolation costs: boxed processes a second on one core, against a whole bubblewrap for each."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from bench.common import Row
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.flake import flips
from lift_sys.records import Expected, TestCase
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import BoxConfig
from lift_sys.sandbox.candidate import Call, run_calls
from lift_sys.sandbox.environments import ENVIRONMENTS
from lift_sys.sandbox.layout import interpreter

SECONDS = 4.0
WORKERS = 2
CODE = """import re

def f(text: str, width: int) -> list[str]:
    lines: list[str] = [""]
    for word in re.findall(r"\\S+", text):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
"""
TESTS = [
    TestCase(args=("a b", width), expected=Expected(value=["a b"]), oracle="generated") for width in range(3, 15)
]
"""Twelve, the most that a row has."""


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
        *_flake_gate(),
        *_two_workers(),
        Row("boxed processes, one exchange each", warm, "/s on one core", 400, note="fork, namespaces, seccomp"),
        Row("the same, processor time", cpu, "ms each", 2.0, at_least=False, note="host's part and child's"),
        Row("bubblewrap and a Python for each", cold, "/s on one core"),
        Row("a plain Python for each, no isolation", plain, "/s on one core"),
        Row("warm box against bubblewrap for each", warm / cold, "times", 3.0),
        Row("opening a box", opened * 1000, "ms", 1500, at_least=False),
    ]


def _flake_gate() -> list[Row]:
    """What the gate costs for a row: five environments, twelve tests, seventeen processes."""

    def gate() -> None:
        assert not list(flips(boxes, CODE, "f", TESTS))

    with Boxes() as boxes:
        gate()
        cost = _cpu_ms(gate, 40)
        memory = sum(_pss(boxes[environment]) for environment in ENVIRONMENTS)
    return [
        Row("flake gate, a row of 12 tests", cost, "ms processor time", 50, at_least=False, note="17 executions"),
        Row("warm boxes of its 5 environments", memory, "MB", 150, at_least=False, note="proportional set size"),
    ]


def _pss(box: object) -> float:
    """Memory of a box's zygote in MB, shared pages by their share."""
    pid = box._zygote.pid  # type: ignore[attr-defined]
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1000


def _two_workers() -> list[Row]:
    """Executions a second where each call has its process, of two workers with a box each."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(_executions, [0.1] * WORKERS))
        rates = list(pool.map(_executions, [2 * SECONDS] * WORKERS))
    return [
        Row("isolated executions, two workers", sum(rate for rate, _ in rates), "/s", 400, note="idle cores meant"),
        Row("the same, processor time", sum(cost for _, cost in rates) / WORKERS, "ms each", 5, at_least=False),
    ]


def _executions(seconds: float) -> tuple[float, float]:
    """Executions a second, and processor time of each in ms."""
    calls = [Call('{"t":["a b",9]}')] * 12
    with open_sandbox(BoxConfig()) as box:
        run_calls(box, CODE, "f", calls, regime="fresh_process")
        count, used, started = 0, _tree_seconds(), time.perf_counter()
        while time.perf_counter() - started < seconds:
            run_calls(box, CODE, "f", calls, regime="fresh_process")
            count += len(calls)
        return count / (time.perf_counter() - started), 1000 * (_tree_seconds() - used) / count


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
