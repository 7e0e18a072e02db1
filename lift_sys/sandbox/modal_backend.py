"""The sandbox backend of Modal: one `modal.Sandbox` without a network, and in it a process for each guest program.

What it gives: a machine of its own (gVisor between the guest and the kernel), no network, a user of its own for each
guest, limits on address space, CPU time, file size and processes, and the end of all its processes on `close`.

What it does not give, and each verdict names: no system call filter of ours, no namespaces of a guest's own (it sees
the numbers of other processes in its container, and what they leave readable), no kernel's word on memory (a guest
that runs out of it has just died), no account for a whole tree's memory but the container's. A box holds mounts,
preloaded modules and other surroundings than the plain ones nowhere: asked for, they are refused.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self

from lift_sys.errors import (
    CandidateDied,
    CandidateTimeout,
    ResultTooLarge,
    SandboxFault,
    SandboxUnavailable,
    to_install,
)
from lift_sys.sandbox.api import MIB, BoxConfig, Environment, Exit, Limits
from lift_sys.sandbox.guest.relay import KILLED

MISSING = ("seccomp-filter", "process-namespaces", "memory-cgroup", "pids-cgroup")
APP = "lift-sys-sandbox"
GUEST, SHARED = "/lift/guest", "/lift/shared"
LIFETIME = 4 * 3600
"""Seconds after which Modal ends a container; the next process gets a new one."""
EXIT_SECONDS = 30.0
_PACKAGE = Path(__file__).resolve().parent
_CPU_SECONDS = 1200
_BASE_ADDRESS_SPACE = 192 * MIB


class Command(Protocol):
    """The part of `modal.container_process.ContainerProcess` that is used."""

    @property
    def stdin(self) -> Any: ...

    @property
    def stdout(self) -> Any: ...

    def wait(self) -> int: ...


class Container(Protocol):
    """The part of `modal.Sandbox` that is used."""

    def exec(self, *args: str, env: dict[str, str | None] | None, text: bool) -> Command: ...

    def terminate(self) -> object: ...

    def poll(self) -> int | None: ...


class ModalSandbox:
    """A `Sandbox`. `open_container` starts the container; after its end the next spawn gets a new one."""

    missing_protections: tuple[str, ...] = MISSING

    def __init__(
        self, config: BoxConfig, open_container: Any = None, folders: tuple[str, str] = (GUEST, SHARED)
    ) -> None:
        """Raises: SandboxUnavailable: the box can't be had on Modal, or not with this configuration."""
        _check(config)
        self.config = config
        self._folders = folders
        self._open_container = open_container or _open_container
        self._closed = False
        self._container: Container = self._open_container(config)

    def spawn(self, program: str, limits: Limits | None = None) -> ModalProcess:
        """Start a guest program in a fresh process.

        Raises:
            SandboxFault: the container broke; the next spawn gets a new one.
        """
        if self._closed:
            raise SandboxFault("the sandbox is closed")
        if self._container.poll() is not None:
            self._container = self._open_container(self.config)
        limits = limits or self.config.limits
        guest, _ = self._folders
        order = {
            "memory": limits.memory + _BASE_ADDRESS_SPACE,
            "tasks": limits.tasks + 1,
            "tmp": limits.tmp,
            "cpu": _CPU_SECONDS,
        }
        command = ["python", "-S", "-B", "-P", "-s", f"{guest}/relay.py", program, json.dumps(order), *self._folders]
        seed = {"PYTHONHASHSEED": str(self.config.hash_seed)}
        with _faults(self._container):
            return ModalProcess(self._container, self._container.exec(*command, env=dict(seed), text=False), limits)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._container.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ModalProcess:
    """A `Process`: one guest program, and the relay that carries its frames."""

    def __init__(self, container: Container, command: Command, limits: Limits) -> None:
        self._container = container
        self._command = command
        self._limits = limits
        self._exit: Exit | None = None
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._buffer = bytearray()
        self._reader = threading.Thread(target=self._read_all, name="modal-sandbox", daemon=True)
        self._reader.start()

    def _read_all(self) -> None:
        with contextlib.suppress(Exception):  # the container is gone: told as the end of the stream
            for chunk in self._command.stdout:
                self._chunks.put(bytes(chunk))
        self._chunks.put(b"")

    def send(self, payload: bytes) -> None:
        """Raises: CandidateDied: the process ended."""
        try:
            self._command.stdin.write(len(payload).to_bytes(4, "big") + payload)
            self._command.stdin.drain()
        except Exception:
            self._died()

    def receive(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        size = int.from_bytes(self._read(4, deadline), "big")
        if size > self._limits.result:
            raise ResultTooLarge(f"a result of {size} bytes; at most {self._limits.result} are allowed")
        return self._read(size, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        while len(self._buffer) < size:
            try:
                chunk = self._chunks.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise CandidateTimeout("no answer in time") from None
            if not chunk:
                self._chunks.put(b"")  # for whoever asks again
                self._died()
            self._buffer += chunk
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _died(self) -> NoReturn:
        end = self.close()
        if end.status is None:
            raise CandidateDied("the boxed process closed its channel")
        raise CandidateDied(f"the boxed process ended: {_describe(end.status)}")

    def close(self) -> Exit:
        """Raises: SandboxFault: the relay does not end; the container is ended instead."""
        if self._exit is None:
            self._exit = Exit()
            with contextlib.suppress(Exception):  # it may have ended already
                self._command.stdin.write_eof()
                self._command.stdin.drain()
            self._reader.join(EXIT_SECONDS)
            if self._reader.is_alive():
                self._container.terminate()
                raise SandboxFault("the container does not answer; it was ended")
            with _faults(self._container):
                code = self._command.wait()
            if code != KILLED:
                self._exit = Exit(code if code < 128 else 128 - code)
        return self._exit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check(config: BoxConfig) -> None:
    plain = replace(Environment(), hash_seed=config.hash_seed, name=config.environment.name)
    refused = {
        "mounts": config.mounts,
        "modules beside the standard library": (*config.python_path, *config.trusted_path, *config.preload),
        "another time zone, locale, clock or random seed": config.environment != plain,
    }
    for what, asked in refused.items():
        if asked:
            raise SandboxUnavailable(f"a box on Modal can't have {what}; use a machine with bubblewrap for this")


@contextlib.contextmanager
def _faults(container: Container) -> Iterator[None]:
    """What goes wrong between here and the container is a fault of the box."""
    try:
        yield
    except Exception as error:
        with contextlib.suppress(Exception):
            container.terminate()
        raise SandboxFault(f"the container is gone: {error}") from error


def _open_container(config: BoxConfig) -> Container:
    try:
        import modal
    except ImportError:
        raise SandboxUnavailable(f"the sandbox on Modal needs Modal: {to_install('modal')}") from None
    try:
        app = modal.App.lookup(APP, create_if_missing=True)
        return modal.Sandbox.create(**settings(config), app=app)
    except modal.exception.Error as error:
        raise SandboxUnavailable(f"Modal does not start a sandbox: {error}; try `modal token new`") from error


def settings(config: BoxConfig) -> dict[str, Any]:
    """The arguments of `modal.Sandbox.create`: no network, no secrets, nothing of this machine but guest programs."""
    import sys

    import modal

    image = modal.Image.debian_slim(python_version=f"{sys.version_info.major}.{sys.version_info.minor}")
    image = image.add_local_dir(_PACKAGE / "guest", GUEST, ignore=["**/__pycache__"])
    image = image.add_local_file(_PACKAGE.parent / "wire.py", f"{SHARED}/wire.py")
    memory = max(512, (config.limits.memory + config.limits.tmp) // MIB)
    return {
        "image": image,
        "block_network": True,
        "timeout": LIFETIME,
        "cpu": 1.0,
        "memory": (memory, 2 * memory),
    }


def _describe(status: int) -> str:
    from lift_sys.sandbox.bubblewrap import describe

    return describe(status)
