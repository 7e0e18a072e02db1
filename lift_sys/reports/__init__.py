"""Records to Markdown, HTML and charts."""

from __future__ import annotations

from pathlib import Path


def write_report(folder: Path, seconds: dict[str, float], command: str = "") -> None:
    """Write `report.md` and `report.html` beside a finished dataset.

    Args:
        seconds: wall time of each step of the run that ended it.
        command: the command that made it.
    """
    from lift_sys.reports.generation import write

    write(folder, seconds, command)


__all__ = ["write_report"]
