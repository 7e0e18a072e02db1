"""From a folder of prepared rows to a job: the same on this machine and in the cloud."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lift_sys.config import code_version, usable_cores
from lift_sys.errors import ConfigError
from lift_sys.providers.embedded import library
from lift_sys.records.base import content_hash
from lift_sys.training import models
from lift_sys.training.checking import check_row
from lift_sys.training.config import TrainConfig
from lift_sys.training.data_prep import FILES, read_manifest, read_rows
from lift_sys.training.lora import Job
from lift_sys.training.samples import pick
from lift_sys.training.tokens import Encoding, encode

CHECKED = 20
"""Rows whose mask is looked at before a run: `prepare` looks at all, for the model that it was told."""


@dataclass(frozen=True)
class Prepared:
    """A job with what was left out of its rows."""

    job: Job
    train: Encoding
    validation: Encoding


def make_job(
    data: Path, config: TrainConfig, *, samples: int = 0, facts: Mapping[str, Any] | None = None
) -> Prepared:
    """The job that trains on the prepared rows of a folder.

    Args:
        samples: prompts that are answered at each evaluation.
        facts: what else is to be known of the run, such as the command that started it.

    Raises:
        ConfigError: there is no such model, no row can be learnt, or its chat template can't be masked.
        StorageError: the folder holds no prepared rows, or they were changed.
    """
    manifest = read_manifest(data)
    if not manifest["rows"]["val"]:
        raise ConfigError(f"{data} has no validation rows: `lift-sys prepare` again, with --val above 0")
    base = models.base_of(config.model)
    tokenizer = models.load_tokenizer(base)
    rows, validation = (read_rows(data / FILES[split]) for split in ("train", "val"))
    encoded, held = (encode(some, tokenizer, config.context) for some in (rows, validation))
    by_id = {row.id: row for row in rows}
    for row in encoded.rows[:CHECKED]:
        check_row(by_id[row.row], row, tokenizer)
    fits = {row.row for row in held.rows}
    files = {name: manifest["files"][name] for name in (FILES["train"], FILES["val"])}
    job = Job(
        config=config,
        base=base,
        tokenizer=tokenizer,
        rows=encoded.rows,
        validation=held.rows,
        data=content_hash(files)[:16],
        samples=pick([row for row in validation if row.id in fits], samples),
        facts={**_facts(encoded, held, files), **(facts or {})},
    )
    return Prepared(job, encoded, held)


def _facts(encoded: Encoding, held: Encoding, files: Mapping[str, str]) -> dict[str, Any]:
    torch = library("torch")
    return {
        "code": code_version(),
        "files": dict(files),
        "rows": {"train": len(encoded.rows), "val": len(held.rows)},
        "too_long": {"train": encoded.too_long, "val": held.too_long},
        "marked": {"train": encoded.marked, "val": held.marked},
        "machine": {
            "processor": _processor(),
            "cores": usable_cores(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def with_price(prepared: Prepared, per_hour: float | None) -> Prepared:
    """The job with what an hour of its machine costs, in dollars."""
    return replace(prepared, job=replace(prepared.job, facts={**prepared.job.facts, "per_hour": per_hour}))
