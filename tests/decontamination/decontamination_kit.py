"""A small benchmark of our own, and rows to look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.curation.benchmarks import Benchmark, load_suite
from lift_sys.data_synthesis.curation.decontamination import BehaviourTask, Screen
from lift_sys.records import Example

CANARY = "lift-sys canary 3f1c9a50-test"
TOTALS = '''def running_totals(numbers, start):
    """Return the list of partial sums of the numbers, each with the starting value added to it.

    >>> running_totals([1, 2], 10)
    [11, 13]
    """
    totals = []
    current = start
    for number in numbers:
        current += number
        totals.append(current)
    return totals
'''
EVEN = '''def all_even(numbers):
    """Tell whether every one of the numbers in the given list can be divided by two without a rest."""
    for number in numbers:
        if number % 2:
            return False
    return True
'''
LONGEST = '''def longest(words, default):
    """Return the longest of the words, the first of several equal ones, or the default when there is none."""
    best = default
    for place, word in enumerate(words):
        if place == 0 or len(word) > len(best):
            best = word
    return best
'''
PROBLEMS: list[dict[str, Any]] = [
    {
        "id": "toy/1",
        "entry_point": "running_totals",
        "prompt": TOTALS.split("    totals")[0],
        "solution": TOTALS,
        "calls": [
            {"args": [[1, 2, 3], 10], "expected": [11, 13, 16]},
            {"args": [[5, -5, 100], 1], "expected": [6, 1, 101]},
            {"args": [[], 4], "expected": []},
            {"args": [[7, 9, 11, 13]], "kwargs": {"start": 20}, "expected": [27, 36, 47, 60]},
        ],
    },
    {
        "id": "toy/2",
        "entry_point": "all_even",
        "prompt": EVEN.split("    for")[0],
        "solution": EVEN,
        "calls": [
            {"args": [[2, 4]], "expected": True},
            {"args": [[2, 5]], "expected": False},
            {"args": [[1, 3, 8]], "expected": False},
        ],
    },
    {
        "id": "toy/3",
        "entry_point": "longest",
        "prompt": LONGEST.split("    best")[0],
        "solution": LONGEST,
        "calls": [
            {"args": [["a", "bcd", "ef"], ""], "expected": "bcd"},
            {"args": [[], "none"], "expected": "none"},
            {"args": [["xy", "zw"], "q"], "expected": "xy"},
        ],
    },
]


def suite_text() -> str:
    head = {"suite": "toy", "canary": CANARY}
    return "".join(json.dumps(line) + "\n" for line in (head, *PROBLEMS))


def suite(folder: Path) -> Benchmark:
    path = folder / "suite.jsonl"
    path.write_text(suite_text())
    return load_suite(path)


def task(code: str, entry_point: str, screen: Screen) -> BehaviourTask:
    return BehaviourTask(code, entry_point, (), screen)


def row(code: str, entry_point: str, prompt: str = "Write the function.") -> Example:
    ir = {"intent": {"summary": "does something"}, "signature": {"name": entry_point, "parameters": []}}
    return Example.model_validate(
        {
            "prompt": prompt,
            "prompts": {"terse": prompt},
            "ir": ir,
            "code": code,
            "entry_point": entry_point,
            "tests": [],
            "mutation": {},
            "quality": {"score": 1.0},
            "verdict": {"status": "valid"},
            "provenance": {
                "repository": "toy", "url": None, "version": "1", "path": "toy.py", "qualname": entry_point,
                "first_line": 1, "last_line": 9, "licence": "MIT", "licence_sha256": None,
                "time": "2024-01-01T00:00:00Z", "code_version": "0", "configuration": "0",
            },
        }
    )  # fmt: skip
