from __future__ import annotations

import json
from pathlib import Path

from dataset_rows import write_rows

from lift_sys.reports.statistics import collect


def points(folder: Path, *rows: tuple[float, int, int, int]) -> list[dict[str, float]]:
    """(seconds, sources, validated, executions) of a run -> what the report makes of them."""
    write_rows(folder, "f")
    (folder / "work").mkdir()
    names = ("seconds", "sources", "validated", "executions")
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
    (folder / "work/timeline.jsonl").write_text("\n".join(lines) + "\n")
    return collect(folder).timeline


def test_one_start_is_told_as_it_was(tmp_path: Path) -> None:
    found = points(tmp_path / "d", (10, 1, 5, 50), (20, 2, 9, 90))
    assert [(p["seconds"], p["validated"], p["executions"]) for p in found] == [(10, 5, 50), (20, 9, 90)]


def test_a_run_that_went_on_is_told_as_one(tmp_path: Path) -> None:
    # Stopped after 20 s with two sources; the second start tells those again at once, and then does a third.
    found = points(tmp_path / "d", (10, 1, 5, 50), (20, 2, 9, 90), (0.1, 1, 5, 0), (0.2, 2, 9, 0), (8, 3, 12, 30))
    assert [(p["seconds"], p["validated"], p["executions"]) for p in found] == [
        (10, 5, 50),
        (20, 9, 90),
        (28, 12, 120),
    ]


def test_a_dataset_without_its_work_folder_has_no_course(tmp_path: Path) -> None:
    write_rows(tmp_path / "d", "f")
    assert collect(tmp_path / "d").timeline == []
