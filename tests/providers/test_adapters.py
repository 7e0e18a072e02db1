"""Adapters are read for what they are; damaged, foreign and unknown ones are refused with a reason."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from lift_sys.errors import ConfigError

pytest.importorskip("torch")
pytest.importorskip("safetensors")

from adapter_kit import tiny, write_adapter

from lift_sys.providers.adapters import read_adapter
from lift_sys.providers.openvino_graph import linear_layers
from lift_sys.providers.weights import find_weights, free_memory, weights_hash

LAYERS = {"model.layers.0.self_attn.q_proj": (32, 32), "model.layers.1.mlp.down_proj": (32, 48)}


def test_an_adapter_is_read_with_its_scale(tmp_path: Path) -> None:
    plain = read_adapter(write_adapter(tmp_path / "a", LAYERS, rank=4, alpha=8.0))
    assert plain.scale == 2.0
    assert plain.shapes == {
        "model.layers.0.self_attn.q_proj": (32, 4, 32),
        "model.layers.1.mlp.down_proj": (32, 4, 48),
    }
    stable = read_adapter(write_adapter(tmp_path / "b", LAYERS, rank=4, alpha=8.0, use_rslora=True))
    assert stable.scale == 4.0
    a, b = plain.tensors()["model.layers.1.mlp.down_proj"]
    assert a.shape == (4, 48)
    assert math.isclose(
        float(abs(stable.tensors()["model.layers.1.mlp.down_proj"][1]).sum()), 2 * float(abs(b).sum())
    )


def test_the_digest_changes_with_weights_and_scale(tmp_path: Path) -> None:
    digests = {
        read_adapter(write_adapter(tmp_path / name, LAYERS, **settings)).digest
        for name, settings in {"a": {}, "b": {"seed": 1}, "c": {"alpha": 16.0}, "d": {}}.items()
    }
    assert len(digests) == 3


def test_an_adapter_for_another_model_is_refused(tmp_path: Path) -> None:
    tiny("Llama", tmp_path / "model")
    layers = linear_layers(tmp_path / "model")
    assert len(layers) == 14
    read_adapter(write_adapter(tmp_path / "a", LAYERS)).check(layers)
    more = {**LAYERS, "model.layers.2.self_attn.q_proj": (32, 32)}
    with pytest.raises(ConfigError, match=r"another model.*layers\.2"):
        read_adapter(write_adapter(tmp_path / "b", more)).check(layers)
    other = {**LAYERS, "model.layers.0.self_attn.q_proj": (64, 32)}
    with pytest.raises(ConfigError, match="another model"):
        read_adapter(write_adapter(tmp_path / "c", other)).check(layers)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"peft_type": "IA3"}, "IA3"),
        ({"use_dora": True}, "use_dora"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"rank_pattern": {"q_proj": 8}}, "rank_pattern"),
        ({"bias": "all"}, "bias"),
        ({"r": 0}, "r is 0"),
        ({"lora_alpha": float("inf")}, "lora_alpha inf"),
    ],
)
def test_other_kinds_of_adapter_are_refused(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_adapter(write_adapter(tmp_path, LAYERS, **settings))


def test_damaged_adapters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no LoRA adapter"):
        read_adapter(tmp_path / "nowhere")
    folder = write_adapter(tmp_path / "a", LAYERS)
    whole = (folder / "adapter_model.safetensors").read_bytes()
    for data in (b"", b"\xff" * 64, whole[:50], whole[:-1], (4).to_bytes(8, "little") + b'"ab"'):
        (folder / "adapter_model.safetensors").write_bytes(data)
        with pytest.raises(ConfigError, match=r"damaged|cut off"):
            read_adapter(folder)
    (folder / "adapter_config.json").write_text("[]")
    with pytest.raises(ConfigError, match="holds no LoRA adapter"):
        read_adapter(folder)


def test_a_name_leads_to_base_adapter_and_tokenizer(tmp_path: Path) -> None:
    model, run = tmp_path / "model", tmp_path / "run"
    tiny("Llama", model)
    (model / "tokenizer.json").write_text("{}")
    write_adapter(run / "adapter", LAYERS, base=str(model))
    for name in (run, run / "adapter"):
        found = find_weights(str(name))
        assert (found.folder, found.tokenizer, found.name) == (model, model, "model")
        assert found.adapter is not None
        assert found.label == f"model@{weights_hash(model)}+{found.adapter.digest}"
    put_on = find_weights(str(model), str(run))
    assert put_on.label == found.label
    assert find_weights(str(model)).adapter is None
    with pytest.raises(ConfigError, match="adapter already"):
        find_weights(str(run), str(run))


def test_a_full_fine_tune_has_the_tokenizer_of_its_base(tmp_path: Path) -> None:
    model, run = tmp_path / "model", tmp_path / "run"
    tiny("Llama", model)
    (model / "tokenizer.json").write_text("{}")
    tiny("Llama", run / "adapter", hidden_size=64)
    (run / "config.json").write_text(json.dumps({"model": str(model)}))
    found = find_weights(str(run))
    assert (found.folder, found.tokenizer, found.name) == (run / "adapter", model, "run")
    assert found.digest != weights_hash(model)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no model|holds no"):
        find_weights(str(tmp_path / "empty"))
    tiny("Llama", tmp_path / "model")
    (tmp_path / "model" / "tokenizer.json").write_text("{}")
    for path in (tmp_path / "model").glob("*.safetensors"):
        path.unlink()
    with pytest.raises(ConfigError, match="holds no weights"):
        find_weights(str(tmp_path / "model"))


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_a_damaged_config_of_a_model_is_named(text: str, tmp_path: Path) -> None:
    tiny("Llama", tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=r"config.json is damaged .*copy the model again"):
        _ = find_weights(str(tmp_path)).config


def test_a_cut_file_of_weights_is_named(tmp_path: Path) -> None:
    tiny("Llama", tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ConfigError, match=r"model.safetensors is damaged .*copy the model again"):
        linear_layers(tmp_path)


def test_a_run_that_is_not_finished_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model": "", "rank": 16}))
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ConfigError, match="is not finished: run its `lift-sys train` again"):
        find_weights(str(tmp_path))


def test_an_adapter_whose_base_is_gone_says_which(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "a", LAYERS, base=str(tmp_path / "gone"))
    with pytest.raises(ConfigError, match=r"trained on a model .*no folder .*gone.*base_model_name_or_path"):
        find_weights(str(folder))


@pytest.mark.parametrize("name", ["./none", "/none/at/all", "a/b/c", "~/none", ".."])
def test_a_path_is_not_looked_for_in_the_hub(name: str) -> None:
    with pytest.raises(ConfigError, match=r"there is no folder \S+$|holds no model"):
        find_weights(name)


def test_an_id_is_taken_from_the_cache_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    place = tmp_path / "models--someone--small"
    tiny("Llama", place / "snapshots" / "abc")
    (place / "snapshots" / "abc" / "tokenizer.json").write_text("{}")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    found = find_weights("someone/small")
    assert found.name == "someone--small"
    assert found.digest == weights_hash(place / "snapshots" / "abc")
    with pytest.raises(ConfigError, match="no folder someone/other"):
        find_weights("someone/other")


def test_a_model_that_does_not_fit_into_memory_is_refused_with_an_estimate(tmp_path: Path) -> None:
    tiny("Llama", tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    found = find_weights(str(tmp_path))
    found.check_memory()
    with (tmp_path / "more.safetensors").open("wb") as sparse:
        sparse.truncate(free_memory())
    with pytest.raises(ConfigError, match=r"takes about .* GB of memory"):
        found.check_memory()
    found.check_memory(on_gpu=2 * free_memory())
    with pytest.raises(ConfigError, match=r"takes about .* GB of the GPU's memory"):
        found.check_memory(on_gpu=free_memory() // 2)


@pytest.mark.parametrize("name", ["SmolLM2-135M-Instruct-python", "someone/SmolLM2-135M-Instruct-python"])
def test_another_model_of_a_name_like_the_embedded_ones_is_not_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match=f"no folder {name}"):
        find_weights(name)
