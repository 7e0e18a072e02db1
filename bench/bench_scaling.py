"""From one worker to two, on this machine: locally and on a Ray cluster, with the work of the main job.

Functions of the standard library are examined (tests found, validated, mutated, all in sandboxes), the same ones each
time. The first ratio is the machine's own: two busy loops against one. What other programs take of the cores lowers
it, and with it what the executors can reach; so every way runs in turn, and the best of some rounds counts.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.common import Row
from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.batch_lifter import BatchLifter
from lift_sys.data_synthesis.examine import Task, examine
from lift_sys.data_synthesis.sources import StdlibSource
from lift_sys.executors import Executor, make_executor
from lift_sys.executors.inline import InlineExecutor

MODULES = ("bisect", "calendar", "colorsys", "fnmatch", "posixpath", "shlex", "statistics", "textwrap")
TASKS = 48
WARM = 8
ROUNDS = 3
EMPTY = 2000
SPIN = 3_000_000


async def tasks(cache: Path) -> list[Task]:
    checkout = StdlibSource(MODULES).checkout(cache)
    functions = [lifted async for file in BatchLifter(InlineExecutor()).lift(checkout) for lifted in file.functions]
    config = PipelineConfig(record_calls=False)
    found = [
        Task(
            repository=checkout.repository,
            licence=checkout.repository.licence,
            function=lifted.function,
            ir=lifted.ir,
            seeds=(),
            config=config,
        )
        for lifted in functions
        if lifted.ir is not None and lifted.function.slice is not None
    ]
    return found[:: max(1, len(found) // TASKS)][:TASKS]


def spin(_: int) -> int:
    total = 0
    for number in range(SPIN):
        total += number & 3
    return total


def nothing(_: int) -> None:
    return None


async def rate(executor: Executor, function: Any, items: Sequence[Any]) -> float:
    """Items a second, failures not allowed."""
    began = time.perf_counter()
    async for done in executor.map_unordered(function, items):
        if done.failure is not None:
            raise RuntimeError(f"item {done.index}: {done.failure}")
    return len(items) / (time.perf_counter() - began)


async def measure(names: Sequence[str], work: Sequence[Task]) -> dict[str, float]:
    """Best rates of every way, the ways in turn."""
    best: dict[str, float] = {}
    ways = {f"{name} {jobs}": make_executor(name, jobs) for name in names for jobs in (1, 2)}
    for _ in range(ROUNDS):
        for way, executor in ways.items():
            began = time.perf_counter()
            async with executor:
                start = time.perf_counter() - began
                await rate(executor, examine, work[:WARM])  # boxes open, modules imported
                found = {f"{way} examine": await rate(executor, examine, work), f"{way} start": -start}
                if way == "local 1" or way == "ray 1":
                    found[f"{way} empty"] = await rate(executor, nothing, range(EMPTY))
                if way.startswith("local"):
                    found[f"{way} spin"] = await rate(executor, spin, range(12))
            best |= {name: max(value, best.get(name, value)) for name, value in found.items()}
    return best


def run() -> list[Row]:
    from importlib.util import find_spec

    names = ["local", "ray"] if find_spec("ray") else ["local"]
    with tempfile.TemporaryDirectory() as cache:
        work = asyncio.run(tasks(Path(cache)))
    best = asyncio.run(measure(names, work))
    cores = len(os.sched_getaffinity(0))
    load = f"{cores} cores, load {os.getloadavg()[0]:.1f}"
    ideal = best["local 2 spin"] / best["local 1 spin"]
    rows = [Row("scaling: the machine itself, two busy loops against one", ideal, "x", note=load)]
    for name in names:
        one, two = best[f"{name} 1 examine"], best[f"{name} 2 examine"]
        rows += [
            Row(f"scaling: {name}, 1 worker", one, "functions/s", note=f"{len(work)} functions"),
            Row(f"scaling: {name}, 2 workers", two, "functions/s"),
            Row(f"scaling: {name}, 2 workers against 1", two / one, "x"),
            Row(f"scaling: {name}, 2 workers against 1, of the machine's own ratio", two / one / ideal, ""),
            Row(f"scaling: {name}, an empty item", 1000 / best[f"{name} 1 empty"], "ms"),
            Row(f"scaling: {name}, to open", -best[f"{name} 2 start"], "s"),
        ]
    return rows
