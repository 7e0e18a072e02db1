"""`lift-sys scrape`: brings sources into a folder and pins them in a lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from lift_sys.data_synthesis.sources import LockEntry, Source


def scrape(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Projects of the package index, as NAME or NAME==VERSION."),
    ] = None,
    git: Annotated[list[str] | None, typer.Option("--git", help="A git URL, as URL or URL@REF. Repeatable.")] = None,
    local: Annotated[
        list[Path] | None, typer.Option("--local", help="A local folder or git repository. Repeatable.")
    ] = None,
    stdlib: Annotated[bool, typer.Option("--stdlib", help="The installed standard library.")] = False,
    lock: Annotated[
        Path | None, typer.Option("--lock", help="Read this lock, add the new sources to it, and write it back.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Where the sources go; `generate --cache DIR` looks in DIR/sources.")
    ] = Path("build/cache/sources"),
    licence: Annotated[
        list[str] | None, typer.Option("--allow-licence", help="An SPDX id to accept besides the permissive ones.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what the folder already holds.")] = False,
    with_wheels: Annotated[
        list[str] | None,
        typer.Option(
            "--with-wheels",
            metavar="NAME",
            help="Pin this project's wheel and those it needs, too, so that its functions can run beside it; all: "
            "every project of the package index. Repeatable.",
        ),
    ] = None,
    with_wheels_extra: Annotated[
        list[str] | None,
        typer.Option(
            "--with-wheels-extra",
            metavar="NAME",
            help="A further wheel that the tests of those projects import. Repeatable.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Sources fetched at a time.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a source.")] = False,
) -> None:
    """Fetch repositories safely and pin them in a lock.

    Source distributions are verified by hash and never built; git repositories are read without a work tree.
    Only regular Python files under a permissive licence are kept; everything else is listed with its reason.
    Repositories of GitHub are searched for with `lift-sys scrape github` (its own `--help`).

    Example:  lift-sys scrape more-itertools toolz==1.0.0 --lock my.lock.json --out build/cache/sources

    Exit codes: 0 all sources are there, 2 bad arguments, 4 a source can't be had, 5 the folder can't be used.
    """
    from lift_sys.data_synthesis.sources import checkout_all
    from lift_sys.data_synthesis.sources.lock import Lock, entry_of
    from lift_sys.errors import LiftError

    allowed = check_licences(licence)
    known = Lock.load(lock) if lock is not None and lock.exists() else Lock()
    _refuse_forgotten(names or [], git or [], lock)
    with _progress() as progress:
        task = progress.add_task("Asking the package index", total=None)
        wanted = known.merged([*_new_entries(names or [], git or [], local or [], stdlib, lock)]).sources
        _require_some(wanted)
        base = lock.parent if lock is not None else Path()
        sources = [entry.to_source(offline=offline, base=base, allow=allowed) for entry in wanted]
        progress.update(task, description="Fetching sources", total=len(sources))
        found = checkout_all(sources, out, jobs=jobs, on_done=lambda source, result: progress.advance(task))
    pairs = zip(wanted, found, strict=True)
    good = [entry_of(result, entry) for entry, result in pairs if not isinstance(result, LiftError)]
    good = _equip(good, with_wheels or [], with_wheels_extra or [], out, jobs)
    if lock is not None and good:
        known.merged(good).save(lock)
    _tell(sources, found, as_json=as_json, lock=lock, out=out)
    for result in found:
        if isinstance(result, LiftError):
            raise typer.Exit(result.exit_code)


def _refuse_forgotten(names: list[str], git: list[str], lock: Path | None) -> None:
    """Raises:
    SourceForgotten: the folder of the lock says that a source was taken back.
    """
    from lift_sys.data_synthesis.sources.git import GitSource
    from lift_sys.data_synthesis.sources.tombstones import Forgotten

    forgotten = Forgotten.load(lock.parent) if lock is not None else Forgotten()
    for name in names:
        forgotten.check(name.partition("==")[0].strip())
    for given in git:
        url, ref = split_ref(given)
        forgotten.check(GitSource(url, ref).name, url)


def _equip(entries: list[LockEntry], names: list[str], extra: list[str], out: Path, jobs: int) -> list[LockEntry]:
    """The entries, those that were named with their wheels."""
    from concurrent.futures import ThreadPoolExecutor

    from rich.console import Console

    from lift_sys.data_synthesis.sources.equip import check_names, equip

    check_names(entries, names)
    console, done = Console(stderr=True), {(entry.kind, entry.name): entry for entry in entries}
    wanted = [entry for entry in entries if entry.name in names or ("all" in names and entry.kind == "sdist")]
    with ThreadPoolExecutor(jobs) as pool:
        for entry, left_out in pool.map(lambda entry: equip(entry, extra, out), wanted):
            done[entry.kind, entry.name] = entry
            count = len(entry.requirements) + len(entry.test_requirements)
            lines = [f"{entry.name}: {count} wheels pinned", *(f"  left out: {line}" for line in left_out)]
            console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    return list(done.values())


class ScrapeCommand(TyperCommand):
    """`scrape NAME...`, unless the first argument is `github`: then the command of that name with the rest.

    A project of the package index that is called github can still be had as `github==VERSION`.
    """

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        if args[:1] != ["github"]:
            return super().make_context(info_name, args, parent, **extra)
        from lift_sys.cli.scrape_github import github

        app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
        app.command(context_settings={"help_option_names": ["-h", "--help"]})(github)
        return typer.main.get_command(app).make_context(f"{info_name} github", args[1:], parent, **extra)


def _new_entries(
    names: list[str], git: list[str], local: list[Path], stdlib: bool, lock: Path | None
) -> list[LockEntry]:
    from lift_sys.data_synthesis.sources import LockEntry, make_lock
    from lift_sys.data_synthesis.sources.git import GitSource
    from lift_sys.data_synthesis.sources.lock import INSTALLED
    from lift_sys.errors import ConfigError

    entries = list(make_lock(names).sources)
    for given in git:
        url, ref = split_ref(given)
        entries.append(LockEntry(kind="git", name=GitSource(url, ref).name, version=ref or "HEAD", url=url))
    for folder in local:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder")
        entries.append(_local_entry(folder, lock))
    if stdlib:
        entries.append(LockEntry(kind="stdlib", name="cpython-stdlib", version=INSTALLED))
    return entries


def _local_entry(folder: Path, lock: Path | None) -> LockEntry:
    import os

    from lift_sys.data_synthesis.sources import LockEntry
    from lift_sys.data_synthesis.sources.git import is_git_folder

    # Relative to the lock, so that a lock kept beside the code works on another machine.
    place = os.path.relpath(folder.resolve(), (lock.parent if lock is not None else Path()).resolve())
    name = folder.resolve().name or "local"
    if is_git_folder(folder):
        return LockEntry(kind="git", name=name, version="HEAD", url=place)
    return LockEntry(kind="local", name=name, version="", url=place)


def split_ref(given: str) -> tuple[str, str | None]:
    """`https://host/name@v1` -> the URL and `v1`; an @ before the path belongs to the URL."""
    scheme, separator, rest = given.partition("://")
    host, slash, path = rest.partition("/")
    url, at, ref = path.rpartition("@")
    if separator and slash and at and ref:
        return f"{scheme}://{host}/{url}", ref
    return given, None


def check_licences(given: list[str] | None, option: str = "--allow-licence") -> list[str]:
    """The ids given with `option`, each one that SPDX knows."""
    from lift_sys.data_synthesis.licences import normalise
    from lift_sys.errors import ConfigError

    for name in given or []:
        if normalise(name) is None:
            raise ConfigError(f"{option} {name}: no SPDX id; the list is at https://spdx.org/licenses")
    return given or []


def _require_some(wanted: object) -> None:
    from lift_sys.errors import ConfigError

    if not wanted:
        raise ConfigError("name at least one source: NAME, --git, --local, --stdlib, or a --lock that holds some")


def _progress() -> Any:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)


def _tell(sources: list[Source], found: list[Any], *, as_json: bool, lock: Path | None, out: Path) -> None:
    import json

    rows = [_row(source, result) for source, result in zip(sources, found, strict=True)]
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("source", "version", "files", "licence", "not taken", box=None, header_style="bold")
    for row in rows:
        if "error" in row:
            table.add_row(f"[red]{escape(row['name'])}", "", "", "", escape(row["error"]))
        else:
            version = row["version"] if len(row["version"]) < 20 else row["version"][:12]
            left_out = ", ".join(f"{count} {reason}" for reason, count in row["rejections"].items())
            cells = [row["name"], version, str(row["files"]), row["licence"], left_out or "-"]
            table.add_row(*map(escape, cells))
    console = Console()
    console.print(table)
    if lock is not None:
        cache = f" --cache {out.parent}" if out.name == "sources" else ""
        text = f"\n{lock}  pins them: lift-sys generate --lock {lock}{cache} --out build/mine"
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def _row(source: Source, result: Any) -> dict[str, Any]:
    from collections import Counter

    if isinstance(result, Exception):
        return {"name": source.name, "error": str(result)}
    repository = result.repository
    reasons = Counter(rejection.reason.value for rejection in result.rejections)
    return {
        "name": repository.name,
        "kind": repository.kind,
        "version": repository.version,
        "id": repository.id,
        "files": len(result.files),
        "licence": repository.licence.spdx,
        "licence_sha256": repository.licence.text_sha256,
        "evidence": repository.licence.evidence,
        "folder": str(result.folder),
        "rejections": dict(sorted(reasons.items())),
        "details": [rejection.detail for rejection in result.rejections][:5],
    }
