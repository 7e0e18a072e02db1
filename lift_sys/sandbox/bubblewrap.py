"""The sandbox backend of Linux: a warm zygote inside bubblewrap, and a locked-down fork for each guest program."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lift_sys.errors import (
    CandidateDied,
    CandidateTimeout,
    ResultTooLarge,
    SandboxFault,
    SandboxUnavailable,
)
from lift_sys.sandbox import seccomp
from lift_sys.sandbox.api import MIB, BoxConfig, Exit, Limits
from lift_sys.sandbox.cgroups import Cgroup, open_cgroup
from lift_sys.sandbox.layout import NATIVE, interpreter, layout

START_SECONDS = 60.0
EXIT_SECONDS = 30.0
_ENVIRONMENT = {"HOME": "/tmp", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "TMPDIR": "/tmp"}
_BASE_ADDRESS_SPACE = 192 * MIB
_CPU_SECONDS = 1200


class BubblewrapSandbox:
    """A `Sandbox`. The zygote starts with the first spawn and again after a fault."""

    def __init__(self, config: BoxConfig) -> None:
        self.config = config
        self._zygote: _Zygote | None = None
        self._zygote = _Zygote(config)
        self.missing_protections = self._zygote.missing_protections

    def spawn(self, program: str, limits: Limits | None = None) -> GuestProcess:
        """Start a guest program in a fresh process.

        Raises:
            SandboxFault: the box broke; the next spawn gets a new one.
        """
        if self._zygote is None or self._zygote.broken:
            if self._zygote is not None:
                self._zygote.stop()
            self._zygote = _Zygote(self.config)
        return GuestProcess(self._zygote, program, limits or self.config.limits)

    def close(self) -> None:
        if self._zygote is not None:
            self._zygote.stop()
            self._zygote = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class GuestProcess:
    """A `Process`: one boxed process tree and the host's end of its channel."""

    def __init__(self, zygote: _Zygote, program: str, limits: Limits) -> None:
        self._zygote = zygote
        self._limits = limits
        self._exit: Exit | None = None
        host, guest = socket.socketpair()
        self._socket = host
        with guest:
            self._ident = zygote.spawn(program, limits, guest)

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

    def _died(self) -> None:
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
            self._socket.close()
            self._exit = self._zygote.end(self._ident)
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


class _Zygote:
    """The running bubblewrap, its zygote, and the orders sent to it."""

    def __init__(self, config: BoxConfig) -> None:
        self.broken = False
        self._live: set[int] = set()
        self._exits: dict[int, int] = {}
        self._failures: dict[int, str] = {}
        self._last = 0
        self._pidfd = -1
        self._cgroup: Cgroup | None = open_cgroup()
        self.missing_protections = () if self._cgroup else ("memory-cgroup", "pids-cgroup")
        self._control, box = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._bwrap: subprocess.Popen[bytes] | None = None
        try:
            with box:
                self._bwrap = _launch(config, box, self._cgroup)
            self._greet(config)
        except BaseException as error:
            self.broken = True
            said = self._stderr() if isinstance(error, (SandboxFault, OSError)) else ""
            self.stop()
            if isinstance(error, (SandboxFault, OSError)):
                raise SandboxUnavailable(_advice(f"{error}\n{said}")) from error
            raise

    def _greet(self, config: BoxConfig) -> None:
        self._control.settimeout(START_SECONDS)
        data, ancillary, _, _ = self._control.recvmsg(1 << 16, 256)
        if not data:
            raise SandboxFault("the box did not start")
        pid = next(
            int.from_bytes(cargo[:4], sys.byteorder)
            for level, kind, cargo in ancillary
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS
        )
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        native = interpreter().ctypes
        setup = {
            "filter": seccomp.build(os.uname().machine).hex(),
            "native": f"{NATIVE}/{os.path.basename(native)}" if native else None,
            "environment": _ENVIRONMENT,
            "preload": config.preload,
            "trusted_path": config.trusted_path,
            "child_path": config.python_path,
        }
        score = os.open(f"/proc/{pid}/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
        try:
            socket.send_fds(self._control, [json.dumps(setup).encode()], [score])
        finally:
            os.close(score)
        if "ready" not in self._message(START_SECONDS):
            raise SandboxFault("the zygote did not get ready")
        assert self._bwrap is not None and self._bwrap.stderr is not None
        self._bwrap.stderr.close()
        if self._cgroup:
            self._cgroup.start(config.limits)

    def spawn(self, program: str, limits: Limits, guest: socket.socket) -> int:
        self._last += 1
        if self._cgroup:
            self._cgroup.limit(limits)
        order = {
            "spawn": self._last,
            "program": program,
            "address_space": limits.memory + _BASE_ADDRESS_SPACE,
            "tasks": limits.tasks + 2 + len(self._live),
            "tmp": limits.tmp,
            "cpu": _CPU_SECONDS,
        }
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], [guest.fileno()])
        except OSError as error:
            raise self._fault(f"the zygote is gone ({error})") from error
        self._live.add(self._last)
        return self._last

    def end(self, ident: int) -> Exit:
        """Kill a tree, wait until it is gone.

        Raises:
            SandboxFault: the zygote does not answer, or could not start the process at all.
        """
        if ident not in self._live:
            return Exit()
        self._live.discard(ident)
        killed = ident not in self._exits
        if killed and not self.broken:
            try:
                self._control.send(b'{"kill":%d}' % ident)
            except OSError as error:
                raise self._fault(f"the zygote is gone ({error})") from error
        deadline = time.monotonic() + EXIT_SECONDS
        while ident not in self._exits and ident not in self._failures:
            if self.broken:
                raise SandboxFault("the box was torn down")
            message = self._message(deadline - time.monotonic())
            if "exit" in message:
                self._exits[message["exit"]] = message["status"]
            elif "failed" in message:
                self._failures[message["failed"]] = message["why"]
        if ident in self._failures:
            raise SandboxFault(f"the guest program did not start: {self._failures.pop(ident)}")
        status = self._exits.pop(ident)
        out_of_memory = self._cgroup.ran_out_of_memory() if self._cgroup else False
        return Exit(None if status == -signal.SIGKILL and not out_of_memory else status, out_of_memory)

    def _message(self, seconds: float) -> dict[str, Any]:
        self._control.settimeout(max(seconds, 0.001))
        try:
            packet = self._control.recv(1 << 16)
        except OSError as error:
            raise self._fault(f"the zygote does not answer ({error})") from error
        if not packet:
            raise self._fault("the zygote is gone")
        message: dict[str, Any] = json.loads(packet)
        return message

    def _fault(self, what: str) -> SandboxFault:
        self.broken = True
        self.stop(keep_stderr=True)
        return SandboxFault(what)

    def _stderr(self) -> str:
        if self._bwrap is None or self._bwrap.stderr is None or self._bwrap.stderr.closed:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._bwrap.wait(5)
        os.set_blocking(self._bwrap.stderr.fileno(), False)
        return (self._bwrap.stderr.read() or b"")[-4096:].decode(errors="replace").strip()

    def stop(self, keep_stderr: bool = False) -> None:
        """Kill the whole box and wait until all of it is gone. Safe to call twice."""
        self.broken = True
        self._control.close()
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        if self._bwrap is not None:
            if self._pidfd < 0:
                self._bwrap.kill()
            self._bwrap.wait()
            if self._bwrap.stderr is not None and not keep_stderr:
                self._bwrap.stderr.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if self._cgroup is not None:
            self._cgroup.remove()
            self._cgroup = None


def _launch(config: BoxConfig, box: socket.socket, cgroup: Cgroup | None) -> subprocess.Popen[bytes]:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxUnavailable("bubblewrap is not installed: install the package `bubblewrap`")
    plan = layout(config)
    spec = {
        "bwrap": bwrap,
        "cgroups": cgroup.procs_files if cgroup else [],
        "user": _unused_user() if os.geteuid() == 0 else None,
        "binds": plan.binds,
        "devices": plan.devices,
        "before": plan.before,
        "covers": plan.covers,
        "command": plan.command,
    }
    launcher = Path(__file__).with_name("launcher.py")
    return subprocess.Popen(
        [interpreter().executable, "-I", "-S", "-B", str(launcher), json.dumps(spec)],
        stdin=box,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
    )


def _unused_user() -> int:
    """A user id that owns nothing, a different one for each box where the machine has them all."""
    try:
        lines = Path("/proc/self/uid_map").read_text().split("\n")
        most = max(int(inside) + int(count) for inside, _, count in (line.split() for line in lines if line))
    except (OSError, ValueError):
        most = 65536
    if most < 0x70000000 + (1 << 20):
        return 65534
    return 0x70000000 + int.from_bytes(os.urandom(2), "big")


def _advice(text: str) -> str:
    text = text.strip()
    hint = "run `lift-sys doctor` to see which protection is missing"
    if "namespace" in text.lower() or "uid map" in text.lower() or "Operation not permitted" in text:
        hint = (
            "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0, "
            "kernel.apparmor_restrict_unprivileged_userns=0; in a container: run it with the capability SYS_ADMIN "
            "or a seccomp profile that allows unshare)"
        )
    return f"the sandbox did not start: {text}; {hint}"
