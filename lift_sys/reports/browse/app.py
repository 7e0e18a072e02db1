"""The server: pages made here, without a line of script needed to read them.

Guarantees: it listens on loopback; a request whose Host header names anything else is refused, so that a web page
can't reach it under a name of its own (DNS rebinding); only GET and HEAD are answered, and nothing is written; the
Content-Security-Policy allows this server's own style sheets and script file, and nothing inline or foreign.
Gap: another user of this machine can read the page.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lift_sys.errors import StorageError
from lift_sys.reports.browse import show
from lift_sys.reports.browse.catalogue import Catalogue
from lift_sys.reports.browse.query import PAGE, SORTS, Query, choices, neighbours, search

if TYPE_CHECKING:
    from fastapi import FastAPI

HERE = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ALIKE = 50
"""Members of a cluster that are listed."""


def make_app(catalogue: Catalogue) -> FastAPI:
    """The pages of one dataset."""
    from fastapi import FastAPI, Request
    from fastapi.responses import HTMLResponse, PlainTextResponse, Response
    from fastapi.staticfiles import StaticFiles

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    render = _templates(catalogue)
    with closing(catalogue.connect()) as database:
        offered = choices(database)
        reasons = database.execute("SELECT reason, count(*) FROM rejects GROUP BY reason ORDER BY 2 DESC").fetchall()
        total = database.execute("SELECT count(*) FROM rows").fetchone()[0]
    colours = show.colours()

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        host = request.headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in LOOPBACK:
            return PlainTextResponse("This page answers on loopback alone.\n", 421, HEADERS)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("This page can only be read.\n", 405, HEADERS)
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(
            render(name, all_rows=total, all_rejects=sum(row[1] for row in reasons), **values), status
        )

    def listing(request: Request) -> Response:
        query = Query.read(request.query_params)
        with closing(catalogue.connect()) as database:
            found = search(database, query)
        return page("list.html.jinja", query=query, found=found, offered=offered, sorts=SORTS, here="rows")

    def row(request: Request) -> Response:
        identity = request.path_params["identity"]
        query = Query.read(request.query_params)
        with closing(catalogue.connect()) as database:
            facts = _row(database, identity)
            if facts is None:
                return page("missing.html.jinja", 404, query=query, what="row", here="rows")
            before, after, place, of = neighbours(database, query, facts["number"])
            alike = database.execute(
                "SELECT * FROM rows WHERE cluster = ? AND cluster != '' AND number != ? ORDER BY number LIMIT ?",
                (facts["cluster"], facts["number"], ALIKE),
            ).fetchall()
        example = catalogue.example(facts["start"])
        back = query.address(page=max(1, -(-place // PAGE)))
        return page(
            "row.html.jinja", query=query, row=facts, example=example, before=before, after=after, place=place, of=of,
            alike=alike, back=back, show=show, here="rows",
        )  # fmt: skip

    def rejects(request: Request) -> Response:
        query = Query.read(request.query_params)
        reason = request.query_params.get("reason", "")
        with closing(catalogue.connect()) as database:
            found, count = _rejects(database, reason, query)
        pages = max(1, -(-count // PAGE))
        return page(
            "rejects.html.jinja", query=query, found=found, count=count, pages=pages, reasons=reasons, reason=reason,
            here="rejects",
        )  # fmt: skip

    def colour_sheet(request: Request) -> Response:
        return Response(colours, media_type="text/css")

    # Plain routes: FastAPI reads the parameters of others from annotations, which it can't resolve in here.
    for path, view in (
        ("/", listing),
        ("/row/{identity}", row),
        ("/rejects", rejects),
        ("/static/colours.css", colour_sheet),
    ):
        app.add_route(path, view)
    app.mount("/static", StaticFiles(directory=HERE / "static"))

    @app.exception_handler(404)
    def missing(request: Request, error: Exception) -> Response:
        return page("missing.html.jinja", 404, query=Query(), what="page", here="")

    @app.exception_handler(StorageError)
    def changed(request: Request, error: Exception) -> Response:
        return page("missing.html.jinja", 409, query=Query(), what="row any more", why=str(error), here="")

    @app.exception_handler(500)
    def broken(request: Request, error: Exception) -> Response:
        why = f"It can't be shown ({type(error).__name__}); the terminal says more."
        answer = page("missing.html.jinja", 500, query=Query(), what="page", why=why, here="")
        answer.headers.update(HEADERS)
        return answer

    return app


def _row(database: sqlite3.Connection, identity: str) -> sqlite3.Row | None:
    """A row by its id or the beginning of it."""
    if not 6 <= len(identity) <= 64 or not identity.isalnum():
        return None
    found: sqlite3.Row | None = database.execute(
        "SELECT * FROM rows WHERE id >= ? AND id < ? LIMIT 1", (identity, identity + "g")
    ).fetchone()
    return found


def _rejects(database: sqlite3.Connection, reason: str, query: Query) -> tuple[list[sqlite3.Row], int]:
    words = query.text.split()
    like = "(project || ' ' || path || ' ' || qualname || ' ' || detail) LIKE ? ESCAPE '~'"
    where = " AND ".join(["(? = '' OR reason = ?)", *[like] * len(words)])
    for char in "~%_":
        words = [word.replace(char, f"~{char}") for word in words]
    values: list[Any] = [reason, reason, *(f"%{word}%" for word in words)]
    count = database.execute(f"SELECT count(*) FROM rejects WHERE {where}", values).fetchone()[0]
    first = (query.page - 1) * PAGE
    found = database.execute(
        f"SELECT * FROM rejects WHERE {where} ORDER BY number LIMIT ? OFFSET ?", [*values, PAGE, first]
    ).fetchall()
    return found, count


def _templates(catalogue: Catalogue) -> Callable[..., str]:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def seen(value: Any) -> Any:
        return show.visible(value) if type(value) is str else value

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=seen,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["code"] = lambda text: Markup(show.highlighted(text))  # Pygments escapes every token
    environment.globals["title"] = catalogue.title

    def render(name: str, **values: Any) -> str:
        return environment.get_template(name).render(**values)

    return render
