"""The settings of a training run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from lift_sys.records.base import Record


class TrainConfig(Record):
    """All that decides a run, besides its rows. Two runs with the same settings and rows have the same losses."""

    model: str = ""
    """A folder or a Hugging Face id; empty for the embedded default."""
    method: Literal["lora", "full"] = "lora"
    layers: int | None = Field(None, ge=1)
    """With `full`: only so many layers are trained, counted from the last. The rest and the embeddings stay as they
    are, and the way back ends there."""
    rank: int = Field(16, ge=1)
    alpha: float = Field(32.0, gt=0, allow_inf_nan=False)
    targets: Literal["all", "attention"] = "all"
    """Which projections get an adapter: all linear ones of a layer, or query, key, value and output."""
    learning_rate: float = Field(1e-3, gt=0, allow_inf_nan=False)
    warmup: float = Field(0.03, ge=0, lt=1)
    """Share of the steps in which the learning rate rises; after it, it falls towards 0 along a line."""
    weight_decay: float = Field(0.0, ge=0)
    clip: float = Field(1.0, gt=0, allow_inf_nan=False)
    batch_tokens: int = Field(2048, ge=1)
    """Tokens of one step, padding counted."""
    batch_rows: int | None = Field(None, ge=1)
    """Most rows of one step; None sets no bound."""
    micro_tokens: int = Field(2048, ge=1)
    """Tokens of one pass through the model; less takes less memory."""
    context: int = Field(1024, ge=8)
    """Longer rows are left out, and counted."""
    epochs: float = Field(1.0, gt=0, allow_inf_nan=False)
    token_budget: int | None = Field(None, ge=1)
    """Tokens after which training ends, where that is earlier."""
    evaluations: int = Field(5, ge=1)
    """How often the loss on the validation rows is taken."""
    validation_rows: int = Field(64, ge=1)
    patience: int | None = Field(None, ge=1)
    """Evaluations without improvement after which training ends, with the best weights; None never ends it early and
    keeps the last weights."""
    checkpoint_seconds: float = Field(120.0, gt=0)
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto`: bfloat16 where the device has instructions for its products, else float32."""
    recompute: bool = False
    """Compute activations again on the way back: about a fifth slower, a fraction of the memory."""
    threads: int = Field(0, ge=0)
    """Threads of the processor; 0 takes every core."""
    seed: int = Field(0, ge=0, le=2**48)

    @property
    def frozen(self) -> bool:
        """Whether most of the model stays as it is."""
        return self.method == "lora" or self.layers is not None

    @model_validator(mode="after")
    def _fits(self) -> TrainConfig:
        if self.micro_tokens < self.context:
            raise ValueError(
                f"a pass of {self.micro_tokens} tokens does not hold a row of {self.context}: raise micro_tokens"
            )
        if self.layers is not None and self.method == "lora":
            raise ValueError("layers can be chosen for a full fine-tune only")
        return self
