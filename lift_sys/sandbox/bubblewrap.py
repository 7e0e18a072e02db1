"""The sandbox backend of Linux: a warm zygote inside bubblewrap, and a locked-down fork for each guest program."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
import weakref
from types import TracebackType
from typing import NoReturn, Self

from lift_sys.errors import (
    CandidateDied,
    CandidateTimeout,
    ResultTooLarge,
    SandboxFault,
)
from lift_sys.sandbox import tally
from lift_sys.sandbox.api import MIB, BoxConfig, Exit, Limits
from lift_sys.sandbox.box import Zygote, open_zygote


class BubblewrapSandbox:
    """A `Sandbox`. After a fault the next spawn gets a new box."""

    missing_protections: tuple[str, ...]

    def __init__(self, config: BoxConfig) -> None:
        self.config = config
        self._closed = False
        self._open()

    def spawn(self, program: str, limits: Limits | None = None) -> GuestProcess:
        """Start a guest program in a fresh process.

        Raises:
            SandboxFault: the box broke; the next spawn gets a new one.
        """
        if self._closed:
            raise SandboxFault("the sandbox is closed")
        if not self._zygote.broken:
            with contextlib.suppress(SandboxFault):
                return GuestProcess(self._zygote, program, limits or self.config.limits)
        self._open()
        return GuestProcess(self._zygote, program, limits or self.config.limits)

    def close(self) -> None:
        self._closed = True
        self._finalizer()

    def _open(self) -> None:
        self._zygote = open_zygote(self.config)
        self._finalizer = weakref.finalize(self, _stop_if_owner, self._zygote, os.getpid())
        self.missing_protections = self._zygote.missing_protections

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _stop_if_owner(zygote: Zygote, owner: int) -> None:
    if os.getpid() == owner:  # not in a fork of the host
        zygote.stop()


class GuestProcess:
    """A `Process`: one boxed process tree and the host's end of its channel."""

    def __init__(self, zygote: Zygote, program: str, limits: Limits) -> None:
        self._zygote = zygote
        self._limits = limits
        self._exit: Exit | None = None
        host, guest = socket.socketpair()
        self._socket = host
        try:
            with guest:
                self._ident = zygote.spawn(program, limits, guest)
        except BaseException:
            host.close()
            raise
        tally.count()

    def send(self, payload: bytes) -> None:
        """Send a frame.

        Raises:
            CandidateTimeout: the process did not read it within `call_seconds`.
            CandidateDied: the process ended.
        """
        self._socket.settimeout(self._limits.call_seconds)
        try:
            self._socket.sendall(len(payload).to_bytes(4, "big") + payload)
        except TimeoutError:
            raise CandidateTimeout("the boxed process does not read what it is sent") from None
        except OSError:
            self._died()

    def receive(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        size = int.from_bytes(self._read(4, deadline), "big")
        if size > self._limits.result:
            raise ResultTooLarge(f"a result of {size} bytes; at most {self._limits.result} are allowed")
        return self._read(size, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        while size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise CandidateTimeout("no answer in time")
            self._socket.settimeout(left)
            try:
                part = self._socket.recv(min(size, MIB))
            except TimeoutError:
                raise CandidateTimeout("no answer in time") from None
            except OSError:
                part = b""
            if not part:
                self._died()
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _died(self) -> NoReturn:
        """Raises: CandidateDied, or SandboxFault when the kernel says that the box is to blame."""
        end = self.close()
        if end.out_of_memory:
            raise CandidateDied("the boxed process used more memory than it may")
        if end.status is None:
            raise CandidateDied("the boxed process closed its channel")
        raise CandidateDied(f"the boxed process ended: {describe(end.status)}")

    def close(self) -> Exit:
        if self._exit is None:
            self._exit = Exit()
            try:  # killed before the channel closes, so that it can't end itself in between
                self._exit = self._zygote.end(self._ident)
            finally:
                self._socket.close()
        return self._exit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def describe(status: int) -> str:
    """An exit status, or minus a signal, in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
