"""The `lift-sys` command: one module a subcommand, each of which loads what it needs when it runs."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Entry point: an error that was raised on purpose becomes one line and its exit code."""
    from lift_sys.cli.app import app
    from lift_sys.errors import LiftError

    try:
        app()
    except LiftError as error:
        print(f"lift-sys: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("lift-sys: stopped; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)
