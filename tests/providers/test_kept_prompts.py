"""A prompt that is asked many times is read once; what was read goes with the adapter that read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from adapter_kit import tiny_chat, write_adapter

from lift_sys.providers import Request
from lift_sys.providers.local import LocalProvider
from lift_sys.providers.openvino_engine import OpenVinoEngine
from lift_sys.providers.openvino_graph import linear_layers
from lift_sys.providers.probe import NotInEffect, check_alike
from lift_sys.providers.weights import find_weights

PROMPTS = ("Name the longest river in the whole of the country.", "Count to three, then say hello to everybody.")
MANY = [
    Request(text, max_tokens=12, temperature=0.9 if seed else 0.0, seed=seed)
    for text in PROMPTS
    for seed in range(24)
]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFT_SYS_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("LIFT_SYS_PRECISION", "float32")
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory, model: Path) -> list[str]:
    folder, layers = tmp_path_factory.mktemp("adapters"), linear_layers(model)
    return [str(write_adapter(folder / str(seed), layers, base=str(model), size=0.6, seed=seed)) for seed in range(2)]


class Counts(OpenVinoEngine):
    """Counts how often it loads the base."""

    loads = 0

    def _load(self) -> Any:
        self.loads += 1
        return super()._load()


@pytest.fixture
def engine(model: Path) -> Counts:
    weights = find_weights(str(model))
    return Counts(weights, "float32", [weights.config["eos_token_id"]], adapters=True)


def many(provider: LocalProvider) -> list[str]:
    """All in one batch: each prompt is kept once it is read."""
    return [found.text for found in provider.complete(MANY)]


def few(provider: LocalProvider) -> list[str]:
    """A few at a time: nothing is kept."""
    return [found.text for start in range(0, len(MANY), 6) for found in provider.complete(MANY[start : start + 6])]


def test_kept_prompts_lead_to_the_same_texts(model: Path, engine: Counts) -> None:
    with LocalProvider(str(model), engine=engine) as provider:
        apart = few(provider)
        assert engine.loads == 1
        assert many(provider) == apart
        assert engine.loads == 2
        assert many(provider) == apart
        assert engine.loads == 2
    assert len(set(apart)) > 10


def test_another_adapter_reads_every_prompt_anew(model: Path, adapters: list[str], engine: Counts) -> None:
    with LocalProvider(str(model)) as plain:
        wanted = []
        for adapter in (*adapters, None):
            plain.use(adapter)
            wanted.append(few(plain))
    with LocalProvider(adapters[0], engine=engine) as provider:
        found = [many(provider)]
        for adapter in (adapters[1], None):
            provider.use(adapter)
            found.append(many(provider))
    assert found == wanted
    assert len(set(map(tuple, wanted))) == 3


def test_probabilities_are_given_of_prompts_that_were_kept(model: Path, engine: Counts) -> None:
    with LocalProvider(str(model), engine=engine) as provider:
        ids = list(provider._ids(MANY[0]))
        before = engine.log_probabilities(ids)
        many(provider)
        assert engine.log_probabilities(ids) == pytest.approx(before, abs=1e-4)
        assert len(before) == len(ids) - 1


class Forgets(OpenVinoEngine):
    """Leaves the adapter out where it keeps prompts."""

    def _apply(self) -> None:
        if not self._keeps_prompts:
            super()._apply()


def test_an_engine_that_keeps_prompts_and_drops_the_adapter_is_caught_each_time(
    model: Path, adapters: list[str]
) -> None:
    weights = find_weights(str(model))
    engine = Forgets(weights, "float32", [weights.config["eos_token_id"]], adapters=True)
    with LocalProvider(adapters[0], engine=engine) as provider:
        few(provider)
        for _ in range(2):
            with pytest.raises(NotInEffect, match=r"loaded again to keep prompts, .* off by 100%"):
                many(provider)
        provider.use(None)  # there is no adapter to leave out
        assert many(provider) == few(provider)


def test_what_is_as_small_as_rounding_is_no_reason_to_refuse() -> None:
    base, adapted = [-1.0, -2.0], [-1.004, -2.004]
    check_alike(base, base, adapted, "engine")
    check_alike(base, base, base, "engine")
    with pytest.raises(NotInEffect, match="off by 40%"):
        check_alike([-1.6, -2.6], base, [-2.0, -3.0], "engine")
    with pytest.raises(NotInEffect, match="off by inf"):
        check_alike([-1.6, -2.6], base, base, "engine")
    with pytest.raises(NotInEffect, match="off by nan"):
        check_alike([float("nan"), -2.6], base, adapted, "engine")
