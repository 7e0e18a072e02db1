"""Behavioural decontamination: does a row's function pass the tests of a benchmark's problem?

Renaming, reordering and rewriting change how a function looks, not what it does. So every problem's tests are run
on every row's function, with its arguments in every plausible order. All of a row's screening happens in one boxed
process (`guest/behaviour.py`); what seems to match is run again in a fresh box, and compared here.

A match needs evidence. The tests of a problem are worth so many bits: a result that many functions share (True, an
empty list, an argument given back) is worth little, a long one much. Where the bits are few, the function must also
agree with the solution on `probes`, inputs near the tests' own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lift_sys import wire
from lift_sys.data_synthesis.boxes import worker_boxes
from lift_sys.data_synthesis.curation.decontamination_classes import DRIVE, castings, driven
from lift_sys.data_synthesis.curation.decontamination_screen import (
    MISSES,
    RAISES,
    SCREENED,
    Screen,
    ScreenProblem,
    Test,
    orders,
    read_screen,
    write_screen,
)
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, SandboxFault, WireError
from lift_sys.records import Example, Requirement
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, Outcome, run_calls
from lift_sys.sandbox.guest.adapting import ADAPTED, Way, agrees

ENOUGH_BITS = 32.0
"""Tests worth as much are evidence of their own; below, the probes must agree as well."""
PROBE_SHARE = 0.75
"""Share of the probes that must agree, of those with the commonest result and of the others alike."""
SECONDS = 20.0
"""Wall time of a screening. Fuel ends it long before, but for code that is stuck in C."""
PARTS, GIVE_UP = 8, 3
"""Parts in which the problems are tried one by one after a failure, and failed parts after which the rest is left."""
MOST = 400
"""Ways that a screening may claim."""
CALL_SECONDS, HEAVY_SECONDS = 5.0, 60.0
HEAVY_TRIES = 3
"""Ways in which a heavy problem is tried: each may take its whole time."""
ATTEMPTS = 3


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


def behavioural_match(item: BehaviourTask) -> str | None:
    """The problem whose tests the row's function passes, and how; None when there is none.

    A worker's function: it opens its own boxes, and a fault of theirs is retried.

    Raises:
        SandboxFault: the box broke three times.
        StorageError: the screen file is gone.
    """
    for attempt in range(ATTEMPTS):
        try:
            return match(worker_boxes().get(0, item.requirements), item)
        except SandboxFault:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def match(sandbox: Sandbox, item: BehaviourTask) -> str | None:
    """As `behavioural_match`, in a given box."""
    problems = read_screen(item.screen)
    tried: Counter[int] = Counter()
    for number, way in screening(sandbox, item):
        tried[number] += 1
        if problems[number].heavy and tried[number] > HEAVY_TRIES:
            continue
        found = confirm(sandbox, item, problems[number], way)
        if found:
            return _said(problems[number], found)
    boxed = replace(item, code=driven(item.code))
    for problem in castings(sandbox, item.code, item.entry_point, problems):
        found = confirm(sandbox, boxed, problem, DRIVE)
        if found:
            return _said(problem, found)
    return None


def _said(problem: ScreenProblem, found: str) -> str:
    return f"{problem.id} {problem.entry_point}: behaves the same ({found})"


def screening(sandbox: Sandbox, item: BehaviourTask) -> list[tuple[int, Way]]:
    """What the row's function seems to pass: a claim of the code itself.

    A function that ends or hangs its process on some problem's input is tried again on the others, part by part.

    Raises:
        SandboxFault: our box broke.
    """
    numbers = range(len(read_screen(item.screen)))
    found = _screen(sandbox, item, numbers)
    if found is not None:
        return found
    passed: list[tuple[int, Way]] = []
    failures = 0
    for part in range(PARTS):
        found = _screen(sandbox, item, numbers[part::PARTS])
        failures += found is None
        if failures == GIVE_UP:
            break
        passed += found or []
    return passed


def _screen(sandbox: Sandbox, item: BehaviourTask, numbers: range) -> list[tuple[int, Way]] | None:
    """The screening on these problems; None when the process ended before it answered, or answered nonsense."""
    head = json.dumps({"code": item.code, "entry_point": item.entry_point})
    problems = orders(item.screen)
    try:
        with sandbox.spawn("behaviour", Limits(call_seconds=SECONDS)) as process:
            process.send(f'{head[:-1]},"problems":[{",".join(problems[n] for n in numbers)}]}}'.encode())
            answer = json.loads(process.receive(SECONDS))
        return [(numbers[int(number)], _way(fields)) for number, fields in answer.get("passed", ())][:MOST]
    except (CandidateTimeout, CandidateDied, ResultTooLarge, LookupError, ValueError, TypeError, AttributeError):
        return None


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
    if problem.refused:
        raised = agreeing(sandbox, item, way, problem.refused)
        if raised is None or sum(raised) < len(raised) - len(raised) // MISSES:
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
    """For each test whether the function, called in this way in a fresh box, gives the expected value, or raises
    where it must; None: the function failed as a whole."""
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
    if expected == RAISES:
        return outcome.raises is not None
    if outcome.value is None:
        return False
    try:
        return outcome.value == expected or agrees(wire.decode(outcome.value), wire.decode(expected))
    except (WireError, RecursionError):
        return False


__all__ = ["BehaviourTask", "Screen", "behavioural_match", "match", "screening", "write_screen"]
