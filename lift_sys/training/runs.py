"""What a run's folder holds, written and read.

config.json      settings and the hash of the data: a folder belongs to one run
run.json         what the run is: model, rows, plan, code, machine, and when it was started and gone on with
log.jsonl        a line a step; the truth about the run: all else that shows it is made of this
samples.jsonl    what the model answered on the way
checkpoint/      what a killed run goes on from
adapter/         what was learnt: an adapter, or the whole model after a full fine-tune
result.json      written last
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lift_sys.errors import StorageError
from lift_sys.storage.files import atomic_write, storage_errors
from lift_sys.training.config import TrainConfig

CONFIG, FACTS, LOG, SAMPLES, RESULT = "config.json", "run.json", "log.jsonl", "samples.jsonl", "result.json"


@dataclass(frozen=True)
class Step:
    """What is noted of one step."""

    step: int
    """From 1."""
    loss: float
    """Nats a learnt token: mean over the step, before its update."""
    learning_rate: float
    tokens: int
    """Tokens so far, padding left out."""
    seconds: float
    """Wall time so far, evaluations and earlier parts of a resumed run included."""
    took: float
    """Seconds of the step itself."""
    paid: float = 0.0
    """Seconds since the run was first started, loading and lost work included."""
    validation: float | None = None


@dataclass(frozen=True)
class Sample:
    """What the model answered after a step, greedily."""

    step: int
    task: str
    prompt: str
    wanted: str
    said: str


@dataclass(frozen=True)
class Result:
    """A finished run."""

    steps: int
    tokens: int
    seconds: float
    loss: float
    """Mean over the last tenth of the steps."""
    validation: float
    """Of the weights that are kept."""
    best_step: int
    """Step of the best validation loss."""
    best_validation: float
    ended: str
    """`epochs`, `budget` or `patience`."""
    weights: str
    """Hash of what was learnt."""
    parameters: int
    """How many numbers are learnt."""
    base: str
    """Label of the base model, with the hash of its weights."""
    paid: float = 0.0
    """Seconds since the run was first started, loading and lost work included."""
    peak: int = 0
    """Most memory, in bytes, that the process held; on a GPU, of the GPU's."""


@dataclass(frozen=True)
class Run:
    """A run as its folder shows it, finished or not."""

    folder: Path
    config: TrainConfig
    data: str
    facts: Mapping[str, Any]
    steps: tuple[Step, ...]
    samples: tuple[Sample, ...]
    result: Result | None = None

    @property
    def validations(self) -> list[tuple[int, float]]:
        return [(step.step, step.validation) for step in self.steps if step.validation is not None]

    @property
    def total(self) -> int:
        """Steps that are planned."""
        return int(self.facts["plan"]["steps"])

    def speed(self, last: int | None = None) -> float | None:
        """Tokens a second of the steps themselves, over the last so many; None before the first one."""
        first = 0 if last is None else max(0, len(self.steps) - last)
        took = sum(step.took for step in self.steps[first:])
        before = self.steps[first - 1].tokens if first else 0
        return (self.steps[-1].tokens - before) / took if took > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Wall time until the end at the pace so far; None before the first step."""
        if self.result is not None or not self.steps:
            return 0.0 if self.result is not None else None
        last = self.steps[-1]
        return last.seconds / last.tokens * max(0, int(self.facts["plan"]["tokens"]) - last.tokens)

    @property
    def per_hour(self) -> float | None:
        """Dollars that an hour of the machine costs; None where no price is known."""
        price = self.facts.get("per_hour")
        return None if price is None else float(price)

    def cost(self, seconds: float | None) -> float | None:
        return None if seconds is None or self.per_hour is None else seconds / 3600 * self.per_hour


@dataclass(frozen=True)
class Log:
    """The growing files of a run."""

    folder: Path

    def step(self, step: Step) -> None:
        self._append(LOG, step)

    def samples(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            self._append(SAMPLES, sample)

    def _append(self, name: str, entry: Step | Sample) -> None:
        path = self.folder / name
        with storage_errors(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry)) + "\n")

    def cut(self, step: int) -> None:
        """Leave only what is of the first `step` steps: what came after the checkpoint happens again."""
        for name in (LOG, SAMPLES):
            path = self.folder / name
            if path.is_file():
                kept = [line for line in _whole_lines(path) if json.loads(line)["step"] <= step]
                atomic_write(path, (line + "\n" for line in kept))


def claim(folder: Path, config: TrainConfig, data: str) -> None:
    """Make a folder this run's, or see that it is.

    Raises:
        StorageError: it holds another run, or can't be written.
    """
    path = folder / CONFIG
    if not path.is_file():
        atomic_write(path, [json.dumps({**config.model_dump(mode="json"), "data": data}, indent=1), "\n"])
        return
    known, known_data = read_config(folder)
    other = [name for name in TrainConfig.model_fields if getattr(known, name) != getattr(config, name)]
    other += ["data"] * (known_data != data)
    if other:
        raise StorageError(f"{folder} holds a run with other {', '.join(other)}: choose another --out")


def read_config(folder: Path) -> tuple[TrainConfig, str]:
    """The settings of a run, and the hash of its data.

    Raises:
        StorageError: it is no run's folder.
    """
    try:
        known = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        data = str(known.pop("data"))
        return TrainConfig.model_validate(known), data
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise StorageError(f"{folder} holds no training run ({str(error).splitlines()[0]})") from error


def begin(folder: Path, facts: Mapping[str, Any], start: Mapping[str, Any]) -> None:
    """Note what the run is, and that it was started or gone on with.

    Raises:
        StorageError: the run's batches or rates, its base model or its precision are others than when it was started,
            or the folder can't be written.
    """
    known = _facts(folder)
    if known and not {"plan", "precision", "base"} <= known.keys():
        raise StorageError(f"{folder / FACTS} is damaged: start anew, with another --out")
    if known and known["plan"] != facts["plan"]:
        raise StorageError(f"the run in {folder} was planned by another version: its steps are others; start anew")
    if known and known["precision"] != facts["precision"]:
        raise StorageError(
            f"the run in {folder} was started in {known['precision']}, and this machine takes {facts['precision']}: "
            f"go on with it there, or start anew with --precision {known['precision']}"
        )
    if known and known["base"] != facts["base"]:
        raise StorageError(
            f"the run in {folder} was started on {known['base']}, and that model is {facts['base']} now: start anew"
        )
    starts = [*known.get("starts", ()), dict(start)]
    atomic_write(folder / FACTS, [json.dumps({**facts, "starts": starts}, indent=1), "\n"])


def finish(folder: Path, result: Result) -> None:
    atomic_write(folder / RESULT, [json.dumps(asdict(result), indent=1), "\n"])


def read_run(folder: Path) -> Run:
    """Raises:
    StorageError: it is no run's folder, or a file in it is damaged.
    """
    config, data = read_config(folder)
    try:
        return Run(
            folder=folder,
            config=config,
            data=data,
            facts=_facts(folder),
            steps=tuple(Step(**json.loads(line)) for line in _whole_lines(folder / LOG)),
            samples=tuple(Sample(**json.loads(line)) for line in _whole_lines(folder / SAMPLES)),
            result=read_result(folder),
        )
    except (ValueError, TypeError) as error:
        raise StorageError(f"the run in {folder} can't be read: {error}") from error


def read_result(folder: Path) -> Result | None:
    """Raises:
    StorageError: the file is damaged.
    """
    known = _object(folder / RESULT)
    try:
        return Result(**known) if known is not None else None
    except TypeError as error:
        raise StorageError(f"{folder / RESULT} is damaged ({error}): delete it to go on with the run") from error


def _facts(folder: Path) -> dict[str, Any]:
    return _object(folder / FACTS) or {}


def _object(path: Path) -> dict[str, Any] | None:
    """What a file of a run holds; None where it is not there."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} is damaged ({error}): start anew, with another --out") from error
    if not isinstance(found, dict):
        raise StorageError(f"{path} is damaged (it holds no object): start anew, with another --out")
    return found


def _whole_lines(path: Path) -> list[str]:
    """The lines of a file; one that was cut off at the end is left out."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].split("\n")[:-1]
