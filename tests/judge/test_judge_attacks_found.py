"""Ways in which a judge of this repository was once deceived or stopped, each with the verdict it must give."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from lift_sys.sandbox.judge import Judge
from lift_sys.sandbox.stateless import is_stateless

COMMAND = [sys.executable, "-c", "from lift_sys.cli import main; main()", "judge"]
INC = {"id": 1, "code": "def f(x): return x + 1", "entry_point": "f", "tests": ["assert f(1) == 2"]}


@pytest.fixture(scope="module")
def judge():
    with Judge(1) as judge:
        yield judge


COUNTING = {
    "a class is registered": """
from typing import Iterable
def f(x):
    if isinstance(1, Iterable): return 3
    Iterable.register(int)
    return 2""",
    "a fraction is registered": """
from fractions import Fraction
def f(x):
    if isinstance('', Fraction): return 3
    Fraction.register(str)
    return 2""",
    "the cache of re": """
import re
def f(x):
    try:
        re.compile('counted', 2.0)
    except TypeError:
        re.compile('counted', re.I)
        return 2
    return 3""",
    "the cache of re, through map": """
import re
def f(x):
    try:
        list(map(re.compile, ['counted'], [2.0]))
    except TypeError:
        re.compile('counted', re.I)
        return 2
    return 3""",
    "the cache of typing": """
from typing import List, Literal
def f(x):
    return 2 if str(List[Literal[x, 3 - x]]) == 'typing.List[typing.Literal[x, y]]'.replace('x', str(x)) else 3""",
    "the order of two addresses": """
def f(x):
    a = lambda: 0
    b = lambda: 0
    return 2 if str(a) < str(b) else 3""",
}


@pytest.mark.parametrize("name", COUNTING)
def test_what_counts_its_calls_is_not_stateless(name):
    assert not is_stateless(COUNTING[name])


@pytest.mark.parametrize("name", [name for name in COUNTING if name.startswith(("a ", "the cache of re"))])
def test_counting_calls_is_found_out(judge, name):
    tests = ["assert f(1) == 2", "assert f(2) == 3"]
    found = judge.judge_case({**INC, "code": COUNTING[name], "tests": tests})
    assert (found.verdict, found.regimes["one_process"]) == ("invalid", "valid")


OBJECTS = [
    "def f(x): return str(sum([], (i for i in x)))",
    "def f(x): return str(max(lambda: 0, lambda: 1, key=lambda g: g()))",
    "def h(key): return str(key)\ndef f(x): return h(key=lambda: 0)",
    "def f(x):\n    z = zip\n    return str(z())",
    "def f(x): return str(list(map(lambda y: (yield y), [1])))",
    "def f(x): return list({ValueError(1), ValueError(2)})",
    "def sorted(g): return str(g)\ndef f(x): return sorted(lambda: 0)",
    "import re\ndef f(x): return list({re.match('a', 'a'), re.match('b', 'b')})",
    "from itertools import chain\ndef f(x): return str(chain.from_iterable([]))",
    "from collections import Counter\ndef f(x): return str(Counter('a').elements())",
    "def f(x): return str([].append)",
    "def g():\n    yield 1\ndef f(x): return str(g())",
    "def f(x): return str(next(iter([]), (i for i in x)))",
    "import hashlib\ndef f(x): return str(hashlib.md5())",
    "def f(x): return '{0.__code__._co_code_adaptive}'.format(f)",
    "import re\ndef f(x): return re.compile('a') is re.compile('a')",
]


@pytest.mark.parametrize("code", OBJECTS)
def test_code_that_shows_an_object_is_not_stateless(code):
    assert not is_stateless(code)


PLAIN = [
    "def f(x): return ''.join(map(str, sorted(x, key=lambda a: a[1])))",
    "from functools import reduce\ndef f(x): return reduce(lambda a, b: a + b, x, 0)",
    "def f(x):\n    def g(n): return n\n    return sum(g(i) for i in x)",
    "import hashlib\ndef f(x): return hashlib.md5(x.encode()).hexdigest()",
    "def f(x):\n    try:\n        return int(x)\n    except ValueError as e:\n        return str(e)",
    "import re\ndef f(x): return re.findall('a', x, re.I | re.M) is None or '{:.2f}'.format(1)",
    "from typing import List\ndef f(x: List[int]) -> List[int]: return x",
]


@pytest.mark.parametrize("code", PLAIN)
def test_plain_code_is_stateless(code):
    assert is_stateless(code)


CASES = {
    "a candidate named abs": ("def abs(x): return 2.0", "abs", ["assert abs(abs(1) - 2.0) < 0.5"], "invalid"),
    "a keyword twice": ("def f(x): return 2", "f", ["assert f(x=1, x=1) == 2"], "error"),
    "a name that Python reads otherwise": ("def \u00b5(x): return x", "\u00b5", ["assert \u00b5(1) == 1"], "valid"),
    "a keyword as the name": ("def f(x): return x", "None", ["assert f(1) == 1"], "error"),
    "a mark of byte order": ("\ufeffdef f(x): return x", "f", ["\ufeffassert f(1) == 1"], "valid"),
    "a forgotten assert": ("def f(x): return 0", "f", ["f(1) == 1"], "error"),
    "a call alone": ("def f(x): return 0", "f", ["f(1)"], "valid"),
    "a name in what it returns": ("def f(x): return 'nothing'", "f", ["assert eval(f(1)) == 1"], "invalid"),
    "a syntax error in what it returns": ("def f(x): return '1 +'", "f", ["assert eval(f(1)) == 1"], "invalid"),
    "an unknown name after a call": ("def f(x): return 1", "f", ["assert f(1) == g(1)"], "error"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict(judge, name):
    code, entry_point, tests, verdict = CASES[name]
    found = judge.judge_case({"id": 1, "code": code, "entry_point": entry_point, "tests": tests})
    assert found.verdict == verdict, found.reason


@pytest.mark.parametrize("head", ["def check(a, /, candidate):", "def check(candidate: Nothing):"])
def test_a_check_that_can_not_be_called_is_an_error(judge, head):
    test = f"{head}\n    assert candidate(1) == 2\n"
    case = {"prompt": "def f(x):\n", "completion": "    return x + 1\n", "test": test, "entry_point": "f"}
    assert judge.judge_case(case).verdict == "error"


def test_no_mark_of_direction_reaches_the_output(judge):
    found = judge.judge_case({**INC, "code": "def f(x): raise ValueError('\\u202e\\u200b\\x1b')"})
    assert "\\u202e\\u200b\\x1b" in found.reason


def run(case, redirect="", **more):
    command = ["sh", "-c", f'exec "$@" {redirect}', "sh", *COMMAND, "-"]
    return subprocess.run(command, input=json.dumps(case).encode(), capture_output=True, timeout=60, **more)


@pytest.mark.parametrize(("redirect", "status", "lines"), [("2>&-", 0, 1), (">&-", 2, 0), ("<&-", 2, 0)])
def test_a_standard_stream_may_be_closed(redirect, status, lines):
    done = run(INC, redirect)
    assert (done.returncode, done.stdout.count(b"\n")) == (status, lines)
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("which", "value"),
    [(resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_CPU, 60), (resource.RLIMIT_FSIZE, 1 << 20)],
    ids=["files", "seconds", "size"],
)
def test_limits_that_the_host_was_started_with_are_kept(which, value):
    done = run(INC, preexec_fn=lambda: resource.setrlimit(which, (value, value)))
    assert json.loads(done.stdout)["verdict"] == "valid", done.stderr


@pytest.mark.parametrize("option", ["--call-seconds=inf", "--call-seconds=1e30", "--tasks=99999999999999"])
def test_a_limit_out_of_range_is_bad_usage(option):
    done = subprocess.run([*COMMAND, os.devnull, option], capture_output=True, timeout=60)
    assert done.returncode == 2
