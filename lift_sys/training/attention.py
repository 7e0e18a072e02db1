"""Causal attention for training on a processor, as products of matrices.

torch's own attention on a processor multiplies small blocks one by one, with kernels that do not use the products in
bfloat16 that the processor has: it takes two fifths of a training step. Here the heads that share a key are one
product each, which goes through the same library as the linear layers. Scores are in the type of the queries, as in
transformers' `eager`, and probabilities are kept for the way back (Vaswani et al. 2017, equation 1; grouped heads:
Ainslie et al. 2023). What it is not made for (a mask, a cache, dropout, long rows) goes to torch's.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from lift_sys.providers.embedded import library

LONGEST = 1024
"""Tokens of a row up to which probabilities are kept: memory grows with their square."""
_NAME = "lift_sys_products"


def attend_with_products(model: Any) -> bool:
    """Let a transformers model attend by products; False where it does not attend by torch's own function now."""
    if model.config._attn_implementation != "sdpa":
        return False
    transformers = library("transformers")
    masks = library("transformers.masking_utils").AttentionMaskInterface
    transformers.AttentionInterface.register(_NAME, _attention)
    masks.register(_NAME, masks()["sdpa"])
    model.set_attn_implementation(_NAME)
    return True


def _attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    dropout: float = 0.0,
    scaling: float | None = None,
    **others: Any,
) -> tuple[Any, None]:
    """The interface of transformers: queries (batch, heads, tokens, width) to (batch, tokens, heads, width)."""
    length, width = query.shape[2:]
    plainly = (
        attention_mask is None and not dropout and others.get("position_bias") is None and _causal(module, others)
    )
    fits = length == key.shape[2] and length <= LONGEST and value.shape[-1] == width
    if not (module.training and query.requires_grad and plainly and fits):
        plain = library("transformers.integrations.sdpa_attention").sdpa_attention_forward
        found: tuple[Any, None] = plain(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return found
    scale = scaling if scaling is not None else width**-0.5
    # Positions leave queries and keys in float32 where the state is; autocast would have cast them for torch's.
    out = _products().apply(query.to(value.dtype), key.to(value.dtype), value, scale)
    return out.transpose(1, 2).contiguous(), None


def _causal(module: Any, others: dict[str, Any]) -> bool:
    """As torch's own function is told it."""
    told = others.get("is_causal")
    return bool(getattr(module, "is_causal", True) if told is None else told)


@cache
def _products() -> Any:
    torch = library("torch")

    class Products(torch.autograd.Function):  # type: ignore[misc, name-defined]
        """`softmax(scale Q K') V` for each head, a token seeing itself and those before it.

        With P the probabilities and G the gradient of the result, that of the scores is P (G V' - rowsum(P G V')).
        """

        @staticmethod
        def forward(ctx: Any, query: Any, key: Any, value: Any, scale: float) -> Any:
            batch, heads, length, width = query.shape
            groups = key.shape[1]
            rows = (query * scale).reshape(batch * groups, -1, width)
            keys, values = (given.reshape(batch * groups, length, width) for given in (key, value))
            scores = torch.bmm(rows, keys.transpose(1, 2))
            scores.view(batch * heads, length, length).add_(_later(scores.dtype, scores.device)[:length, :length])
            shares = torch.softmax(scores, -1)
            out = torch.bmm(shares, values)
            ctx.save_for_backward(rows, keys, values, shares)
            ctx.scale, ctx.query, ctx.key = scale, query.shape, key.shape
            return out.view(query.shape)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> tuple[Any, Any, Any, None]:
            rows, keys, values, shares = ctx.saved_tensors
            given = gradient.reshape(rows.shape)
            back = torch.bmm(given, values.transpose(1, 2))
            back = torch._softmax_backward_data(back, shares, -1, shares.dtype)
            return (
                torch.bmm(back, keys).mul_(ctx.scale).view(ctx.query),
                torch.bmm(back.transpose(1, 2), rows).view(ctx.key),
                torch.bmm(shares.transpose(1, 2), given).view(ctx.key),
                None,
            )

    return Products


@cache
def _later(kind: Any, device: Any) -> Any:
    """What hides later tokens: (LONGEST, LONGEST), minus infinity above the diagonal."""
    torch = library("torch")
    return torch.full((LONGEST, LONGEST), float("-inf"), dtype=kind, device=device).triu_(1)
