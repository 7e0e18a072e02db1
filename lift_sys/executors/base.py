"""Running one function over many items, somewhere: in this process, on a pool, on a cluster.

An executor knows nothing of the function. The function is importable by name (`module.qualname`), its items and
results can be pickled, and it never learns where it runs. It may be called twice for one item (a worker that dies
is not asked what it had done), so what it does must be the same when done again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class WorkerCrashed:
    """Every process that worked on the item ended (or was ended) before it answered; the last one's end is told."""

    detail: str


@dataclass(frozen=True)
class ItemRaised:
    """The function raised on the item."""

    kind: str
    message: str


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What became of one item: its position among the items, and its result or its failure."""

    index: int
    result: Result | None = None
    failure: WorkerCrashed | ItemRaised | None = None
    attempts: int = 1
    """How many workers the item was given to: more than one means that a worker was lost while it held the item."""


class Executor(Protocol):
    """Promises, checked by one conformance suite:

    - every item leads to exactly one `Done`, in the order in which they finish;
    - a failure of one item, a dead worker included, is data and touches no other item; an item whose worker dies is
      given to another one, and one that ends two workers (or sees five machines lost) is `WorkerCrashed`;
    - items are taken from the iterable as they are needed, a few at a time for each worker;
    - several iterations share the workers; free workers take from the one with the lowest `priority`, and among
      equals from the one that began first;
    - leaving an iteration early drops its waiting items and ends the workers that are busy with it, no others;
    - inside `async with executor`, workers live on from one iteration to the next; outside, they end with the last
      iteration. After `aclose` none is left, and an iteration that was still going raises `ExecutorClosed`.
    """

    name: str
    jobs: int
    losses: Counter[str]
    """How often a worker was lost while it held an item, by how it ended. Another did the item, in most cases."""

    def map_unordered(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item] | AsyncIterable[Item],
        *,
        priority: int = 0,
    ) -> AsyncGenerator[Done[Result], None]: ...

    async def aclose(self) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ExecutorClosed(RuntimeError):
    """The executor was closed under a running iteration: a mistake of the program that uses it."""


async def each(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncGenerator[Item, None]:
    """The items one by one, whichever kind of iterable holds them."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
