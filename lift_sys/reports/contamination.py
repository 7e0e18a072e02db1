"""Which benchmark a left-out row gives away, and how that shows, read from the details of its rejection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

HUMAN_EVAL = "HumanEval"
WAYS = {
    "canary": re.compile(r": holds its canary$"),
    "syntax tree": re.compile(r": same syntax tree "),
    "code tokens": re.compile(r": (same code$|\d+ of \d+ runs of \d+ code tokens)"),
    "words": re.compile(r": (same description$|\d+ of \d+ runs of \d+ words)"),
    "behaviour": re.compile(r": behaves the same "),
}
"""In the order in which rows are tried (docs/DECONTAMINATION.md)."""
UNKNOWN = "another way"


def benchmarks(configuration: Mapping[str, Any]) -> list[str]:
    """What rows were held against; empty where they were not."""
    if not configuration.get("decontaminate", False):
        return []
    return [HUMAN_EVAL, *(PurePath(suite).stem for suite in configuration.get("suites", ()))]


def shown_by(detail: str, held_against: list[str]) -> tuple[str, str]:
    """The benchmark and the way. Problems of suites don't name theirs: of several it is one."""
    way = next((way for way, pattern in WAYS.items() if pattern.search(detail)), UNKNOWN)
    if detail.startswith(HUMAN_EVAL):
        return HUMAN_EVAL, way
    return " or ".join(name for name in held_against if name != HUMAN_EVAL) or "a suite", way
