"""A bound on what a run may cost. It ends a run early: as soon as it is plain that the money won't do."""

from __future__ import annotations

from dataclasses import dataclass

from lift_sys.errors import ConfigError

STEPS = 20
"""Steps after which the pace is known well enough to say what the whole run costs."""


class TooDear(ConfigError):
    """The run stopped; its checkpoint is kept."""


@dataclass(frozen=True)
class Ceiling:
    dollars: float
    per_hour: float
    """What the machine costs."""

    def check(self, *, paid: float, seconds: float, steps: int, done: float) -> str:
        """Why the run must end now; empty where it may go on.

        Args:
            paid: seconds of hire so far.
            seconds: of them, those of the steps.
            done: share of the tokens that is done.
        """
        spent = paid / 3600 * self.per_hour
        if spent >= self.dollars:
            return f"${spent:.2f} of ${self.dollars:.2f} are spent"
        whole = spent + (seconds / done - seconds) / 3600 * self.per_hour if done > 0 else 0.0
        if steps >= STEPS and whole > self.dollars:
            return f"at its pace the run costs ${whole:.2f}, and ${self.dollars:.2f} are allowed"
        return ""
