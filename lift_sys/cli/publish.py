"""`lift-sys publish`: a finished dataset as files to hand on, held against its committed manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def publish(
    folder: Annotated[Path, typer.Argument(help="A dataset folder written by `lift-sys generate`.")],
    to: Annotated[Path, typer.Option("--to", help="Where the files go.")] = Path("training_data"),
    name: Annotated[str, typer.Option("--name", help="What the files are called.")] = "synthetic_v1",
    accept: Annotated[bool, typer.Option("--accept", help="Replace a manifest that says something else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write NAME.jsonl, NAME.parquet, the reports and manifest.json.

    Where a manifest is there already, the rebuilt dataset is held against it: it must be the same, byte for byte.

    Example:  lift-sys publish build/synthetic_v1 --to training_data --name synthetic_v1

    Exit codes: 0 written (and the same as before), 1 not what the manifest says, 5 a folder can't be used.
    """
    import json
    import shutil

    from rich.console import Console

    from lift_sys.data_synthesis.publication import publish as write

    done = write(folder, to, name, accept=accept)
    for report in ("generation_report.md", "generation_report.html") if accept or not done.differences else ():
        source = folder / f"report{Path(report).suffix}"
        if source.is_file():
            shutil.copyfile(source, to / report)
    rows = len(done.manifest["rows"])
    if as_json:
        print(
            json.dumps(
                {"rows": rows, "files": done.manifest["files"], "differences": done.differences, "notes": done.notes}
            )
        )
    else:
        console = Console(highlight=False)
        console.print(f"{rows:,} rows in {to}/{name}.jsonl and {to}/{name}.parquet")
        for file, digest in done.manifest["files"].items():
            console.print(f"  sha256 {digest}  {file}")
        if done.differences is None:
            console.print(f"{to}/manifest.json is new: commit it, and every rebuild is held against it")
        elif not done.differences:
            console.print(f"[green]The same dataset as {to}/manifest.json names, byte for byte")
        else:
            left = "" if accept else "; nothing there was changed"
            console.print(f"[red]Not what {to}/manifest.json names{left}:")
        for line in (*(done.differences or ()), *done.notes):
            console.print(f"  {line}", markup=False)
    if done.differences and not accept:
        raise typer.Exit(1)
