"""`lift-sys scrape github`: searches GitHub, selects repositories, and pins them in a lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lift_sys.data_synthesis.github_scraper import Decision, Query, Selection, Settings

_SEARCH = "What to search for"
_HOW = "How"


def github(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="OWNER/NAME", help="Take these instead of searching.", show_default=False),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, help="How many to take.", rich_help_panel=_SEARCH)
    ] = 50,
    language: Annotated[
        str, typer.Option("--language", metavar="NAME", help="Main programming language.", rich_help_panel=_SEARCH)
    ] = "Python",
    stars: Annotated[
        str, typer.Option("--stars", metavar="MIN..MAX", help="MIN.. for no upper end.", rich_help_panel=_SEARCH)
    ] = "50..",
    licence: Annotated[
        list[str] | None,
        typer.Option(
            "--licence",
            metavar="SPDX",
            help="Allowed licence. Repeatable; without it the usual permissive ones.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    pushed_since: Annotated[
        str | None,
        typer.Option("--pushed-since", metavar="DAY", help="Active since YYYY-MM-DD.", rich_help_panel=_SEARCH),
    ] = None,
    created: Annotated[
        str,
        typer.Option(
            "--created",
            metavar="DAY..DAY",
            help="Created between two days; DAY.. ends on the day of the first run.",
            rich_help_panel=_SEARCH,
        ),
    ] = "2008-01-01..",
    size: Annotated[
        str,
        typer.Option("--size", metavar="MIN..MAX", help="KiB, history included.", rich_help_panel=_SEARCH),
    ] = "1..100000",
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            metavar="TOPIC",
            help="It must carry this topic. Repeatable: all of them.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    tests: Annotated[
        bool,
        typer.Option("--tests/--no-tests", help="Whether its tree must hold test files.", rich_help_panel=_SEARCH),
    ] = True,
    order: Annotated[
        str,
        typer.Option(
            "--order",
            metavar="stars|spread",
            help="stars: most starred first; spread: by a seeded hash.",
            rich_help_panel=_SEARCH,
        ),
    ] = "stars",
    seed: Annotated[int, typer.Option("--seed", help="For --order spread.", rich_help_panel=_SEARCH)] = 0,
    lock: Annotated[
        Path | None,
        typer.Option("--lock", help="Add the selection to this lock file.", rich_help_panel=_HOW),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Where the sources and the search are kept.", rich_help_panel=_HOW)
    ] = Path("build/cache/sources"),
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Forget what this search found before.", rich_help_panel=_HOW)
    ] = False,
    max_wait: Annotated[
        float,
        typer.Option("--max-wait", min=0, help="Longest wait for a rate limit, in seconds.", rich_help_panel=_HOW),
    ] = 3700.0,
    skip_unreachable: Annotated[
        bool,
        typer.Option(
            "--skip-unreachable", help="Go on without a repository that can't be fetched.", rich_help_panel=_HOW
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=16, help="Repositories fetched at a time.", rich_help_panel=_HOW)
    ] = 4,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a repository looked at.", rich_help_panel=_HOW)
    ] = False,
) -> None:
    """Search GitHub, fetch what fits safely, and pin it in a lock.

    Only public repositories that are neither forks nor archived are taken, and only where the licence texts agree
    with the licence GitHub names. A run that was stopped goes on where it was. The lock is all a later run needs.

    Without a token GitHub allows 60 requests an hour; set GITHUB_TOKEN for 5,000. No permission is needed for it.

    Examples:  lift-sys scrape github --stars 500.. --topic parsing -n 20 --lock my.lock.json

    lift-sys scrape github pallets/click psf/requests --lock my.lock.json

    Exit codes: 0 done, 2 bad arguments, 4 GitHub can't be asked now (run it again), 5 the folder can't be used.
    """
    import os
    from dataclasses import replace

    from lift_sys.data_synthesis.github_scraper import Settings, scrape_github
    from lift_sys.data_synthesis.sources.lock import Lock
    from lift_sys.data_synthesis.sources.tombstones import Forgotten

    query = _query(
        names=tuple(names or ()),
        language=language,
        stars=_numbers(stars, "--stars"),
        size_kib=_numbers(size, "--size"),
        licences=_licences(licence),
        pushed_since=pushed_since,
        created=_days(created),
        topics=tuple(topic or ()),
        tests=tests,
        order=order,
        seed=seed,
    )
    known = Lock.load(lock) if lock is not None and lock.exists() else Lock()
    settings = replace(
        Settings.from_environment(os.environ),
        jobs=jobs,
        longest_wait=max_wait,
        skip_unreachable=skip_unreachable,
        forgotten=Forgotten.load(lock.parent) if lock is not None else Forgotten(),
    )
    with _Shown(settings) as shown:
        selection = scrape_github(query, count, out, settings=settings, refresh=refresh, listener=shown)
    if lock is not None and selection.entries:
        known.merged(selection.entries).save(lock)
    _tell(selection, count, lock, as_json=as_json)


def _query(**fields: Any) -> Query:
    from pydantic import ValidationError

    from lift_sys.data_synthesis.github_scraper import Query
    from lift_sys.errors import ConfigError

    try:
        return Query(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        option = {"size_kib": "size", "licences": "licence", "topics": "topic"}
        name = str(first["loc"][0]) if first["loc"] else "created"
        where = "" if name == "names" else f"--{option.get(name, name).replace('_', '-')}: "
        raise ConfigError(f"{where}{first['msg'].removeprefix('Value error, ')}") from None


def _numbers(text: str, option: str) -> tuple[int, int | None]:
    from lift_sys.errors import ConfigError

    first, dots, last = text.partition("..")
    if not dots or not first.isdecimal() or not (last == "" or last.isdecimal()) or len(text) > 40:
        raise ConfigError(f"{option} {text[:40]!r}: write MIN..MAX, or MIN.. for no upper end")
    return int(first), int(last) if last else None


def _days(text: str) -> tuple[str, str | None]:
    first, dots, last = text.partition("..")
    return first, (last or None) if dots else first


def _licences(given: list[str] | None) -> tuple[str, ...]:
    from lift_sys.cli.scrape import check_licences
    from lift_sys.data_synthesis.github.query import LICENCES

    return tuple(check_licences(given, "--licence")) or LICENCES


class _Shown:
    """The progress of a scrape on standard error: one live line on a terminal, plain lines elsewhere."""

    def __init__(self, settings: Settings) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("Asking GitHub") if self._console.is_terminal else None
        self._looked = 0
        self._has_token = settings.token is not None

    def __enter__(self) -> _Shown:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *ended: object) -> None:
        if self._status is not None:
            self._status.stop()

    def searching(self, parts: int, found: int) -> None:
        self._say(f"Searching GitHub: {found:,} repositories in {parts} searches", every=25, at=parts)

    def selecting(self, decision: Decision | None, taken: int, wanted: int) -> None:
        self._looked += decision is not None
        self._say(f"Selecting: {taken} of {wanted} taken, {self._looked} looked at", every=25, at=self._looked)

    def waiting(self, message: str) -> None:
        hint = "" if self._has_token or "limit" not in message else " (GITHUB_TOKEN would raise the limit)"
        self._console.print(f"{message}{hint}", markup=False)

    def _say(self, text: str, *, every: int, at: int) -> None:
        if self._status is not None:
            self._status.update(text)
        elif at % every == 0:
            self._console.print(text, markup=False)


def _tell(selection: Selection, count: int, lock: Path | None, *, as_json: bool) -> None:
    import json

    from rich.console import Console
    from rich.table import Table

    if as_json:
        for decision in selection.decisions:
            print(json.dumps(decision.model_dump(mode="json", exclude_defaults=True)))
        return
    entries = selection.entries
    table = Table("repository", "commit", "licence", "", box=None, header_style="bold")
    details = {decision.name: decision.detail for decision in selection.decisions}
    for entry in entries:
        table.add_row(
            entry.name, entry.version[:12], entry.licence.spdx if entry.licence else "-", details.get(entry.name, "")
        )
    console = Console(highlight=False)
    if entries:
        console.print(table)
    looked = len(selection.decisions)
    refused = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in selection.counts.items())
    console.print(
        f"\n{len(entries)} taken of {looked} looked at ({refused or 'none'}); {selection.found:,} found", markup=False
    )
    _tell_refused(console, selection, by_name=bool(selection.query.names))
    for note in selection.notes:
        console.print(f"note: {note}", markup=False)
    if not selection.query.names and len(entries) < count:
        console.print("Fewer fit than were asked for: widen the search.", markup=False)
    if lock is not None and entries:
        console.print(f"{lock}  pins them: lift-sys generate --lock {lock}", markup=False)
    elif entries:
        console.print("Nothing was pinned: give --lock FILE to keep the selection.", markup=False)


def _tell_refused(console: Any, selection: Selection, *, by_name: bool) -> None:
    """Why each repository that was asked for by name was not taken; after a search the counts say enough."""
    for decision in selection.decisions if by_name else ():
        if decision.entry is None:
            console.print(
                f"{decision.asked}: {decision.outcome.value.replace('_', ' ')}: {decision.detail}", markup=False
            )
