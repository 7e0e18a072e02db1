"""Rows as a model sees them: token ids in its own chat template, and which of them are learnt.

Only the completion is learnt, with the token that ends it. Where the prompt ends is found by rendering the chat
without the answer, which must be a prefix of the whole, token by token; a template for which it is not is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.records.training import TrainingRow


@dataclass(frozen=True)
class Encoded:
    """Token ids of one row. Those from `start` on are learnt."""

    row: str
    ids: tuple[int, ...]
    start: int

    @property
    def learnt(self) -> int:
        return len(self.ids) - self.start


@dataclass(frozen=True)
class Encoding:
    """The rows that fit, and how many were left out because they are longer than the context."""

    rows: tuple[Encoded, ...]
    too_long: int

    @property
    def tokens(self) -> int:
        return sum(len(row.ids) for row in self.rows)

    @property
    def learnt(self) -> int:
        return sum(row.learnt for row in self.rows)


def encode(rows: Sequence[TrainingRow], tokenizer: Any, context: int) -> Encoding:
    """Token ids of the rows that fit into `context` tokens.

    Raises:
        ConfigError: the tokenizer has no chat template, or its template writes a prompt differently when an answer
            follows; or no row fits.
    """
    if tokenizer.chat_template is None:
        raise ConfigError("the model has no chat template: an instruction-tuned one is wanted")
    found, too_long = [], 0
    for row in rows:
        encoded = _encode(row, tokenizer)
        if len(encoded.ids) > context:
            too_long += 1
        else:
            found.append(encoded)
    if not found:
        raise ConfigError(f"none of {len(rows)} rows fits into {context} tokens: raise --context")
    return Encoding(tuple(found), too_long)


def _encode(row: TrainingRow, tokenizer: Any) -> Encoded:
    *asked, answer = row.messages
    prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*asked, answer], tokenize=False)
    if not whole.startswith(prompt):
        raise ConfigError("the model's chat template changes a prompt when an answer follows: it can't be masked")
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    # The answer on its own: a token never spans prompt and answer, as none does when the model is asked.
    after = tokenizer(whole[len(prompt) :].rstrip("\n"), add_special_tokens=False)["input_ids"]
    return Encoded(row.id, (*before, *after), len(before))


def shown(encoded: Encoded, tokenizer: Any) -> Iterator[tuple[str, bool]]:
    """The text of each token, and whether it is learnt."""
    for place, token in enumerate(encoded.ids):
        yield tokenizer.decode([token]), place >= encoded.start


def batches(rows: Sequence[Encoded], tokens: int, seed: int, epoch: int) -> list[list[Encoded]]:
    """Batches of alike length for one epoch, none with more than `tokens` tokens, padding counted; in random order.

    Rows are shuffled, sorted by length inside large pools (so that batches differ from epoch to epoch), and cut.
    """
    rng = Random(f"{seed} {epoch}")
    order = list(rows)
    rng.shuffle(order)
    pool = max(1, len(order) // 4)
    found: list[list[Encoded]] = []
    for start in range(0, len(order), pool):
        found += _cut(sorted(order[start : start + pool], key=lambda row: len(row.ids)), tokens)
    rng.shuffle(found)
    return found


def _cut(rows: Sequence[Encoded], tokens: int) -> Iterator[list[Encoded]]:
    batch: list[Encoded] = []
    for row in rows:
        if batch and (len(batch) + 1) * len(row.ids) > tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
