"""How many isolated executions this process has started, in all its boxes: one fork and one seccomp filter each."""

from __future__ import annotations

_started = 0


def executions() -> int:
    """Executions so far. A worker reports the difference over an item; whoever gathers the items adds them up."""
    return _started


def count() -> None:
    """One more was started."""
    global _started
    _started += 1
