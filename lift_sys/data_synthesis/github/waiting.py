"""Time as the scraper sees it, so that tests wait for nothing, and the waits that a host asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from lift_sys.errors import RateLimited


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class FakeClock:
    """A clock whose sleeps take no time; `slept` lists them."""

    def __init__(self, now: float = 1_750_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds


@dataclass(frozen=True)
class Waiter:
    """Makes the waits that are short enough, and tells about each."""

    clock: Clock = field(default_factory=SystemClock)
    longest: float = 3700.0
    """GitHub's limits are reset every hour."""
    tell: Callable[[str], None] = lambda message: None

    def wait(self, seconds: float, why: str) -> None:
        """Raises:
        RateLimited: it would take longer than `longest`.
        """
        seconds = max(1.0, seconds)
        end = datetime.fromtimestamp(min(self.clock.now() + seconds, 32_503_680_000), UTC)
        if seconds > self.longest:
            raise RateLimited(
                f"{why}; that ends at {end:%Y-%m-%d %H:%M} UTC, later than --max-wait allows. "
                "Run the same command again then: finished work is kept"
            )
        if seconds >= 5:
            self.tell(f"{why}; going on at {end:%H:%M:%S} UTC")
        self.clock.sleep(seconds)
