"""Limits on the memory and the tasks of a whole box, by control groups (v1 and v2).

One group a box, made where this process may make one; None where it may not (then the box falls back to rlimits
and a watchdog, and says so).
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from lift_sys.sandbox.api import MIB, Limits

ROOT = Path("/sys/fs/cgroup")
_PREFIX = "lift-sys"
_SLACK = 32 * MIB
"""What the kernel and the zygote may add while guests run."""
_TASKS_OF_THE_BOX = 6
_count = 0


@dataclass
class Cgroup:
    """The group of one box: one folder (v2), or one for each controller (v1)."""

    memory: Path
    pids: Path
    version: int
    _base: int = 0
    _limits: tuple[int, int] = (0, 0)
    _kills: int = 0
    events: int = -1
    """Descriptor of the file that counts OOM kills."""

    @property
    def procs_files(self) -> list[str]:
        return [str(folder / "cgroup.procs") for folder in dict.fromkeys((self.memory, self.pids))]

    def start(self, limits: Limits) -> None:
        """Measure what the idle box uses, and limit it to that and `limits`."""
        used = self.memory / ("memory.current" if self.version == 2 else "memory.usage_in_bytes")
        self._base = int(used.read_text()) + _SLACK
        events = self.memory / ("memory.events" if self.version == 2 else "memory.oom_control")
        self.events = os.open(events, os.O_RDONLY | os.O_CLOEXEC)
        self.limit(limits)

    def limit(self, limits: Limits) -> None:
        if self._limits == (limits.memory, limits.tasks):
            return
        memory = str(limits.memory + self._base)
        if self.version == 2:
            _write(self.memory / "memory.max", memory)
            with contextlib.suppress(OSError):
                _write(self.memory / "memory.swap.max", "0")
        else:
            with contextlib.suppress(OSError):  # the limit with swap must never be below the one without
                _write(self.memory / "memory.memsw.limit_in_bytes", "-1")
            _write(self.memory / "memory.limit_in_bytes", memory)
            with contextlib.suppress(OSError):
                _write(self.memory / "memory.memsw.limit_in_bytes", memory)
        _write(self.pids / "pids.max", str(limits.tasks + _TASKS_OF_THE_BOX))
        self._limits = limits.memory, limits.tasks

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel killed something here for memory since the last call."""
        for line in os.pread(self.events, 4096, 0).split(b"\n"):
            if line.startswith(b"oom_kill "):
                kills, self._kills = int(line[9:]), self._kills
                before, self._kills = self._kills, kills
                return kills > before
        return False

    def remove(self) -> None:
        """Remove the group. The kernel may need a moment after its last process is gone."""
        if self.events >= 0:
            os.close(self.events)
            self.events = -1
        for folder in dict.fromkeys((self.memory, self.pids)):
            for attempt in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.001 * (attempt + 1))
                else:
                    break


def open_cgroup() -> Cgroup | None:
    """A new group with both controllers, or None where this process may not make one."""
    global _count
    _count += 1
    name = f"{_PREFIX}-{os.getpid()}-{_count}-{os.urandom(3).hex()}"
    memberships = _memberships()
    for finder in (_version_2, _version_1):
        group = finder(name, memberships)
        if group is not None:
            return group
    return None


def _version_2(name: str, memberships: dict[str, str]) -> Cgroup | None:
    """Beside one of the groups that this process is in: a group with processes can't hold limited groups."""
    own = memberships.get("")
    if own is None or not (ROOT / "cgroup.controllers").exists():
        return None
    place = Path(own.lstrip("/"))
    for parent in (place, *place.parents):
        folder = ROOT / parent / name
        with contextlib.suppress(OSError):
            _sweep(ROOT / parent)
            folder.mkdir()
            if (folder / "memory.max").exists() and (folder / "pids.max").exists():
                return Cgroup(folder, folder, 2)
            folder.rmdir()
    return None


def _version_1(name: str, memberships: dict[str, str]) -> Cgroup | None:
    made: list[Path] = []
    try:
        for controller in ("memory", "pids"):
            parent = ROOT / controller / memberships[controller].lstrip("/")
            if not parent.is_dir():  # a container shows its own group as the root
                parent = ROOT / controller
            _sweep(parent)
            (parent / name).mkdir()
            made.append(parent / name)
        if (made[0] / "memory.limit_in_bytes").exists() and (made[1] / "pids.max").exists():
            return Cgroup(made[0], made[1], 1)
    except (OSError, KeyError):
        pass
    for folder in made:
        with contextlib.suppress(OSError):
            folder.rmdir()
    return None


def _memberships() -> dict[str, str]:
    """Controller -> group of this process; the unified hierarchy is under ''."""
    found = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                found[controller] = path
    return found


def _sweep(parent: Path) -> None:
    """Remove empty groups whose owner has died."""
    for folder in parent.glob(f"{_PREFIX}-*"):
        owner = folder.name.split("-")[2]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _write(path: Path, text: str) -> None:
    path.write_text(text)
