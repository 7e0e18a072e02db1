"""The executor of Modal: every iteration is one `Function.map` over the workers of a deployed app.

Modal starts containers as items come, up to `jobs`. An answer says which item it is for; a container that was lost
leaves no answer, so at the end of a map the items without one go into another. Priorities are not known
to Modal, and items that were sent when an iteration is left are worked on to their end.
"""

from __future__ import annotations

import asyncio
import os
import pickle
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from contextlib import aclosing
from types import TracebackType
from typing import Any, Protocol, Self

from lift_sys.errors import ConfigError, to_install
from lift_sys.executors.base import Done, ExecutorClosed, Item, ItemRaised, Result, WorkerCrashed, each
from lift_sys.executors.host import Answer, close_shared
from lift_sys.executors.pool import AHEAD, ATTEMPTS, MACHINE_LOST, MACHINES

APP, WORKER, VOLUME = "lift-sys", "RemoteWorker", "lift-sys-cache"
JOBS = 100
"""Containers at a time, where the user names no number: what a new Modal account allows."""
CACHE = "/lift-cache"
"""Where workers see the volume that holds the sources: the same path as on the machine that sends the work."""
AS_THEY_COME: dict[str, Any] = {"order_outputs": False, "return_exceptions": True}
"""How Modal is to hand answers back: in any order, and what went wrong with one among them."""
Task = tuple[int, bytes]
Answers = AsyncGenerator[tuple[int, Answer] | BaseException, None]


class RemoteMap(Protocol):
    """The part of Modal that is used: tasks out, numbered answers back in any order, or what went wrong instead."""

    def __call__(self, tasks: AsyncIterable[Task]) -> Answers: ...

    async def aclose(self) -> None: ...


class ModalExecutor:
    name = "modal"

    def __init__(self, jobs: int | None = None, remote: RemoteMap | None = None) -> None:
        self.jobs = jobs or JOBS
        self.losses: Counter[str] = Counter()
        self._remote = remote or DeployedMap(self.jobs)
        self._users = 0
        self._entered = False
        self._closings = 0

    async def map_unordered(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item] | AsyncIterable[Item],
        *,
        priority: int = 0,
    ) -> AsyncGenerator[Done[Result], None]:
        closings = self._closings
        self._users += 1
        try:
            async with aclosing(_Iteration(self, function, items).results()) as results:
                async for done in results:
                    yield done
                    if self._closings != closings:
                        raise ExecutorClosed("the executor was closed while an iteration was going")
        finally:
            self._users -= 1
            if not self._users and not self._entered:
                await self.aclose()

    async def aclose(self) -> None:
        self._closings += 1
        self._entered = False
        await self._remote.aclose()

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def remote(self, tasks: AsyncIterable[Task]) -> Answers:
        return self._remote(tasks)


class _Iteration:
    """A map over all items, and more of them over those that were lost."""

    def __init__(self, executor: ModalExecutor, function: Callable[[Any], Any], items: Any) -> None:
        self.executor = executor
        self.function = function
        self.items = items
        self.window = asyncio.Semaphore(AHEAD * executor.jobs)
        self.open: dict[int, bytes] = {}
        """Calls without a result, by number."""
        self.ended: Counter[int] = Counter()
        """How many workers an item has ended."""
        self.broken: Exception | None = None

    async def results(self) -> AsyncGenerator[Done[Any], None]:
        source: AsyncGenerator[Task, None] = self._first()
        for attempt in range(1, MACHINES + 1):
            told: set[int] = set()
            async with aclosing(source), aclosing(self.executor.remote(source)) as answers:
                async for answer in answers:
                    self.window.release()
                    if isinstance(answer, BaseException):
                        continue  # it does not say whose: seen at the end of the map
                    told.add(answer[0])
                    done = self._take(*answer, attempt)
                    if done is not None:
                        yield done
            if self.broken is not None:
                raise self.broken
            self.executor.losses.update(MACHINE_LOST for _ in self.open.keys() - told)
            source = self._again(dict(sorted(self.open.items())))
            if not self.open:
                return
        for index in sorted(self.open):
            yield Done(index, failure=WorkerCrashed(MACHINE_LOST), attempts=MACHINES)

    def _take(self, index: int, answer: Answer, attempt: int) -> Done[Any] | None:
        """The result that an answer holds; None where its item is to be tried again."""
        body, lost = answer
        if lost is not None:
            detail, final = lost
            self.executor.losses[detail] += 1
            self.ended[index] += 1
            if self.ended[index] < ATTEMPTS and not final:
                return None
            del self.open[index]
            return Done(index, failure=WorkerCrashed(detail), attempts=attempt)
        del self.open[index]
        good, value = pickle.loads(body or b"")
        return Done(index, value if good else None, None if good else ItemRaised(*value), attempt)

    async def _first(self) -> AsyncGenerator[Task, None]:
        index = 0
        try:
            await self.window.acquire()
            async with aclosing(each(self.items)) as items:
                async for item in items:
                    self.open[index] = message = pickle.dumps((self.function, item), 5)
                    yield index, message
                    index += 1
                    await self.window.acquire()
        except Exception as error:  # the caller's iterable broke: told when the map has ended
            self.broken = error

    async def _again(self, calls: dict[int, bytes]) -> AsyncGenerator[Task, None]:
        for task in calls.items():
            await self.window.acquire()
            yield task


def options(jobs: int, volume: object) -> dict[str, Any]:
    """What a run asks for beside what the app was deployed with."""
    return {"max_containers": jobs, "volumes": {CACHE: volume}}


class DeployedMap:
    """The workers of the app that was deployed with `modal deploy -m lift_sys.executors.modal_app`."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    async def __call__(self, tasks: AsyncIterable[Task]) -> Answers:
        """Raises: ConfigError: Modal is not installed, there is no account, or the app is not deployed."""
        try:
            import modal
            from modal import exception
        except ImportError:
            raise ConfigError(f"--executor modal needs Modal: {to_install('modal')}") from None
        volume = modal.Volume.from_name(os.environ.get("LIFT_SYS_MODAL_VOLUME", VOLUME))
        worker = modal.Cls.from_name(APP, WORKER).with_options(**options(self.jobs, volume))
        try:
            async for answer in worker().call.map.aio(tasks, **AS_THEY_COME):
                yield answer
        except exception.AuthError as error:
            raise ConfigError(f"Modal does not know this machine: run `modal token new` ({error})") from error
        except exception.NotFoundError as error:
            deploy = "modal deploy -m lift_sys.executors.modal_app"
            raise ConfigError(f"the app or its volume is not there: run `{deploy}` ({error})") from error

    async def aclose(self) -> None:
        """Nothing: Modal ends idle containers by itself."""


class Rehearsal:
    """The deployed app's own code run in this process, with `.local()`: no account, no network, one worker."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __call__(self, tasks: AsyncIterable[Task]) -> Answers:
        from lift_sys.executors.modal_app import RemoteWorker

        worker = RemoteWorker()
        async for task in tasks:
            async with self._turn:
                try:
                    answer = await worker.call.local(task)
                except BaseException:  # the iteration was left: what the worker does is of no use
                    await close_shared()
                    raise
            yield answer

    async def aclose(self) -> None:
        self._turn = asyncio.Lock()  # the next event loop needs one of its own
        await close_shared()
