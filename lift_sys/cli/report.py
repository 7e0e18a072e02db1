"""`lift-sys report`: the report of a finished dataset, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder written by `lift-sys generate`.")],
) -> None:
    """Write DIR/report.md and DIR/report.html again from the dataset's files.

    Nothing is run. Command, time and cost are those that `generate` left in DIR/work, flips those that `verify` left
    there; what is not there is said to be not measured.

    Example:  lift-sys verify build/demo --runs 10 && lift-sys report build/demo

    Exit codes: 0 written, 5 the folder holds no finished dataset or can't be written.
    """
    from lift_sys.data_synthesis.row_file import open_rows
    from lift_sys.reports import write_report

    open_rows(folder)  # a report of files that were changed would be none
    write_report(folder)
    print(f"{folder}/report.md\n{folder}/report.html")
