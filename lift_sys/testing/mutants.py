"""Mutation testing: are a function's tests good enough to notice small faults in it?

The mutants are made and run in the box (`guest/mutation.py`); what is expected stays here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

from lift_sys import wire
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, WireError
from lift_sys.records import Expected, MutantEvidence, MutationEvidence, TestCase, wire_arguments, wire_text
from lift_sys.sandbox.api import Limits, Process, Sandbox

LIMIT = 20
SECONDS = 60.0
_ENDINGS = (
    CandidateDied,
    CandidateTimeout,
    ResultTooLarge,
    WireError,
    ValueError,
    TypeError,
    KeyError,
    RecursionError,
)
"""How a box ends that mutants broke, or one whose answers are forged."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6}|\d{12}")
DEATHS = 5
"""Mutants may end the box; after so many, the rest are not run and not counted."""


@dataclass(frozen=True)
class MutationMatrix:
    """Which tests kill which mutants."""

    mutants: tuple[MutantEvidence, ...] = ()
    kills: tuple[tuple[int, ...], ...] = ()
    """For each mutant the indices of the tests that kill it; () for an equivalent one."""
    reached: tuple[int, ...] = ()
    """For each test the blocks of the reference that it enters, as bits."""
    detail: str = ""
    """Why there is no mutant, when there is none."""
    extra_tests: tuple[TestCase, ...] = ()
    """New tests that kill what the given ones do not. Their indices follow those of the given ones. What they expect
    is what the reference did in the mutants' box: a claim, until it is judged like that of any other test."""
    got: tuple[dict[int, Expected], ...] = ()
    """For each mutant what it did instead, by test, where that is short."""

    def limited(self, kept: Sequence[int]) -> MutationMatrix:
        """The matrix of the tests `kept` alone."""
        place = {index: position for position, index in enumerate(kept)}
        return replace(
            self,
            kills=tuple(tuple(place[index] for index in kills if index in place) for kills in self.kills),
            got=tuple({place[i]: outcome for i, outcome in got.items() if i in place} for got in self.got),
            reached=tuple(self.reached[index] for index in kept) if self.reached else (),
            extra_tests=(),
        )

    def evidence(self, kept: Sequence[int]) -> MutationEvidence:
        """The evidence when only the tests `kept` are left; `killed_by` counts within `kept`."""
        place = {index: position for position, index in enumerate(kept)}
        found = []
        known = chain(self.got, repeat({}))
        for mutant, kills, outcomes in zip(self.mutants, self.kills, known, strict=False):
            killers = sorted(place[index] for index in kills if index in place)
            first = killers[0] if killers else None
            got = outcomes.get(kept[first]) if first is not None else None
            found.append(mutant.model_copy(update={"killed_by": first, "failing": tuple(killers), "got": got}))
        counted = [mutant for mutant in found if not mutant.equivalent]
        killed = sum(mutant.killed_by is not None for mutant in counted)
        return MutationEvidence(
            mutants=tuple(found),
            killed=killed,
            total=len(counted),
            score=round(killed / len(counted), 6) if counted else None,
        )


def run_mutants(
    sandbox: Sandbox,
    code: str,
    entry_point: str,
    tests: Sequence[TestCase],
    limit: int = LIMIT,
    *,
    harness: str = "",
    extra: int = 0,
    enough: int = 0,
) -> MutationMatrix:
    """Make up to `limit` mutants of the entry point in `code` and run each of them on every test.

    With a `harness` (see `records.Slice`) the tests call its driver; it is never mutated itself. Up to `extra` new
    tests are looked for that kill mutants which survive all the given ones. After `enough` kills of a mutant (0: all)
    the tests that follow are not run on it.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    run = _Run(code, entry_point, tests, limit, harness, enough)
    for _ in range(DEATHS):
        if run.attempt(sandbox, extra):
            break
    return run.matrix()


class _Run:
    """One matrix in the making. A box that dies under a mutant is replaced, and goes on with the next one."""

    def __init__(
        self, code: str, entry_point: str, tests: Sequence[TestCase], limit: int, harness: str, enough: int
    ) -> None:
        self.request = {
            "code": code,
            "harness": harness,
            "entry_point": entry_point,
            "calls": [list(wire_arguments(test.args, test.kwargs)) for test in tests],
            "limit": limit,
            "enough": enough,
        }
        self.expected = [digest(test.expected) for test in tests]
        self.described: list[MutantEvidence] = []
        self.equivalent: list[MutantEvidence] = []
        self.sound: list[bool] = [True] * len(tests)
        self.reached: list[int] = [0] * len(tests)
        self.rows: list[tuple[int, ...]] = []
        self.got: list[dict[int, Expected]] = []
        self.stopped: set[int] = set()
        """Mutants that did not come to an end on every test."""
        self.detail = ""
        self.ended: list[int] = []
        """Mutants that ended the process."""
        self.complete = False
        self.extra: list[TestCase] = []
        self.proven: set[int] = set()
        """Mutants that no call the hints allow can tell."""

    def attempt(self, sandbox: Sandbox, extra: int) -> bool:
        """Whether all is known now."""
        started = False
        try:
            with sandbox.spawn("mutation", Limits(call_seconds=SECONDS)) as process:
                process.send(json.dumps({**self.request, "skip": len(self.rows)}).encode())
                if not self._start(process):
                    return True
                started = True
                while len(self.rows) < len(self.described):
                    frame = _frame(process)
                    if "end" in frame:
                        return True
                    row = _row(frame, "row", len(self.expected))
                    if not {"~", "?"}.isdisjoint(row):
                        self.stopped.add(len(self.rows))
                    self.rows.append(self._kills(row))
                    self.got.append(_outcomes(_row(frame, "got", len(self.expected))))
                self.complete = True
                if extra:
                    self._extend(process, extra)
                return True
        except _ENDINGS:
            if not started:
                self.detail = "the reference did not run to its end"
                return True
            if self.complete:  # the search for more tests ended it: there are none
                return True
            # The mutant that was running ended the process, or hung it: no test can miss that.
            self.stopped.add(len(self.rows))
            self.ended.append(len(self.rows))
            self.got = [*self.got[: len(self.rows)], {}]
            self.rows.append(tuple(i for i, sound in enumerate(self.sound) if sound))
            return len(self.rows) == len(self.described) and not extra

    def _start(self, process: Process) -> bool:
        opening = _frame(process)
        if "failed" in opening:
            self.detail = str(opening["failed"])[:200]
            return False
        described = _mutants(opening.get("mutants"))
        equivalent = _mutants(opening.get("equivalent"), equivalent=True)
        if self.described and described != self.described:
            raise ValueError("the mutants changed")
        self.described, self.equivalent = described, equivalent
        first = _frame(process)
        row = _row(first, "row", len(self.expected))
        self.sound = [got == wanted for got, wanted in zip(row, self.expected, strict=True)]
        self.reached = [int(marks[:4000], 16) for marks in _row(first, "marks", len(self.expected))]
        return True

    def _kills(self, row: list[str]) -> tuple[int, ...]:
        checks = zip(row, self.expected, self.sound, strict=True)
        kills = tuple(i for i, (got, wanted, sound) in enumerate(checks) if sound and got not in (wanted, "?", "!"))
        # Where a mutant ran out of time is chance; that it was killed before is not.
        return kills[:1] if "?" in row else kills

    def _extend(self, process: Process, most: int) -> None:
        """Ask for calls that tell the survivors, and add them as tests."""
        survivors = [number for number, kills in enumerate(self.rows) if not kills and number not in self.stopped]
        if not survivors:
            return
        process.send(json.dumps({"survivors": survivors, "ended": self.ended, "most": most}).encode())
        frame = _frame(process)
        tests = _tests(frame.get("calls"), most)
        marks = [int(text[:4000], 16) for text in _row(frame, "marks", len(tests))]
        rows = frame.get("rows")
        if not isinstance(rows, list) or (tests and len(rows) != len(self.described)):
            raise ValueError("no rows")
        wanted, first = [digest(test.expected) for test in tests], len(self.expected)
        outcomes = [_row(row, "row", len(tests)) for row in rows]
        got = [_outcomes(_row(row, "got", len(tests))) for row in rows]
        proven = frame.get("proven")
        if not isinstance(proven, list):
            raise ValueError("no proofs")
        for number, row in enumerate(outcomes):
            if not {"~", "?"}.isdisjoint(row):
                self.stopped.add(number)
            told = (first + at for at, got in enumerate(row) if got not in (wanted[at], "?"))
            self.rows[number] = (*self.rows[number], *told)
            self.got[number] |= {first + at: outcome for at, outcome in got[number].items()}
        self.proven = {number for number in proven if number in survivors}
        self.reached += marks
        self.extra = tests

    def matrix(self) -> MutationMatrix:
        known = [self._known(number) for number in range(len(self.rows))]
        return MutationMatrix(
            mutants=(*known, *self.equivalent),
            kills=(*self.rows, *[()] * len(self.equivalent)),
            got=tuple(self.got),
            reached=tuple(self.reached),
            detail=self.detail,
            extra_tests=tuple(self.extra),
        )

    def _known(self, number: int) -> MutantEvidence:
        changed: dict[str, object] = {}
        if number in self.stopped:
            changed["stopped"] = True
        if number in self.proven:
            changed |= {"equivalent": True, "proof": "exhaustive"}
        return self.described[number].model_copy(update=changed) if changed else self.described[number]


def _frame(process: Process) -> dict[str, object]:
    found = json.loads(process.receive(SECONDS))
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _row(frame: object, name: str, count: int) -> list[str]:
    row = frame.get(name) if isinstance(frame, dict) else None
    if not isinstance(row, list) or len(row) != count or not all(isinstance(item, str) for item in row):
        raise ValueError("no row")
    return row


def _tests(calls: object, most: int) -> list[TestCase]:
    """The calls that the guest found, as tests.

    Raises:
        ValueError: they are no such calls.
    """
    if not isinstance(calls, list) or len(calls) > most:
        raise ValueError("no calls")
    found = []
    for args, kwargs, kind, text in calls:
        given, named = wire.decode(args), wire.decode(kwargs)
        if not isinstance(given, tuple) or not isinstance(named, dict) or kind not in ("value", "raise"):
            raise ValueError("not a call")
        pairs = json.loads(kwargs)["d"]
        arguments = json.loads(args)["t"]
        names = dict(zip(pairs[::2], pairs[1::2], strict=True))
        found.append(TestCase(args=arguments, kwargs=names, expected=_outcome_of(kind, text), oracle="generated"))
    return found


def _outcome_of(kind: str, text: str) -> Expected:
    if kind == "value":
        wire.decode(text)
        return Expected(value=json.loads(text))
    return Expected(raises=str(text)[:200])


def _outcomes(texts: list[str]) -> dict[int, Expected]:
    """By place, what `kind:text` says, but for addresses and hashes made of them: these differ from run to run."""
    parts = {place: text.partition(":") for place, text in enumerate(texts) if text and not _ADDRESS.search(text)}
    return {place: _outcome_of(kind, text) for place, (kind, _, text) in parts.items()}


def _mutants(rows: object, *, equivalent: bool = False) -> list[MutantEvidence]:
    if not isinstance(rows, list):
        raise ValueError("no mutants")
    return [
        MutantEvidence(
            operator=str(operator)[:40],
            line=int(line),
            before=str(before)[:200],
            after=str(after)[:200],
            equivalent=equivalent,
            proof="bytecode" if equivalent else "",
            span=(int(start), int(end)),
            text=str(text),
        )
        for operator, line, before, after, start, end, text in rows
    ]


def digest(expected: Expected) -> str:
    """The digest that the guest would send for this outcome."""
    if expected.raises is not None:
        text = f"raise:{expected.raises}"
    else:
        text = "value:" + wire_text(expected.value)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
