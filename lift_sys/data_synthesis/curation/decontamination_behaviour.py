"""Behavioural decontamination: does a row's function pass the tests of a benchmark's problem?

Renaming, reordering and rewriting change how a function looks, not what it does. So every problem's tests are run
on every row's function, with its arguments in every plausible order. All of a row's screening happens in one boxed
process (`guest/behaviour.py`); what seems to match is run again in a fresh box, and compared here.

A match needs evidence. The tests of a problem are worth so many bits: a result that many functions share (True, an
empty list, an argument given back) is worth little, a long one much. Where the bits are few, the function must also
agree with the solution on `probes`, inputs near the tests' own.
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
from lift_sys.data_synthesis.boxes import worker_boxes
from lift_sys.data_synthesis.curation.benchmarks import Benchmark, BenchmarkCall, Problem
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, SandboxFault, StorageError, WireError
from lift_sys.records import Example, Requirement
from lift_sys.records.base import canonical_json
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, Outcome, run_calls
from lift_sys.sandbox.guest.adapting import ADAPTED, ARITY, Way, agrees
from lift_sys.storage import atomic_write

SCREENED = 8
"""Tests of a problem that the screening runs."""
MISSES = 10
"""One test in so many may fail: a copy with a slip is still a copy."""
ENOUGH_BITS = 32.0
"""Tests worth as much are evidence of their own; below, the probes must agree as well."""
PROBE_SHARE = 0.75
"""Share of the probes that must agree, of those with the commonest result and of the others alike."""
FEW_OUTCOMES = 2
SMALL = 5.0
"""Bits of a result that many functions give: True, None, 3, "Yes"."""
SECONDS = 30.0
CALL_SECONDS, HEAVY_SECONDS = 5.0, 60.0
ATTEMPTS = 3
Test = tuple[str, str]
"""Wire texts of the arguments and of the expected value."""


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

    def allowed(self, tests: int) -> int:
        """How many of `tests` may fail."""
        return min(len(self.tests) // MISSES, tests // 2)


@dataclass(frozen=True)
class Screen:
    """All problems in one file, named by its hash: small to send along with each row, read once by a worker."""

    path: str
    sha256: str


@dataclass(frozen=True)
class BehaviourTask:
    """A row to try, with what runs it."""

    code: str
    entry_point: str
    requirements: tuple[Requirement, ...]
    screen: Screen

    @classmethod
    def of(cls, example: Example, screen: Screen) -> BehaviourTask:
        return cls(example.code, example.entry_point, example.requirements, screen)


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

    Left out are problems whose solution gives one result for everything, or an argument back.
    """
    found = []
    for arity in sorted({len(call.args) for call in problem.calls}):
        calls = [call for call in problem.calls if len(call.args) == arity]
        probes = [call for call in problem.probes if len(call.args) == arity]
        if 1 <= arity <= ARITY and telling([*calls, *probes]):
            tests = [call.texts() for call in _telling_first(calls)]
            found.append(
                ScreenProblem(
                    problem.id,
                    problem.entry_point,
                    arity,
                    _kind(wire.decode(tests[0][0])),
                    tuple(tests),
                    tuple(call.texts() for call in probes),
                    round(evidence(calls), 3),
                    problem.heavy,
                )
            )
    return found


def telling(calls: Sequence[BenchmarkCall]) -> bool:
    """Whether the results differ, and are more than one of the arguments given back."""
    places = Counter(place for call in calls for place in _given_back(call))
    return len({call.texts()[1] for call in calls}) >= FEW_OUTCOMES and 10 * max(
        places.values(), default=0
    ) < 9 * len(calls)


def _given_back(call: BenchmarkCall) -> list[int]:
    """Which arguments are equal to the result."""
    args, value = (wire.decode(text) for text in call.texts())
    if not isinstance(args, tuple):
        return []
    return [n for n, argument in enumerate(args) if type(argument) is type(value) and agrees(argument, value)]


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
    """A rough size of a wire value, at most 16."""
    if value is None or isinstance(value, bool):
        return 1.0
    if isinstance(value, int):
        return min(2 + math.log2(1 + abs(value)), 16.0)
    if isinstance(value, str):
        return min(1 + 3.0 * len(value), 16.0)
    if isinstance(value, list):
        return min(1 + sum(map(_bits, value)), 16.0)
    return min(1 + sum(map(_bits, value.values())), 16.0)


def _kind(args: Any) -> str:
    """The types of arguments, and of the first members of containers."""
    names = []
    for value in args:
        inner = next(iter(value), None) if isinstance(value, (list, tuple, dict, set)) and value else None
        names.append(f"{type(value).__name__}[{type(inner).__name__ if inner is not None else ''}]")
    return ",".join(names)


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
        ScreenProblem(name, entry, arity, kind, _tests(tests), _tests(probes), bits, heavy)
        for name, entry, arity, kind, tests, probes, bits, heavy in json.loads(text)
    )


def _tests(rows: list[list[str]]) -> tuple[Test, ...]:
    return tuple((args, expected) for args, expected in rows)


@lru_cache(maxsize=2)
def _orders(screen: Screen) -> str:
    """The problems as the guest program takes them, as JSON."""
    rows = []
    for problem in read_screen(screen):
        tests = problem.tests[:SCREENED]
        rows.append([problem.arity, problem.kind, problem.allowed(len(tests)), problem.heavy, tests])
    return json.dumps(rows)


def behavioural_match(item: BehaviourTask) -> str | None:
    """The problem whose tests the row's function passes, and how; None when there is none.

    A worker's function: it opens its own boxes, and a fault of theirs is retried.

    Raises:
        SandboxFault: the box broke three times.
        StorageError: the screen file is gone.
    """
    for attempt in range(ATTEMPTS):
        try:
            return match(_box(item), item)
        except SandboxFault:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _box(item: BehaviourTask) -> Sandbox:
    boxes: Any = worker_boxes()
    return boxes.get(0, item.requirements) if item.requirements else boxes[0]  # type: ignore[no-any-return]


def match(sandbox: Sandbox, item: BehaviourTask) -> str | None:
    """As `behavioural_match`, in a given box."""
    problems = read_screen(item.screen)
    done: set[int] = set()
    for number, way in screening(sandbox, item):
        if number in done or number >= len(problems):
            continue
        found = confirm(sandbox, item, problems[number], way)
        if found:
            return f"{problems[number].id} {problems[number].entry_point}: behaves the same ({found})"
        if problems[number].heavy:  # it may have taken its whole time: once is enough
            done.add(number)
    return None


def screening(sandbox: Sandbox, item: BehaviourTask) -> list[tuple[int, Way]]:
    """What the row's function seems to pass: a claim of the code itself."""
    head = json.dumps({"code": item.code, "entry_point": item.entry_point})
    try:
        with sandbox.spawn("behaviour", Limits(call_seconds=SECONDS)) as process:
            process.send(f'{head[:-1]},"problems":{_orders(item.screen)}}}'.encode())
            answer = json.loads(process.receive(SECONDS))
        return [(int(number), _way(fields)) for number, fields in answer.get("passed", ())][:400]
    except (CandidateTimeout, CandidateDied, ResultTooLarge, ValueError, TypeError, KeyError, AttributeError):
        return []


def _way(fields: list[Any]) -> Way:
    """A way out of JSON. Its texts become code that runs in the box, so only in the box can they do anything."""
    target, arity, order, keywords, form = fields
    return Way(
        str(target), int(arity), tuple(map(int, order)), tuple((str(k), int(n)) for k, n in keywords), str(form)
    )


def confirm(sandbox: Sandbox, item: BehaviourTask, problem: ScreenProblem, way: Way) -> str | None:
    """What a match rests on, from runs in fresh boxes; None when it is none."""
    tests = problem.tests
    seconds = HEAVY_SECONDS if problem.heavy else CALL_SECONDS
    passed = agreeing(sandbox, item, way, tests, seconds)
    if passed is None and not problem.heavy:  # a long test ended the process
        tests = tests[:SCREENED]
        passed = agreeing(sandbox, item, way, tests)
    if passed is None or sum(passed) < len(tests) - problem.allowed(len(tests)):
        return None
    said = f"{sum(passed)} of {len(tests)} tests, arguments {way.describe()}"
    if problem.bits >= ENOUGH_BITS:
        return said
    near = agreeing(sandbox, item, way, problem.probes) if problem.probes else None
    if near is None or balanced(near, problem.probes) < PROBE_SHARE:
        return None
    return f"{said}, {sum(near)} of {len(near)} probes"


def balanced(agreed: Sequence[bool], tests: Sequence[Test]) -> float:
    """The smaller share of agreement: of the tests with the commonest result, or of all the others."""
    commonest = Counter(expected for _, expected in tests).most_common(1)[0][0]
    groups: tuple[list[bool], list[bool]] = ([], [])
    for good, (_, expected) in zip(agreed, tests, strict=True):
        groups[expected == commonest].append(good)
    return min(sum(group) / len(group) for group in groups if group)


def agreeing(
    sandbox: Sandbox, item: BehaviourTask, way: Way, tests: Sequence[Test], seconds: float = CALL_SECONDS
) -> list[bool] | None:
    """For each test whether the function, called in this way in a fresh box, gives the expected value; None: the
    function failed as a whole."""
    program = f"{item.code.rstrip()}\n\n{way.source()}"
    calls = [Call(args) for args, _ in tests]
    try:
        outcomes = run_calls(
            sandbox, program, ADAPTED, calls, regime="one_process", limits=Limits(call_seconds=seconds)
        )
    except (CandidateTimeout, CandidateDied, ResultTooLarge):
        return None
    return [_fits(outcome, expected) for outcome, (_, expected) in zip(outcomes, tests, strict=True)]


def _fits(outcome: Outcome, expected: str) -> bool:
    if outcome.value is None:
        return False
    try:
        return outcome.value == expected or agrees(wire.decode(outcome.value), wire.decode(expected))
    except (WireError, RecursionError):
        return False
