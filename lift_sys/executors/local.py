"""The executor of one machine: a pool of worker processes, each holding one item at a time.

Workers are plain child processes that speak over pipes, so a dead one names the item that killed it, and nothing
of the parent (open files, threads, `__main__`) is carried into them.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from lift_sys.executors.base import Done, Item, ItemRaised, Result, WorkerCrashed
from lift_sys.executors.worker import LENGTH

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from lift_sys.executors.worker import main; main()"
)


class LocalExecutor:
    """`jobs` worker processes (by default one a core); `seconds` bounds the time of one item, where given."""

    name = "local"

    def __init__(self, jobs: int | None = None, seconds: float | None = None) -> None:
        self.jobs = jobs or len(os.sched_getaffinity(0))
        self.seconds = seconds

    async def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> AsyncIterator[Done[Result]]:
        waiting = list(enumerate(items))[::-1]
        answers: asyncio.Queue[Done[Any] | BaseException] = asyncio.Queue()
        workers = [_Worker(self.seconds) for _ in range(min(self.jobs, len(items)))]

        async def serve(worker: _Worker) -> None:
            try:
                while waiting:
                    index, item = waiting.pop()
                    answers.put_nowait(await worker.call(index, pickle.dumps((function, item), 5)))
            except Exception as error:  # the pool itself is broken: the caller has to know
                answers.put_nowait(error)
            finally:
                await worker.close()

        tasks = [asyncio.create_task(serve(worker)) for worker in workers]
        try:
            for _ in range(len(items)):
                answer = await answers.get()
                if isinstance(answer, BaseException):
                    raise answer
                yield answer
        finally:
            # Tasks are left to end by themselves: one that is cancelled while it starts a process would lose it.
            waiting.clear()
            for worker in workers:
                worker.end()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # closed pipes are let go of in the loop's next round


class _Worker:
    """One child process, started when it is first needed and again after it died."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.process: asyncio.subprocess.Process | None = None
        self.ended = False

    async def call(self, index: int, message: bytes) -> Done[Any]:
        if self.process is None:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _BOOT, json.dumps(sys.path),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        if self.ended:
            return Done(index, failure=WorkerCrashed("the pool was closed"))
        try:
            async with asyncio.timeout(self.seconds):
                good, value = pickle.loads(await self._ask(self.process, message))
        except (asyncio.IncompleteReadError, ConnectionError):
            return Done(index, failure=WorkerCrashed(_cause(await self.close(patience=5.0))))
        except TimeoutError:
            await self.close()
            return Done(index, failure=WorkerCrashed(f"no answer in {self.seconds} s"))
        return Done(index, value) if good else Done(index, failure=ItemRaised(*value))

    def end(self) -> None:
        """End the process at once, whatever it is doing; `close` still has to follow."""
        self.ended = True
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    async def _ask(self, process: asyncio.subprocess.Process, message: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(LENGTH.pack(len(message)))
        process.stdin.write(message)
        await process.stdin.drain()
        size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
        return await process.stdout.readexactly(size)

    async def close(self, patience: float = 0.0) -> int:
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


def _cause(status: int) -> str:
    if status < 0:
        import signal

        return f"the worker was killed by {signal.Signals(-status).name}"
    return f"the worker ended with status {status}"
