"""A layer with its adapter in one step gives what peft's own layers give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from training_kit import make_rows, small, tiny_model

from lift_sys.training.fused import fuse
from lift_sys.training.models import base_of, load_model, load_tokenizer, loss_sum, trainable
from lift_sys.training.tokens import encode


def adapted(folder: Path) -> Any:
    """A tiny model whose adapters are no longer zero, in peft's own layers."""
    import torch

    model = load_model(base_of(str(folder)), small(folder, precision="float32"))
    for layer in model.modules():
        layer.__dict__.pop("forward", None)
    torch.manual_seed(1)
    with torch.no_grad():
        for _, parameter in trainable(model):
            parameter.normal_(std=0.3)
    return model


@pytest.mark.parametrize("bias", [False, True])
def test_loss_and_gradients_are_those_of_peft(bias: bool, tmp_path: Path) -> None:
    import torch

    folder = tiny_model(tmp_path, attention_bias=bias, mlp_bias=bias)
    rows = encode(make_rows(6), load_tokenizer(base_of(str(folder))), 128).rows
    model = adapted(folder)
    loss_sum(model, rows).backward()
    plain = {name: parameter.grad.clone() for name, parameter in trainable(model)}
    wanted = float(loss_sum(model, rows).detach())
    model.zero_grad()
    assert fuse(model) == 14
    loss = loss_sum(model, rows)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(wanted, rel=1e-6)
    for name, parameter in trainable(model):
        off = torch.linalg.norm(parameter.grad - plain[name]) / torch.linalg.norm(plain[name])
        assert float(off) < 1e-5, name


def test_a_run_on_a_processor_uses_it(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path)
    model = load_model(base_of(str(folder)), small(folder, precision="float32"))
    assert sum("forward" in layer.__dict__ for layer in model.modules()) == 14
