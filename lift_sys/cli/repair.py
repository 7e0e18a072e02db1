"""`lift-sys repair`: repair tasks from a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lift_sys.data_synthesis.repair_check import RepairCheck

SHOWN = 20


def repair(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder written by `lift-sys generate`.")],
    most: Annotated[int, typer.Option("--most", min=1, help="Tasks of one example at most.")] = 3,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; run the tasks that are there, bug and fix.")
    ] = False,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Check this many tasks, spread evenly; 0 checks every one.")
    ] = 0,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="The cache of `generate`, for tasks that need packages; DIR/work.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write DIR/repair.jsonl: buggy code, tests that fail, tests that pass, and the fix, from the killed mutants.

    Nothing is run to write them, and the same dataset gives the same bytes. `--check` runs them: each bug must fail
    exactly its failing tests, and each fix pass all.

    Example:  lift-sys repair build/demo && lift-sys repair build/demo --check --sample 200

    Exit codes: 0 done, 1 a task did not hold, 3 no sandbox, 5 the folder holds no finished dataset or no tasks.
    """
    import json

    from rich.console import Console

    from lift_sys.data_synthesis.repair import REPAIRS, write_repair_tasks
    from lift_sys.data_synthesis.row_file import open_rows

    console = Console(highlight=False)
    open_rows(folder)  # tasks are made of the rows that the manifest names
    if not check:
        counts = write_repair_tasks(folder, most=most)
        if as_json:
            print(json.dumps({"out": str(folder / REPAIRS), **counts}))
        else:
            console.print(
                f"{counts['tasks']:,} repair tasks from {counts['examples_with_tasks']:,} of {counts['examples']:,} "
                f"examples: {folder / REPAIRS}",
                markup=False,
            )
        return
    report = _checked(folder, sample, cache or folder / "work", jobs)
    if as_json:
        print(json.dumps({"checked": report.checked, "wrong": report.wrong, "errors": report.errors}))
    else:
        console.print(f"{report.checked:,} repair tasks run again, {len(report.wrong)} do not hold")
        for task, why in (*report.wrong, *report.errors)[:SHOWN]:
            console.print(f"  {task[:12]}  {why}", markup=False)
    if report.wrong:
        raise typer.Exit(1)
    if report.errors:
        raise typer.Exit(3)


def _checked(folder: Path, sample: int, cache: Path, jobs: int) -> RepairCheck:
    import asyncio

    from lift_sys.cli.console import Console
    from lift_sys.data_synthesis.repair_check import check_repairs
    from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS
    from lift_sys.executors import make_executor
    from lift_sys.sandbox import open_sandbox

    open_sandbox().close()  # fail before any work is done, not in the middle
    workers = make_executor("local", jobs)

    async def run() -> RepairCheck:
        async with workers:
            return await check_repairs(folder, workers, progress, sample=sample, wheels=cache / "sources" / WHEELS)

    with Console() as progress:
        return asyncio.run(run())
