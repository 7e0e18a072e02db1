"""What the box shows: one interpreter, its standard library, the shared libraries these need, and guest programs.

Inside, the interpreter always lives at /python, so paths in the box say nothing about the host and are the same on
every machine.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lift_sys.errors import SandboxUnavailable
from lift_sys.sandbox.api import BoxConfig

PYTHON, GUEST, NATIVE = "/python", "/lift/guest", "/lift/native"
DEVICES = ("null", "zero", "full", "random", "urandom")
_PACKAGE = Path(__file__).resolve().parent

# Run in the interpreter that the box will hold: the loader itself says which libraries its modules need. Left out
# is what reaches for screens, terminals and databases of the host.
_DISCOVER = r"""
import glob, importlib.util, json, os, sys
skip = ("_test", "xx", "_tkinter", "_curses", "readline", "_gdbm", "_dbm", "nis", "ossaudiodev", "_xx")
folder = next((p for p in sys.path if p.endswith("lib-dynload")), "")
for path in sorted(glob.glob(os.path.join(folder, "*.so"))):
    name = os.path.basename(path).split(".")[0]
    if not name.startswith(skip):
        try:
            importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, path))
        except ImportError:
            pass
files = set()
for line in open("/proc/self/maps"):
    fields = line.split(None, 5)
    if len(fields) == 6 and fields[5].startswith("/") and ".so" in fields[5]:
        files.add(fields[5].strip())
native = importlib.util.find_spec("_ctypes")
print(json.dumps({
    "libraries": sorted(f for f in files if not f.startswith(os.path.realpath(folder) + "/")),
    "stdlib": os.path.dirname(os.__file__),
    "ctypes": native.origin if native and native.has_location else None,
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """The interpreter of the box, as host paths."""

    executable: str
    loader: str
    libraries: tuple[str, ...]
    stdlib: str
    ctypes: str | None
    """The extension module that only the zygote may load; None when it is built in."""


@functools.cache
def interpreter() -> Interpreter:
    """The interpreter that runs this process, without its virtual environment.

    Raises:
        SandboxUnavailable: it can't be started or read.
    """
    executable = os.path.realpath(sys.executable)
    try:
        done = subprocess.run(
            [executable, "-I", "-S", "-B", "-c", _DISCOVER], capture_output=True, check=True, env={}, timeout=60
        )
        found = json.loads(done.stdout)
        loader = _loader(Path(executable))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxUnavailable(
            f"the interpreter {executable} can't be examined ({error}): run lift-sys with a CPython 3.11-3.13 "
            "whose files are readable"
        ) from error
    return Interpreter(executable, loader, tuple(found["libraries"]), found["stdlib"], found["ctypes"])


def _loader(executable: Path) -> str:
    """The dynamic loader named in the ELF header's PT_INTERP entry."""
    data = executable.read_bytes()[:4096]
    offset, size, count = (int.from_bytes(data[a:b], "little") for a, b in ((32, 40), (54, 56), (56, 58)))
    for place in range(count):
        entry = data[offset + place * size : offset + (place + 1) * size]
        if int.from_bytes(entry[:4], "little") == 3:
            start, length = int.from_bytes(entry[8:16], "little"), int.from_bytes(entry[32:40], "little")
            return data[start : start + length].rstrip(b"\0").decode()
    raise ValueError("it names no dynamic loader")


@dataclass(frozen=True)
class Layout:
    """How to start the box: host paths to show, each with its place inside, and bubblewrap's other arguments."""

    binds: tuple[tuple[str, str], ...]
    mounts: tuple[tuple[str, str], ...]
    devices: tuple[tuple[str, str], ...]
    before: tuple[str, ...]
    """Arguments before the binds."""
    covers: tuple[str, ...]
    """Arguments after the binds."""
    command: tuple[str, ...]


def _version() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def layout(config: BoxConfig) -> Layout:
    """Lay the box out for a configuration."""
    python = interpreter()
    stdlib = f"{PYTHON}/{sys.platlibdir}/{_version()}"
    program = f"{PYTHON}/bin/{_version()}"
    binds = [(python.executable, program), (python.stdlib, stdlib)]
    binds += [(path, "/lib64/" + os.path.basename(path)) for path in python.libraries]
    loader_inside = _flatten(python.loader)
    binds.append((os.path.realpath(python.loader), loader_inside))
    binds.append((str(_PACKAGE / "guest"), GUEST))
    binds.append((str(_PACKAGE.parent / "wire.py"), "/lift/shared/wire.py"))
    covers: list[str] = []
    for folder in ("site-packages", "dist-packages"):
        if os.path.isdir(f"{python.stdlib}/{folder}"):
            covers += ["--tmpfs", f"{stdlib}/{folder}", "--remount-ro", f"{stdlib}/{folder}"]
    if python.ctypes is not None:
        binds.append((python.ctypes, f"{NATIVE}/{os.path.basename(python.ctypes)}"))
        binds.append(("/dev/null", stdlib + python.ctypes.removeprefix(python.stdlib)))
    unique = {inside: host for host, inside in binds}
    before = (
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--uid", "1000", "--gid", "1000", "--hostname", "box"),
        *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--new-session", "--as-pid-1", "--clearenv"),
        *("--setenv", "PYTHONHASHSEED", str(config.hash_seed)),
        *("--setenv", "LD_BIND_NOW", "1"),  # resolve symbols once in the zygote, not again in each child
        *("--dir", "/lib64", "--symlink", "lib64", "/lib", "--dir", "/usr"),
        *("--symlink", "../lib64", "/usr/lib", "--symlink", "../lib64", "/usr/lib64"),
        *("--dir", "/tmp", "--dir", "/dev", "--symlink", "/tmp", "/dev/shm"),
        *(part for path in python.libraries for name in _aliases(path) for part in _alias(path, name)),
    )
    covers += ["--remount-ro", "/", "--chdir", "/tmp"]
    command = (program, "-S", "-s", "-B", "-P", "-X", "utf8", f"{GUEST}/zygote.py")
    return Layout(
        tuple((host, inside) for inside, host in unique.items()),
        tuple((os.path.realpath(mount.host), mount.inside) for mount in config.mounts),
        tuple((f"/dev/{name}", f"/dev/{name}") for name in DEVICES),
        before,
        tuple(covers),
        command,
    )


def _flatten(loader: str) -> str:
    """Where the loader goes: /lib, /usr/lib and their 64-bit twins are one folder in the box."""
    for prefix in ("/usr/lib64/", "/usr/lib/", "/lib64/", "/lib/"):
        if loader.startswith(prefix):
            return "/lib64/" + loader.removeprefix(prefix)
    return loader


def _aliases(library: str) -> list[str]:
    """The other names of a shared library in its folder: programs ask for `libz.so.1`, the file is `libz.so.1.3`."""
    folder, name = os.path.split(library)
    stem = name.split(".so")[0] + ".so"
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.name.startswith(stem) and entry.is_symlink() and os.path.realpath(entry.path) == library
    )


def _alias(library: str, name: str) -> tuple[str, str, str]:
    return "--symlink", os.path.basename(library), f"/lib64/{name}"
