"""A case to judge: what the candidate is given, and what its tests are given. The two never mix."""

from __future__ import annotations

import hashlib
import json
import keyword
import unicodedata
from dataclasses import dataclass
from math import isfinite
from typing import Any

MAX_CALLS = 20_000
MAX_ENTRY_POINT = 1_000
BOM = "\ufeff"
"""What a file may begin with, and Python skips there, but not at the start of a string."""


class BadCase(ValueError):
    """The object is no case; the message says what is wrong with it."""


@dataclass(frozen=True)
class Case:
    """One candidate with its tests. `order` is what the tester gets, as JSON; `code` what the candidate gets."""

    id: object
    code: str
    entry_point: str
    tests: int
    """How many tests there are; HumanEval's `check` counts as one."""
    order: bytes


def read_case(data: object) -> Case:
    """The case that a JSON object describes.

    Two forms: `code`, `entry_point`, `tests` (a list of Python sources), with an `id`; or HumanEval's `task_id`,
    `prompt`, `test`, `entry_point` and `completion` (or else `canonical_solution`).

    Raises:
        BadCase: it is neither.
    """
    if not isinstance(data, dict):
        raise BadCase(f"a case is a JSON object, not {_kind(data)}")
    entry_point = unicodedata.normalize("NFKC", _text(data, "entry_point"))  # as Python reads names
    if len(entry_point) > MAX_ENTRY_POINT or not all(map(_is_name, entry_point.split("."))):
        raise BadCase("entry_point is not the name of a function")
    if "tests" in data:
        return _listed(data, entry_point)
    if "test" in data:
        return _human_eval(data, entry_point)
    raise BadCase("the case has no tests: it needs `tests` (a list), or HumanEval's `test`")


def case_id(data: object) -> object:
    """What names the case in its verdict: a string or number as given, else None."""
    if not isinstance(data, dict):
        return None
    found = data["id"] if "id" in data else data.get("task_id")
    return found if isinstance(found, str | int) or (isinstance(found, float) and isfinite(found)) else None


def _listed(data: dict[str, Any], entry_point: str) -> Case:
    tests = data["tests"]
    if not isinstance(tests, list):
        raise BadCase(f"tests is {_kind(tests)}, not a list of assert statements")
    if not tests:
        raise BadCase("the case has no tests: tests is empty")
    for index, test in enumerate(tests):
        if not isinstance(test, str):
            raise BadCase(f"tests[{index}] is {_kind(test)}, not a string")
    order = _order(entry_point, {"tests": [test.removeprefix(BOM) for test in tests]})
    return Case(case_id(data), _text(data, "code").removeprefix(BOM), entry_point, len(tests), order)


def _human_eval(data: dict[str, Any], entry_point: str) -> Case:
    prompt, test = _text(data, "prompt").removeprefix(BOM), _text(data, "test").removeprefix(BOM)
    if data.get("completion") is None and "canonical_solution" not in data:
        raise BadCase("the case has no candidate: it needs `completion` or `canonical_solution`")
    completion = _text(data, "completion" if data.get("completion") is not None else "canonical_solution")
    order = _order(entry_point, {"prompt": prompt, "test": test})
    return Case(case_id(data), prompt + completion, entry_point, 1, order)


def _order(entry_point: str, tests: dict[str, Any]) -> bytes:
    seed = hashlib.sha256(json.dumps(tests).encode()).hexdigest()[:16]
    order = {"entry_point": entry_point, "seed": int(seed, 16), "max_calls": MAX_CALLS, **tests}
    return json.dumps(order).encode()


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _text(data: dict[str, Any], name: str) -> str:
    if name not in data:
        raise BadCase(f"the case has no {name}")
    value = data[name]
    if not isinstance(value, str):
        raise BadCase(f"{name} is {_kind(value)}, not a string")
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
