"""How figures and a model's own words stand in a report. The words are hostile: they may break out of nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from lift_sys.evaluation.statistics import Interval
from lift_sys.evaluation.summary import PassAt, Share, Summary
from lift_sys.sandbox.candidate import clean

NOT_MEASURED = "not measured"
_LINES, _WIDTH = 60, 400


def percent(share: float | None) -> str:
    return NOT_MEASURED if share is None else f"{100 * share:.1f} %"


def bounds(interval: Interval | None) -> str:
    """The bounds of an interval of shares, in per cent."""
    return NOT_MEASURED if interval is None else f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def counted(share: Share) -> str:
    """`12 of 20, 60.0 % (38.7 to 78.1)`."""
    if share.share is None:
        return NOT_MEASURED
    return f"{share.count} of {share.of}, {percent(share.share)} ({bounds(share.interval)})"


def solved(summary: Summary) -> str:
    """The share with both of its intervals, and the lower of their lower bounds."""
    if summary.lower is None:
        return NOT_MEASURED
    groups = f"; by groups {bounds(summary.by_groups)}" if summary.by_groups else "; too few groups"
    low, whose = summary.lower
    return f"{counted(summary.solved)}{groups}; the lower bound is {percent(low)}, {whose}"


def drawn(found: PassAt) -> str:
    """pass@k with its interval over groups."""
    return f"{percent(found.value)} ({bounds(found.interval) if found.interval else 'no interval'})"


def points(value: float | None) -> str:
    """A difference of shares, in percentage points."""
    return NOT_MEASURED if value is None else f"{100 * value:+.1f}"


def spans(interval: Interval | None) -> str:
    """The bounds of a difference, in percentage points."""
    if interval is None:
        return "no interval"
    return f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}"


def p_value(value: float | None) -> str:
    if value is None:
        return NOT_MEASURED
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def number(value: float | None, places: int = 1) -> str:
    if value is None:
        return NOT_MEASURED
    return "∞" if math.isinf(value) else f"{value:,.{places}f}"


def signed(value: float | None, places: int = 2) -> str:
    return NOT_MEASURED if value is None else f"{value:+.{places}f}"


def readable(text: str) -> str:
    """A text of many lines with everything unprintable escaped, cut where it is long."""
    lines = text.expandtabs(4).split("\n")
    shown = [clean(line, _WIDTH) for line in lines[:_LINES]]
    return "\n".join([*shown, *([f"... ({len(lines) - _LINES} more lines)"] if len(lines) > _LINES else [])])


def whole(text: str) -> str:
    """A text of many lines, all of it, with everything unprintable escaped."""
    return "\n".join(clean(line, len(line)) for line in text.expandtabs(4).split("\n"))


def fenced(text: str, language: str = "") -> str:
    """A block of Markdown that holds the text, whatever backticks are in it."""
    shown = readable(text).strip("\n")
    fence = "`" * max(3, 1 + _longest(shown))
    return f"{fence}{language}\n{shown}\n{fence}"


def span(text: str) -> str:
    """A text of one line as code in Markdown."""
    shown = clean(" ".join(text.split()), _WIDTH)
    ticks = "`" * (1 + _longest(shown))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown else ""


def cell(text: str) -> str:
    """A text in a cell of a Markdown table: nothing in it ends the cell or begins a mark."""
    return re.sub(r"([\\|`*_<>\[\]])", r"\\\1", clean(" ".join(text.split()), _WIDTH))


def _longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


FILTERS: dict[str, Callable[..., Any]] = {
    "percent": percent,
    "bounds": bounds,
    "counted": counted,
    "solved": solved,
    "drawn": drawn,
    "points": points,
    "spans": spans,
    "p": p_value,
    "number": number,
    "signed": signed,
    "readable": readable,
    "whole": whole,
    "fenced": fenced,
    "span": span,
    "cell": cell,
}
