"""The executor of one machine: a pool of worker processes, each holding one item at a time.

Workers are plain child processes that speak over pipes, so a dead one names the item that killed it, and nothing
of the parent (open files, threads, `__main__`) is carried into them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from lift_sys.executors.pool import Pool, Worker, WorkerLost
from lift_sys.executors.worker import LENGTH

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from lift_sys.executors.worker import main; main()"
)
MEMORY = 400 << 20
"""Resident bytes above which a worker is replaced: half a dozen of them stay well below what a laptop has."""
LOOK = 16
"""A worker's memory is looked at once in so many items."""
PATIENCE = 5.0
"""Seconds that an idle worker has to end by itself, its sandboxes with it."""


class LocalExecutor(Pool):
    """`jobs` worker processes (by default one a core).

    `seconds` bounds the time of one item, where given; an item that takes longer is not tried again. A worker that
    holds more than `memory` bytes after an item is replaced by a fresh one.
    """

    name = "local"

    def __init__(self, jobs: int | None = None, seconds: float | None = None, memory: int = MEMORY) -> None:
        super().__init__(jobs or len(os.sched_getaffinity(0)))
        self.seconds = seconds
        self.memory = memory

    def _new_worker(self) -> Worker:
        return LocalWorker(self.seconds, self.memory)


class LocalWorker:
    """One child process, started by `ready`. For one event loop."""

    def __init__(self, seconds: float | None = None, memory: int = MEMORY) -> None:
        self.seconds = seconds
        self.memory = memory
        self.process: asyncio.subprocess.Process | None = None
        self.busy = False
        self.calls = 0

    async def ready(self) -> None:
        if self.process is None:
            self.process = await _start()

    async def call(self, message: bytes) -> bytes:
        assert self.process is not None
        self.busy = True
        try:
            async with asyncio.timeout(self.seconds):
                answer = await _ask(self.process, message)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.busy = False
            raise WorkerLost(_cause(await self._end(patience=PATIENCE))) from None
        except TimeoutError:
            await self.close()
            raise WorkerLost(f"no answer in {self.seconds} s", final=True) from None
        self.busy = False
        await self._replace_if_large()
        return answer

    async def _replace_if_large(self) -> None:
        self.calls += 1
        if self.calls % LOOK == 0 and self.process is not None and _resident(self.process.pid) > self.memory:
            await self.close()

    def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    async def close(self) -> None:
        await self._end(patience=0.0 if self.busy else PATIENCE)
        self.busy = False

    async def _end(self, patience: float) -> int:
        """End the process, if there is one; its exit status (negative: the signal).

        `patience` is for how many seconds it may end by itself, so that its own status is seen.
        """
        process, self.process = self.process, None
        if process is None:
            return 0
        try:
            if process.stdin is not None:
                process.stdin.close()
            if process.returncode is None:
                try:
                    await asyncio.wait_for(process.wait(), patience)
                except TimeoutError:
                    if process.returncode is None:
                        process.kill()
            return await process.wait()
        finally:
            # Even when this is cancelled: a transport that outlives its loop complains when it is collected.
            process._transport.close()  # type: ignore[attr-defined]


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BOOT, json.dumps(sys.path),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _ask(process: asyncio.subprocess.Process, message: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LENGTH.pack(len(message)))
    process.stdin.write(message)
    await process.stdin.drain()
    size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
    return await process.stdout.readexactly(size)


def _resident(pid: int) -> int:
    """Bytes of memory that the process holds; 0 when it is gone."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _cause(status: int) -> str:
    if status < 0:
        import signal

        return f"the worker was killed by {signal.Signals(-status).name}"
    return f"the worker ended with status {status}"
