"""The warm Python of a box: it forks one locked-down child for each guest program that the host asks for.

The only trusted code in the box. It holds CAP_SYS_ADMIN over the box's own namespaces, and no child does. It never
reads a byte that a child wrote: a child's channel goes straight to the host, and the host's orders come over a
socket that children don't have.

Messages, one a packet, each a JSON object:
    to the zygote    the set-up (once), {"spawn": id, "program", "memory", "tasks", "tmp", "cpu"} with the child's
                     channel attached, {"kill": id}
    from the zygote  {"hello"}, {"ready"}, {"exit": id, "status"}, {"failed": id, "why"}
"""

from __future__ import annotations

import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import select
import signal
import socket
import sys
from typing import Any

# Imported once here, so that no child pays for it.
PRELOAD = """abc array ast base64 bisect calendar cmath collections collections.abc contextlib contextvars copy copyreg
dataclasses datetime decimal difflib enum fractions functools gc hashlib heapq hmac html inspect io itertools json
keyword linecache locale math numbers operator os os.path queue random re reprlib secrets statistics string struct
sys textwrap threading time timeit traceback types typing unicodedata urllib.parse uuid warnings weakref zlib
encodings.idna encodings.ascii encodings.latin_1 encodings.utf_16 encodings.utf_32""".split()

CHANNEL = 3
_NEWNS, _NEWIPC, _NEWPID = 0x20000, 0x08000000, 0x20000000
_NOSUID, _NODEV, _NOEXEC, _DETACH = 2, 4, 8, 2
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}
_ARENA_MAX = -8


class Kernel:
    """The system calls that Python doesn't offer. Gone from a child before it runs anything."""

    def __init__(self, ctypes: Any, filter_code: bytes) -> None:
        self._ctypes = ctypes
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._code = ctypes.create_string_buffer(filter_code, len(filter_code))

        class Program(ctypes.Structure):  # type: ignore[misc]
            _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

        self._program = Program(len(filter_code) // 8, ctypes.addressof(self._code))
        self._no_capabilities = ctypes.create_string_buffer(24)
        self._capability_header = ctypes.create_string_buffer((0x20080522).to_bytes(4, sys.byteorder) + bytes(4), 8)
        self._seccomp = _SECCOMP_CALL[os.uname().machine]
        self._own_pids = os.pidfd_open(os.getpid())
        if hasattr(self._libc, "mallopt"):
            self._libc.mallopt(_ARENA_MAX, 1)  # one heap a process: threads must not eat the address space

    def check(self, result: int, what: str) -> None:
        if result:
            number = self._ctypes.get_errno()
            raise OSError(number, f"{what}: {os.strerror(number)}")

    def next_child_gets_pid_namespace(self) -> None:
        self.check(self._libc.unshare(_NEWPID), "pid namespace")

    def back_to_own_pid_namespace(self) -> None:
        self.check(self._libc.setns(self._own_pids, _NEWPID), "own pid namespace")

    def private_mounts_and_ipc(self, tmp_bytes: int) -> None:
        self.check(self._libc.unshare(_NEWNS | _NEWIPC), "mount and ipc namespace")
        data = f"size={tmp_bytes},nr_inodes={max(1024, tmp_bytes >> 13)},mode=1777".encode()
        flags = _NOSUID | _NODEV | _NOEXEC
        self.check(self._libc.mount(b"tmpfs", b"/tmp", b"tmpfs", flags, data), "/tmp")

    def hide(self, path: str) -> None:
        self.check(self._libc.umount2(path.encode(), _DETACH), f"unmount {path}")

    def undumpable(self) -> None:
        self.check(self._libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE")

    def lock(self) -> None:
        """Give up every capability and the way to get one, then every system call that isn't needed."""
        libc = self._libc
        self.check(libc.capset(self._capability_header, self._no_capabilities), "capset")
        self.check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
        filter_program = self._ctypes.byref(self._program)
        self.check(libc.syscall(self._seccomp, _SECCOMP_SET_MODE_FILTER, 0, filter_program), "seccomp")


class Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, tuple[int, int]] = {}  # pidfd -> (id, pid)
        self._poll = select.epoll()
        self._oom_score = -1
        self._kernel: Kernel
        self._child_path: list[str] = []

    def set_up(self) -> None:
        """Receive the set-up, import what children will need, and become undumpable."""
        self._send({"hello": True})
        packet, handles, _, _ = socket.recv_fds(self._control, 1 << 20, 1)
        config = json.loads(packet)
        self._oom_score = handles[0] if handles else -1
        self._child_path = config["child_path"]
        os.environ.clear()
        os.environ.update(config["environment"])
        sys.path += ["/lift/guest", "/lift/shared", *config["trusted_path"]]
        self._kernel = Kernel(_load_ctypes(config["native"]), bytes.fromhex(config["filter"]))
        if config["native"]:
            self._kernel.hide(config["native"])
        for name in (*PRELOAD, "channel", "wire", *config["preload"]):
            try:
                importlib.import_module(name)
            except ImportError:
                if name in config["preload"]:
                    raise
        _forget_ctypes()
        self._kernel.undumpable()
        _nothing_on_standard_streams()
        self._poll.register(self._control.fileno(), select.EPOLLIN)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection here would only unshare pages from the children
        self._send({"ready": True})

    def serve(self) -> tuple[str, int]:
        """Carry out orders for ever. Returns in children only: the program to run, and its channel's descriptor."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._children:
                    self._reap(descriptor)
                    continue
                packet, handles, _, _ = socket.recv_fds(self._control, 1 << 16, 1)
                if not packet:
                    os._exit(0)  # the host is gone; this is pid 1, so the whole box ends
                order = json.loads(packet)
                if "kill" in order:
                    self._kill(order["kill"])
                elif self._spawn(order, handles[0]):
                    return order["program"], handles[0]

    def _spawn(self, order: dict[str, Any], channel: int) -> bool:
        """Fork a child for `order`; True in the child, locked down."""
        try:
            importlib.import_module(order["program"])
        except Exception as error:
            self._send({"failed": order["spawn"], "why": f"{type(error).__name__}: {error}"})
            os.close(channel)
            return False
        self._kernel.next_child_gets_pid_namespace()
        self._set_oom_score(b"1000")
        pid = os.fork()
        if pid == 0:
            try:
                self._lock_down(order)
            except BaseException as error:
                self._send({"failed": order["spawn"], "why": f"{type(error).__name__}: {error}"})
                os._exit(1)
            return True
        self._kernel.back_to_own_pid_namespace()
        self._set_oom_score(b"0")
        os.close(channel)
        handle = os.pidfd_open(pid)
        self._children[handle] = order["spawn"], pid
        self._poll.register(handle, select.EPOLLIN)
        return False

    def _lock_down(self, order: dict[str, Any]) -> None:
        os.setsid()  # else kill(0) would reach the zygote: process groups cross pid namespaces
        self._kernel.private_mounts_and_ipc(order["tmp"])
        os.chdir("/tmp")
        for limit, value in (
            (resource.RLIMIT_AS, order["address_space"]),
            (resource.RLIMIT_NPROC, order["tasks"]),
            (resource.RLIMIT_FSIZE, order["tmp"]),
            (resource.RLIMIT_NOFILE, 512),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, order["cpu"]),
        ):
            resource.setrlimit(limit, (value, value))
        sys.path += self._child_path
        random.seed(order["program"])
        gc.enable()
        self._kernel.lock()

    def _kill(self, ident: int) -> None:
        for handle, (child, _) in self._children.items():
            if child == ident:
                signal.pidfd_send_signal(handle, signal.SIGKILL)  # pid 1 of its namespace: all of it dies

    def _reap(self, handle: int) -> None:
        ident, pid = self._children.pop(handle)
        self._poll.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(pid, 0)  # returns once every process of its namespace is gone
        self._send({"exit": ident, "status": os.waitstatus_to_exitcode(status)})

    def _set_oom_score(self, score: bytes) -> None:
        if self._oom_score >= 0:
            os.pwrite(self._oom_score, score, 0)

    def _send(self, message: dict[str, object]) -> None:
        self._control.send(json.dumps(message).encode())


def _load_ctypes(native: str | None) -> Any:
    """ctypes, its extension module taken from a place that only the zygote sees."""
    if native is not None:
        loader = importlib.machinery.ExtensionFileLoader("_ctypes", native)
        spec = importlib.util.spec_from_loader("_ctypes", loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        sys.modules["_ctypes"] = module
    return importlib.import_module("ctypes")


def _forget_ctypes() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]
    sys.modules["_ctypes"] = None  # type: ignore[assignment]


def _nothing_on_standard_streams() -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _only_the_channel(channel: int) -> Any:
    """Close every descriptor but the standard streams and the channel, which becomes number 3."""
    from channel import Channel  # type: ignore[import-not-found]

    if channel != CHANNEL:
        os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return Channel(CHANNEL)


def main() -> None:
    program, channel = _zygote()
    try:
        sys.modules[program].main(_only_the_channel(channel))
    except BaseException:
        os._exit(1)
    os._exit(0)


def _zygote() -> tuple[str, int]:
    """Be the zygote; returns in children, where no frame holds the zygote any more."""
    descriptor = os.dup(0)
    os.set_inheritable(descriptor, False)
    zygote = Zygote(socket.socket(fileno=descriptor))
    zygote.set_up()
    return zygote.serve()


if __name__ == "__main__":
    main()
