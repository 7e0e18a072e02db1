"""Which of the curated rows are taken when shares are bounded, decided on a few facts of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.config import PipelineConfig
from lift_sys.records import RejectionReason


@dataclass(frozen=True)
class Facts:
    """What the selection knows of a row."""

    id: str
    project: str
    statements: int
    quality: float


def select(rows: Sequence[Facts], config: PipelineConfig) -> dict[int, tuple[RejectionReason, str]]:
    """The rows, by index, that are left out, and why. Of equals the one of lower quality goes first, then by id.

    Leaving rows out for one bound changes the shares that the other is about, so both are looked at until both hold.
    A bound that can't be met (three projects can't each have 8 % of the rows) leaves the most even choice, as many
    rows of each project.
    """
    left_out: dict[int, tuple[RejectionReason, str]] = {}
    kept = list(range(len(rows)))
    while True:
        before = len(left_out)
        for index in _surplus_of_one_statement(rows, kept, config.max_one_statement_share):
            detail = f"more than {config.max_one_statement_share:.0%} of the rows are of one statement"
            left_out[index] = (RejectionReason.ONE_STATEMENT_SHARE, detail)
        kept = [index for index in kept if index not in left_out]
        for index in _surplus_of_projects(rows, kept, config.max_project_share):
            detail = f"{rows[index].project} has more than {config.max_project_share:.0%} of the rows"
            left_out[index] = (RejectionReason.PROJECT_SHARE, detail)
        kept = [index for index in kept if index not in left_out]
        if len(left_out) == before:
            return left_out


def _worst_first(rows: Sequence[Facts], indices: Sequence[int]) -> list[int]:
    return sorted(indices, key=lambda index: (rows[index].quality, rows[index].id))


def _surplus_of_one_statement(rows: Sequence[Facts], kept: Sequence[int], share: float | None) -> list[int]:
    if share is None or share >= 1:
        return []
    short = [index for index in kept if rows[index].statements <= 1]
    room = int(share * (len(kept) - len(short)) / (1 - share) + 1e-9)
    return _worst_first(rows, short)[: max(0, len(short) - room)]


def _surplus_of_projects(rows: Sequence[Facts], kept: Sequence[int], share: float | None) -> list[int]:
    if share is None:
        return []
    counts = Counter(rows[index].project for index in kept)
    bound = _largest_bound(counts, share)
    surplus = []
    for project, count in sorted(counts.items()):
        if count > bound:
            own = [index for index in kept if rows[index].project == project]
            surplus += _worst_first(rows, own)[: count - bound]
    return sorted(surplus)


def _largest_bound(counts: Counter[str], share: float) -> int:
    """The most rows that each project may keep so that none has more than `share` of all that are kept.

    A larger bound keeps more rows, so the largest one that holds is looked for from above; where there are too few
    projects for any to hold, it is the size of the smallest project.
    """
    for bound in range(max(counts.values(), default=0), 0, -1):
        total = sum(min(count, bound) for count in counts.values())
        if min(max(counts.values()), bound) <= share * total:
            return bound
    return min(counts.values(), default=0)
