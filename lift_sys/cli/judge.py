"""`lift-sys judge`: run candidates against tests that they never see."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import queue
    from concurrent.futures import Future

    from lift_sys.sandbox.judge import CaseVerdict, Judge

MIB = 1 << 20
LONGEST_LINE = 64 * MIB
MOST_BYTES = 256 * MIB


class Regimes(StrEnum):
    first = "first"
    both = "both"


def judge(
    cases: Annotated[str, typer.Argument(help="A file of cases, one JSON object a line (.gz too); - reads stdin.")],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Boxes at a time; 0 is two a core: a box often waits.")
    ] = 0,
    regimes: Annotated[
        Regimes, typer.Option("--regimes", help="`both` also makes each call in a fresh process; `first` is faster.")
    ] = Regimes.both,
    call_seconds: Annotated[
        float, typer.Option("--call-seconds", min=0.05, max=86_400, help="Seconds for one call.")
    ] = 5.0,
    memory: Annotated[int, typer.Option("--memory", min=32, help="MiB for a candidate's whole process tree.")] = 1024,
    tasks: Annotated[
        int, typer.Option("--tasks", min=1, max=1 << 20, help="Processes and threads of a candidate.")
    ] = 64,
    result: Annotated[int, typer.Option("--result", min=1, help="MiB for one result.")] = 16,
    tmp: Annotated[int, typer.Option("--tmp", min=1, help="MiB for a candidate's /tmp.")] = 256,
    fail_on_invalid: Annotated[
        bool, typer.Option("--fail-on-invalid", help="End with 1 when a case is not valid.")
    ] = False,
) -> None:
    """Judge candidates: one line of JSON for each case, in the order given.

    A case has `id`, `code`, `entry_point` and `tests` (a list of assert statements that call the entry point), or
    HumanEval's own fields. The candidate gets arguments and returns bytes; it never sees a test.

    Example:  lift-sys judge cases.jsonl --jobs 4 > verdicts.jsonl

    Exit codes: 0 every case was judged, 1 one is not valid (with --fail-on-invalid), 2 bad usage or a file that can't
    be read to its end, 3 no sandbox on this machine, 130 stopped.
    """
    import os
    import signal
    import sys

    from lift_sys.config import usable_cores
    from lift_sys.errors import ConfigError
    from lift_sys.sandbox.api import Limits
    from lift_sys.sandbox.candidate import REGIMES
    from lift_sys.sandbox.judge import Judge

    limits = Limits(call_seconds, memory * MIB, tasks, result * MIB, tmp=tmp * MIB)
    kinds = REGIMES if regimes is Regimes.both else REGIMES[:1]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if sys.stdout is None:  # closed by who started this
        raise ConfigError("standard output is closed: there is nowhere to write verdicts to")
    stream, stopped = _open(cases), 0
    with Judge(jobs or 2 * usable_cores(), kinds, limits) as judging:
        try:
            counts = _judge_lines(judging, stream)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough
            stopped = 141
        except KeyboardInterrupt:
            stopped = 130
        except SystemExit:
            stopped = 143
    if stopped:
        os._exit(stopped)  # the thread that waits for the next line can't be told to end
    stream.close()
    if _is_terminal(sys.stderr):
        total = sum(counts.values())
        print(f"{total:,} cases: " + ", ".join(f"{n:,} {verdict}" for verdict, n in counts.items()), file=sys.stderr)
    if fail_on_invalid and any(n for verdict, n in counts.items() if verdict != "valid"):
        raise typer.Exit(1)


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()


def _open(name: str) -> IO[bytes]:
    import gzip
    import sys

    from lift_sys.errors import ConfigError

    if name == "-" and sys.stdin is None:
        raise ConfigError("the cases can't be read: standard input is closed")
    try:
        file = sys.stdin.fileno() if name == "-" else Path(name)
        opened = open(file, "rb", closefd=name != "-")  # noqa: SIM115
        opened.peek(1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the cases can't be read: {error}") from None
    if opened.peek(2)[:2] == b"\x1f\x8b":  # by content: names lie
        return gzip.GzipFile(fileobj=opened)  # type: ignore[return-value]
    return opened


def _judge_lines(judging: Judge, stream: IO[bytes]) -> dict[str, int]:
    """Print each verdict as soon as it and those before it are there; how many of each."""
    import json
    import queue
    import sys
    import threading
    from dataclasses import replace

    counts = dict.fromkeys(("valid", "invalid", "error", "timeout"), 0)
    waiting: queue.Queue[tuple[int, Future[CaseVerdict]] | BaseException | None] = queue.Queue(64 * judging.jobs)
    show = _is_terminal(sys.stderr) and not _is_terminal(sys.stdout)
    threading.Thread(target=_feed, args=(judging, stream, waiting), daemon=True).start()
    while (item := waiting.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        number, future = item
        verdict = future.result()
        if verdict.verdict == "error" and verdict.id is None:  # nothing else would tell which one it was
            verdict = replace(verdict, reason=f"line {number}: {verdict.reason}")
        counts[verdict.verdict] += 1
        sys.stdout.write(json.dumps(verdict.to_dict()) + "\n")
        if waiting.empty() or sum(counts.values()) % 16 == 0:
            sys.stdout.flush()
        if show:
            print(f"\r{sum(counts.values()):,} judged, {counts['valid']:,} valid ", end="", file=sys.stderr)
    if show:
        print("\r", end="", file=sys.stderr)
    return counts


def _feed(
    judging: Judge, stream: IO[bytes], waiting: queue.Queue[tuple[int, Future[CaseVerdict]] | BaseException | None]
) -> None:
    """Hand the cases over, in a thread: verdicts are printed while the next line is still awaited."""
    from functools import partial

    budget = _Budget()
    try:
        for number, case, size in read_cases(stream):
            budget.take(size)
            future = judging.submit(case)
            future.add_done_callback(partial(budget.give, size))
            waiting.put((number, future))
        waiting.put(None)
    except RuntimeError:
        waiting.put(None)  # the judge was closed
    except BaseException as error:
        waiting.put(error)


class _Budget:
    """Bytes of cases that may be read before they are judged; a single larger case may always be."""

    def __init__(self) -> None:
        import threading

        self._used = 0
        self._changed = threading.Condition()

    def take(self, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + size <= MOST_BYTES)
            self._used += size

    def give(self, size: int, _: object = None) -> None:
        with self._changed:
            self._used -= size
            self._changed.notify()


def read_cases(stream: IO[bytes]) -> Iterator[tuple[int, object, int]]:
    """Line number, case and bytes of each line of a file of JSON lines; a BadCase says why a line holds none.

    Raises:
        ConfigError: the file can't be read on, though it has not ended.
    """
    import json
    import zlib

    from lift_sys.errors import ConfigError
    from lift_sys.sandbox.cases import BadCase

    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = stream.readline(MIB)
                yield number, BadCase(f"it is longer than {LONGEST_LINE // MIB} MiB"), 0
                continue
        except (OSError, EOFError, zlib.error) as error:
            raise ConfigError(f"line {number}: the file can't be read on: {error}") from None
        if not line:
            return
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        try:
            case: object = json.loads(line.decode())
        except UnicodeDecodeError as error:
            case = BadCase(f"it is not UTF-8: {error.reason} at byte {error.start}")
        except (ValueError, RecursionError) as error:
            case = BadCase(f"it is no JSON: {error}")
        yield number, case, len(line)
