"""Fine-tuning on this machine: LoRA (Hu et al. 2021), or all weights of a small model.

A loop of our own around transformers and peft, because three things that Trainer-based tools do cost half the speed
on a processor: batches of unlike length, logits for prompt tokens whose loss is never taken, and padding to a fixed
length. `make bench` prints the ratio to trl's SFTTrainer.

A run's folder holds `config.json`, `log.jsonl` (a line a step), `checkpoint/` (adapter, optimizer and position, put
in place whole), and in the end `adapter/` and `result.json`, which is written last. A killed run that is started
again goes on from its checkpoint and takes the same batches in the same order, so its losses are those of a run that
was never stopped.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.config import usable_cores
from lift_sys.errors import ConfigError, StorageError
from lift_sys.providers.embedded import library
from lift_sys.storage.files import FolderLock, atomic_write, storage_errors
from lift_sys.training.config import TrainConfig
from lift_sys.training.models import ADAPTER, device, load_model, trainable, weights_hash
from lift_sys.training.tokens import Encoded, batches

CONFIG, LOG, RESULT, CHECKPOINT = "config.json", "log.jsonl", "result.json", "checkpoint"
_STATE, _WEIGHTS = "state.pt", "weights.safetensors"


@dataclass(frozen=True)
class Step:
    """What is noted of one step."""

    step: int
    loss: float
    """Mean over the learnt tokens of the step, before its update."""
    learning_rate: float
    tokens: int
    """Tokens so far, padding left out."""
    seconds: float
    """Wall time so far, that of earlier parts of a resumed run included."""
    validation: float | None = None


@dataclass
class Progress:
    """Where a run stands: all that a checkpoint holds besides weights and optimizer."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: float = math.inf
    barren: int = 0
    """Evaluations since the best one."""
    ended: str = ""
    """Why training ended: `epochs`, `budget` or `patience`."""


@dataclass(frozen=True)
class Plan:
    """The batches of a run, in order: known before it starts, so that a resumed run takes the same."""

    steps: tuple[tuple[Encoded, ...], ...]
    evaluate_at: frozenset[int]
    ended: str

    @property
    def tokens(self) -> int:
        return sum(len(row.ids) for step in self.steps for row in step)


@dataclass(frozen=True)
class Result:
    """A finished run."""

    steps: int
    tokens: int
    seconds: float
    loss: float
    """Mean over the last tenth of the steps."""
    validation: float
    best_validation: float
    ended: str
    weights: str
    """Hash of what was learnt."""
    parameters: int
    """How many numbers are learnt."""
    base: str
    extra: dict[str, Any] = field(default_factory=dict)


def plan(rows: Sequence[Encoded], config: TrainConfig) -> Plan:
    """Every step of a run.

    Raises:
        ConfigError: there are no rows.
    """
    if not rows:
        raise ConfigError("there are no rows to train on")
    steps: list[tuple[Encoded, ...]] = []
    tokens, ended = 0, "epochs"
    whole, part = divmod(config.epochs, 1)
    for epoch in range(math.ceil(config.epochs)):
        cut = batches(rows, config.batch_tokens, config.seed, epoch)
        if epoch == whole and part:
            cut = cut[: max(1, round(part * len(cut)))]
        for batch in cut:
            if config.token_budget is not None and tokens >= config.token_budget:
                ended = "budget"
                break
            steps.append(tuple(batch))
            tokens += sum(len(row.ids) for row in batch)
        if ended == "budget":
            break
    count = min(config.evaluations, len(steps))
    at = frozenset(round(len(steps) * (number + 1) / count) for number in range(count))
    return Plan(tuple(steps), at, ended)


def train(
    folder: Path,
    rows: Sequence[Encoded],
    validation: Sequence[Encoded],
    config: TrainConfig,
    *,
    data: str,
    note: Callable[[Step, Plan], None] = lambda step, plan: None,
) -> Result:
    """Train, or go on where a run in this folder was stopped.

    Args:
        data: hash of the rows, so that a folder is not gone on with with other rows.
        note: called after each step.

    Raises:
        ConfigError: the model can't be had or takes no adapters, or the loss is no number any more.
        StorageError: the folder holds another run, or can't be written.
    """
    with FolderLock(folder):
        _claim(folder, config, data)
        done = folder / RESULT
        if done.is_file():
            return Result(**json.loads(done.read_text()))
        return _Run(folder, plan(rows, config), validation[: config.validation_rows], config, note).finish()


def _claim(folder: Path, config: TrainConfig, data: str) -> None:
    wanted = {**config.model_dump(mode="json"), "data": data}
    path = folder / CONFIG
    if not path.is_file():
        atomic_write(path, [json.dumps(wanted, indent=1), "\n"])
        return
    known = json.loads(path.read_text())
    other = sorted(name for name in wanted if known.get(name) != wanted[name])
    if other:
        raise StorageError(f"{folder} holds a run with other {', '.join(other)}: choose another --out")


class _Run:
    def __init__(
        self,
        folder: Path,
        steps: Plan,
        validation: Sequence[Encoded],
        config: TrainConfig,
        note: Callable[[Step, Plan], None],
    ) -> None:
        self.folder, self.plan, self.validation, self.config, self.note = folder, steps, validation, config, note
        self.torch = library("torch")
        if device() == "cpu":
            self.torch.set_num_threads(config.threads or usable_cores())
        self.model = load_model(config)
        self.learnt = dict(trainable(self.model))
        self.optimizer = self.torch.optim.AdamW(
            self.learnt.values(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.progress = Progress()
        self.losses: list[float] = []
        self.last = math.nan
        self._resume()

    # --- the loop

    def finish(self) -> Result:
        began = time.monotonic() - self.progress.seconds
        saved = time.monotonic()
        for number in range(self.progress.step, len(self.plan.steps)):
            if self.progress.ended:
                break
            loss, rate = self._step(self.plan.steps[number], number)
            self.losses.append(loss)
            self.progress.step = number + 1
            self.progress.tokens += sum(len(row.ids) for row in self.plan.steps[number])
            found = self._evaluate() if number + 1 in self.plan.evaluate_at else None
            self.progress.seconds = time.monotonic() - began
            step = Step(number + 1, loss, rate, self.progress.tokens, round(self.progress.seconds, 2), found)
            self._log(step)
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self._save()
                saved = time.monotonic()
            self.note(step, self.plan)
        return self._result()

    def _step(self, rows: Sequence[Encoded], number: int) -> tuple[float, float]:
        rate = self._rate(number)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        learnt = sum(row.learnt for row in rows)
        total = 0.0
        for part in _parts(rows, self.config.micro_tokens):
            loss = self._loss(part) / learnt
            loss.backward()
            total += float(loss.detach())
        if not math.isfinite(total):
            raise ConfigError(f"the loss of step {number + 1} is {total}: lower --learning-rate")
        self.torch.nn.utils.clip_grad_norm_(self.learnt.values(), self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total, rate

    def _loss(self, rows: Sequence[Encoded]) -> Any:
        """Sum of the losses of the learnt tokens. Logits are taken where there is a loss, and nowhere else."""
        torch = self.torch
        longest = max(len(row.ids) for row in rows)
        ids = torch.zeros((len(rows), longest), dtype=torch.long)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        places: list[int] = []
        wanted: list[int] = []
        for line, row in enumerate(rows):
            ids[line, : len(row.ids)] = torch.tensor(row.ids)
            mask[line, : len(row.ids)] = 1
            places += [line * longest + place - 1 for place in range(row.start, len(row.ids))]
            wanted += row.ids[row.start :]
        where = device()
        whole = getattr(self.model, "base_model", self.model)
        whole = whole.model if self.config.method == "lora" else self.model
        decoder = whole.get_decoder()
        hidden = decoder(input_ids=ids.to(where), attention_mask=mask.to(where), use_cache=False).last_hidden_state
        picked = hidden.reshape(-1, hidden.shape[-1])[torch.tensor(places, device=where)]
        logits = whole.get_output_embeddings()(picked).float()
        return torch.nn.functional.cross_entropy(logits, torch.tensor(wanted, device=where), reduction="sum")

    def _rate(self, number: int) -> float:
        total = len(self.plan.steps)
        rising = max(1, round(self.config.warmup * total))
        if number < rising:
            return self.config.learning_rate * (number + 1) / rising
        share = (number - rising) / max(1, total - rising)
        return self.config.learning_rate * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * share)))

    def _evaluate(self) -> float:
        """Loss a learnt token on the validation rows; also says when enough is enough."""
        self.model.eval()
        total = learnt = 0.0
        with self.torch.inference_mode():
            for part in _parts(sorted(self.validation, key=lambda row: len(row.ids)), self.config.micro_tokens):
                total += float(self._loss(part))
                learnt += sum(row.learnt for row in part)
        self.model.train()
        self.last = total / max(1.0, learnt)
        state = self.progress
        if self.last < state.best:
            state.best, state.barren = self.last, 0
        else:
            state.barren += 1
            if self.config.patience is not None and state.barren >= self.config.patience:
                state.ended = "patience"
        return self.last

    # --- the folder

    def _log(self, step: Step) -> None:
        with storage_errors(self.folder / LOG), (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(step)) + "\n")

    def _save(self) -> None:
        """A checkpoint that is whole or not there: written beside the old one, then put in its place."""
        fresh, place = self.folder / f"{CHECKPOINT}.new", self.folder / CHECKPOINT
        with storage_errors(place):
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            library("safetensors.torch").save_file(
                {name: value.detach().contiguous() for name, value in self.learnt.items()}, fresh / _WEIGHTS
            )
            state = {
                "optimizer": self.optimizer.state_dict(),
                "progress": asdict(self.progress),
                "losses": self.losses,
                "last": self.last,
            }
            self.torch.save(state, fresh / _STATE)
            old = self.folder / f"{CHECKPOINT}.old"
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                os.rename(place, old)
            os.rename(fresh, place)
            shutil.rmtree(old, ignore_errors=True)

    def _resume(self) -> None:
        place = next((p for p in (self.folder / CHECKPOINT, self.folder / f"{CHECKPOINT}.old") if p.is_dir()), None)
        if place is None:
            _cut_log(self.folder / LOG, 0)
            return
        try:
            weights = library("safetensors.torch").load_file(place / _WEIGHTS)
            state = self.torch.load(place / _STATE, weights_only=True)
            for name, parameter in self.learnt.items():
                parameter.data.copy_(weights[name])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])
            self.losses, self.last = state["losses"], state["last"]
        except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
            raise StorageError(f"the checkpoint {place} can't be read ({error}): delete it to start anew") from error
        _cut_log(self.folder / LOG, self.progress.step)

    def _result(self) -> Result:
        state = self.progress
        if math.isnan(self.last):
            self._evaluate()
        fresh = self.folder / f"{ADAPTER}.new"
        with storage_errors(fresh):
            shutil.rmtree(fresh, ignore_errors=True)
            self.model.save_pretrained(fresh)
            shutil.rmtree(self.folder / ADAPTER, ignore_errors=True)
            os.rename(fresh, self.folder / ADAPTER)
        tail = self.losses[-max(1, len(self.losses) // 10) :]
        result = Result(
            steps=state.step,
            tokens=state.tokens,
            seconds=round(state.seconds, 1),
            loss=sum(tail) / len(tail),
            validation=self.last,
            best_validation=state.best,
            ended=state.ended or self.plan.ended,
            weights=weights_hash(self.folder / ADAPTER),
            parameters=sum(parameter.numel() for parameter in self.learnt.values()),
            base=self.config.model,
        )
        atomic_write(self.folder / RESULT, [json.dumps(asdict(result), indent=1), "\n"])
        with storage_errors(self.folder):
            shutil.rmtree(self.folder / CHECKPOINT, ignore_errors=True)
        return result


def _parts(rows: Sequence[Encoded], tokens: int) -> Iterator[list[Encoded]]:
    """Rows in parts of at most so many tokens, padding counted."""
    part: list[Encoded] = []
    longest = 0
    for row in rows:
        longest = max(longest, len(row.ids))
        if part and (len(part) + 1) * longest > tokens:
            yield part
            part, longest = [], len(row.ids)
        part.append(row)
    if part:
        yield part


def _cut_log(path: Path, steps: int) -> None:
    """Leave only the lines of the first `steps` steps: what was logged after the checkpoint happens again."""
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:steps]
        atomic_write(path, lines)


def read_log(folder: Path) -> list[Step]:
    """The steps of a run, finished or not; a line that was cut off is left out."""
    path = folder / LOG
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [Step(**json.loads(line)) for line in lines if line.endswith("\n")]
