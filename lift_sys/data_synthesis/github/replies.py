"""What an answer of GitHub's API means: data, a wait, a retry, another address, or an end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from lift_sys.errors import (
    ConfigError,
    LiftError,
    RepositoryBlocked,
    RepositoryGone,
    SourceError,
)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def number(self, name: str) -> int | None:
        text = self.headers.get(name, "").strip()
        return int(text) if text.isdecimal() and len(text) <= 12 else None

    def message(self) -> str:
        """GitHub's own words, fit for a terminal."""
        try:
            data = json.loads(self.body)
            told = data["message"]
            text = told if isinstance(told, str) else ""
            text += "".join(f"; {error['message']}" for error in data.get("errors", ()) if error.get("message"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            text = ""
        return "".join(char if char.isprintable() else "?" for char in text)[:300]


@dataclass(frozen=True)
class Pause:
    """The request may be made again after a wait."""

    seconds: float | None
    """None: the host did not say; wait longer each time."""
    why: str
    limited: bool
    """A rate limit, which is no failure of the host."""


def pause(answer: Answer, now: float) -> Pause | None:
    """The wait that this answer asks for, after GitHub's rules; None when waiting would not help.

    Source: "Rate limits for the REST API" in GitHub's documentation: `retry-after` first; else, with nothing
    remaining, until `x-ratelimit-reset`; else at least a minute, and longer each time.
    """
    after = _retry_after(answer, now)
    if answer.status in (403, 429):
        if after is not None:
            return Pause(after, "GitHub asks for a pause (secondary rate limit)", True)
        reset = answer.number("x-ratelimit-reset")
        if answer.number("x-ratelimit-remaining") == 0 and reset is not None:
            return Pause(reset - _server_time(answer, now) + 1, "GitHub's rate limit is used up", True)
        told = answer.message().lower()
        if answer.status == 429 or "rate limit" in told or "abuse detection" in told:
            return Pause(None, "GitHub asks for a pause (secondary rate limit)", True)
        return None
    if answer.status in (202, 408, 425) or answer.status >= 500:
        return Pause(after, f"GitHub answers {answer.status}", False)
    return None


def until_reset(answer: Answer, now: float) -> Pause | None:
    """The wait before the next request of the same kind, when this answer used up the limit."""
    reset = answer.number("x-ratelimit-reset")
    if answer.number("x-ratelimit-remaining") != 0 or reset is None:
        return None
    return Pause(reset - _server_time(answer, now) + 1, "GitHub's rate limit is used up", True)


def refusal(answer: Answer, what: str) -> LiftError:
    """The error that an answer which is final stands for."""
    told = answer.message() or f"HTTP {answer.status}"
    if answer.status == 401:
        return ConfigError(f"GitHub does not accept the token in GITHUB_TOKEN ({told}); renew it or unset it")
    if answer.status in (404, 410):
        return RepositoryGone(f"{what}: not there, or not public ({told})")
    if answer.status == 451:
        return RepositoryBlocked(f"{what}: GitHub withholds it for legal reasons ({told})")
    if answer.status == 403:
        return RepositoryBlocked(f"{what}: GitHub denies access ({told})")
    if answer.status == 422:
        return ConfigError(f"GitHub can't carry out the search: {told}")
    return SourceError(f"{what}: GitHub answers {answer.status} ({told})")


def decoded(body: bytes) -> Any:
    """Raises:
    ValueError: no JSON, or nested too deep.
    """
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _retry_after(answer: Answer, now: float) -> float | None:
    seconds = answer.number("retry-after")
    if seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(answer.headers["retry-after"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return at.timestamp() - _server_time(answer, now)


def _server_time(answer: Answer, now: float) -> float:
    """The host's own clock where it tells the time: ours may be wrong."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return now
