"""The executor that runs in this very process: for tests, and for input that is trusted not to crash it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from types import TracebackType
from typing import Self

from lift_sys.executors.base import Done, ExecutorClosed, Item, ItemRaised, Result, each


class InlineExecutor:
    name = "inline"
    jobs = 1

    def __init__(self) -> None:
        self.losses: Counter[str] = Counter()
        self._closings = 0

    async def map_unordered(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item] | AsyncIterable[Item],
        *,
        priority: int = 0,
    ) -> AsyncGenerator[Done[Result], None]:
        index, closings = 0, self._closings
        async for item in each(items):
            try:
                done = Done(index, function(item))
            except Exception as error:  # the boundary: a failed item is data
                done = Done(index, failure=ItemRaised(type(error).__name__, str(error)))
            yield done
            await asyncio.sleep(0)
            index += 1
            if self._closings != closings:
                raise ExecutorClosed("the executor was closed while an iteration was going")

    async def aclose(self) -> None:
        self._closings += 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
