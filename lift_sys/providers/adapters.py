"""LoRA adapters as peft saves them: read, checked against the model they are for, and folded into one scale.

What an adapter adds to a layer is `scale * B @ A`, with `scale = lora_alpha / r` (or `/ sqrt(r)`). Engines disagree
on who applies the scale, so `B` leaves here with the scale in it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.embedded import library

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."
_UNKNOWN = ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "lora_bias", "layer_replication")
"""Settings of peft that change what an adapter computes, and that no engine here carries out."""


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in a folder."""

    folder: Path
    base: str
    """The model that it was trained on, by the folder or id that its trainer knew it under."""
    scale: float
    shapes: Mapping[str, tuple[int, int, int]]
    """Of each layer that it changes, by name: outputs, rank, inputs."""
    digest: str
    """Twelve digits that stand for weights and scale."""

    def check(self, layers: Mapping[str, tuple[int, int]]) -> None:
        """See that every layer of the adapter is one of the model's.

        Args:
            layers: outputs and inputs of the model's linear layers, by name.

        Raises:
            ConfigError: it is an adapter for another model.
        """
        for name, (outputs, _, inputs) in self.shapes.items():
            if name not in layers:
                raise ConfigError(f"{self.folder} is an adapter for another model: this one has no layer {name}")
            if layers[name] != (outputs, inputs):
                raise ConfigError(
                    f"{self.folder} is an adapter for another model: {name} has {layers[name]} outputs and inputs "
                    f"here, {(outputs, inputs)} there"
                )

    def tensors(self) -> dict[str, tuple[Any, Any]]:
        """`A` (rank, inputs) and `B` (outputs, rank) of each layer, as float32 arrays, the scale in `B`.

        Raises:
            ConfigError: torch is not installed.
        """
        torch = library("torch")
        found = library("safetensors.torch").load_file(self.folder / WEIGHTS)

        def of(name: str, half: str) -> Any:
            return found[f"{_PREFIX}{name}.lora_{half}.weight"].to(torch.float32)

        return {name: (of(name, "A").numpy(), (of(name, "B") * self.scale).numpy()) for name in self.shapes}


def is_adapter(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


def read_adapter(folder: Path) -> Adapter:
    """Raises:
    ConfigError: there is none, it is damaged, or it is of a kind that is not known here.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        weights = (folder / WEIGHTS).read_bytes()
        base, rank, alpha = (
            str(config["base_model_name_or_path"] or ""),
            int(config["r"]),
            float(config["lora_alpha"]),
        )
        kind = config["peft_type"]
        if rank < 1 or not math.isfinite(alpha):
            raise ValueError(f"r is {rank}, lora_alpha {alpha}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{folder} holds no LoRA adapter of peft ({type(error).__name__}: {error})") from error
    odd = [name for name in _UNKNOWN if config.get(name)]
    odd += [f"bias={config['bias']}"] if config.get("bias", "none") != "none" else []
    if kind != "LORA" or odd:
        raise ConfigError(
            f"{folder}: only plain LoRA is known, not {', '.join([*odd, *([kind] * (kind != 'LORA'))])}"
        )
    scale = alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank
    digest = hashlib.sha256(weights + repr(scale).encode()).hexdigest()[:12]
    return Adapter(folder, base, scale, _shapes(folder, weights), digest)


def _shapes(folder: Path, weights: bytes) -> dict[str, tuple[int, int, int]]:
    """From the header of a safetensors file: its length in eight bytes, then JSON."""
    try:
        length = int.from_bytes(weights[:8], "little")
        header = json.loads(weights[8 : 8 + length])
        header.pop("__metadata__", None)
        ends = max(entry["data_offsets"][1] for entry in header.values())
        sizes = {name: tuple(entry["shape"]) for name, entry in header.items()}
        halves = {name.removesuffix(".weight") for name in sizes}
        names = {name.rpartition(".lora_")[0] for name in halves}
        found = {}
        for name in sorted(names):
            (rank, inputs), (outputs, again) = sizes[f"{name}.lora_A.weight"], sizes[f"{name}.lora_B.weight"]
            if rank != again or not name.startswith(_PREFIX):
                raise ValueError(f"{name} is not a pair of matrices of one rank")
            found[name.removeprefix(_PREFIX)] = (outputs, rank, inputs)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{folder / WEIGHTS} is damaged ({error}): train or copy it again") from error
    if len(weights) != 8 + length + ends:
        raise ConfigError(f"{folder / WEIGHTS} is cut off: copy it again")
    return found
