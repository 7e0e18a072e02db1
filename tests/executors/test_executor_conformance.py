"""What every executor promises; the crash tests are for those that have processes to lose."""

from __future__ import annotations

import asyncio
import contextlib
import os
from importlib.util import find_spec
from pathlib import Path

import executor_jobs as jobs
import pytest

from lift_sys.executors import Done, Executor, ExecutorClosed, ItemRaised, WorkerCrashed
from lift_sys.executors.inline import InlineExecutor
from lift_sys.executors.local import LocalExecutor
from lift_sys.executors.modal_executor import ModalExecutor, Rehearsal
from lift_sys.executors.ray_executor import RayExecutor

EXECUTORS = {
    "inline": InlineExecutor,
    "local-1": lambda: LocalExecutor(1),
    "local-3": lambda: LocalExecutor(3),
    "modal-rehearsal": lambda: ModalExecutor(1, Rehearsal()),
    "ray-2": lambda: RayExecutor(2),
}
SLOW = {"ray-2"}
EVERY = [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in EXECUTORS]


def made(request) -> Executor:
    library = request.param.partition("-")[0]
    if library in ("ray", "modal") and find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    if library == "ray":
        request.getfixturevalue("ray_cluster")
    return EXECUTORS[request.param]()


@pytest.fixture(params=EVERY)
def executor(request):
    return made(request)


@pytest.fixture(params=EVERY[1:])
def pool(request):
    return made(request)


@pytest.fixture(scope="module")
def ray_cluster():
    """One cluster for all tests: executors use the connection that is there."""
    holder = RayExecutor(3)
    with asyncio.Runner() as runner:
        runner.run(holder.__aenter__())
        yield
        runner.run(holder.aclose())


async def collect(executor: Executor, function, items, **options) -> list[Done]:
    found = [done async for done in executor.map_unordered(function, items, **options)]
    return sorted(found, key=lambda done: done.index)


def run(executor: Executor, function, items) -> list[Done]:
    return asyncio.run(collect(executor, function, items))


def test_every_item_has_exactly_one_result_tagged_with_its_index(executor):
    assert run(executor, jobs.double, list(range(50))) == [Done(i, 2 * i) for i in range(50)]


def test_no_items_no_results(executor):
    assert run(executor, jobs.double, []) == []


def test_an_item_that_raises_is_data_and_touches_no_other(executor):
    done = run(executor, jobs.raise_on_three, list(range(6)))
    assert done[3].failure == ItemRaised("ValueError", "three")
    assert [d.result for d in done if d.failure is None] == [0, 1, 2, 4, 5]


def test_results_of_some_megabytes_come_back_whole(executor):
    assert run(executor, jobs.large, [1, 2])[1].result == b"\2" * 5_000_000


def test_items_may_come_from_an_iterator_or_an_asynchronous_one(executor):
    async def slowly():
        for x in range(30):
            await asyncio.sleep(0)
            yield x

    expected = [Done(i, 2 * i) for i in range(30)]
    assert run(executor, jobs.double, iter(range(30))) == expected
    assert run(executor, jobs.double, slowly()) == expected


def test_an_endless_iterable_is_not_pulled_in(executor):
    pulled = 0

    def endless():
        nonlocal pulled
        while True:
            yield (pulled := pulled + 1)

    async def some():
        async with contextlib.aclosing(executor.map_unordered(jobs.double, endless())) as results:
            return [await anext(results) for _ in range(20)]

    assert len(asyncio.run(some())) == 20
    assert pulled <= 20 + 8 * executor.jobs


def test_an_iterable_that_breaks_tells_the_caller(executor):
    def broken():
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        run(executor, jobs.double, broken())


def test_iterations_at_one_time_get_their_own_results(executor):
    async def several():
        async with executor:
            return await asyncio.gather(*(collect(executor, jobs.double, range(i, i + 20)) for i in range(6)))

    for i, found in enumerate(asyncio.run(several())):
        assert found == [Done(k, 2 * (i + k)) for k in range(20)]


def test_an_executor_can_be_used_again_after_it_was_closed_and_in_another_loop(executor):
    async def twice():
        async with executor:
            first = await collect(executor, jobs.double, [1])
        return first + await collect(executor, jobs.double, [2])

    assert [done.result for done in asyncio.run(twice()) + asyncio.run(twice())] == [2, 4, 2, 4]


def test_closing_ends_an_iteration_that_was_going(executor):
    async def close_inside():
        async with executor:
            async for _ in executor.map_unordered(jobs.double, range(100)):
                await executor.aclose()

    with pytest.raises(ExecutorClosed):
        asyncio.run(close_inside())


@pytest.mark.parametrize("function", [jobs.die_on_three, jobs.exit_on_three])
def test_an_item_that_ends_two_workers_is_given_up_and_named(pool, function):
    done = run(pool, function, list(range(8)))
    assert isinstance(done[3].failure, WorkerCrashed)
    assert ("SIGKILL" if function is jobs.die_on_three else "status 7") in done[3].failure.detail
    assert [d.result for d in done if d.failure is None] == [0, 1, 2, 4, 5, 6, 7]
    assert [d.attempts for d in done] == [1, 1, 1, 2, 1, 1, 1, 1]


def test_an_item_is_given_to_two_workers_and_no_more(pool, tmp_path):
    assert isinstance(run(pool, jobs.die_and_count, [str(tmp_path)])[0].failure, WorkerCrashed)
    assert len(list(tmp_path.iterdir())) == 2


def test_an_item_whose_worker_was_killed_is_done_by_another(pool, tmp_path):
    assert run(pool, jobs.die_once, [str(tmp_path)]) == [Done(0, 1, attempts=2)]
    assert pool.losses == {"the worker was killed by SIGKILL": 1}


def test_what_a_function_prints_does_not_disturb_the_answers(pool):
    assert run(pool, jobs.chatter, [1, 2]) == [Done(0, 1), Done(1, 2)]


def test_workers_live_on_between_iterations_of_an_entered_executor(pool):
    async def three_times():
        async with pool:
            rounds = [await collect(pool, jobs.worker_pid, range(10)) for _ in range(3)]
        return [{done.result for done in found} for found in rounds]

    pids = asyncio.run(three_times())
    assert len(set.union(*pids)) <= pool.jobs
    assert not [pid for pid in set.union(*pids) if Path("/proc", str(pid)).exists()]


def test_without_entering_the_workers_end_with_the_last_iteration(pool):
    async def once():
        found = await collect(pool, jobs.worker_pid, range(10))
        return [done.result for done in found if Path("/proc", str(done.result)).exists()]

    assert asyncio.run(once()) == []


def test_leaving_early_ends_the_workers_that_are_busy_with_it(pool, tmp_path):
    async def leave():
        async with pool:
            results = pool.map_unordered(jobs.touch_and_wait, [str(tmp_path)] * 9)
            first = asyncio.ensure_future(anext(results))
            while len(list(tmp_path.iterdir())) < pool.jobs:
                await asyncio.sleep(0.01)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await results.aclose()
            assert not _alive(tmp_path)
            return await collect(pool, jobs.double, range(9))

    assert asyncio.run(leave()) == [Done(i, 2 * i) for i in range(9)]


def test_leaving_one_iteration_leaves_the_others_alone(tmp_path):
    """One worker holds an item of the iteration that is left, one an item of the other: it is the same process."""

    async def leave_one():
        async with LocalExecutor(2) as pool:
            other = asyncio.ensure_future(collect(pool, jobs.pid_after, [(str(tmp_path / "go"), 60.0)] * 4))
            left = pool.map_unordered(jobs.touch_and_wait, [str(tmp_path)] * 3, priority=-1)
            first = asyncio.ensure_future(anext(left))
            while not list(tmp_path.iterdir()):
                await asyncio.sleep(0.01)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await left.aclose()
            (tmp_path / "go").write_text("")
            return await other

    done = asyncio.run(leave_one())
    assert [d.index for d in done] == [0, 1, 2, 3]
    assert all(d.failure is None and d.attempts == 1 for d in done)


def test_the_lowest_priority_is_served_first_and_then_the_oldest_iteration(tmp_path):
    log = tmp_path / "log"

    async def three():
        async with LocalExecutor(1) as pool:
            held = asyncio.ensure_future(collect(pool, jobs.pid_after, [(str(tmp_path / "go"), 60.0)]))
            await asyncio.sleep(0)
            waiting = []
            for name, priority in (("old", 1), ("young", 1), ("urgent", 0)):
                items = [(str(log), name)] * 3
                waiting.append(asyncio.ensure_future(collect(pool, jobs.log_line, items, priority=priority)))
                for _ in range(10):
                    await asyncio.sleep(0)
            (tmp_path / "go").write_text("")
            await asyncio.gather(held, *waiting)

    asyncio.run(three())
    assert log.read_text().split() == ["urgent"] * 3 + ["old"] * 3 + ["young"] * 3


def test_an_item_that_takes_too_long_is_ended_and_not_tried_again(tmp_path):
    done = run(LocalExecutor(1, seconds=0.5), jobs.touch_and_wait, [str(tmp_path)])
    assert isinstance(done[0].failure, WorkerCrashed)
    assert "0.5 s" in done[0].failure.detail
    assert done[0].attempts == 1
    assert not _alive(tmp_path)


def test_a_worker_that_holds_too_much_memory_is_replaced():
    small = run(LocalExecutor(1, memory=200 << 20), jobs.hoard, [0] * 40)
    large = run(LocalExecutor(1, memory=200 << 20), jobs.hoard, [20] * 40)
    assert len({done.result for done in small}) == 1
    assert len({done.result for done in large}) == 3
    assert all(done.attempts == 1 for done in large)


def _alive(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.isdigit() and Path("/proc", name).exists()]
