"""Memory and disk that a run takes, told before it starts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lift_sys.errors import ConfigError, StorageError
from lift_sys.training import models
from lift_sys.training.attention import LONGEST
from lift_sys.training.config import TrainConfig
from lift_sys.training.fused import TOKENS
from lift_sys.training.shapes import Shape

OVERHEAD = {"cpu": 0.7e9, "cuda": 1.5e9}
"""Bytes of the libraries themselves, and of what they keep to work in."""
_LOGITS = 3
"""Copies of the logits in float32: themselves, their softmax, and their gradient."""
_ADAM = 12
"""Bytes of a learnt number besides itself: its gradient and Adam's two moments, in float32."""


@dataclass(frozen=True)
class Memory:
    """Bytes at the peak of a step, by what they hold."""

    weights: float
    learnt: float
    activations: float
    logits: float
    overhead: float

    @property
    def total(self) -> float:
        return self.weights + self.learnt + self.activations + self.logits + self.overhead

    def __str__(self) -> str:
        parts = {
            "weights": self.weights,
            "what is learnt": self.learnt,
            "activations": self.activations,
            "logits": self.logits,
            "libraries": self.overhead,
        }
        told = ", ".join(f"{name} {size / 1e9:.1f}" for name, size in parts.items())
        return f"{self.total / 1e9:.1f} GB ({told})"


def memory_of(
    shape: Shape,
    config: TrainConfig,
    *,
    half: bool,
    device: str = "cpu",
    learnt: float = 1.0,
    tokens: int | None = None,
    longest: int | None = None,
) -> Memory:
    """The memory of a run's largest pass.

    Args:
        half: whether matrix products are taken in bfloat16.
        device: `cpu` or `cuda`.
        learnt: share of the tokens of a pass that are learnt: logits are taken for these.
        tokens: of the largest pass, padding counted, where its rows are known.
        longest: tokens of the longest row, where it is known.
    """
    width = 2 if half else 4
    best = 4 if config.patience is not None else 0
    whole = config.method == "full"
    held = 2 if half and config.frozen else 4
    copied = 2 if half and whole else 0  # what is learnt is in float32, and autocast keeps a copy in bfloat16
    passed = tokens or config.micro_tokens
    attended = shape.heads * min(longest or config.context, LONGEST) if device == "cpu" else 0
    layer = shape.saved() + attended
    layers = config.layers or shape.layers
    kept = layers * shape.hidden + layer if config.recompute else layers * layer
    own = 4 - held if whole else 4  # beyond what it takes as one of the weights
    at_a_time = min(passed * learnt, TOKENS) if config.frozen else passed * learnt
    return Memory(
        weights=shape.parameters * held,
        learnt=shape.learnt(config) * (_ADAM + own + copied + best),
        activations=passed * kept * width,
        logits=_LOGITS * 4 * at_a_time * shape.vocabulary,
        overhead=OVERHEAD[device],
    )


def check_memory(memory: Memory, config: TrainConfig) -> None:
    """See that a run fits into the memory of this machine, or of its GPU.

    Raises:
        ConfigError: it does not; the message has the estimate.
    """
    free = models.free_memory()
    if memory.total <= free:
        return
    less = [f"--micro-tokens below {config.micro_tokens}"]
    less += ["--recompute"] * (not config.recompute)
    less += ["a LoRA in place of --full"] * (config.method == "full")
    raise ConfigError(
        f"the run takes about {memory}, and {free / 1e9:.1f} GB are free: try {', '.join(less)}, or a smaller --model"
    )


def disk_of(shape: Shape, config: TrainConfig) -> float:
    """Bytes that a run's folder takes at its peak: two checkpoints (weights and both moments) and the result."""
    best = 1 if config.patience is not None else 0
    return 4.0 * shape.learnt(config) * (2 * (3 + best) + 1) + 20e6


def check_disk(shape: Shape, config: TrainConfig, folder: Path) -> None:
    """See that a run's checkpoints fit on the disk of its folder.

    Raises:
        StorageError: they don't; the message has the estimate.
    """
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free, wanted = shutil.disk_usage(place).free, disk_of(shape, config)
    if wanted > free:
        raise StorageError(
            f"the run writes up to {wanted / 1e6:,.0f} MB to {folder}, and {free / 1e6:,.0f} MB are free there: "
            "make room or choose another --out"
        )
