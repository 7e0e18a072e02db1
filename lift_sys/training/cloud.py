"""A training run on a machine elsewhere, as plain functions: what `modal_lora_training.py` puts decorators around.

A folder there, kept by a volume, holds `data/HASH` (prepared rows) and `runs/NAME`. A run that is started again, by a
retry or after a preemption, goes on from its checkpoint. Errors that another try would meet again come back as data.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from lift_sys.errors import ConfigError, LiftError, StorageError
from lift_sys.providers.weights import weights_hash
from lift_sys.records.base import content_hash
from lift_sys.storage.files import storage_errors
from lift_sys.training import models
from lift_sys.training.ceiling import Ceiling
from lift_sys.training.config import TrainConfig
from lift_sys.training.data_prep import FILES, MANIFEST, read_manifest
from lift_sys.training.estimate import Rented, rent, work_of
from lift_sys.training.job import make_job, with_price
from lift_sys.training.lora import train
from lift_sys.training.mlflow_store import MlflowStore
from lift_sys.training.models import ADAPTER
from lift_sys.training.plan import Plan, plan
from lift_sys.training.runs import CONFIG, FACTS, LOG, RESULT, SAMPLES, Step
from lift_sys.training.shapes import QWEN, read_shape
from lift_sys.training.tracking import Guarded, Quiet, Tracker

DATA, RUNS = PurePosixPath("data"), PurePosixPath("runs")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
CLOUD = TrainConfig(
    model=QWEN,
    targets="attention",
    learning_rate=2e-4,
    epochs=3,
    batch_tokens=32768,
    micro_tokens=8192,
    context=2048,
    recompute=True,
    checkpoint_seconds=300.0,
    precision="bfloat16",
)
"""The settings of the large model: adapters on attention alone, since servers take those on the FP8 base."""


@dataclass(frozen=True)
class Order:
    """All that the machine elsewhere is told. Plain data: it crosses the wire as a dictionary."""

    run: str
    data: str
    """Name of the rows' folder: the hash of what is in it."""
    config: Mapping[str, Any]
    per_hour: float
    max_cost: float
    """Dollars; the run ends early when it will cost more."""
    samples: int = 3


def settings(**changed: Any) -> TrainConfig:
    """`CLOUD` with other settings.

    Raises:
        ConfigError: one is out of its range.
    """
    try:
        return TrainConfig.model_validate({**CLOUD.model_dump(), **changed})
    except ValueError as error:
        raise ConfigError(f"bad settings: {error}") from error


def order_of(run: str, data: Path, config: TrainConfig, *, per_hour: float, max_cost: float) -> Order:
    """Raises:
    ConfigError: the run's name can't be a folder's.
    StorageError: the folder holds no prepared rows.
    """
    if not _NAME.fullmatch(run):
        raise ConfigError(f"{run!r} can't be a run's name: letters, digits, dots, dashes and underscores, 81 at most")
    manifest = read_manifest(data)
    return Order(run, content_hash(manifest["files"])[:16], config.model_dump(mode="json"), per_hour, max_cost)


def uploads(order: Order, data: Path) -> list[tuple[Path, PurePosixPath]]:
    """The files to put on the volume, each with its place there."""
    return [(data / name, DATA / order.data / name) for name in (*FILES.values(), MANIFEST)]


def fulfil(told: Mapping[str, Any], root: Path, kept: Callable[[], None]) -> dict[str, Any]:
    """Train, or go on.

    Args:
        told: an `Order` as a dictionary.
        root: where the volume is.
        kept: makes the volume keep what was written.

    Returns:
        `result` with the fields of a `Result`; or `error` and `exit_code`, where another try would be no use.
    """
    began = time.monotonic()
    try:
        order = Order(**told)
        config = TrainConfig.model_validate(dict(order.config))
    except (TypeError, ValueError) as error:  # another version wrote it: no retry mends that
        return {"error": f"bad settings: {error}", "exit_code": ConfigError.exit_code}
    try:
        prepared = with_price(
            make_job(
                root / DATA / order.data, config, samples=order.samples, facts={"command": f"order {order.run}"}
            ),
            order.per_hour,
        )
        job = replace(prepared.job, ceiling=Ceiling(order.max_cost, order.per_hour))
        done = train(root / RUNS / order.run, job, trackers=[Lines()], kept=kept, began=began)
        return {"result": asdict(done)}
    except LiftError as error:
        kept()
        return {"error": str(error), "exit_code": error.exit_code}


class Lines(Quiet):
    """A line for every so many steps, for a log that one reads from afar."""

    EVERY = 20

    def step(self, step: Step, plan: Plan) -> None:
        if step.step % self.EVERY == 0 or step.validation is not None:
            held = "" if step.validation is None else f", validation {step.validation:.4f}"
            print(
                f"step {step.step:,} of {len(plan.steps):,}: loss {step.loss:.4f}{held}, "
                f"{step.tokens / step.seconds:,.0f} tokens/s",
                flush=True,
            )


def track(folder: Path, store: Path) -> None:
    """Copy a run that came home to the store of experiments, where MLflow is installed."""
    try:
        trackers: list[Tracker] = [MlflowStore(store)]
    except ConfigError as error:
        print(f"lift-sys: not tracked in MLflow: {error}", file=sys.stderr)
        return
    Guarded(trackers).update(folder)


def fetch(model: str) -> str:
    """Have a base model ready where runs look for it; its label with the hash of its weights."""
    return models.base_of(model).label


def preview(data: Path, config: TrainConfig, gpu: str) -> Rented:
    """What a run will take on a GPU. Tokens are counted with the embedded model's tokenizer."""
    job = make_job(data, config.model_copy(update={"model": ""})).job
    work = work_of(plan(job.rows, config), job.validation, config)
    return rent(read_shape(config.model), work, config, gpu)


def check_preview(found: Rented, max_cost: float) -> None:
    """Raises:
    ConfigError: the run does not fit on the GPU, or costs more even at best.
    """
    if not found.fits:
        raise ConfigError(
            f"the run takes about {found.memory}, and {found.machine.name} has {found.machine.memory / 1e9:.0f} GB: "
            "lower micro_tokens or take a larger GPU"
        )
    if found.dollars[0] > max_cost:
        raise ConfigError(
            f"the run costs ${found.dollars[0]:.2f} to ${found.dollars[1]:.2f}, and ${max_cost:.2f} are allowed"
        )


def check_place(to: Path) -> None:
    """See that a run can be brought home to a folder, before it is paid for.

    Raises:
        StorageError: something is there.
    """
    if to.exists():
        raise StorageError(f"{to} is there already: move it, or take another --out (and --run, to go on with a run)")


def bring_home(
    order: Order, answer: Mapping[str, Any], read: Callable[[str], Iterable[bytes]], names: Iterable[str], to: Path
) -> Path:
    """Copy a finished run from the volume to a folder here, and see that its weights are those that were learnt.

    Args:
        answer: what `fulfil` gave back.
        read: gives the content of a file on the volume.
        names: paths of files on the volume, those of other runs among them or not; a run that failed may have none,
            and they are not asked for.

    Raises:
        ConfigError: the run ended with an error.
        StorageError: a file is missing, the weights are others, or the folder can't be written.
    """
    if "error" in answer:
        raise ConfigError(f"the run {order.run} ended: {answer['error']}")
    base = RUNS / order.run
    wanted = {str(base / name) for name in (CONFIG, FACTS, LOG, SAMPLES, RESULT)}
    fresh = to.with_name(f"{to.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    with storage_errors(to):
        for name in names:
            place = PurePosixPath(name.lstrip("/"))
            if str(place) in wanted or place.parent == base / ADAPTER:
                target = fresh / place.relative_to(base)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    file.writelines(read(str(place)))
    _check_home(order, answer, fresh)
    with storage_errors(to):
        if to.exists():
            raise StorageError(f"{to} is there already: the run lies in {fresh}; move it where you want it")
        fresh.rename(to)
    return to / ADAPTER


def _check_home(order: Order, answer: Mapping[str, Any], folder: Path) -> None:
    try:
        found = weights_hash(folder / ADAPTER)
    except ConfigError as error:
        raise StorageError(f"the volume holds no weights of the run {order.run}") from error
    wanted = answer["result"]["weights"]
    if found != wanted or not (folder / RESULT).is_file():
        raise StorageError(
            f"the weights that came home are {found}, those that were learnt {wanted}: fetch them again"
        )
