"""The `lift-sys` command: one module a subcommand, each of which loads what it needs when it runs."""

from __future__ import annotations

import sys
from typing import NoReturn

FAULT = 70
"""Exit code of an error that nobody raised on purpose; `EX_SOFTWARE` of sysexits.h."""

PIPE = 141
"""Exit code where the reader of our output left: 128 and the number of SIGPIPE, as a shell tells it."""


def main() -> NoReturn:
    """Entry point: an error that was raised on purpose becomes one line and its exit code.

    So does an error of the operating system that no step turned into one of ours, such as a full disk. Anything else
    is a fault of ours: it ends with a code of its own, lest a script take it for a check that failed.
    """
    from lift_sys.cli.app import app
    from lift_sys.errors import LiftError, StorageError

    try:
        app()
    except LiftError as error:
        print(f"lift-sys: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        _forget_output()
        place = f"{error.filename}: " if error.filename is not None else ""
        print(f"lift-sys: {place}{error.strerror or error}", file=sys.stderr)
        sys.exit(StorageError.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        # Typer turns an interrupt into an exit of its own, without a word, and a reader that left into code 1.
        if isinstance(end, SystemExit) and end.code != 130:
            if isinstance(end.__context__, BrokenPipeError):
                _forget_output()
                sys.exit(PIPE)
            raise
        print("lift-sys: stopped; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
    except Exception:  # the boundary
        import traceback

        traceback.print_exc()
        print("lift-sys: that is a fault of lift-sys itself, please report it", file=sys.stderr)
        sys.exit(FAULT)
    sys.exit(0)


def _forget_output() -> None:
    """Drop what standard output still holds: where it can't be written, the flush at the end would fail again."""
    import os

    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
