"""The last steps before bubblewrap, in a process of their own: `python -I -S -B launcher.py SPEC`.

It enters the box's cgroups; when it is root, it shows the needed files at paths that everyone can reach and becomes
a user that owns nothing; then it turns into bubblewrap, with an empty environment. A process of its own, because a
host with threads can't safely do this between fork and exec. Standard library only.

SPEC is JSON: {bwrap, cgroups: [cgroup.procs files], user: uid or null, binds: [[host, inside]], devices: [[host,
inside]], before: [...], covers: [...], command: [...]}.
"""

from __future__ import annotations

import json
import os
import sys

STAGE = "/tmp"  # exists everywhere; covered by a tmpfs that only this process and its children see
_NEWNS, _REC, _PRIVATE, _BIND, _NOSUID, _NODEV = 0x20000, 0x4000, 0x40000, 0x1000, 2, 4


def main(spec: dict[str, object]) -> None:
    for path in _strings(spec["cgroups"]):
        with open(path, "w") as file:
            file.write(str(os.getpid()))
    binds, devices = _pairs(spec["binds"]), _pairs(spec["devices"])
    program = str(spec["bwrap"])
    user = spec["user"]
    if isinstance(user, int):
        staged = _stage([program, *(host for host, _ in binds)])
        program = staged[program]
        binds = [(staged[host], inside) for host, inside in binds]
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    arguments = ["bwrap", *_strings(spec["before"])]
    for host, inside in binds:
        arguments += ["--ro-bind", host, inside]
    for host, inside in devices:
        arguments += ["--dev-bind", host, inside]
    arguments += [*_strings(spec["covers"]), "--", *_strings(spec["command"])]
    os.chdir("/")
    os.execve(program, arguments, {})


def _stage(paths: list[str]) -> dict[str, str]:
    """Bind each path below a fresh tmpfs, in a mount namespace of this process's own; host path -> staged path."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def check(result: int, what: str) -> None:
        if result:
            number = ctypes.get_errno()
            raise OSError(number, f"{what}: {os.strerror(number)}")

    def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
        done = libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
        check(done, f"mount {target}")

    check(libc.unshare(_NEWNS), "a mount namespace")
    mount("none", "/", "", _REC | _PRIVATE)
    opened = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths}  # the stage may hide some of them
    mount("tmpfs", STAGE, "tmpfs", _NOSUID | _NODEV, "mode=755,size=1m")
    staged = {}
    for number, (path, handle) in enumerate(opened.items()):
        target = f"{STAGE}/{number}"
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        mount(f"/proc/self/fd/{handle}", target, "", _BIND | _REC)
        os.close(handle)
        staged[path] = target
    return staged


def _strings(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(item) for item in value]


def _pairs(value: object) -> list[tuple[str, str]]:
    assert isinstance(value, list)
    return [(str(host), str(inside)) for host, inside in value]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
