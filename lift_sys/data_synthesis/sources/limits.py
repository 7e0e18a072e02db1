"""How much one repository may cost us. Honest projects stay far below every cap."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lift_sys.errors import SourceError

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    archive_bytes: int = 128 * MIB
    """The file as downloaded, or the pack as fetched."""
    unpacked_bytes: int = 512 * MIB
    """Everything that comes out of the archive, read or skipped."""
    python_bytes: int = 128 * MIB
    """All the Python files that are kept."""
    file_bytes: int = 4 * MIB
    """One Python file."""
    text_bytes: int = 1 * MIB
    """One licence text or metadata file."""
    texts: int = 64
    members: int = 50_000
    path_bytes: int = 512
    depth: int = 32
    ratio: int = 200
    """Bytes out for each byte in. Source code rarely passes 20; gzip can reach 1,032."""
    ratio_from: int = 8 * MIB
    """The ratio counts once this much came out: a short run of zeros is no bomb."""
    seconds: float = 120.0


class Clock:
    """A deadline: the last of the caps, for what the caps on bytes and counts do not bound."""

    def __init__(self, seconds: float, what: str) -> None:
        self._end = time.monotonic() + seconds
        self._seconds = seconds
        self._what = what

    def check(self) -> None:
        if time.monotonic() > self._end:
            raise SourceError(f"{self._what}: gave up after {self._seconds:.0f} s")

    def left(self) -> float:
        self.check()
        return max(0.1, self._end - time.monotonic())
