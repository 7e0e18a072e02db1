"""Checkpoints: what a killed run goes on from. Whole or not there."""

from __future__ import annotations

import math
import os
import pickle
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.errors import StorageError
from lift_sys.providers.embedded import library
from lift_sys.storage.files import storage_errors

CHECKPOINT = "checkpoint"
_STATE, _WEIGHTS, _BEST = "state.pt", "weights.safetensors", "best.safetensors"
Tensors = Mapping[str, Any]


@dataclass
class Progress:
    """Where a run stands: all that a checkpoint holds besides weights and optimizer."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Wall time of the steps, evaluations and samples between them included."""
    paid: float = 0.0
    """Wall time of all, loading and work that was lost with a kill included: what a machine's hire counts."""
    validation: float = math.nan
    """The last one taken."""
    best: float = math.inf
    best_step: int = 0
    barren: int = 0
    """Evaluations since the best one."""
    ended: str = ""
    """Why training ended early: `patience`."""
    losses: list[float] = field(default_factory=list)


@dataclass
class Checkpoint:
    weights: Tensors
    optimizer: dict[str, Any]
    progress: Progress
    best: Tensors | None = None
    """The weights of the best validation loss, where they are kept."""


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside the old one of a run's folder, then put it in its place.

    Raises:
        StorageError: it can't be written; the old one is still there.
    """
    fresh, place, old = (folder / f"{CHECKPOINT}{end}" for end in (".new", "", ".old"))
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        with storage_errors(place):
            fresh.mkdir()
            write_tensors(fresh / _WEIGHTS, checkpoint.weights)
            if checkpoint.best is not None:
                write_tensors(fresh / _BEST, checkpoint.best)
            state = {"optimizer": checkpoint.optimizer, "progress": asdict(checkpoint.progress)}
            writing(fresh / _STATE, lambda: library("torch").save(state, fresh / _STATE))
            for path in fresh.iterdir():
                _to_disk(path)
            if place.exists():  # else the old one is the only one: it stays until the new one is in place
                shutil.rmtree(old, ignore_errors=True)
                os.rename(place, old)
            os.rename(fresh, place)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_tensors(path: Path, tensors: Tensors) -> None:
    """Raises:
    StorageError: they can't be written.
    """
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    writing(path, lambda: library("safetensors.torch").save_file(plain, path))


def writing(path: Path, write: Callable[[], Any]) -> None:
    """Call a writer of torch or safetensors, which say in a text of their own that a disk is full.

    Raises:
        StorageError: it did not write.
    """
    try:
        write()
    except (RuntimeError, library("safetensors").SafetensorError) as error:
        free = shutil.disk_usage(path.parent).free
        reason = str(error).splitlines()[0][:120]
        raise StorageError(
            f"{path} can't be written ({reason}; {free / 1e6:,.0f} MB are free there): make room and run the same "
            "command again; it goes on from the last checkpoint"
        ) from error


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def load(folder: Path) -> Checkpoint | None:
    """The checkpoint of a run's folder; None where there is none.

    Raises:
        StorageError: it is damaged.
    """
    place = next((path for path in (folder / CHECKPOINT, folder / f"{CHECKPOINT}.old") if path.is_dir()), None)
    if place is None:
        return None
    torch, safetensors = library("torch"), library("safetensors.torch")
    broken = (OSError, KeyError, ValueError, RuntimeError, TypeError, EOFError, pickle.UnpicklingError)
    try:
        state = torch.load(place / _STATE, weights_only=True, map_location="cpu")
        best = place / _BEST
        return Checkpoint(
            weights=safetensors.load_file(place / _WEIGHTS),
            optimizer=state["optimizer"],
            progress=Progress(**state["progress"]),
            best=safetensors.load_file(best) if best.is_file() else None,
        )
    except (*broken, library("safetensors").SafetensorError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise StorageError(f"the checkpoint {place} can't be read ({reason}): delete it to start anew") from error


def remove(folder: Path) -> None:
    """After the end, when the result is there."""
    for end in ("", ".old", ".new"):
        shutil.rmtree(folder / f"{CHECKPOINT}{end}", ignore_errors=True)
