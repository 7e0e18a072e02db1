"""`lift-sys forget`: takes every trace of a source out, and keeps it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from lift_sys.data_synthesis.forget_request import Report

SHOWN = 10


def forget(
    name: Annotated[str, typer.Argument(metavar="OWNER/REPO|PACKAGE", help="The source, in any spelling.")],
    out: Annotated[Path | None, typer.Option("--out", help="The dataset's folder.")] = None,
    lock: Annotated[
        Path | None, typer.Option("--lock", help="The lock; published files beside it are written anew.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache", help="The cache of `generate` (build/cache) or folder of `scrape`; OUT/work as well."
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the tombstone.")] = "",
    date: Annotated[
        str | None, typer.Option("--date", help="YYYY-MM-DD for the tombstone; today without it.")
    ] = None,
    with_copies: Annotated[
        bool, typer.Option("--with-copies", help="Take out near-duplicates in other projects as well.")
    ] = False,
    delete_stale: Annotated[
        bool, typer.Option("--delete-stale", help="Remove other files in OUT, such as exports of the old rows.")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Take a source out of a dataset, its lock and its caches, and leave a tombstone that keeps it out.

    The dataset is built anew from its checkpoint, without running code of any project again. A run that was stopped
    leaves the old dataset or the new one; give the same command again.

    Example:  lift-sys forget acme/things --out build/mine --lock my.lock.json --cache build/cache

    Exit codes: 0 done, 2 no such source or a wrong folder, 3 no sandbox, 5 the folder is in use or can't be rebuilt.
    """
    import dataclasses
    import json
    import time

    from rich.console import Console as RichConsole

    from lift_sys.cli.console import Console
    from lift_sys.data_synthesis.forget import Forgetting
    from lift_sys.data_synthesis.forget_request import Request
    from lift_sys.errors import ConfigError
    from lift_sys.executors import make_executor
    from lift_sys.reports import write_report

    if out is None and lock is None and cache is None:
        raise ConfigError("say where to forget it: --out DIR, --lock FILE or --cache DIR")
    started = time.monotonic()
    request = Request(name, _day(date), reason[:500], out, lock, cache, with_copies, delete_stale)
    with Console() as console:
        work = Forgetting(
            request,
            make_executor("local", jobs),
            lambda folder: write_report(folder, seconds={}, command="lift-sys forget", place=out),
            console,
        )
        report = work.run()
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps({**dataclasses.asdict(report), "seconds": round(seconds, 1)}))
    else:
        _tell(report, request.out, seconds, RichConsole(highlight=False))


def _day(given: str | None) -> str:
    import datetime

    from lift_sys.errors import ConfigError

    if given is None:
        return datetime.date.today().isoformat()
    try:
        return datetime.date.fromisoformat(given).isoformat()
    except ValueError:
        raise ConfigError(f"--date {given[:40]!r}: write YYYY-MM-DD") from None


def _tell(report: Report, out: Path | None, seconds: float, console: Console) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    say(f"{report.name} is forgotten ({', '.join(report.aliases)}), in {seconds:.1f} s")
    if out is not None:
        say(
            f"  dataset      {report.rows:,} rows, {report.rejects:,} rejects and {report.file_rejects:,} files of it"
        )
        say(f"               rows: {report.before:,} before, {report.after:,} now, {report.came_back:,} came back")
        say(f"  checkpoint   {report.results:,} results")
    for entry in report.lock_entries:
        say(f"  lock         {entry}")
    if report.removed:
        say(f"  removed      {len(report.removed):,} files and folders of the caches")
    for file, count in report.labels.items():
        say(f"  labels       {count:,} lines of {file}")
    if report.names:
        say(f"  names        {report.names:,} lines of sources.txt")
    for path in report.published:
        say(f"  published    {path}")
    for note in report.notes:
        say(f"  note         {note}")
    if report.copies:
        fate = "went with it" if report.copies_removed else "are still there; --with-copies takes them out"
        say(f"  {len(report.copies):,} near-duplicates in other projects {fate}:")
        for copy in report.copies[:SHOWN]:
            say(f"    {copy.repository}  {copy.qualname}{'' if copy.kept else '  (was rejected as a duplicate)'}")
        if len(report.copies) > SHOWN:
            say(f"    and {len(report.copies) - SHOWN:,} more: --json names them all")
    if report.stale:
        say("  Made from the old dataset, and not changed: make them anew or remove them (--delete-stale):")
        for path in report.stale:
            say(f"    {path}")
