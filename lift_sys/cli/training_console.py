"""The live view of a training run: a bar, the losses, the pace, and what is left."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lift_sys.reports.training import latest, span
from lift_sys.training.runs import Run, Step, read_run
from lift_sys.training.tracking import Quiet

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lift_sys.training.plan import Plan

PLAIN_SECONDS = 10.0
_PACE = 20
"""Steps that the pace is taken over."""


class TrainingConsole(Quiet):
    """Shows a run on standard error: live on a terminal, a line every ten seconds and evaluation elsewhere."""

    def __init__(self, per_hour: float | None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True)
        self._per_hour = per_hour
        self._plan: Plan | None = None
        self._steps: list[Step] = []
        self._run: Run | None = None
        self._told = 0.0
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4)

    def step(self, step: Step, plan: Plan) -> None:
        self._plan = plan
        self._steps = [*self._steps[-_PACE:], step]
        if self._console.is_terminal:
            return
        if step.validation is not None or time.monotonic() - self._told >= PLAIN_SECONDS:
            self._told = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)

    def update(self, run: Path) -> None:
        self._run = read_run(run)

    def line(self) -> str:
        """Where the run stands, in one line."""
        if self._plan is None:
            return "loading"
        last = self._steps[-1]
        left = self._left()
        parts = [
            f"step {last.step:,}/{len(self._plan.steps):,}",
            f"loss {last.loss:.4f}",
            f"rate {last.learning_rate:.2g}",
            f"{self._speed():,.0f} tokens/s",
            f"{span(left)} left",
        ]
        if last.validation is not None:
            parts.insert(2, f"validation {last.validation:.4f}")
        if self._per_hour is not None:
            parts.append(f"${left / 3600 * self._per_hour:,.2f} left")
        return ", ".join(parts)

    def _speed(self) -> float:
        took = sum(step.took for step in self._steps[1:])
        done = self._steps[-1].tokens - self._steps[0].tokens
        if took <= 0:  # the first step of all
            took, done = self._steps[-1].took, self._steps[-1].tokens
        return done / took if took > 0 else 0.0

    def _left(self) -> float:
        last = self._steps[-1]
        assert self._plan is not None
        return last.seconds / last.tokens * max(0, self._plan.tokens - last.tokens)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        if self._plan is None:
            return Text("loading the model", style="dim")
        rows: list[RenderableType] = [
            ProgressBar(total=len(self._plan.steps), completed=self._steps[-1].step, width=60),
            Text(self.line()),
        ]
        run = self._run
        if run is not None and run.validations:
            best = min(run.validations, key=lambda pair: pair[1])
            told = "  ".join(f"{step:,}: {loss:.4f}" for step, loss in run.validations[-6:])
            rows.append(Text(f"validation  {told}  (best {best[1]:.4f})", style="green"))
        if run is not None and run.samples:
            sample = latest(run.samples)[0]
            rows.append(Text(f"{sample.task}: {harmless(sample.said)[:400]}", style="dim"))
        return Group(*rows)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()


def harmless(text: str) -> str:
    """What a model said, on one line and without what a terminal would take for an order."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
