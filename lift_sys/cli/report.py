"""`lift-sys report`: the report of a finished dataset, or the page of a training run, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A dataset that `generate` wrote, or a run of `train`.")
    ],
) -> None:
    """Write DIR/report.md and DIR/report.html again from a dataset's files, or DIR/dashboard.html from a run's.

    Nothing is run. A dataset's command, time and cost are those that `generate` left in DIR/work, flips those that
    `verify` left there; what is not there is said to be not measured. A run may still be going, here or elsewhere.

    Example:  lift-sys verify build/demo --runs 10 && lift-sys report build/demo

    Exit codes: 0 written, 5 the folder holds no finished dataset and no run, or can't be written.
    """
    from lift_sys.data_synthesis.row_file import open_rows
    from lift_sys.reports import training, write_report
    from lift_sys.training.runs import FACTS

    if (folder / FACTS).is_file():
        training.write(folder)
        print(folder / training.NAME)
        return
    open_rows(folder)  # a report of files that were changed would be none
    write_report(folder)
    print(f"{folder}/report.md\n{folder}/report.html")
