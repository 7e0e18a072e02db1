"""What a search went through, as a record: every candidate can be looked at afterwards, the ones not taken, too."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from lift_sys.forward_mode.candidates import Candidate, Route
from lift_sys.forward_mode.synthesis import Synthesis
from lift_sys.records.base import Record
from lift_sys.sandbox.candidate import clean

LONGEST = 20_000
"""Characters that are kept of a candidate or a specification; a longer one ends in a line that says so."""
LINES = 20
"""Lines that are kept of what a candidate does not satisfy, each of at most `WIDE` characters."""
WIDE = 300


class Tried(Record):
    """One candidate, or several of one route that are the same text."""

    schema_version: Literal[1] = 1
    code: str
    route: Route
    count: int
    """How often it came."""
    unmet: tuple[str, ...] = ()
    """What it does not satisfy; empty where all that is known holds."""
    checks: int = 0
    """How many predicates, types and whole runs it was held against."""
    agreeing: int = 0
    """Candidates that behave as it does, itself included; 0 where its behaviour was not looked at."""
    chosen: bool = False


class Search(Record):
    """One search: its specification and its candidates, in the order in which they came."""

    schema_version: Literal[1] = 1
    specification: str = ""
    unread: str = ""
    """Why the specification can't be read, where it can't."""
    examples: int = 0
    """Examples of the prompt that the candidates were held against."""
    tried: tuple[Tried, ...] = ()


def search_of(made: Synthesis) -> Search:
    """What is kept of a search."""
    counts = Counter(map(_name, made.candidates))
    first = {_name(candidate): candidate for candidate in reversed(made.candidates)}
    alike = Counter(candidate.behaviour for candidate in made.candidates if candidate.behaviour)
    chosen = _name(made.chosen) if made.chosen else None
    return Search(
        specification=_bounded(made.specification),
        unread=clean(made.unread, WIDE),
        examples=made.examples,
        tried=tuple(
            Tried(
                code=_bounded(candidate.code),
                route=candidate.route,
                count=count,
                unmet=tuple(clean(line, WIDE) for line in candidate.unmet[:LINES]),
                checks=candidate.checks,
                agreeing=alike[candidate.behaviour],
                chosen=name == chosen,
            )
            for name, count in counts.items()
            for candidate in (first[name],)
        ),
    )


def _name(candidate: Candidate) -> tuple[str, str, str]:
    """What makes candidates the same: a text that came whole is another one than what was cut off."""
    return candidate.code, candidate.route, candidate.fault


def _bounded(text: str) -> str:
    """The text, writable to a file, and not longer than is kept."""
    kept = text.encode("utf-8", "replace").decode()
    return kept if len(kept) <= LONGEST else f"{kept[:LONGEST]}\n... {len(kept) - LONGEST:,} characters more"
