"""Records to Markdown, HTML and charts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_report(
    folder: Path, seconds: Mapping[str, float] | None = None, command: str | None = None, place: Path | None = None
) -> None:
    """Write `report.md` and `report.html` beside a finished dataset. What is not given is taken from what `generate`
    left in the folder, and said to be not measured where that is gone.

    Args:
        seconds: wall time of each step of the run that ended it.
        command: the command that made it.
        place: the folder's name for those who read the report, where it is to have another.

    Raises:
        StorageError: there is no finished dataset in `folder`, or it can't be written.
    """
    from lift_sys.reports.generation import write
    from lift_sys.reports.run_facts import Run, read_run

    kept = read_run(folder)
    run = Run(
        command=kept.command if command is None else command,
        place=kept.place if place is None else str(place),
        seconds=kept.seconds if seconds is None else seconds,
        cores=kept.cores,
    )
    write(folder, run)


__all__ = ["write_report"]
