"""The executor of a Ray cluster: one actor for each worker.

Without an address a cluster is started on this machine, for as long as the executor is open: it listens on the
loopback address only, asks for a token, has no dashboard and a small object store, and keeps its files in a folder
that is removed. With one (or with RAY_ADDRESS set) the workers run on the cluster that is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

from lift_sys.errors import ConfigError, to_install
from lift_sys.executors.host import Host
from lift_sys.executors.local import MEMORY, PATIENCE
from lift_sys.executors.pool import MACHINE_LOST, Pool, Worker, WorkerLost

OBJECT_STORE = 80 << 20
"""Bytes for the results that are on their way; Ray takes no less than 75 MiB."""
_TOKEN = secrets.token_hex(32)
"""Ray remembers a process's token, so all the clusters that one process starts share it."""


class RayExecutor(Pool):
    """`jobs` actors of one CPU each: by default as many as there are cores, or CPUs in the cluster.

    Where the program has called `ray.init` already, that connection is used, and left as it is.
    """

    name = "ray"

    def __init__(
        self,
        jobs: int | None = None,
        address: str | None = None,
        seconds: float | None = None,
        memory: int = MEMORY,
    ) -> None:
        super().__init__(jobs or len(os.sched_getaffinity(0)))
        self.address = address or os.environ.get("RAY_ADDRESS")
        self.seconds = seconds
        self.memory = memory
        self._every_cpu = jobs is None
        self._cluster = contextlib.ExitStack()

    def _new_worker(self) -> Worker:
        return _RayWorker(self.seconds, self.memory)

    async def _before(self) -> None:
        """Connect. Starting a cluster blocks the event loop for some seconds: Ray wants the main thread.

        Raises:
            ConfigError: Ray is not installed, or the cluster can't be reached or started.
        """
        self._cluster.enter_context(_environment(ours=self.address is None))
        try:
            import ray
        except ImportError:
            raise ConfigError(f"--executor ray needs Ray: {to_install('ray')}") from None
        if ray.is_initialized():
            return
        try:
            if self.address is not None:
                _check_reachable(self.address)
            self._cluster.enter_context(_connected(self.address, self.jobs))
        except (OSError, RuntimeError, ValueError) as error:
            where = f"reach the Ray cluster at {self.address}" if self.address else "start a Ray cluster"
            raise ConfigError(f"can't {where}: {error}") from error
        if self.address and self._every_cpu:
            resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
            self.jobs = max(1, int(resources.get("CPU", 1)))

    async def _after(self) -> None:
        self._cluster.close()


def _check_reachable(address: str) -> None:
    """Ray tries an address that nobody listens at for ten minutes.

    Raises:
        OSError: nobody does.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


@contextlib.contextmanager
def _connected(address: str | None, cpus: int) -> Iterator[None]:
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    logging.getLogger("ray").setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_own_sigterm())
        if address is None:
            folder = tempfile.mkdtemp(prefix="ray-")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            options |= {
                "num_cpus": cpus,
                "include_dashboard": False,
                "object_store_memory": OBJECT_STORE,
                "_temp_dir": folder,
            }
        stack.callback(ray.shutdown)
        ray.init(address=address or "local", **options)
        if address is None and _own_address() != "127.0.0.1":
            raise RuntimeError(
                "Ray was imported before with settings under which its cluster listens on the network; "
                "call ray.init yourself, or set RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 before the program starts"
            )
        yield


def _own_address() -> str:
    import ray

    return str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _environment(ours: bool) -> Iterator[None]:
    """Settings that Ray reads when it is imported, and that the processes of a cluster of our own inherit."""
    settings = {
        # A page on standard output for each worker that is lost: who uses the executor is told in the result.
        "RAY_DEDUP_LOGS_SKIP_REGEX": "worker died or was killed",
    }
    if ours:
        settings |= {
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # where this is the default, Ray stays on the loopback address
            "RAY_AUTH_TOKEN": _TOKEN,
            "RAY_USAGE_STATS_ENABLED": "0",
        }
    names = [*settings, "RAY_AUTH_MODE"]  # Ray sets the last one itself
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _own_sigterm() -> Iterator[None]:
    """Ray takes the handler of SIGTERM; give it back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _RayWorker:
    """One actor, wherever the cluster puts it."""

    def __init__(self, seconds: float | None, memory: int) -> None:
        self.settings = (sys.path, seconds, memory)
        self.actor: Any = None
        self.running = False
        self.stopping: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        import ray

        if self.actor is None:
            self.actor = ray.remote(Host).options(num_cpus=1, max_restarts=0).remote(*self.settings)
        await self._ask("ready")
        self.running = True

    async def call(self, message: bytes) -> bytes:
        answer, lost = await self._ask("call", message)
        if lost is not None:
            detail, final = lost
            raise WorkerLost(detail, final=final)
        return bytes(answer)

    async def _ask(self, method: str, *arguments: Any) -> Any:
        from ray import exceptions

        try:
            return await getattr(self.actor, method).remote(*arguments)
        except (
            exceptions.RayActorError,
            exceptions.ObjectLostError,
            exceptions.NodeDiedError,
            exceptions.OutOfMemoryError,
        ):
            self._give_up()
            raise WorkerLost(MACHINE_LOST, machine=True) from None

    def kill(self) -> None:
        if self.running:
            self.stopping = asyncio.create_task(self._stop("kill"))
        else:
            self._give_up()

    async def _stop(self, method: str) -> None:
        """Have the actor end its child, so that it is known to be gone; end the actor where it does not answer."""
        from ray import exceptions

        try:
            await asyncio.wait_for(getattr(self.actor, method).remote(), 2 * PATIENCE)
        except (TimeoutError, exceptions.RayError):
            self._give_up()

    def _give_up(self) -> None:
        """End the actor, and with it its child."""
        import ray

        actor, self.actor, self.running = self.actor, None, False
        if actor is not None:
            ray.kill(actor)

    async def close(self) -> None:
        if self.stopping is not None:
            await self.stopping
        if self.running:
            await self._stop("close")
        self._give_up()
