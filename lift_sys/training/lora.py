"""Fine-tuning: LoRA (Hu et al. 2021), or all weights of a small model.

A loop of our own around transformers and peft, because three things that Trainer-based tools do cost half the speed
on a processor: batches of unlike length, logits for prompt tokens whose loss is never taken, and the mask that
padding needs. `python -m bench training` prints the ratio to trl's SFTTrainer.

`runs.py` says what a run's folder holds. A killed run that is started again goes on from its checkpoint and takes
the same batches in the same order, so its losses are those of a run that was never stopped.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError, StorageError
from lift_sys.providers.embedded import library
from lift_sys.providers.weights import Weights, weights_hash
from lift_sys.records.training import TrainingRow
from lift_sys.storage.files import FolderLock, storage_errors
from lift_sys.training import checkpoints, models, runs, samples
from lift_sys.training.ceiling import Ceiling, TooDear
from lift_sys.training.checkpoints import Checkpoint, Progress
from lift_sys.training.config import TrainConfig
from lift_sys.training.models import ADAPTER, loss_sum, precision
from lift_sys.training.plan import Plan, plan
from lift_sys.training.runs import Log, Result, Step
from lift_sys.training.tokens import Encoded, parts
from lift_sys.training.tracking import Guarded, Tracker


@dataclass(frozen=True)
class Job:
    """What is trained on what."""

    config: TrainConfig
    base: Weights
    tokenizer: Any
    rows: Sequence[Encoded]
    validation: Sequence[Encoded]
    data: str
    """Hash of the rows, so that a folder is not gone on with with other rows."""
    samples: Sequence[TrainingRow] = ()
    """Rows whose prompts are answered at each evaluation."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else is to be known of the run."""
    ceiling: Ceiling | None = None


def train(
    folder: Path,
    job: Job,
    *,
    trackers: Sequence[Tracker] = (),
    kept: Callable[[], None] = lambda: None,
    began: float | None = None,
) -> Result:
    """Train, or go on where a run in this folder was stopped.

    Args:
        began: `time.monotonic()` when the machine's hire began, as far as this process knows; now by default.
        kept: called when a checkpoint or the result is on disk: a cloud volume wants to be told.

    Raises:
        ConfigError: the model takes no adapters, the loss is no number any more, memory does not suffice, or the run
            costs too much.
        StorageError: the folder holds another run, or can't be written.
    """
    began = time.monotonic() if began is None else began
    with FolderLock(folder):
        runs.claim(folder, job.config, job.data)
        done = runs.read_result(folder)
        if done is not None:
            if not (folder / ADAPTER).is_dir():
                raise StorageError(
                    f"the run in {folder} is finished, and its {ADAPTER}/ is gone: start anew, with another --out"
                )
            checkpoints.remove(folder)  # a kill after the result leaves it, and leaves who follows the run behind
            Guarded(trackers).update(folder)
            return done
        steps = plan(job.rows, job.config)
        runs.begin(folder, {**job.facts, **_facts(job, steps)}, {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        try:
            result = _Run(folder, job, steps, Guarded(trackers), kept, began).finish()
        except (MemoryError, RuntimeError) as error:
            if not _no_memory(error):
                raise
            raise ConfigError(
                "there is not enough memory for a step: lower --micro-tokens or add --recompute; checkpoints are kept"
            ) from error
        kept()
        return result


def _no_memory(error: BaseException) -> bool:
    """torch says so with an error of its own on a GPU, and with a plain one elsewhere."""
    return isinstance(error, MemoryError) or any(
        text in str(error) for text in ("out of memory", "can't allocate memory", "not enough memory")
    )


def _facts(job: Job, steps: Plan) -> dict[str, Any]:
    order = "\n".join(row.row for step in steps.steps for row in step)
    rates = "\n".join(f"{steps.rate(number, job.config):.9e}" for number in range(len(steps.steps)))
    return {
        "base": job.base.label,
        "device": models.device(),
        "precision": "bfloat16" if models.half(job.config) else "float32",
        "per_hour": job.ceiling.per_hour if job.ceiling else job.facts.get("per_hour"),
        "plan": {
            "steps": len(steps.steps),
            "tokens": steps.tokens,
            "learnt": steps.learnt,
            "padding": round(steps.padding, 4),
            "order": hashlib.sha256(order.encode()).hexdigest()[:16],
            "rates": hashlib.sha256(rates.encode()).hexdigest()[:16],
        },
    }


class _Run:
    """A run in memory."""

    def __init__(
        self, folder: Path, job: Job, steps: Plan, tracker: Guarded, kept: Callable[[], None], began: float
    ) -> None:
        self.folder, self.job, self.config, self.plan = folder, job, job.config, steps
        self.tracker, self.kept, self.began = tracker, kept, began
        self.log = Log(folder)
        self.torch = library("torch")
        models.prepare_processor(self.config)
        self.model = models.load_model(job.base, self.config)
        models.check_loss(self.model, job.rows, self.config)
        self.learnt = dict(models.trainable(self.model))
        self.optimizer = models.make_optimizer(self.learnt.values(), self.config.learning_rate, self.config)
        self.validation = sorted(job.validation[: self.config.validation_rows], key=lambda row: len(row.ids))
        self.progress = Progress()
        self.best: dict[str, Any] | None = None
        self.tokens = steps.tokens
        self._resume()

    # --- the loop

    def finish(self) -> Result:
        self.tracker.update(self.folder)
        state = self.progress
        began, paid = time.monotonic() - state.seconds, self.began - state.paid
        saved = time.monotonic()
        while state.step < len(self.plan.steps) and not state.ended:
            rows = self.plan.steps[state.step]
            start = time.monotonic()
            loss, rate = self._step(rows, state.step)
            took = time.monotonic() - start
            state.step += 1
            state.losses.append(loss)
            state.tokens += sum(len(row.ids) for row in rows)
            evaluated = state.step in self.plan.evaluate_at
            found = self._evaluate() if evaluated else None
            state.seconds, state.paid = time.monotonic() - began, time.monotonic() - paid
            step = Step(
                step=state.step,
                loss=loss,
                learning_rate=rate,
                tokens=state.tokens,
                seconds=round(state.seconds, 2),
                took=round(took, 3),
                paid=round(state.paid, 2),
                validation=found,
            )
            self.log.step(step)
            self.tracker.step(step, self.plan)
            if evaluated:
                self.tracker.update(self.folder)
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self._save()
                saved = time.monotonic()
            self._affordable()
        result = self._result()
        self.tracker.update(self.folder)
        return result

    def _step(self, rows: Sequence[Encoded], number: int) -> tuple[float, float]:
        self.torch.manual_seed(
            self.config.seed + 1_000_003 * number
        )  # dropout, where a model has it, resumes as well
        rate = self.plan.rate(number, self.config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        learnt = sum(row.learnt for row in rows)
        total = 0.0
        for part in parts(rows, self.config.micro_tokens):
            with precision(self.config):
                loss = loss_sum(self.model, part) / learnt
            loss.backward()
            total += float(loss.detach())
        if not math.isfinite(total):
            raise ConfigError(f"the loss of step {number + 1} is {total}: lower --learning-rate")
        self.torch.nn.utils.clip_grad_norm_(self.learnt.values(), self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total, rate

    def _evaluate(self) -> float:
        """Loss a learnt token on the validation rows; keeps the best weights, and says when enough is enough."""
        state = self.progress
        state.validation = self._validation_loss()
        if state.validation < state.best:
            state.best, state.best_step, state.barren = state.validation, state.step, 0
            if self.config.patience is not None:
                self.best = {name: value.detach().clone() for name, value in self.learnt.items()}
        else:
            state.barren += 1
            if self.config.patience is not None and state.barren >= self.config.patience:
                state.ended = "patience"
        if self.job.samples:
            drawn = samples.draw(self.model, self.job.tokenizer, self.job.samples, state.step, self.config)
            self.log.samples(drawn)
        return state.validation

    def _validation_loss(self) -> float:
        self.model.eval()
        total = 0.0
        with self.torch.no_grad(), precision(self.config):
            for part in parts(self.validation, self.config.micro_tokens):
                total += float(loss_sum(self.model, part))
        self.model.train()
        return total / sum(row.learnt for row in self.validation)

    def _affordable(self) -> None:
        state = self.progress
        if self.job.ceiling is None or state.step == len(self.plan.steps):
            return
        reason = self.job.ceiling.check(
            paid=state.paid, seconds=state.seconds, steps=state.step, done=state.tokens / self.tokens
        )
        if reason:
            self._save()
            raise TooDear(
                f"stopped after step {state.step} of {len(self.plan.steps)}: {reason}. The checkpoint is kept: raise "
                "--max-cost and run the same command again to go on"
            )

    # --- the folder

    def _save(self) -> None:
        checkpoints.save(self.folder, Checkpoint(self.learnt, self.optimizer.state_dict(), self.progress, self.best))
        self.kept()

    def _resume(self) -> None:
        found = checkpoints.load(self.folder)
        if found is None:
            lost = self._lost(0.0)
            self.log.cut(0)
            self.progress.paid = lost
            return
        with self.torch.no_grad():
            for name, parameter in self.learnt.items():
                parameter.copy_(found.weights[name])
        self.optimizer.load_state_dict(found.optimizer)
        self.progress = found.progress
        self.progress.paid += self._lost(found.progress.paid)
        self.best = dict(found.best) if found.best is not None else None
        self.log.cut(self.progress.step)

    def _lost(self, paid: float) -> float:
        """Seconds that were paid for after the checkpoint, as far as the log shows them."""
        steps = runs.read_run(self.folder).steps
        return max(0.0, steps[-1].paid - paid) if steps else 0.0

    def _result(self) -> Result:
        state = self.progress
        if self.best is not None and state.best_step != state.step:
            with self.torch.no_grad():
                for name, parameter in self.learnt.items():
                    parameter.copy_(self.best[name])
        self._save_weights()
        tail = state.losses[-max(1, len(state.losses) // 10) :]
        result = Result(
            steps=state.step,
            tokens=state.tokens,
            seconds=round(state.seconds, 1),
            loss=sum(tail) / len(tail),
            validation=state.best if self.best is not None else state.validation,
            best_step=state.best_step,
            best_validation=state.best,
            ended=state.ended or self.plan.ended,
            weights=weights_hash(self.folder / ADAPTER),
            parameters=sum(parameter.numel() for parameter in self.learnt.values()),
            base=self.job.base.label,
            paid=round(state.paid, 1),
            peak=models.peak_memory(),
        )
        runs.finish(self.folder, result)
        checkpoints.remove(self.folder)
        return result

    def _save_weights(self) -> None:
        fresh = self.folder / f"{ADAPTER}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            with storage_errors(fresh):
                if self.config.method == "full":
                    self.model.float()  # all in one type, whatever was learnt of it
                checkpoints.writing(fresh, lambda: self.model.save_pretrained(fresh))
                if self.config.method == "full":
                    self.job.tokenizer.save_pretrained(fresh)
                shutil.rmtree(self.folder / ADAPTER, ignore_errors=True)
                os.rename(fresh, self.folder / ADAPTER)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
