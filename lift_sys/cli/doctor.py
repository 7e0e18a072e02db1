"""`lift-sys doctor`: what this machine has and lacks."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Check that this machine can run lift-sys, by trying it: open a sandbox and attempt what it must refuse.

    Example:  lift-sys doctor

    Exit codes: 0 all is well (warnings allowed), 3 candidates can't be judged here.
    """
    import json
    import platform
    import sys

    from rich.console import Console
    from rich.table import Table

    from lift_sys.config import code_version, usable_cores
    from lift_sys.sandbox import probe

    checks = probe()
    if as_json:
        print(json.dumps([{"name": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in checks]))
    else:
        console = Console()
        console.print(
            f"lift-sys {code_version()}, Python {platform.python_version()} ({sys.implementation.name}), "
            f"{platform.machine()}, {usable_cores()} cores",
            highlight=False,
        )
        table = Table("", "check", "detail", "what to do", box=None, header_style="dim")
        for check in checks:
            lesser = check.name.endswith("-cgroup")
            mark = "[green]ok[/]" if check.ok else ("[yellow]weaker[/]" if lesser else "[red]missing[/]")
            table.add_row(mark, check.name, check.detail, "" if check.ok else check.remedy)
        console.print(table)
    # Without control groups a watchdog stands in, and every verdict says so: weaker, not unusable.
    if any(not check.ok and not check.name.endswith("-cgroup") for check in checks):
        raise typer.Exit(3)
