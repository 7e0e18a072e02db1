"""Lifting against `ast.parse`: the standard library and the installed packages, cold, in one run."""

from __future__ import annotations

import ast
import asyncio
import gc
import os
import resource
import site
import sysconfig
import time
from pathlib import Path

from bench.common import Row
from lift_sys.data_synthesis.batch_lifter import BatchLifter, local_checkout
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.executors.local import LocalExecutor
from lift_sys.records import Licence, Repository


def checkouts() -> list[Checkout]:
    """The standard library (tests included) and what is installed beside this program, as they lie there."""
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    found = local_checkout(stdlib)
    files = tuple(path for path in found.files if "site-packages/" not in path and "lib2to3/tests/data" not in path)
    licence = Licence(spdx="PSF-2.0")
    python = Repository(
        kind="stdlib", name="python", version="bench", licence=licence, source_time="1970-01-01T00:00:00Z"
    )
    return [Checkout(python, stdlib, files, ("",)), *(local_checkout(Path(p)) for p in site.getsitepackages())]


def _cpu() -> float:
    """CPU seconds of this process and of the children it waited for."""
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def parse_all(places: list[Checkout]) -> tuple[float, float]:
    """Read and parse every file in this process: CPU seconds, wall seconds."""
    cpu, wall = _cpu(), time.perf_counter()
    for place in places:
        for path in place.files:
            try:
                ast.parse((place.folder / path).read_bytes())
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                continue
    return _cpu() - cpu, time.perf_counter() - wall


async def lift_all(places: list[Checkout], jobs: int) -> dict[str, float]:
    """Lift every file, cold, records made: CPU and wall seconds, functions, lifted ones, files that parse."""
    counts = {"functions": 0.0, "lifted": 0.0, "sliced": 0.0, "files": 0.0, "rejected_files": 0.0}
    cpu, wall = _cpu(), time.perf_counter()
    for place in places:
        async for result in BatchLifter(LocalExecutor(jobs)).lift(place):
            counts["files"] += 1
            counts["rejected_files"] += any(rejection.qualname is None for rejection in result.rejections)
            counts["functions"] += len(result.functions)
            counts["lifted"] += sum(lifted.ir is not None for lifted in result.functions)
            counts["sliced"] += sum(lifted.function.slice is not None for lifted in result.functions)
    return {**counts, "cpu": _cpu() - cpu, "wall": time.perf_counter() - wall}


def run() -> list[Row]:
    places = checkouts()
    jobs = min(2, len(os.sched_getaffinity(0)))
    parse_cpu, parse_wall = parse_all(places)
    gc.collect()
    lifted = asyncio.run(lift_all(places, jobs))
    again_cpu, again_wall = parse_all(places)  # before and after: the load of the machine changes
    parse_cpu, parse_wall = (parse_cpu + again_cpu) / 2, (parse_wall + again_wall) / 2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak += jobs * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    files = f"{lifted['files']:.0f} files, {lifted['rejected_files']:.0f} of them rejected"
    return [
        Row("lift: functions", lifted["functions"] / lifted["wall"] * 60, "a minute", 20_000, note=files),
        Row(
            "lift: CPU time against ast.parse",
            lifted["cpu"] / parse_cpu,
            "x",
            4.0,
            at_least=False,
            note=f"{lifted['cpu']:.1f} s with {jobs} jobs; ast.parse {parse_cpu:.1f} s",
        ),
        Row("lift: wall time against ast.parse on one core", lifted["wall"] / parse_wall, "x"),
        Row("lift: resident memory, all processes", peak / 1024, "MiB", 1000, at_least=False),
        Row("lift: share of functions lifted", lifted["lifted"] / lifted["functions"], "", 0.95),
        Row("lift: share of functions that stand alone", lifted["sliced"] / lifted["functions"], ""),
    ]


if __name__ == "__main__":
    for row in run():
        print(f"{row.name}: {row.value:.3f} {row.unit} (bound {row.bound}) {row.note}")
