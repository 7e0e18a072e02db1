"""The judge as a library: order, bounds, retries, rewards, the two ways to a verdict."""

from __future__ import annotations

import pytest
from judge_cases import CHEATING, HONEST

from lift_sys import wire
from lift_sys.errors import CandidateDied, CandidateLoadFailed, ResultTooLarge, SandboxFault
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Limits
from lift_sys.sandbox.candidate import Call, run_calls, shuffled
from lift_sys.sandbox.cases import BadCase, read_case
from lift_sys.sandbox.judge import Judge, JudgeReward, completion_text
from lift_sys.sandbox.plan import plan
from lift_sys.sandbox.stateless import is_stateless
from lift_sys.sandbox.trial import Timing, run_apart, run_first, run_second

GOOD = {"id": "good", "code": "def f(x): return x + 1", "entry_point": "f", "tests": ["assert f(1) == 2"]}
BAD = {**GOOD, "id": "bad", "code": "def f(x): return x"}


@pytest.fixture(scope="module")
def judge():
    with Judge(2) as judge:
        yield judge


@pytest.fixture(scope="module")
def box():
    with open_sandbox() as box:
        yield box


def encoded(*args, **kwargs):
    return Call(wire.encode(args), wire.encode(kwargs))


def test_many_verdicts_come_in_the_order_of_the_cases(judge):
    cases = [{**(GOOD if n % 3 else BAD), "id": n} for n in range(60)]
    verdicts = list(judge.judge_many(iter(cases)))
    assert [v.id for v in verdicts] == list(range(60))
    assert [v.verdict == "valid" for v in verdicts] == [bool(n % 3) for n in range(60)]


def test_an_endless_stream_is_read_only_some_way_ahead(judge):
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield {**GOOD, "id": read}

    stream = judge.judge_many(endless())
    assert [next(stream).id for _ in range(20)] == list(range(1, 21))
    assert read < 500
    stream.close()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tests": []}, "no tests"),
        ({"tests": "assert f(1) == 2"}, "not a list"),
        ({"tests": ["assert f(1) == 2", 3]}, "tests[1]"),
        ({"code": None}, "code is null"),
        ({"entry_point": 7}, "entry_point is a number"),
        ({"entry_point": ""}, "entry_point"),
        ({"entry_point": "f; import os"}, "entry_point"),
        ({"entry_point": "f" * 10_000}, "entry_point"),
    ],
)
def test_a_case_with_a_wrong_field_is_an_error_that_names_it(judge, change, reason):
    verdict = judge.judge_case({**GOOD, **change})
    assert (verdict.id, verdict.verdict) == ("good", "error")
    assert reason in verdict.reason


@pytest.mark.parametrize("missing", ["code", "entry_point", "tests"])
def test_a_case_without_a_field_is_an_error_that_names_it(judge, missing):
    verdict = judge.judge_case({name: value for name, value in GOOD.items() if name != missing})
    assert verdict.verdict == "error"
    assert missing in verdict.reason


@pytest.mark.parametrize("case", [None, 3, [], "x", {}, {"id": [1], "test": 1}])
def test_what_is_no_case_is_an_error(judge, case):
    assert judge.judge_case(case).verdict == "error"


def test_each_test_has_its_own_result(judge):
    tests = ["assert f(1) == 2", "assert f(1) == 3", "assert f(2) == 3"]
    verdict = judge.judge_case({**GOOD, "tests": tests})
    assert [test.passed for test in verdict.tests] == [True, False, True]
    assert verdict.tests[1].reason == "assert f(1) == 3 failed; the last call returned 2"


def test_tests_after_a_death_count_as_not_run(judge):
    code = "import os\ndef f(x):\n    if x == 2: os._exit(0)\n    return x"
    tests = ["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 3"]
    verdict = judge.judge_case({**GOOD, "code": code, "tests": tests})
    assert verdict.verdict == "invalid"
    assert [test.passed for test in verdict.tests] == [True, False, False]
    assert verdict.tests[2].reason == "not run"


class Faulty:
    """A sandbox whose first `faults` spawns break."""

    def __init__(self, box, faults):
        self._box, self._faults = box, faults
        self.missing_protections = box.missing_protections

    def spawn(self, program, limits=None):
        if self._faults[0] > 0:
            self._faults[0] -= 1
            raise SandboxFault("broken on purpose")
        return self._box.spawn(program, limits)

    def close(self):
        self._box.close()


@pytest.mark.parametrize(("faults", "verdict"), [(1, "valid"), (2, "valid"), (3, "error")])
def test_a_fault_of_the_sandbox_is_tried_again_and_never_blamed_on_the_candidate(faults, verdict):
    left = [faults]
    with Judge(1, open_box=lambda config: Faulty(open_sandbox(config), left)) as judge:
        found = judge.judge_case(GOOD)
    assert found.verdict == verdict
    assert ("broken on purpose" in found.reason) == (verdict == "error")


def test_the_first_regime_alone_lets_a_counter_pass():
    case = {
        **GOOD,
        "code": "n = 1\ndef f(x):\n    global n\n    n += 1\n    return n",
        "tests": ["assert f(1) == 2"] * 1,
    }
    case["tests"] = ["assert f(1) == 2", "assert f(2) == 3"]
    with Judge(1, regimes=("one_process",)) as judge:
        assert judge.judge_case(case).regimes == {"one_process": "valid"}


def test_rewards_are_numbers_whatever_the_completion_is(judge):
    case = {name: GOOD[name] for name in ("id", "entry_point", "tests")}
    completions = [
        GOOD["code"],
        f"Here it is:\n```python\n{GOOD['code']}\n```\nDone.",
        [{"role": "assistant", "content": GOOD["code"]}],
        BAD["code"],
        "",
        None,
        [],
        "def f(x):\n    while",
    ]
    assert judge.reward(completions, [case] * len(completions)) == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert JudgeReward(judge)(prompts=["p"], completions=completions[:1], case=[case]) == [1.0]


def test_the_last_fenced_block_is_the_code():
    assert completion_text("```\na\n```\ntext\n```python\nb\n```\n") == "b\n"


PLAIN = [r for r in CHEATING + HONEST if plan(read_case({"code": r[1], "entry_point": "f", "tests": r[2]}).order)]


@pytest.mark.parametrize("row", PLAIN, ids=[r[0] for r in PLAIN])
def test_settled_asserts_come_out_as_when_the_tests_run(box, row):
    case = read_case({"code": row[1], "entry_point": "f", "tests": row[2]})
    limits, timing = Limits(), Timing()
    assert run_first(box, case, limits, timing).status == run_apart(box, case, limits, timing).status


PROVED = [r for r in CHEATING + HONEST if is_stateless(r[1])]


@pytest.mark.parametrize("row", PROVED, ids=[r[0] for r in PROVED])
def test_what_is_proved_stateless_comes_out_as_in_fresh_processes(box, row):
    case = read_case({"code": row[1], "entry_point": "f", "tests": row[2]})
    limits, timing = Limits(), Timing()
    first = run_first(box, case, limits, timing)
    if first.status == "valid":
        second = run_second(box, case, first, limits, timing)
        assert second is None or second.status == "valid"


STATEFUL = {
    "global": "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n",
    "module list": "L = []\ndef f(x):\n    L.append(x)\n    return len(L)",
    "default list": "def f(x, L=[]):\n    L.append(x)\n    return len(L)",
    "keyword default": "def f(x, *, L={}):\n    L[x] = 1\n    return len(L)",
    "lambda in a constant": "g = lambda L=[]: L\ndef f(x): return g()",
    "function attribute": "def f(x):\n    f.n = 1\n    return f.n",
    "setattr": "def f(x):\n    setattr(f, 'n', 1)",
    "dunder": "def f(x): return f.__dict__.setdefault('n', x)",
    "globals()": "def f(x): return globals().setdefault('n', x)",
    "a builtin bound elsewhere": "def g():\n    globals = 1\ndef f(x): return globals().setdefault('n', x)",
    "walrus in a hint": "def f(x: (L := [])):\n    L.append(x)\n    return len(L)",
    "walrus in a return hint": "def f(x) -> (L := []):\n    L.append(x)\n    return len(L)",
    "walrus in a variable's hint": "a: (L := []) = 1\ndef f(x):\n    L.append(x)\n    return len(L)",
    "class attribute": "class A:\n    n = []\ndef f(x):\n    A.n.append(x)\n    return len(A.n)",
    "decorator": "import functools\n@functools.cache\ndef f(x): return x",
    "module behind a module": "import typing\ndef f(x): return typing.sys.modules.setdefault('n', x)",
    "module in a variable": "import math\ndef f(x):\n    m = math\n    m.n = x\n    return m.n",
    "module passed on": "import math\ndef f(x): return vars(math)",
    "from a module's module": "from typing import sys\ndef f(x): return len(sys.modules)",
    "star import": "from math import *\ndef f(x): return x",
    "os": "import os\ndef f(x): return os.environ.setdefault('n', x)",
    "random": "import random\ndef f(x): return random.random()",
    "file": "def f(x): return open('/tmp/n', 'a').write('x')",
    "print to a file": "def f(x): print(x, file=g)\ng = 1",
    "import call": "def f(x): return __import__('sys').modules",
    "eval": "def f(x): return eval('x')",
    "generator frame": "def f(x):\n    g = (i for i in x)\n    return g.gi_frame.f_globals",
    "traceback": "def f(x):\n    try: 1/0\n    except Exception as e: return e.__traceback__.tb_frame",
    "module generator": "g = (i for i in range(9))\ndef f(x): return next(g)",
    "module iterator": "import itertools\nc = itertools.count()\ndef f(x): return next(c)",
    "top-level loop": "for L in [[]]: pass\ndef f(x):\n    L.append(x)\n    return len(L)",
    "unpacked": "L, = [[]]\ndef f(x):\n    L.append(x)\n    return len(L)",
    "starred constant": "T = (*[[]],)\ndef f(x):\n    T[0].append(x)\n    return len(T[0])",
    "generic function": "def f[T](x): return x",
    "type alias": "type L = int\ndef f(x): return x",
    "getattr": "def f(x): return getattr(f, '__dict__')",
    "import as": "import sys as math\ndef f(x): return math.modules",
    "async": "async def f(x): return x",
    "with": "def f(x):\n    with x: pass",
    "time": "import time\ndef f(x): return time.time()",
}


@pytest.mark.parametrize("code", STATEFUL.values(), ids=STATEFUL.keys())
def test_code_with_a_place_for_state_is_not_proved_stateless(code):
    assert not is_stateless(code)


def test_plain_functions_are_proved_stateless():
    code = "import math\nfrom typing import List\nK = 3\n"
    code += "def g(n, k=(1, 2)):\n    return [math.floor(i / k[1]) for i in range(n)]\n"
    code += "def f(x: List[int]) -> int:\n    def inner(y):\n        return y + K\n    return inner(sum(g(len(x))))\n"
    assert is_stateless(code)


@pytest.mark.parametrize("size", [19_000, 120_000])
@pytest.mark.parametrize("unit", ["-", "(", "not ", "f(", "[", "a.", "lambda:", "1+", "x if x else "])
def test_nested_source_does_not_crash_the_host(unit, size):
    source = f"assert f({unit * (size // len(unit))}1) == 1"
    case = read_case({"code": source, "entry_point": "f", "tests": [source]})
    assert plan(case.order) is None
    assert not is_stateless(source)


@pytest.mark.parametrize("regime", ["one_process", "fresh_process"])
def test_calls_come_back_in_the_order_given(box, regime):
    calls = [encoded(n, b=n) for n in range(6)]
    outcomes = run_calls(box, "def f(a, b): return [a, b]", "f", calls, regime=regime)
    assert [outcome.value for outcome in outcomes] == [f"[{n},{n}]" for n in range(6)]


def test_a_counter_shows_the_difference_between_the_regimes(box):
    code, calls = "n = 0\ndef f():\n    global n\n    n += 1\n    return n", [encoded()] * 3
    assert [o.value for o in run_calls(box, code, "f", calls, regime="one_process")] == ["1", "2", "3"]
    assert [o.value for o in run_calls(box, code, "f", calls, regime="fresh_process")] == ["1", "1", "1"]


def test_an_outcome_is_a_value_an_exception_or_neither(box):
    code = "def f(n):\n    if n == 0: return 1\n    if n == 1: raise KeyError('k')\n    return f"
    value, raised, neither = run_calls(box, code, "f", [encoded(n) for n in range(3)], regime="one_process")
    assert (value.value, value.raises) == ("1", None)
    assert (raised.value, raised.raises, raised.message) == (None, "KeyError", "'k'")
    assert (neither.value, neither.raises) == (None, None)
    assert "no encoding" in neither.message


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def f(): return 'a' * (20 << 20)", ResultTooLarge),
        ("import os\ndef f(): os._exit(3)", CandidateDied),
        ("def g(): pass", CandidateLoadFailed),
        ("def f(:", CandidateLoadFailed),
    ],
)
def test_a_candidate_that_fails_as_a_whole_raises(box, code, error):
    with pytest.raises(error):
        run_calls(box, code, "f", [encoded()], regime="one_process")


@pytest.mark.parametrize("count", [2, 3, 10, 500])
def test_the_shuffled_order_is_another_order_and_always_the_same(count):
    assert sorted(shuffled(count)) == list(range(count)) != shuffled(count)
    assert shuffled(count) == shuffled(count)


def test_a_bad_case_is_its_own_verdict(judge):
    assert judge.judge_case(BadCase("line 3: no JSON")).to_dict()["reason"] == "line 3: no JSON"
