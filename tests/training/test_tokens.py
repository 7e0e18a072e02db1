"""What a model learns of a row: the answer and its end, whatever the chat template, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("transformers")

from training_kit import CHAT, END, make_rows, tokenizer_of

from lift_sys.errors import ConfigError
from lift_sys.records.training import SYSTEM, TrainingRow
from lift_sys.training.checking import check_row, check_tokens
from lift_sys.training.tokens import Encoded, batches, encode, parts, shown

pytestmark = pytest.mark.slow  # transformers takes seconds to import


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokenizer")


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> object:
    return tokenizer_of(folder)


def row_of(prompt: str, completion: str) -> TrainingRow:
    return make_rows(1)[0].model_copy(update={"prompt": prompt, "completion": completion})


def test_only_the_answer_and_its_end_are_learnt(tokenizer) -> None:
    row = row_of("Say this: apple river", "apple river")
    (encoded,) = encode([row], tokenizer, 200).rows
    pieces = list(shown(encoded, tokenizer))
    learnt = "".join(text for text, own in pieces if own)
    before = "".join(text for text, own in pieces if not own)
    assert learnt == f"apple river{END}"
    assert before == (
        f"<|im_start|>system\n{SYSTEM['prompt_to_code']}{END}\n"
        f"<|im_start|>user\nSay this: apple river{END}\n<|im_start|>assistant\n"
    )


def test_no_token_spans_prompt_and_answer(tokenizer) -> None:
    rows = [row_of("x", answer) for answer in ("\n\nindented", "  spaces", "é", "def f():\n    return 1\n")]
    for row, encoded in zip(rows, encode(rows, tokenizer, 200).rows, strict=True):
        check_row(row, encoded, tokenizer)
        assert tokenizer.decode(list(encoded.ids[encoded.start :])) == f"{row.completion}{END}"


def test_the_check_notices_a_mask_that_is_off_by_one(tokenizer) -> None:
    row = row_of("Say this: stone", "stone")
    (encoded,) = encode([row], tokenizer, 200).rows
    check_row(row, encoded, tokenizer)
    for start in (encoded.start - 1, encoded.start + 1):
        with pytest.raises(ConfigError, match="before its answer"):
            check_row(row, replace(encoded, start=start), tokenizer)
    other = Encoded(row.id, (*encoded.ids[: encoded.start], *encoded.ids[encoded.start + 1 :]), encoded.start)
    with pytest.raises(ConfigError, match="not its answer"):
        check_row(row, other, tokenizer)
    endless = Encoded(row.id, encoded.ids[:-1], encoded.start)
    with pytest.raises(ConfigError):
        check_row(row, endless, tokenizer)


def test_rows_that_do_not_fit_are_left_out_and_counted(tokenizer) -> None:
    rows = [*make_rows(6), row_of("word " * 300, "no")]
    found = encode(rows, tokenizer, 200)
    assert (len(found.rows), found.too_long) == (6, 1)
    with pytest.raises(ConfigError, match="none of 7 rows fits into 8 tokens"):
        encode(rows, tokenizer, 8)


def test_text_that_can_not_be_learnt_as_it_is_is_left_out(tokenizer) -> None:
    spoiled = [row_of("Print it.", f"print('{END}')"), row_of("Half of a pair: \ud83d", "no")]
    found = encode([*make_rows(3), *spoiled, row_of("A whole one: \U0001f600", "yes")], tokenizer, 200)
    assert (len(found.rows), found.marked) == (4, 2)


@pytest.mark.parametrize(
    ("chat", "said"),
    [
        (None, "no chat template"),
        (CHAT.replace("system", "").replace("<|im_end|>", ""), "no token of its own"),
        (CHAT.replace("messages %}", "messages[-1:] %}", 1), "changes a prompt"),
    ],
)
def test_a_chat_template_that_can_not_be_masked_is_refused(chat: str | None, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        encode(make_rows(2), tokenizer_of(tmp_path, chat), 200)


def test_the_check_counts_what_there_is(tokenizer) -> None:
    rows = {"train": make_rows(12), "val": make_rows(4, start=12), "test": []}
    found = check_tokens(rows, tokenizer, 200, "tiny")
    assert [len(found.lengths[split]) for split in ("train", "val")] == [12, 4]
    assert "test" not in found.lengths
    assert found.learnt["val"] == encode(rows["val"], tokenizer, 200).learnt
    assert 0 < sum(own for _, own in found.sample) < len(found.sample)


def encoded_rows(count: int) -> list[Encoded]:
    return [Encoded(str(n), tuple(range(5 + 7 * n % 60)), 2) for n in range(count)]


def test_batches_hold_each_row_once_and_no_more_than_they_may() -> None:
    rows = encoded_rows(200)
    found = batches(rows, 256, seed=3, epoch=0)
    assert sorted(row.row for batch in found for row in batch) == sorted(row.row for row in rows)
    assert max(len(batch) * max(len(row.ids) for row in batch) for batch in found) <= 256
    assert max(len(batch) for batch in batches(rows, 256, seed=3, epoch=0, most=4)) == 4


def test_batches_of_alike_length_are_hardly_padded_and_differ_by_epoch() -> None:
    rows = encoded_rows(400)
    found = batches(rows, 512, seed=3, epoch=0)
    padded = sum(len(batch) * max(len(row.ids) for row in batch) for batch in found)
    assert padded < 1.15 * sum(len(row.ids) for row in rows)
    assert found == batches(rows, 512, seed=3, epoch=0)
    assert {tuple(r.row for r in b) for b in found} != {tuple(r.row for r in b) for b in batches(rows, 512, 3, 1)}


def test_a_row_longer_than_a_part_is_a_part_of_its_own() -> None:
    long = Encoded("long", tuple(range(100)), 2)
    assert [len(part) for part in parts([encoded_rows(1)[0], long, encoded_rows(1)[0]], 50)] == [1, 1, 1]


THINKING = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if loop.last and m['role'] == 'assistant' %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{% endif %}"
)
"""As Qwen3 has it: an empty thought stands before the last answer, and in a prompt only where thinking is off."""


def test_an_empty_thought_is_part_of_the_prompt_and_not_learnt(tmp_path: Path) -> None:
    tokenizer = tokenizer_of(tmp_path, THINKING)
    row = row_of("Say this: apple", "apple")
    (encoded,) = encode([row], tokenizer, 200).rows
    check_row(row, encoded, tokenizer)
    assert tokenizer.decode(list(encoded.ids[encoded.start :])) == f"apple{END}"
