"""`lift-sys train`: a LoRA, or all weights of a small model, on prepared rows."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from lift_sys.training.job import Prepared
    from lift_sys.training.runs import Result
    from lift_sys.training.tracking import Tracker

OUT = Path("build/lora")
STORE = Path("build/mlflow.db")


class Targets(StrEnum):
    all = "all"
    attention = "attention"


class Precision(StrEnum):
    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


def train(
    data: Annotated[Path, typer.Argument(help="A folder that `lift-sys prepare` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="The run's folder; a run that was stopped goes on in it.")] = OUT,
    model: Annotated[
        str, typer.Option("--model", help="A folder or a Hugging Face id; empty for the embedded one.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Train all weights of a small model.")] = False,
    layers: Annotated[
        int | None,
        typer.Option("--layers", min=1, help="With --full: train only so many layers, counted from the last."),
    ] = None,
    rank: Annotated[int, typer.Option("--rank", min=1, help="Of the adapter.")] = 16,
    alpha: Annotated[float, typer.Option("--alpha", help="The adapter counts `alpha / rank` times.")] = 32.0,
    targets: Annotated[
        Targets, typer.Option("--targets", help="Projections that get an adapter: all, or those of attention.")
    ] = Targets.all,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", help="At its highest; 1e-3, or 1e-4 with --full.")
    ] = None,
    epochs: Annotated[float, typer.Option("--epochs", help="How often each row is seen.")] = 1.0,
    tokens: Annotated[
        int | None, typer.Option("--tokens", min=1, help="End after so many tokens, where that is earlier.")
    ] = None,
    context: Annotated[int, typer.Option("--context", min=8, help="Tokens of the longest row.")] = 1024,
    batch_tokens: Annotated[
        int, typer.Option("--batch-tokens", min=1, help="Tokens of a step, padding counted.")
    ] = 2048,
    micro_tokens: Annotated[
        int, typer.Option("--micro-tokens", min=1, help="Tokens of a pass: less takes less memory.")
    ] = 2048,
    evaluations: Annotated[int, typer.Option("--evaluations", min=1, help="How often validation is done.")] = 5,
    validation_rows: Annotated[int, typer.Option("--validation-rows", min=1, help="On at most so many rows.")] = 64,
    patience: Annotated[
        int | None,
        typer.Option("--patience", min=1, help="End after so many evaluations without a better one; keep the best."),
    ] = None,
    checkpoint_seconds: Annotated[
        float, typer.Option("--checkpoint-seconds", help="A checkpoint at most this long after the last.")
    ] = 120.0,
    precision: Annotated[
        Precision, typer.Option("--precision", help="Of matrix products; auto knows the processor.")
    ] = Precision.auto,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Compute activations twice: slower, a fraction of the memory.")
    ] = False,
    threads: Annotated[int, typer.Option("--threads", min=0, help="Of the processor; 0 takes every core.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of the order of rows and the first weights.")] = 0,
    samples: Annotated[
        int, typer.Option("--samples", min=0, help="Validation prompts to answer at each evaluation.")
    ] = 3,
    mlflow: Annotated[
        bool, typer.Option("--mlflow/--no-mlflow", help="Keep the run in an MLflow store as well.")
    ] = True,
    store: Annotated[Path, typer.Option("--store", help="The MLflow store: a SQLite file.")] = STORE,
    per_hour: Annotated[
        float | None, typer.Option("--per-hour", min=0, help="Dollars that an hour of this machine costs.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", min=0, help="Stop when it will cost more; needs --per-hour.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only tell time, memory and cost, by a few steps, and end.")
    ] = False,
    gpu: Annotated[
        str, typer.Option("--gpu", help="With --estimate: on this rented GPU, such as H100; its steps are not run.")
    ] = "",
    as_model: Annotated[
        str, typer.Option("--as-model", help="With --gpu: a model that is not at hand, as Qwen/Qwen3-30B-A3B.")
    ] = "",
) -> None:
    """Fine-tune a model on prepared rows.

    A run that was stopped goes on from its checkpoint, to the same loss curve. The page `dashboard.html` in the run's
    folder shows it while it goes.

    Example:  lift-sys train training_data --out build/lora --tokens 700000

    Exit codes: 0 done, 2 bad settings, too little memory or too dear, 5 a file can't be used or a disk is full.
    """
    import time

    from pydantic import ValidationError

    from lift_sys.cli.console import command_line
    from lift_sys.errors import ConfigError
    from lift_sys.providers.embedded import library
    from lift_sys.training.config import TrainConfig
    from lift_sys.training.job import make_job, with_price

    began = time.monotonic()
    if max_cost is not None and per_hour is None:
        raise ConfigError("--max-cost needs --per-hour: what an hour of this machine costs")
    if (gpu or as_model) and not estimate:
        raise ConfigError("--gpu and --as-model are for --estimate; a run on Modal is described in docs/TRAINING.md")
    if as_model and not gpu:
        raise ConfigError("--as-model needs --gpu: a model that is not at hand can't be tried here")
    try:
        config = TrainConfig(
            model=model,
            method="full" if full else "lora",
            layers=layers,
            rank=rank,
            alpha=alpha,
            targets=targets.value,
            learning_rate=learning_rate if learning_rate is not None else 1e-4 if full else 1e-3,
            epochs=epochs,
            token_budget=tokens,
            context=context,
            batch_tokens=batch_tokens,
            micro_tokens=micro_tokens,
            evaluations=evaluations,
            validation_rows=validation_rows,
            patience=patience,
            checkpoint_seconds=checkpoint_seconds,
            precision=precision.value,
            recompute=recompute,
            threads=threads,
            seed=seed,
        )
    except ValidationError as error:
        raise ConfigError("; ".join(map(_option_error, error.errors()))) from error
    for package in ("torch", "transformers", "peft", "safetensors"):  # said before any work is done
        library(package)
    prepared = with_price(make_job(data, config, samples=samples, facts={"command": command_line()}), per_hour)
    _tell_rows(prepared)
    if estimate:
        _estimate(prepared, gpu, as_model, per_hour)
        return
    result = _run(out, prepared, max_cost, per_hour, store if mlflow else None, began)
    _tell_result(out, result, per_hour)


def _option_error(error: ErrorDetails) -> str:
    """In the words of options: `--micro-tokens` is `micro_tokens` in the settings."""
    where = " ".join(f"--{str(name).replace('_', '-')}:" for name in error["loc"])
    said = error["msg"].removeprefix("Value error, ").replace("micro_tokens", "--micro-tokens")
    return f"{where} {said}".strip()


def _tell_rows(prepared: Prepared) -> None:
    import sys

    for name, found in (("training", prepared.train), ("validation", prepared.validation)):
        print(
            f"{len(found.rows):,} {name} rows, {found.tokens:,} tokens, {found.learnt:,} learnt"
            + (f"; {found.too_long:,} longer than the context are left out" if found.too_long else "")
            + (f"; {found.marked:,} with text that can't be learnt are left out" if found.marked else ""),
            file=sys.stderr,
        )


def _run(
    out: Path, prepared: Prepared, max_cost: float | None, per_hour: float | None, store: Path | None, began: float
) -> Result:
    import sys
    from dataclasses import replace

    from lift_sys.cli.training_console import TrainingConsole
    from lift_sys.reports.training import Dashboard
    from lift_sys.training.ceiling import Ceiling
    from lift_sys.training.estimate import memory_of_job
    from lift_sys.training.lora import train as run
    from lift_sys.training.memory import check_disk, check_memory, disk_of
    from lift_sys.training.shapes import shape_of

    job = prepared.job
    shape = shape_of(job.base.config, job.base.name)
    memory = memory_of_job(shape, job)
    print(f"memory: about {memory}; disk: up to {disk_of(shape, job.config) / 1e6:,.0f} MB", file=sys.stderr)
    check_memory(memory, job.config)
    check_disk(shape, job.config, out)
    if max_cost is not None and per_hour is not None:
        job = replace(job, ceiling=Ceiling(max_cost, per_hour))
    trackers: list[Tracker] = [Dashboard(out)]
    if store is not None:
        trackers += _store(store)
    with TrainingConsole(per_hour) as console:
        return run(out, job, trackers=[console, *trackers], began=began)


def _store(store: Path) -> list[Tracker]:
    """The store, or word of why there is none: a run does not fail for want of a copy of its log."""
    import sys

    from lift_sys.errors import ConfigError
    from lift_sys.training.mlflow_store import MlflowStore

    try:
        return [MlflowStore(store)]
    except ConfigError as error:
        print(f"lift-sys: not tracked in MLflow: {error}", file=sys.stderr)
        return []


def _estimate(prepared: Prepared, gpu: str, as_model: str, per_hour: float | None) -> None:
    from lift_sys.reports.training import span
    from lift_sys.training import models, prices
    from lift_sys.training.estimate import memory_of_job, probe, rent, work_of
    from lift_sys.training.plan import plan
    from lift_sys.training.shapes import read_shape, shape_of

    job = prepared.job
    work = work_of(plan(job.rows, job.config), job.validation, job.config)
    print(f"{work.steps:,} steps, {work.tokens:,} tokens, {work.padded:,} with padding, {work.learnt:,} learnt")
    shape = read_shape(as_model) if as_model else shape_of(job.base.config, job.base.name)
    if gpu:
        found = rent(shape, work, job.config, gpu)
        name = as_model or job.base.name
        if as_model:
            print(f"counted with the tokenizer of {job.base.name}: that of {name} cuts texts otherwise")
        print(
            f"{name} on {gpu}: {found.hours[0]:.1f} to {found.hours[1]:.1f} h, "
            f"${found.dollars[0]:.2f} to ${found.dollars[1]:.2f} at ${prices.per_hour(found.machine):.2f} an hour "
            f"(prices of {found.as_of}; the share of the GPU's peak that is reached is assumed)"
        )
        fits = "fits" if found.fits else "does NOT fit"
        print(f"memory: {found.memory}, which {fits} into {found.machine.memory / 1e9:.0f} GB")
        return
    memory = memory_of_job(shape, job)
    print(f"memory: about {memory}; {models.free_memory() / 1e9:.1f} GB are free")
    pace = probe(job)
    print(
        f"time here: {span(pace.total)} (steps {span(pace.steps)}, validation {span(pace.validation)}, "
        f"samples {span(pace.samples)}, loading {span(pace.load)}), by a probe of {span(pace.probe)}"
    )
    if per_hour is not None:
        print(f"cost: ${pace.total / 3600 * per_hour:.2f} at ${per_hour:.2f} an hour")


def _tell_result(out: Path, result: Result, per_hour: float | None) -> None:
    from lift_sys.reports.training import NAME, span
    from lift_sys.training.models import ADAPTER

    cost = "" if per_hour is None else f", ${result.paid / 3600 * per_hour:.2f}"
    print(
        f"{result.steps:,} steps, {result.tokens:,} tokens in {span(result.seconds)}{cost} "
        f"({result.tokens / result.seconds:,.0f} a second over all), at most {result.peak / 1e9:.1f} GB; "
        f"ended: {result.ended}"
    )
    print(
        f"loss {result.loss:.4f}, validation {result.validation:.4f} "
        f"(best {result.best_validation:.4f} after step {result.best_step:,})"
    )
    print(f"{out / ADAPTER}: {result.parameters:,} numbers, weights {result.weights}; {out / NAME}")
