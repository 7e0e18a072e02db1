"""One side of `bench/bench_training.py`, in a process of its own so that its memory is its own.

python -m bench.training_child (ours|trl|trl-bfloat16|estimate) FOLDER: reads FOLDER/config.json and the prepared
rows in FOLDER/data, prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from lift_sys.config import usable_cores
from lift_sys.training import models
from lift_sys.training.config import TrainConfig
from lift_sys.training.data_prep import FILES, read_rows
from lift_sys.training.job import make_job
from lift_sys.training.lora import Job, train
from lift_sys.training.plan import plan
from lift_sys.training.runs import read_run
from lift_sys.training.tokens import parts
from lift_sys.training.tracking import Quiet


class Clock(Quiet):
    """Notes the processor time when the first step begins."""

    def __init__(self) -> None:
        self.began: os.times_result | None = None

    def update(self, run: Path) -> None:
        self.began = self.began or os.times()


def ours(folder: Path, job: Job) -> dict[str, float]:
    clock = Clock()
    result = train(folder / "ours", job, trackers=[clock])
    ended, began = os.times(), clock.began
    assert began is not None
    steps = read_run(folder / "ours").steps
    return {
        "seconds": sum(step.took for step in steps),
        "processor": ended.user + ended.system - began.user - began.system,
        "validation": result.validation,
        "peak": result.peak,
        "steps": result.steps,
    }


def trl(folder: Path, job: Job, *, half: bool) -> dict[str, float]:
    """A plain SFTTrainer: its own batches, collator, loss and loop; adapter, rate and schedule are ours.

    Args:
        half: its switch for mixed precision, which casts to bfloat16 as it goes.
    """
    warnings.simplefilter("ignore")
    import datasets
    import peft
    import torch
    import transformers
    from trl import SFTConfig, SFTTrainer

    datasets.disable_progress_bars()
    config, steps = job.config, plan(job.rows, job.config)
    torch.set_num_threads(config.threads or usable_cores())
    known = {row.row for row in job.rows}
    rows = [row for row in read_rows(folder / "data" / FILES["train"]) if row.id in known]
    given = datasets.Dataset.from_list(
        [{"prompt": row.messages[:-1], "completion": row.messages[-1:]} for row in rows]
    )
    torch.manual_seed(config.seed)
    model = transformers.AutoModelForCausalLM.from_pretrained(job.base.folder, dtype=torch.float32)
    settings = SFTConfig(
        output_dir=str(folder / "trl"),
        per_device_train_batch_size=max(1, round(len(rows) / len(steps.steps))),
        num_train_epochs=config.epochs,
        learning_rate=config.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=max(1, round(config.warmup * len(steps.steps))),
        weight_decay=config.weight_decay,
        max_grad_norm=config.clip,
        max_length=config.context,
        bf16=half,
        gradient_checkpointing=False,  # slower, so on here would be unfair
        use_cpu=True,
        seed=config.seed,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    adapter = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        target_modules=list(models.ALL),
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    trainer = SFTTrainer(
        model=model, args=settings, train_dataset=given, peft_config=adapter, processing_class=job.tokenizer
    )
    began, start = os.times(), time.monotonic()
    done = trainer.train()
    seconds, ended = time.monotonic() - start, os.times()
    peak = models.peak_memory()
    return {
        "seconds": seconds,
        "processor": ended.user + ended.system - began.user - began.system,
        "validation": _validation(trainer.model, job),
        "peak": peak,
        "steps": done.global_step,
    }


def _validation(model: Any, job: Job) -> float:
    """The loss that our own runs report, of a model that something else trained."""
    import torch

    model.eval()
    held = sorted(job.validation[: job.config.validation_rows], key=lambda row: len(row.ids))
    with torch.no_grad():
        total = sum(float(models.loss_sum(model, part)) for part in parts(held, job.config.micro_tokens))
    return total / sum(row.learnt for row in held)


def estimate(job: Job) -> dict[str, float]:
    from lift_sys.training.estimate import memory_of_job, probe
    from lift_sys.training.shapes import shape_of

    memory = memory_of_job(shape_of(job.base.config, job.base.name), job)
    pace = probe(job)
    return {"seconds": pace.steps, "peak": memory.total, "probe": pace.probe}


def main() -> None:
    side, folder = sys.argv[1], Path(sys.argv[2])
    config = TrainConfig.model_validate_json((folder / "config.json").read_text())
    job = make_job(folder / "data", config).job
    if side == "estimate":
        found = estimate(job)
    else:
        found = ours(folder, job) if side == "ours" else trl(folder, job, half=side == "trl-bfloat16")
        tokens = plan(job.rows, config).tokens
        found |= {"tokens": tokens, "rows": len(job.rows)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
