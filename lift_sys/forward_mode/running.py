"""Lines run on a candidate inside the sandbox. What comes back are claims, and all that rests on them is which
candidate is shown first."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from lift_sys import wire
from lift_sys.errors import CandidateDied, CandidateTimeout, ResultTooLarge, WireError
from lift_sys.forward_mode.asking import Failure
from lift_sys.forward_mode.examples import Line, tree_of
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, Outcome, clean, run_calls

DRIVER = "lift_lines"
HARNESS = """

def lift_lines(lines):
    import io, sys
    from itertools import islice
    names, seen, stdout = {"islice": islice, **globals()}, [], sys.stdout
    for line in lines:
        sys.stdout = io.StringIO()
        try:
            try:
                code = compile(line, "<example>", "eval")
            except SyntaxError:
                exec(compile(line, "<example>", "exec"), names)
                shown = sys.stdout.getvalue()
            else:
                value = eval(code, names)
                shown = sys.stdout.getvalue()
                shown += "" if shown and value is None else repr(value)
            seen.append(("value" if shown else "", shown.strip()))
        except Exception as error:
            seen.append(("raise", type(error).__name__))
    sys.stdout = stdout
    return seen
"""
"""Runs lines in a copy of the candidate's names: what a session would show of each, or what it raises."""
SECONDS = 5.0
LONGEST = 20_000
"""Characters of a value that are read on this side of the sandbox; longer ones are compared as text."""
SHOWN = 300
Script = tuple[str, ...]
"""Lines that are run one after the other."""
LOADED: Script = ("0",)
"""What any code leads to that can be loaded."""
Seen = tuple[str, str]
"""What a line led to: `value` and what is shown, `raise` and the exception's name, or two empty texts of a statement
that shows nothing."""
FAILURES = (CandidateDied, CandidateTimeout, ResultTooLarge)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def run_scripts(code: str, scripts: Sequence[Script], sandbox: Sandbox) -> list[list[Seen]]:
    """What each line of each script leads to. Of a script whose answer can't be read, nothing.

    Raises:
        CandidateTimeout, CandidateDied, ResultTooLarge: the candidate failed as a whole.
        SandboxFault: our box broke; nothing is known.
    """
    calls = [Call(wire.encode(([*script],))) for script in scripts]
    limits = Limits(call_seconds=SECONDS)
    outcomes = run_calls(sandbox, code + HARNESS, DRIVER, calls, regime="one_process", limits=limits)
    return [_seen(outcome, len(script)) for outcome, script in zip(outcomes, scripts, strict=True)]


def _seen(outcome: Outcome, count: int) -> list[Seen]:
    if outcome.raises is not None:  # what `except Exception` lets through
        return [("raise", outcome.raises)] * count
    try:
        found = wire.decode(outcome.value or "")
    except (WireError, ValueError):
        return []
    pairs = [item for item in found if isinstance(item, tuple) and len(item) == 2] if isinstance(found, list) else []
    whole = len(pairs) == count and all(isinstance(part, str) for pair in pairs for part in pair)
    return pairs if whole else []


def run_examples(code: str, lines: Sequence[Line], sandbox: Sandbox) -> tuple[list[Failure], str]:
    """The examples that a candidate does not meet, and what is wrong with all of it (empty: nothing).

    Without examples it is loaded, no more.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    try:
        (seen,) = run_scripts(code, [tuple(line.source for line in lines) or LOADED], sandbox)
    except CandidateTimeout:
        return [], f"it does not end within {SECONDS:g} s"
    except FAILURES as error:
        return [], str(error)
    if not seen:
        return [], "it answers nothing that can be read"
    if not lines:
        kind, text = seen[0]
        return [], f"it raises {text} when it is loaded" if kind == "raise" else ""
    return [failure for line, found in zip(lines, seen, strict=True) if (failure := _failure(line, found))], ""


def _failure(line: Line, found: Seen) -> Failure | None:
    kind, text = found
    if line.raises:
        held = kind == "raise" and text == line.raises
    elif line.value:
        held = kind == "value" and same(line.value, text)
    else:
        held = kind != "raise"
    if held:
        return None
    expected = f"raise {line.raises}" if line.raises else f"return {line.value}" if line.value else "not raise"
    got = f"raises {text}" if kind == "raise" else f"returns {text or 'None'}"
    return Failure(line.source, expected, clean(got, SHOWN))


def same(shown: str, got: str) -> bool:
    """Whether two texts of values say the same, whatever the order of a set or the quotes."""
    return meaning(shown) == meaning(got)


def meaning(shown: str) -> str:
    """The value that a text shows, in the wire format; of what is no plain value, its text without addresses."""
    return wire_of(shown) or _ADDRESS.sub("", shown)


def wire_of(shown: str) -> str:
    """The wire text of the plain value that a text shows; empty where it shows none."""
    try:
        tree = tree_of(shown, "eval") if len(shown) <= LONGEST else None
        return wire.encode(ast.literal_eval(tree)) if tree else ""
    except (ValueError, TypeError, WireError, RecursionError, MemoryError):
        return ""
