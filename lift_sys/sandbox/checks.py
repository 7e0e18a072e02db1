"""What `lift-sys doctor` runs: open a real box and really try what it must forbid."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from lift_sys.errors import SandboxError, SandboxUnavailable
from lift_sys.sandbox import seccomp
from lift_sys.sandbox.api import MIB, BoxConfig, Limits, Sandbox


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    detail: str
    remedy: str = ""
    """What to do when it is not ok."""


_RAISES = """
try:
    {attempt}
except OSError as error:
    reply(error.strerror)
else:
    reply("it worked")
"""

_FORBIDDEN = {
    "network": "import socket; socket.socket()",
    "host files": "open('/etc/passwd')",
    "process list": "import os; os.listdir('/proc')",
    "new programs": "import os; os.execv('/python/bin/python3', ['python3'])",
    "writing outside /tmp": "open('/lift/x', 'w')",
    "signals to the zygote": "import os; assert os.getppid() == 0; os.kill(2, 9)",
}
_BUG = "this is a bug or a kernel that lacks the protection: do not run untrusted code here"
_CGROUPS = (
    "give this process a delegated control group (as an ordinary user: `systemd-run --user --scope -p Delegate=yes "
    "lift-sys ...`; in a container: mount /sys/fs/cgroup writable). Until then rlimits and a watchdog stand in"
)


def probe(opener: Callable[[BoxConfig], Sandbox] | None = None) -> list[Check]:
    """Each protection with whether it holds here. Never raises."""
    from lift_sys.sandbox import open_sandbox

    checks = [_bubblewrap(), _machine()]
    try:
        with (opener or open_sandbox)(BoxConfig(limits=Limits(memory=256 * MIB, tasks=16))) as box:
            checks.append(Check("box", True, "opened, with a warm Python inside"))
            for name, attempt in _FORBIDDEN.items():
                said = _ask(box, _RAISES.format(attempt=attempt))
                checks.append(Check(f"no {name}", said != "it worked", said, _BUG))
            checks += [_environment(box), _memory(box), _tasks(box), _end(box)]
            for missing in ("memory-cgroup", "pids-cgroup"):
                absent = missing in box.missing_protections
                checks.append(Check(missing, not absent, "missing" if absent else "in use", _CGROUPS))
    except SandboxError as error:
        checks.append(Check("box", False, str(error), "see the message"))
    return checks


def _bubblewrap() -> Check:
    found = shutil.which("bwrap")
    return Check("bubblewrap", found is not None, found or "not found", "install the package `bubblewrap`")


def _machine() -> Check:
    name = os.uname().machine
    try:
        size = len(seccomp.build(name)) // 8
    except SandboxUnavailable as error:
        return Check("system-call filter", False, str(error), "run on x86_64 or aarch64")
    return Check("system-call filter", True, f"{size} instructions for {name}")


def _ask(box: Sandbox, source: str, seconds: float = 20) -> str:
    with box.spawn("probe") as process:
        process.send(source.encode())
        return process.receive(seconds).decode(errors="replace").strip("'")


def _environment(box: Sandbox) -> Check:
    names = _ask(box, "import os; reply(' '.join(sorted(os.environ)))")
    return Check("no environment", names == "HOME LANG PATH TMPDIR", names, _BUG)


def _memory(box: Sandbox) -> Check:
    """Children that each stay below the limit, and together pass it."""
    source = """
import os, time
pids = []
for _ in range(4):
    pid = os.fork()
    if not pid:
        block = bytearray(160 << 20)
        for place in range(0, len(block), 4096):
            block[place] = 1
        time.sleep(3)
        os._exit(0)
    pids.append(pid)
reply([os.waitpid(pid, 0)[1] for pid in pids])
"""
    try:
        said = _ask(box, source)
    except SandboxError as error:
        said = str(error)
    return Check("memory of the whole tree", said != "[0, 0, 0, 0]", said, _BUG)


def _tasks(box: Sandbox) -> Check:
    source = """
import os, time
made = 0
try:
    while made < 200:
        if not os.fork():
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    pass
reply(made)
"""
    said = _ask(box, source)
    return Check("tasks are bounded", said.isdigit() and int(said) < 100, f"{said} forks with a limit of 16", _BUG)


def _end(box: Sandbox) -> Check:
    """After the fork bomb above: a new process starts alone, so the old tree is gone."""
    said = _ask(box, "import os\n" + _RAISES.format(attempt="os.kill(-1, 0)"))
    gone = "No such process" in said
    return Check("nothing outlives its process", gone, "a new process starts alone" if gone else said, _BUG)
