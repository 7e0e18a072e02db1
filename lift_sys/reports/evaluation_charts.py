"""The charts of an evaluation, as SVG text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lift_sys.evaluation.statistics import Interval
from lift_sys.evaluation.summary import Share
from lift_sys.reports.charts import BLUE, GREY, ORANGE, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (BLUE, ORANGE)
"""Of the model and of the one that it is compared with."""
WIDTH = 5.6
"""Inches of a chart: half a page, so that its letters are as large as those around it."""
_APART = 0.36
"""Between the marks of two models in one row, in rows."""


def shares(rows: Mapping[str, Sequence[Share]], names: Sequence[str], *, label: str) -> str:
    """A mark for each model in each row, with the interval of the share; a model without answers says so."""
    figure, axes = canvas(WIDTH, _height(rows, len(names)))
    for series, name in enumerate(names):
        found = [(place, row[series]) for place, row in enumerate(rows.values()) if row[series].share is not None]
        spots = [place + _offset(series, len(names)) for place, _ in found]
        values = [100 * (share.share or 0.0) for _, share in found]
        axes.errorbar(
            values,
            spots,
            xerr=_whiskers([share.interval for _, share in found], values),
            fmt="os"[series],
            color=COLOURS[series],
            markersize=6,
            capsize=3,
            elinewidth=1.4,
            label=_plain(name),
        )
        for value, spot, (_, share) in zip(values, spots, found, strict=True):
            high = share.interval.high if share.interval else 0.0
            axes.annotate(
                f"{value:.0f}",
                (max(value, 100 * high), spot),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=GREY,
            )
    for place, row in enumerate(rows.values()):
        for series, share in enumerate(row):
            if share.share is None:
                spot = place + _offset(series, len(names))
                axes.text(1, spot, "not measured", va="center", fontsize=8, color=COLOURS[series], style="italic")
    axes.set_xlim(-3, 108)
    axes.set_xticks(range(0, 101, 20))
    _rows(axes, list(rows))
    axes.set_xlabel(label)
    _legend(axes, names)
    return svg(figure)


def differences(rows: Mapping[str, tuple[float, Interval | None, str]], *, label: str) -> str:
    """A difference in each row with its interval, and the line of no difference. Points, not shares.

    Args:
        rows: the third is `better`, `worse` or empty, and decides the colour.
    """
    figure, axes = canvas(WIDTH, _height(rows, 1))
    for place, (value, interval, how) in enumerate(rows.values()):
        colour = {"better": COLOURS[0], "worse": COLOURS[1]}.get(how, GREY)
        whiskers = _whiskers([interval], [100 * value]) if interval is not None else None
        axes.errorbar([100 * value], [place], xerr=whiskers, fmt="D", color=colour, markersize=6, capsize=4)
        text = f"{100 * value:+.1f}" + ("" if interval is not None else "  (no interval)")
        high = 100 * interval.high if interval is not None else 100 * value
        axes.annotate(
            text, (high, place), xytext=(7, 0), textcoords="offset points", va="center", fontsize=9, color=GREY
        )
    axes.axvline(0, color=GREY, linewidth=1, linestyle="--")
    axes.margins(x=0.2)
    _rows(axes, list(rows))
    axes.set_xlabel(label)
    return svg(figure)


def pairs(rows: Mapping[str, Sequence[float | None]], names: Sequence[str], *, label: str, places: int = 0) -> str:
    """Bars of each model beside each other, each with its value; a value that is not known is said to be so."""
    figure, axes = canvas(WIDTH, _height(rows, len(names)))
    thick = 0.72 / len(names)
    for series, name in enumerate(names):
        values = [row[series] for row in rows.values()]
        spots = [place + _offset(series, len(names)) for place in range(len(values))]
        drawn = axes.barh(
            spots, [value or 0.0 for value in values], height=thick, color=COLOURS[series], label=_plain(name)
        )
        texts = ["not measured" if value is None else f"{value:,.{places}f}" for value in values]
        axes.bar_label(drawn, labels=texts, padding=3, color=GREY, fontsize=8)
    axes.margins(x=0.14)
    if not any(value for row in rows.values() for value in row):
        axes.set_xlim(0, 1)
    _rows(axes, list(rows))
    axes.set_xlabel(label)
    _legend(axes, names)
    return svg(figure)


def _height(rows: Mapping[str, object], series: int) -> float:
    return max(1, len(rows)) * (0.34 + 0.14 * (series - 1)) + 0.9 + 0.25 * (series > 1)


def _offset(series: int, of: int) -> float:
    return _APART * (series - (of - 1) / 2)


def _whiskers(intervals: Sequence[Interval | None], values: Sequence[float]) -> list[list[float]]:
    low, high = [], []
    for interval, value in zip(intervals, values, strict=True):
        low.append(max(0.0, value - 100 * interval.low) if interval else 0.0)
        high.append(max(0.0, 100 * interval.high - value) if interval else 0.0)
    return [low, high]


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def _legend(axes: Axes, names: Sequence[str]) -> None:
    if len(names) > 1:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=1,
            frameon=False,
            fontsize=9,
            labelcolor=GREY,
            borderaxespad=0,
        )


def _plain(name: str) -> str:
    """A name that matplotlib takes for no formula."""
    return name.replace("$", r"\$")
