"""Models of a few thousand weights with a tokenizer made for them, and rows that they can learn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lift_sys.records.training import KINDS, SYSTEM, TrainingRow
from lift_sys.training.choosing import Recipe
from lift_sys.training.config import TrainConfig
from lift_sys.training.data_prep import Prepared, manifest_of, write

WORDS = ("apple", "river", "stone", "cloud", "green", "table", "music", "light", "north", "paper")
END = "<|im_end|>"
CHAT = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "initializer_range": 0.2,
    "eos_token_id": 1,
    "bos_token_id": 0,
    "pad_token_id": 1,
}


def tokenizer_of(folder: Path, chat: str | None = CHAT) -> Any:
    """Byte-pair encoding of some 400 pieces, learnt of the words that rows here are made of."""
    import tokenizers
    import transformers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    own = tokenizers.Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|im_start|>", END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    own.train_from_iterator([*SYSTEM.values(), f"Say this: {' '.join(WORDS)} system user assistant"], trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=own, bos_token="<|im_start|>", eos_token=END, pad_token=END
    )
    tokenizer.chat_template = chat
    tokenizer.save_pretrained(folder)
    return tokenizer


def tiny_model(folder: Path, kind: str = "Llama", **sizes: Any) -> Path:
    """A model with random weights, always the same, and its tokenizer."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    tokenizer = tokenizer_of(folder)
    settings = getattr(transformers, f"{kind}Config")(vocab_size=len(tokenizer), **{**SIZES, **sizes})
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(settings)
    model.save_pretrained(folder)
    return folder


def make_rows(count: int, *, start: int = 0, words: int = 6) -> list[TrainingRow]:
    """Rows of unlike length whose answers say the words of the prompt again."""
    rows = []
    for number in range(start, start + count):
        said = " ".join(WORDS[(number + place) % len(WORDS)] for place in range(1 + number % words))
        rows.append(
            TrainingRow(
                task=KINDS[number % len(KINDS)],
                origin="template",
                source=f"s{number}",
                group="g",
                category="list_operations",
                difficulty="easy",
                prompt=f"Say this: {said}",
                completion=said,
            )
        )
    return rows


def write_data(folder: Path, train: Sequence[TrainingRow], val: Sequence[TrainingRow]) -> Path:
    """Rows as `lift-sys prepare` leaves them."""
    rows = {"train": list(train), "val": list(val), "test": []}
    empty: dict[str, Any] = {split: {} for split in rows}
    prepared = Prepared(rows, empty, set_aside=type(empty)(), sources={"examples": 0, "tasks": len(train)})  # type: ignore[arg-type]
    write(folder, prepared, manifest_of(prepared, Recipe(train=len(train), val=len(val), test=0), {}))
    return folder


def small(model: Path, **settings: Any) -> TrainConfig:
    """Settings with which a tiny model learns in seconds, on one thread."""
    usual: dict[str, Any] = {
        "model": str(model),
        "rank": 4,
        "learning_rate": 2e-2,
        "batch_tokens": 512,
        "micro_tokens": 512,
        "context": 128,
        "evaluations": 4,
        "threads": 1,
        "precision": "float32",  # `auto` is another thing on another machine
    }
    return TrainConfig(**{**usual, **settings})


def losses(folder: Path) -> list[tuple[int, float, float | None]]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"], line["validation"]) for line in lines]


def read_json(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text())
    return found
