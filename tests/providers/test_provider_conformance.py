"""One suite of promises for every provider. The local one runs where its packages are installed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import Any

import pytest

from lift_sys.errors import ConfigError
from lift_sys.providers import Provider, Request, make_provider
from lift_sys.providers.openai import OpenAIProvider
from lift_sys.providers.scripted import ScriptedProvider


class Server(BaseHTTPRequestHandler):
    """Answers in words that tell what was asked; a prompt can make it fail."""

    failures: dict[str, list[int]] = {}

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = order["messages"][-1]["content"]
        status = 200
        for key, statuses in self.failures.items():
            if key in prompt and statuses:
                status = statuses.pop(0)
        words = f"the answer to {prompt}".split()
        kept = words[: order["max_tokens"]]
        choice = {
            "message": {"role": "assistant", "content": " ".join(kept)},
            "finish_reason": "stop" if kept == words else "length",
        }
        body: Any = {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": len(kept)}}
        if "nonsense" in prompt:
            body = {"choices": "none"}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Server.failures = {}
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/v1"
    running.shutdown()
    running.server_close()
    thread.join()


LOCAL = pytest.param(
    "local",
    marks=[pytest.mark.slow, pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")],
)


@pytest.fixture(params=["scripted", "openai", LOCAL])
def provider(request: pytest.FixtureRequest, server: str) -> Iterator[Provider]:
    if request.param == "scripted":
        made: Provider = ScriptedProvider({"sum": "def add(a, b): return a + b"}, "I do not know that one")
    elif request.param == "openai":
        made = OpenAIProvider(server, "some-model", pause=0.01)
    else:
        made = make_provider("local")
    with made:
        yield made


ASKED = [
    Request("Write the sum of two numbers.", max_tokens=12),
    Request("Say hello.", max_tokens=4),
    Request("Name a colour, a tree and a river, in this order.", system="Be brief.", max_tokens=6),
]


def test_every_request_has_one_completion_in_order(provider: Provider) -> None:
    together = list(provider.complete(ASKED))
    assert len(together) == len(ASKED)
    for request, found in zip(ASKED, together, strict=True):
        (alone,) = provider.complete([request])
        assert alone.text.split()[:2] == found.text.split()[:2]


def test_the_same_request_has_the_same_answer(provider: Provider) -> None:
    first, second = (next(iter(provider.complete(ASKED[:1]))) for _ in range(2))
    assert first.text == second.text != ""


def test_no_completion_is_longer_than_it_may_be_and_a_cut_one_says_so(provider: Provider) -> None:
    (found,) = provider.complete([Request("Tell me a long story about a river.", max_tokens=3)])
    assert found.tokens <= 3
    assert found.finish == "length"


def test_nothing_asked_is_nothing_answered(provider: Provider) -> None:
    assert list(provider.complete([])) == []


def test_leaving_early_is_allowed(provider: Provider) -> None:
    answers = provider.complete(ASKED)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert len(list(provider.complete(ASKED[:1]))) == 1


def test_a_model_has_a_name(provider: Provider) -> None:
    assert provider.model


@pytest.mark.parametrize("statuses", [[429], [503, 502], [500, 500, 500]])
def test_a_server_that_fails_for_a_while_is_asked_again(server: str, statuses: list[int]) -> None:
    Server.failures = {"river": statuses}
    with OpenAIProvider(server, "m", pause=0.01) as asked:
        (found,) = asked.complete([Request("a river")])
    assert found.finish == "stop"
    assert found.prompt_tokens == 3


@pytest.mark.parametrize("prompt", ["always down", "nonsense", "forbidden"])
def test_a_request_that_can_not_be_answered_is_an_error_and_touches_no_other(server: str, prompt: str) -> None:
    Server.failures = {"always down": [503] * 9, "forbidden": [403]}
    with OpenAIProvider(server, "m", pause=0.01) as asked:
        first, second = asked.complete([Request(prompt), Request("hello")])
    assert first.finish == "error"
    assert first.detail
    assert second.text == "the answer to hello"


def test_a_server_that_does_not_answer_in_time_is_an_error(server: str) -> None:
    with OpenAIProvider("http://127.0.0.1:9/v1", "m", seconds=0.2, pause=0.01) as asked:
        (found,) = asked.complete([Request("hello")])
    assert found.finish == "error"


def test_bad_settings_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for name, model in (("openai", "m"), ("scripted", str(tmp_path / "none.json")), ("nope", "")):
        with pytest.raises(ConfigError, match=r"OPENAI_BASE_URL|JSON file|there are local"):
            make_provider(name, model)
