"""A linear layer with its adapter in one step, for processors.

peft adds an adapter to a layer in four passes over the layer's output: the product with B, the scaling, the sum, and
on the way back the scaling again. On a processor these passes wait for memory, and there are 210 such layers in the
embedded model. Here the second product is added into the output of the first, and only what the gradients of A and B
need is kept: the same numbers but for rounding (`tests/training/test_fused.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from lift_sys.providers.embedded import library


def fuse(model: Any) -> int:
    """Let the plain LoRA layers of a peft model compute in one step; how many there are.

    For float32 weights on a processor, and one adapter without dropout. Parameters, their names, and what is saved
    stay as they are.
    """
    linear = library("peft.tuners.lora").Linear
    layers = [layer for layer in model.modules() if type(layer) is linear]
    for layer in layers:
        layer.forward = _forward(layer)
    return len(layers)


def _forward(layer: Any) -> Callable[[Any], Any]:
    function = _function()
    base, (name,) = layer.get_base_layer(), layer.active_adapters
    first, second, scale = layer.lora_A[name], layer.lora_B[name], layer.scaling[name]

    def forward(x: Any, *_: Any, **__: Any) -> Any:
        return function.apply(x, base.weight, base.bias, first.weight, second.weight, scale)

    return forward


@cache
def _function() -> Any:
    torch = library("torch")

    class WithAdapter(torch.autograd.Function):  # type: ignore[misc, name-defined]
        """`x W' + bias + scale (x A') B'`, for frozen W and bias (Hu et al. 2021, equation 3)."""

        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any, bias: Any, first: Any, second: Any, scale: float) -> Any:
            rows = x.reshape(-1, x.shape[-1])
            low = rows @ first.t()
            out = torch.nn.functional.linear(rows, weight, bias)
            out.addmm_(low, second.t(), alpha=scale)
            ctx.save_for_backward(rows, low, first, second, weight)
            ctx.scale, ctx.shape = scale, x.shape
            return out.view(*x.shape[:-1], -1)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> tuple[Any, ...]:
            rows, low, first, second, weight = ctx.saved_tensors
            given = gradient.reshape(-1, gradient.shape[-1])
            lower = (given @ second).mul_(ctx.scale)
            back = None
            if ctx.needs_input_grad[0]:
                back = (given @ weight).addmm_(lower, first).view(ctx.shape)
            return back, None, None, lower.t() @ rows, (given.t() @ low).mul_(ctx.scale), None

    return WithAdapter
