"""What executors with workers have in common: who gets which item, what is tried again, and when workers end.

A `Pool` is the executor; a `Crew` is its workers while it is open. Each worker has a task of the event loop that
takes an item, waits for the answer and takes the next. Those tasks are never cancelled by us: one that is cancelled
while it starts a process could lose it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import pickle
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from lift_sys.executors.base import Done, ExecutorClosed, Item, ItemRaised, Result, WorkerCrashed, each

AHEAD = 4
"""Items of an iteration, for each worker, that may be taken from the iterable and not yet handed to the caller."""
ATTEMPTS = 2
"""How many workers an item may end before it is given up."""
MACHINES = 5
"""How many machines may be lost under an item before it is given up."""
MACHINE_LOST = "the worker's machine or its process on the cluster was lost"
STARTS = 3
"""How often in a row a worker may end before it was ready, until the pool is taken for broken."""


class WorkerLost(Exception):
    """The worker ended before it answered. The message says how.

    `final`: another try would end the same. `machine`: it was lost with its machine, for which no item is to blame.
    """

    def __init__(self, detail: str, *, final: bool = False, machine: bool = False) -> None:
        super().__init__(detail)
        self.final = final
        self.machine = machine


class Worker(Protocol):
    """One process somewhere, which answers calls as `worker.answer` does."""

    async def ready(self) -> None:
        """Return once a process is there to be called; start one where there is none.

        Raises:
            WorkerLost: it ended before it was ready.
        """

    async def call(self, message: bytes) -> bytes:
        """The answer to a call.

        Raises:
            WorkerLost: the process ended, or was ended by `kill`.
        """

    def kill(self) -> None:
        """End what is going on, and the process with it. After `ready`, the worker can be called again."""

    async def close(self) -> None:
        """End the process, and wait until it is gone. Safe to call twice."""


@dataclass
class _Stream:
    """One iteration: its items between the iterable and the caller."""

    rank: tuple[int, int]
    """Priority and number: the smallest is served first."""
    function: Callable[[Any], Any]
    window: asyncio.Semaphore
    """Places for items that are taken from the iterable and not handed out."""

    def __post_init__(self) -> None:
        self.waiting: deque[tuple[int, Any]] = deque()
        self.running: set[Worker] = set()
        self.answers: asyncio.Queue[Done[Any] | BaseException | None] = asyncio.Queue()
        self.answered = 0
        self.total: int | None = None
        self.left = False
        self.quiet = asyncio.Event()
        """Set once the stream was left and no worker is busy with it."""

    def answer(self, done: Done[Any]) -> None:
        self.answered += 1
        self.answers.put_nowait(done)
        self.end_if_complete()

    def end_if_complete(self) -> None:
        if self.answered == self.total:
            self.answers.put_nowait(None)

    def settle(self) -> None:
        if self.left and not self.running:
            self.quiet.set()

    async def leave(self) -> None:
        self.left = True
        self.waiting.clear()
        for worker in self.running:
            worker.kill()
        self.settle()
        await self.quiet.wait()


class Crew:
    """The workers of an open pool."""

    def __init__(self, jobs: int, new_worker: Callable[[], Worker], losses: Counter[str]) -> None:
        self.jobs = jobs
        self.losses = losses
        self.users = 0
        """Iterations that go on."""
        self._new_worker = new_worker
        self._tasks: list[asyncio.Task[None]] = []
        self._idle: deque[asyncio.Future[None]] = deque()
        self._streams: list[_Stream] = []
        self._starting: set[Worker] = set()
        self._numbers = itertools.count()
        self._closed = False

    def open_stream(self, function: Callable[[Any], Any], priority: int) -> _Stream:
        stream = _Stream((priority, next(self._numbers)), function, asyncio.Semaphore(AHEAD * self.jobs))
        self._streams.append(stream)
        self._streams.sort(key=lambda stream: stream.rank)
        return stream

    async def feed(self, stream: _Stream, items: Iterable[Any] | AsyncIterable[Any]) -> None:
        """Put the items up for work, no more at a time than the stream's window lets through."""
        index = 0
        try:
            await stream.window.acquire()
            async with contextlib.aclosing(each(items)) as source:
                async for item in source:
                    stream.waiting.append((index, item))
                    index += 1
                    self._wake()
                    await stream.window.acquire()
        except Exception as error:  # the caller's iterable broke: the caller has to know
            stream.answers.put_nowait(error)
        else:
            stream.total = index
            stream.end_if_complete()

    async def close_stream(self, stream: _Stream) -> None:
        self._streams.remove(stream)
        await stream.leave()

    def _wake(self) -> None:
        while self._idle:
            waiter = self._idle.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        if len(self._tasks) < self.jobs:
            self._tasks.append(asyncio.create_task(self._serve()))

    async def _serve(self) -> None:
        worker = self._new_worker()
        try:
            while not self._closed:
                if not any(stream.waiting for stream in self._streams):
                    self._idle.append(asyncio.get_running_loop().create_future())
                    await self._idle[-1]
                elif await self._ready(worker):
                    stream = next((stream for stream in self._streams if stream.waiting), None)
                    if stream is not None:
                        await self._work(worker, stream, *stream.waiting.popleft())
        finally:
            await worker.close()

    async def _ready(self, worker: Worker) -> bool:
        """Have a process ready *before* an item is taken for it: on a cluster that may be a long time."""
        self._starting.add(worker)
        try:
            for attempt in range(STARTS):
                try:
                    await worker.ready()
                    return not self._closed
                except WorkerLost as lost:
                    if attempt == STARTS - 1 and not self._closed:
                        self._fail(RuntimeError(f"no worker can be started: {lost}"))
        except Exception as error:  # the pool itself is broken: whoever waits for it has to know
            self._fail(error)
        finally:
            self._starting.discard(worker)
        return False

    def _fail(self, error: Exception) -> None:
        for stream in self._streams:
            stream.waiting.clear()
            stream.answers.put_nowait(error)

    async def _work(self, worker: Worker, stream: _Stream, index: int, item: Any) -> None:
        stream.running.add(worker)
        try:
            message = pickle.dumps((stream.function, item), 5)
            done = await _attempt(worker, stream, index, message, self.losses)
            if not stream.left:
                stream.answer(done)
        except Exception as error:  # the pool itself is broken, or the item has no pickle: the caller has to know
            stream.answers.put_nowait(error)
        finally:
            if stream.left:  # it was told to end, though it may just have answered
                await worker.close()
            stream.running.discard(worker)
            stream.settle()

    async def close(self) -> None:
        """End every iteration and every worker."""
        self._closed = True
        for stream in tuple(self._streams):
            stream.answers.put_nowait(ExecutorClosed("the executor was closed while an iteration was going"))
            await stream.leave()
        for worker in self._starting:
            worker.kill()
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # closed pipes are let go of in the loop's next round


async def _attempt(worker: Worker, stream: _Stream, index: int, message: bytes, losses: Counter[str]) -> Done[Any]:
    """The item's result, on a second worker where the first is lost."""
    ended = 0
    for attempt in itertools.count(1):
        try:
            if attempt > 1:
                await worker.ready()
            if stream.left:
                raise WorkerLost("the iteration was left", final=True)
            good, value = pickle.loads(await worker.call(message))
        except WorkerLost as lost:
            if not stream.left:
                losses[str(lost)] += 1
            ended += not lost.machine
            if ended == ATTEMPTS or attempt == MACHINES or lost.final or stream.left:
                return Done(index, failure=WorkerCrashed(str(lost)), attempts=attempt)
            continue
        return Done(index, value if good else None, None if good else ItemRaised(*value), attempt)
    raise AssertionError("unreachable")


class Pool:
    """An executor with workers. A subclass says what a worker is, and what has to be there before the first one."""

    name = "pool"

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.losses: Counter[str] = Counter()
        self._entered = False
        self._opening: asyncio.Task[Crew] | None = None
        self._open_crew: Crew | None = None

    def _new_worker(self) -> Worker:
        raise NotImplementedError

    async def _before(self) -> None:
        """Called before the first worker starts."""

    async def _after(self) -> None:
        """Called when the last worker is gone."""

    async def map_unordered(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item] | AsyncIterable[Item],
        *,
        priority: int = 0,
    ) -> AsyncGenerator[Done[Result], None]:
        crew = await self._crew()
        crew.users += 1
        stream = crew.open_stream(function, priority)
        feeder = asyncio.create_task(crew.feed(stream, items))
        try:
            while (answer := await stream.answers.get()) is not None:
                if isinstance(answer, BaseException):
                    raise answer
                stream.window.release()
                yield answer
        finally:
            feeder.cancel()
            await asyncio.gather(feeder, return_exceptions=True)
            await crew.close_stream(stream)
            crew.users -= 1
            if not crew.users and not self._entered and self._open_crew is crew:
                await self.aclose()

    async def _crew(self) -> Crew:
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Crew:
        try:
            await self._before()
        except BaseException:
            self._opening = None
            await self._after()
            raise
        self._open_crew = Crew(self.jobs, self._new_worker, self.losses)
        return self._open_crew

    async def aclose(self) -> None:
        opening, self._opening, self._entered = self._opening, None, False
        if opening is None:
            return
        crew = await opening
        try:
            await crew.close()
        finally:
            await self._after()

    async def __aenter__(self) -> Self:
        self._entered = True
        await self._crew()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
