"""Decontamination: recall on planted copies of the solutions of HumanEval and of our own suite, and what a row costs.

Every rewriting of `bench/planting.py` is applied to each solution where it fits, those of `bench/planting_classes.py`
to classes, each of whose methods is a row. `bench/independent.py` holds solutions of HumanEval written by hand. The
rate of matches among mined rows is taken when `build/demo/examples.jsonl` is there; `docs/DECONTAMINATION.md` says
which of them are the same function.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import planting, planting_classes
from bench.common import Row
from bench.independent import SOLUTIONS
from lift_sys.data_synthesis.batch_lifter import lift_path
from lift_sys.data_synthesis.curation.benchmarks import Benchmark, Problem
from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination, load_benchmarks
from lift_sys.data_synthesis.curation.decontamination_behaviour import BehaviourTask, match, write_screen
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox

DEMO = Path("build/demo/examples.jsonl")
SUITE = Path("tests/synthetic/suite_v1.jsonl")
RECALL = 99.0


def run() -> list[Row]:
    with open_sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        human_eval, suite = load_benchmarks(sandbox, [SUITE])
        rows = [Row("HumanEval and the suite loaded and probed", time.perf_counter() - began, "s")]
        bench = _Bench(sandbox, human_eval, Path(folder))
        rows += [*bench.recall(), bench.independent()]
        own = _Bench(sandbox, suite, Path(folder))
        rows += [*own.recall(), own.in_parts(Path(folder))]
        if DEMO.is_file():
            rows += [*bench.mined(DEMO, 2.5, 40), *own.mined(DEMO)]
        return rows


class _Bench:
    def __init__(self, sandbox: Sandbox, benchmark: Benchmark, folder: Path) -> None:
        self.sandbox, self.benchmark, self.screen = sandbox, benchmark, write_screen([benchmark], folder)
        self.static = StaticDecontamination([benchmark])
        self.kind = "" if benchmark.name == "HumanEval" else "suite, "

    def looks(self, code: str, entry: str) -> bool:
        return self.static.match_code(code, entry) is not None

    def behaves(self, code: str, entry: str) -> bool:
        return match(self.sandbox, BehaviourTask(code, entry, (), self.screen)) is not None

    def recall(self) -> Iterator[Row]:
        planted = found = 0
        of_classes: list[bool] = []
        for name in planting.TRANSFORMS:
            told = [
                (problem, self.looks(*copy), self.behaves(*copy))
                for problem in self.benchmark.problems
                for copy in copies(problem, name)
            ]
            missed = [problem.id for problem, looks, behaves in told if not looks and not behaves]
            of_classes += [looks or behaves for problem, looks, behaves in told if problem.harness]
            planted += len(told)
            found += len(told) - len(missed)
            static, behaviour = (100 * sum(item[at] for item in told) / len(told) for at in (1, 2))
            note = f"{len(told)} copies; text and tree {static:.1f}, behaviour {behaviour:.1f}{_missed(missed)}"
            share = 100 * (len(told) - len(missed)) / len(told)
            yield Row(f"recall: {self.kind}{name}", share, "%", RECALL, note=note)
        if of_classes:
            note = f"{sum(of_classes)} of {len(of_classes)} methods of classes"
            share = 100 * sum(of_classes) / len(of_classes)
            yield Row(f"recall: {self.kind}classes, all rewritings", share, "%", RECALL, note=note)
        note = f"{found} of {planted} copies"
        yield Row(f"recall: {self.kind}all planted copies", 100 * found / planted, "%", RECALL, note=note)

    def in_parts(self, folder: Path) -> Row:
        """Classes with all rewritings, cut into rows as a build does it: a method with what it needs of its class."""
        told: list[tuple[str, bool]] = []
        for number, problem in enumerate(self.benchmark.problems):
            made = planting_classes.everything(problem.solution, problem.entry_point) if problem.harness else None
            if made is not None:
                path = folder / f"class_{number}.py"
                path.write_text(made[0])
                slices = [item.function.slice for file in lift_path(path) for item in file.functions]
                rows = [cut for cut in slices if cut is not None and cut.entry_point.startswith(f"{made[1]}.routine")]
                told += [(problem.id, self.behaves(cut.code, cut.entry_point)) for cut in rows]
        found = sum(behaves for _, behaves in told)
        note = f"{found} of {len(told)} methods{_missed(sorted({name for name, behaves in told if not behaves}))}"
        return Row(f"recall: {self.kind}methods with part of their class", 100 * found / len(told), "%", note=note)

    def independent(self) -> Row:
        found = [problem for problem, entry, code in SOLUTIONS if self.behaves(code, entry)]
        missed = sorted({problem for problem, _, _ in SOLUTIONS} - set(found))
        note = f"{len(found)} of {len(SOLUTIONS)}{_missed(missed)}"
        share = 100 * len(found) / len(SOLUTIONS)
        return Row("recall: solutions written independently", share, "%", RECALL, note=note)

    def mined(self, path: Path, most: float | None = None, slowest: float | None = None) -> list[Row]:
        """Matches among mined rows, and what a row costs."""
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        used = _cpu_seconds()
        behaving = [self.behaves(row["code"], row["entry_point"]) for row in rows]
        seconds = (_cpu_seconds() - used) / len(rows)
        began = time.process_time()
        looking = [self.looks(row["code"], row["entry_point"]) for row in rows]
        matches = sum(a or b for a, b in zip(behaving, looking, strict=True))
        static = (time.process_time() - began) / len(rows)
        share, note = 100 * matches / len(rows), f"{matches} of {len(rows)}"
        return [
            Row(f"{self.kind}mined rows that match", share, "%", most, False, note),
            Row(f"{self.kind}a mined row: behaviour, CPU time", 1000 * seconds, "ms", slowest, False),
            Row(f"{self.kind}a mined row: text and tree, CPU time", 1000 * static, "ms", note="prompts left out"),
        ]


def copies(problem: Problem, name: str) -> list[tuple[str, str]]:
    """The solution after one rewriting, as code and entry points: none where it does not apply."""
    if not problem.harness:
        made = planting.TRANSFORMS[name](problem.solution, problem.entry_point)
        return [] if made is None else [made]
    transform = planting_classes.TRANSFORMS.get(name)
    made = transform(problem.solution, problem.entry_point) if transform else None
    return [] if made is None else [(made[0], f"{made[1]}.{method}") for method in planting_classes.methods(*made)]


def _missed(names: list[str]) -> str:
    return f"; missed {', '.join(names)}" if names else ""


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
