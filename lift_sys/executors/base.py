"""Running one function over many items, somewhere: in this process, on a pool, on a cluster.

An executor knows nothing of the function. The function is importable by name (`module.qualname`), its items and
results can be pickled, and it never learns where it runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class WorkerCrashed:
    """The process that worked on the item ended (or was ended) before it answered."""

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


class Executor(Protocol):
    """Promises, checked by one conformance suite:

    - every item leads to exactly one `Done`, in the order in which they finish;
    - a failure of one item, a dead worker included, is data and touches no other item;
    - leaving the iteration early ends the workers.
    """

    name: str
    jobs: int

    def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> AsyncIterator[Done[Result]]: ...
