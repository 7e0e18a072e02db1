"""Those who follow a run: consoles, pages, experiment stores.

The run's folder is the truth (`runs.py`). A tracker reads it and shows or copies what is there; one that fails is
named once and left out from then on, and the run goes on without it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from lift_sys.training.plan import Plan
from lift_sys.training.runs import Step


class Tracker(Protocol):
    def step(self, step: Step, plan: Plan) -> None:
        """After each step. To be quick: the model waits."""

    def update(self, run: Path) -> None:
        """There is more in the folder: after the start, after each evaluation, and at the end."""


class Quiet:
    """A tracker that does nothing, to be built upon."""

    def step(self, step: Step, plan: Plan) -> None: ...

    def update(self, run: Path) -> None: ...


class Guarded:
    """Several trackers, none of which can break a run."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = list(trackers)

    def step(self, step: Step, plan: Plan) -> None:
        self._each(lambda tracker: tracker.step(step, plan))

    def update(self, run: Path) -> None:
        self._each(lambda tracker: tracker.update(run))

    def _each(self, call: Callable[[Tracker], None]) -> None:
        for tracker in list(self._trackers):
            try:
                call(tracker)
            except Exception as error:  # whatever a store or a page throws: it is not the run's business
                self._trackers.remove(tracker)
                reason = str(error).splitlines()[0][:200] if str(error) else ""
                print(
                    f"lift-sys: {type(tracker).__name__} failed and is left out: {type(error).__name__}: {reason}",
                    file=sys.stderr,
                )
