"""Any server that speaks OpenAI's chat completions: the address and the key come from the environment.

`OPENAI_BASE_URL`, `OPENAI_API_KEY`, `OPENAI_GRAMMAR` (one of `DIALECTS`), `OPENAI_TIMEOUT` (seconds of one attempt)
and `OPENAI_PARALLEL` (requests under way at once): docs/PROVIDERS.md.

A server may be slow, wrong or gone. Each request has a bound in time, is asked again where that may help, and ends
as an `error` completion that says why; a server that answers nothing at all is given up after `GIVE_UP` requests, so
that a long list ends soon.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from lift_sys.errors import ConfigError
from lift_sys.providers.base import FULL, Closing, Completion, Finish, Request, number_from

URL, KEY, GRAMMAR = "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_GRAMMAR"
TIMEOUT, PARALLEL = "OPENAI_TIMEOUT", "OPENAI_PARALLEL"
DIALECTS = ("", "vllm", "llama.cpp", "check")
"""How a server takes grammars: it is not known, in `structured_outputs`, in `grammar`, or not at all: then the answer
is held against the grammar when it is there."""
ATTEMPTS = 4
SECONDS = 120.0
"""Wall-clock time of one attempt."""
GRACE = 0.25
"""Seconds beyond that in which the socket's own bounds, which say more, come first."""
AT_A_TIME = 8
"""Requests under way at once."""
GIVE_UP = 8
"""Requests in a row that found no server, after which no more are sent."""
LONGEST_PAUSE = 30.0
"""Seconds between two attempts, whatever a server asks for."""
LARGEST = 16 << 20
"""Bytes of an answer."""
MOST_TOKENS = LARGEST
"""Of a prompt or an answer that are believed."""
WORKER = "lift-sys-openai"
"""Name of the threads that ask."""
_TOO_LONG = re.compile(r"context.{0,12}(length|size|window)|length.{0,12}context", re.IGNORECASE)
"""How servers say that a prompt is too long for the model (vLLM, llama.cpp, OpenAI)."""
_AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504))


class _Failed(Exception):
    """An attempt that may be made again. `gone`: there was no server to speak of."""

    def __init__(self, detail: str, pause: float = 0.0, gone: bool = False) -> None:
        super().__init__(detail)
        self.pause, self.gone = pause, gone


class OpenAIProvider(Closing):
    """Asks `url`/chat/completions. The key is sent nowhere else and never shown.

    Args:
        url: with its path, such as http://127.0.0.1:8000/v1.
        key: empty sends none.
        seconds: wall time of one attempt; of at most `ATTEMPTS`.
        pause: seconds before the second attempt; doubled before each one after it.
        dialect: how the server takes grammars, one of `DIALECTS`.
        at_a_time: requests under way at once.

    Raises:
        ConfigError: there is no such dialect, or the address or the key is none.
    """

    name = "openai"

    def __init__(
        self,
        url: str,
        model: str,
        key: str = "",
        *,
        seconds: float = SECONDS,
        pause: float = 1.0,
        dialect: str = "",
        at_a_time: int = AT_A_TIME,
    ) -> None:
        if dialect not in DIALECTS:
            raise ConfigError(f"{GRAMMAR} is one of {', '.join(DIALECTS[1:])}, not {dialect!r}")
        if not _is_address(url):
            raise ConfigError(f"{URL} is an address like http://127.0.0.1:8000/v1, not {url!r}")
        key = key.strip()  # of a file with other line ends
        if not (key.isascii() and key.isprintable()):
            raise ConfigError(f"{KEY} holds what no key does: a line's end, or a letter or quote beyond ASCII")
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._key, self._seconds, self._pause, self._dialect = key, seconds, pause, dialect
        self.model, self.at_a_time = model, at_a_time
        self._session = _Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=at_a_time))

    @classmethod
    def from_environment(cls, model: str) -> OpenAIProvider:
        """Raises:
        ConfigError: no address or no model is given, or a setting is out of its range.
        """
        url = os.environ.get(URL)
        if not url or not model:
            raise ConfigError(f"set {URL} to the server's address (http://.../v1) and name a model with --model")
        return cls(
            url,
            model,
            os.environ.get(KEY, ""),
            dialect=os.environ.get(GRAMMAR, ""),
            seconds=number_from(TIMEOUT, SECONDS),
            at_a_time=math.ceil(number_from(PARALLEL, AT_A_TIME)),
        )

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Completions in order, `at_a_time` requests under way. Leaving early sends no more of them."""
        return self.usage.counted(self._complete(requests))

    def _complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        asking = _Asking(self, requests)
        try:
            for found in asking.found:
                yield found.result()
        finally:
            asking.stop.set()

    def close(self) -> None:
        self._session.close()

    def about(self) -> str:
        return f"{self.name}: {self.model} at {self._url}"

    # --- one request

    def ask(self, request: Request, asking: _Asking) -> Completion:
        """The answer to one request, after as many attempts as it takes and is allowed."""
        try:
            order = self._order(request)
        except ConfigError as error:
            return Completion("", "error", detail=str(error))
        began, detail, gone = time.monotonic(), "", False
        for attempt in range(ATTEMPTS):
            try:
                found = self._in_time(order, began)
                asking.silent = 0
                return self._checked(request, found)
            except _Failed as failed:
                detail, gone = str(failed), failed.gone
                pause = min(LONGEST_PAUSE, max(failed.pause, self._pause * 2**attempt * random.uniform(0.75, 1.25)))
            if not gone:
                asking.silent = 0
            if attempt + 1 < ATTEMPTS and asking.stop.wait(pause):
                return Completion("", "error", detail="left before an answer came")
        asking.silent += gone
        return Completion(
            "", "error", detail=f"{ATTEMPTS} attempts failed: {detail}", seconds=time.monotonic() - began
        )

    def _order(self, request: Request) -> dict[str, Any]:
        messages = [{"role": "system", "content": request.system}] if request.system else []
        order: dict[str, Any] = {
            "model": self.model,
            "messages": [*messages, {"role": "user", "content": request.prompt}],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
        }
        if request.top_p < 1:
            order["top_p"] = request.top_p
        if request.grammar and self._dialect == "vllm":
            order["structured_outputs"] = {"grammar": request.grammar}
        elif request.grammar and self._dialect == "llama.cpp":
            from lift_sys.providers.lark import to_ebnf

            order["grammar"] = to_ebnf(request.grammar)
        elif request.grammar and not self._dialect:
            raise ConfigError(
                f"how this server takes grammars is not known: set {GRAMMAR} to vllm, llama.cpp or check"
            )
        return order

    def _in_time(self, order: dict[str, Any], began: float) -> Completion:
        """An attempt, left to itself when its time is over: a socket's bound is for one read, so a server that sends
        its headers byte by byte would hold us up for hours.

        Raises:
            _Failed: it may be tried again.
        """
        done: Future[Completion] = Future()

        def work() -> None:
            try:
                done.set_result(self._attempt(order, began))
            except BaseException as error:  # it is raised where the answer is waited for
                done.set_exception(error)

        threading.Thread(target=work, name=f"{WORKER}-attempt", daemon=True).start()
        try:
            return done.result(self._seconds + GRACE)
        except TimeoutError:
            raise _Failed("timed out: the answer took too long", gone=True) from None

    def _attempt(self, order: dict[str, Any], began: float) -> Completion:
        """Raises:
        _Failed: it may be tried again.
        """
        until = time.monotonic() + self._seconds
        try:
            with self._session.post(
                self._url,
                json=order,
                timeout=self._seconds,
                stream=True,
                auth=self._signed,
            ) as answer:
                body = _body(answer, until)
        except (requests.RequestException, HTTPError, OSError) as error:
            refused = isinstance(error, requests.ConnectionError | requests.Timeout)
            raise _Failed(f"{type(error).__name__}: {str(error)[:200]}", gone=refused) from error
        status = answer.status_code
        if status in _AGAIN:
            raise _Failed(f"HTTP {status}: {_shown(body)}", pause=_asked_pause(answer))
        if status != 200:
            detail = FULL if status < 500 and _TOO_LONG.search(_shown(body)) else f"HTTP {status}: {_shown(body)}"
            return Completion("", "error", detail=detail)
        return _read(body, time.monotonic() - began)

    def _signed(self, order: requests.PreparedRequest) -> requests.PreparedRequest:
        """The key as `auth`, because requests puts what a `.netrc` says over a header."""
        if self._key:
            order.headers["Authorization"] = f"Bearer {self._key}"
        return order

    def _checked(self, request: Request, found: Completion) -> Completion:
        """A server may take a grammar and not keep to it: then its answer is none."""
        if not request.grammar or found.finish != "stop":
            return found
        from lift_sys.providers.grammars import holds

        try:
            if holds(request.grammar, found.text):
                return found
        except ConfigError as error:
            return Completion("", "error", detail=str(error))
        return Completion("", "error", detail=f"the server did not keep to the grammar: {found.text[:100]!r}")


class _Session(requests.Session):
    """Follows no redirect: a key and a prompt go to the server that was named and to no other."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Asking:
    """A list of requests, worked through by threads that die with the process: none waits for a server that hangs."""

    def __init__(self, provider: OpenAIProvider, requests: Sequence[Request]) -> None:
        self.stop = threading.Event()
        self.silent = 0
        """Requests in a row that found no server."""
        self._provider = provider
        self.found: list[Future[Completion]] = [Future() for _ in requests]
        self._waiting: SimpleQueue[tuple[Request, Future[Completion]]] = SimpleQueue()
        for item in zip(requests, self.found, strict=True):
            self._waiting.put(item)
        for _ in range(min(provider.at_a_time, len(requests))):
            threading.Thread(target=self._work, name=WORKER, daemon=True).start()

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                request, future = self._waiting.get_nowait()
            except Empty:
                return
            try:
                if self.silent >= GIVE_UP:
                    detail = f"not asked: the server did not answer {self.silent} requests in a row"
                    future.set_result(Completion("", "error", detail=detail))
                else:
                    future.set_result(self._provider.ask(request, self))
            except BaseException as error:  # a fault of ours: it belongs to who asked, not to this thread
                future.set_exception(error)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not any(letter.isspace() for letter in parts.netloc)
            and parts.port != 0  # a port that is none is an error by itself
        )
    except ValueError:
        return False


def _body(answer: requests.Response, until: float) -> bytes:
    """The body, read as it comes: a server that sends a byte now and then does not hold us up for ever."""
    found = bytearray()
    while piece := answer.raw.read1(1 << 16, decode_content=True):
        found += piece
        if len(found) > LARGEST:
            raise _Failed(f"the answer is longer than {LARGEST >> 20} MiB")
        if time.monotonic() > until:
            raise _Failed("the answer took too long", gone=True)
    return bytes(found)


def _asked_pause(answer: requests.Response) -> float:
    """Seconds that the server wants to be left alone for."""
    with suppress(ValueError):
        return max(0.0, float(answer.headers.get("retry-after", "")))
    return 0.0


def _shown(body: bytes) -> str:
    return " ".join(body[:400].decode("utf-8", "replace").split())[:200]


def _read(body: bytes, seconds: float) -> Completion:
    """Raises:
    _Failed: that is no chat completion.
    """
    try:
        data = json.loads(body)
        choice = data["choices"][0]
        if choice.get("finish_reason") == "content_filter":
            return Completion("", "error", detail="the server withheld the answer (content_filter)", seconds=seconds)
        text, usage = choice["message"]["content"] or "", data.get("usage") or {}
        finish: Finish = "length" if choice.get("finish_reason") == "length" else "stop"
        tokens = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise _Failed(f"that is no chat completion ({type(error).__name__}): {_shown(body)}") from error
    if not isinstance(text, str):
        raise _Failed("that is no chat completion: its message is no text")
    text = text.encode("utf-8", "replace").decode("utf-8")  # JSON can hold half a character, a file can't
    return Completion(text, finish, *tokens, seconds=seconds)


def _count(told: Any) -> int:
    """Tokens that a server says it read or wrote; 0, which is "not told", where that is no count."""
    return int(told) if isinstance(told, int | float) and 0 <= told <= MOST_TOKENS else 0
