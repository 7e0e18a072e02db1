"""The last steps before bubblewrap, in a process of their own: `python -I -S -B launcher.py SPEC`.

It enters the box's cgroups; when it is root, it shows the needed files at paths that everyone can reach and becomes
a user that owns nothing; then it turns into bubblewrap, with an empty environment. A process of its own, because a
host with threads can't safely do this between fork and exec. Standard library only.

SPEC is JSON: {bwrap, cgroups: [cgroup.procs files], user: uid or null, binds: [[host, inside]], mounts: [[host,
inside]], devices: [[host, inside]], before: [...], covers: [...], command: [...], fixed_addresses: bool}. `mounts`
are the caller's: files in them that only root may read are shown to the box's user as its own.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

NO_GROUP = "the control group can't be entered"
STAGE = "/tmp"  # exists everywhere; covered by a tmpfs that only this process and its children see
_NEWNS, _NEWUSER, _REC, _PRIVATE, _BIND, _NOSUID, _NODEV = 0x20000, 0x10000000, 0x4000, 0x40000, 0x1000, 2, 4
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_CLONE_TREE, _RECURSIVE, _EMPTY_PATH, _IDMAP = 1, 0x8000, 0x1000, 0x100000
_STACK = 8 << 20
_NO_RANDOMIZE = 0x40000


def main(spec: dict[str, object]) -> None:
    for path in _strings(spec["cgroups"]):
        try:
            with open(path, "w") as file:
                file.write(str(os.getpid()))
        except OSError as error:
            sys.exit(f"{NO_GROUP}: {error}")
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    soft = _STACK if hard == resource.RLIM_INFINITY else min(_STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))  # recursion goes as deep on every host
    if spec["fixed_addresses"]:
        import ctypes

        ctypes.CDLL(None).personality(_NO_RANDOMIZE)
    os.umask(0o022)
    binds, mounts, devices = _pairs(spec["binds"]), _pairs(spec["mounts"]), _pairs(spec["devices"])
    program = str(spec["bwrap"])
    user = spec["user"]
    if isinstance(user, int):
        stage = Stage(user)
        program, *staged = stage.show([program, *(host for host, _ in (*binds, *mounts))], len(mounts))
        pairs = zip(staged, (*binds, *mounts), strict=True)
        binds, mounts = [(shown, inside) for shown, (_, inside) in pairs], []
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    arguments = ["bwrap", *_strings(spec["before"])]
    for host, inside in (*binds, *mounts):
        arguments += ["--ro-bind", host, inside]
    for host, inside in devices:
        arguments += ["--dev-bind", host, inside]
    arguments += [*_strings(spec["covers"]), "--", *_strings(spec["command"])]
    os.chdir("/")
    os.execve(program, arguments, {})


class Stage:
    """Paths of root's shown to a user that can't reach them, in a mount namespace of this process's own."""

    def __init__(self, user: int) -> None:
        import ctypes

        self._ctypes: Any = ctypes
        self._libc: Any = ctypes.CDLL(None, use_errno=True)
        self._user = user

    def show(self, paths: list[str], mounts: int) -> list[str]:
        """Bind each path below a fresh tmpfs and return the new paths; the last `mounts` with owners mapped."""
        self._check(self._libc.unshare(_NEWNS), "a mount namespace")
        self._mount("none", "/", "", _REC | _PRIVATE)
        opened = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths]  # the stage may hide some of them
        self._mount("tmpfs", STAGE, "tmpfs", _NOSUID | _NODEV, "mode=755,size=1m")
        shown = []
        for number, handle in enumerate(opened):
            target = f"{STAGE}/{number}"
            if os.path.isdir(f"/proc/self/fd/{handle}"):
                os.mkdir(target)
            else:
                os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
            if number < len(paths) - mounts or not self._bind_mapped(handle, target):
                self._mount(f"/proc/self/fd/{handle}", target, "", _BIND | _REC)
            shown.append(target)
        return shown

    def _bind_mapped(self, handle: int, target: str) -> bool:
        """Bind so that what root owns belongs to the box's user; False where the kernel or file system can't."""
        owners = self._namespace_that_maps_root()
        if owners < 0:
            return False
        flags = _CLONE_TREE | _RECURSIVE | _EMPTY_PATH | os.O_CLOEXEC
        tree = self._libc.syscall(_OPEN_TREE, handle, b"", flags)
        attributes = b"".join(value.to_bytes(8, sys.byteorder) for value in (_IDMAP, 0, 0, owners))
        done = tree >= 0 and not self._libc.syscall(
            _MOUNT_SETATTR, tree, b"", _EMPTY_PATH | _RECURSIVE, attributes, len(attributes)
        )
        done = done and not self._libc.syscall(_MOVE_MOUNT, tree, b"", -100, target.encode(), 4)
        for descriptor in (owners, tree):
            if descriptor >= 0:
                os.close(descriptor)
        return bool(done)

    def _namespace_that_maps_root(self) -> int:
        """A user namespace that maps user and group 0 to the box's user, as a descriptor; negative on failure."""
        ready, done = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.write(ready[1], b"y" if self._libc.unshare(_NEWUSER) == 0 else b"n")
            os.close(done[1])
            os.read(done[0], 1)
            os._exit(0)
        try:
            if os.read(ready[0], 1) != b"y":
                return -1
            for kind in ("uid", "gid"):
                with open(f"/proc/{child}/{kind}_map", "w") as file:
                    file.write(f"0 {self._user} 1")
            return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return -1
        finally:
            for descriptor in (*ready, *done):
                os.close(descriptor)
            os.waitpid(child, 0)

    def _mount(self, source: str, target: str, kind: str, flags: int, data: str = "") -> None:
        number = self._ctypes.c_ulong(flags)
        done = self._libc.mount(source.encode(), target.encode(), kind.encode(), number, data.encode())
        self._check(done, f"mount {target}")

    def _check(self, result: int, what: str) -> None:
        if result:
            number = self._ctypes.get_errno()
            raise OSError(number, f"{what}: {os.strerror(number)}")


def _strings(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(item) for item in value]


def _pairs(value: object) -> list[tuple[str, str]]:
    assert isinstance(value, list)
    return [(str(host), str(inside)) for host, inside in value]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
