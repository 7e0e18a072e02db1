"""The host's side of one running box: bubblewrap, the zygote in it, and the orders sent to it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from lift_sys.errors import SandboxFault, SandboxUnavailable
from lift_sys.sandbox import seccomp
from lift_sys.sandbox.api import MIB, BoxConfig, Exit, Limits
from lift_sys.sandbox.cgroups import Cgroup, open_cgroup
from lift_sys.sandbox.launcher import NO_GROUP
from lift_sys.sandbox.layout import NATIVE, interpreter, layout
from lift_sys.sandbox.watchdog import Watchdog

START_SECONDS = 60.0
EXIT_SECONDS = 30.0
_ENVIRONMENT = {"HOME": "/tmp", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "TMPDIR": "/tmp"}
_BASE_ADDRESS_SPACE = 192 * MIB
"""What the interpreter itself maps, libraries included, with room for thread stacks."""
_CPU_SECONDS = 1200
"""A second line behind the host's deadlines, for each process."""


class CgroupRefused(Exception):
    """The control group that was made may not be entered."""


def open_zygote(config: BoxConfig) -> Zygote:
    """Start a box.

    Raises:
        SandboxUnavailable: it can't be had on this machine; the message says what to do.
    """
    seccomp.build(os.uname().machine)  # an unknown machine is told first
    try:
        return Zygote(config, open_cgroup())
    except CgroupRefused:
        return Zygote(config, None)


class Zygote:
    """One box. Orders go to it in turn; a fault ends it for good."""

    def __init__(self, config: BoxConfig, cgroup: Cgroup | None) -> None:
        self.broken = False
        self.pid = -1
        """The zygote's number as the host sees it."""
        self._pidfd = -1
        self._poll = select.poll()
        self._live: set[int] = set()
        self._failures: dict[bytes, str] = {}
        self._last = 0
        self._bwrap: subprocess.Popen[bytes] | None = None
        self._watchdog: Watchdog | None = None
        self._cgroup = cgroup
        self.missing_protections: tuple[str, ...] = () if self._cgroup else ("memory-cgroup", "pids-cgroup")
        self._control, box = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            with box:
                self._bwrap = _launch(config, box, self._cgroup)
            self._greet(config)
            self._try_out(config)
        except (SandboxFault, OSError) as error:
            said = self._last_words()
            self.stop()
            if NO_GROUP in said:
                raise CgroupRefused(said) from error
            raise SandboxUnavailable(_advice(f"{error}\n{said}")) from error
        except BaseException:
            self.stop()
            raise

    def spawn(self, program: str, limits: Limits, guest: socket.socket) -> int:
        """Order a process that holds `guest` as its channel; returns its number in this box.

        Raises:
            SandboxFault: the zygote is gone.
        """
        self._last += 1
        order = b"S" + self._last.to_bytes(4, "big") + _order(program, limits, len(self._live))
        if self._next_event(0) == "end":
            raise self._fault("the zygote is gone")
        try:
            if self._cgroup:
                self._cgroup.limit(limits)
            socket.send_fds(self._control, [order], [guest.fileno()])
        except OSError as error:
            raise self._fault(f"the zygote is gone ({error})") from error
        if self._watchdog:
            self._watchdog.watch(limits.memory)
        self._live.add(self._last)
        return self._last

    def end(self, ident: int) -> Exit:
        """Kill a tree, wait until it is gone, and say how it ended.

        Raises:
            SandboxFault: the zygote does not answer, or could not start the process at all.
        """
        self._live.discard(ident)
        if self.broken:
            raise SandboxFault("the box was torn down")
        name = ident.to_bytes(4, "big")
        status: int | None = None
        try:
            self._control.send(b"K" + name)
        except OSError as error:
            raise self._fault(f"the zygote is gone ({error})") from error
        deadline = time.monotonic() + EXIT_SECONDS
        while status is None:
            packet = self._message(deadline - time.monotonic())
            if packet[:1] == b"F":  # of this child or of another that is alive
                self._failures[packet[1:5]] = packet[5:].decode(errors="replace")
            elif packet[1:5] == name:
                status = int.from_bytes(packet[5:], "big", signed=True)
        if self._watchdog and not self._live:
            self._watchdog.pause()
        if self._failures and (why := self._failures.pop(name, "")):
            raise SandboxFault(f"the guest program did not start: {why}")
        return self._exit(status)

    def stop(self) -> None:
        """Kill the whole box and wait until all of it is gone. Safe to call twice."""
        self.broken = True
        self._control.close()
        if self._watchdog is not None:
            self._watchdog.stop()
            self._watchdog = None
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            gone = select.poll()
            gone.register(self._pidfd, select.POLLIN)
            gone.poll(EXIT_SECONDS * 1000)  # readable once its whole namespace is empty
            os.close(self._pidfd)
            self._pidfd = -1
        elif self._bwrap is not None:
            self._bwrap.kill()
        if self._bwrap is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._bwrap.wait(EXIT_SECONDS)
            if self._bwrap.stderr is not None:
                self._bwrap.stderr.close()
        if self._cgroup is not None:
            self._cgroup.remove()
            self._cgroup = None

    def _greet(self, config: BoxConfig) -> None:
        """Learn the zygote's number from the kernel, send it the set-up, wait until it is ready."""
        self._control.settimeout(START_SECONDS)
        data, ancillary, _, _ = self._control.recvmsg(1 << 16, 256)
        self._poll.register(self._control.fileno(), select.POLLIN)
        if not data:
            raise SandboxFault("the box did not start")
        self.pid = next(
            int.from_bytes(cargo[:4], sys.byteorder)
            for level, kind, cargo in ancillary
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS
        )
        self._pidfd = os.pidfd_open(self.pid)
        self._poll.register(self._pidfd, select.POLLIN)
        native = interpreter().ctypes
        setup = {
            "filter": seccomp.build(os.uname().machine).hex(),
            "native": f"{NATIVE}/{os.path.basename(native)}" if native else None,
            "environment": _ENVIRONMENT,
            "surroundings": asdict(config.environment),
            "preload": config.preload,
            "trusted_path": config.trusted_path,
            "child_path": config.python_path,
            "readable": [mount.inside for mount in config.mounts],
        }
        score = os.open(f"/proc/{self.pid}/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
        try:
            socket.send_fds(self._control, [json.dumps(setup).encode()], [score])
        finally:
            os.close(score)
        if self._message(START_SECONDS) != b"ready":
            raise SandboxFault("the zygote did not get ready")
        if self._bwrap is not None and self._bwrap.stderr is not None:
            self._bwrap.stderr.close()
        if self._cgroup:
            self._cgroup.start(config.limits)
        else:
            self._watchdog = Watchdog(self.pid)

    def _try_out(self, config: BoxConfig) -> None:
        """Start one process and hear from it, so that a kernel that can't lock one down is found out now."""
        host, guest = socket.socketpair()
        with host:
            with guest:
                ident = self.spawn("probe", config.limits, guest)
            host.settimeout(START_SECONDS)
            source = b"reply(1)"
            host.sendall(len(source).to_bytes(4, "big") + source)
            with contextlib.suppress(ConnectionError):
                host.recv(4)
            self.end(ident)

    def _exit(self, status: int) -> Exit:
        out_of_memory = bool((self._cgroup or self._watchdog) and self._ran_out_of_memory())
        if status == -signal.SIGKILL and not out_of_memory:
            return Exit(None)
        if status == -signal.SIGSYS:  # the filter carries out a SIGKILL that the process sent to itself
            return Exit(-signal.SIGKILL, out_of_memory)
        return Exit(status, out_of_memory)

    def _ran_out_of_memory(self) -> bool:
        source = self._cgroup or self._watchdog
        return source.ran_out_of_memory() if source else False

    def _message(self, seconds: float) -> bytes:
        event = self._next_event(seconds)
        packet = b""
        if event == "message":
            with contextlib.suppress(OSError):
                packet = self._control.recv(1 << 16)
        if not packet:
            raise self._fault("the zygote is gone" if event else "the zygote does not answer")
        return packet

    def _next_event(self, seconds: float) -> str:
        """Wait for "message" or for the zygote's "end"; "" when the time is up.

        The end is the kernel's word: the outer bubblewrap holds the control socket too, and may live on.
        """
        events = dict(self._poll.poll(max(seconds, 0) * 1000))
        if self._control.fileno() in events:
            return "message"
        return "end" if events else ""

    def _fault(self, what: str) -> SandboxFault:
        if self.pid >= 0 and self._last:  # it had started: nothing more is to be read from it
            self.stop()
        self.broken = True
        return SandboxFault(what)

    def _last_words(self) -> str:
        """What bubblewrap or the zygote wrote before it was ready."""
        if self._bwrap is None or self._bwrap.stderr is None or self._bwrap.stderr.closed:
            return ""
        self._control.close()  # makes a zygote that still waits end
        try:
            _, said = self._bwrap.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            return "(it is still running)"
        return (said or b"")[-4096:].decode(errors="replace").strip()


@lru_cache(64)
def _order(program: str, limits: Limits, others: int) -> bytes:
    """An order to start a process beside `others`. The zygote knows one that it was given before by its bytes."""
    order = {
        "program": program,
        "address_space": limits.memory + _BASE_ADDRESS_SPACE,
        "tasks": limits.tasks + 1 + others,  # the zygote is one more of this user
        "tmp": limits.tmp,
        "cpu": _CPU_SECONDS,
        # The kernel takes the highest first: a candidate before the tests that run beside it, the zygote last.
        "oom_score": "1000" if others else "500",
    }
    return json.dumps(order).encode()


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
        "mounts": plan.mounts,
        "devices": plan.devices,
        "before": plan.before,
        "covers": plan.covers,
        "command": plan.command,
        "fixed_addresses": config.fixed_addresses,
    }
    launcher = Path(__file__).with_name("launcher.py")
    return subprocess.Popen(
        [interpreter().executable, "-I", "-S", "-B", str(launcher), json.dumps(spec)],
        stdin=box.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
        start_new_session=True,  # a Ctrl-C at the terminal is the host's to handle
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
    hint = "run `lift-sys doctor` to see which protection is missing (Linux 5.9 or newer is needed)"
    if "namespace" in text.lower() or "uid map" in text.lower() or "Operation not permitted" in text:
        hint = (
            "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0, "
            "kernel.apparmor_restrict_unprivileged_userns=0; in a container: run it with the capability SYS_ADMIN "
            "or a seccomp profile that allows unshare)"
        )
    return f"the sandbox did not start: {text}; {hint}"
