"""What a failed `git` command means: gone, blocked, out of reach for now, or simply wrong."""

from __future__ import annotations

import errno
import os
import re
import signal

from lift_sys.errors import (
    LiftError,
    RepositoryBlocked,
    RepositoryGone,
    ServiceUnavailable,
    SourceError,
    StorageError,
)

_STATUS = re.compile(r"returned error: (\d{3})")
_GONE = ("could not read Username", "Authentication failed", "repository not found", "' not found")
"""GitHub asks for a password where there is no public repository."""
_LATER = (
    "Could not resolve host",
    "Failed to connect",
    "Connection refused",
    "Connection reset",
    "Empty reply",
    "Operation too slow",
    "Recv failure",
    "early EOF",
    "hung up unexpectedly",
    "unexpected disconnect",
    "RPC failed",
    "transfer closed",
    "expected flush",
    "expected 'packfile'",
    "invalid index-pack output",
    "Operation timed out",
)


class Redirected(SourceError):
    """The host answered with another address, and we were told not to follow it."""


def failure(what: str, command: str, code: int, errors: bytes, seconds: float) -> LiftError:
    """The error for a command that ended with `code` and wrote `errors`; the message has git's first line."""
    if os.strerror(errno.ENOSPC).encode() in errors:
        return StorageError(f"{what}: no space left for git; make room or choose another cache folder")
    if code == 127:
        return SourceError("git is not installed; install it or use other sources")
    if code == -signal.SIGKILL:
        kind = ServiceUnavailable if command == "fetch" else SourceError
        return kind(f"{what}: git {command} gave up after {seconds:.0f} s")
    text = errors.decode("utf-8", "replace")
    message = f"{what}: git {command} failed: {_first_line(text) or f'exit code {code}'}"
    return _kind(text)(message) if command == "fetch" else SourceError(message)


def _kind(text: str) -> type[SourceError]:
    found = _STATUS.search(text)
    status = int(found[1]) if found else 0
    if status == 451:
        return RepositoryBlocked
    if status in (401, 404, 410) or any(sign in text for sign in _GONE):
        return RepositoryGone
    if status in (301, 302, 303, 307, 308):
        return Redirected
    if status in (408, 429) or status >= 500 or (not status and any(sign in text for sign in _LATER)):
        return ServiceUnavailable
    return SourceError


def _first_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    return "".join(char if char.isprintable() else "?" for char in told)[:300]
