"""The warm sandboxes of one worker process: one for each hash seed, opened when first used."""

from __future__ import annotations

import atexit
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from lift_sys.sandbox.api import Sandbox


class Boxes:
    """Opens a sandbox per hash seed and keeps it warm. For one thread."""

    def __init__(self) -> None:
        self._open: dict[int, Sandbox] = {}

    def __getitem__(self, hash_seed: int) -> Sandbox:
        if hash_seed not in self._open:
            from lift_sys.sandbox import open_sandbox
            from lift_sys.sandbox.api import BoxConfig

            self._open[hash_seed] = open_sandbox(BoxConfig(hash_seed=hash_seed))
        return self._open[hash_seed]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_worker_boxes: Boxes | None = None


def worker_boxes() -> Boxes:
    """The boxes of this process, closed when it ends."""
    global _worker_boxes
    if _worker_boxes is None:
        _worker_boxes = Boxes()
        atexit.register(_worker_boxes.close)
    return _worker_boxes
