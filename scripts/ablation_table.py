#!/usr/bin/env python3
"""One table of what each element of a search is worth, from the figures of evaluations with and without it.

    scripts/ablation_table.py build/ablations/no_search.json build/ablations/without_*.json

Each file is the `results.json` of `lift-sys evaluate`, in which the whole search stands first; `runs/ablations.sh`
makes them. Only questions that both answered count. p is McNemar's exact one over all slices of a file together,
corrected for the number of files by Holm's method (1979).

Exit codes: 0 done, 2 a file is no comparison of two models.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lift_sys.evaluation.statistics import holm, mcnemar
from lift_sys.reports.evaluation_text import p_value


def line(name: str, results: dict[str, Any], p: float) -> str:
    parts, (whole, without) = results["comparison"], results["models"]
    cells = [f"{part['name']}: {_share(part, 'only_model')}, {_share(part, 'only_against')}" for part in parts]
    gained, lost = (sum(part[side] for part in parts) for side in ("only_model", "only_against"))
    cost = (f"{_mean(model, 'tokens_mean'):,.0f}, {_mean(model, 'seconds_mean'):.1f} s" for model in (whole, without))
    return f"| {name} | {'<br>'.join(cells)} | {gained}, {lost} | {p_value(p)} | {'; '.join(cost)} |"


def _share(part: dict[str, Any], side: str) -> str:
    solved = part["both"] + part[side]
    return f"{solved} of {part['pairs']}"


def _mean(model: dict[str, Any], figure: str) -> float:
    parts = [part for part in model["slices"].values() if part["measured"]]
    return float(sum(part[figure] * part["measured"] for part in parts) / sum(part["measured"] for part in parts))


def main(paths: Sequence[str]) -> int:
    found: dict[str, dict[str, Any]] = {}
    for path in map(Path, paths):
        try:
            results = json.loads(path.read_text())
            if len(results["models"]) != 2 or not results["comparison"]:
                raise ValueError("one model only")
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{path} is no comparison of two models: {error}", file=sys.stderr)
            return 2
        found[path.stem.replace("_", " ")] = results
    if not found:
        print(__doc__, file=sys.stderr)
        return 2
    raw = [
        mcnemar(*(sum(part[side] for part in results["comparison"]) for side in ("only_model", "only_against")))
        for results in found.values()
    ]
    print(f"{next(iter(found.values()))['models'][0]['about']}\n")
    print(
        "| the whole search against | solved: with, without | solved by one alone: with, without | p | a question |"
    )
    print("|---|---|---|---|---|")
    for (name, results), p in zip(found.items(), holm(raw), strict=True):
        print(line(name, results, p))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
