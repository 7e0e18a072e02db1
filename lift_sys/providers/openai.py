"""Any server that speaks OpenAI's chat completions: the address and the key come from the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from lift_sys.errors import ConfigError
from lift_sys.providers.base import Closing, Completion, Request

URL, KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"
ATTEMPTS = 4
SECONDS = 120.0
"""Wall-clock time of one attempt."""
AT_A_TIME = 8
_AGAIN = frozenset((408, 409, 429, 500, 502, 503, 504))


class OpenAIProvider(Closing):
    """Asks `url`/chat/completions. The key is sent nowhere else and never shown."""

    name = "openai"

    def __init__(self, url: str, model: str, key: str = "", *, seconds: float = SECONDS, pause: float = 1.0) -> None:
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._key, self._seconds, self._pause = key, seconds, pause
        self.model = model
        self._session = requests.Session()

    @classmethod
    def from_environment(cls, model: str) -> OpenAIProvider:
        """Raises:
        ConfigError: no address or no model is given.
        """
        url = os.environ.get(URL)
        if not url or not model:
            raise ConfigError(f"set {URL} to the server's address (http://.../v1) and name a model with --model")
        return cls(url, model, os.environ.get(KEY, ""))

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        pool = ThreadPoolExecutor(AT_A_TIME)
        try:
            yield from pool.map(self._ask, requests)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        self._session.close()

    def _ask(self, request: Request) -> Completion:
        messages = [{"role": "system", "content": request.system}] if request.system else []
        order = {
            "model": self.model,
            "messages": [*messages, {"role": "user", "content": request.prompt}],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
        }
        began, detail = time.monotonic(), ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause * 2 ** (attempt - 1))
            try:
                answer = self._session.post(
                    self._url,
                    json=order,
                    timeout=self._seconds,
                    headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
                )
                if answer.status_code in _AGAIN:
                    detail = f"HTTP {answer.status_code}"
                    continue
                if answer.status_code != 200:
                    return Completion("", "error", detail=f"HTTP {answer.status_code}: {answer.text[:200]}")
                return self._read(answer.json(), time.monotonic() - began)
            except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
                detail = f"{type(error).__name__}: {str(error)[:200]}"
        return Completion("", "error", detail=f"{ATTEMPTS} attempts failed: {detail}")

    def _read(self, data: dict[str, object], seconds: float) -> Completion:
        choice = data["choices"][0]  # type: ignore[index]
        text = choice["message"]["content"] or ""
        if not isinstance(text, str):
            raise ValueError("the message is no text")
        usage = data.get("usage") or {}
        return Completion(
            text=text,
            finish="length" if choice.get("finish_reason") == "length" else "stop",
            prompt_tokens=int(usage.get("prompt_tokens", 0)),  # type: ignore[attr-defined]
            tokens=int(usage.get("completion_tokens", 0)),  # type: ignore[attr-defined]
            seconds=seconds,
        )
