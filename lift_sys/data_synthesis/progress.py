"""What a run tells whoever watches it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of every step as it starts and advances. Implementations show it; nothing depends on them."""

    def start(self, step: str, total: int) -> None:
        """There are `total` more items of a step to do."""

    def advance(self, step: str, by: int = 1) -> None: ...

    def count(self, what: str, by: int = 1) -> None:
        """One more of the funnel: functions, lifted, with_tests, validated, rejected."""

    def finish(self, step: str) -> None: ...


class Silent:
    """Shows nothing."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self, step: str, by: int = 1) -> None: ...

    def count(self, what: str, by: int = 1) -> None: ...

    def finish(self, step: str) -> None: ...
