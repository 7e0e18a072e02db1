"""The sections of a generation report that tell of runs: those that made the rows, and those that judged again."""

from __future__ import annotations

import shlex

from lift_sys.reports import charts
from lift_sys.reports.run_facts import Run
from lift_sys.reports.statistics import Statistics
from lift_sys.reports.tables import Code, Section, Table
from lift_sys.reports.timeline import milestones
from lift_sys.reports.verifications import Verification

FLIPS_SHOWN = 20
DETAIL = 160


def fullest(figures: Statistics) -> Verification | None:
    """The verification that looked at most, the newest of equals: a later sample does not take its place."""
    newest_first = reversed(figures.verifications)
    return max(newest_first, key=lambda found: found.rows * found.runs, default=None)


def flips(figures: Statistics) -> str:
    """Rows that flipped, in short."""
    found = fullest(figures)
    if found is None:
        return "not measured"
    return f"{found.flipped:,} of {found.rows:,} in {found.runs:,} run{'s' if found.runs != 1 else ''} of each"


def verified(figures: Statistics, run: Run) -> Section:
    title = "Judged again, in other environments"
    command = f"`lift-sys verify {shlex.quote(run.place)} --runs 10`"
    chosen = fullest(figures)
    if chosen is None:
        return Section(title, texts=[f"Not measured: {command} does it, and `lift-sys report` then tells it here."])
    head = ("rows", "runs of each", "calls", "isolated executions", "seconds", "a second", "flips",
            "rows that flipped", "share of rows", "not judged")  # fmt: skip
    rows = []
    for found in figures.verifications:
        rate = f"{found.executions / found.seconds:,.0f}" if found.seconds and found.executions else "-"
        share = f"{100 * found.flipped / found.rows:.3f} %" if found.rows else "-"
        rows.append((found.rows, found.runs, found.calls, found.executions, f"{found.seconds:,.1f}", rate,
                     len(found.flips), found.flipped, share, found.errors))  # fmt: skip
    tables = [Table(head, rows)]
    if chosen.flips:
        listed = [(Code(row[:12]), what[:DETAIL]) for row, what in chosen.flips[:FLIPS_SHOWN]]
        tables.append(Table(("row", "what came out otherwise"), listed, "Flips of the fullest"))
    texts = [f"By {command.replace(' --runs 10', '')}, the newest last. Executions are of the session that ended it."]
    if chosen.resumed:
        texts.append(f"Of the fullest, {chosen.resumed:,} runs of rows were done in a session before.")
    return Section(title, tables, texts)


def time_and_cost(figures: Statistics, run: Run) -> Section:
    cores = f", on {run.cores} core{'s' if run.cores != 1 else ''}" if run.cores else ""
    steps = [(step, f"{value:,.1f}") for step, value in run.seconds.items()]
    texts, tables = [], []
    if steps:
        tables.append(Table(("step", "seconds"), steps, f"The start that ended the dataset{cores}"))
    else:
        texts.append("Seconds of each step: not measured.")
    points = figures.timeline
    if len(points) < 3:
        return Section("Time and cost", tables, [*texts, "Cost a row: not measured."])
    last = points[-1]
    held = [(point.seconds / 60, point.memory_mib) for point in points if point.memory_mib is not None]
    rate = last.executions / last.seconds if last.seconds else 0
    texts.append(
        f"All starts of the run together: {last.executions:,} isolated executions (one fork, one seccomp filter "
        f"each) in {last.seconds:,.0f} s: {rate:,.0f} a second. Most memory held by all processes: "
        f"{f'{max(mib for _, mib in held):,} MiB' if held else 'not measured'}."
        + (f" Made by lift-sys {last.code_version}." if last.code_version else "")
    )
    rows = [
        (
            step.point.validated,
            f"{step.point.seconds / 60:.1f}",
            f"{step.point.seconds / step.point.validated:.3f}",
            f"{step.cost:.2f}",
            step.point.executions,
            "-" if step.point.memory_mib is None else step.point.memory_mib,
        )
        for step in milestones(points)
    ]
    head = ("validated, before curation", "minutes", "seconds of wall time a row so far", "since the line above",
            "isolated executions", "MiB of all processes")  # fmt: skip
    course = (
        charts.line([(point.seconds / 60, point.validated) for point in points], across="minutes", up="validated"),
        *([charts.line(held, across="minutes", up="MiB of all processes")] if held else []),
    )
    title = "Course of the run: a straight line is a cost that does not grow with the rows"
    return Section("Time and cost", [*tables, Table(head, rows, title, course)], texts)
