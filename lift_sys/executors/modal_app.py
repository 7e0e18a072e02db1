"""The Modal app: decorators around `lift_sys.executors.host`, and nothing else.

    modal deploy -m lift_sys.executors.modal_app       (in a checkout of lift-sys, with an account)

Workers see the folder CACHE of the volume that `ModalExecutor` mounts there, and no network.
"""

from __future__ import annotations

import sys

import modal

from lift_sys.executors import host
from lift_sys.executors.modal_executor import APP

image = (
    modal.Image.debian_slim(python_version=f"{sys.version_info.major}.{sys.version_info.minor}")
    .apt_install("bubblewrap")
    .pip_install_from_pyproject("pyproject.toml")
    .add_local_python_source("lift_sys", ignore=["**/__pycache__"])
)
app = modal.App(APP)


@app.cls(image=image, cpu=1.0, memory=1536, timeout=900, block_network=True, restrict_modal_access=True)
class RemoteWorker:
    """One container, one item at a time. Lost containers are our business, not Modal's: no retries."""

    @modal.method()
    async def call(self, task: tuple[int, bytes]) -> tuple[int, host.Answer]:
        return await host.call_shared(task)

    @modal.exit()
    async def close(self) -> None:
        await host.close_shared()
