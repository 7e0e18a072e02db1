"""What every executor promises; the crash tests are for those that have processes to lose."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import executor_jobs as jobs
import pytest

from lift_sys.executors import Done, Executor, ItemRaised, WorkerCrashed
from lift_sys.executors.inline import InlineExecutor
from lift_sys.executors.local import LocalExecutor

EXECUTORS = {
    "inline": InlineExecutor,
    "local-1": lambda: LocalExecutor(1),
    "local-3": lambda: LocalExecutor(3),
}
POOLS = [name for name in EXECUTORS if name != "inline"]


def run(executor: Executor, function, items) -> list[Done]:
    async def collect():
        return [done async for done in executor.map_unordered(function, items)]

    return sorted(asyncio.run(collect()), key=lambda done: done.index)


@pytest.fixture(params=sorted(EXECUTORS))
def executor(request):
    return EXECUTORS[request.param]()


@pytest.fixture(params=POOLS)
def pool(request):
    return EXECUTORS[request.param]()


def test_every_item_has_exactly_one_result_tagged_with_its_index(executor):
    done = run(executor, jobs.double, list(range(20)))
    assert done == [Done(i, 2 * i) for i in range(20)]


def test_no_items_no_results(executor):
    assert run(executor, jobs.double, []) == []


def test_an_item_that_raises_is_data_and_touches_no_other(executor):
    done = run(executor, jobs.raise_on_three, list(range(6)))
    assert done[3].failure == ItemRaised("ValueError", "three")
    assert [d.result for d in done if d.failure is None] == [0, 1, 2, 4, 5]


def test_results_of_some_megabytes_come_back_whole(executor):
    assert run(executor, jobs.large, [1, 2])[1].result == b"\2" * 5_000_000


@pytest.mark.parametrize("function", [jobs.die_on_three, jobs.exit_on_three])
def test_a_dead_worker_names_the_item_that_killed_it(pool, function):
    done = run(pool, function, list(range(8)))
    assert isinstance(done[3].failure, WorkerCrashed)
    assert ("SIGKILL" if function is jobs.die_on_three else "status 7") in done[3].failure.detail
    assert [d.result for d in done if d.failure is None] == [0, 1, 2, 4, 5, 6, 7]


def test_what_a_function_prints_does_not_disturb_the_answers(pool):
    assert run(pool, jobs.chatter, [1, 2]) == [Done(0, 1), Done(1, 2)]


def test_an_item_that_takes_too_long_is_ended(tmp_path):
    done = run(LocalExecutor(1, seconds=0.5), jobs.touch_and_wait, [str(tmp_path)])
    assert isinstance(done[0].failure, WorkerCrashed)
    assert "0.5 s" in done[0].failure.detail
    assert not _alive(tmp_path)


def test_leaving_early_ends_the_workers(tmp_path):
    async def first_only():
        results = LocalExecutor(2).map_unordered(_first_quick, [(1, ""), (2, str(tmp_path))])
        async for done in results:
            while not list(tmp_path.iterdir()):
                await asyncio.sleep(0.01)
            await results.aclose()
            return done
        raise AssertionError("no result")

    assert asyncio.run(first_only()).result == 1
    assert not _alive(tmp_path)


def _first_quick(item):
    number, folder = item
    return jobs.touch_and_wait(folder) if folder else number


def _alive(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if Path("/proc", name).exists()]
