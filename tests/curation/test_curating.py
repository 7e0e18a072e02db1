"""Curation on workers gives what the chain of steps gives, in the same order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from curation_kit import row

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.curating import ROWS, Batch, Curation, settle
from lift_sys.data_synthesis.curation import apply, default_steps
from lift_sys.data_synthesis.curation.benchmarks import Benchmark, BenchmarkCall, Problem
from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination
from lift_sys.data_synthesis.curation.planted import plant, planted
from lift_sys.errors import StorageError
from lift_sys.executors import make_executor
from lift_sys.records import Example, Rejection, RejectionReason

CONFIG = PipelineConfig(min_quality=0.0)
SOLUTION = (
    "def total_above(values, limit):\n    return sum(value for value in values if value > limit) * 31 + limit\n"
)
BENCHMARK = Benchmark(
    name="bench",
    problems=(
        Problem(
            id="bench/0",
            entry_point="total_above",
            prompt="Return thirty-one times the sum of the values above a limit, plus the limit.",
            solution=SOLUTION,
            calls=(BenchmarkCall(args=([1, 2], 1), expected=63),),
        ),
    ),
)


def rows() -> list[Example]:
    """More than two batches: fresh ones, copies far from what they are like, a secret, the benchmark's own."""
    prompts = dict.fromkeys(("request", "specification", "stub"), "Write `f`, which does as it is told.")

    def of(code: str, entry_point: str = "f") -> Example:
        return row(code, entry_point, prompts=prompts)

    operators = "+-*"
    body = "def f(a, b):\n    c = a {} {}\n    if c > {}:\n        return c {} b\n    return [c, b, {}]"
    fresh = [of(body.format(operators[n % 3], n, n * n, operators[n // 3 % 3], n)) for n in range(2 * ROWS + 5)]
    secret = next(item.line for item in planted(3) if item.kind == "Stripe key")
    renamed = of(fresh[3].code.replace("a", "left").replace("c ", "found ").replace("[c", "[found"))
    copied = of(SOLUTION.replace("total_above", "f").replace("values", "xs"))
    return [*fresh[:20], plant(fresh[25], secret, "comment"), fresh[2], *fresh[20:], renamed, copied, fresh[30]]


def curated(jobs: int, folder: Path) -> list[Example | Rejection]:
    async def run() -> list[Example | Rejection]:
        async with make_executor("local", jobs) as workers:
            curation = Curation(workers, CONFIG, [BENCHMARK], folder)
            return [row async for row in curation.rows(rows())]

    return asyncio.run(run())


@pytest.mark.parametrize("jobs", [1, 3])
def test_workers_say_what_the_chain_of_steps_says(jobs: int, tmp_path: Path) -> None:
    wanted = list(apply([*default_steps(CONFIG), StaticDecontamination([BENCHMARK])], rows()))
    assert curated(jobs, tmp_path) == wanted
    reasons = {row.reason for row in wanted if isinstance(row, Rejection)}
    assert reasons >= {RejectionReason.SECRET, RejectionReason.DUPLICATE, RejectionReason.CONTAMINATED}


def test_a_benchmark_file_that_was_changed_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.json"
    file.write_text("[]")
    with pytest.raises(StorageError, match="was changed"):
        settle(Batch((rows()[0].to_line(),), CONFIG, str(file), "0" * 64))
