"""Guest program: runs one test file of a project under pytest and records the calls of the functions of interest.

The host sends one frame, JSON with `folder` (the project), `roots` (folders to import from), `file` (the test file),
`targets` (path -> qualified names), `calls` (distinct calls wanted of each) and `hypothesis` (whether the file names
it). The answers, a frame each: the calls of every test as it ends, then `{"end": exit code}`. The project is hostile:
all of this is its claim. How a call is recorded: see `tape`.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import functools
import importlib.machinery
import json
import os
import random
import signal
import sys
import time
import types
from collections.abc import Callable
from typing import Any

try:
    from lift_sys.sandbox.guest import surroundings
    from lift_sys.sandbox.guest.tape import Objects, Shown, Tape, as_given, attach, without_first
except ImportError:  # inside the box
    import surroundings  # type: ignore[no-redef,import-not-found]
    from tape import (  # type: ignore[no-redef,import-not-found]
        Objects,
        Shown,
        Tape,
        as_given,
        attach,
        without_first,
    )

TESTS = 200
ALIKE = 25
"""Instances of one test function with other parameters."""
TEST_CPU = 2.0
"""Seconds of processor time. The calls of a test that takes more are dropped: where it was cut is chance."""
TICK = 1_000_000
"""Nanoseconds from one look at a clock to the next: how fast this machine is has no part in what is recorded."""
HYPOTHESIS_EXAMPLES = 20


class Recorder:
    """Attaches tapes as the project's modules are imported."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.folder = request["folder"].rstrip("/") + "/"
        self.targets: dict[str, list[str]] = request["targets"]
        self.wanted: int = request["calls"]
        self.out: list[list[str]] = []
        self.done: set[str] = set()
        self.objects: dict[type, Objects] = {}

    def install(self) -> None:
        loader = importlib.machinery.SourceFileLoader
        plain = loader.exec_module

        def exec_module(self_: Any, module: types.ModuleType) -> None:
            plain(self_, module)
            self.visit(module)

        loader.exec_module = exec_module  # type: ignore[method-assign,assignment]

    def visit(self, module: types.ModuleType) -> None:
        path = getattr(module, "__file__", None) or ""
        if not path.startswith(self.folder):
            return
        path = path[len(self.folder) :]
        for qualname in self.targets.get(path, ()):
            key = f"{path}:{qualname}"
            if key in self.done:
                continue
            owner, member, function = find(module, qualname)
            if function is not None and function.__code__.co_filename.endswith(path):
                self.done.add(key)
                attach(function, Tape(key, self.wanted, self.out, self.shown(owner, member)))

    def shown(self, owner: type | None, member: Any) -> Shown:
        """How the arguments of a function are recorded, by what it is to its class."""
        if owner is None or isinstance(member, staticmethod):
            return as_given
        if isinstance(member, classmethod):
            return without_first
        if owner not in self.objects:
            self.objects[owner] = objects = Objects(owner)
            maker = owner.__dict__.get("__init__")
            if isinstance(maker, types.FunctionType) and "__wrapped__" not in maker.__dict__:
                objects.remember(maker)
        return self.objects[owner]


def find(module: types.ModuleType, qualname: str) -> tuple[type | None, Any, types.FunctionType | None]:
    """The class that a function belongs to, what it is there, and the plain function, without running any code."""
    names: Any = vars(module)
    owner: type | None = None
    found: Any = None
    for part in qualname.split("."):
        if owner is not None and part.startswith("__") and not part.endswith("__"):
            part = f"_{owner.__name__.lstrip('_')}{part}"
        found = names.get(part)
        names = vars(found) if isinstance(found, type) else {}
        owner = found if isinstance(found, type) else owner
    member = found
    if isinstance(found, (staticmethod, classmethod)):
        found = found.__func__
    elif isinstance(found, property):
        found = found.fget
    elif isinstance(found, functools.cached_property):
        found = found.func
    return owner, member, _plain(found)


def _plain(found: Any) -> types.FunctionType | None:
    for _ in range(5):
        if isinstance(found, types.FunctionType) and "__wrapped__" not in found.__dict__:
            break
        found = getattr(found, "__wrapped__", None) if isinstance(found, (types.FunctionType, _LRU)) else None
    return found if isinstance(found, types.FunctionType) else None


_LRU = type(__import__("functools").lru_cache(lambda: None))


class Reporter:
    """The pytest plugin: bounds the number of tests and the time of each, and sends what a test left."""

    def __init__(self, recorder: Recorder, send: Callable[[Any], None]) -> None:
        self.recorder = recorder
        self.send = send
        self.stuck = False

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        alike = collections.Counter[str]()
        chosen = []
        for item in items:
            name = item.nodeid.partition("[")[0]
            alike[name] += 1
            if alike[name] <= ALIKE:
                chosen.append(item)
        items[:] = chosen[:TESTS]

    def pytest_runtest_logstart(self) -> None:
        self.stuck = False
        signal.signal(signal.SIGVTALRM, self.ring)
        signal.setitimer(signal.ITIMER_VIRTUAL, TEST_CPU)

    def ring(self, number: int, frame: object) -> None:
        """The test has taken its time. It may catch this, so another follows."""
        self.stuck = True
        signal.setitimer(signal.ITIMER_VIRTUAL, 1.0)
        raise Stuck

    def pytest_runtest_logfinish(self) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if self.stuck:
            self.recorder.out.clear()
        self.flush()

    def flush(self) -> None:
        if self.recorder.out:
            self.send({"calls": self.recorder.out[:]})
            self.recorder.out.clear()
        else:
            self.send({})


class Stuck(Exception):
    """A test took too much CPU time."""


def _fewer_examples() -> None:
    """The same few examples of a property every time. Hypothesis is there where the project's tests need it."""
    import hypothesis
    import hypothesis.core

    hypothesis.settings.register_profile(
        "lift",
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=HYPOTHESIS_EXAMPLES,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("lift")
    # A project may load a profile of its own, and a test may ask for chance.
    type.__setattr__(hypothesis.settings, "load_profile", staticmethod(lambda name: None))
    vars(hypothesis.core)["global_force_seed"] = 0


def _without_chance() -> None:
    """What the system draws comes from one seed, and so does a generator that was given none; clocks count."""
    source = random.Random(0)
    plain = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        plain(self, source.getrandbits(64) if a is None else a, version)

    random.Random.seed = seed  # type: ignore[method-assign]
    random.seed = random._inst.seed
    os.urandom = random._urandom = source.randbytes  # type: ignore[attr-defined]
    random.seed(0)
    # An event loop waits for the kernel, by the real clock.
    clock = time.monotonic
    asyncio.BaseEventLoop.time = lambda self: clock()  # type: ignore[method-assign]
    time.sleep = surroundings.count_time(TICK)  # type: ignore[assignment]


def _keep_old_names() -> None:
    """Inner names of pytest that it has dropped, and that conftest files still read."""
    from _pytest import compat, monkeypatch

    if not hasattr(monkeypatch, "notset"):
        monkeypatch.notset = compat.NOTSET  # type: ignore[attr-defined]


def main(channel: Any) -> None:
    request = json.loads(channel.receive())
    home = os.getpid()

    def send(frame: Any) -> None:
        if os.getpid() == home:
            channel.send(json.dumps(frame).encode())

    os.environ.update(
        HOME="/tmp",
        TMPDIR="/tmp",
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        PYTHONDONTWRITEBYTECODE="1",
        COLUMNS="80",
    )
    sys.dont_write_bytecode = True
    with open("/tmp/pytest.ini", "w") as file:  # the project's own settings may ask for plugins
        file.write("[pytest]\n")
    import pytest

    _keep_old_names()
    _without_chance()
    os.chdir("/tmp")
    sys.path[:0] = [os.path.join(request["folder"], root).rstrip("/") for root in request["roots"]]
    with contextlib.suppress(Exception):
        if request["hypothesis"]:
            _fewer_examples()
    recorder = Recorder(request)
    recorder.install()
    reporter = Reporter(recorder, send)
    arguments = [
        *("-c", "/tmp/pytest.ini", "--rootdir", request["folder"], "-q", "-s", "--tb=no", "--no-header"),
        *("-p", "no:cacheprovider", "-p", "no:faulthandler", "--continue-on-collection-errors", "-W", "ignore"),
        os.path.join(request["folder"], request["file"]),
    ]
    try:
        code = int(pytest.main(arguments, plugins=[reporter]))
    except BaseException as error:
        send({"end": -1, "why": f"{type(error).__name__}"})
        return
    send({"end": code})
