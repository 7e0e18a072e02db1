"""Starts one guest program in a container that others keep, and carries its frames: standard input to it, its own to
standard output.

    python -I -S -B relay.py PROGRAM LIMITS [FOLDER ...]

LIMITS is JSON: {"memory", "tasks", "tmp", "cpu"}. The guest becomes a user that owns nothing, with a folder of its
own and nothing open but its channel. When standard input ends, every process of that user is killed. Exit status: the
guest's own up to 127, 128 + the signal that ended it, or 255 when it was killed from here.

Weaker than the zygote's lock-down: no system call filter, no namespaces. For containers that can't have them.
"""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile

CHANNEL = 3
KILLED = 255
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38


def main(program: str, limits: dict[str, int], folders: list[str]) -> int:
    here, there = socket.socketpair()
    user = _unused_user() if os.geteuid() == 0 else os.geteuid()
    home = tempfile.mkdtemp()
    os.chown(home, user, -1)
    guest = os.fork()
    if guest == 0:
        try:
            here.close()
            sys.path += folders
            from channel import Channel  # type: ignore[import-not-found]

            run = __import__(program).main
            _lock_down(there.fileno(), user, home, limits)
            run(Channel(CHANNEL))
            os._exit(0)
        finally:
            os._exit(1)
    there.close()
    try:
        ended = _carry(here, guest)
    finally:
        _kill_all(guest, user)
        shutil.rmtree(home, ignore_errors=True)
    if not ended:
        return KILLED
    status = os.waitstatus_to_exitcode(_status[0])
    return status & 127 if status >= 0 else 128 - status


_status: list[int] = []


def _unused_user() -> int:
    """A user that owns nothing, another one for each guest where this machine has so many."""
    with open("/proc/self/uid_map") as file:
        most = max(int(line.split()[0]) + int(line.split()[2]) for line in file)
    return 0x71000000 + int.from_bytes(os.urandom(2), "big") if most > 0x72000000 else 65534


def _carry(here: socket.socket, guest: int) -> bool:
    """Carry bytes both ways until one side ends; whether the guest ended first."""
    while True:
        ready, _, _ = select.select([0, here.fileno()], [], [])
        if here.fileno() in ready:
            try:
                data = here.recv(1 << 16)
            except OSError:  # it ended with something unread
                data = b""
            if not data:
                return _wait_a_moment(guest)
            while data:
                data = data[os.write(1, data) :]
        if 0 in ready:
            data = os.read(0, 1 << 16)
            if not data:
                return _wait_a_moment(guest, 0)
            try:
                here.sendall(data)
            except OSError:
                return _wait_a_moment(guest)


def _wait_a_moment(guest: int, tries: int = 100) -> bool:
    """Whether the guest has ended by itself. A guest that has closed its channel is given a second to."""
    for attempt in range(tries + 1):
        pid, status = os.waitpid(guest, os.WNOHANG)
        if pid:
            _status.append(status)
            return True
        if attempt < tries:
            select.select([], [], [], 0.01)
    return False


def _kill_all(guest: int, user: int) -> None:
    """Kill every process of the user: a process that was forked away from the guest's group is one of them."""
    if os.geteuid() == 0:
        killer = os.fork()
        if killer == 0:
            try:
                os.setresuid(user, user, user)
                os.kill(-1, signal.SIGKILL)  # all that this user may send to: its own
            finally:
                os._exit(0)
        os.waitpid(killer, 0)
    if not _status:
        os.kill(guest, signal.SIGKILL)
        os.waitpid(guest, 0)


def _lock_down(channel: int, user: int, home: str, limits: dict[str, int]) -> None:
    import ctypes  # while its files can be read

    library = ctypes.CDLL(None)
    os.setsid()
    os.dup2(channel, CHANNEL)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(CHANNEL + 1, 1 << 16)
    os.environ.clear()
    os.environ.update(HOME=home, TMPDIR=home, LANG="C.UTF-8", PATH="/usr/bin:/bin")
    os.chdir(home)
    for which, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["tmp"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_NPROC, limits["tasks"]),
        (resource.RLIMIT_NOFILE, 512),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (value, value))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    for name in [name for name in sys.modules if name.split(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]
    sys.modules["_ctypes"] = None  # type: ignore[assignment]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]))
