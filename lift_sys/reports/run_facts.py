"""What is known of the run that ended a dataset, kept in its folder so that its report can be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lift_sys.errors import StorageError
from lift_sys.storage import atomic_write
from lift_sys.storage.files import storage_errors

RUN = Path("work") / "run.json"


@dataclass(frozen=True)
class Run:
    """The last start of `generate`. What is empty was not measured."""

    command: str = ""
    place: str = ""
    """The dataset's folder as the command named it."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall time of each step."""
    cores: int | None = None
    """Cores that it might use."""


def keep_run(folder: Path, run: Run) -> None:
    """Raises:
    StorageError: the folder can't be written.
    """
    path = folder / RUN
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, [json.dumps(asdict(run), indent=1), "\n"])


def read_run(folder: Path) -> Run:
    """The run that made a folder; an empty one where nothing is kept of it.

    Raises:
        StorageError: what is kept is damaged.
    """
    path = folder / RUN
    if not path.is_file():
        return Run()
    try:
        return Run(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"{path} can't be read: {error}; without it the report says `not measured`") from error
