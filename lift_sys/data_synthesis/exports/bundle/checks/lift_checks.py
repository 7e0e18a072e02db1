"""Calls of one function, each in a fresh process, and what they must lead to. Standard library only.

The tests' own process never loads the code that is tested: it sends a call over a pipe and compares the bytes that
come back. So the code can't see what is expected, change the tests, or end their process. Where this runs as root the
calls run as `nobody`. It is no sandbox beyond that: run it in a container.

    candidate = Candidate("solution.py", "f")
    candidate.call(1, x=2).gives([3])           the same type, bits and order
    candidate.call("a").raises("ValueError")    exactly this type
    value(text)                                 a value whose literal would not be exact, from its wire text
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import lift_wire  # type: ignore[import-not-found]

HERE = Path(__file__).resolve().parent
SECONDS = 30.0
"""For one call; far more than any needs."""
MEMORY = 4 << 30
LARGEST = 128 << 20
NOBODY = 65534
BOOT = (
    "import sys; i = sys.stdin.buffer; n = [int(i.readline()) for _ in range(3)]; "
    "a, b, c = (i.read(k) for k in n); exec(compile(a, 'lift_guest.py', 'exec'), {'WIRE': b, 'ORDER': c})"
)
value = lift_wire.decode


class Outcome:
    """What a call led to: a result as wire text, the name of an exception's type, or why neither came."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text

    def gives(self, expected: object) -> None:
        wanted = lift_wire.encode(expected)
        assert (self.kind, self.text) == ("V", wanted), f"expected {_short(wanted)}, got {self}"

    def raises(self, name: str) -> None:
        assert (self.kind, self.text) == ("R", name), f"expected {name}, got {self}"

    def __str__(self) -> str:
        told = {"V": "the result", "R": "the exception", "U": "a result that is no plain value:"}
        return f"{told.get(self.kind, 'no answer:')} {_short(self.text)}"


class Candidate:
    """A file with a function. `harness` is loaded after it; `function` is a name in either."""

    def __init__(self, path: str, function: str, harness: str = "") -> None:
        self.path = HERE / os.environ.get("LIFT_SOLUTION", path)
        self.function = function
        self.harness = harness

    def call(self, /, *args: object, **kwargs: object) -> Outcome:
        try:
            code = self.path.read_text(encoding="utf-8").rstrip()
        except (OSError, ValueError) as error:
            return Outcome("X", f"{self.path.name} can't be read: {error}")
        order = {
            "program": f"{code}\n\n\n{self.harness}" if self.harness else code,
            "function": self.function,
            "args": lift_wire.encode(args),
            "kwargs": lift_wire.encode(kwargs),
        }
        return _run(json.dumps(order).encode())


def _run(order: bytes) -> Outcome:
    parts = [(HERE / name).read_bytes() for name in ("lift_guest.py", "lift_wire.py")] + [order]
    fed = b"".join(b"%d\n" % len(part) for part in parts) + b"".join(parts)
    read, write = os.pipe()
    root = os.geteuid() == 0
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", "-B", "-X", "utf8", "-c", BOOT, str(write)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[write],
        start_new_session=True,
        cwd="/",
        env={"PYTHONHASHSEED": "0", "TZ": "UTC0", "LANG": "C.UTF-8", "HOME": "/tmp", "PATH": "/usr/bin:/bin"},
        preexec_fn=_limit,
        user=NOBODY if root else None,
        group=NOBODY if root else None,
        extra_groups=[] if root else None,
    )
    os.close(write)
    try:
        assert process.stdin is not None
        with suppress(OSError):  # it ended before it read all; what it answered tells
            process.stdin.write(fed)
            process.stdin.close()
        return _read(read)
    finally:
        os.close(read)
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(SECONDS)),
        (resource.RLIMIT_FSIZE, LARGEST),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _read(pipe: int) -> Outcome:
    """The answer: a length, a line feed, a kind and its text. What comes after it is not read."""
    end, held, size = time.monotonic() + SECONDS, bytearray(), None
    while size is None or len(held) < size:
        if not select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            return Outcome("X", f"none in {SECONDS:g} s")
        piece = os.read(pipe, 1 << 20)
        held += piece
        if size is None and b"\n" in held:
            head, _, rest = bytes(held).partition(b"\n")
            if not head.isdigit() or len(head) > 12 or int(head) > LARGEST:
                return Outcome("X", "it broke the protocol")
            size, held = int(head), bytearray(rest)
        elif not piece or (size is None and len(held) > 12):
            return Outcome("X", "the process ended")
    text = bytes(held[: size or 0]).decode("utf-8", "backslashreplace")
    return Outcome(text[:1], text[1:])


def _short(text: str) -> str:
    return text if len(text) <= 500 else f"{text[:500]}..."
