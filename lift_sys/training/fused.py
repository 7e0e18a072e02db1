"""The parts of a model that wait for memory, in fewer passes over it.

peft adds an adapter to a layer in four passes over the layer's output: the product with B, the scaling, the sum, and
on the way back the scaling again. On a processor these passes wait for memory, and there are 210 such layers in the
embedded model. Here the second product is added into the output of the first, and only what the gradients of A and B
need is kept. A norm keeps one tensor in place of four, and the loss turns logits into its gradient where they lie.
The numbers are the same but for rounding (`tests/training/test_fused.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from lift_sys.providers.embedded import library

TOKENS = 160
"""Tokens whose logits are in memory at a time."""
_NORMS = {"LlamaRMSNorm", "MistralRMSNorm", "Qwen2RMSNorm", "Qwen3RMSNorm"}


def fuse(model: Any) -> int:
    """Let the plain LoRA layers and the RMS norms of a model compute in one step; how many there are.

    For a processor, and one adapter without dropout. Products are taken in the type of the frozen weights.
    Parameters, their names, and what is saved stay as they are.
    """
    linear = library("peft.tuners.lora").Linear
    layers = [layer for layer in model.modules() if type(layer) is linear]
    norms = [layer for layer in model.modules() if type(layer).__name__ in _NORMS]
    for layer in layers:
        layer.forward = _linear(layer)
    for layer in norms:
        layer.forward = _norm(layer)
    return len(layers) + len(norms)


def token_loss(hidden: Any, weight: Any, wanted: Any) -> Any:
    """Sum of the cross-entropies of the tokens `wanted` (n), in nats, from hidden states (n, width) and a frozen
    output layer (vocabulary, width).

    Logits of a vocabulary are the largest thing in memory. They are taken for a few tokens at a time, and nothing of
    them is kept for the way back.
    """
    return _token_loss().apply(hidden, weight, wanted)


def _linear(layer: Any) -> Callable[[Any], Any]:
    function = _with_adapter()
    base, (name,) = layer.get_base_layer(), layer.active_adapters
    first, second, scale = layer.lora_A[name], layer.lora_B[name], layer.scaling[name]

    def forward(x: Any, *_: Any, **__: Any) -> Any:
        return function.apply(x, base.weight, base.bias, first.weight, second.weight, scale)

    return forward


def _norm(layer: Any) -> Callable[[Any], Any]:
    function = _rms_norm()

    def forward(x: Any) -> Any:
        return function.apply(x, layer.weight, layer.variance_epsilon)

    return forward


@cache
def _with_adapter() -> Any:
    torch = library("torch")

    class WithAdapter(torch.autograd.Function):  # type: ignore[misc, name-defined]
        """`x W' + bias + scale (x A') B'`, for frozen W and bias (Hu et al. 2021, equation 3)."""

        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any, bias: Any, first: Any, second: Any, scale: float) -> Any:
            kind = weight.dtype
            rows, first, second = x.reshape(-1, x.shape[-1]).to(kind), first.to(kind), second.to(kind)
            low = rows @ first.t()
            out = torch.nn.functional.linear(rows, weight, bias)
            out.addmm_(low, second.t(), alpha=scale)
            ctx.save_for_backward(rows, low, first, second, weight)
            ctx.scale, ctx.shape, ctx.kind = scale, x.shape, x.dtype
            return out.view(*x.shape[:-1], -1)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> tuple[Any, ...]:
            rows, low, first, second, weight = ctx.saved_tensors
            given = gradient.reshape(-1, gradient.shape[-1]).to(weight.dtype)
            lower = (given @ second).mul_(ctx.scale)
            back = None
            if ctx.needs_input_grad[0]:
                back = (given @ weight).addmm_(lower, first).view(ctx.shape).to(ctx.kind)
            return back, None, None, (lower.t() @ rows).float(), (given.t() @ low).float().mul_(ctx.scale), None

    return WithAdapter


@cache
def _rms_norm() -> Any:
    torch = library("torch")

    class RmsNorm(torch.autograd.Function):  # type: ignore[misc, name-defined]
        """`weight x / rms(x)` (Zhang and Sennrich 2019), in float32 inside and in the type of x outside.

        With n = x / rms(x), the gradient of x is (g - n mean(g n)) / rms(x), g being that of n.
        """

        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any, epsilon: float) -> Any:
            size = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
            factor = size.square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()
            normed = (x * factor).to(x.dtype)
            ctx.save_for_backward(normed, factor, weight)
            return normed * weight.to(x.dtype)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> tuple[Any, Any, None]:
            normed, factor, weight = ctx.saved_tensors
            wide, slope = normed.float(), None
            if ctx.needs_input_grad[1]:
                slope = (gradient.float() * wide).reshape(-1, weight.shape[0]).sum(0).to(weight.dtype)
            given = (gradient * weight.to(gradient.dtype)).float()
            mean = (given * wide).mean(-1, keepdim=True)
            return given.addcmul_(wide, mean, value=-1).mul_(factor).to(gradient.dtype), slope, None

    return RmsNorm


@cache
def _token_loss() -> Any:
    torch = library("torch")

    class TokenLoss(torch.autograd.Function):  # type: ignore[misc, name-defined]
        """The gradient of a cross-entropy by its logits is their softmax, less 1 at the wanted token."""

        @staticmethod
        def forward(ctx: Any, hidden: Any, weight: Any, wanted: Any) -> Any:
            total = torch.zeros((), device=hidden.device)
            back = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
            for start in range(0, len(wanted), TOKENS):
                part = slice(start, start + TOKENS)
                chosen = wanted[part].unsqueeze(1)
                logits = hidden[part].to(weight.dtype) @ weight.t()
                share = logits.softmax(-1, dtype=torch.float32)
                top, place = logits.max(-1, keepdim=True)
                # One pass gives the shares; log(sum(exp(logits))) is then known from the largest of them.
                total += (top.float() - share.gather(1, place).log() - logits.gather(1, chosen).float()).sum()
                if back is not None:
                    share.scatter_add_(1, chosen, share.new_full(chosen.shape, -1.0))
                    back[part] = share.to(weight.dtype) @ weight
            ctx.save_for_backward(back)
            return total

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> tuple[Any, None, None]:
            (back,) = ctx.saved_tensors
            return back * gradient, None, None

    return TokenLoss
