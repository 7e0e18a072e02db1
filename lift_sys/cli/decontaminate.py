"""`lift-sys decontaminate`: which rows of a dataset are problems of a benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lift_sys.cli.console import Console
    from lift_sys.data_synthesis.curation.benchmarks import Benchmark
    from lift_sys.data_synthesis.row_file import RowFile
    from lift_sys.executors import Executor

Found = list[tuple[int, str]]


def decontaminate(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder, or a file of examples.")],
    suite: Annotated[
        list[Path] | None,
        typer.Option("--suite", help="A benchmark as JSONL (docs/DECONTAMINATION.md); may be given several times."),
    ] = None,
    human_eval: Annotated[
        bool, typer.Option("--human-eval/--no-human-eval", help="Whether to look for HumanEval.")
    ] = True,
    behaviour: Annotated[
        bool, typer.Option("--behaviour/--no-behaviour", help="Whether to run the benchmarks' tests on the rows.")
    ] = True,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="The cache of `generate`, for rows that need packages; DIR/work.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Look for a benchmark's problems among the rows of a dataset, and say what matches and why.

    Example:  lift-sys decontaminate build/demo --suite tests/synthetic/suite_v1.jsonl

    Exit codes: 0 no row matches, 1 some do, 2 nothing to look for, 3 no sandbox or rows that could not be tried, 5 a
    file is missing or was changed.
    """
    import json

    from lift_sys.cli.console import Console
    from lift_sys.data_synthesis.curation.decontamination import load_benchmarks
    from lift_sys.data_synthesis.row_file import open_rows
    from lift_sys.errors import ConfigError
    from lift_sys.executors import make_executor
    from lift_sys.sandbox import open_sandbox

    if not human_eval and not suite:
        raise ConfigError("nothing to look for: leave out --no-human-eval, or name a --suite")
    rows = open_rows(place)
    with open_sandbox() as sandbox:
        benchmarks = load_benchmarks(sandbox, suite or [], human_eval=human_eval)
    cache = cache or (place / "work" if place.is_dir() else place.parent / "work")
    with Console() as progress:
        found = _static(rows, benchmarks, progress)
        failed: Found = []
        if behaviour:
            more, failed = _behaviour(rows, benchmarks, make_executor("local", jobs), cache, progress, dict(found))
            found = sorted(found + more)
    lines = list(_lines(rows, found))
    if as_json:
        print(json.dumps({"rows": len(rows.offsets), "matches": lines, "failed": list(_lines(rows, failed))}))
    else:
        problems = sum(len(benchmark.problems) for benchmark in benchmarks)
        for line in lines:
            print(f"{line['row'][:12]}  {line['source']}\n    {line['why']}")
        print(f"{len(found)} of {len(rows.offsets)} rows match one of {problems} problems")
        for line in _lines(rows, failed):
            print(f"not tried: {line['row'][:12]}  {line['source']}: {line['why']}")
    if failed:
        raise typer.Exit(3)
    if found:
        raise typer.Exit(1)


def _static(rows: RowFile, benchmarks: list[Benchmark], progress: Console) -> Found:
    from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination
    from lift_sys.data_synthesis.row_file import read_rows

    step = StaticDecontamination(benchmarks)
    progress.start("curate", len(rows.offsets))
    found = []
    for number, row in enumerate(read_rows(rows.path, rows.offsets)):
        if why := step.match(row):
            found.append((number, why))
        progress.advance("curate")
    return found


def _behaviour(
    rows: RowFile,
    benchmarks: list[Benchmark],
    executor: Executor,
    cache: Path,
    progress: Console,
    known: dict[int, str],
) -> tuple[Found, Found]:
    """Rows that match by what they do, of those that are not known; and rows that could not be tried."""
    import asyncio
    import tempfile

    from lift_sys.data_synthesis.assembly import RowTask, try_row
    from lift_sys.data_synthesis.curation.decontamination_behaviour import BehaviourTask, write_screen
    from lift_sys.data_synthesis.row_file import read_rows
    from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS

    todo = [number for number in range(len(rows.offsets)) if number not in known]
    progress.start("decontaminate", len(todo))
    found: Found = []
    failed: Found = []

    async def run(folder: Path) -> None:
        screen = write_screen(benchmarks, folder)
        wheels = str(cache / "sources" / WHEELS)
        examples = read_rows(rows.path, [rows.offsets[number] for number in todo])
        tasks = (RowTask(BehaviourTask.of(example, screen), wheels) for example in examples)
        async with executor:
            async for done in executor.map_unordered(try_row, tasks):
                if done.failure is not None:
                    failed.append((todo[done.index], str(done.failure)))
                elif done.result:
                    found.append((todo[done.index], done.result))
                progress.advance("decontaminate")

    with tempfile.TemporaryDirectory(prefix="lift-sys-") as folder:
        asyncio.run(run(Path(folder)))
    return found, sorted(failed)


def _lines(rows: RowFile, found: Found) -> Iterator[dict[str, str]]:
    from lift_sys.data_synthesis.row_file import read_rows

    for (_, why), row in zip(found, read_rows(rows.path, [rows.offsets[number] for number, _ in found]), strict=True):
        place = row.provenance
        source = f"{place.repository} {place.version} {place.path}:{place.first_line} {place.qualname}"
        yield {"row": row.id, "source": source, "why": why}
