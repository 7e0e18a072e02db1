"""The live view of a run: a bar for each step, the funnel below it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import TaskID

TITLES = {
    "sources": "Sources: lift, record, examine",
    "examine": "Functions examined",
    "curate": "Curating",
    "decontaminate": "Running benchmarks' tests on rows",
    "judge": "Judging",
    "answers": "Asked and judged",
    "templates": "Templates: draw and check",
}
FUNNEL = ("functions", "lifted", "with_tests", "validated", "rejected")
PLAIN_SECONDS = 10.0


class Console:
    """Shows progress on standard error: live bars on a terminal, a line every ten seconds elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console as RichConsole
        from rich.live import Live
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.counts: Counter[str] = Counter()
        self._console = RichConsole(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._done: Counter[str] = Counter()
        self._totals: dict[str, int] = {}
        self._told = time.monotonic()
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=6)

    @property
    def interactive(self) -> bool:
        return self._console.is_terminal

    def start(self, step: str, total: int) -> None:
        self._totals[step] = self._totals.get(step, 0) + total
        if step in self._tasks:
            self._bars.update(self._tasks[step], total=self._totals[step])
        else:
            self._tasks[step] = self._bars.add_task(TITLES.get(step, step), total=total)

    def advance(self, step: str, by: int = 1) -> None:
        self._done[step] += by
        self._bars.advance(self._tasks[step], by)
        if not self.interactive and time.monotonic() - self._told >= PLAIN_SECONDS:
            self._tell(step)

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] += by

    def finish(self, step: str) -> None:
        if step in self._tasks and not self.interactive:
            self._tell(step)

    def _tell(self, step: str) -> None:
        self._told = time.monotonic()
        funnel = ", ".join(f"{self.counts[name]} {name.replace('_', ' ')}" for name in FUNNEL if self.counts[name])
        line = f"{TITLES.get(step, step)}: {self._done[step]}/{self._totals[step]}"
        print(f"{line}  ({funnel})" if funnel else line, file=sys.stderr, flush=True)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        if not self.counts:
            return self._bars
        funnel = Text("  ")
        for name in FUNNEL:
            style = {"validated": "bold green", "rejected": "yellow"}.get(name, "bold")
            funnel.append(f"{self.counts[name]:,} ", style=style)
            funnel.append(name.replace("_", " ") + "   ", style="dim")
        return Group(self._bars, funnel)

    def __enter__(self) -> Self:
        if self.interactive:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.interactive:
            self._live.stop()


def command_line() -> str:
    """The command line, without the folder that the program lies in."""
    import shlex

    return shlex.join(["lift-sys", *sys.argv[1:]])
