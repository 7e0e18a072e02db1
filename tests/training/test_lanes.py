"""A step in two lanes: the gradients of one lane, the same ones every time, rows dealt evenly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from training_kit import make_rows, small, tiny_model

from lift_sys.training.lanes import Gradients, deal
from lift_sys.training.models import base_of, load_model, load_tokenizer, trainable
from lift_sys.training.tokens import Encoded, batches, encode, parts


def gradients(folder: Path, rows: Any, **settings: Any) -> tuple[float, dict[str, Any]]:
    import torch

    config = small(folder, **settings)
    model = load_model(base_of(str(folder)), config)
    torch.manual_seed(1)
    with torch.no_grad():
        for _, parameter in trainable(model):
            parameter.normal_(std=0.3)
    loss = Gradients(model, config).take(rows)
    return loss, {name: parameter.grad for name, parameter in trainable(model)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("micro_tokens", [128, 512])
def test_two_lanes_give_the_gradients_of_one(model: Path, micro_tokens: int) -> None:
    import torch

    rows = encode(make_rows(7), load_tokenizer(base_of(str(model))), 128).rows
    loss, plain = gradients(model, rows)
    once, found = gradients(model, rows, threads=2, micro_tokens=micro_tokens)
    assert once == pytest.approx(loss, rel=1e-5)
    for name, wanted in plain.items():
        assert float(torch.linalg.norm(found[name] - wanted) / torch.linalg.norm(wanted)) < 1e-4, name
    _, again = gradients(model, rows, threads=2, micro_tokens=micro_tokens)
    assert all(torch.equal(found[name], again[name]) for name in found)


def test_a_step_of_one_row_and_a_model_with_dropout_take_one_lane(model: Path, tmp_path: Path) -> None:
    import torch

    rows = encode(make_rows(4), load_tokenizer(base_of(str(model))), 128).rows
    assert gradients(model, rows[:1], threads=2)[0] == pytest.approx(gradients(model, rows[:1])[0], rel=1e-5)
    other = tiny_model(tmp_path, "GPTNeoX", hidden_dropout=0.5)
    config = small(other, threads=2, method="full")
    dropping = load_model(base_of(str(other)), config)
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(Gradients(dropping, config).take(rows))
        dropping.zero_grad()
    assert found[0] == found[1]


def of(*lengths: int) -> list[Encoded]:
    return [Encoded(str(number), tuple(range(length)), 1) for number, length in enumerate(lengths)]


def test_rows_are_dealt_evenly() -> None:
    assert [sum(len(row.ids) for row in lane) for lane in deal(of(9, 2, 7, 8, 4), 2)] == [15, 15]
    assert [len(lane) for lane in deal(of(5), 2)] == [1]


def test_steps_have_pairs_of_rows_within_their_tokens() -> None:
    rows = of(*[30] * 21)
    cut = [len(part) for part in parts(rows, 100, pairs=True)]
    assert cut == [2] * 9 + [3]
    assert [len(part) for part in parts(rows, 100)] == [3] * 7
    assert sorted(row.row for batch in batches(rows, 100, 0, 0) for row in batch) == sorted(row.row for row in rows)
    assert [len(part) for part in parts(of(90, 90, 90), 100, pairs=True)] == [1, 1, 1]
