"""`lift-sys browse`: a dataset as a local web page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

    from lift_sys.reports.browse.catalogue import Catalogue


def browse(
    place: Annotated[
        Path, typer.Argument(metavar="DIR", help="A dataset's folder, a published folder, or a file of rows.")
    ],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where it listens; 0 takes a free one.")
    ] = 8765,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the web browser.")] = False,
    index: Annotated[
        Path | None, typer.Option("--index", help="The file that the search is kept in; beside the rows without it.")
    ] = None,
) -> None:
    """Search, filter and read the rows of a dataset in a web browser.

    The page is on this machine alone and nothing on it is run. Keys: / search, j and k next and previous, Enter open,
    Esc back, g and G first and last, ? all of them. The first start makes an index; Ctrl-C ends it.

    Example:  lift-sys browse build/demo --open

    Exit codes: 0 ended, 2 no such folder, a port in use or FastAPI missing, 5 rows are damaged.
    """
    from lift_sys.errors import ConfigError, to_install

    try:
        import uvicorn

        from lift_sys.reports.browse.app import make_app

        listener = _listen(port)
        catalogue = _opened(place, index)
        server = uvicorn.Server(uvicorn.Config(make_app(catalogue), log_level="warning", server_header=False))
    except ImportError as error:
        raise ConfigError(f"{error.name} is missing: {to_install('browse')}") from None
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    print(f"{address}  (Ctrl-C ends it)", flush=True)
    if open_:
        import webbrowser

        webbrowser.open(address)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _listen(port: int) -> socket.socket:
    """A socket on loopback, taken before the index is made, so that a port in use is told at once.

    Raises:
        ConfigError: the port can't be had.
    """
    import socket

    from lift_sys.errors import ConfigError

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise ConfigError(f"port {port}: {error.strerror}; choose another one with --port, or 0 for any") from None
    return listener


def _opened(place: Path, index: Path | None) -> Catalogue:
    from rich.console import Console
    from rich.progress import Progress

    from lift_sys.reports.browse.catalogue import open_catalogue

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Indexing", total=None)
        return open_catalogue(
            place, lambda done, total: progress.update(task, completed=done, total=total), index=index
        )
