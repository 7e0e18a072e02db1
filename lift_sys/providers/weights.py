"""What `--model` names: a base model in a folder, with or without an adapter.

A name is one of: empty (the embedded default), a folder with a model, a folder with an adapter, a training run's
folder (its `adapter/` is taken, which after a full fine-tune holds a model), or a Hugging Face id.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.adapters import CONFIG, Adapter, is_adapter, read_adapter
from lift_sys.providers.embedded import NAME, embedded_model, library

_OF_A_RUN = "adapter"
_RUN = "run.json"
"""What a training run has from its first step on; its `config.json` is no model's."""
"""Where a training run keeps what it learnt."""
_COPIES, _ON_GPU = 2.5, 0.65
"""Memory at its peak, in sizes of the weights in float32: the reference and the engine's own (docs/PROVIDERS.md); on
a GPU the weights in bfloat16, and what answers take, which is assumed and not measured."""
_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", re.ASCII)
"""What a Hugging Face id looks like."""
_EMBEDDED = re.compile(rf"{re.escape(NAME)}-[0-9a-f]{{12}}")
"""Folder of the embedded model in a cache."""
_PATTERNS = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")


@dataclass(frozen=True)
class Weights:
    """A model that is here, file by file."""

    name: str
    """For people: without folders."""
    folder: Path
    """Configuration and weights of the base model."""
    tokenizer: Path
    """A full fine-tune keeps no tokenizer: then it is the base's folder."""
    digest: str
    """Twelve digits that stand for the base's weights."""
    adapter: Adapter | None = None

    @property
    def label(self) -> str:
        adapter = f"+{self.adapter.digest}" if self.adapter else ""
        return f"{self.name}@{self.digest}{adapter}"

    @property
    def config(self) -> dict[str, Any]:
        """The model's own `config.json`."""
        return read_config(self.folder / "config.json")

    @property
    def bytes(self) -> int:
        """Size of the weights on disk."""
        return sum(path.stat().st_size for path in self.folder.glob("*.safetensors"))

    def check_memory(self, on_gpu: int | None = None) -> None:
        """See that the model fits into memory before it is loaded.

        Args:
            on_gpu: bytes that are free on the GPU that it is to be loaded on, if on one.

        Raises:
            ConfigError: it does not; the message has the estimate.
        """
        width = 2 if str(self.config.get("dtype") or self.config.get("torch_dtype")) in ("bfloat16", "float16") else 4
        copies, free = (_COPIES, free_memory()) if on_gpu is None else (_ON_GPU, on_gpu)
        wanted, where = int(copies * self.bytes * 4 / width), "memory" if on_gpu is None else "the GPU's memory"
        if wanted > free:
            raise ConfigError(
                f"{self.name} takes about {wanted / 1e9:.1f} GB of {where}, and {free / 1e9:.1f} GB are free: "
                "take a smaller model, or a server with --provider openai"
            )


def read_config(path: Path) -> dict[str, Any]:
    """A JSON file that comes with a model.

    Raises:
        ConfigError: it can't be read, or holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is damaged ({error}): copy the model again") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path} is damaged (it holds no object): copy the model again")
    return found


def free_memory() -> int:
    """Bytes that this process may still take, where Linux tells; else more than anyone has."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return 1 << 62
    try:
        group = Path("/sys/fs/cgroup")
        bound = int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no such control group, or no bound
        return free
    return min(free, bound)


def find_weights(model: str = "", adapter: str = "") -> Weights:
    """The model of that name, fetched first where that is needed.

    Args:
        adapter: a folder with an adapter to put on `model`.

    Raises:
        ConfigError: there is no such model or adapter, or it is damaged.
    """
    put_on = read_adapter(_learnt(Path(adapter))) if adapter else None
    folder = _learnt(Path(model)) if model else None
    if folder is not None and is_adapter(folder):
        if put_on is not None:
            raise ConfigError(f"{model} is an adapter already: name its base model to put {adapter} on")
        put_on = read_adapter(folder)
        base, name = _base_of(put_on)
    else:
        base, name = _base(model)
    if not (base / "config.json").is_file():
        raise ConfigError(f"{base} holds no model: there is no config.json")
    if (base / _RUN).is_file():
        raise ConfigError(f"the run in {base} is not finished: run its `lift-sys train` again, it goes on")
    return Weights(name, base, _tokenizer(base), weights_hash(base), put_on)


def _learnt(folder: Path) -> Path:
    """The folder itself, or what a training run keeps in it."""
    inner = folder / _OF_A_RUN
    return inner if inner.is_dir() else folder


def _base_of(adapter: Adapter) -> tuple[Path, str]:
    try:
        return _base(adapter.base)
    except ConfigError as error:
        raise ConfigError(
            f"the adapter {adapter.folder} was trained on a model that is not to be had: {error}. Put it there, or "
            f"name its folder as base_model_name_or_path in {CONFIG}"
        ) from error


def _base(model: str) -> tuple[Path, str]:
    folder = _learnt(Path(model))
    # An adapter may know the embedded model by its place in the cache of another machine.
    if not model or (_EMBEDDED.fullmatch(folder.name) and not folder.is_dir()):
        return embedded_model(), NAME
    if not folder.is_dir():
        return _from_hub(model), model.replace("/", "--")
    if _EMBEDDED.fullmatch(folder.name):
        return folder, NAME
    return folder, (folder.parent if folder.name == _OF_A_RUN else folder).resolve().name


def _from_hub(model: str) -> Path:
    """The folder of a Hugging Face id, from its cache or fetched."""
    if not _ID.fullmatch(model):
        raise ConfigError(f"there is no folder {model}")
    hub = library("huggingface_hub")
    try:
        return Path(hub.snapshot_download(model, allow_patterns=list(_PATTERNS)))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        raise ConfigError(
            f"there is no folder {model}, and it can't be fetched as an id: {str(error)[:200]}"
        ) from error


def _tokenizer(folder: Path) -> Path:
    if any(folder.glob("tokenizer*")):
        return folder
    run = folder.parent / "config.json"
    try:
        trained = json.loads(run.read_text(encoding="utf-8"))["model"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder} has no tokenizer: copy that of its base model there") from error
    return _base(trained)[0]


def weights_hash(folder: Path) -> str:
    """Twelve digits that stand for the weights in a folder.

    Raises:
        ConfigError: there are none.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ConfigError(f"{folder} holds no weights (*.safetensors)")
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 24), b""):
                digest.update(block)
    return digest.hexdigest()[:12]
