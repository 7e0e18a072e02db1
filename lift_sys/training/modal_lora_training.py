"""The Modal app: decorators around `lift_sys.training.cloud`, and nothing else.

    scripts/modal_volumes.sh                                  once: volumes, secret, base model
    modal run -m lift_sys.training.modal_lora_training --data training_data --out build/qwen_lora --max-cost 60

Run them in a checkout of lift-sys, with an account. LIFT_SYS_GPU names another GPU than H100.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import modal

from lift_sys.training import cloud, prices
from lift_sys.training.shapes import QWEN

APP = "lift-sys-training"
GPU = os.environ.get("LIFT_SYS_GPU", "H100")
VOLUME, MODELS = "lift-sys-training", "lift-sys-models"
SECRET = "huggingface"
"""Holds HF_TOKEN, for base models that ask for one."""
ROOT, MODELS_ROOT = "/lift-training", "/lift-models"
HOURS = 24
"""The longest that Modal lets a call run; a longer run goes on in its retries."""

image = (
    modal.Image.debian_slim(python_version=f"{sys.version_info.major}.{sys.version_info.minor}")
    .pip_install_from_pyproject("pyproject.toml", optional_dependencies=["local"])
    .env({"HF_HOME": MODELS_ROOT, "LIFT_SYS_CACHE": MODELS_ROOT, "LIFT_SYS_GPU": GPU})
    .add_local_python_source("lift_sys", ignore=["**/__pycache__"])
)
app = modal.App(APP)
volume = modal.Volume.from_name(VOLUME, create_if_missing=True)
models = modal.Volume.from_name(MODELS, create_if_missing=True)
FETCHING: dict[str, Any] = {
    "image": image,
    "volumes": {MODELS_ROOT: models},
    "secrets": [modal.Secret.from_name(SECRET)],
    "timeout": 2 * 3600,
    "retries": 2,
}
TRAINING: dict[str, Any] = {
    "image": image,
    "gpu": GPU,
    "cpu": float(prices.CORES),
    "memory": prices.MEMORY_GIB << 10,
    "volumes": {ROOT: volume, MODELS_ROOT: models},
    "secrets": [modal.Secret.from_name(SECRET)],
    "timeout": HOURS * 3600,
    "retries": modal.Retries(max_retries=8, initial_delay=10.0, backoff_coefficient=1.0),
    "max_containers": 1,
}
"""A preempted or broken container is replaced, and the run goes on from its checkpoint: a retry costs minutes."""


def _kept() -> None:
    """Have the volume keep what was written; outside Modal the folder is a folder."""
    if not modal.is_local():
        volume.commit()


@app.function(**FETCHING)
def fetch(model: str = QWEN) -> str:
    """Put a base model on the volume."""
    label = cloud.fetch(model)
    if not modal.is_local():
        models.commit()
    return label


@app.function(**TRAINING)
def train(order: dict[str, Any], root: str = ROOT) -> dict[str, Any]:
    """Train, or go on."""
    if not modal.is_local():
        volume.reload()
    return cloud.fulfil(order, Path(root), _kept)


@app.local_entrypoint()
def main(
    data: str = "training_data",
    out: str = "build/qwen_lora",
    run: str = "",
    model: str = QWEN,
    epochs: float = cloud.CLOUD.epochs,
    rank: int = cloud.CLOUD.rank,
    max_cost: float = 60.0,
    store: str = "build/mlflow.db",
) -> None:
    """Upload the rows, train, and bring the adapter home. Started again, it goes on."""
    cloud.check_place(Path(out))
    config = cloud.settings(model=model, epochs=epochs, rank=rank)
    found = cloud.preview(Path(data), config, GPU)
    print(f"{found.hours[0]:.1f} to {found.hours[1]:.1f} h, ${found.dollars[0]:.2f} to ${found.dollars[1]:.2f}")
    cloud.check_preview(found, max_cost)
    order = cloud.order_of(
        run or Path(out).name, Path(data), config, per_hour=prices.per_hour(found.machine), max_cost=max_cost
    )
    with volume.batch_upload(force=True) as batch:
        for here, there in cloud.uploads(order, Path(data)):
            batch.put_file(here, str(there))
    answer = train.remote(asdict(order))
    files = (entry.path for entry in volume.iterdir(str(cloud.RUNS / order.run), recursive=True))
    print(cloud.bring_home(order, answer, volume.read_file, files, Path(out)))
    cloud.track(Path(out), Path(store))
