"""The gradients of a step, taken in two lanes at once on a processor.

Cores that share one product wait for one another after each of the thousands of small operations of a pass. Two
passes side by side, of half the rows each, do not: each has threads of its own. Their gradients are added in the
order of the lanes, so a step comes out the same every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import Any

from lift_sys.config import usable_cores
from lift_sys.providers.embedded import library
from lift_sys.training import models
from lift_sys.training.config import TrainConfig
from lift_sys.training.tokens import Encoded, parts

LANES = 2
"""Passes at once. Rows of a step are few, so more would have nothing to do."""


def lanes_of(config: TrainConfig) -> int:
    """Lanes on the device at hand: one on a GPU, or with one thread."""
    return LANES if models.device() == "cpu" and (config.threads or usable_cores()) >= LANES else 1


def deal(rows: Sequence[Encoded], lanes: int) -> list[list[Encoded]]:
    """The rows of each lane that has any: longest first, each to the lane with the fewest tokens so far."""
    dealt: list[list[Encoded]] = [[] for _ in range(lanes)]
    held = [0] * lanes
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        lane = held.index(min(held))
        dealt[lane].append(row)
        held[lane] += len(row.ids)
    return [own for own in dealt if own]


class Gradients:
    """Takes the gradients of a model's learnt parameters."""

    def __init__(self, model: Any, config: TrainConfig) -> None:
        self._torch = library("torch")
        self._model, self._config = model, config
        self._learnt = [parameter for _, parameter in models.trainable(model)]
        self._threads = config.threads or usable_cores()
        # Dropout draws from one generator: in which order two lanes would is chance.
        self._lanes = 1 if _drops(model, self._torch) else lanes_of(config)
        self._pool = ThreadPoolExecutor(self._lanes, "lane") if self._lanes > 1 else None

    def take(self, rows: Sequence[Encoded]) -> float:
        """Put the gradient of the rows' loss a learnt token, in nats, where the optimizer looks; the loss."""
        learnt = sum(row.learnt for row in rows)
        dealt = deal(rows, self._lanes)
        if self._pool is None or len(dealt) == 1:
            return sum(self._pass(part, learnt) for part in parts(rows, self._config.micro_tokens))
        found = list(self._pool.map(self._lane, dealt, [learnt] * len(dealt)))
        self._torch.set_num_threads(self._threads)
        for parameter, *given in zip(self._learnt, *(gradients for _, gradients in found), strict=True):
            parameter.grad = reduce(_sum, given)
        return sum(loss for loss, _ in found)

    def _pass(self, part: Sequence[Encoded], learnt: int) -> float:
        loss = self._loss(part, learnt)
        loss.backward()
        return float(loss.detach())

    def _lane(self, rows: Sequence[Encoded], learnt: int) -> tuple[float, list[Any]]:
        """The loss and the gradients of a lane's rows. Threads are a setting of the thread that sets them."""
        self._torch.set_num_threads(self._threads // self._lanes)
        total, sums = 0.0, [None] * len(self._learnt)
        for part in parts(rows[::-1], self._config.micro_tokens):
            loss = self._loss(part, learnt)
            found = self._torch.autograd.grad(loss, self._learnt, allow_unused=True)
            total += float(loss.detach())
            sums = [_sum(old, new) for old, new in zip(sums, found, strict=True)]
        return total, sums

    def _loss(self, part: Sequence[Encoded], learnt: int) -> Any:
        with models.precision(self._config):
            return models.loss_sum(self._model, part) / learnt


def _sum(first: Any, second: Any) -> Any:
    """Of two gradients, either of which may not be there."""
    return second if first is None else first if second is None else first.add_(second)


def _drops(model: Any, torch: Any) -> bool:
    return any(isinstance(layer, torch.nn.Dropout) and layer.p > 0 for layer in model.modules())
