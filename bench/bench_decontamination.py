"""Decontamination: recall on planted copies of HumanEval's solutions, by rewriting, and what a row costs.

Every rewriting of `bench/planting.py` is applied to each of the 164 solutions where it fits, and
`bench/independent.py` holds solutions written by hand. The rate of matches among mined rows is taken when
`build/demo/examples.jsonl` is there; `docs/DECONTAMINATION.md` says which of them are the same function.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.common import Row
from bench.independent import SOLUTIONS
from bench.planting import TRANSFORMS, Transform
from lift_sys.data_synthesis.curation.benchmarks import Benchmark
from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination, load_benchmarks
from lift_sys.data_synthesis.curation.decontamination_behaviour import BehaviourTask, Screen, match, write_screen
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox

DEMO = Path("build/demo/examples.jsonl")
RECALL = 99.0


def run() -> list[Row]:
    with open_sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        benchmarks = load_benchmarks(sandbox)
        rows = [Row("HumanEval loaded and probed", time.perf_counter() - began, "s")]
        bench = _Bench(sandbox, benchmarks, write_screen(benchmarks, Path(folder)))
        for name, transform in TRANSFORMS.items():
            rows += bench.recall(name, transform)
        rows.append(bench.total())
        rows.append(bench.independent())
        if DEMO.is_file():
            rows += bench.mined(DEMO)
        return rows


class _Bench:
    def __init__(self, sandbox: Sandbox, benchmarks: list[Benchmark], screen: Screen) -> None:
        self.sandbox, self.benchmarks, self.screen = sandbox, benchmarks, screen
        self.static = StaticDecontamination(benchmarks)
        self.planted = self.found = 0

    def behaves(self, code: str, entry: str) -> bool:
        return match(self.sandbox, BehaviourTask(code, entry, (), self.screen)) is not None

    def copies(self, transform: Transform) -> Iterator[tuple[str, str, str]]:
        for benchmark in self.benchmarks:
            for problem in benchmark.problems:
                made = transform(problem.solution, problem.entry_point)
                if made is not None:
                    yield problem.id, *made

    def recall(self, name: str, transform: Transform) -> list[Row]:
        count = static = behaviour = either = 0
        missed: list[str] = []
        for problem, code, entry in self.copies(transform):
            looks = self.static.match_code(code, entry) is not None
            behaves = self.behaves(code, entry)
            count += 1
            static += looks
            behaviour += behaves
            either += looks or behaves
            if not looks and not behaves:
                missed.append(problem)
        self.planted += count
        self.found += either
        note = f"{count} copies; text and tree {100 * static / count:.1f}, behaviour {100 * behaviour / count:.1f}"
        if missed:
            note += f"; missed {', '.join(missed)}"
        return [Row(f"recall: {name}", 100 * either / count, "%", RECALL, note=note)]

    def total(self) -> Row:
        note = f"{self.found} of {self.planted} copies"
        return Row("recall: all planted copies", 100 * self.found / self.planted, "%", RECALL, note=note)

    def independent(self) -> Row:
        found = [problem for problem, entry, code in SOLUTIONS if self.behaves(code, entry)]
        missed = sorted({problem for problem, _, _ in SOLUTIONS} - set(found))
        note = f"{len(found)} of {len(SOLUTIONS)}{'; missed ' + ', '.join(missed) if missed else ''}"
        share = 100 * len(found) / len(SOLUTIONS)
        return Row("recall: solutions written independently", share, "%", RECALL, note=note)

    def mined(self, path: Path) -> list[Row]:
        """Matches among mined rows, and what a row costs."""
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        used = _cpu_seconds()
        behaving = [self.behaves(row["code"], row["entry_point"]) for row in rows]
        seconds = (_cpu_seconds() - used) / len(rows)
        began = time.process_time()
        looking = [self.static.match_code(row["code"], row["entry_point"]) is not None for row in rows]
        matches = sum(a or b for a, b in zip(behaving, looking, strict=True))
        static = (time.process_time() - began) / len(rows)
        return [
            Row("mined rows that match", 100 * matches / len(rows), "%", 2.5, False, f"{matches} of {len(rows)}"),
            Row("a mined row: behaviour, CPU time", 1000 * seconds, "ms", 40, False),
            Row("a mined row: text and tree, CPU time", 1000 * static, "ms", note="prompts left out"),
        ]


def _cpu_seconds() -> float:
    """CPU time of this process and of all below it, those that have ended included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1])
        used[int(path.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    family = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(used.get(member, 0.0) for member in family)
