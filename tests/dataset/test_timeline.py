"""What the report makes of the points that the pipeline noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dataset_rows import SOURCE, write_rows

from lift_sys.data_synthesis.pipeline import Timeline
from lift_sys.reports.statistics import collect
from lift_sys.reports.timeline import Point, milestones

SOURCES = {name: SOURCE.model_copy(update={"name": name}) for name in "abc"}


def point(source: str, seconds: float, validated: int, executions: int, **others: Any) -> str:
    counts = {"seconds": seconds, "source": source, "validated": validated, "executions": executions}
    return json.dumps({**counts, "memory_mib": 500, **others})


def told(folder: Path, *lines: str, sources: str = "abc") -> list[tuple[float, int, int]]:
    write_rows(folder, "f", sources=[SOURCES[name] for name in sources])
    (folder / "work").mkdir()
    (folder / "work/timeline.jsonl").write_text("\n".join(lines) + "\n")
    return [(p.seconds, p.validated, p.executions) for p in collect(folder).timeline]


def test_one_start_is_told_as_it_was(tmp_path: Path) -> None:
    found = told(tmp_path / "d", point("a", 10, 5, 50), point("b", 20, 9, 90))
    assert found == [(10, 5, 50), (20, 9, 90)]


def test_a_run_that_went_on_is_told_as_one(tmp_path: Path) -> None:
    # Stopped after 20 s with two sources; the second start tells those again at once, and then does a third.
    first = [point("a", 10, 5, 50), point("b", 20, 9, 90)]
    second = [point("a", 0.1, 5, 0), point("b", 0.2, 9, 0), point("c", 8, 12, 30)]
    assert told(tmp_path / "d", *first, *second) == [(10, 5, 50), (20, 9, 90), (28, 12, 120)]


def test_a_start_is_told_from_the_next_where_its_clock_does_not(tmp_path: Path) -> None:
    lines = [point("a", 3, 5, 50, started="10:00"), point("b", 8, 9, 40, started="10:01")]
    assert told(tmp_path / "d", *lines) == [(3, 5, 50), (11, 9, 90)]


def test_a_rebuild_by_other_code_is_told_by_itself(tmp_path: Path) -> None:
    old = [point("a", 10, 5, 50, run="1"), point("b", 20, 9, 90, run="1")]
    new = [point("a", 7, 4, 33, run="2"), point("b", 9, 8, 44, run="2")]
    assert told(tmp_path / "d", *old, *new) == [(7, 4, 33), (9, 8, 44)]


def test_sources_that_the_dataset_is_not_made_of_are_not_told(tmp_path: Path) -> None:
    assert told(tmp_path / "d", point("a", 10, 5, 50), point("b", 20, 9, 90), sources="b") == [(20, 9, 90)]


def test_a_torn_point_is_passed_over(tmp_path: Path) -> None:
    assert told(tmp_path / "d", '{"seconds": 1', point("b", 20, 9, 90)) == [(20, 9, 90)]


def test_a_dataset_without_its_work_folder_has_no_course(tmp_path: Path) -> None:
    write_rows(tmp_path / "d", "f")
    assert collect(tmp_path / "d").timeline == []


def test_the_pipelines_points_are_read(tmp_path: Path) -> None:
    write_rows(tmp_path, "f")
    (tmp_path / "work").mkdir()
    path = tmp_path / "work/timeline.jsonl"
    Timeline(path, "older").note(SOURCE, 1.0, {"validated": 9, "executions": 99})
    Timeline(path, "newer").note(SOURCE, 1.0, {"validated": 5, "executions": 50})
    (found,) = collect(tmp_path).timeline
    assert (found.validated, found.executions) == (5, 50)
    assert found.code_version == json.loads(path.read_text().splitlines()[0])["code_version"] != ""
    assert found.memory_mib


def test_milestones_add_up_to_the_whole_time() -> None:
    points = [Point(seconds=3.0 * n, validated=10 * n, executions=n, memory_mib=None) for n in range(1, 41)]
    found = milestones(points)
    assert [step.point.validated for step in found] == list(range(40, 401, 40))
    assert {round(step.cost, 6) for step in found} == {0.3}
