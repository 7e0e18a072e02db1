"""Decoder-only transformers as OpenVINO graphs, built from safetensors.

The graph is the plain stateful one that `ContinuousBatchingPipeline` turns into paged attention: token ids, mask and
positions in, logits out, keys and values as variables. Every linear layer's multiplication bears the layer's own
name, because adapters are put in by name.

Known are the families whose layers are those of Llama: `FAMILIES`. A model with a setting that is not carried out
here is refused; whether what was built computes what transformers computes is measured after the conversion
(`openvino_models.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from lift_sys.errors import ConfigError
from lift_sys.providers.embedded import library

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
Kind = Literal["float", "int8"]
"""Weights as they are, or eight bits a weight with a scale for each output."""
_BLOCKED = -65504.0
"""Stands for minus infinity in attention: the least of float16."""


class NotKnown(ConfigError):
    """The model is none that can be built here."""


def build(folder: Path, config: dict[str, Any], kind: Kind = "float") -> Any:
    """An `openvino.Model` of the weights in `folder`.

    Raises:
        NotKnown: the family or a setting of the model has no counterpart here.
    """
    _known(config)
    return _Graph(folder, config, kind).model()


def linear_layers(folder: Path) -> dict[str, tuple[int, int]]:
    """Outputs and inputs of each linear layer of a model, by name."""
    layers = {}
    for file in _files(folder):
        for name in file.keys():  # noqa: SIM118 - a file of safetensors is no mapping
            shape = file.get_slice(name).get_shape()
            if name.endswith("_proj.weight") and len(shape) == 2:
                layers[name.removesuffix(".weight")] = (shape[0], shape[1])
    return layers


def _files(folder: Path) -> Iterator[Any]:
    safetensors = library("safetensors")
    for path in sorted(folder.glob("*.safetensors")):
        try:
            yield safetensors.safe_open(path, "pt")
        except (OSError, safetensors.SafetensorError) as error:
            raise ConfigError(f"{path} is damaged ({error}): copy the model again") from error


def _known(config: dict[str, Any]) -> None:
    family = config.get("model_type")
    if family not in FAMILIES:
        raise NotKnown(f"models of the family {family!r} are not converted, only {', '.join(FAMILIES)}")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    odd = [f"{key}={rope[key]}" for key in ("rope_type", "type") if rope.get(key, "default") != "default"]
    if config.get("hidden_act", "silu") != "silu":
        odd.append(f"hidden_act={config['hidden_act']}")
    window = config.get("sliding_window") if config.get("use_sliding_window", family == "mistral") else None
    if window and window < config["max_position_embeddings"]:
        odd.append(f"sliding_window={window}")
    if set(config.get("layer_types") or ()) - {"full_attention"}:
        odd.append("layer_types")
    if odd:
        raise NotKnown(f"models with {', '.join(odd)} are not converted")


class _Graph:
    """Builds one model. Shapes in comments: B sequences, T new tokens, S tokens in all, N heads, D their size."""

    def __init__(self, folder: Path, config: dict[str, Any], kind: Kind) -> None:
        self.np, self.ov = library("numpy"), library("openvino")
        self.op: Any = library("openvino.opset13")
        self.util: Any = library("openvino.op.util")
        self.kind = kind
        self.weights = {name: (file, name) for file in _files(folder) for name in file.keys()}  # noqa: SIM118
        self.layers: int = config["num_hidden_layers"]
        self.heads: int = config["num_attention_heads"]
        self.groups: int = config.get("num_key_value_heads") or self.heads
        self.size: int = config.get("head_dim") or config["hidden_size"] // self.heads
        self.epsilon: float = config["rms_norm_eps"]
        rope = config.get("rope_parameters") or {}
        self.theta = float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0)
        self.sinks: list[Any] = []

    def model(self) -> Any:
        op = self.op
        ids, mask = self._input("input_ids"), self._input("attention_mask")
        places = self._input("position_ids")
        self.beams = self._input("beam_idx", rank=1, kind=self.np.int32)
        self.batch = op.gather(op.shape_of(ids), self._ints(0, rank=1), self._ints(0))  # (1,)
        words = self._matrix("model.embed_tokens")
        state = op.gather(words, op.convert(ids, "i32"), self._ints(0))  # (B, T, width)
        turns, bounds = self._turns(places), self._bounds(mask, places)
        for number in range(self.layers):
            state = self._layer(f"model.layers.{number}", number, state, turns, bounds)
        state = self._norm(state, "model.norm")
        head = self._matrix("lm_head") if "lm_head.weight" in self.weights else words
        logits = op.matmul(state, head, False, True)
        logits.set_friendly_name("lm_head")
        result = op.result(logits)
        result.output(0).set_names({"logits"})
        return self.ov.Model([result], self.sinks, [ids, mask, places, self.beams], "decoder")

    def _layer(self, name: str, number: int, state: Any, turns: tuple[Any, Any], bounds: Any) -> Any:
        op = self.op
        x = self._norm(state, f"{name}.input_layernorm")
        query = self._turned(self._split(x, f"{name}.self_attn.q", self.heads), turns)
        key = self._turned(self._split(x, f"{name}.self_attn.k", self.groups), turns)
        value = self._split(x, f"{name}.self_attn.v", self.groups)
        keys, values = self._kept(f"{number}.key", key), self._kept(f"{number}.value", value)  # (B, groups, S, D)
        seen = op.scaled_dot_product_attention(query, self._spread(keys), self._spread(values), bounds, causal=False)
        seen = op.reshape(
            op.transpose(seen, self._ints([0, 2, 1, 3])), self._ints([0, 0, self.heads * self.size]), True
        )
        state = op.add(state, self._linear(seen, f"{name}.self_attn.o_proj"))
        x = self._norm(state, f"{name}.post_attention_layernorm")
        gate = op.swish(self._linear(x, f"{name}.mlp.gate_proj"))
        wide = op.multiply(gate, self._linear(x, f"{name}.mlp.up_proj"))
        return op.add(state, self._linear(wide, f"{name}.mlp.down_proj"))

    # --- parts of a layer

    def _split(self, x: Any, name: str, heads: int) -> Any:
        """Queries, keys or values: (B, heads, T, D), normalised where the model does that."""
        x = self.op.reshape(self._linear(x, f"{name}_proj"), self._ints([0, 0, heads, self.size]), True)
        if f"{name}_norm.weight" in self.weights:
            x = self._norm(x, f"{name}_norm")
        return self.op.transpose(x, self._ints([0, 2, 1, 3]))

    def _kept(self, name: str, new: Any) -> Any:
        """What is remembered, with what is new behind it."""
        op = self.op
        shape = op.concat([self.batch, self._ints([self.groups]), self._ints([0]), self._ints([self.size])], 0)
        info = self.util.VariableInfo()
        info.data_shape = self.ov.PartialShape([-1, self.groups, -1, self.size])
        info.data_type, info.variable_id = self.ov.Type.f32, f"past_key_values.{name}present.{name}"
        variable = self.util.Variable(info)
        known = op.read_value(op.broadcast(self._floats(0.0), shape), variable)
        whole = op.concat([op.gather(known, self.beams, self._ints(0)), new], 2)
        self.sinks.append(op.assign(whole, variable))
        return whole

    def _spread(self, x: Any) -> Any:
        """Each group's keys or values for every head of the group: (B, heads, S, D)."""
        if self.heads == self.groups:
            return x
        op, each = self.op, self.heads // self.groups
        shape = op.concat([self.batch, self._ints([self.groups, each, 1, self.size])], 0)
        x = op.broadcast(op.unsqueeze(x, self._ints(2)), shape, broadcast_spec="BIDIRECTIONAL")
        return op.reshape(x, self._ints([0, self.heads, -1, self.size]), True)

    def _turns(self, places: Any) -> tuple[Any, Any]:
        """Cosines and sines of the rotary embedding (Su et al. 2021): (B, 1, T, D)."""
        op, np = self.op, self.np
        speeds = 1.0 / self.theta ** (np.arange(0, self.size, 2, dtype=np.float32) / self.size)
        at = op.convert(op.unsqueeze(places, self._ints(1)), "f32")  # (B, 1, T)
        angles = op.transpose(op.matmul(op.constant(speeds[None, :, None]), at, False, False), self._ints([0, 2, 1]))
        angles = op.unsqueeze(op.concat([angles, angles], -1), self._ints(1))
        return op.cos(angles), op.sin(angles)

    def _turned(self, x: Any, turns: tuple[Any, Any]) -> Any:
        op, half, end = self.op, self.size // 2, 2**62
        first, last = (
            op.slice(x, self._ints([a]), self._ints([b]), self._ints([1]), self._ints([3]))
            for a, b in ((0, half), (half, end))
        )
        crossed = op.concat([op.multiply(last, self._floats([[[[-1.0]]]])), first], -1)
        return op.add(op.multiply(x, turns[0]), op.multiply(crossed, turns[1]))

    def _bounds(self, mask: Any, places: Any) -> Any:
        """What a token may not see: (B, 1, T, S). Paged attention puts its own in this place."""
        op = self.op
        total = op.gather(op.shape_of(mask), self._ints(1), self._ints(0))
        columns = op.unsqueeze(op.range(self._ints(0), total, self._ints(1), "i64"), self._ints([0, 1]))  # (1, 1, S)
        before = op.less_equal(columns, op.unsqueeze(places, self._ints(2)))
        there = op.unsqueeze(op.greater(mask, self._ints(0)), self._ints(1))
        seen = op.unsqueeze(op.logical_and(before, there), self._ints(1))
        return op.select(seen, self._floats(0.0), self._floats(_BLOCKED))

    def _norm(self, x: Any, name: str) -> Any:
        """Root mean square norm (Zhang and Sennrich 2019)."""
        op = self.op
        power = op.reduce_mean(op.power(x, self._floats(2.0)), self._ints([-1]), True)
        x = op.multiply(x, op.divide(self._floats(1.0), op.sqrt(op.add(power, self._floats(self.epsilon)))))
        return op.multiply(x, op.constant(self._weight(f"{name}.weight").numpy()))

    def _linear(self, x: Any, name: str) -> Any:
        product = self.op.matmul(x, self._matrix(name), False, True)
        product.set_friendly_name(name)
        bias = f"{name}.bias"
        return self.op.add(product, self.op.constant(self._weight(bias).numpy())) if bias in self.weights else product

    # --- numbers

    def _matrix(self, name: str) -> Any:
        op, np = self.op, self.np
        weight = self._weight(f"{name}.weight").numpy()
        if self.kind == "float":
            return op.constant(weight)
        scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True) / 127, np.finfo(np.float16).tiny)
        whole = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
        product = op.multiply(op.convert(op.constant(whole), "f16"), op.constant(scale.astype(np.float16)))
        return op.convert(product, "f32")

    def _weight(self, name: str) -> Any:
        file, key = self.weights[name]
        return file.get_tensor(key).float()

    def _input(self, name: str, rank: int = 2, kind: Any = None) -> Any:
        found = self.op.parameter([-1] * rank, kind or self.np.int64, name=name)
        found.output(0).set_names({name})
        return found

    def _ints(self, values: Any, rank: int = 0) -> Any:
        return self.op.constant(self.np.array(values, dtype=self.np.int64, ndmin=rank))

    def _floats(self, values: Any) -> Any:
        return self.op.constant(self.np.array(values, dtype=self.np.float32))
