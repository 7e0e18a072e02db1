"""The draft of a dataset while it is curated."""

from __future__ import annotations

from pathlib import Path

from lift_sys.data_synthesis.assembly import Draft
from lift_sys.records import Rejection, RejectionReason


def rejection(name: str, reason: RejectionReason) -> Rejection:
    return Rejection(stage="tests", reason=reason, repository="0" * 64, path="a.py", qualname=name, lineno=1)


def order(folder: Path, *, behind: int) -> list[str]:
    """Reasons of the rejects in their order, with curation `behind` so many results."""
    folder.mkdir()
    results = [rejection(f"early{number}", RejectionReason.NO_USABLE_CALLS) for number in range(4)]
    curated = [rejection(f"late{number}", RejectionReason.LOW_QUALITY) for number in range(4)]
    with Draft(folder) as draft:
        for number in range(4 + behind):
            if number < 4:
                draft.reject(results[number])
            if number >= behind:
                draft.take(curated[number - behind])
        return [text for _, text in draft.rejections()]


def test_the_order_of_rejects_does_not_depend_on_how_far_curation_is_behind(tmp_path: Path) -> None:
    assert order(tmp_path / "close", behind=0) == order(tmp_path / "far", behind=3)
