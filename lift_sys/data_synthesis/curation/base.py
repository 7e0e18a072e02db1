"""What a step of curation is, and how steps are chained: generator to generator, a row in memory at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from lift_sys.records import Example, Rejection


class Step(Protocol):
    """Takes rows in order and gives each back, perhaps completed, or its rejection. It holds no rows.

    What it says of a row depends on that row and on the rows before it, on nothing else.
    """

    @property
    def name(self) -> str: ...

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]: ...


def apply(steps: Sequence[Step], examples: Iterable[Example]) -> Iterator[Example | Rejection]:
    """The rows through all steps in order. Each row ends here exactly once, as itself or as one rejection."""
    stream: Iterator[Example | Rejection] = iter(examples)
    for step in steps:
        stream = _beside(step, stream)
    return stream


def _beside(step: Step, stream: Iterator[Example | Rejection]) -> Iterator[Example | Rejection]:
    """`step` on the examples of a stream; what was already rejected passes by, in its place."""
    passing: deque[Rejection] = deque()

    def examples() -> Iterator[Example]:
        for item in stream:
            if isinstance(item, Rejection):
                passing.append(item)
            else:
                yield item

    for result in step(examples()):
        while passing:
            yield passing.popleft()
        yield result
    yield from passing
