"""Generated inputs, with the original function as the oracle.

The work is done in the box by `guest/explorer.py`. What it reports is a claim of hostile code, so it is read here
with care, and a test made of it is worth something only once the validator has run it again, elsewhere.

The outcome is a function of the slice, the seeds and the budget: tries are limited by count and by fuel, never by
the clock. The clock only ends a box that is stuck in C code; then one calmer exploration is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lift_sys import wire
from lift_sys.data_synthesis.oracles.base import AUTHORITY, ObservedCall
from lift_sys.data_synthesis.projections import BOUND, FORMS, projected, received
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, WireError
from lift_sys.records import Expected, Function, Projection, RejectionReason, Slice, WireValue, wire_arguments
from lift_sys.sandbox.api import Limits, Sandbox

BUDGET = 250
LOAD_SECONDS = 20.0
EXPLORE_SECONDS = 60.0
TEXT = 16384
"""Characters of one wire text in a report; longer ones are forged."""
_REASONS = {
    reason.value: reason
    for reason in (
        RejectionReason.NO_USABLE_CALLS,
        RejectionReason.CONSTANT_RESULT,
        RejectionReason.NONDETERMINISTIC,
        RejectionReason.NO_TESTS_FOUND_IN_TIME,
    )
}


@dataclass(frozen=True)
class Exploration:
    """What is known of a function's behaviour, or why it can't be tested."""

    calls: tuple[ObservedCall, ...] = ()
    coverage: float | None = None
    """Share of the statements, of the function and the helpers it reached, that the calls reach."""
    reason: RejectionReason | None = None
    detail: str = ""
    blocks: tuple[int, ...] = ()
    """For each call the blocks it entered, as bits."""
    tries: int = 0
    unencoded: int = 0
    """Calls whose result is no plain value."""
    slice: Slice | None = None
    """The slice with the harness that was chosen, where it is not the function's own."""


def explore(
    sandbox: Sandbox, function: Function, *, seeds: Sequence[ObservedCall] = (), budget: int = BUDGET
) -> Exploration:
    """Run the seeds, the docstring's examples and `budget` invented inputs.

    Where results are no plain values, harnesses are tried that make them plain; see `Exploration.slice`.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    if function.slice is None:
        return Exploration(reason=RejectionReason.LOAD_FAILED, detail="the function has no slice")
    best: Exploration | None = None
    for found in _forms(function):
        exploration = _explore(sandbox, function, found, seeds, budget)
        if best is None or _better(exploration, best):
            best = exploration if found is function.slice else replace(exploration, slice=found)
        if not _lacking(best, function):
            break
    return best or Exploration(reason=RejectionReason.LOAD_FAILED, detail="its names are those of the harness")


def _better(found: Exploration, best: Exploration) -> bool:
    return found.reason is None and (best.reason is not None or found.unencoded < best.unencoded)


def _forms(function: Function) -> Iterator[Slice]:
    """The slice with the harnesses that may make its results plain, the simplest first."""
    plain = function.slice
    assert plain is not None
    if plain.harness:
        yield plain
    elif function.kind in BOUND:
        yield from filter(None, (received(plain, function.kind, form) for form in FORMS))
    else:
        if not function.is_generator:
            yield plain
        projections: tuple[Projection, ...] = ("iterator", "object")
        yield from filter(None, (projected(plain, projection) for projection in projections))


def _lacking(found: Exploration, function: Function) -> bool:
    """Whether another form should be tried: many results are not plain, or it may be the object that changes."""
    if function.kind in BOUND and found.reason is RejectionReason.CONSTANT_RESULT:
        return True
    return 4 * found.unencoded > found.tries or (found.unencoded > 0 and found.reason is not None)


def _explore(
    sandbox: Sandbox, function: Function, form: Slice, seeds: Sequence[ObservedCall], budget: int
) -> Exploration:
    found = _explored(sandbox, function, form, seeds, budget, calm=False)
    if found.reason is RejectionReason.NO_TESTS_FOUND_IN_TIME:
        found = _explored(sandbox, function, form, seeds, budget // 4, calm=True)
    return found


def _explored(
    sandbox: Sandbox, function: Function, form: Slice, seeds: Sequence[ObservedCall], budget: int, *, calm: bool
) -> Exploration:
    identity = f"{form.entry_point}\0{form.code}".encode("utf-8", "replace")
    request = {
        "code": form.code,
        "entry_point": form.entry_point,
        "harness": form.harness,
        "receiver": function.kind in BOUND,
        "docstring": function.docstring,
        "calls": [[*wire_arguments(call.args, call.kwargs), call.oracle] for call in seeds],
        "budget": budget,
        "calm": calm,
        "seed": int.from_bytes(hashlib.sha256(identity).digest()[:8], "big"),
    }
    loaded = False
    try:
        with sandbox.spawn("explorer", Limits(call_seconds=EXPLORE_SECONDS)) as process:
            process.send(json.dumps(request).encode())
            greeting = _object(process.receive(LOAD_SECONDS))
            if "failed" in greeting:
                return Exploration(reason=RejectionReason.LOAD_FAILED, detail=_line(greeting["failed"]))
            loaded = True
            return _read(_object(process.receive(EXPLORE_SECONDS)))
    except CandidateTimeout:
        detail = "a call" if loaded else "loading"
        return _ended(loaded, f"{detail} did not end")
    except CandidateDied:
        return _ended(loaded, "the process ended")
    except (ResultTooLarge, ValueError, RecursionError):
        return _ended(loaded, "the report was no report")


def _ended(loaded: bool, detail: str) -> Exploration:
    reason = RejectionReason.NO_TESTS_FOUND_IN_TIME if loaded else RejectionReason.LOAD_FAILED
    return Exploration(reason=reason, detail=detail)


def _object(frame: bytes) -> dict[str, object]:
    found = json.loads(frame)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _line(text: object) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(text)[:200])


def _read(report: dict[str, object]) -> Exploration:
    """The report as data.

    Raises:
        ValueError: it is not shaped like one.
    """
    rows = report.get("calls")
    if not isinstance(rows, list):
        raise ValueError("no calls")
    calls, blocks = [], []
    for row in rows[:400]:
        args, kwargs, kind, text, oracle, marks, _fuel = row
        calls.append(read_call(args, kwargs, kind, text, oracle))
        blocks.append(int(str(marks)[:4000], 16))
    coverage = report.get("coverage")
    known = isinstance(coverage, float) and 0 <= coverage <= 1
    tries, unencoded = report.get("tries"), report.get("unencoded")
    return Exploration(
        calls=tuple(calls),
        coverage=round(coverage, 6) if known else None,  # type: ignore[call-overload]
        reason=_REASONS.get(str(report.get("reason"))),
        detail=_line(report.get("detail", "")),
        blocks=tuple(blocks),
        tries=tries if isinstance(tries, int) else 0,
        unencoded=unencoded if isinstance(unencoded, int) else 0,
    )


def read_call(args: object, kwargs: object, kind: object, text: object, oracle: object) -> ObservedCall:
    """A call that a box reports, as data.

    Raises:
        ValueError: it is no call.
    """
    if oracle not in AUTHORITY or not isinstance(text, str):
        raise ValueError("no call")
    given = _canonical(args)
    named = _canonical(kwargs)
    outcome = Expected(value=_canonical(text)) if kind == "value" else Expected(raises=text[:100])
    if kind not in ("value", "raise") or (kind == "raise" and not text.isidentifier()):
        raise ValueError("no outcome")
    return ObservedCall(arguments(given), keywords(named), outcome, oracle)


def _canonical(text: object) -> WireValue:
    """The parsed JSON of a wire text that is the canonical one.

    Raises:
        ValueError: it is no wire text.
    """
    if not isinstance(text, str) or len(text) > TEXT:
        raise ValueError("no wire text")
    try:
        if wire.encode(wire.decode(text)) != text:
            raise ValueError("not canonical")
    except WireError as error:
        raise ValueError(str(error)) from None
    return json.loads(text)  # type: ignore[no-any-return]


def arguments(value: WireValue) -> tuple[WireValue, ...]:
    """The members of an encoded tuple."""
    if isinstance(value, dict) and isinstance(items := value.get("t"), list):
        return tuple(items)
    raise ValueError("the arguments are no tuple")


def keywords(value: WireValue) -> dict[str, WireValue]:
    """The items of an encoded dict whose keys are plain strings."""
    if isinstance(value, dict) and isinstance(items := value.get("d"), list):
        names = items[::2]
        if all(isinstance(name, str) for name in names):
            return dict(zip(map(str, names), items[1::2], strict=True))
    raise ValueError("the keyword arguments are no dict of strings")
