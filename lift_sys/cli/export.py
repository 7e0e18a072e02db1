"""`lift-sys export`: a finished dataset in the form that another tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    place: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A dataset folder of `lift-sys generate`, or a published JSONL file."),
    ],
    form: Annotated[
        str,
        typer.Option("--format", "-f", help="hf, trl, llamafactory, verl, verifiers, harbor or swebench."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The export's folder: a new one, or an earlier export.")],
    splits: Annotated[
        str | None,
        typer.Option(
            "--splits",
            help="Shares of train, validation and test, as 90,5,5 or train=0.9,test=0.1. Rows of one project, and "
            "near-duplicates, stay on one side. Without it each format takes its own.",
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What files that name the dataset call it.")] = "lift-sys",
    pairs: Annotated[
        int, typer.Option("--pairs", min=1, help="Preference pairs of one example at most (trl, llamafactory).")
    ] = 3,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="The cache of `generate`, for rows that need packages (swebench); DIR/work."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a dataset for another tool: the same dataset and options give the same bytes.

    OUT appears when it is complete, with export.json in it. docs/EXPORTS.md says what each format holds and how its
    tool loads it.

    Example:  lift-sys export build/demo --format trl --out build/demo-trl

    Exit codes: 0 written, 2 no such format or setting, or a library is missing, 3 no sandbox (swebench), 4 a package
    that rows import is not in the cache (swebench), 5 the dataset is damaged or a folder
    can't be used.
    """
    import json

    from rich.console import Console as Terminal

    from lift_sys.cli.console import Console
    from lift_sys.data_synthesis.exports.registry import Options
    from lift_sys.data_synthesis.exports.registry import export as write
    from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS
    from lift_sys.records.splits import read_shares

    cache = cache or (place / "work" if place.is_dir() else None)
    wheels = cache / "sources" / WHEELS if cache else None
    shares = read_shares(splits) if splits is not None else None
    with Console() as progress:
        done = write(
            place,
            form,
            out,
            shares=shares,
            options=Options(name=name, pairs=pairs, wheels=wheels),
            started=lambda rows: progress.start("export", rows),
            advance=lambda: progress.advance("export"),
        )
        progress.finish("export")
    if as_json:
        print(json.dumps({"out": str(out), **done.marker}))
        return
    terminal = Terminal(highlight=False)
    for file, rows in done.marker["written"].items():
        terminal.print(f"{rows:>8,}  {out}/{file}", markup=False)
    rows = ", ".join(f"{split} {count:,}" for split, count in done.marker["rows"].items())
    terminal.print(f"Rows: {rows}; {done.marker['files']:,} files in {out}", markup=False)
    if done.empty:
        terminal.print(
            f"No rows for {', '.join(done.empty)}: splits are drawn by project, and there are few. Give --splits to "
            "change the shares.",
            style="yellow",
        )
