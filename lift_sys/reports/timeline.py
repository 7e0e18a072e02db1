"""The course of a run, from the points that the pipeline notes where a source ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Point:
    """How far the run was."""

    seconds: float
    """Of work; the time that a stopped run lay still is left out."""
    validated: int
    """Functions that passed validation so far, before curation."""
    executions: int
    """Isolated executions so far."""
    memory_mib: int | None
    """Memory of all processes just then."""
    code_version: str = ""


@dataclass(frozen=True)
class Milestone:
    """The point nearest to a tenth of the rows."""

    point: Point
    cost: float
    """Seconds of wall time a row since the one before."""


def read_timeline(path: Path, sources: Sequence[Mapping[str, Any]]) -> list[Point]:
    """The points of the newest run over these sources of a manifest.

    Points of one run carry the same `run`: the hash of what finished work is kept by. So a run that was stopped and
    went on is told as one, and what it had done is not counted twice; a rebuild with other code or settings, which
    does everything anew, is told by itself.
    """
    points = list(_points(path))
    known = {source[key] for source in sources for key in ("id", "name")}
    found: list[Point] = []
    told: set[str] = set()
    seconds, executions = 0.0, 0
    before: dict[str, Any] = {}
    for point in points:
        if point.get("run") != points[-1].get("run"):
            continue
        if before and _another_start(before, point):
            seconds += before["seconds"]
            executions += before.get("executions", 0)
        before = point
        source = point.get("id", point["source"])
        if source in known and source not in told:
            told.add(source)
            found.append(
                Point(
                    seconds=seconds + point["seconds"],
                    validated=point.get("validated", 0),
                    executions=executions + point.get("executions", 0),
                    memory_mib=point.get("memory_mib"),
                    code_version=point.get("code_version", ""),
                )
            )
    return found


def milestones(points: Sequence[Point]) -> list[Milestone]:
    """The points nearest to each tenth of the rows."""
    total = points[-1].validated if points else 0
    found: list[Milestone] = []
    rows, seconds = 0, 0.0
    for tenth in range(1, 11):
        point = next((point for point in points if point.validated >= total * tenth / 10), None)
        if point is not None and point.validated > rows:
            found.append(Milestone(point, (point.seconds - seconds) / (point.validated - rows)))
            rows, seconds = point.validated, point.seconds
    return found


def _points(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            point = json.loads(line)
        except ValueError:  # torn by a kill
            continue
        yield point


def _another_start(before: Mapping[str, Any], point: Mapping[str, Any]) -> bool:
    return bool(point.get("started") != before.get("started") or point["seconds"] < before["seconds"])
