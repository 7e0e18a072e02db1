"""An instrumented program and the calls made of it: shared by the explorer and the mutation run."""

from __future__ import annotations

import ast
import contextlib
import json
import linecache
import signal
import sys
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

try:
    from lift_sys import wire
    from lift_sys.sandbox.guest.installed import mounted, the_watch
    from lift_sys.sandbox.guest.instrument import instrument
    from lift_sys.sandbox.guest.meter import STUCK, Blocks, FuelExhausted, Meter
except ImportError:  # inside the box
    import wire  # type: ignore[no-redef,import-not-found]
    from installed import mounted, the_watch  # type: ignore[no-redef,import-not-found]
    from instrument import instrument  # type: ignore[no-redef,import-not-found]
    from meter import STUCK, Blocks, FuelExhausted, Meter  # type: ignore[no-redef,import-not-found]

FILENAME = "candidate.py"
HARNESS = "harness.py"
DRIVER = "lift_call"
"""What a harness defines, see `records.Slice`."""
MODULE = "candidate"
LOAD_FUEL = 1_000_000
RESULT = 4096
"""Characters of wire text; larger results make no test that a person would read."""
DEPTH = 20
CPU_SECONDS = 0.5
"""CPU time of one call, and of loading. Fuel stops Python code long before; this is for calls stuck inside C code."""
HARD_CPU_SECONDS = 2.0
"""CPU time after which a call that does not come back to Python, such as `sum(count())`, ends the process: the zygote
has SIGPROF do that."""
IDLE_SECONDS = 1.0
"""Wall-clock time of one look at a call; one that used next to no CPU time between two looks waits for what never
comes, such as `Queue().get()`."""
IDLE_SHARE = 0.01
IMPORT_SECONDS = 10.0
"""CPU time of one import of packages."""
MEMORY = 128 << 20
"""Bytes that a process may allocate. A string or list that grows without end meets this in about 0.1 s of CPU time,
well before CPU_SECONDS: were it met at about that time, the machine's load would decide between a MemoryError and a
stuck call."""
GIVE_UP = 2
"""So many calls stuck in C code end the exploration: a share of them would depend on the machine's speed."""


def limit_memory(size: int = MEMORY) -> None:
    """Bound the address space, so that a huge allocation is a MemoryError and not the end of the process."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError):
        used = 256 << 20
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (used + size, used + size))


class LoadError(Exception):
    """The program can't be loaded."""


@dataclass(slots=True)
class Attempt:
    """What one call led to. `kind`: value, raise, or dropped (no test can be made of it)."""

    kind: str
    text: str
    """Wire text of the value, name of the exception, or why it was dropped."""
    marks: int
    fuel: int
    error: BaseException | None = None


class Program:
    """A module made of compiled statements that share one meter.

    `driver` is what is called, where that is not the entry point itself.

    Raises:
        LoadError: it raised, or has no such entry point or driver.
    """

    def __init__(
        self,
        entry_point: str,
        codes: Sequence[CodeType],
        blocks: Blocks,
        raises: Sequence[range],
        driver: str | None = None,
    ) -> None:
        self.raises = raises
        self.stuck = 0
        """Calls that took too much CPU time."""
        self.blocks = blocks
        self.meter = Meter(len(blocks.owners), LOAD_FUEL)
        self.entry_point = entry_point
        self.module = types.ModuleType(MODULE)
        self.watch = the_watch()
        self.original = self._load(codes, driver is None)
        """The entry point."""
        self.function = self._find(driver) if driver else self.original
        """What is called."""

    @classmethod
    def from_tree(cls, code: str, entry_point: str, tree: ast.Module, harness: str = "") -> Program:
        """Instrument `tree`, in place, and load it, and after it the harness as it is."""
        raises = raise_lines(tree)
        linecache.cache[FILENAME] = (lambda: code,)  # for inspect.getsource
        try:
            blocks = instrument(tree)
            codes = [compile(tree, FILENAME, "exec", dont_inherit=True)]
            if harness:
                codes.append(compile_harness(harness))
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise LoadError(describe(error)) from None
        return cls(entry_point, codes, blocks, raises, DRIVER if harness else None)

    def _load(self, codes: Sequence[CodeType], called: bool) -> Callable[..., Any]:
        sys.modules[MODULE] = self.module
        names = self.module.__dict__
        # A copy of the builtins, so that two programs in one process don't share the counters.
        names["__builtins__"] = {**_BUILTINS, **self.meter.names(), **_importing()}
        try:
            with cpu_limit(self.meter):
                for code in codes:
                    exec(code, names)
                found: Any = self.module
                for part in self.entry_point.split("."):
                    found = getattr(found, part) if called else getattr(found, part, None)
                if called and not callable(found):
                    raise LoadError(f"{self.entry_point} is not callable")
        except BaseException as error:
            raise LoadError(describe(error)) from None
        return found  # type: ignore[no-any-return]

    def _find(self, driver: str) -> Callable[..., Any]:
        found = self.module.__dict__.get(driver)
        if not callable(found):
            raise LoadError(f"the harness defines no {driver}")
        return found  # type: ignore[no-any-return]

    def call(self, args_text: str, kwargs_text: str, fuel: int) -> Attempt:
        """One call with fresh copies of the arguments."""
        args: Any = wire.decode(args_text)
        kwargs: Any = wire.decode(kwargs_text)
        meter = self.meter
        meter.reset(fuel)
        kind, text, caught = "value", "", None
        self.watch.start()
        try:
            with cpu_limit(meter):
                result = self.function(*args, **kwargs)
            text = wire.encode(result, limit=RESULT)
            if depth(text) > DEPTH:
                kind, text = "dropped", "the result is nested too deep"
        except wire.WireError as error:
            kind, text = "dropped", str(error)
        except FuelExhausted:
            kind, text = "dropped", "out of fuel"
        except (MemoryError, RecursionError) as error:
            kind, text = "dropped", type(error).__name__
        except BaseException as error:
            kind, text, caught = "raise", type(error).__name__, error
        left = meter.left()
        if reached := self.watch.stop():
            kind, text = "dropped", f"reaches for the world outside: {reached}"
        if left == STUCK:
            kind, text = "dropped", "out of time"
            self.stuck += 1
        elif left < 0:  # it ran out and swallowed the stop
            kind, text = "dropped", "out of fuel"
        return Attempt(kind, text, meter.marks(), fuel - left, caught)

    def explicit(self, error: BaseException) -> bool:
        """Whether a `raise` statement of the program itself raised it."""
        trace = error.__traceback__
        if trace is None or not isinstance(error, Exception):
            return False
        while trace.tb_next is not None:
            trace = trace.tb_next
        inside = trace.tb_frame.f_code.co_filename == FILENAME
        return inside and any(trace.tb_lineno in lines for lines in self.raises)


def compile_harness(harness: str) -> CodeType:
    """A harness is not instrumented: it has no part in coverage, fuel or clues."""
    code: CodeType = compile(harness, HARNESS, "exec", dont_inherit=True)
    return code


_BUILTINS: dict[str, object] = dict(vars(__import__("builtins")))


def raise_lines(tree: ast.AST) -> list[range]:
    return [range(n.lineno, (n.end_lineno or n.lineno) + 1) for n in ast.walk(tree) if isinstance(n, ast.Raise)]


def parse(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise LoadError(describe(error)) from None


def describe(error: BaseException) -> str:
    """The class and the message of an error on one short line, the same on every run."""
    try:
        text = str(error)
    except BaseException:
        text = ""
    name = type(error).__name__
    return f"{name}: {text}".replace("\n", " ")[:200] if text else name


def by_address(text: str) -> bool:
    """Whether a wire text has a set whose order is chance: before Python 3.12 None hashes by its address."""
    if "null" not in text or 'set":[' not in text:
        return False
    left = [(json.loads(text), False)]
    while left:
        item, inside = left.pop()
        if item is None and inside:
            return True
        if isinstance(item, dict):
            left += [(value, inside or (kind in ("set", "fset") and len(value) > 1)) for kind, value in item.items()]
        elif isinstance(item, list):
            left += [(member, inside) for member in item]
    return False


def depth(text: str) -> int:
    """How deep a wire text nests; brackets inside strings count as well, which errs on the safe side."""
    if len(text) <= DEPTH:
        return 0
    deepest = level = 0
    for char in text:
        if char in "[":
            level += 1
            deepest = max(deepest, level)
        elif char == "]":
            level -= 1
    return deepest


class cpu_limit:
    """Drain the meter when the block takes too much CPU time, or waits for ever: the next hit raises, and so does the
    handler."""

    running: Meter | None = None
    ready = False
    used = -1.0
    """CPU time at the last look; negative where there was none."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def __enter__(self) -> None:
        cpu_limit.running = self.meter
        with contextlib.suppress(ValueError, OSError):  # not the main thread, or refused: fuel still holds
            if not cpu_limit.ready:
                signal.signal(signal.SIGVTALRM, _ring)
                signal.signal(signal.SIGALRM, _look)
                cpu_limit.ready = True
            cpu_limit.used = -1.0
            _setitimer(signal.ITIMER_REAL, IDLE_SECONDS, IDLE_SECONDS)
            _setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
            _setitimer(signal.ITIMER_PROF, HARD_CPU_SECONDS)

    def __exit__(self, *exception: object) -> None:
        if cpu_limit.ready:
            _setitimer(signal.ITIMER_REAL, 0)
            _setitimer(signal.ITIMER_VIRTUAL, 0)
            _setitimer(signal.ITIMER_PROF, 0)


_setitimer = signal.setitimer
_process_time = time.process_time


_TIMERS = (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


def _importing() -> dict[str, object]:
    """Where packages are mounted, an `__import__` that stops the clock of a call: what an import costs is no part of
    what a function does, and would differ between machines."""
    if not mounted():
        return {}

    def importing(*args: Any, **kwargs: Any) -> Any:
        if not cpu_limit.ready:
            return __import__(*args, **kwargs)
        left = [_setitimer(timer, IMPORT_SECONDS)[0] for timer in _TIMERS]
        try:
            return __import__(*args, **kwargs)
        finally:
            for timer, seconds in zip(_TIMERS, left, strict=True):
                _setitimer(timer, seconds)

    return {"__import__": importing}


def _look(number: int, frame: object) -> None:
    before, cpu_limit.used = cpu_limit.used, _process_time()
    if before >= 0 and cpu_limit.used - before < IDLE_SHARE * IDLE_SECONDS:
        _ring(number, frame)


def _ring(number: int, frame: object) -> None:
    if cpu_limit.running is not None:
        cpu_limit.running.drain()
    raise FuelExhausted
