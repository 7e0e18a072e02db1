"""The executor that runs in this very process: for tests, and for input that is trusted not to crash it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from lift_sys.executors.base import Done, Item, ItemRaised, Result


class InlineExecutor:
    name = "inline"
    jobs = 1

    async def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> AsyncIterator[Done[Result]]:
        for index, item in enumerate(items):
            try:
                yield Done(index, function(item))
            except Exception as error:  # the boundary: a failed item is data
                yield Done(index, failure=ItemRaised(type(error).__name__, str(error)))
            await asyncio.sleep(0)
