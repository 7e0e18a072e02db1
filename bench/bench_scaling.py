"""From one worker to two, on this machine: locally and on a Ray cluster, with the work of the main job.

Functions of the standard library are examined (tests found, validated, mutated, all in sandboxes). The first ratio is
the machine's own: two busy loops against one. What other programs take of the cores lowers it, and with it what the
executors can reach; so each round runs all ways on the same functions, one right after the other, and each ratio is
the median of the rounds' own ratios.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from bench.common import Row
from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.batch_lifter import BatchLifter
from lift_sys.data_synthesis.examine import Task, examine
from lift_sys.data_synthesis.sources import StdlibSource
from lift_sys.executors import Executor, make_executor
from lift_sys.executors.inline import InlineExecutor

MODULES = ("bisect", "calendar", "colorsys", "fnmatch", "posixpath", "shlex", "statistics", "textwrap")
TASKS = 8
"""A round's functions."""
ROUNDS = 6
EMPTY = 500
SPINS = 8


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
    return found[:: max(1, len(found) // (TASKS * ROUNDS))][: TASKS * ROUNDS]


def spin(_: int) -> int:
    total = 0
    for number in range(1_000_000):
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


async def measure(name: str, work: Sequence[Task]) -> dict[str, list[float]]:
    """Of every round: the rates with one worker and with two, of functions, busy loops and empty items."""
    found: dict[str, list[float]] = {}
    began = time.perf_counter()
    async with make_executor(name, 3):  # the others share its cluster, where there is one
        found["open"] = [time.perf_counter() - began]
        async with make_executor(name, 1) as one, make_executor(name, 2) as two:
            for executor in (one, two):  # boxes open, modules imported
                await rate(executor, examine, work[: 2 * executor.jobs])
            for round in range(ROUNDS):
                part = work[round * TASKS : (round + 1) * TASKS]
                for function, items in ((examine, part), (spin, range(SPINS)), (nothing, range(EMPTY))):
                    for executor in (one, two):
                        key = f"{function.__name__} {executor.jobs}"
                        found.setdefault(key, []).append(await rate(executor, function, items))
    return found


def ratio(found: dict[str, list[float]], what: str) -> float:
    pairs = zip(found[f"{what} 1"], found[f"{what} 2"], strict=True)
    return median(two / one for one, two in pairs)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as cache:
        work = asyncio.run(tasks(Path(cache)))
    rows = []
    for name in ("local", "ray") if find_spec("ray") else ("local",):
        found = asyncio.run(measure(name, work))
        load = f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}"
        rows += [
            Row(
                f"{name}: functions, 1 worker", median(found["examine 1"]), "a second", note=f"{len(work)} functions"
            ),
            Row(f"{name}: functions, 2 workers", median(found["examine 2"]), "a second", note=load),
            Row(f"{name}: functions, 2 workers against 1", ratio(found, "examine"), "x"),
            Row(f"{name}: busy loops, 2 workers against 1", ratio(found, "spin"), "x", note="what the machine gives"),
            Row(f"{name}: an empty item", 1000 / median(found["nothing 1"]), "ms", note="one worker"),
            Row(f"{name}: to open", found["open"][0], "s"),
        ]
    return rows
