"""From candidates to a selection: each is confirmed, fetched, read, and taken or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.github.client import Client
from lift_sys.data_synthesis.github.decisions import Decision, Decisions, Outcome
from lift_sys.data_synthesis.github.query import Candidate, Query, same_licence
from lift_sys.data_synthesis.github.remote import SERVER, GithubSource, address_of
from lift_sys.data_synthesis.github.waiting import Clock, SystemClock
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.lock import LockEntry, entry_of
from lift_sys.data_synthesis.sources.paths import is_test_path
from lift_sys.data_synthesis.sources.tombstones import Forgotten
from lift_sys.errors import RepositoryBlocked, RepositoryGone, ServiceUnavailable, SourceError
from lift_sys.records import RejectionReason


class NoTests(SourceError):
    pass


@dataclass(frozen=True)
class Wanted:
    """A candidate to decide about: from a search, or by name alone (number 0)."""

    number: int
    name: str


@dataclass
class Selector:
    """Decides about candidates in their order until enough are taken."""

    query: Query
    client: Client
    cache: Path
    """Where checkouts go."""
    decisions: Decisions
    server: str = SERVER
    jobs: int = 4
    skip_unreachable: bool = False
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=SystemClock)
    forgotten: Forgotten = field(default_factory=Forgotten)
    """Repositories that were taken back."""
    tell: Callable[[Decision], None] = lambda decision: None

    def run(self, wanted: Sequence[Wanted], count: int) -> list[Decision]:
        """The decisions up to the one that takes the last of `count`, in the order of `wanted`.

        They do not depend on `jobs` nor on where an earlier run stopped.

        Raises:
            ServiceUnavailable, RateLimited: it can't go on now; decisions made so far are kept.
            StorageError: the cache can't be written.
        """
        made: list[Decision] = []
        taken = 0
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            for start in range(0, len(wanted), self.jobs):
                if taken >= count:
                    break
                for decision in self._window(wanted[start : start + self.jobs], pool):
                    if taken >= count:
                        break
                    if isinstance(decision, ServiceUnavailable):
                        raise decision
                    made.append(decision)
                    taken += decision.outcome is Outcome.TAKEN
                    self.tell(decision)
        return made

    def _window(self, wanted: Sequence[Wanted], pool: ThreadPoolExecutor) -> list[Decision | ServiceUnavailable]:
        """Asks the API one by one, as GitHub wishes, and fetches side by side. What is decided is kept at once."""
        kept = [self.decisions.get(one.number, one.name) for one in wanted]
        first = [
            self._refused(one, one.name) or found or self._confirmed(one)
            for one, found in zip(wanted, kept, strict=True)
        ]
        futures = [pool.submit(self._settled, one, found) for one, found in zip(wanted, first, strict=True)]
        return [future.result() for future in futures]

    def _settled(self, one: Wanted, found: Decision | Candidate) -> Decision | ServiceUnavailable:
        if isinstance(found, Candidate):
            try:
                found = self._fetched(one, found)
            except ServiceUnavailable as error:
                return ServiceUnavailable(
                    f"{error}. Run the same command again to go on; with --skip-unreachable it goes on without"
                )
        self.decisions.put(found)
        return found

    def _refused(self, one: Wanted, name: str) -> Decision | None:
        """A repository that was taken back is not even asked for."""
        tomb = self.forgotten.find(name)
        return None if tomb is None else _decision(one, Outcome.FORGOTTEN, f"{name}: forgotten on {tomb.date}")

    def _confirmed(self, one: Wanted) -> Decision | Candidate:
        """The repository as it is now: a search may be days behind."""
        try:
            reply = self.client.get(f"/repos/{one.name}", one.name)
        except RepositoryGone as error:
            return _decision(one, Outcome.GONE, str(error))
        except RepositoryBlocked as error:
            return _decision(one, Outcome.BLOCKED, str(error))
        found = Candidate.read(reply.data)
        if found is None:
            return _decision(one, Outcome.MALFORMED, "GitHub's description of it lacks fields or has odd ones")
        if one.number and found.number != one.number:
            return _decision(one, Outcome.GONE, f"another repository ({found.number}) now has this name")
        renamed = self._refused(one, found.name)
        if renamed is not None:
            return renamed
        refused = self.query.refuses(found)
        return _decision(one, Outcome(refused[0]), refused[1], found) if refused else found

    def _fetched(self, one: Wanted, found: Candidate) -> Decision:
        source = GithubSource(
            found.name,
            url=address_of(found.name, self.server),
            screen=_need_tests if self.query.tests else None,
            limits=self.limits,
            policy=licences.Policy(allowed=licences.PERMISSIVE | frozenset(self.query.licences)),
            clock=self.clock,
        )
        try:
            checkout = source.checkout(self.cache)
        except NoTests as error:
            return _decision(one, Outcome.NO_TESTS, str(error), found)
        except RepositoryGone as error:
            return _decision(one, Outcome.GONE, str(error), found)
        except RepositoryBlocked as error:
            return _decision(one, Outcome.BLOCKED, str(error), found)
        except ServiceUnavailable as error:
            if self.skip_unreachable:
                return _decision(one, Outcome.UNREACHABLE, str(error), found)
            raise
        except SourceError as error:
            return _decision(one, Outcome.UNSAFE, str(error), found)
        return self._judged(one, found, source, checkout)

    def _judged(self, one: Wanted, found: Candidate, source: GithubSource, checkout: Checkout) -> Decision:
        if not checkout.files:
            refusals = [item.detail for item in checkout.rejections if item.reason is RejectionReason.LICENCE]
            outcome = Outcome.LICENCE if refusals else Outcome.NO_FILES
            return _decision(one, outcome, refusals[0] if refusals else "no Python file that may be taken", found)
        said = checkout.repository.licence.spdx
        if not any(same_licence(found.licence, spdx) for spdx in licences.ids_of(said)):
            return _decision(one, Outcome.LICENCE, f"GitHub says {found.licence}, the texts say {said}", found)
        version = checkout.repository.version
        entry = entry_of(checkout, LockEntry(kind="github", name=found.name, version=version, url=source.url))
        told = f"renamed from {one.name}" if found.name != one.name else ""
        made = _decision(one, Outcome.TAKEN, told, found)
        return made.model_copy(update={"entry": entry.model_dump(mode="json", exclude_defaults=True)})


def _need_tests(paths: Sequence[str]) -> None:
    """Raises:
    NoTests: no file that pytest or unittest would collect by its name.
    """
    for path in paths:
        name = path.rsplit("/", 1)[-1]
        if name.endswith(".py") and is_test_path(path) and name not in ("__init__.py", "conftest.py"):
            return
    raise NoTests("no test file in its tree")


def _decision(one: Wanted, outcome: Outcome, detail: str, found: Candidate | None = None) -> Decision:
    name = found.name if found is not None else one.name
    told = detail.removeprefix(f"{name}: ")  # an error names what it is about; here that is known
    return Decision(number=one.number, asked=one.name, name=name, outcome=outcome, detail=told)
