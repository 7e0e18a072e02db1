"""The warm Python of a box: it forks one locked-down child for each guest program that the host asks for.

The only trusted code in the box. It holds CAP_SYS_ADMIN over the box's own namespaces, and no child does. It never
reads a byte that a child wrote: a child's channel goes straight to the host, and the host's orders come over a
socket that children don't have.

Messages, one a packet, each a JSON object:
    to the zygote    the set-up (once), {"spawn": id, "program", "address_space", "tasks", "tmp", "cpu",
                     "oom_score"} with the child's channel attached, {"kill": id}
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
import select
import signal
import socket
import sys
from typing import Any

# Imported once here, so that no child pays for it. What a version lacks is left out.
PRELOAD = (
    "abc array ast base64 bisect calendar cmath collections collections.abc contextlib contextvars copy copyreg "
    "dataclasses datetime decimal difflib enum fractions functools hashlib heapq hmac html inspect io itertools "
    "json keyword linecache locale math numbers operator os.path queue random re reprlib secrets statistics string "
    "struct textwrap threading time timeit traceback types typing unicodedata urllib.parse uuid warnings weakref "
    "zlib encodings.idna encodings.ascii encodings.latin_1 encodings.utf_16 encodings.utf_32"
)
CHANNEL = 3  # the descriptor of a child's channel; in the zygote, of its control socket
_NEWNS, _NEWIPC, _NEWPID = 0x20000, 0x08000000, 0x20000000
_NOSUID, _NODEV, _NOEXEC, _DETACH = 2, 4, 8, 2
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_SET_MODE_FILTER = 1
_RLIMIT_CPU, _RLIMIT_FSIZE, _RLIMIT_CORE, _RLIMIT_NPROC, _RLIMIT_NOFILE, _RLIMIT_AS = 0, 1, 4, 6, 7, 9
_OPEN_FILES = 512
_ARENA_MAX = -8
_CALLS = (
    *("capset", "chdir", "close_range", "dup3", "mount", "prctl"),
    *("prlimit64", "seccomp", "setns", "setsid", "umount2", "unshare"),
)
_NUMBERS = {
    "x86_64": dict(zip(_CALLS, (126, 80, 436, 292, 165, 157, 302, 317, 308, 112, 166, 272), strict=True)),
    "aarch64": dict(zip(_CALLS, (91, 49, 436, 24, 40, 167, 261, 277, 268, 157, 39, 97), strict=True)),
}


class Kernel:
    """System calls as plain tuples of numbers.

    A child's lock-down is a prepared list of them: nothing is built, looked up or converted after the fork, because
    every object that a child touches costs it a page fault.
    """

    def __init__(self, ctypes: Any, filter_code: bytes) -> None:
        self._ctypes = ctypes
        self._library = ctypes.PyDLL(None, use_errno=True)
        self._call = self._library.syscall
        self._call.argtypes = [ctypes.c_long] * 6
        self._call.restype = ctypes.c_long
        self._number = _NUMBERS[os.uname().machine]
        self._kept: list[Any] = []
        self._prepared: dict[tuple[int, ...], list[tuple[str, tuple[int, ...]]]] = {}
        code = self._address(filter_code)
        length = len(filter_code) // 8
        self._filter = self._address(length.to_bytes(8, sys.byteorder) + code.to_bytes(8, sys.byteorder))
        self._own_pids = os.pidfd_open(os.getpid())
        if hasattr(self._library, "mallopt"):
            self._library.mallopt(_ARENA_MAX, 1)  # one heap a process: threads must not eat the address space
        # libc's fork without Python's hooks for it, which cost more than the fork: they tidy up after threads, and
        # here are none.
        self.fork = self._library.fork

    def keep_for_ever(self, value: object) -> None:
        """Never deallocate `value`, though nothing refers to it: freeing it in each child costs more."""
        self._ctypes.pythonapi.Py_IncRef(self._ctypes.py_object(value))

    def call(self, name: str, *arguments: int) -> None:
        self._run(name, self._pack(name, *arguments))

    def text(self, text: str) -> int:
        return self._address(text.encode() + b"\0")

    def next_child_gets_pid_namespace(self) -> None:
        self.call("unshare", _NEWPID)

    def back_to_own_pid_namespace(self) -> None:
        self.call("setns", self._own_pids, _NEWPID)

    def prepare(self, tmp: int, limits: dict[int, int]) -> list[tuple[str, tuple[int, ...]]]:
        """The lock-down of a child, but for its channel: all of it, in order."""
        key = (tmp, *limits.values())
        if key not in self._prepared:
            self._prepared[key] = self._lock_down(tmp, limits)
        return self._prepared[key]

    def run(self, steps: list[tuple[str, tuple[int, ...]]], channel: int) -> None:
        """Lock this process down. Nothing of the box but its channel can be reached afterwards."""
        for name, arguments in steps:
            self._run(name, arguments)
        self.call("dup3", channel, CHANNEL, 0)
        self.call("close_range", CHANNEL + 1, 0xFFFFFFFF, 0)

    def _lock_down(self, tmp: int, limits: dict[int, int]) -> list[tuple[str, tuple[int, ...]]]:
        tmpfs, place = self.text("tmpfs"), self.text("/tmp")
        options = self.text(f"size={tmp},nr_inodes={max(1024, tmp >> 13)},mode=1777")
        no_capabilities = self._address(bytes(24))
        version_3 = self._address((0x20080522).to_bytes(4, sys.byteorder) + bytes(4))
        steps = [
            ("setsid",),  # else kill(0) would reach the zygote: process groups cross pid namespaces
            ("unshare", _NEWNS | _NEWIPC),
            ("mount", tmpfs, place, tmpfs, _NOSUID | _NODEV | _NOEXEC, options),
            ("chdir", place),
            *(("prlimit64", 0, which, self._rlimit(value), 0) for which, value in limits.items()),
            ("capset", version_3, no_capabilities),
            ("prctl", _PR_SET_NO_NEW_PRIVS, 1),
        ]
        steps += [("seccomp", _SET_MODE_FILTER, 0, self._filter)]
        return [(str(name), self._pack(str(name), *map(int, rest))) for name, *rest in steps]

    def _rlimit(self, value: int) -> int:
        return self._address(value.to_bytes(8, sys.byteorder) * 2)

    def _pack(self, name: str, *arguments: int) -> tuple[int, ...]:
        return (self._number[name], *arguments, 0, 0, 0, 0, 0)[:6]

    def _address(self, data: bytes) -> int:
        buffer = self._ctypes.create_string_buffer(data, len(data))
        self._kept.append(buffer)
        return int(self._ctypes.addressof(buffer))

    def _run(self, name: str, arguments: tuple[int, ...]) -> None:
        if self._call(*arguments) < 0:
            number = self._ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")


class Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, tuple[int, int]] = {}  # pidfd -> (id, pid)
        self._poll = select.epoll()
        self._oom_score = -1
        self._child_path: list[str] = []
        self._kernel: Kernel

    def set_up(self) -> None:
        """Receive the set-up, import what children will need, and become undumpable."""
        self._send({"hello": True})
        packet, handles, _, _ = socket.recv_fds(self._control, 1 << 20, 1)
        config = json.loads(packet)
        self._oom_score = handles[0] if handles else -1
        self._child_path = config["child_path"]
        os.environ.clear()
        os.environ.update(config["environment"])
        sys.path += ["/lift/shared", *config["trusted_path"]]
        self._kernel = Kernel(_load_ctypes(config["native"]), bytes.fromhex(config["filter"]))
        if config["native"]:
            self._kernel.call("umount2", self._kernel.text(config["native"]), _DETACH)
        for place in config["readable"]:
            if not os.access(place, os.R_OK):
                raise PermissionError(f"{place} can't be read by the box's user: make the folder readable for others")
        for name in (*PRELOAD.split(), "wire", *config["preload"]):
            try:
                importlib.import_module(name)
            except ImportError:
                if name in config["preload"]:
                    raise
        _forget_ctypes()
        _warm_up()
        self._kernel.call("prctl", _PR_SET_DUMPABLE, 0)
        _nothing_on_standard_streams()
        self._poll.register(self._control.fileno(), select.EPOLLIN)
        self._kernel.keep_for_ever(self)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection here would only unshare pages from the children
        self._send({"ready": True})

    def serve(self) -> Any:
        """Carry out orders for ever. Returns in children only: `main` of the program to run."""
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
                    continue
                try:
                    main = importlib.import_module(order["program"]).main
                except Exception as error:
                    self._failed(order, error)
                    os.close(handles[0])
                    continue
                if self._spawn(order, handles[0]):
                    return main

    def _spawn(self, order: dict[str, Any], channel: int) -> bool:
        """Fork a child for `order`; True in the child, locked down."""
        limits = {
            _RLIMIT_AS: order["address_space"],
            _RLIMIT_NPROC: order["tasks"],
            _RLIMIT_FSIZE: order["tmp"],
            _RLIMIT_NOFILE: _OPEN_FILES,
            _RLIMIT_CORE: 0,
            _RLIMIT_CPU: order["cpu"],
        }
        steps = self._kernel.prepare(order["tmp"], limits)
        random.seed(order["program"])  # the child's; the zygote itself draws no numbers
        self._kernel.next_child_gets_pid_namespace()
        self._set_oom_score(order["oom_score"].encode())
        pid = self._kernel.fork()
        if pid == 0:
            try:
                self._kernel.run(steps, channel)
            except BaseException as error:
                self._failed(order, error)
                os._exit(1)
            sys.path += self._child_path
            gc.enable()
            return True
        self._kernel.back_to_own_pid_namespace()
        self._set_oom_score(b"0")
        os.close(channel)
        if pid < 0:
            self._failed(order, OSError("fork failed"))
            return False
        handle = os.pidfd_open(pid)
        self._children[handle] = order["spawn"], pid
        self._poll.register(handle, select.EPOLLIN)
        return False

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

    def _failed(self, order: dict[str, Any], error: BaseException) -> None:
        self._send({"failed": order["spawn"], "why": f"{type(error).__name__}: {error}"})

    def _send(self, message: dict[str, object]) -> None:
        self._control.send(json.dumps(message).encode())


def _warm_up() -> None:
    """Fill the caches that every child would fill again."""
    scope: dict[str, object] = {}
    exec(compile("def f(x):\n    return [x]\n", "<warm>", "exec"), scope)
    try:
        raise ValueError("warm")
    except ValueError as error:
        importlib.import_module("traceback").format_exception(error)


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


def _zygote() -> Any:
    """Be the zygote; returns in children, where no frame holds it any more."""
    os.dup2(0, CHANNEL, inheritable=False)
    zygote = Zygote(socket.socket(fileno=CHANNEL))
    zygote.set_up()
    return zygote.serve()


def main() -> None:
    from channel import Channel  # type: ignore[import-not-found]

    channel = Channel(CHANNEL)
    program = _zygote()
    try:
        program(channel)
    except BaseException:
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    sys.path += ["/lift/guest"]
    main()
