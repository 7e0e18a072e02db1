"""Models to train: loaded, with adapters put in, and saved so that what was saved is what was trained."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.embedded import embedded_model, library
from lift_sys.training.config import TrainConfig

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
ALL = (*ATTENTION, "gate_proj", "up_proj", "down_proj")
ADAPTER = "adapter"
"""Folder of a finished adapter, or of the whole model after a full fine-tune, in a run's folder."""


def place_of(model: str) -> str:
    """Folder or id that is loaded; the embedded default is fetched on first use."""
    return model or str(embedded_model())


def load_tokenizer(model: str) -> Any:
    """Raises:
    ConfigError: there is no such model, or it has no chat template.
    """
    transformers = library("transformers")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(place_of(model))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the tokenizer of {model!r} can't be loaded: {str(error)[:300]}") from error
    if tokenizer.chat_template is None:
        raise ConfigError(f"the model {model!r} has no chat template: an instruction-tuned one is wanted")
    return tokenizer


def load_model(config: TrainConfig) -> Any:
    """The base model with fresh adapters, or all of it trainable, on the device at hand.

    Raises:
        ConfigError: there is no such model, or it has no layers of the names that adapters are put on.
    """
    torch, transformers = library("torch"), library("transformers")
    torch.manual_seed(config.seed)
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(place_of(config.model), dtype=_dtype(config))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the model {config.model!r} can't be loaded: {str(error)[:300]}") from error
    if config.method == "lora":
        peft = library("peft")
        names = ATTENTION if config.targets == "attention" else ALL
        settings = peft.LoraConfig(
            r=config.rank,
            lora_alpha=config.alpha,
            lora_dropout=0.0,
            target_modules=list(names),
            task_type="CAUSAL_LM",
        )
        try:
            model = peft.get_peft_model(model, settings)
        except ValueError as error:
            raise ConfigError(f"{config.model!r} can't take adapters on {', '.join(names)}: {error}") from error
    model.train()
    return model.to(device())


def device() -> str:
    return "cuda" if library("torch").cuda.is_available() else "cpu"


def _dtype(config: TrainConfig) -> Any:
    torch = library("torch")
    wanted = config.precision
    if wanted == "auto":
        # On processors without matrix units, bfloat16 products run at half the rate of float32.
        wanted = "bfloat16" if device() == "cuda" or _has_amx() else "float32"
    return getattr(torch, wanted)


def _has_amx() -> bool:
    try:
        return " amx_bf16 " in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def trainable(model: Any) -> Iterator[tuple[str, Any]]:
    """Names and parameters that are learnt, in the model's own order."""
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield name, parameter


def weights_hash(folder: Path) -> str:
    """A short hash over the weights in a folder.

    Raises:
        ConfigError: there are none.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ConfigError(f"{folder} holds no weights (*.safetensors)")
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 24), b""):
                digest.update(block)
    return digest.hexdigest()[:12]
