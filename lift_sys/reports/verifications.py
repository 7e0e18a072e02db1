"""What `lift-sys verify` found, kept in the dataset's folder: the report of a dataset tells it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lift_sys.config import code_version
from lift_sys.errors import StorageError
from lift_sys.storage import atomic_write
from lift_sys.storage.files import storage_errors

if TYPE_CHECKING:
    from lift_sys.data_synthesis.verification import VerificationReport

VERIFICATIONS = Path("work") / "verifications.jsonl"
"""One line for each time; the newest is the last."""


@dataclass(frozen=True)
class Verification:
    """One run of `verify` over a dataset, or a sample of it."""

    data: str
    """SHA-256 of the rows: of other rows it says nothing."""
    rows: int
    """Rows that were judged again."""
    runs: int
    """How often each."""
    environments: list[str]
    calls: int
    executions: int
    """Isolated executions of this session, in `seconds`."""
    seconds: float
    resumed: int
    """Rows' runs that an earlier session had done."""
    flips: list[tuple[str, str]]
    """A row's id and what happened, once for each run of a row that did not hold."""
    errors: int
    """Rows' runs that could not be judged."""
    code_version: str

    @property
    def flipped(self) -> int:
        """Rows that flipped in any run."""
        return len({row for row, _ in self.flips})


def keep_verification(folder: Path, report: VerificationReport) -> None:
    """Note what a verification of `folder` found.

    Raises:
        StorageError: the folder can't be written.
    """
    found = Verification(
        data=report.data,
        rows=report.judged,
        runs=report.runs,
        environments=list(report.environments),
        calls=report.calls,
        executions=report.executions,
        seconds=round(report.seconds, 1),
        resumed=report.resumed,
        flips=list(report.flips),
        errors=len(report.errors),
        code_version=code_version(),
    )
    path = folder / VERIFICATIONS
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.is_file() else ""
    atomic_write(path, [before, json.dumps(asdict(found)), "\n"])


def read_verifications(folder: Path, data: str) -> list[Verification]:
    """What was found on the rows with this hash, oldest first.

    Raises:
        StorageError: what is kept is damaged.
    """
    path = folder / VERIFICATIONS
    if not path.is_file():
        return []
    try:
        found = [Verification(**json.loads(line)) for line in path.read_text().splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"{path} can't be read: {error}; remove it and verify again") from error
    return [verification for verification in found if verification.data == data]
