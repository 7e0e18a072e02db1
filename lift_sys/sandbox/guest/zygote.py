"""The warm Python of a box: it forks one locked-down child for each guest program that the host asks for.

The only trusted code in the box. It holds CAP_SYS_ADMIN over the box's own namespaces, and no child does. It never
reads a byte that a child wrote: a child's channel goes straight to the host, and the host's orders come over a
socket that children don't have.

Messages, one a packet. The set-up is JSON; the rest is a letter, a number of 4 bytes that names the child, and
    to the zygote    S, JSON {"program", "address_space", "tasks", "tmp", "cpu", "oom_score"}, the channel attached
                     K: kill it, and say how it ended
    from the zygote  X, its exit status or minus a signal (4 bytes), once for each K
                     F, why it did not start (text), before the X

Every object that the zygote touches between two forks lies on a page that the kernel must copy, for it or for the
child. So its loop is plain, and an order that was carried out before is looked up by its bytes.
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
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lift_sys.sandbox.guest import surroundings
else:
    sys.path += ["/lift/guest"]
    import surroundings

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
    *("capset", "chdir", "clone", "close_range", "dup3", "mount"),
    *("prctl", "prlimit64", "seccomp", "setsid", "umount2"),
)
_NUMBERS = {
    "x86_64": dict(zip(_CALLS, (126, 80, 56, 436, 292, 165, 157, 302, 317, 112, 166), strict=True)),
    "aarch64": dict(zip(_CALLS, (91, 49, 220, 436, 24, 40, 167, 261, 277, 157, 39), strict=True)),
}

Steps = list[tuple[str, tuple[int, ...]]]


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
        self._prepared: dict[tuple[int, ...], Steps] = {}
        code = self._address(filter_code)
        length = len(filter_code) // 8
        self._filter = self._address(length.to_bytes(8, sys.byteorder) + code.to_bytes(8, sys.byteorder))
        if hasattr(self._library, "mallopt"):
            self._library.mallopt(_ARENA_MAX, 1)  # one heap a process: threads must not eat the address space
        self._let_profiling_signal_exit()
        self._clone = self._pack("clone", _NEWNS | _NEWIPC | _NEWPID | signal.SIGCHLD)

    def _let_profiling_signal_exit(self) -> None:
        """Children inherit it, with no code of Python's in the way: a timer can end one that is stuck in C code. The
        signal's own action would be to end it, too, but is nothing in the first process of a namespace.
        """
        library, pointer = self._library, self._ctypes.c_void_p
        library.signal.argtypes, library.signal.restype = (self._ctypes.c_int, pointer), pointer
        library.signal(signal.SIGPROF, self._ctypes.cast(library._exit, pointer))

    def keep_for_ever(self, value: object) -> None:
        """Never deallocate `value`, though nothing refers to it: freeing it in each child costs more."""
        self._ctypes.pythonapi.Py_IncRef(self._ctypes.py_object(value))

    def call(self, name: str, *arguments: int) -> None:
        self._run(name, self._pack(name, *arguments))

    def text(self, text: str) -> int:
        return self._address(text.encode() + b"\0")

    def fork(self) -> int:
        """Fork a child with namespaces of its own; its number, 0 in the child.

        The plain system call, without libc's and Python's hooks: they tidy up after threads, and here are none. What
        libc keeps of a process is its number, and that is 1 in both.

        Raises:
            OSError: there is no child.
        """
        return self._run("clone", self._clone)

    def prepare(self, tmp: int, limits: dict[int, int]) -> Steps:
        """The lock-down of a child, but for its channel: all of it, in order."""
        key = (tmp, *limits.values())
        if key not in self._prepared:
            self._prepared[key] = self._lock_down(tmp, limits)
        return self._prepared[key]

    def run(self, steps: Steps, channel: int) -> None:
        """Lock this process down. Nothing of the box but its channel can be reached afterwards."""
        for name, arguments in steps:
            self._run(name, arguments)
        self.call("dup3", channel, CHANNEL, 0)
        self.call("close_range", CHANNEL + 1, 0xFFFFFFFF, 0)

    def _lock_down(self, tmp: int, limits: dict[int, int]) -> Steps:
        tmpfs, place = self.text("tmpfs"), self.text("/tmp")
        options = self.text(f"size={tmp},nr_inodes={max(1024, tmp >> 13)},mode=1777")
        no_capabilities = self._address(bytes(24))
        version_3 = self._address((0x20080522).to_bytes(4, sys.byteorder) + bytes(4))
        steps = [
            ("setsid",),  # else kill(0) would reach the zygote: process groups cross pid namespaces
            ("mount", tmpfs, place, tmpfs, _NOSUID | _NODEV | _NOEXEC, options),
            ("chdir", place),
            *(("prlimit64", 0, which, self._rlimit(which, value), 0) for which, value in limits.items()),
            ("capset", version_3, no_capabilities),
            ("prctl", _PR_SET_NO_NEW_PRIVS, 1),
        ]
        steps += [("seccomp", _SET_MODE_FILTER, 0, self._filter)]
        return [(str(name), self._pack(str(name), *map(int, rest))) for name, *rest in steps]

    def _rlimit(self, which: int, value: int) -> int:
        """The limit as the kernel reads it; never above the one that the host itself was started with."""
        most = resource.getrlimit(which)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        return self._address(value.to_bytes(8, sys.byteorder) * 2)

    def _pack(self, name: str, *arguments: int) -> tuple[int, ...]:
        return (self._number[name], *arguments, 0, 0, 0, 0, 0)[:6]

    def _address(self, data: bytes) -> int:
        buffer = self._ctypes.create_string_buffer(data, len(data))
        self._kept.append(buffer)
        return int(self._ctypes.addressof(buffer))

    def _run(self, name: str, arguments: tuple[int, ...]) -> int:
        result: int = self._call(*arguments)
        if result < 0:
            number = self._ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")
        return result


class Order:
    """What an order comes to, ready to be carried out again."""

    def __init__(self, steps: Steps, oom_score: bytes, main: Any) -> None:
        self.steps = steps
        self.oom_score = oom_score
        self.main = main


class Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[bytes, int] = {}
        self._orders: dict[bytes, Order] = {}
        self._oom_score = -1
        self._child_path: list[str] = []
        self._kernel: Kernel

    def set_up(self) -> None:
        """Receive the set-up, import what children will need, and become undumpable."""
        self._control.send(b"hello")
        packet, handles, _, _ = socket.recv_fds(self._control, 1 << 20, 1)
        config = json.loads(packet)
        self._oom_score = handles[0] if handles else -1
        self._child_path = config["child_path"]
        os.environ.clear()
        os.environ.update(config["environment"])
        sys.path += ["/lift/shared", *config["trusted_path"]]
        ctypes = _load_ctypes(config["native"])
        self._kernel = Kernel(ctypes, bytes.fromhex(config["filter"]))
        if config["native"]:
            self._kernel.call("umount2", self._kernel.text(config["native"]), _DETACH)
        surroundings.arrange(config["surroundings"], self._kernel, ctypes)
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
        self._kernel.keep_for_ever(self)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection here would only unshare pages from the children
        self._control.send(b"ready")

    def serve(self) -> Any:
        """Carry out orders for ever. Returns in children only: `main` of the program to run."""
        receive = self._control.recvmsg
        while True:
            packet, ancillary, _, _ = receive(1 << 12, 64)
            if not packet:
                os._exit(0)  # the host is gone; this is pid 1, so the whole box ends
            ident = packet[1:5]
            if packet[:1] == b"K":
                self._end(ident)
                continue
            channel = int.from_bytes(ancillary[0][2], sys.byteorder)
            try:
                order = self._orders.get(packet[5:]) or self._learn(packet[5:])
                pid = self._fork(order)
            except Exception as error:
                self._failed(ident, error)
                os.close(channel)
                continue
            if pid == 0:
                try:
                    self._kernel.run(order.steps, channel)
                except BaseException as error:
                    self._failed(ident, error)
                    os._exit(1)
                surroundings.begin()
                if self._child_path:
                    sys.path += self._child_path
                gc.enable()
                return order.main
            self._children[ident] = pid
            os.close(channel)

    def _learn(self, text: bytes) -> Order:
        order = json.loads(text)
        limits = {
            _RLIMIT_AS: order["address_space"],
            _RLIMIT_NPROC: order["tasks"],
            _RLIMIT_FSIZE: order["tmp"],
            _RLIMIT_NOFILE: _OPEN_FILES,
            _RLIMIT_CORE: 0,
            _RLIMIT_CPU: order["cpu"],
        }
        program = importlib.import_module(order["program"])
        if hasattr(program, "warm"):
            program.warm()
            gc.freeze()
        random.seed(surroundings.random_seed)  # the children's; the zygote itself draws no numbers
        steps = self._kernel.prepare(order["tmp"], limits)
        learnt = self._orders[text] = Order(steps, order["oom_score"].encode(), program.main)
        return learnt

    def _fork(self, order: Order) -> int:
        self._set_oom_score(order.oom_score)
        try:
            pid = self._kernel.fork()
        except OSError:
            self._set_oom_score(b"0")
            raise
        if pid:
            self._set_oom_score(b"0")
        return pid

    def _end(self, ident: bytes) -> None:
        """Kill a child, which is pid 1 of its namespace: all of it dies. Then wait for that, and report it."""
        status = 1
        pid = self._children.pop(ident, 0)
        if pid:
            os.kill(pid, signal.SIGKILL)  # the number is still its own: nobody else waits for it
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self._control.send(b"X" + ident + status.to_bytes(4, "big", signed=True))

    def _set_oom_score(self, score: bytes) -> None:
        if self._oom_score >= 0:
            os.pwrite(self._oom_score, score, 0)

    def _failed(self, ident: bytes, error: BaseException) -> None:
        self._control.send(b"F" + ident + f"{type(error).__name__}: {error}".encode(errors="replace")[:4000])


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
    main()
