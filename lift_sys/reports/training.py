"""The page of a training run: curves, pace, time and cost left, samples. Written again and again while it goes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lift_sys.reports.charts import BLUE, GREEN, GREY, ORANGE, canvas, svg
from lift_sys.reports.generation import TEMPLATES
from lift_sys.storage.files import atomic_write
from lift_sys.training.plan import Plan
from lift_sys.training.runs import Run, Sample, Step, read_run
from lift_sys.training.tracking import Quiet

NAME = "dashboard.html"
EVERY = 60.0
"""Seconds between two writings; a browser loads the page again as often."""
_WINDOW = 20
"""Steps that the pace is taken over."""
_SPOTS = 600
"""Points of a curve."""


class Dashboard(Quiet):
    """A tracker that keeps the page of a run up to date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0.0

    def step(self, step: Step, plan: Plan) -> None:
        if time.monotonic() - self._written > EVERY:
            self.update(self._folder)

    def update(self, run: Path) -> None:
        write(run)
        self._written = time.monotonic()


def write(folder: Path) -> None:
    """Write `dashboard.html` into a run's folder.

    Raises:
        StorageError: the folder holds no run, or can't be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    run = read_run(folder)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["span"] = span
    environment.filters["dollars"] = lambda value: "no price" if value is None else f"${value:,.2f}"
    text = environment.get_template("training.html.jinja").render(
        **values(run), charts=_charts(run), now=time.strftime("%Y-%m-%d %H:%M:%S")
    )
    atomic_write(folder / NAME, [text, "\n"])


def values(run: Run) -> dict[str, Any]:
    """What the page shows besides its charts."""
    last = run.steps[-1] if run.steps else None
    validations = run.validations
    best = min(validations, key=lambda pair: pair[1]) if validations else None
    paid = run.result.paid if run.result else last.paid if last else 0.0
    return {
        "run": run,
        "name": run.folder.resolve().name,
        "every": EVERY,
        "last": last,
        "best": best,
        "speed": run.speed(_WINDOW),
        "mean_speed": run.speed(),
        "left": run.seconds_left,
        "paid": paid,
        "cost": run.cost(paid),
        "cost_left": run.cost(run.seconds_left),
        "samples": latest(run.samples),
        "evaluations": [step for step in run.steps if step.validation is not None],
        "settings": run.config.model_dump(mode="json"),
        "starts": run.facts.get("starts", ()),
    }


def latest(samples: Sequence[Sample]) -> list[Sample]:
    """The samples of the last evaluation."""
    return [sample for sample in samples if sample.step == samples[-1].step]


def span(seconds: float | None) -> str:
    """Seconds for people; what is not known yet is said so."""
    if seconds is None:
        return "not known yet"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def _charts(run: Run) -> dict[str, str]:
    if not run.steps:
        return {}
    thin = run.steps[:: max(1, len(run.steps) // _SPOTS)]
    return {"loss": _loss(run, thin), "rate": _rate(thin), "speed": _speed(run)}


def _loss(run: Run, thin: Sequence[Step]) -> str:
    figure, axes = canvas(8.4, 3.4)
    axes.plot([s.step for s in thin], [s.loss for s in thin], color=GREY, linewidth=0.7, alpha=0.6)
    axes.plot([s.step for s in thin], smooth([s.loss for s in thin]), color=BLUE, linewidth=1.8, label="training")
    if run.validations:
        steps, losses = zip(*run.validations, strict=True)
        axes.plot(steps, losses, color=ORANGE, marker="o", markersize=4, linewidth=1.4, label="validation")
    axes.set_xlabel("step")
    axes.set_ylabel("nats a learnt token")
    axes.set_xlim(0, max(run.total, thin[-1].step))
    axes.legend(frameon=False, fontsize=9, labelcolor=GREY)
    return svg(figure)


def smooth(values: Sequence[float], keep: float = 0.9) -> list[float]:
    """Exponential mean, corrected for its start."""
    found: list[float] = []
    mean = weight = 0.0
    for value in values:
        mean, weight = keep * mean + (1 - keep) * value, keep * weight + (1 - keep)
        found.append(mean / weight)
    return found


def _rate(thin: Sequence[Step]) -> str:
    figure, axes = canvas(4.2, 2.4)
    axes.plot([s.step for s in thin], [s.learning_rate for s in thin], color=GREEN, linewidth=1.6)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    axes.set_ylabel("learning rate")
    return svg(figure)


def _speed(run: Run) -> str:
    figure, axes = canvas(4.2, 2.4)
    size = max(1, len(run.steps) // 100)
    across, up = [], []
    for start in range(0, len(run.steps) - size + 1, size):
        part = run.steps[start : start + size]
        before = run.steps[start - 1].tokens if start else 0
        took = sum(step.took for step in part)
        if took > 0:
            across.append(part[-1].step)
            up.append((part[-1].tokens - before) / took)
    axes.plot(across, up, color=BLUE, linewidth=1.4)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    axes.set_ylabel("tokens a second")
    return svg(figure)
