"""Boxed execution of hostile code: `open_sandbox(config)` gives a warm box that starts guest programs.

What a box guarantees, and what not: docs/SANDBOX.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lift_sys.errors import SandboxUnavailable
from lift_sys.sandbox.api import BoxConfig, Sandbox

if TYPE_CHECKING:
    from lift_sys.sandbox.checks import Check


def open_sandbox(config: BoxConfig = BoxConfig()) -> Sandbox:  # noqa: B008
    """Open a box: on this machine, or on Modal where the environment holds LIFT_SYS_SANDBOX=modal.

    Raises:
        SandboxUnavailable: this machine lacks a protection that may not be missing; the message says what to do.
    """
    backend = os.environ.get("LIFT_SYS_SANDBOX", "bubblewrap")
    if backend == "modal":
        from lift_sys.sandbox.modal_backend import ModalSandbox

        return ModalSandbox(config)
    if backend != "bubblewrap":
        raise SandboxUnavailable(f"LIFT_SYS_SANDBOX={backend}: no such sandbox; there are bubblewrap and modal")
    from lift_sys.sandbox.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox(config)


def probe() -> list[Check]:
    """What `lift-sys doctor` reports: each protection, tried for real."""
    from lift_sys.sandbox import checks

    return checks.probe()
