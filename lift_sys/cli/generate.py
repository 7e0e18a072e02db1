"""`lift-sys generate`: the main job."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lift_sys.config import PipelineConfig
    from lift_sys.data_synthesis.sources import Lock, Source

EPILOG = "Example:  lift-sys generate --lock demo/demo.lock.json --out build/demo"


def generate(
    lock: Annotated[
        Path | None, typer.Option("--lock", help="A lock file of sources, as `lift-sys scrape` writes it.")
    ] = None,
    local: Annotated[
        list[str] | None, typer.Option("--local", help="A local folder or git repository. Repeatable.")
    ] = None,
    git: Annotated[list[str] | None, typer.Option("--git", help="A git URL, as URL or URL@REF. Repeatable.")] = None,
    licence: Annotated[
        list[str] | None, typer.Option("--allow-licence", help="An SPDX id to accept besides the permissive ones.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The dataset's folder.")] = Path("build/dataset"),
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="Where sources go: OUT/work without it. `scrape` keeps them in build/cache."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what the cache already holds.")] = False,
    executor: Annotated[
        str, typer.Option("--executor", help="Where the work is done: local, ray, modal, or inline (this process).")
    ] = "local",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 takes every core.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Go on with an interrupted run, or forget its work first.")
    ] = True,
    record: Annotated[
        bool | None,
        typer.Option("--record/--no-record", help="Run the projects' own tests in the sandbox and record calls."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after this many functions of each source.")
    ] = None,
    suite: Annotated[
        list[Path] | None,
        typer.Option("--suite", help="A test suite that no row may give away (`lift-sys tests`). Repeatable."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of every choice of wording.")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Write repair tasks as well, from the killed mutants: OUT/repair.jsonl.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest's counts as JSON.")] = False,
) -> None:
    """Turn repositories into a dataset of execution-validated examples.

    Without a source, the installed standard library is used. A lock may hold the run's settings; options given here
    go before them. A run that was stopped goes on where it was when the same command is given again, and ends with
    the same bytes.

    Example:  lift-sys generate --lock demo/demo.lock.json --out build/demo

    Exit codes: 0 done, 2 bad settings, 3 no sandbox on this machine, 4 a source can't be had, 5 the folder can't be
    used, 130 stopped.
    """
    import asyncio
    import json
    import shutil

    from lift_sys.cli.console import Console, command_line
    from lift_sys.cli.scrape import check_licences, split_ref
    from lift_sys.config import usable_cores
    from lift_sys.data_synthesis.licences import Policy
    from lift_sys.data_synthesis.pipeline import Pipeline
    from lift_sys.data_synthesis.repair import write_repair_tasks
    from lift_sys.data_synthesis.sources import GitSource, Lock, StdlibSource, load_sources, local_source
    from lift_sys.errors import ConfigError, StorageError
    from lift_sys.executors import make_executor
    from lift_sys.reports import write_report
    from lift_sys.reports.run_facts import Run, keep_run
    from lift_sys.sandbox import open_sandbox
    from lift_sys.storage import FolderLock

    if out.exists() and not out.is_dir():  # fail before any work is done, not in the middle
        raise StorageError(f"{out} is a file: give a folder")
    open_sandbox().close()
    cache = cache or out / "work"
    if not resume:
        with FolderLock(out):
            shutil.rmtree(out / "work", ignore_errors=True)
    allow = check_licences(licence)
    policy = Policy(Policy().allowed | set(allow))
    pinned = Lock.load(lock) if lock else Lock()
    if lock and not pinned.sources:
        raise ConfigError(f"{lock} names no sources: `lift-sys scrape NAME --lock {lock}` puts some in")
    _check_versions(pinned)
    sources = [
        *(load_sources(lock, cache / "sources", offline=offline, allow=allow) if lock else []),
        *(local_source(Path(path), allow=allow) for path in local or []),
        *(GitSource(*split_ref(url), offline=offline, policy=policy) for url in git or []),
    ] or [StdlibSource()]
    _refuse_forgotten(lock, out, sources)
    config = _config(
        pinned,
        seed=seed,
        record_calls=record,
        max_functions=limit,
        allow_licences=tuple(allow) or None,
        suites=tuple(map(str, suite or ())) or None,
    )
    _check_suites(config.suites)
    unrecorded = frozenset(entry.name for entry in pinned.sources if not entry.record)
    with Console() as console:
        pipeline = Pipeline(config, out, cache, make_executor(executor, jobs), console, unrecorded, pinned.unsteady)
        manifest = asyncio.run(pipeline.run(sources))
    keep_run(out, Run(command_line(), str(out), pipeline.seconds, usable_cores()))
    write_report(out)
    tasks = write_repair_tasks(out)["tasks"] if repair else None
    if as_json:
        print(
            json.dumps({"out": str(out), **manifest["counts"]} | ({} if tasks is None else {"repair_tasks": tasks}))
        )
    else:
        _summary(out, manifest, pipeline.seconds)
        if tasks is not None:
            print(f"{out}/repair.jsonl      {tasks:,} repair tasks")


def _check_suites(names: Iterable[str]) -> None:
    """See before the work that each suite can be read: it is not needed before the end.

    Raises:
        ConfigError: there is no such file.
        StorageError: it is no suite, or was changed.
    """
    from lift_sys.data_synthesis.curation.benchmarks import load_suite
    from lift_sys.errors import ConfigError

    for name in names:
        if not Path(name).is_file():
            raise ConfigError(f"the suite {name} is not there: check --suite, and the lock's configuration")
        load_suite(Path(name))


def _refuse_forgotten(lock: Path | None, out: Path, sources: list[Source]) -> None:
    """The folder keeps the tombstones of the lock, and none of the sources may have one.

    Raises:
        SourceForgotten: a source was taken back.
    """
    from lift_sys.data_synthesis.sources.tombstones import Forgotten

    known = Forgotten.load(out)
    forgotten = known.joined(Forgotten.load(lock.parent).sources) if lock else known
    for source in sources:
        inner = getattr(source, "source", source)
        forgotten.check(inner.name, getattr(inner, "url", None), getattr(inner, "sha256", None))
    if forgotten != known:
        forgotten.save(out)


def _config(lock: Lock, **options: Any) -> PipelineConfig:
    """The lock's settings, and over them what was given on the command line.

    Raises:
        ConfigError: the lock holds a setting that there is not.
    """
    from pydantic import ValidationError

    from lift_sys.config import PipelineConfig
    from lift_sys.errors import ConfigError

    given = {name: value for name, value in options.items() if value is not None}
    try:
        return PipelineConfig.model_validate({**lock.configuration, **given})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"the lock's configuration: {where}: {first['msg']}") from None


def _check_versions(lock: Lock) -> None:
    """Refuse another Python than the lock's, and tell of tools whose other version may change bytes.

    Raises:
        ConfigError: the lock was made for another minor version of Python.
    """
    import platform
    import sys
    from importlib import metadata

    from lift_sys.errors import ConfigError

    running = ".".join(platform.python_version_tuple()[:2])
    if lock.python not in (None, running):
        raise ConfigError(
            f"the lock is for Python {lock.python} and this is {running}: its parser and library differ, so the rows "
            f"would, too; use python{lock.python}, or remove `python` from the lock"
        )
    for name, version in sorted(lock.tools.items()):
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            here = "not installed"
        if here != version:
            print(f"lift-sys: the lock was made with {name} {version}, here it is {here}: bytes may differ",
                  file=sys.stderr)  # fmt: skip


def _summary(out: Path, manifest: dict[str, object], seconds: dict[str, float]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    counts: dict[str, int] = manifest["counts"]  # type: ignore[assignment]
    reasons: dict[str, int] = manifest["rejected_by_reason"]  # type: ignore[assignment]
    console = Console()
    table = Table(title="Funnel", show_header=False, title_justify="left")
    for name in ("functions", "lifted", "with_tests"):
        table.add_row(name.replace("_", " "), f"{counts[name]:,}")
    table.add_row("[bold green]validated", f"[bold green]{counts['validated']:,}")
    table.add_row("[yellow]rejected", f"[yellow]{counts['rejected']:,}")
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        table.add_row(f"  {reason.replace('_', ' ')}", f"[dim]{count:,}")
    console.print(table)
    files: dict[str, int] = manifest["files_rejected_by_reason"]  # type: ignore[assignment]
    if files:
        listed = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in files.items())
        console.print(f"[yellow]Files not taken:[/] {listed}; {escape(str(out))}/file_rejects.jsonl names them")
    if not counts["functions"]:
        console.print("[yellow]No function was found in the sources.")
    total = sum(seconds.values())
    console.print(f"{total:.0f} s: " + ", ".join(f"{step} {value:.0f} s" for step, value in seconds.items()))
    console.print(
        f"\n{out}/examples.jsonl   the examples\n{out}/rejects.jsonl    every rejection, with its reason"
        f"\n{out}/manifest.json    sources, configuration and hashes"
        f"\n{out}/report.html      the report, with charts (report.md without)",
        highlight=False,
    )
