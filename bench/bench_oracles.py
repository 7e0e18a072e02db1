"""Oracles and mutants on the standard library: speed, yield, coverage, and how many mutants the tests kill.

python -m bench.bench_oracles [functions]
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.common import Row
from lift_sys.data_synthesis.batch_lifter import lift_path
from lift_sys.data_synthesis.minimise import minimise
from lift_sys.data_synthesis.oracles import choose_tests, explore
from lift_sys.records import Function
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox
from lift_sys.testing.mutants import run_mutants

SAMPLE = 300
LEFT_OUT = ("test", "tests", "site-packages", "idlelib", "lib2to3", "__pycache__", "turtledemo", "config-*", "*.so")


@dataclass
class Tally:
    """What came of a sample of functions."""

    reasons: Counter[str] = field(default_factory=Counter)
    exploring: list[float] = field(default_factory=list)
    mutating: list[float] = field(default_factory=list)
    coverage: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    seconds: float = 0.0


def sliced_functions(count: int | None) -> list[Function]:
    """Functions of the standard library that can stand alone: all, or a sample that is the same on every run."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "stdlib"
        shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=shutil.ignore_patterns(*LEFT_OUT))
        results = lift_path(library)
    found = [lifted.function for result in results for lifted in result.functions if lifted.function.slice]
    found.sort(key=lambda f: hashlib.sha256(f"{f.path}:{f.qualname}:{f.lineno}".encode()).digest())
    return found[:count]


def measure(box: Sandbox, functions: list[Function]) -> Tally:
    tally = Tally()
    start = time.perf_counter()
    for function in functions:
        tally.reasons[_one(box, function, tally)] += 1
    tally.seconds = time.perf_counter() - start
    return tally


def _one(box: Sandbox, function: Function, tally: Tally) -> str:
    assert function.slice is not None
    start = time.perf_counter()
    found = explore(box, function)
    tally.exploring.append(time.perf_counter() - start)
    if found.reason is not None:
        return found.reason.value
    tests = choose_tests(found)
    if len(tests) < 3:
        return "too_few_tests"
    start = time.perf_counter()
    matrix = run_mutants(box, function.slice.code, function.slice.entry_point, tests)
    tally.mutating.append(time.perf_counter() - start)
    kept = minimise(tests, matrix)
    score = matrix.evidence(kept).score
    if score is None:
        return "no_mutants"
    tally.scores.append(score)
    tally.kept.append(len(kept))
    if found.coverage is not None:
        tally.coverage.append(found.coverage)
    return "usable"


def run(count: int | None = SAMPLE) -> list[Row]:
    functions = sliced_functions(count)
    box = open_sandbox()
    try:
        tally = measure(box, functions)
    finally:
        box.close()
    strong = [score for score in tally.scores if score >= 0.7]
    usable = tally.reasons["usable"]
    note = ", ".join(f"{name} {n}" for name, n in tally.reasons.most_common())
    return [
        Row("oracles: functions explored and mutated", len(functions) / tally.seconds, "1/s"),
        Row("oracles: accepted (score >= 0.7)", len(strong) / tally.seconds, "1/s", 2.0),
        Row("oracles: usable functions", usable / len(functions), "share", note=note),
        Row("oracles: exploring, median", statistics.median(tally.exploring) * 1e3, "ms", 50.0, at_least=False),
        Row("oracles: mutants, median", statistics.median(tally.mutating) * 1e3, "ms"),
        Row("oracles: statement coverage, mean", statistics.mean(tally.coverage), "share", 0.9),
        Row("oracles: mutation score, mean", statistics.mean(tally.scores), "share"),
        Row("oracles: usable with score >= 0.7", len(strong) / usable, "share"),
        Row("oracles: mutation score of those, mean", statistics.mean(strong), "share", 0.92),
        Row("oracles: tests kept, mean", statistics.mean(tally.kept), "tests"),
    ]


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE):
        print(f"{row.name:45} {row.value:8.3f} {row.unit:6} {'' if row.ok is None else row.ok} {row.note}")
