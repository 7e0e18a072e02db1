"""One suite of promises for every provider. The local ones run where their packages are installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest
from adapter_kit import tiny_chat
from openai_server import serving

from lift_sys.errors import ConfigError
from lift_sys.providers import Provider, Request, make_provider
from lift_sys.providers.local import LocalProvider
from lift_sys.providers.openai import OpenAIProvider
from lift_sys.providers.scripted import ScriptedProvider

WORDS = 'start: WORD (" " WORD)*\nWORD: /[a-z]{1,8}/\n'
YES_OR_NO = 'start: "yes" | "no"\n'


def local(engine: str, package: str, model: str) -> Any:
    missing = find_spec(package) is None or find_spec("torch") is None
    slow = [] if model == "tiny" else [pytest.mark.slow]
    marks = [*slow, pytest.mark.skipif(missing, reason=f"{package} is not installed")]
    return pytest.param(f"{engine}, {model}", marks=marks)


@pytest.fixture(
    params=[
        "scripted",
        "openai",
        local("openvino", "openvino_genai", "tiny"),
        local("transformers", "transformers", "tiny"),
        local("openvino", "openvino_genai", "embedded"),
        local("transformers", "transformers", "embedded"),
    ],
    scope="module",
)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with ExitStack() as stack:
        if request.param == "scripted":
            made: Provider = ScriptedProvider({"sum": "def add(a, b): return a + b"}, "I do not know that one")
        elif request.param == "openai":
            texts = ScriptedProvider(
                {"of two words": "no", "sum": "def add(a, b): return a + b"}, "I do not know that one"
            )
            made = OpenAIProvider(stack.enter_context(serving(texts)).url, "some-model", pause=0.01, dialect="vllm")
        else:
            engine, _, model = request.param.partition(", ")
            if model == "tiny":
                patch = stack.enter_context(pytest.MonkeyPatch.context())
                patch.setenv("LIFT_SYS_CACHE", str(tmp_path_factory.mktemp("cache")))
                model = str(tiny_chat(tmp_path_factory.mktemp("model")))
            made = LocalProvider("" if model == "embedded" else model, engine=engine, precision="float32")
        yield stack.enter_context(made)


@pytest.fixture
def samples(provider: Provider) -> bool:
    """Whether there is chance in the provider's answers."""
    return isinstance(provider, LocalProvider)


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


def test_many_requests_are_answered_in_order(provider: Provider) -> None:
    many = [replace(ASKED[number % 3], max_tokens=1 + number % 5) for number in range(90)]
    found = list(provider.complete(many))
    assert len(found) == 90
    first = {replace(request): answer.text for request, answer in zip(many, found, strict=True)}
    assert all(first[request].split()[:1] == a.text.split()[:1] for request, a in zip(many, found, strict=True))
    assert all(answer.tokens <= request.max_tokens for request, answer in zip(many, found, strict=True))


def test_the_same_request_has_the_same_answer(provider: Provider) -> None:
    first, second = (next(iter(provider.complete(ASKED[:1]))) for _ in range(2))
    assert first.text == second.text != ""


def test_the_same_seed_has_the_same_answer_and_another_seed_another(provider: Provider, samples: bool) -> None:
    hot = Request("Write a sentence about a river.", max_tokens=16, temperature=1.0, top_p=0.95, seed=5)
    asked = [*hot.samples(4), hot]
    assert [request.seed for request in asked] == [5, 6, 7, 8, 5]
    texts = [found.text for found in provider.complete(asked)]
    assert texts[0] == texts[4]
    if samples:
        assert len(set(texts[:4])) > 1


def test_no_completion_is_longer_than_it_may_be_and_a_cut_one_says_so(provider: Provider) -> None:
    (found,) = provider.complete([Request("Tell me a long story about a river.", max_tokens=3)])
    assert found.tokens <= 3
    assert found.finish == "length"


def test_a_grammar_is_kept_to(provider: Provider) -> None:
    if isinstance(provider, ScriptedProvider):
        pytest.skip("its texts are what they are")
    asked = Request(
        "Is seven the sum of two and five? Which of two words: yes or no?", max_tokens=8, grammar=YES_OR_NO
    )
    texts = {found.text for found in provider.complete([asked, replace(asked, temperature=1.5, seed=3)])}
    assert texts <= {"yes", "no"}


def test_what_can_not_be_asked_is_an_error_and_touches_no_other(provider: Provider) -> None:
    if isinstance(provider, ScriptedProvider):
        pytest.skip("it can be asked anything")
    asked = [ASKED[1], Request("hello", grammar="start: nothing\n"), Request("so " * 9000), ASKED[1]]
    first, broken, long, last = provider.complete(asked)
    assert first.text == last.text
    assert "error" not in (first.finish, last.finish)
    assert broken.finish == "error"
    assert broken.detail
    if isinstance(provider, LocalProvider):
        assert long.finish == "error"
        assert "context" in long.detail


def test_nothing_asked_is_nothing_answered(provider: Provider) -> None:
    assert list(provider.complete([])) == []


def test_leaving_early_is_allowed(provider: Provider) -> None:
    answers = provider.complete([*ASKED, Request("Tell me a long story.", max_tokens=120)])
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert next(iter(provider.complete(ASKED[:1]))).text == next(iter(provider.complete(ASKED[:1]))).text


def test_tokens_are_counted(provider: Provider) -> None:
    before = replace(provider.usage)
    found = list(provider.complete(ASKED))
    assert provider.usage.requests - before.requests == 3
    assert provider.usage.tokens - before.tokens == sum(answer.tokens for answer in found) > 0
    assert provider.usage.prompt_tokens - before.prompt_tokens == sum(answer.prompt_tokens for answer in found) > 0


def test_a_model_has_a_name_and_says_how_it_runs(provider: Provider) -> None:
    assert provider.model
    assert provider.model in provider.about()


@pytest.mark.parametrize("wrong", [{"max_tokens": 0}, {"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_a_request_out_of_range_can_not_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="a request wants"):
        Request("hello", **wrong)


def test_bad_settings_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for name, model in (("openai", "m"), ("scripted", str(tmp_path / "none.json")), ("nope", "")):
        with pytest.raises(ConfigError, match=r"OPENAI_BASE_URL|JSON file|there are local"):
            make_provider(name, model)
