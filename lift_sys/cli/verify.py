"""`lift-sys verify`: judge a dataset again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lift_sys.data_synthesis.verification import VerificationReport

SHOWN = 20


def verify(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A dataset folder, or a file of examples with its manifest.json beside it."
        ),
    ],
    sample: Annotated[
        int,
        typer.Option(
            "--sample", min=0, help="Judge this many examples and repair tasks, spread evenly; 0 judges all."
        ),
    ] = 0,
    runs: Annotated[int, typer.Option("--runs", min=1, help="How often each is judged, in another environment.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Seed from which the environments are drawn.")] = 0,
    max_flips: Annotated[
        float, typer.Option("--max-flips", min=0, max=1, help="Largest share of the rows that may flip.")
    ] = 0.001,
    executor: Annotated[
        str, typer.Option("--executor", help="Where the work is done: local, ray or modal.")
    ] = "local",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a verification that was stopped.")] = False,
    state: Annotated[
        Path | None, typer.Option("--state", help="Where finished work is kept; by default in build/verify.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="The cache of `generate`, for rows that need packages; DIR/work.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check a dataset offline: its hashes, and its examples judged again in environments they have not met.

    Every run has a hash seed, time zone, locale, clock, random seed and order of calls of its own. A row flips when
    any run of it does not come out as expected. Where DIR has repair tasks, they are run as well: each bug must fail
    exactly its failing tests, and each fix pass all. What was found is kept in DIR/work, and `lift-sys report DIR`
    tells it.

    Example:  lift-sys verify build/demo --sample 50 --runs 3

    Exit codes: 0 every check holds, 1 more rows flipped than may or a repair task does not hold, 2 bad settings,
    3 no sandbox or rows or tasks that could not be judged, 5 a file is missing or was changed.
    """
    import asyncio
    import hashlib
    import json

    from lift_sys.cli.console import Console
    from lift_sys.data_synthesis.sources.wheels import FOLDER as WHEELS
    from lift_sys.data_synthesis.verification import verify_dataset
    from lift_sys.executors import make_executor
    from lift_sys.sandbox import open_sandbox

    workers = make_executor(executor, jobs)
    open_sandbox().close()  # fail before any work is done, not in the middle
    cache = cache or (place / "work" if place.is_dir() else None)
    name = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:16]
    state = state or Path("build") / "verify" / f"{name}.sqlite"
    if not resume:
        for suffix in ("", "-wal", "-shm"):
            state.with_name(state.name + suffix).unlink(missing_ok=True)

    async def run() -> VerificationReport:
        async with workers:
            return await verify_dataset(
                place,
                workers,
                progress,
                sample=sample,
                runs=runs,
                seed=seed,
                wheels=cache / "sources" / WHEELS if cache else None,
                state=state,
            )

    with Console() as progress:
        report = asyncio.run(run())
    if place.is_dir():
        _keep(place, report)
    if as_json:
        print(json.dumps(_as_json(report, max_flips)))
    else:
        _tell(report, max_flips)
    repairs = report.repairs
    if report.flip_rate > max_flips or (repairs and repairs.wrong):
        raise typer.Exit(1)
    if report.errors or (repairs and repairs.errors):
        raise typer.Exit(3)


def _keep(folder: Path, report: VerificationReport) -> None:
    """Leave the result for `lift-sys report`. A folder that can't be written is verified all the same."""
    import sys

    from lift_sys.errors import StorageError
    from lift_sys.reports.verifications import keep_verification

    try:
        keep_verification(folder, report)
    except StorageError as error:
        print(f"lift-sys: the result is not kept for the report: {error}", file=sys.stderr)


def _as_json(report: VerificationReport, max_flips: float) -> dict[str, Any]:
    repairs = report.repairs
    return {
        "judged": report.judged,
        "runs": report.runs,
        "flips": [list(flip) for flip in report.flips],
        "flipped": report.flipped,
        "flip_rate": report.flip_rate,
        "holds": report.flip_rate <= max_flips
        and not report.errors
        and not (repairs and (repairs.wrong or repairs.errors)),
        "errors": [list(error) for error in report.errors],
        "calls": report.calls,
        "executions": report.executions,
        "executions_a_second": round(report.executions_a_second, 1),
        "seconds": round(report.seconds, 1),
        "resumed": report.resumed,
        "environments": list(report.environments),
        "manifest": report.named,
        "repairs": None if repairs is None else dataclasses.asdict(repairs),
    }


def _tell(report: VerificationReport, max_flips: float) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if not report.judged:
        console.print("There are no rows to judge.")
    hashes = "every hash holds" if report.named else "no manifest names them, so only their own ids were checked"
    console.print(f"{report.judged:,} examples judged again {report.runs} times; {hashes}")
    if report.resumed:
        console.print(f"{report.resumed:,} of these runs were done before")
    console.print(
        f"{report.calls:,} calls; {report.executions:,} isolated executions in {report.seconds:.1f} s, "
        f"{report.executions_a_second:,.0f} a second"
    )
    verdict = "holds" if report.flip_rate <= max_flips else "fails"
    console.print(
        f"{len(report.flips)} flips in {report.flipped} rows: {report.flip_rate:.3%} of the rows, "
        f"at most {max_flips:.1%} may: {verdict}"
    )
    listed = [("flips", report.flips), ("could not be judged", report.errors)]
    if report.repairs is not None:
        repairs = report.repairs
        console.print(f"{repairs.checked:,} repair tasks run again, {len(repairs.wrong)} do not hold")
        listed += [
            ("repair tasks that do not hold", repairs.wrong),
            ("repair tasks that could not be judged", repairs.errors),
        ]
    for title, pairs in listed:
        if pairs:
            console.print(f"{title}:")
        for row, detail in pairs[:SHOWN]:
            console.print(f"  {row[:12]}  {detail}", markup=False)
        if len(pairs) > SHOWN:
            console.print(f"  and {len(pairs) - SHOWN} more (--json lists all)")
