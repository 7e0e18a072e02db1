"""Charts as SVG text. Colours are of the Okabe-Ito palette, which colour-blind readers can tell apart."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREEN, ORANGE, GREY = "#0072B2", "#009E73", "#D55E00", "#8a8f98"


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of so many inches with axes that go with light and dark pages."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=9)
    axes.xaxis.label.set_color(GREY)
    axes.yaxis.label.set_color(GREY)
    return figure, axes


def svg(figure: Figure) -> str:
    """The figure as SVG text, the same for the same figure."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "lift-sys", "svg.fonttype": "none"}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _plain(number: float, _: object = None) -> str:
    """A number at an axis, with thousands set apart."""
    return f"{number:,.10g}"


def bars(
    values: Mapping[str, float], *, colours: Mapping[str, str] | None = None, label: str = "", places: int = 0
) -> str:
    """Horizontal bars, first at the top, each with its value to so many decimal places."""
    names = list(values)
    figure, axes = canvas(7, 0.32 * max(len(names), 1) + 0.6)
    positions = range(len(names))
    colours = colours or {}
    drawn = axes.barh(positions, list(values.values()), color=[colours.get(name, BLUE) for name in names], height=0.7)
    axes.bar_label(
        drawn, labels=[f"{value:,.{places}f}" for value in values.values()], padding=3, color=GREY, fontsize=9
    )
    axes.set_yticks(positions, names)
    axes.xaxis.set_major_formatter(_plain)
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.margins(x=0.12, y=0.02)
    if not any(values.values()):
        axes.set_xlim(0, 1)
    return svg(figure)


def histogram(
    values: Sequence[float],
    *,
    label: str,
    up: str = "examples",
    bins: int = 20,
    span: tuple[float, float] | None = None,
) -> str:
    """How often each range of values occurs, with the median marked."""
    figure, axes = canvas(4.4, 2.6)
    axes.hist(values, bins=bins, range=span, color=BLUE)
    if values:
        median = sorted(values)[len(values) // 2]
        axes.axvline(median, color=ORANGE, linewidth=1.5)
        axes.set_title(f"median {median:,.2f}".rstrip("0").rstrip("."), fontsize=9, color=ORANGE, loc="right")
    axes.set_xlabel(label)
    axes.set_ylabel(up)
    return svg(figure)


def line(points: Sequence[tuple[float, float]], *, across: str, up: str) -> str:
    """A curve through (x, y) points."""
    figure, axes = canvas(4.4, 2.6)
    axes.plot([x for x, _ in points], [y for _, y in points], color=BLUE, linewidth=1.8)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(_plain)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return svg(figure)


def columns(counts: Mapping[str, int], *, label: str = "", up: str = "rows") -> str:
    """How many fall in each range: upright bars, named by their ranges."""
    figure, axes = canvas(6, 2.8)
    axes.bar(range(len(counts)), list(counts.values()), color=BLUE, width=0.85)
    axes.set_xticks(range(len(counts)), list(counts), rotation=45, ha="right", rotation_mode="anchor")
    axes.yaxis.set_major_formatter(_plain)
    axes.set_xlabel(label)
    axes.set_ylabel(up)
    return svg(figure)
