"""One commit of one repository on GitHub, fetched without the API and without a token.

`GitSource` does the work. What this adds: failures that pass are tried again, a rename is followed on the same host
only, and a repository that is gone or blocked says what to do about its line in the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.github.client import checked_address
from lift_sys.data_synthesis.github.query import is_name
from lift_sys.data_synthesis.github.waiting import Clock, SystemClock
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.git import GitSource
from lift_sys.data_synthesis.sources.gitfailures import Redirected
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.errors import ConfigError, RepositoryBlocked, RepositoryGone, ServiceUnavailable, SourceError
from lift_sys.records import Licence

SERVER = "https://github.com"
_ATTEMPTS = 3
_REDIRECTS = 3


@dataclass(frozen=True)
class GithubSource:
    """`name` is OWNER/NAME, `commit` a full hash (None: the default branch as it is now), `url` where git fetches."""

    name: str
    commit: str | None = None
    url: str = ""
    licence: Licence | None = None
    """From a lock: what was read, or what a person decided after reading. Never what GitHub says."""
    offline: bool = False
    screen: Callable[[Sequence[str]], None] | None = field(default=None, compare=False)
    """As for `GitSource`: sees all paths before any content is fetched, and may raise."""
    limits: Limits = field(default_factory=Limits)
    policy: licences.Policy = field(default_factory=licences.Policy)
    clock: Clock = field(default_factory=SystemClock, compare=False)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ConfigError(f"{self.name[:100]!r} is no OWNER/NAME of a repository")
        object.__setattr__(self, "url", self.url or address_of(self.name))
        checked_address(self.url, "the URL of the repository")
        self._git(self.url)

    def checkout(self, cache: Path) -> Checkout:
        """The commit's Python files.

        Raises:
            RepositoryGone, RepositoryBlocked: the host has it no more, or withholds it.
            ServiceUnavailable: the host fails again and again.
            SourceError: it is damaged, breaks a cap, or the commit is no longer there.
            StorageError: the cache can't be written.
        """
        url = self.url
        for _ in range(_REDIRECTS + 1):
            try:
                return self._patiently(url, cache)
            except Redirected:
                url = self._moved(url)
            except RepositoryGone as error:
                raise RepositoryGone(f"{error}; it was deleted, renamed or made private") from None
            except RepositoryBlocked as error:
                raise RepositoryBlocked(f"{error}; the host withholds it, so take it out of the lock") from None
        raise SourceError(f"{self.name}: redirected in a circle")

    def _patiently(self, url: str, cache: Path) -> Checkout:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._git(url).checkout(cache)
            except ServiceUnavailable:
                if attempt == _ATTEMPTS:
                    raise
                self.clock.sleep(2.0**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _git(self, url: str) -> GitSource:
        return GitSource(
            url,
            self.commit,
            name=self.name,
            licence=self.licence,
            offline=self.offline,
            kind="github",
            redirects=False,
            screen=self.screen,
            limits=self.limits,
            policy=self.policy,
        )

    def _moved(self, url: str) -> str:
        """Where the host now has the repository."""
        import requests

        ask = url + "/info/refs?service=git-upload-pack"
        session = requests.Session()
        session.auth = lambda request: request  # no ~/.netrc
        try:
            with session, session.get(ask, stream=True, timeout=(15, 60), allow_redirects=False) as response:
                target = urljoin(ask, response.headers.get("location", ""))
        except requests.RequestException as error:
            raise ServiceUnavailable(
                f"{self.name}: the connection failed ({type(error).__name__}); try again later"
            ) from None
        here, there = urlsplit(ask), urlsplit(target)
        path = there.path.removesuffix("/info/refs")
        if here[:2] != there[:2] or path == there.path or target == ask:
            raise SourceError(f"{self.name}: redirected to another host or page, which is not followed")
        return f"{there.scheme}://{there.netloc}{path}"


def address_of(name: str, server: str = SERVER) -> str:
    return f"{server.rstrip('/')}/{name}.git"
