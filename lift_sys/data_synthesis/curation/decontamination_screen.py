"""The problems of benchmarks as behavioural decontamination needs them: one file, read by every worker.

For each problem the tests are put in the order in which they tell most for least, and what passing them is worth is
estimated: a result that many functions share is worth little, a long one much.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lift_sys import wire
from lift_sys.data_synthesis.curation.benchmarks import Benchmark, BenchmarkCall, Problem
from lift_sys.errors import StorageError
from lift_sys.records import WireValue, wire_arguments
from lift_sys.records.base import canonical_json
from lift_sys.sandbox.guest.adapting import ARITY, agrees
from lift_sys.storage import atomic_write

SCREENED = 8
"""Tests of a problem that the screening runs."""
MISSES = 10
"""One test in so many may fail: a copy with a slip is still a copy."""
FEW_OUTCOMES = 2
SMALL = 5.0
"""Bits of a result that many functions give: True, None, 3, "Yes"."""
LARGEST_BITS = 16.0
NESTED = 3
"""Depth to which the types inside containers tell one problem's arguments from another's."""
DRIVEN = 0
"""`arity` of a problem that is a class: its harness calls methods of an object (see `decontamination_classes`)."""
Test = tuple[str, str]
"""Wire texts of the arguments and of the expected value."""
RAISES = ""
REFUSALS = 3
"""So many arguments that must raise tell something, whatever the results are."""


@dataclass(frozen=True)
class ScreenProblem:
    """A problem as the screening needs it."""

    id: str
    entry_point: str
    arity: int
    kind: str
    tests: tuple[Test, ...]
    """The most telling first."""
    probes: tuple[Test, ...]
    bits: float
    heavy: bool
    refused: tuple[Test, ...] = ()
    """What must raise: the expected value is `RAISES`."""

    def allowed(self, tests: int) -> int:
        """How many of `tests` may fail."""
        return min(len(self.tests) // MISSES, tests // 2)


@dataclass(frozen=True)
class Screen:
    """All problems in one file, named by its hash: small to send along with each row, read once by a worker."""

    path: str
    sha256: str


def write_screen(benchmarks: Iterable[Benchmark], folder: Path) -> Screen:
    """Write the file that workers read; its name holds its hash, so an existing one is the same.

    Raises:
        StorageError: it can't be written.
    """
    problems = [
        screened for benchmark in benchmarks for problem in benchmark.problems for screened in screen_of(problem)
    ]
    text = canonical_json([list(astuple(problem)) for problem in problems])
    digest = hashlib.sha256(text.encode()).hexdigest()
    path = folder / f"screen-{digest[:16]}.json"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        atomic_write(path, [text])
    return Screen(str(path), digest)


def screen_of(problem: Problem) -> list[ScreenProblem]:
    """The problem for each number of arguments its tests use; none where its results tell nothing.

    Left out are problems whose solution gives one result for everything, or an argument back, unless there is enough
    that it refuses.
    """
    if problem.harness:
        return [_screened(problem, DRIVEN, problem.calls, problem.probes, problem.refused)]
    found = []
    for arity in sorted({len(call.args) for call in problem.calls}):
        calls = [call for call in problem.calls if len(call.args) == arity]
        probes = [call for call in problem.probes if len(call.args) == arity]
        refused = [args for args in problem.refused if len(args) == arity]
        if 1 <= arity <= ARITY and (len(refused) >= REFUSALS or telling([*calls, *probes])):
            found.append(_screened(problem, arity, calls, probes, refused))
    return found


def _screened(
    problem: Problem,
    arity: int,
    calls: Sequence[BenchmarkCall],
    probes: Sequence[BenchmarkCall],
    refused: Sequence[Sequence[WireValue]],
) -> ScreenProblem:
    tests = [call.texts() for call in _telling_first(calls)]
    return ScreenProblem(
        problem.id,
        problem.entry_point,
        arity,
        _kind(tests),
        tuple(tests),
        tuple(call.texts() for call in probes),
        round(evidence(calls), 3),
        problem.heavy,
        tuple((wire_arguments(args, {})[0], RAISES) for args in refused),
    )


def telling(calls: Sequence[BenchmarkCall]) -> bool:
    """Whether the results differ, and are more than one of the arguments given back."""
    places = Counter(place for call in calls for place in _given_back(call))
    return len({call.texts()[1] for call in calls}) >= FEW_OUTCOMES and 10 * max(
        places.values(), default=0
    ) < 9 * len(calls)


def _given_back(call: BenchmarkCall) -> list[int]:
    """Which arguments would pass for the result; 1 for True would, but no function is that by chance."""
    args, value = (wire.decode(text) for text in call.texts())
    if not isinstance(args, tuple):
        return []
    return [
        n
        for n, argument in enumerate(args)
        if isinstance(argument, bool) == isinstance(value, bool) and agrees(argument, value)
    ]


def _telling_first(calls: Sequence[BenchmarkCall]) -> list[BenchmarkCall]:
    """Each different result in turn; short arguments, which cost little time, first."""
    ranked = sorted(calls, key=lambda call: (len(call.texts()[0]), bool(_given_back(call))))
    seen: Counter[str] = Counter()
    keyed = []
    for place, call in enumerate(ranked):
        result = call.texts()[1]
        keyed.append((seen[result], place, call))
        seen[result] += 1
    return [call for _, _, call in sorted(keyed, key=lambda item: item[:2])]


def evidence(calls: Sequence[BenchmarkCall]) -> float:
    """Bits that passing the calls is worth: each different result once by its size; where all are tiny (as those of
    a predicate), by how evenly they come. An argument given back is worth nothing."""
    counted = Counter(call.texts()[1] for call in calls if not _given_back(call))
    sizes = [_bits(json.loads(text)) for text in counted]
    if len(sizes) <= FEW_OUTCOMES and max(sizes, default=0) < SMALL:
        total = counted.total()
        return sum(count * -math.log2(count / total) for count in counted.values())
    return sum(sizes)


def _bits(value: Any) -> float:
    """A rough size of a wire value, at most `LARGEST_BITS`."""
    if value is None or isinstance(value, bool):
        return 1.0
    if isinstance(value, int):
        return min(2 + math.log2(1 + abs(value)), LARGEST_BITS)
    if isinstance(value, str):
        return min(1 + 3.0 * len(value), LARGEST_BITS)
    if isinstance(value, list):
        return min(1 + sum(map(_bits, value)), LARGEST_BITS)
    return min(1 + sum(map(_bits, value.values())), LARGEST_BITS)


def _kind(tests: Sequence[Test]) -> str:
    """The types of arguments, and those inside containers, of all tests that the screening runs. A function that
    fails on a kind is spared the next problem of that kind, so two kinds must not look the same."""
    given = [wire.decode(args) for args, _ in tests[:SCREENED]]
    return ",".join(_types(values) for values in zip(*given, strict=True))


def _types(values: Iterable[Any], depth: int = NESTED) -> str:
    by_name: dict[str, list[Any]] = {}
    for value in values:
        by_name.setdefault(type(value).__name__, []).extend(_members(value))
    inner = {name: _types(members, depth - 1) if depth else "" for name, members in by_name.items()}
    return "|".join(f"{name}[{types}]" if types else name for name, types in sorted(inner.items()))


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list | tuple | set | frozenset) else ()


@lru_cache(maxsize=2)
def read_screen(screen: Screen) -> tuple[ScreenProblem, ...]:
    """The problems of a screen file.

    Raises:
        StorageError: it is missing, or not the file that was written.
    """
    try:
        text = Path(screen.path).read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{screen.path} can't be read ({error}): start the run again") from error
    if hashlib.sha256(text.encode()).hexdigest() != screen.sha256:
        raise StorageError(f"{screen.path} was changed after it was written: remove it and start the run again")
    return tuple(
        ScreenProblem(name, entry, arity, kind, _tests(tests), _tests(probes), bits, heavy, _tests(refused))
        for name, entry, arity, kind, tests, probes, bits, heavy, refused in json.loads(text)
    )


def _tests(rows: list[list[str]]) -> tuple[Test, ...]:
    return tuple((args, expected) for args, expected in rows)


@lru_cache(maxsize=2)
def orders(screen: Screen) -> tuple[str, ...]:
    """The problems as the guest program takes them, each as JSON."""
    rows = []
    for problem in read_screen(screen):
        tests = problem.tests[:SCREENED] if problem.arity != DRIVEN else ()
        rows.append(json.dumps([problem.arity, problem.kind, problem.allowed(len(tests)), problem.heavy, tests]))
    return tuple(rows)
