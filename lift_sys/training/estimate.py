"""What a run takes, before it starts: here by a probe of its own steps, on a rented GPU by the work that it is.

Here: a few real steps are taken, one from each part of the plan sorted by size, with one pass over validation rows
and one round of samples; their times are scaled to the plan.

On a GPU: a token costs 2 operations a weight forwards and 2 on the way back to the adapters, 2 more where weights are
learnt, and 2 more where activations are computed again (Kaplan et al. 2020, "Scaling laws for neural language
models", section 2.1). How much of a GPU's peak is reached is not measured but assumed, as a range.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.embedded import library
from lift_sys.training import models, prices, samples
from lift_sys.training.config import TrainConfig
from lift_sys.training.lora import Job
from lift_sys.training.memory import Memory, memory_of
from lift_sys.training.plan import Plan, plan
from lift_sys.training.shapes import Shape
from lift_sys.training.tokens import Encoded, parts

PARTS = 4
"""Parts of the plan that a probe takes one step of."""
REACHED = {"dense": (0.2, 0.4), "experts": (0.04, 0.15)}
"""Share of a GPU's peak that training reaches, assumed: low and high. Experts see few tokens each, so less."""
START = 600.0
"""Seconds of hire before the first step: the container starts and loads the weights. Assumed."""
_USABLE = 0.95
"""Share of a GPU's memory that a run may take."""


@dataclass(frozen=True)
class Work:
    """What a plan asks for, whatever does it."""

    steps: int
    tokens: int
    padded: int
    """Tokens that go through the model, padding counted."""
    learnt: int
    validated: int
    """Tokens that go through the model to take the validation loss, over the whole run."""

    @property
    def share(self) -> float:
        """Share of what goes through the model that is learnt."""
        return self.learnt / self.padded


def work_of(steps: Plan, validation: Sequence[Encoded], config: TrainConfig) -> Work:
    held = list(_validation(validation, config))
    return Work(
        steps=len(steps.steps),
        tokens=steps.tokens,
        padded=sum(_padded(step) for step in steps.steps),
        learnt=steps.learnt,
        validated=len(steps.evaluate_at) * sum(_padded(part) for part in held),
    )


def _validation(rows: Sequence[Encoded], config: TrainConfig) -> Sequence[Sequence[Encoded]]:
    ordered = sorted(rows[: config.validation_rows], key=lambda row: len(row.ids))
    return list(parts(ordered, config.micro_tokens))


def _padded(rows: Sequence[Encoded]) -> int:
    return len(rows) * max(len(row.ids) for row in rows)


def memory_of_job(shape: Shape, job: Job) -> Memory:
    """The memory of the plan's largest pass, on the device at hand."""
    passes = [part for step in plan(job.rows, job.config).steps for part in parts(step, job.config.micro_tokens)]
    largest = max(passes, key=_padded)
    share = max(sum(row.learnt for row in part) for part in passes) / _padded(largest)
    return memory_of(
        shape,
        job.config,
        half=models.half(job.config),
        device=models.device(),
        learnt=min(1.0, share),
        tokens=_padded(largest),
        longest=max(len(row.ids) for row in job.rows),
    )


@dataclass(frozen=True)
class Pace:
    """What a run takes on this machine, in seconds."""

    load: float
    steps: float
    validation: float
    samples: float
    probe: float
    """What the probe itself took."""

    @property
    def total(self) -> float:
        return self.load + self.steps + self.validation + self.samples


def probe(job: Job) -> Pace:
    """Take a few of the run's own steps, in memory only.

    Raises:
        ConfigError: the model can't be loaded or takes no adapters.
    """
    began = time.monotonic()
    config, steps = job.config, plan(job.rows, job.config)
    models.prepare_processor(config)
    model = models.load_model(job.base, config)
    learnt = [parameter for _, parameter in models.trainable(model)]
    optimizer = models.make_optimizer(learnt, 0.0, config)  # as much work as ever, and nothing changes
    load = time.monotonic() - began
    ordered = sorted(steps.steps, key=_padded)
    _step(model, optimizer, ordered[len(ordered) // 2], config)  # the first one sets up what later ones reuse
    taken = 0.0
    count = min(PARTS, len(ordered))
    for number in range(count):
        low, high = (len(ordered) * end // count for end in (number, number + 1))
        taken += (high - low) * _timed(partial(_step, model, optimizer, ordered[(low + high) // 2], config))
    held = _validation(job.validation, config)
    evaluations = len(steps.evaluate_at)
    middle = held[len(held) // 2]
    each = _timed(lambda: _loss(model, middle, config)) / _padded(middle)
    drawn = 0.0
    if job.samples:
        drawn = _timed(lambda: samples.draw(model, job.tokenizer, job.samples, 0, config))
    return Pace(
        load=load,
        steps=taken,
        validation=evaluations * each * sum(_padded(part) for part in held),
        samples=evaluations * drawn,
        probe=time.monotonic() - began,
    )


def _timed(call: Any) -> float:
    began = time.monotonic()
    call()
    if models.device() == "cuda":
        library("torch").cuda.synchronize()
    return time.monotonic() - began


def _step(model: Any, optimizer: Any, rows: Sequence[Encoded], config: TrainConfig) -> None:
    for part in parts(rows, config.micro_tokens):
        with models.precision(config):
            loss = models.loss_sum(model, part)
        loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _loss(model: Any, rows: Sequence[Encoded], config: TrainConfig) -> None:
    model.eval()
    with library("torch").no_grad(), models.precision(config):
        models.loss_sum(model, rows)
    model.train()


@dataclass(frozen=True)
class Rented:
    """What a run takes on a rented GPU. Ranges are low and high."""

    machine: prices.Machine
    work: float
    """Floating point operations."""
    hours: tuple[float, float]
    dollars: tuple[float, float]
    memory: Memory
    as_of: str = prices.AS_OF

    @property
    def fits(self) -> bool:
        return self.memory.total <= _USABLE * self.machine.memory


def rent(shape: Shape, work: Work, config: TrainConfig, gpu: str) -> Rented:
    """Time and cost of a run on a GPU that is let by the second.

    Raises:
        ConfigError: there is no price for it.
    """
    machine = prices.machine_of(gpu)
    done = operations(shape, work, config)
    low, high = REACHED["experts" if shape.experts > 1 else "dense"]
    hours = tuple((START + done / (machine.peak * share)) / 3600 for share in (high, low))
    dollars = tuple(hour * prices.per_hour(machine) for hour in hours)
    memory = memory_of(shape, config, half=True, device="cuda", learnt=work.share)
    return Rented(machine, done, (hours[0], hours[1]), (dollars[0], dollars[1]), memory)


def operations(shape: Shape, work: Work, config: TrainConfig) -> float:
    """Floating point operations of a run; logits are taken for learnt tokens only."""
    if work.tokens <= 0:
        raise ConfigError("there is nothing to train on")
    back = 2 + 2 * (config.method == "full") + 2 * config.recompute
    share = (config.layers or shape.layers) / shape.layers
    head = 4 if config.frozen else 6
    trained = (2 + back * share) * shape.body * work.padded + head * shape.head * work.learnt
    return trained + 2.0 * work.validated * (shape.body + shape.head * work.share)
