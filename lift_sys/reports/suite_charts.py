"""The charts of a suite's validation, as SVG text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lift_sys.reports.charts import BLUE, GREEN, GREY, ORANGE, canvas, svg

COLOURS = (BLUE, ORANGE, GREEN, GREY)
WIDTH = 5.6
"""Inches of a chart: half a page, so that its letters are as large as those around it."""


def stacked(rows: Mapping[str, Sequence[int]], names: Sequence[str], *, label: str) -> str:
    """A bar for each row, made of a piece for each name, with the piece's number in it."""
    figure, axes = canvas(WIDTH, 0.32 * max(len(rows), 1) + 0.9)
    ends = [0] * len(rows)
    for place, name in enumerate(names):
        pieces = [row[place] for row in rows.values()]
        drawn = axes.barh(range(len(rows)), pieces, left=ends, color=COLOURS[place], height=0.7, label=name)
        axes.bar_label(drawn, labels=[str(n or "") for n in pieces], label_type="center", color="white", fontsize=8)
        ends = [end + piece for end, piece in zip(ends, pieces, strict=True)]
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(names), frameon=False, fontsize=9, labelcolor=GREY)
    return svg(figure)


def grouped(rows: Mapping[str, Sequence[float | None]], names: Sequence[str], *, label: str) -> str:
    """For each row a bar of each name, with its value; one that was not measured says so."""
    thick = 0.8 / max(len(names), 1)
    figure, axes = canvas(WIDTH, max(len(rows), 1) * (0.14 + 0.17 * len(names)) + 0.7 + 0.22 * len(names))
    for place, name in enumerate(names):
        spots = [row + thick * (place - (len(names) - 1) / 2) for row in range(len(rows))]
        values = [row[place] for row in rows.values()]
        colour = COLOURS[place % len(COLOURS)]
        drawn = axes.barh(spots, [value or 0.0 for value in values], height=thick * 0.9, color=colour, label=name)
        texts = ["not measured" if value is None else f"{value:.1f}" for value in values]
        axes.bar_label(drawn, labels=texts, padding=3, color=GREY, fontsize=8)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.set_xlim(0, 108)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel(label)
    if len(names) > 1:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=9, labelcolor=GREY)
    return svg(figure)


def similarities(values: Sequence[float], limit: float) -> str:
    """How alike each prompt is to the one most like it, and from where on two are near-duplicates."""
    figure, axes = canvas(4.4, 2.6)
    axes.hist(values, bins=25, range=(0, 1), color=BLUE)
    axes.axvline(limit, color=ORANGE, linewidth=1.5)
    axes.set_title(f"near-duplicates from {limit:g} on", fontsize=9, color=ORANGE, loc="right")
    axes.set_xlim(0, 1)
    axes.set_xlabel("similarity to the nearest other prompt")
    axes.set_ylabel("tasks")
    return svg(figure)
