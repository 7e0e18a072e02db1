"""What computes in fewer passes gives what peft, transformers and torch give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from training_kit import make_rows, small, tiny_model

from lift_sys.training.fused import TOKENS, fuse, token_loss
from lift_sys.training.models import base_of, load_model, load_tokenizer, loss_sum, trainable
from lift_sys.training.tokens import encode


def adapted(folder: Path, size: float = 0.3) -> Any:
    """A tiny model whose adapters are no longer zero, in peft's own layers."""
    import torch

    model = load_model(base_of(str(folder)), small(folder, precision="float32"))
    for layer in model.modules():
        layer.__dict__.pop("forward", None)
    torch.manual_seed(1)
    with torch.no_grad():
        for _, parameter in trainable(model):
            parameter.normal_(std=size)
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
    assert fuse(model) == 14 + 5  # two layers of seven; two norms a layer and the last one
    loss = loss_sum(model, rows)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(wanted, rel=1e-6)
    for name, parameter in trainable(model):
        off = torch.linalg.norm(parameter.grad - plain[name]) / torch.linalg.norm(plain[name])
        assert float(off) < 3e-4, name


def test_a_run_on_a_processor_uses_it(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path)
    model = load_model(base_of(str(folder)), small(folder, precision="float32"))
    assert sum("forward" in layer.__dict__ for layer in model.modules()) == 14 + 5


@pytest.mark.parametrize("tokens", [1, TOKENS, 2 * TOKENS + 3])
def test_the_loss_and_its_gradient_are_those_of_cross_entropy(tokens: int) -> None:
    import torch

    torch.manual_seed(0)
    hidden, weight = torch.randn(tokens, 8, requires_grad=True), torch.randn(50, 8)
    wanted = torch.randint(0, 50, (tokens,))
    plain = torch.nn.functional.cross_entropy(hidden @ weight.t(), wanted, reduction="sum") * 3
    (slope,) = torch.autograd.grad(plain, hidden)
    ours = token_loss(hidden, weight, wanted) * 3
    ours.backward()
    torch.testing.assert_close(ours, plain)
    torch.testing.assert_close(hidden.grad, slope)


def test_in_bfloat16_loss_and_gradients_are_those_of_float32_but_for_rounding(tmp_path: Path) -> None:
    import torch

    folder = tiny_model(tmp_path)
    rows = encode(make_rows(6), load_tokenizer(base_of(str(folder))), 128).rows
    model = adapted(folder, 0.05)
    wide = loss_sum(model, rows)
    wide.backward()
    plain = {name: parameter.grad.clone() for name, parameter in trainable(model)}
    model.zero_grad()
    for parameter in model.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)
    fuse(model)
    loss = loss_sum(model, rows)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(float(wide.detach()), rel=0.02)
    assert all(parameter.grad.dtype == torch.float32 for _, parameter in trainable(model))
    found = torch.cat([parameter.grad.flatten() for _, parameter in trainable(model)])
    wanted = torch.cat([gradient.flatten() for gradient in plain.values()])
    assert float(torch.nn.functional.cosine_similarity(found, wanted, dim=0)) > 0.99
    assert float(found.norm() / wanted.norm()) == pytest.approx(1, abs=0.05)


def test_a_norm_that_is_learnt_gets_the_gradients_that_transformers_gives_it(tmp_path: Path) -> None:
    import torch

    folder = tiny_model(tmp_path)
    rows = encode(make_rows(6), load_tokenizer(base_of(str(folder))), 128).rows
    model = load_model(base_of(str(folder)), small(folder, method="full"))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in trainable(model):
            if "norm" in name:
                parameter.normal_(1, 0.3)
    loss_sum(model, rows).backward()
    ours = {name: parameter.grad.clone() for name, parameter in trainable(model)}
    model.zero_grad()
    assert sum(layer.__dict__.pop("forward", None) is not None for layer in model.modules()) == 5
    loss_sum(model, rows).backward()
    for name, parameter in trainable(model):
        off = torch.linalg.norm(parameter.grad - ours[name]) / torch.linalg.norm(parameter.grad)
        assert float(off) < 3e-4, name
