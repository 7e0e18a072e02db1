"""Repositories of GitHub, searched for, selected and pinned: `lift-sys scrape github`.

    query -> search (parts on disk) -> candidates in one order -> decisions (on disk) -> entries of a lock

A run that was stopped anywhere goes on where it was and ends with the same result. The lock is all that a later run
needs: it fetches the pinned commits with git, without the API and without a token.

Out of the environment: GITHUB_TOKEN (optional; 5,000 requests an hour where there are 60 without), GITHUB_API_URL and
GITHUB_SERVER_URL (for a GitHub Enterprise server).
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from pydantic import ValidationError

from lift_sys.data_synthesis.github.client import API, Client, Token, checked_address
from lift_sys.data_synthesis.github.decisions import Decision, Decisions, Outcome
from lift_sys.data_synthesis.github.etags import ETagCache
from lift_sys.data_synthesis.github.query import Query
from lift_sys.data_synthesis.github.remote import SERVER, GithubSource
from lift_sys.data_synthesis.github.search import Part, Search
from lift_sys.data_synthesis.github.selecting import Selector, Wanted
from lift_sys.data_synthesis.github.waiting import Clock, FakeClock, SystemClock, Waiter
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.lock import LockEntry
from lift_sys.data_synthesis.sources.tombstones import Forgotten
from lift_sys.records.base import Record, content_hash
from lift_sys.storage.files import FolderLock, atomic_write, storage_errors


class Listener(Protocol):
    """Who wants to know how far a scrape is."""

    def searching(self, parts: int, found: int) -> None: ...

    def selecting(self, decision: Decision | None, taken: int, wanted: int) -> None: ...

    def waiting(self, message: str) -> None: ...


class Silent:
    def searching(self, parts: int, found: int) -> None:
        pass

    def selecting(self, decision: Decision | None, taken: int, wanted: int) -> None:
        pass

    def waiting(self, message: str) -> None:
        pass


class Begun(Record):
    """When a search first ran: part of what it means, so kept beside it."""

    schema_version: Literal[1] = 1
    query: Query
    last_day: str


@dataclass(frozen=True)
class Selection:
    """What a scrape ends with."""

    query: Query
    last_day: str
    found: int
    """Distinct repositories that the search gave."""
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]
    """What the search could not promise, such as results that GitHub left out."""
    requests: int = field(compare=False)
    unchanged: int = field(compare=False)

    @property
    def entries(self) -> tuple[LockEntry, ...]:
        """For the lock."""
        taken = (decision.entry for decision in self.decisions if decision.outcome is Outcome.TAKEN)
        return tuple(LockEntry.model_validate(entry) for entry in taken)

    @property
    def counts(self) -> dict[str, int]:
        """How many had each outcome. Their sum is how many were looked at."""
        return dict(sorted(Counter(decision.outcome.value for decision in self.decisions).items()))


@dataclass(frozen=True)
class Settings:
    """How to reach GitHub and how hard to try; no part of what is selected."""

    api: str = API
    server: str = SERVER
    token: Token | None = None
    jobs: int = 4
    longest_wait: float = 3700.0
    skip_unreachable: bool = False
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=SystemClock)
    forgotten: Forgotten = field(default_factory=Forgotten)
    """Repositories that were taken back: never asked for."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Raises:
        ConfigError: a variable holds nothing usable.
        """
        text = environ.get("GITHUB_TOKEN", "").strip()
        return cls(
            api=environ.get("GITHUB_API_URL") or API,
            server=environ.get("GITHUB_SERVER_URL") or SERVER,
            token=Token(text) if text else None,
        )


def scrape_github(
    query: Query,
    count: int,
    out: Path,
    *,
    settings: Settings | None = None,
    refresh: bool = False,
    listener: Listener | None = None,
) -> Selection:
    """Searches, selects `count` repositories and brings their Python files below `out`.

    What is known is kept in `out/github/`; with `refresh` it is forgotten first and GitHub is asked anew.

    Raises:
        ConfigError: the query, the token or an address is wrong.
        RateLimited, ServiceUnavailable: GitHub can't be asked now; run it again to go on.
        SourceError: GitHub answers something else than its description says.
        StorageError: `out` can't be written, or another run uses it.
    """
    settings, listener = settings or Settings(), listener or Silent()
    checked_address(settings.server, "GITHUB_SERVER_URL")
    waiter = Waiter(settings.clock, settings.longest_wait, listener.waiting)
    client = Client(ETagCache(out / "github" / "answers"), waiter, api=settings.api, token=settings.token)
    home = out / "github" / content_hash([query.id, settings.api, settings.server])[:16]
    with closing(client), FolderLock(home):
        if refresh:
            _forget(home)
        begun = _begun(home, query, settings.clock)
        parts: list[Part] = []
        if not query.names:
            parts = Search(query, begun.last_day, client, home / "search", listener.searching).run()
        wanted, refused = _candidates(query, parts)
        count = len(wanted) if query.names else count
        decisions = _decided(query, wanted, count, client, out, home, settings, listener)
        selection = Selection(
            query=query,
            last_day=begun.last_day,
            found=len(wanted) + refused.total(),
            decisions=tuple(decisions),
            notes=_notes(parts, refused),
            requests=client.requests,
            unchanged=client.unchanged,
        )
        _report(home / "selection.json", selection)
    return selection


def _decided(
    query: Query,
    wanted: list[Wanted],
    count: int,
    client: Client,
    out: Path,
    home: Path,
    settings: Settings,
    listener: Listener,
) -> list[Decision]:
    taken = 0

    def tell(decision: Decision) -> None:
        nonlocal taken
        taken += decision.outcome is Outcome.TAKEN
        listener.selecting(decision, taken, count)

    listener.selecting(None, 0, count)
    selector = Selector(
        query,
        client,
        out,
        Decisions(home / "decisions"),
        server=settings.server,
        jobs=settings.jobs,
        skip_unreachable=settings.skip_unreachable,
        limits=settings.limits,
        clock=settings.clock,
        forgotten=settings.forgotten,
        tell=tell,
    )
    return selector.run(wanted, count)


def _candidates(query: Query, parts: list[Part]) -> tuple[list[Wanted], Counter[str]]:
    """Every fitting repository once, in the query's order, and why others that were found do not fit."""
    if query.names:
        return [Wanted(0, name) for name in query.names], Counter()
    found = {candidate.number: candidate for part in parts for candidate in part.found}
    refused = Counter(told[0] for candidate in found.values() if (told := query.refuses(candidate)) is not None)
    fitting = [candidate for candidate in found.values() if query.refuses(candidate) is None]
    if query.order == "stars":
        fitting.sort(key=lambda candidate: (-candidate.stars, candidate.number))
    else:
        fitting.sort(key=lambda candidate: content_hash([query.seed, candidate.number]))
    return [Wanted(candidate.number, candidate.name) for candidate in fitting], refused


def _notes(parts: list[Part], refused: Counter[str]) -> tuple[str, ...]:
    notes = [f"{part.slice.licence}, {part.slice.text()}: {note}" for part in parts for note in part.notes]
    unreadable = sum(part.unreadable for part in parts)
    if unreadable:
        notes.append(f"{unreadable} results lacked fields or had odd ones and were passed over")
    if refused:
        reasons = ", ".join(f"{name} {number}" for name, number in sorted(refused.items()))
        notes.append(f"{refused.total()} results did not fit the query and were passed over ({reasons})")
    return tuple(notes)


def _begun(home: Path, query: Query, clock: Clock) -> Begun:
    """The record of the first run; made now when there is none."""
    path = home / "query.json"
    try:
        found = Begun.from_line(path.read_text(encoding="utf-8"))
        if isinstance(found, Begun) and found.query == query:
            return found
    except (OSError, ValueError, ValidationError):
        pass
    today = datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%d")
    begun = Begun(query=query, last_day=query.created[1] or today)
    atomic_write(path, [begun.to_line() + "\n"])
    return begun


def _forget(home: Path) -> None:
    with storage_errors(home):
        for part in ("search", "decisions"):
            shutil.rmtree(home / part, ignore_errors=True)
        for name in ("query.json", "selection.json"):
            (home / name).unlink(missing_ok=True)


def _report(path: Path, selection: Selection) -> None:
    report = {
        "schema_version": 1,
        "query": selection.query.model_dump(mode="json"),
        "last_day": selection.last_day,
        "found": selection.found,
        "outcomes": selection.counts,
        "notes": list(selection.notes),
        "decisions": [decision.model_dump(mode="json", exclude_defaults=True) for decision in selection.decisions],
    }
    atomic_write(path, [json.dumps(report, indent=1, ensure_ascii=True) + "\n"])


__all__ = [
    "Client",
    "Decision",
    "FakeClock",
    "GithubSource",
    "Listener",
    "Outcome",
    "Query",
    "Selection",
    "Settings",
    "Token",
    "scrape_github",
]
