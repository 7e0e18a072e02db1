"""What runs on a machine of a cluster: one worker process, and the little that passes calls on to it.

Items are worked on in a child of the cluster's own process. So hostile input that ends its process ends the child,
which says how it died; the cluster's process, which the cluster would have to replace, lives on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lift_sys.executors.local import MEMORY, LocalWorker
from lift_sys.executors.pool import WorkerLost

Answer = tuple[bytes, None] | tuple[None, tuple[str, bool]]
"""The answer's bytes; or how the worker was lost, and whether that is final."""


class Host:
    """One worker process on this machine. Its methods take and return plain data: they are called from elsewhere."""

    def __init__(self, path: Sequence[str] = (), seconds: float | None = None, memory: int = MEMORY) -> None:
        sys.path[:] = dict.fromkeys((*path, *sys.path))
        self._worker = LocalWorker(seconds, memory)

    async def ready(self) -> None:
        await self._worker.ready()

    async def call(self, message: bytes) -> Answer:
        try:
            await self._worker.ready()
            return await self._worker.call(message), None
        except WorkerLost as lost:
            return None, (str(lost), lost.final)

    async def kill(self) -> None:
        """End the child, whatever it does: the call that is going on is answered as lost."""
        self._worker.kill()

    async def close(self) -> None:
        await self._worker.close()


_shared: Host | None = None


async def call_shared(task: tuple[int, bytes]) -> tuple[int, Answer]:
    """The answer to a numbered call, from a host that this process keeps: for clusters that know only functions."""
    global _shared
    if _shared is None:
        _shared = Host()
    index, message = task
    return index, await _shared.call(message)


async def close_shared() -> None:
    global _shared
    shared, _shared = _shared, None
    if shared is not None:
        await shared.close()
