"""What every sandbox backend offers: boxed processes that run a guest program and exchange frames with it.

A *guest program* is a module `lift_sys/sandbox/guest/<name>.py` with a function `main(channel)`. The backend starts
it in a fresh process that is already locked down when `main` is called. It talks to the host through `channel`
alone: `channel.receive() -> bytes | None` (None: the host closed it) and `channel.send(bytes)`. Guest programs use
the standard library and their sibling files only.

Bytes that come back are a claim by a hostile process, never evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Protocol, Self

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What a boxed process tree may use. Seconds are wall-clock seconds; sizes are bytes."""

    call_seconds: float = 5.0
    memory: int = 1024 * MIB
    tasks: int = 64
    result: int = 16 * MIB
    error_text: int = 64 * 1024
    tmp: int = 256 * MIB


@dataclass(frozen=True)
class Exit:
    """What is known of a process tree after it is gone. Attributed by the kernel, not claimed by the guest."""

    status: int | None = None
    """Exit status, or minus the signal; None when the host ended it."""
    out_of_memory: bool = False


class Process(Protocol):
    """One boxed process tree. Leave the `with` block, and all of it is gone."""

    def send(self, payload: bytes) -> None: ...

    def receive(self, seconds: float) -> bytes:
        """The next frame.

        Raises:
            CandidateTimeout: none came in time.
            CandidateDied: the process ended, or broke the framing.
            ResultTooLarge: the frame is larger than the limits allow.
            SandboxFault: the box itself broke.
        """

    def close(self) -> Exit:
        """Kill the whole tree, wait until it is gone, and say how it ended. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandbox(Protocol):
    """A warm box that starts boxed processes. Used by one thread at a time; open one for each worker."""

    missing_protections: tuple[str, ...]
    """Protections that this machine lacks; every verdict carries them."""

    def spawn(self, program: str, limits: Limits | None = None) -> Process: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class Mount:
    """A host folder or file that the box shows read-only at `inside`."""

    host: str
    inside: str


@dataclass(frozen=True)
class Environment:
    """What a process sees of the world besides its input. A name, and what it stands for."""

    name: str = "plain"
    hash_seed: int = 0
    tz: str = "UTC0"
    """A time zone as POSIX writes it (`NPT-5:45`): it needs no files, so it means the same on every machine."""
    locale: str = "C.UTF-8"
    """`C`, `C.UTF-8`, or a locale of `guest/locales.py`: its numbers, dates and money are in force from the start, as
    if the program had called `setlocale`; the order of strings stays that of C."""
    clock: float | None = None
    """What the wall clock shows when a process starts, in seconds since the epoch; it goes on from there. None: the
    real time."""
    random_seed: int = 0
    """Seed of `random` before a candidate loads, and of the heap's layout."""


@dataclass(frozen=True)
class BoxConfig:
    """How a box is opened, and the key under which warm boxes are kept. All of it holds for every process in it.

    `hash_seed` and `environment.hash_seed` are one setting: give either.
    """

    hash_seed: int = 0
    environment: Environment = Environment()
    limits: Limits = field(default_factory=Limits)
    mounts: tuple[Mount, ...] = ()
    python_path: tuple[str, ...] = ()
    """Folders inside the box that guest programs may import from (mounted with `mounts`). Searched after the
    standard library, and only in boxed processes that are already locked down."""
    trusted_path: tuple[str, ...] = ()
    """Folders inside the box that the zygote itself may import `preload` from: only for code trusted as ours."""
    preload: tuple[str, ...] = ()
    """Modules that the zygote imports before the first fork, besides its defaults."""
    fixed_addresses: bool = False
    """Load programs at the same addresses every time, so that what an object's identity decides (the order of a set,
    a hash of None before Python 3.12) is the same in every box."""

    def __post_init__(self) -> None:
        seeds = {self.hash_seed, self.environment.hash_seed}
        if len(seeds) > 1 and 0 not in seeds:
            raise ValueError(f"two hash seeds, {self.hash_seed} and {self.environment.hash_seed}: give one of them")
        seed = max(seeds)
        object.__setattr__(self, "hash_seed", seed)
        object.__setattr__(self, "environment", replace(self.environment, hash_seed=seed))
