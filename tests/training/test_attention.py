"""Attention by products is torch's attention."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from training_kit import tiny_model

from lift_sys.training import attention
from lift_sys.training.attention import LONGEST, attend_with_products


def drawn(batch: int, length: int) -> list[Any]:
    """Queries of six heads, keys and values of two, and a gradient of the result."""
    import torch

    torch.manual_seed(length)
    shapes = [(batch, 6, length, 8), (batch, 2, length, 8), (batch, 2, length, 8), (batch, length, 6, 8)]
    return [torch.randn(shape) for shape in shapes]


def attended(given: list[Any], kind: str, scale: float) -> list[Any]:
    """The result, and the gradients of queries, keys and values."""
    import torch

    query, key, value = (tensor.to(getattr(torch, kind)).requires_grad_() for tensor in given[:3])
    module = SimpleNamespace(training=True, is_causal=True, num_key_value_groups=3)
    out, _ = attention._attention(module, query, key, value, None, scaling=scale)
    return [out.detach(), *torch.autograd.grad(out, (query, key, value), given[3].to(out.dtype))]


def plain(given: list[Any], scale: float) -> list[Any]:
    import torch

    query, key, value = (tensor.clone().requires_grad_() for tensor in given[:3])
    out = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=scale, enable_gqa=True
    ).transpose(1, 2)
    return [out.detach(), *torch.autograd.grad(out, (query, key, value), given[3])]


@pytest.mark.parametrize("scale", [0.35, 1.5])
@pytest.mark.parametrize(("batch", "length"), [(1, 1), (3, 7), (2, 40), (1, LONGEST), (1, LONGEST + 1)])
def test_results_and_gradients_are_those_of_torch(batch: int, length: int, scale: float) -> None:
    import torch

    given = drawn(batch, length)
    for found, wanted in zip(attended(given, "float32", scale), plain(given, scale), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_in_bfloat16_they_are_so_but_for_rounding() -> None:
    import torch

    given = drawn(2, 60)
    for found, wanted in zip(attended(given, "bfloat16", 0.35), plain(given, 0.35), strict=True):
        assert float(torch.linalg.norm(found.float() - wanted) / torch.linalg.norm(wanted)) < 0.02


def test_a_model_that_learns_with_it_answers_padded_prompts_as_before(tmp_path: Path) -> None:
    import torch
    import transformers

    folder = tiny_model(tmp_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ids = torch.tensor([[1, 1, 1, 5, 6, 7], [9, 8, 7, 6, 5, 4]])
    seen = torch.tensor([[0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]])
    asked = {"input_ids": ids, "attention_mask": seen, "max_new_tokens": 8, "do_sample": False}
    wanted = model.generate(**asked)
    assert attend_with_products(model)
    assert torch.equal(model.generate(**asked), wanted)
    model.save_pretrained(tmp_path / "saved")
    assert "lift_sys" not in (tmp_path / "saved" / "config.json").read_text()


def test_a_model_that_attends_in_a_way_of_its_own_is_left_as_it_is(tmp_path: Path) -> None:
    import transformers

    folder = tiny_model(tmp_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    assert not attend_with_products(model)
    assert model.config._attn_implementation == "eager"


@pytest.mark.parametrize("odd", ["values of another width", "not causal", "a bias by position"])
def test_what_it_is_not_made_for_goes_to_torch(odd: str) -> None:
    import torch

    query, key, value, _ = drawn(2, 9)
    others: dict[str, Any] = {}
    if odd == "values of another width":
        value = value[..., :4]
    elif odd == "not causal":
        others["is_causal"] = False
    else:
        others["position_bias"] = torch.randn(1, 6, 9, 9)
    module = SimpleNamespace(training=True, is_causal=True, num_key_value_groups=3)
    found, _ = attention._attention(module, query.requires_grad_(), key, value, None, scaling=0.35, **others)
    bias = torch.full((9, 9), float("-inf")).triu(1) if odd != "not causal" else torch.zeros(9, 9)
    scores = torch.einsum("bhqd,bhkd->bhqk", query, key.repeat_interleave(3, 1)) * 0.35 + bias
    shares = (scores + others.get("position_bias", 0)).softmax(-1)
    torch.testing.assert_close(found, torch.einsum("bhqk,bhkd->bqhd", shares, value.repeat_interleave(3, 1)))
