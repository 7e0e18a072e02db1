"""What the model answers while it learns: greedy, on a few validation rows, the same ones each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lift_sys.providers.chat import chat_text
from lift_sys.providers.embedded import library
from lift_sys.records.training import TrainingRow
from lift_sys.training.config import TrainConfig
from lift_sys.training.models import device, precision
from lift_sys.training.runs import Sample

TOKENS = 160
"""Longest sample: a training run is no evaluation."""


def pick(rows: Sequence[TrainingRow], count: int) -> list[TrainingRow]:
    """A few rows with short answers, of different kinds and origins as far as there are."""
    kinds: dict[tuple[str, str], list[TrainingRow]] = {}
    for row in sorted(rows, key=lambda row: (len(row.completion) > 2 * TOKENS, row.id)):
        kinds.setdefault((row.task, row.origin), []).append(row)
    found: list[TrainingRow] = []
    while len(found) < count and any(kinds.values()):
        for known in kinds.values():
            if known and len(found) < count:
                found.append(known.pop(0))
    return found


def draw(model: Any, tokenizer: Any, rows: Sequence[TrainingRow], step: int, config: TrainConfig) -> list[Sample]:
    """One answer a row. Draws nothing from any generator of chance, so a run goes on as if it was not asked."""
    torch = library("torch")
    prompts = [chat_text(tokenizer, row.messages[:-1]) for row in rows]
    ids = [tokenizer(prompt, add_special_tokens=False)["input_ids"] for prompt in prompts]
    longest = max(map(len, ids))
    pad = tokenizer.eos_token_id
    given = torch.tensor([[pad] * (longest - len(line)) + line for line in ids], device=device())
    mask = torch.tensor([[0] * (longest - len(line)) + [1] * len(line) for line in ids], device=device())
    model.eval()
    try:
        with torch.no_grad(), precision(config):
            found = model.generate(
                input_ids=given,
                attention_mask=mask,
                max_new_tokens=TOKENS,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=pad,
                eos_token_id=_ends(model, tokenizer),
            )
    finally:
        model.train()
    texts = tokenizer.batch_decode(found[:, longest:], skip_special_tokens=True)
    return [Sample(step, row.task, row.prompt, row.completion, text) for row, text in zip(rows, texts, strict=True)]


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Tokens that end an answer, by the tokenizer and by the model."""
    own = model.generation_config.eos_token_id
    found = {tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])}
    return sorted(end for end in found if end is not None)
