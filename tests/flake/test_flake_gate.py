"""The gate catches whatever makes a row depend on where, when or in which order it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lift_sys import wire
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.execution_validator import Failure
from lift_sys.data_synthesis.flake import evidence, flips, why
from lift_sys.records import Expected, FlakeEvidence, RejectionReason, TestCase, wire_arguments
from lift_sys.sandbox.candidate import Call, run_calls
from lift_sys.sandbox.environments import ENVIRONMENTS, PLAIN, accepting, drawn, order


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    with Boxes() as opened:
        yield opened


def gated(boxes: Boxes, code: str, entry_point: str, tests: list[TestCase]) -> FlakeEvidence | Failure:
    """What the validator makes of every run of a row."""
    for flip in flips(boxes, code, entry_point, tests):
        return why(boxes, code, entry_point, tests, flip, ENVIRONMENTS[0])
    return evidence(ENVIRONMENTS)


def observed(boxes: Boxes, code: str, arguments: tuple[object, ...]) -> list[TestCase]:
    """Tests whose expected values are what `f` gives in the plain environment, one process for all calls."""
    args = [(json.loads(wire.encode(argument)),) for argument in arguments]
    calls = [Call(*wire_arguments(values, {})) for values in args]
    outcomes = run_calls(boxes[PLAIN], code, "f", calls, regime="one_process")
    assert all(outcome.value is not None for outcome in outcomes), outcomes
    expected = [Expected(value=json.loads(outcome.value or "")) for outcome in outcomes]
    return [TestCase(args=a, expected=e, oracle="generated") for a, e in zip(args, expected, strict=True)]


FLAKY = {
    "hash seed": "def f(x): return list({str(n) for n in range(x + 5)})",
    "hash of a string": "def f(x): return hash('a' * (x + 1)) % 1000",
    "time zone": "import time\ndef f(x): return time.localtime(86400 * x).tm_hour",
    "time zone of a datetime": "import datetime\ndef f(x): return datetime.datetime.fromtimestamp(x).isoformat()",
    "variable of the time zone": "import os\ndef f(x): return os.environ.get('TZ', 'none')",
    "locale's numbers": "def f(x): return format(1234567 + x, 'n')",
    "locale's names": "import calendar\ndef f(x): return calendar.month_name[x + 1]",
    "locale's dates": "import datetime\ndef f(x): return datetime.date(2024, 5, x + 1).strftime('%x')",
    "locale's money": "import locale\ndef f(x): return locale.localeconv()['int_curr_symbol']",
    "clock's year": "import datetime\ndef f(x): return datetime.date.today().year + x",
    "clock of datetime": "from datetime import datetime\ndef f(x): return datetime.now() > datetime(2020, 1, 1)",
    "clock in UTC": "import datetime as d\ndef f(x): return d.datetime.now(d.timezone.utc).month",
    "clock in seconds": "from time import time\ndef f(x): return int(time()) // 86400",
    "clock by another name": "import time\ndef f(x): return time.gmtime()[:2], time.strftime('%Y')",
    "clock as it loads": "import datetime\nTODAY = datetime.date.today()\ndef f(x): return TODAY.isoformat()",
    "clock as a default": "import time\ndef f(x, now=time.time()): return int(now) // 1000",
    "random": "import random\ndef f(x): return random.randrange(1000)",
    "random's shuffle": "import random\ndef f(x):\n    a = list(range(9))\n    random.shuffle(a)\n    return a",
    "address": "def f(x): return id(object())",
    "address in a page": "def f(x): return id(object()) % 4096",
    "address by hash": "class A: pass\nKEPT = [A() for _ in range(9)]\ndef f(x): return [hash(a) % 7 for a in KEPT]",
    "order of objects in a set": (
        "class A:\n    def __init__(self, n): self.n = n\ndef f(x): return [a.n for a in {A(n) for n in range(20)}]"
    ),
    "default representation": "class A: pass\ndef f(x): return str(A())",
}
UNLIKE_ITSELF = ("random", "address", "order", "default")
"""These differ between processes of one environment too, so that other reasons fit as well."""
STATE = {
    "counter": "COUNT = [0]\ndef f(x):\n    COUNT[0] += 1\n    return COUNT[0]",
    "first one wins": "SEEN = []\ndef f(x):\n    SEEN.append(x)\n    return SEEN[0]",
    "mutable default": "def f(x, seen=[]):\n    seen.append(x)\n    return len(seen)",
}
STABLE = {
    "sorted set": "def f(x): return sorted({str(n) for n in range(x + 5)})",
    "named zone": "import datetime as d\ndef f(x): return d.datetime.fromtimestamp(x, d.timezone.utc).isoformat()",
    "seeded random": "import random\ndef f(x): return random.Random(x).randrange(1000)",
    "cache": "from functools import cache\n@cache\ndef f(x): return x * x",
    "time of calls": "import time\ndef f(x):\n    began = time.time()\n    return time.time() - began < 60",
    "plain number": "def f(x): return f'{1234.5 + x:,.2f}'",
}


@pytest.mark.parametrize("name", FLAKY)
def test_a_flaky_row_is_caught(boxes: Boxes, name: str) -> None:
    tests = observed(boxes, FLAKY[name], (1, 2, 3))
    verdict = gated(boxes, FLAKY[name], "f", tests)
    assert isinstance(verdict, Failure)
    assert any(environment.name in verdict.detail for environment in ENVIRONMENTS)
    if not name.startswith(UNLIKE_ITSELF):
        assert verdict.reason == RejectionReason.FLAKY


@pytest.mark.parametrize("name", STATE)
def test_state_that_leaks_between_calls_is_caught(boxes: Boxes, name: str) -> None:
    verdict = gated(boxes, STATE[name], "f", observed(boxes, STATE[name], (5, 6, 7)))
    assert isinstance(verdict, Failure)
    assert verdict.reason == RejectionReason.STATE_LEAKS


@pytest.mark.parametrize("name", STABLE)
def test_a_stable_row_passes_and_names_what_it_held_in(boxes: Boxes, name: str) -> None:
    verdict = gated(boxes, STABLE[name], "f", observed(boxes, STABLE[name], (1, 2, 3, 4, 5, 6, 7)))
    assert verdict == FlakeEvidence(environments=tuple(e.name for e in ENVIRONMENTS), runs=len(ENVIRONMENTS) + 1)


def test_a_wrong_expected_value_is_no_flake(boxes: Boxes) -> None:
    tests = [TestCase(args=(1,), expected=Expected(value=3), oracle="generated")]
    verdict = gated(boxes, "def f(x): return x", "f", tests)
    assert isinstance(verdict, Failure)
    assert verdict.reason == RejectionReason.REFERENCE_FAILED


def test_a_flip_names_test_environment_and_what_came_out(boxes: Boxes) -> None:
    code = "import time\ndef f(x): return time.tzname[0] + x"
    tests = observed(boxes, code, ("a", "b"))
    found = list(flips(boxes, code, "f", tests, ENVIRONMENTS, ("one_process",)))
    assert {(flip.environment, flip.test) for flip in found} == {
        (e.name, n) for e in ENVIRONMENTS[1:] for n in (0, 1)
    }
    assert "NSTa" in str(next(flip for flip in found if flip.test == 0 and "st-johns" in flip.environment))


def test_environments_differ_in_everything() -> None:
    every = [*ENVIRONMENTS, *(drawn(seed, run) for seed in range(3) for run in range(20))]
    for field in ("name", "hash_seed", "clock", "random_seed"):
        values = [getattr(environment, field) for environment in every]
        assert len(set(values)) == len(values), field
    for field in ("tz", "locale"):
        assert len({getattr(environment, field) for environment in ENVIRONMENTS}) == len(ENVIRONMENTS) >= 5
    orders = [tuple(order(environment, 6)) for environment in ENVIRONMENTS]
    assert len(set(orders)) == len(orders)
    assert {tuple(sorted(numbers)) for numbers in orders} == {tuple(range(6))}


def test_other_hash_seeds_of_the_configuration_are_used_too() -> None:
    assert [environment.hash_seed for environment in accepting((0, 1, 77))] == [0, 1, 2, 3, 4, 77]
