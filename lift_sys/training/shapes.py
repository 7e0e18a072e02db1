"""What a model's `config.json` says of its size: enough to tell memory, work and cost without its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.training.config import TrainConfig

QWEN = "Qwen/Qwen3-30B-A3B"
KNOWN: Mapping[str, Mapping[str, Any]] = {
    QWEN: {
        "hidden_size": 2048,
        "num_hidden_layers": 48,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "moe_intermediate_size": 768,
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "vocab_size": 151936,
        "tie_word_embeddings": False,
    }
}
"""Models whose cost can be told where they are not at hand: their own `config.json`, as far as it matters."""

_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
"""What the number of experts is called."""


@dataclass(frozen=True)
class Shape:
    """A decoder of the Llama kind; all numbers are weights or widths."""

    hidden: int
    layers: int
    queries: int
    """Width of all query heads together."""
    keys: int
    """Width of all key heads together, and of all value heads."""
    inner: int
    """Width of the feed-forward part, or of one expert."""
    vocabulary: int
    tied: bool
    heads: int
    """Query heads of a layer."""
    experts: int = 1
    used: int = 1
    """Experts that a token goes through."""

    @property
    def attention(self) -> int:
        """Weights of a layer's attention: query and output, key and value."""
        return 2 * self.hidden * self.queries + 2 * self.hidden * self.keys

    @property
    def parameters(self) -> int:
        """Weights of the model; norms are left out, they are one in a thousand."""
        return self.layers * self.layer + self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def layer(self) -> int:
        """Weights of one layer."""
        router = self.hidden * self.experts if self.experts > 1 else 0
        return self.attention + 3 * self.hidden * self.inner * self.experts + router

    @property
    def body(self) -> int:
        """Weights that a token is multiplied with in the layers: of a mixture of experts, those it is sent to."""
        return self.layers * (self.attention + 3 * self.hidden * self.inner * self.used)

    @property
    def head(self) -> int:
        """Weights that give the logits."""
        return self.vocabulary * self.hidden

    def learnt(self, config: TrainConfig) -> int:
        """Numbers that training changes: `rank * (inputs + outputs)` of a layer with an adapter (Hu et al. 2021)."""
        if config.method == "full":
            return self.parameters if config.layers is None else config.layers * self.layer
        ends = 2 * (self.hidden + self.queries) + 2 * (self.hidden + self.keys)
        if config.targets == "all":
            ends += 3 * (self.hidden + self.inner) * self.experts
        return self.layers * config.rank * ends

    def saved(self) -> int:
        """Numbers of one layer that are kept for the way back, for a token.

        The inputs of both norms, of the attention with its output, and of the feed-forward part with what its gate
        makes of them: 8 hidden widths, the heads, and 4 inner widths for each expert that is used.
        """
        return 8 * self.hidden + self.queries + 2 * self.keys + 4 * self.inner * self.used


def shape_of(config: Mapping[str, Any], name: str) -> Shape:
    """The shape that a `config.json` tells.

    Raises:
        ConfigError: it is of a kind whose size is not known here.
    """
    try:
        heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
        width = int(config.get("head_dim") or hidden // heads)
        experts = int(next((config[name] for name in _EXPERTS if config.get(name)), 1))
        inner = config["moe_intermediate_size"] if "moe_intermediate_size" in config else config["intermediate_size"]
        return Shape(
            hidden=hidden,
            layers=int(config["num_hidden_layers"]),
            queries=heads * width,
            keys=int(config.get("num_key_value_heads") or heads) * width,
            inner=int(inner),
            vocabulary=int(config["vocab_size"]),
            tied=bool(config.get("tie_word_embeddings", True)),
            heads=heads,
            experts=experts,
            used=int(config.get("num_experts_per_tok") or 1) if experts > 1 else 1,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"the size of {name} can't be told: its config.json has no usable {error}") from error


def read_shape(model: str) -> Shape:
    """The shape of a model by its folder, or of one that is known here.

    Raises:
        ConfigError: it is neither.
    """
    if model in KNOWN:
        return shape_of(KNOWN[model], model)
    path = Path(model) / "config.json"
    try:
        return shape_of(json.loads(path.read_text(encoding="utf-8")), model)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be read: name a model's folder, or one of {', '.join(KNOWN)}") from error
