"""Executors for the tests of the batch lifter."""

from __future__ import annotations

from lift_sys.executors import Done, WorkerCrashed


class NoExecutor:
    """For runs that must not need one."""

    name = "none"
    jobs = 1

    async def map_unordered(self, function, items):
        assert not items
        return
        yield


class CrashingExecutor:
    """Ends its worker on every chunk that holds one file."""

    name = "crashing"
    jobs = 1

    def __init__(self, path: str) -> None:
        self.path = path

    async def map_unordered(self, function, items):
        for index, chunk in enumerate(items):
            if self.path in chunk.paths:
                yield Done(index, failure=WorkerCrashed("killed"))
            else:
                yield Done(index, function(chunk))
