"""GitHub's REST API over HTTP: one request at a time, limits kept, failures retried, answers kept with their ETags.

Guarantees: the token goes to the API's own host alone, only encrypted (or to this machine), and is found in no log,
message, file, address or process argument. Redirects are followed on the same host only. An answer is bounded in
bytes and time and never decompressed. Gap: TLS, proxies and DNS are those of `requests` and this machine.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from lift_sys.data_synthesis.github.etags import ETagCache, Kept
from lift_sys.data_synthesis.github.replies import Answer, Pause, decoded, pause, refusal, until_reset
from lift_sys.data_synthesis.github.waiting import Waiter
from lift_sys.errors import ConfigError, ServiceUnavailable, SourceError

if TYPE_CHECKING:
    import requests

API = "https://api.github.com"
_ATTEMPTS = 6
_LIMITS_IN_A_ROW = 12
_REDIRECTS = 5
_BODY_BYTES = 32 * 1024 * 1024
_ANSWER_SECONDS = 120.0
_CHUNK = 64 * 1024


class Token:
    """A secret that no `repr`, `str`, pickle or traceback shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text.isascii() or not text.isprintable() or " " in text or not 0 < len(text) <= 1000:
            raise ConfigError("GITHUB_TOKEN holds spaces, line breaks or other characters that no token has")
        self._text = text

    def header(self) -> str:
        return f"Bearer {self._text}"

    def __repr__(self) -> str:
        return "Token(...)"

    def __reduce__(self) -> str:
        raise TypeError("a token is not written anywhere")


@dataclass(frozen=True)
class Reply:
    data: Any
    """The answer's JSON."""
    moved: bool = False
    """Whether a redirect led to it."""


class Client:
    """GET requests to one API. Not for several threads at once: GitHub asks for one request at a time.

    Raises:
        ConfigError: the address is none, or a token would travel in the clear.
    """

    def __init__(self, cache: ETagCache, waiter: Waiter, *, api: str = API, token: Token | None = None) -> None:
        self._api = checked_address(api, "GITHUB_API_URL", secret=token is not None)
        self._cache = cache
        self._waiter = waiter
        self._token = token
        self._session: requests.Session | None = None
        self._due: dict[str, Pause] = {}
        self.requests = 0
        self.unchanged = 0
        """Answers that came from the cache after GitHub said 304."""

    def get(self, path: str, what: str, **parameters: str | int) -> Reply:
        """The JSON at `path`.

        Raises:
            RepositoryGone, RepositoryBlocked: 404, 410; 403, 451.
            RateLimited: the wait would be longer than allowed.
            ServiceUnavailable: it fails again and again.
            ConfigError: the token or the search is not accepted.
            SourceError: any other answer.
        """
        url = self._api + path + (f"?{urlencode(parameters)}" if parameters else "")
        for hop in range(_REDIRECTS + 1):
            answer = self._settled(url, what, path.split("/")[1])
            if answer.status == 200:
                return Reply(decoded(answer.body), moved=hop > 0)
            url = self._redirected(url, answer, what)
        raise SourceError(f"{what}: GitHub redirects in a circle")

    def _settled(self, url: str, what: str, resource: str) -> Answer:
        """The first answer that is no wait and no failure: 200 or a redirect."""
        failures = limits = 0
        while True:
            due = self._due.pop(resource, None)
            if due is not None and due.seconds is not None:
                self._waiter.wait(due.seconds, due.why)
            answer = self._asked(url)
            now = self._waiter.clock.now()
            stop = pause(answer, now) if isinstance(answer, Answer) else answer
            if stop is None and isinstance(answer, Answer):
                if answer.status not in (200, 301, 302, 307, 308):
                    raise refusal(answer, what)
                rest = until_reset(answer, now)
                if rest is not None:
                    self._due[resource] = rest
                return answer
            assert stop is not None
            failures, limits = (failures, limits + 1) if stop.limited else (failures + 1, limits)
            if failures >= _ATTEMPTS or limits >= _LIMITS_IN_A_ROW:
                raise ServiceUnavailable(
                    f"{what}: {stop.why}, {failures + limits} times in a row. Run it again later"
                )
            first = 60.0 if stop.limited else 1.0
            seconds = stop.seconds if stop.seconds is not None else first * 2.0 ** (failures + limits - 1)
            self._waiter.wait(seconds, stop.why)

    def _asked(self, url: str) -> Answer | Pause:
        """One request; 304 becomes the kept 200. A failure of the connection or a broken answer is a pause."""
        import requests
        import urllib3

        kept = self._cache.get(url)
        headers = {"If-None-Match": kept.etag} if kept else {}
        try:
            answer = self._sent(url, headers)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            host = urlsplit(self._api).netloc
            return Pause(None, f"the connection to {host} failed ({type(error).__name__})", False)
        if answer.status == 304:
            if kept is None:
                return Pause(None, "GitHub says that nothing changed, unasked", False)
            self.unchanged += 1
            return Answer(200, answer.headers, kept.body.encode())
        if answer.status == 200:
            try:
                decoded(answer.body)
                body = answer.body.decode()
            except ValueError:
                return Pause(None, "GitHub's answer is no JSON", False)
            if answer.headers.get("etag"):
                self._cache.put(url, Kept(answer.headers["etag"], body))
        return answer

    def _sent(self, url: str, headers: Mapping[str, str]) -> Answer:
        import requests

        session = self._opened()
        secret = {"Authorization": self._token.header()} if self._token else {}
        self.requests += 1
        with session.get(
            url, headers={**headers, **secret}, stream=True, timeout=(15, 60), allow_redirects=False
        ) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise requests.exceptions.ContentDecodingError("compressed although not asked for")
            end = time.monotonic() + _ANSWER_SECONDS
            body = bytearray()
            while chunk := response.raw.read(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > _BODY_BYTES or time.monotonic() > end:
                    raise requests.exceptions.ContentDecodingError("too long or too slow")
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, names, bytes(body))

    def _opened(self) -> requests.Session:
        if self._session is None:
            import requests

            self._session = requests.Session()
            self._session.auth = _as_it_is  # else requests would look for credentials in ~/.netrc
            self._session.headers.update(
                {
                    "Accept": "application/vnd.github+json",
                    "Accept-Encoding": "identity",
                    "User-Agent": "lift-sys",
                    "X-GitHub-Api-Version": "2022-11-28",
                }
            )
        return self._session

    def _redirected(self, url: str, answer: Answer, what: str) -> str:
        target = urljoin(url, answer.headers.get("location", ""))
        if urlsplit(target)[:2] != urlsplit(url)[:2] or not answer.headers.get("location"):
            raise SourceError(f"{what}: GitHub redirects to another host, which is not followed")
        return target

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def checked_address(url: str, option: str, *, secret: bool = False) -> str:
    """`url` without a slash at its end.

    Raises:
        ConfigError: no http(s) address, one with a password, or `secret` would be sent in the clear.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"{option} {url[:100]!r}: give an address such as {API}")
    if "@" in parts.netloc:
        raise ConfigError(f"{option}: leave user names and passwords out; the token comes from GITHUB_TOKEN")
    if secret and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigError(f"{option} {url[:100]!r}: a token is only sent over https; use https or unset GITHUB_TOKEN")
    return url.rstrip("/")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
