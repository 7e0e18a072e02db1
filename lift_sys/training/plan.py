"""The steps of a run, known before it starts: so a resumed run takes the same, and its cost can be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.errors import ConfigError
from lift_sys.training.config import TrainConfig
from lift_sys.training.tokens import Encoded, batches


@dataclass(frozen=True)
class Plan:
    """The batches of a run, in order."""

    steps: tuple[tuple[Encoded, ...], ...]
    evaluate_at: frozenset[int]
    """Numbers of the steps, from 1, after which the validation loss is taken; the last one is among them."""
    ended: str
    """Why there are no more steps: `epochs` or `budget`."""

    @property
    def tokens(self) -> int:
        return sum(len(row.ids) for step in self.steps for row in step)

    @property
    def learnt(self) -> int:
        return sum(row.learnt for step in self.steps for row in step)

    @property
    def padding(self) -> float:
        """Share of what goes through the model that is padding."""
        padded = sum(len(step) * max(len(row.ids) for row in step) for step in self.steps)
        return 1 - self.tokens / padded

    def rate(self, number: int, config: TrainConfig) -> float:
        """Learning rate of a step, by its number from 0: up along a line, and down along one towards 0.

        Source: Bergsma et al. 2025, Straight to Zero.
        """
        total = len(self.steps)
        rising = max(1, round(config.warmup * total))
        if number < rising:
            return config.learning_rate * (number + 1) / rising
        return config.learning_rate * (total - number) / max(1, total - rising)


def plan(rows: Sequence[Encoded], config: TrainConfig) -> Plan:
    """Every step of a run.

    Raises:
        ConfigError: there are no rows.
    """
    if not rows:
        raise ConfigError("there are no rows to train on")
    steps: list[tuple[Encoded, ...]] = []
    tokens, budget = 0, config.token_budget or math.inf
    whole, part = divmod(config.epochs, 1)
    for epoch in range(math.ceil(config.epochs)):
        cut = batches(rows, config.batch_tokens, config.seed, epoch, most=config.batch_rows)
        if epoch == whole and part:
            cut = cut[: max(1, round(part * len(cut)))]
        for batch in cut:
            if tokens >= budget:
                return _planned(steps, config, "budget")
            steps.append(tuple(batch))
            tokens += sum(len(row.ids) for row in batch)
    return _planned(steps, config, "epochs")


def _planned(steps: list[tuple[Encoded, ...]], config: TrainConfig, ended: str) -> Plan:
    count = min(config.evaluations, len(steps))
    at = frozenset(round(len(steps) * (number + 1) / count) for number in range(count))
    return Plan(tuple(steps), at, ended)
