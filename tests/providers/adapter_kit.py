"""Adapters with known numbers, and models small enough to be made for a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_adapter(
    folder: Path,
    layers: Mapping[str, tuple[int, int]],
    *,
    base: str = "",
    rank: int = 4,
    alpha: float = 8.0,
    size: float = 0.05,
    seed: int = 0,
    **settings: Any,
) -> Path:
    """An adapter as peft saves it.

    Args:
        layers: outputs and inputs of each layer that it changes.
        size: standard deviation of `B`; 0 makes an adapter that changes nothing, as one is before training.
    """
    import torch
    from safetensors.torch import save_file

    chance = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, (outputs, inputs) in layers.items():
        tensors[f"base_model.model.{name}.lora_A.weight"] = torch.randn(rank, inputs, generator=chance) / inputs**0.5
        tensors[f"base_model.model.{name}.lora_B.weight"] = torch.randn(outputs, rank, generator=chance) * size
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted({name.rpartition(".")[2] for name in layers}),
        "inference_mode": True,
        **settings,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


SIZES = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}


CHAT = (
    "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def byte_tokenizer(folder: Path) -> Any:
    """A tokenizer of single bytes, two special tokens and a chat template, saved in a folder and given back."""
    import tokenizers
    import transformers

    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    whole = tokenizers.Tokenizer(tokenizers.models.BPE({letter: n for n, letter in enumerate(letters)}, []))
    whole.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = tokenizers.decoders.ByteLevel()
    whole.add_special_tokens(["<s>", "</s>"])
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=whole, bos_token="<s>", eos_token="</s>")
    made.chat_template = CHAT
    made.save_pretrained(folder)
    return made


def tiny_chat(folder: Path) -> Path:
    """A model of random weights that can be talked to: 2 layers, 258 tokens."""
    end = byte_tokenizer(folder).eos_token_id
    tiny("Llama", folder, vocab_size=258, max_position_embeddings=2048, eos_token_id=end, initializer_range=0.2)
    return folder


def tiny(family: str, folder: Path, **settings: Any) -> Any:
    """A model of a family with random weights, saved in a folder and given back."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**{**SIZES, **settings})
    model = getattr(transformers, f"{family}ForCausalLM")(config).eval()
    for name, parameter in model.named_parameters():
        if "bias" in name or "norm" in name:
            torch.nn.init.uniform_(parameter, -0.5, 1.5)
    model.save_pretrained(folder)
    return model
