"""Chat template and loss mask, looked at again token by token, by another way than the one that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.chat import PLAIN
from lift_sys.records.training import TrainingRow
from lift_sys.training.tokens import Encoded, encode, shown


@dataclass(frozen=True)
class TokenCheck:
    """What the rows are in tokens of one model."""

    tokenizer: str
    context: int
    lengths: Mapping[str, Sequence[int]]
    """Tokens of each row that fits, by split."""
    learnt: Mapping[str, int]
    """Tokens that are learnt, by split."""
    too_long: Mapping[str, int]
    """Rows of more tokens than the context, by split: training leaves them out."""
    marked: Mapping[str, int]
    """Rows whose text can't be learnt as it is (see `Encoding.marked`), by split: training leaves them out."""
    sample: Sequence[tuple[str, bool]]
    """The text of each token of one row, and whether it is learnt."""

    @property
    def tokens(self) -> int:
        return sum(map(sum, self.lengths.values()))


def check_tokens(rows: Mapping[str, Sequence[TrainingRow]], tokenizer: Any, context: int, name: str) -> TokenCheck:
    """Check every row that fits, and count.

    Raises:
        ConfigError: a row's tokens are not those that its model is sent, or the wrong ones are learnt.
    """
    encodings = {split: encode(some, tokenizer, context) for split, some in rows.items() if some}
    for split, found in encodings.items():
        known = {row.id: row for row in rows[split]}
        for encoded in found.rows:
            check_row(known[encoded.row], encoded, tokenizer)
    first = next(iter(encodings.values()))
    middle = sorted(first.rows, key=lambda row: (len(row.ids), row.row))[len(first.rows) // 4]
    return TokenCheck(
        tokenizer=name,
        context=context,
        lengths={split: [len(row.ids) for row in found.rows] for split, found in encodings.items()},
        learnt={split: found.learnt for split, found in encodings.items()},
        too_long={split: found.too_long for split, found in encodings.items()},
        marked={split: found.marked for split, found in encodings.items()},
        sample=list(shown(middle, tokenizer)),
    )


def check_row(row: TrainingRow, encoded: Encoded, tokenizer: Any) -> None:
    """See that what comes before the mask is the prompt as a model is sent it, and what is learnt is the answer.

    Raises:
        ConfigError: it is not.
    """
    *asked, answer = row.messages
    sent = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=True, return_dict=False, **PLAIN)
    before, learnt = list(encoded.ids[: encoded.start]), list(encoded.ids[encoded.start :])
    if before != list(sent):
        raise ConfigError(f"row {row.id[:12]}: the tokens before its answer are not those that a model is sent")
    *text, end = learnt
    if tokenizer.decode(text).strip() != answer["content"].strip():
        raise ConfigError(f"row {row.id[:12]}: the tokens that are learnt are not its answer")
    if end not in tokenizer.all_special_ids or set(text) & set(tokenizer.all_special_ids):
        raise ConfigError(f"row {row.id[:12]}: its answer does not end where it should")
