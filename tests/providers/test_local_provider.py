"""Local models: the right engine, the right weights, the right adapter, and proof that it is in effect."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")
pytest.importorskip("openvino_genai")

from adapter_kit import tiny, tiny_chat, write_adapter

from lift_sys.errors import ConfigError, StorageError
from lift_sys.providers import Request, make_provider
from lift_sys.providers.adapters import Adapter, read_adapter
from lift_sys.providers.engines import Engine, EngineMissing
from lift_sys.providers.local import LocalProvider
from lift_sys.providers.openvino_engine import OpenVinoEngine
from lift_sys.providers.openvino_graph import linear_layers
from lift_sys.providers.openvino_models import READY, converted
from lift_sys.providers.probe import NotInEffect, log_probabilities, probe_ids
from lift_sys.providers.transformers_engine import TransformersEngine
from lift_sys.providers.weights import find_weights

# What peft 0.21 asks of transformers 5.23 is deprecated there.
pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
ASKED = [Request(text, max_tokens=24) for text in ("Say hello.", "Count to three.", "Name a river.")]
ENGINES = ("openvino", "transformers")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("LIFT_SYS_CACHE", str(folder))
        patch.setenv("LIFT_SYS_PRECISION", "float32")
        yield folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory, model: Path) -> dict[str, Path]:
    folder, layers = tmp_path_factory.mktemp("adapters"), linear_layers(model)
    attention = {name: shape for name, shape in layers.items() if name.endswith(("q_proj", "v_proj"))}
    base = str(model)
    return {
        "all": write_adapter(folder / "all", layers, base=base, size=0.3),
        "attention": write_adapter(folder / "attention", attention, base=base, size=0.8, seed=1, rank=8, alpha=12),
        "none": write_adapter(folder / "none", layers, base=base, size=0.0),
    }


def texts(provider: LocalProvider) -> list[str]:
    return [found.text for found in provider.complete(ASKED)]


def through_peft(model: Path, adapter: Path, ids: list[int]) -> list[float]:
    import peft
    import transformers

    base = transformers.AutoModelForCausalLM.from_pretrained(model).eval()
    return log_probabilities(peft.PeftModel.from_pretrained(base, adapter).eval(), ids)


def apart(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_answers_as_peft_does(name: str, model: Path, adapters: dict[str, Path]) -> None:
    with LocalProvider(str(model), engine=name) as provider:
        ids = probe_ids(provider._tokenizer)
        base = provider._engine.log_probabilities(ids)
        for adapter in (adapters["all"], adapters["attention"]):
            provider.use(str(adapter))
            found = provider._engine.log_probabilities(ids)
            assert apart(found, through_peft(model, adapter, ids)) < 2e-3
            assert apart(found, base) > 0.5
            assert "adapter in effect (measured, off by 0." in provider.about()
        provider.use(None)
        assert apart(provider._engine.log_probabilities(ids), base) < 1e-4


def test_both_engines_say_the_same_greedily(model: Path, adapters: dict[str, Path]) -> None:
    said = {}
    for name in ENGINES:
        with LocalProvider(str(adapters["all"]), engine=name) as provider:
            said[name] = texts(provider)
    assert said["openvino"] == said["transformers"]
    with LocalProvider(str(model), engine="openvino") as provider:
        assert texts(provider) != said["openvino"]


class Counts(OpenVinoEngine):
    """Counts how often it loads the base."""

    loads = 0

    def _load(self) -> Any:
        self.loads += 1
        return super()._load()


def test_adapters_are_swapped_without_loading_the_base_again(model: Path, adapters: dict[str, Path]) -> None:
    engine = make(Counts, model)
    assert isinstance(engine, Counts)
    with LocalProvider(str(adapters["all"]), engine=engine) as provider:
        before = texts(provider)
        provider.use(str(adapters["attention"]))
        between = texts(provider)
        provider.use(None)
        without = texts(provider)
        provider.use(str(adapters["all"]))
        assert texts(provider) == before
    assert engine.loads == 1
    assert len({tuple(before), tuple(between), tuple(without)}) == 3


class Drops(OpenVinoEngine):
    """Takes an adapter and leaves it out, as an engine does for which 'Unused LoRA tensor' is a warning."""

    def use(self, adapter: Adapter | None) -> None: ...


class Halves(OpenVinoEngine):
    """Takes a scale for its own business."""

    def _packed(self, tensors: dict[str, tuple[Any, Any]]) -> Any:
        return super()._packed({name: (a, b * 0.5) for name, (a, b) in tensors.items()})


class PassesOver(OpenVinoEngine):
    """Knows the layers of attention only."""

    def _packed(self, tensors: dict[str, tuple[Any, Any]]) -> Any:
        return super()._packed({name: pair for name, pair in tensors.items() if "self_attn" in name})


class Forgets(TransformersEngine):
    """Loads the adapter and answers with the base."""

    def use(self, adapter: Adapter | None) -> None:
        super().use(adapter)
        self._model = self._base if adapter is None else self._model.unload()


def make(kind: type[Any], model: Path) -> Engine:
    weights = find_weights(str(model))
    with LocalProvider(str(model), engine="transformers") as other:
        tokenizer, ends = other._tokenizer, other._ends
    made: Engine = (
        kind(weights, tokenizer, ends)
        if issubclass(kind, TransformersEngine)
        else kind(weights, "float32", ends, adapters=True)
    )
    return made


@pytest.mark.parametrize("kind", [Drops, Halves, PassesOver, Forgets])
def test_an_engine_that_drops_an_adapter_is_caught(kind: type[Any], model: Path, adapters: dict[str, Path]) -> None:
    engine = make(kind, model)
    with pytest.raises(NotInEffect, match=r"does not answer with the adapter: its effect is off by \d+%"):
        LocalProvider(str(adapters["all"]), engine=engine)
    engine.close()


def test_an_adapter_that_is_not_in_effect_is_taken_off_again(model: Path, adapters: dict[str, Path]) -> None:
    with LocalProvider(str(model), engine=make(Halves, model)) as provider:
        label, before = provider.model, texts(provider)
        with pytest.raises(NotInEffect):
            provider.use(str(adapters["all"]))
        assert provider.model == label
        assert texts(provider) == before


def test_an_adapter_before_its_training_changes_nothing_and_is_not_refused(adapters: dict[str, Path]) -> None:
    with LocalProvider(str(adapters["none"]), engine="openvino") as provider:
        assert "too small to be measured" in provider.about()


def test_a_model_that_is_built_wrongly_is_not_used(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another model lies in the cache in its place."""
    monkeypatch.setenv("LIFT_SYS_CACHE", str(tmp_path))
    tiny_chat(tmp_path / "other")
    tiny("Llama", tmp_path / "other", vocab_size=258, eos_token_id=257, initializer_range=0.2, hidden_size=64)
    place = converted(find_weights(str(model)), "float")
    shutil.rmtree(place)
    converted(find_weights(str(tmp_path / "other")), "float").rename(place)
    with LocalProvider(str(model)) as provider:
        assert provider._engine.name == "transformers"
        assert "passed over: openvino computes another model" in provider.about()
    with pytest.raises(EngineMissing, match="another model"):
        LocalProvider(str(model), engine="openvino")


def test_a_model_that_openvino_does_not_take_runs_in_transformers(tmp_path: Path) -> None:
    tiny_chat(tmp_path)
    tiny("GPTNeoX", tmp_path, vocab_size=258, max_position_embeddings=2048, eos_token_id=257)
    with make_provider("local", str(tmp_path)) as provider:
        assert "through transformers" in provider.about()
        assert "gpt_neox" in provider.about()
        assert len(list(provider.complete(ASKED))) == 3
    with pytest.raises(EngineMissing, match="gpt_neox"):
        LocalProvider(str(tmp_path), engine="openvino")


def test_the_name_changes_with_weights_adapter_and_precision(
    model: Path, adapters: dict[str, Path], tmp_path: Path
) -> None:
    names = []
    tiny_chat(tmp_path)
    tiny("Llama", tmp_path, vocab_size=258, max_position_embeddings=2048, eos_token_id=257, initializer_range=0.1)
    for what in (model, tmp_path, adapters["all"], adapters["attention"]):
        with LocalProvider(str(what), engine="openvino") as provider:
            names.append(provider.model)
    with LocalProvider(str(model), engine="openvino", precision="int8") as provider:
        names.append(provider.model)
    assert len(set(names)) == 5
    assert all("/" not in name for name in names)


def test_a_conversion_that_was_killed_is_made_again(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIFT_SYS_CACHE", str(tmp_path))
    weights = find_weights(str(model))
    place = converted(weights, "float")
    (place / READY).unlink()
    (place / "openvino_model.bin").write_bytes(b"half")
    assert converted(weights, "float") == place
    assert (place / "openvino_model.bin").stat().st_size > 1000
    assert json.loads((place / READY).read_text())["weights"] == weights.digest
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_a_full_disk_is_said_before_the_conversion(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIFT_SYS_CACHE", str(tmp_path / "cache"))
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    weights = find_weights(str(copy))
    with (copy / "more.safetensors").open("wb") as sparse:
        sparse.truncate(shutil.disk_usage(tmp_path).free // 2)
    with pytest.raises(StorageError, match=r"takes up to .* GB .* LIFT_SYS_CACHE"):
        converted(weights, "float")


@pytest.mark.parametrize("name", ENGINES)
def test_an_answer_that_takes_too_long_is_an_error(name: str, model: Path) -> None:
    with LocalProvider(str(model), engine=name, seconds=0.0) as provider:
        found = list(provider.complete([Request("Say hello.", max_tokens=500), Request("hi", max_tokens=1)]))
        assert found[0].finish == "error"
        assert "more than 0 s" in found[0].detail
        assert len(list(provider.complete(ASKED[:1]))) == 1


def test_leaving_early_stops_the_work(model: Path) -> None:
    with LocalProvider(str(model), engine="openvino") as provider:
        answers = provider.complete([Request("hi", max_tokens=1), *[Request("Tell me all.", max_tokens=1900)] * 20])
        next(answers)
        answers.close()  # type: ignore[attr-defined]
        pipe = provider._engine._pipeline()  # type: ignore[attr-defined]
        assert not pipe.has_non_finished_requests()


@pytest.mark.parametrize("name", ENGINES)
def test_draws_follow_the_distribution_and_the_seed(name: str, model: Path) -> None:
    with LocalProvider(str(model), engine=name) as provider:
        asked = Request("hi", max_tokens=1, temperature=1.0)
        drawn = [found.tokens and found.text for found in provider.complete(asked.samples(400))]
        again = [found.tokens and found.text for found in provider.complete(asked.samples(400))]
        assert drawn == again
        few = {
            found.text
            for found in provider.complete(Request("hi", max_tokens=1, temperature=1.0, top_p=0.05).samples(200))
        }
        (greedy,) = provider.complete([Request("hi", max_tokens=1)])
        ids = list(provider._ids(asked))
        share = sum(text == greedy.text for text in drawn) / 400
        likely = math.exp(
            provider._engine.log_probabilities([*ids, provider._tokenizer(greedy.text)["input_ids"][0]])[-1]
        )
    assert abs(share - likely) < 4 * math.sqrt(likely * (1 - likely) / 400)
    assert greedy.text in few
    assert len(few) < len(set(drawn)) / 3


def test_the_time_of_an_answer_can_be_bounded_from_outside(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFT_SYS_TIMEOUT", "1e-9")
    with LocalProvider(str(model), engine="transformers") as provider:
        (found,) = provider.complete([Request("Say hello.", max_tokens=500)])
    assert found.finish == "error"
    assert "more than 1e-09 s" in found.detail


@pytest.mark.parametrize(
    ("variable", "value"),
    [("LIFT_SYS_ENGINE", "vllm"), ("LIFT_SYS_PRECISION", "int2"), ("LIFT_SYS_TIMEOUT", "0")],
)
def test_unknown_settings_are_refused(
    variable: str, value: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=variable):
        LocalProvider(str(model))


def test_a_missing_or_foreign_adapter_says_what_is_wrong(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no LoRA adapter"):
        LocalProvider(str(model), adapter=str(tmp_path / "none"), engine="transformers")
    foreign = write_adapter(tmp_path / "other", {"model.layers.9.mlp.up_proj": (8, 8)}, base=str(model))
    for name in ENGINES:
        with pytest.raises(ConfigError, match="another model"):
            LocalProvider(str(foreign), engine=name)


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    tiny_chat(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(ConfigError, match="no chat template"):
        LocalProvider(str(tmp_path))


def test_what_the_reference_says_is_what_peft_says(model: Path, adapters: dict[str, Path]) -> None:
    """The check's own arithmetic for adapters is that of the library they are trained with."""
    import transformers

    base = transformers.AutoModelForCausalLM.from_pretrained(model).eval()
    with LocalProvider(str(model), engine="transformers") as provider:
        ids = probe_ids(provider._tokenizer)
    for folder in adapters.values():
        found = log_probabilities(base, ids, read_adapter(folder).tensors())
        assert apart(found, through_peft(model, folder, ids)) < 1e-4
