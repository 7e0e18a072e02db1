"""Boxed execution of hostile code: `open_sandbox(config)` gives a warm box that starts guest programs.

What a box guarantees, and what not: docs/SANDBOX.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lift_sys.sandbox.api import BoxConfig, Sandbox

if TYPE_CHECKING:
    from lift_sys.sandbox.checks import Check


def open_sandbox(config: BoxConfig = BoxConfig()) -> Sandbox:  # noqa: B008
    """Open a box.

    Raises:
        SandboxUnavailable: this machine lacks a protection that may not be missing; the message says what to do.
    """
    from lift_sys.sandbox.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox(config)


def probe() -> list[Check]:
    """What `lift-sys doctor` reports: each protection, tried for real."""
    from lift_sys.sandbox import checks

    return checks.probe()
