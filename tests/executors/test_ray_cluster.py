"""The Ray cluster that the executor starts for itself: what it opens, what it loses, and that it goes away."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import executor_jobs as jobs
import pytest

from lift_sys.errors import ConfigError
from lift_sys.executors import Done, make_executor
from lift_sys.executors.pool import MACHINE_LOST
from lift_sys.executors.ray_executor import RayExecutor
from lift_sys.wire import encode

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")]


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def listening(pids: set[int]) -> set[str]:
    """The addresses that these processes accept connections at, in the kernel's notation."""
    inodes = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(os.readlink(handle))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                found.add(fields[1].partition(":")[0])
    return found


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def test_our_own_cluster_listens_on_the_loopback_only_and_leaves_nothing_behind():
    before = signal.getsignal(signal.SIGTERM), set(descendants(os.getpid()))
    folders = set(Path(tempfile.gettempdir()).glob("ray-*"))

    async def look():
        async with RayExecutor(1) as executor:
            done = [done async for done in executor.map_unordered(jobs.double, [1, 2])]
            return done, listening({os.getpid(), *descendants(os.getpid())})

    done, addresses = asyncio.run(look())
    assert len(done) == 2
    assert addresses
    assert addresses <= LOOPBACK
    assert signal.getsignal(signal.SIGTERM) == before[0]
    assert "RAY_AUTH_TOKEN" not in os.environ
    assert not [pid for pid in set(descendants(os.getpid())) - before[1] if _lives(pid)]
    assert set(Path(tempfile.gettempdir()).glob("ray-*")) <= folders


def test_an_item_whose_actor_is_killed_is_done_by_another_and_boxes_work_in_workers(tmp_path):
    async def work():
        async with RayExecutor(2) as executor:
            boxed = [done async for done in executor.map_unordered(jobs.boxed, range(6))]
            lost = [done async for done in executor.map_unordered(jobs.parent_dies_once, [str(tmp_path)])]
            after = [done async for done in executor.map_unordered(jobs.boxed, range(6))]
            return boxed, lost, after, executor.losses

    boxed, lost, after, losses = asyncio.run(work())
    expected = [Done(i, encode(2 * i)) for i in range(6)]
    assert sorted(boxed, key=lambda done: done.index) == expected
    assert lost == [Done(0, 1, attempts=2)]
    assert losses == {MACHINE_LOST: 1}
    assert sorted(after, key=lambda done: done.index) == expected


def test_the_cluster_ends_with_a_driver_that_is_killed():
    program = (
        "import asyncio, sys; sys.path.insert(0, sys.argv[1]); import executor_jobs as jobs\n"
        "from lift_sys.executors.ray_executor import RayExecutor\n"
        "async def main():\n"
        "    async with RayExecutor(1) as executor:\n"
        "        async for done in executor.map_unordered(jobs.double, [1]):\n"
        "            print(done.result, flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent)]
    folder = tempfile.mkdtemp(prefix="d-")  # a short name: Ray's sockets lie in it
    environment = {**os.environ, "TMPDIR": folder}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as driver:
        assert driver.stdout.readline() == "2\n"
        below = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(driver.pid)}
        driver.kill()
    assert below
    deadline = time.monotonic() + 180  # Ray's own processes look after one another now and then only
    while any(map(_lives, below)) and time.monotonic() < deadline:
        time.sleep(0.2)
    shutil.rmtree(folder, ignore_errors=True)
    assert not [command for pid, command in below.items() if _lives(pid)]


def test_a_cluster_that_is_not_there_is_told_with_its_address():
    async def reach():
        async with RayExecutor(1, address="127.0.0.1:1"):
            pass

    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:1"):
        asyncio.run(reach())


def test_it_is_made_by_name():
    executor = make_executor("ray", 3)
    assert (executor.name, executor.jobs) == ("ray", 3)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
