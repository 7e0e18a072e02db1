"""What is built for OpenVINO computes what transformers computes, and what would not is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("openvino")

from adapter_kit import tiny

from lift_sys.providers.openvino_graph import NotKnown, build, linear_layers

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "llama, every head its own keys, tied words, biases": (
        "Llama",
        {"num_key_value_heads": 4, "tie_word_embeddings": True, "attention_bias": True},
    ),
    "llama, another base of the rotation": (
        "Llama",
        {"rope_parameters": {"rope_type": "default", "rope_theta": 50.0}},
    ),
    "mistral": ("Mistral", {"sliding_window": None}),
    "qwen2": ("Qwen2", {}),
    "qwen3": ("Qwen3", {"head_dim": 16}),
}


def logits(folder: Path, ids: Any, kind: str = "float") -> Any:
    """The prompt in two parts, so that keys and values are remembered."""
    import numpy as np
    import openvino

    model = build(folder, json.loads((folder / "config.json").read_text()), kind)  # type: ignore[arg-type]
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "INFERENCE_NUM_THREADS": 1}
    request = openvino.Core().compile_model(model, "CPU", exact).create_infer_request()
    found, rows = [], ids.shape[0]
    for start, end in ((0, 7), (7, ids.shape[1])):
        given = {
            "input_ids": ids[:, start:end],
            "attention_mask": np.ones((rows, end), np.int64),
            "position_ids": np.tile(np.arange(start, end), (rows, 1)),
            "beam_idx": np.arange(rows, dtype=np.int32),
        }
        found.append(request.infer(given)["logits"].copy())
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize(("family", "settings"), MODELS.values(), ids=MODELS)
def test_the_graph_computes_what_transformers_computes(tmp_path: Path, family: str, settings: dict[str, Any]) -> None:
    import numpy as np
    import torch

    model = tiny(family, tmp_path, **settings)
    ids = np.random.default_rng(0).integers(0, 97, (2, 12))
    wanted = model(torch.tensor(ids)).logits.detach().numpy()
    assert np.abs(wanted).max() > 0.1
    assert np.abs(logits(tmp_path, ids) - wanted).max() < 1e-4
    assert np.abs(logits(tmp_path, ids, "int8") - wanted).max() < 0.05
    assert len(linear_layers(tmp_path)) == 14


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"model_type": "gpt2"}, "gpt2"),
        ({"model_type": "llama", "hidden_act": "gelu"}, "gelu"),
        ({"model_type": "llama", "rope_parameters": {"rope_type": "yarn"}}, "yarn"),
        ({"model_type": "mistral", "sliding_window": 64, "max_position_embeddings": 128}, "sliding_window"),
        ({"model_type": "qwen3", "layer_types": ["full_attention", "sliding_attention"]}, "layer_types"),
    ],
)
def test_what_is_not_carried_out_is_refused(tmp_path: Path, config: dict[str, Any], says: str) -> None:
    with pytest.raises(NotKnown, match=says):
        build(tmp_path, config)
