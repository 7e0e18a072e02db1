"""`lift-sys verify`: judge a dataset again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def verify(
    folder: Annotated[Path, typer.Argument(help="A dataset folder written by `lift-sys generate`.")],
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Judge this many examples, spread evenly; 0 judges every one.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check a dataset offline: its hashes, and its examples judged again in fresh sandboxes.

    Example:  lift-sys verify build/demo --sample 50

    Exit codes: 0 every check holds, 1 a verdict flipped, 3 no sandbox, 5 a file is missing or was changed.
    """
    import asyncio
    import json

    from rich.console import Console as RichConsole

    from lift_sys.cli.console import Console
    from lift_sys.config import usable_cores
    from lift_sys.data_synthesis.verification import verify_dataset
    from lift_sys.executors.local import LocalExecutor
    from lift_sys.sandbox import open_sandbox

    open_sandbox().close()  # fail before any work is done, not in the middle
    with Console() as progress:
        executor = LocalExecutor(jobs or usable_cores())
        report = asyncio.run(verify_dataset(folder, executor, sample=sample, progress=progress))
    if as_json:
        print(json.dumps({"judged": report.judged, "flips": [list(flip) for flip in report.flips]}))
    else:
        console = RichConsole()
        console.print(f"{report.judged} examples judged again, {len(report.flips)} flips; every hash holds")
        for example, detail in report.flips:
            console.print(f"  {example[:12]}  {detail}", markup=False)
    if report.flips:
        raise typer.Exit(1)
