"""Servers that are slow, wrong or gone: an error that says why, in bounded time, and no harm to other requests."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai_server import Fault, Server, cut, drips, endless, hangs, serving, status

from lift_sys.errors import ConfigError
from lift_sys.providers import Request, make_provider
from lift_sys.providers.base import FULL
from lift_sys.providers.openai import AT_A_TIME, ATTEMPTS, GIVE_UP, GRACE, WORKER, OpenAIProvider
from lift_sys.providers.scripted import ScriptedProvider

KEY = "sk-this-is-a-secret"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def asking(server: Server, seconds: float = 0.5) -> OpenAIProvider:
    return OpenAIProvider(server.url, "m", KEY, seconds=seconds, pause=0.01)


PASSING = {
    "too many requests": [status(429)],
    "two kinds": [status(503), status(502)],
    "three times": [status(500)] * 3,
    "a cut connection": [cut],
    "no JSON": [status(200, b"<html>busy</html>")],
    "no choices": [status(200, {"choices": []}), status(200, {"choices": "none"})],
    "a list": [status(200, [1, 2]), status(200, {"choices": [{"message": {"content": 7}}]})],
    "silence": [hangs(1.5)],
    "a thousand levels": [status(200, b'{"choices": ' + b"[" * 200_000)],
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_a_server_that_fails_for_a_while_is_asked_again(server: Server, faults: list[Fault]) -> None:
    server.faults = {"sum": list(faults)}
    with asking(server) as provider:
        (found,) = provider.complete([Request("the sum of two")])
    assert found.text == "def add(a, b): return a + b"
    assert found.tokens == 7
    assert len(server.asked) == 1 + len(faults)


LASTING = {
    "always down": (status(503, b"maintenance"), "maintenance"),
    "always cut": (cut, "attempts failed"),
    "nonsense": (status(200, b"nonsense"), "no chat completion"),
    "hangs": (hangs(2), "timed out"),
    "drips": (drips(9, b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"), "too long"),
    "drips headers": (drips(9, b"HTTP/1.1 200 OK\r\nx-slow: "), "too long"),
    "endless": (endless, "16 MiB"),
}


@pytest.mark.parametrize(("fault", "says"), LASTING.values(), ids=LASTING)
def test_a_request_that_is_never_answered_is_an_error_in_time(server: Server, fault: Fault, says: str) -> None:
    server.faults = {"lost": [fault] * 9}
    began = time.monotonic()
    with asking(server) as provider:
        first, second, third = provider.complete([Request("hello"), Request("lost"), Request("the sum of two")])
    assert time.monotonic() - began < ATTEMPTS * (0.5 + GRACE) + 3
    assert (first.finish, third.finish) == ("stop", "stop")
    assert second.finish == "error"
    assert says in second.detail
    assert provider.usage.errors == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 301])
def test_what_asking_again_can_not_mend_is_not_asked_again(server: Server, code: int) -> None:
    server.faults = {"hello": [status(code, b"you may not", location="http://127.0.0.1:1/")] * 9}
    with asking(server) as provider:
        (found,) = provider.complete([Request("hello")])
    assert found.finish == "error"
    assert f"HTTP {code}: you may not" in found.detail
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        b'{"error": {"code": "context_length_exceeded"}}',
        b"the request exceeds the available context size. try increasing the context size",
    ],
)
def test_a_prompt_that_is_too_long_for_the_server_is_told_as_that(server: Server, said: bytes) -> None:
    server.faults = {"hello": [status(400, said)]}
    with asking(server) as provider:
        (found,) = provider.complete([Request("hello")])
    assert (found.finish, found.detail) == ("error", FULL)


def answer(text: str, **usage: object) -> dict[str, object]:
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage}


@pytest.mark.parametrize("told", ["1e999", "-1e999", "NaN", "-3", "1e308", '"7"', "null", "[]"])
def test_a_count_of_tokens_that_is_none_is_not_believed(server: Server, told: str) -> None:
    body = json.dumps(answer("fine", completion_tokens="?", prompt_tokens=5)).replace('"?"', told)
    server.faults = {"hello": [status(200, body.encode())]}
    with asking(server) as provider:
        (found,) = provider.complete([Request("hello")])
    assert (found.text, found.finish, found.prompt_tokens, found.tokens) == ("fine", "stop", 5, 0)


def test_half_a_character_can_be_written_down(server: Server) -> None:
    server.faults = {"hello": [status(200, answer("a\ud800b"))]}
    with asking(server) as provider:
        (found,) = provider.complete([Request("hello")])
    assert found.text.encode() == b"a?b"


def test_an_answer_that_the_server_withholds_is_no_answer(server: Server) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
    server.faults = {"hello": [status(200, {"choices": [choice]})]}
    with asking(server) as provider:
        (found,) = provider.complete([Request("hello")])
    assert found.finish == "error"
    assert "withheld" in found.detail


def test_a_server_that_wants_a_pause_gets_it(server: Server) -> None:
    server.faults = {"hello": [status(429, b"slow down", retry_after="0.4")]}
    began = time.monotonic()
    with asking(server) as provider:
        (found,) = provider.complete([Request("hello")])
    assert found.finish == "stop"
    assert 0.4 <= time.monotonic() - began < 3


def test_a_server_that_is_gone_is_given_up_soon() -> None:
    with socket.socket() as reserved:  # bound and not listening: nothing answers there
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
        began = time.monotonic()
        with OpenAIProvider(url, "m", seconds=0.2, pause=0.05) as provider:
            found = list(provider.complete([Request(f"hello {number}") for number in range(400)]))
    assert len(found) == 400
    assert {answer.finish for answer in found} == {"error"}
    assert sum("not asked" in answer.detail for answer in found) >= 400 - GIVE_UP - AT_A_TIME
    assert time.monotonic() - began < 5


def test_leaving_early_sends_no_more(server: Server) -> None:
    with asking(server) as provider:
        answers = provider.complete([Request(f"hello {number}") for number in range(500)])
        next(answers)
        answers.close()  # type: ignore[attr-defined]
        for thread in threading.enumerate():
            if thread.name == WORKER:
                thread.join(10)
                assert not thread.is_alive()
    assert len(server.asked) < 500


def test_leaving_early_does_not_wait_for_a_server_that_hangs(server: Server) -> None:
    server.faults = {"lost": [hangs(3)] * 9}
    with asking(server, seconds=30) as provider:
        answers = provider.complete([Request("hello"), *[Request("lost")] * 7])
        next(answers)
        began = time.monotonic()
        answers.close()  # type: ignore[attr-defined]
        assert time.monotonic() - began < 1


def test_the_key_goes_to_the_server_and_into_no_message(server: Server) -> None:
    server.faults = {"lost": [status(401)], "gone": [cut] * 9}
    with asking(server) as provider:
        found = list(provider.complete([Request("lost"), Request("gone"), Request("hello")]))
        said = f"{found} {provider.about()} {provider.usage} {provider!r}"
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert KEY not in said


def test_a_key_with_the_end_of_its_line_is_sent_without_it(server: Server) -> None:
    with OpenAIProvider(server.url, "m", f"{KEY}\r\n") as provider:
        assert next(iter(provider.complete([Request("hello")]))).finish == "stop"
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize("key", [f"{KEY}\r{KEY}", f"\u201c{KEY}\u201d", f"{KEY}\0"])
def test_a_key_that_no_header_takes_is_refused_and_not_shown(server: Server, key: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY holds what no key does") as raised:
        OpenAIProvider(server.url, "m", key)
    assert KEY not in str(raised.value)


def test_a_netrc_does_not_replace_the_key(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with asking(server) as provider, OpenAIProvider(server.url, "m") as without:
        assert [next(iter(one.complete([Request("hello")]))).finish for one in (provider, without)] == ["stop"] * 2
    assert server.keys == [f"Bearer {KEY}", ""]


def test_settings_come_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.faults = {"lost": [hangs(9)] * ATTEMPTS}
    for name, value in {"BASE_URL": f"{server.url}/", "API_KEY": KEY, "TIMEOUT": "0.2", "PARALLEL": "1"}.items():
        monkeypatch.setenv(f"OPENAI_{name}", value)
    with make_provider("openai", "some-model") as provider:
        assert isinstance(provider, OpenAIProvider)
        found = provider.complete([Request("hello"), Request("sum"), Request("lost")])
        assert [next(found).text for _ in range(2)] == ["I do not know that one", "def add(a, b): return a + b"]
        assert provider.at_a_time == 1
    assert server.keys[0] == f"Bearer {KEY}"
    assert server.asked[0]["model"] == "some-model"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "127.0.0.1:8000/v1"),
        ("OPENAI_BASE_URL", "file:///etc/passwd"),
        ("OPENAI_BASE_URL", "http://[::1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:99999/v1"),
        ("OPENAI_BASE_URL", "http://a b/v1"),
        ("OPENAI_BASE_URL", "http://:8000/v1"),
        ("OPENAI_TIMEOUT", "soon"),
        ("OPENAI_TIMEOUT", "1e10"),
        ("OPENAI_TIMEOUT", "nan"),
        ("OPENAI_PARALLEL", "0"),
        ("OPENAI_GRAMMAR", "ebnf"),
    ],
)
def test_a_bad_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        make_provider("openai", "m")


GRAMMAR = 'start: "yes" | "no"\n'


@pytest.mark.parametrize(("answer", "finish"), [("yes", "stop"), ("perhaps", "error")])
@pytest.mark.parametrize(("dialect", "sent"), [("vllm", {"grammar": GRAMMAR}), ("check", None)])
def test_a_server_that_does_not_keep_to_a_grammar_is_found_out(
    answer: str, finish: str, dialect: str, sent: object
) -> None:
    pytest.importorskip("llguidance")
    with (
        serving(ScriptedProvider({}, answer)) as server,
        OpenAIProvider(server.url, "m", pause=0.01, dialect=dialect) as provider,
    ):
        (found,) = provider.complete([Request("Is it?", grammar=GRAMMAR)])
    assert server.asked[0].get("structured_outputs") == sent
    assert found.finish == finish


def test_a_grammar_goes_out_in_the_dialect_of_the_server(server: Server) -> None:
    with OpenAIProvider(server.url, "m") as silent:
        (found,) = silent.complete([Request("Is it?", grammar=GRAMMAR)])
    assert "OPENAI_GRAMMAR" in found.detail
    assert server.asked == []
    with (
        serving(ScriptedProvider({}, "no")) as other,
        OpenAIProvider(other.url, "m", dialect="llama.cpp") as provider,
    ):
        (found,) = provider.complete([Request("Is it?", grammar=GRAMMAR)])
    assert found.text == "no"
    assert other.asked[0]["grammar"] == 'root ::= start\nstart ::= "yes" | "no"\n'
    with pytest.raises(ConfigError, match="OPENAI_GRAMMAR"):
        OpenAIProvider(server.url, "m", dialect="other")
