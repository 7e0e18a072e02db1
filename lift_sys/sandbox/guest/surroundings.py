"""What a boxed process sees of the world besides its input: time zone, locale, clock, random numbers, addresses.

`arrange` runs once in the zygote, before anything else is imported; `begin` runs in each child. Together they make
surroundings that a host could really have, and the same ones for every process of the box.

The clock is patched where Python reads it (as freezegun and time-machine do, in our own words): the functions of
`time`, and the two methods of `datetime` that ask the kernel directly. A time namespace would not do, since Linux
has none for the wall clock. What still shows the real time: the dates of files, and `time.monotonic`.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from typing import Any

FOREIGN = "/tmp"
"""Where the zygote keeps its locale files while it reads them."""
UTC = "UTC0"
random_seed = 0
"""What `random` is seeded with before a candidate loads."""
_offset = [0]
"""Nanoseconds between the real clock and the one that is shown. A list, so that all readers share it."""
_start: list[int] = []
"""The time that each child's clock begins with, where it is not the real one."""
_real_ns = time.time_ns
_source: list[Callable[[], int]] = [_real_ns]
"""What the shown clock is reckoned from. A list, so that all readers share it."""
_kept: list[object] = []


def begin() -> None:
    """In a child: start its clock."""
    if _start:
        _offset[0] = _start[0] - _real_ns()


def count_time(step: int) -> Callable[[float], None]:
    """In a child: from now on every look at a clock is `step` nanoseconds after the one before, on any machine.

    Returns a function that lets so many seconds pass.
    """
    now = [0]

    def look() -> int:
        now[0] += step
        return now[0]

    def seconds() -> float:
        return look() / 1e9

    def pass_by(length: float) -> None:
        now[0] += int(length * 1e9)

    _source[0], _offset[0] = look, _start[0] if _start else _real_ns()
    for name in ("monotonic", "perf_counter", "process_time"):
        setattr(time, name, seconds)
        setattr(time, f"{name}_ns", look)
    return pass_by


def arrange(settings: dict[str, Any], kernel: Any, ctypes: Any) -> None:
    """Set time zone, locale, clock and layout of the heap.

    Args:
        settings: `tz`, `locale`, `clock` (seconds since the epoch, or None) and `random_seed`.
        kernel: calls `mount` and `umount2`.
        ctypes: as imported in the zygote.

    Raises:
        OSError, ValueError: the C library of this machine can't do it.
    """
    global random_seed
    random_seed = settings["random_seed"]
    if settings["tz"] != UTC:
        os.environ["TZ"] = settings["tz"]
        time.tzset()
    if settings["locale"] != os.environ["LANG"]:
        _set_locale(settings["locale"], kernel)
    if settings["clock"] is not None:
        _start.append(int(settings["clock"] * 1_000_000_000))
        begin()
        _patch_time()
        _patch_datetime(ctypes)
    if random_seed:
        _shift_heap(random_seed)


def _set_locale(name: str, kernel: Any) -> None:
    """Load a locale of ours; the C library keeps it, so the files may go."""
    import locale

    os.environ["LANG"] = os.environ["LC_ALL"] = name if name == "C" else f"{name}.UTF-8"
    if name == "C":
        return
    import locales  # type: ignore[import-not-found]

    tmpfs, place = kernel.text("tmpfs"), kernel.text(FOREIGN)
    kernel.call("mount", tmpfs, place, tmpfs, 0, kernel.text("size=1m,mode=755"))
    try:
        locales.write(FOREIGN)
        os.environ["LOCPATH"] = FOREIGN
        for category in locales.CATEGORIES:
            locale.setlocale(getattr(locale, category), name)
    except locale.Error as error:
        raise ValueError(f"the C library does not read the locale {name}: {error}") from error
    finally:
        os.environ.pop("LOCPATH", None)
        kernel.call("umount2", place, 2)


def _shift_heap(seed: int) -> None:
    """Fill the heap's blocks in another pattern, so that new objects get other addresses in another order.

    The kernel moves whole pages only; what is below (which a set of objects is ordered by) stays the same without
    this. Every size class of the small-object allocator gets holes, in an order that depends on the seed.
    """
    state = seed
    for size in range(16, 513, 16):
        blocks: list[object] = [_block(size) for _ in range(64)]
        for _ in range(32):
            state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
            blocks[(state >> 33) % 64] = None
        _kept.append(blocks)


def _block(size: int) -> object:
    """An object of the size class `size` that is freed to the allocator, not to a list of its type."""
    if size == 16:
        return object()
    return complex(size, 1) if size == 32 else bytes(size - 33)


def _patch_time() -> None:
    # The real functions are bound here, as defaults and closures: a reader may be called after all of `time` is ours.
    real_local, real_utc, real_format = time.localtime, time.gmtime, time.strftime
    real_text, real_asctime, real_get, real_get_ns = (
        time.ctime,
        time.asctime,
        time.clock_gettime,
        time.clock_gettime_ns,
    )
    source, offset = _source, _offset
    wall = {time.CLOCK_REALTIME, getattr(time, "CLOCK_TAI", time.CLOCK_REALTIME)}

    def time_ns() -> int:
        return source[0]() + offset[0]

    def now() -> float:
        return (source[0]() + offset[0]) / 1e9

    def localtime(seconds: float | None = None, /) -> time.struct_time:
        return real_local(now() if seconds is None else seconds)

    def gmtime(seconds: float | None = None, /) -> time.struct_time:
        return real_utc(now() if seconds is None else seconds)

    def ctime(seconds: float | None = None, /) -> str:
        return real_text(now() if seconds is None else seconds)

    def asctime(*moment: Any) -> str:
        return real_asctime(*moment or (localtime(),))

    def strftime(layout: str, *moment: Any) -> str:
        return real_format(layout, *moment or (localtime(),))

    def clock_gettime(clock: int, /) -> float:
        return now() if clock in wall else real_get(clock)

    def clock_gettime_ns(clock: int, /) -> int:
        return time_ns() if clock in wall else real_get_ns(clock)

    now.__name__ = now.__qualname__ = "time"
    for function in (time_ns, now, localtime, gmtime, ctime, asctime, strftime, clock_gettime, clock_gettime_ns):
        function.__qualname__ = function.__name__
        function.__module__ = "time"
        setattr(time, function.__name__, function)


def _patch_datetime(ctypes: Any) -> None:
    """Replace `now` and `utcnow`; `today` asks `time.time`.

    `datetime` is a static type, whose attributes can't be set. Its dictionary can be had from the collector, and the
    interpreter is told that it changed.
    """
    import datetime

    utc = datetime.timezone.utc  # noqa: UP017 (the name is the same in every version)

    def now(cls: Any, tz: Any = None) -> Any:
        """Returns new datetime object representing current time local to tz."""
        return cls.fromtimestamp(time.time(), tz)

    def utcnow(cls: Any) -> Any:
        """Return a new datetime representing UTC day and time."""
        return cls.fromtimestamp(time.time(), utc).replace(tzinfo=None)

    fields = next(d for d in gc.get_referents(datetime.datetime.__dict__) if isinstance(d, dict))
    for function in (now, utcnow):
        function.__qualname__ = f"datetime.{function.__name__}"
        function.__module__ = "datetime"
        fields[function.__name__] = classmethod(function)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
    assert sys.modules["datetime"].datetime.now.__func__ is now
