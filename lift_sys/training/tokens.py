"""Rows as a model sees them: token ids in its own chat template, and which of them are learnt.

Only the completion is learnt, with the token that ends it. The prompt's tokens are those that a provider sends when
it asks (`providers/local.py`): system and user message, and the template's opening of an answer. Where the template
writes a prompt differently when an answer follows, or ends answers with no token of their own, it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.chat import chat_text
from lift_sys.records.training import TrainingRow

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair that stands for one character: no tokenizer takes it."""


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
    """The rows that can be learnt, and how many can't."""

    rows: tuple[Encoded, ...]
    too_long: int
    """Rows of more tokens than the context."""
    marked: int = 0
    """Rows whose text can't be learnt as it is: that of a special token would be taken for the end of a message, and
    a lone surrogate is no character."""

    @property
    def tokens(self) -> int:
        return sum(len(row.ids) for row in self.rows)

    @property
    def learnt(self) -> int:
        return sum(row.learnt for row in self.rows)


def encode(rows: Sequence[TrainingRow], tokenizer: Any, context: int) -> Encoding:
    """Token ids of the rows that fit into `context` tokens.

    Raises:
        ConfigError: the tokenizer has no chat template, or one that answers can't be told from prompts in; or no row
            fits.
    """
    if tokenizer.chat_template is None:
        raise ConfigError("the model has no chat template: an instruction-tuned one is wanted")
    special = [token for token in tokenizer.all_special_tokens if token.strip()]
    found: list[Encoded] = []
    too_long = marked = 0
    for row in rows:
        if _spoiled(row.prompt + row.completion, special):
            marked += 1
            continue
        encoded = _encode(row, tokenizer)
        if len(encoded.ids) > context:
            too_long += 1
        else:
            found.append(encoded)
    if not found:
        raise ConfigError(f"none of {len(rows)} rows fits into {context} tokens: raise --context")
    return Encoding(tuple(found), too_long, marked)


def _spoiled(text: str, special: Sequence[str]) -> bool:
    return any(token in text for token in special) or _HALF.search(text) is not None


def _encode(row: TrainingRow, tokenizer: Any) -> Encoded:
    *asked, answer = row.messages
    prompt, whole = chat_text(tokenizer, asked), chat_text(tokenizer, [*asked, answer], answered=True)
    if not whole.startswith(prompt):
        raise ConfigError("the model's chat template changes a prompt when an answer follows: it can't be masked")
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    # The answer on its own: a token never spans prompt and answer, as none does when the model is asked.
    after = tokenizer(whole[len(prompt) :].rstrip("\n"), add_special_tokens=False)["input_ids"]
    if not after or after[-1] not in tokenizer.all_special_ids:
        raise ConfigError("the model's chat template ends an answer with no token of its own: it would never stop")
    return Encoded(row.id, (*before, *after), len(before))


def shown(encoded: Encoded, tokenizer: Any) -> Iterator[tuple[str, bool]]:
    """The text of each token, and whether it is learnt."""
    for place, token in enumerate(encoded.ids):
        yield tokenizer.decode([token]), place >= encoded.start


def batches(
    rows: Sequence[Encoded], tokens: int, seed: int, epoch: int, *, most: int | None = None
) -> list[list[Encoded]]:
    """Batches of alike length for one epoch, in random order.

    Rows are shuffled, sorted by length inside large pools (so that batches differ from epoch to epoch), and cut.

    Args:
        tokens: most tokens of a batch, padding counted; a longer row is a batch of its own.
        most: most rows of a batch; None sets no bound.
    """
    rng = Random(f"{seed} {epoch}")
    order = list(rows)
    rng.shuffle(order)
    pool = max(1, -(-len(order) // 4))
    found: list[list[Encoded]] = []
    for start in range(0, len(order), pool):
        found += parts(sorted(order[start : start + pool], key=lambda row: len(row.ids)), tokens, most)
    rng.shuffle(found)
    return found


def parts(rows: Sequence[Encoded], tokens: int, most: int | None = None) -> Iterator[list[Encoded]]:
    """Rows in order, in parts of at most so many tokens, padding counted, and at most so many rows."""
    part: list[Encoded] = []
    longest = 0
    for row in rows:
        longest = max(longest, len(row.ids))
        if part and ((len(part) + 1) * longest > tokens or len(part) == most):
            yield part
            part, longest = [], len(row.ids)
        part.append(row)
    if part:
        yield part
