"""Generated inputs: they reach boundaries, they are the same on every run, and hostile code gets a typed reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lift_sys import wire
from lift_sys.data_synthesis.oracles import Exploration, ObservedCall, choose_tests, doctest_calls, explore
from lift_sys.records import Expected, Function, RejectionReason, Slice
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.guest.program import by_address


def function(code: str, entry: str = "f", docstring: str | None = None) -> Function:
    code = textwrap.dedent(code).strip() + "\n"
    return Function(
        repository="r", path="p.py", module="p", qualname=entry, name=entry, kind="function", lineno=1, end_lineno=2,
        source=code, docstring=docstring, slice=Slice(code=code, entry_point=entry),
    )  # fmt: skip


def value(item: object) -> object:
    return wire.decode(json.dumps(item, separators=(",", ":")))


def arguments(found: Exploration) -> list[list[object]]:
    return [[value(arg) for arg in call.args] for call in found.calls]


def results(found: Exploration) -> list[object]:
    return [value(call.outcome.value) for call in found.calls if call.outcome.raises is None]


# A function, and a correct-looking twin with a fault that only inputs at a boundary show.
BOUNDARIES = {
    "greater": ("def f(x): return x > 37", "def f(x): return x >= 37"),
    "range": ("def f(x): return 1 if 10 <= x < 20 else 0", "def f(x): return 1 if 10 <= x <= 20 else 0"),
    "length": ("def f(s): return len(s) > 5", "def f(s): return len(s) >= 5"),
    "prefix": (
        "def f(s): return s[4:] if s.startswith('abc-') else s",
        "def f(s): return s[3:] if s.startswith('abc-') else s",
    ),
    "member": ("def f(s): return s in ('red', 'green')", "def f(s): return s in ('red',)"),
    "equal text": ("def f(s): return 1 if s.strip() == 'magic' else 0", "def f(s): return 0"),
    "two parameters": ("def f(a, b): return a < b", "def f(a, b): return a <= b"),
    "key": ("def f(d): return d['name'] + '!' if d.get('loud') else d['name']", "def f(d): return d['name']"),
    "duplicates": ("def f(xs): return len(xs) != len(set(xs))", "def f(xs): return False and len(xs)"),
    "order": ("def f(xs): return list(xs) == sorted(xs)", "def f(xs): return not xs or xs[0] == min(xs)"),
    "negative": ("def f(n): return -n if n < 0 else n", "def f(n): return n if n < 0 else n"),
    "zero": ("def f(n): return 0 if n == 0 else 10 // n", "def f(n): return 10 // n"),
    "pattern": (
        "import re\ndef f(s):\n    m = re.match(r'(\\d+)px$', s)\n    return int(m[1]) if m else None",
        "import re\ndef f(s):\n    m = re.match(r'(\\d)px$', s)\n    return int(m[1]) if m else None",
    ),
    "character": (
        "def f(c): return 48 <= ord(c[0]) <= 57 if c else False",
        "def f(c): return 48 <= ord(c[0]) < 57 if c else False",
    ),
    "nested": ("def f(rows): return [sum(r) for r in rows]", "def f(rows): return [sum(r[:2]) for r in rows]"),
    "literal": (
        "from typing import Literal\ndef f(m: Literal['up', 'down'], n: int): return n + 1 if m == 'up' else n - 1",
        "from typing import Literal\ndef f(m: Literal['up', 'down'], n: int): return n + 1",
    ),
    "keyword": ("def f(s, *, sep='-'): return s.split(sep)", "def f(s, *, sep='-'): return s.split('-')"),
    "bytes": ("def f(b): return b.decode() if b.startswith(b'x') else ''", "def f(b): return ''"),
    "flag": ("def f(xs, down=False): return sorted(xs, reverse=down)", "def f(xs, down=False): return sorted(xs)"),
    "pairs": ("def f(d): return {v: k for k, v in d.items()}", "def f(d): return dict(d)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDARIES)
def test_the_chosen_tests_tell_a_function_from_its_faulty_twin(sandbox: Sandbox, name: str) -> None:
    good, bad = BOUNDARIES[name]
    tests = choose_tests(explore(sandbox, function(good)))
    assert tests
    names: dict[str, object] = {}
    exec(bad, names)  # our own toy code

    def differs(test: object) -> bool:
        try:
            got = names["f"](*map(value, test.args), **{k: value(v) for k, v in test.kwargs.items()})  # type: ignore
        except Exception as error:
            return test.expected.raises != type(error).__name__  # type: ignore[attr-defined, no-any-return]
        return wire.encode(got) != json.dumps(test.expected.value, separators=(",", ":"))  # type: ignore[attr-defined]

    assert any(differs(test) for test in tests)


def test_arguments_are_those_before_the_call(sandbox: Sandbox) -> None:
    found = explore(sandbox, function("def f(xs):\n    xs.sort()\n    return xs"))
    assert any(args[0] != result for args, result in zip(arguments(found), results(found), strict=True))


def test_hints_are_kept_to(sandbox: Sandbox) -> None:
    code = "from typing import Optional\ndef f(a: int, b: Optional[list[str]] = None): return [a, b]"
    for args, call in zip(arguments(found := explore(sandbox, function(code))), found.calls, strict=True):
        assert type(args[0]) is int
        assert all(
            value(b) is None or all(type(item) is str for item in value(b))  # type: ignore[attr-defined]
            for b in call.kwargs.values()
        )


def test_only_errors_that_the_function_raises_itself_are_tests(sandbox: Sandbox) -> None:
    code = "def f(x):\n    if x > 5:\n        raise ValueError(x)\n    return 10 // x + [1, 2][x]"
    raised = {call.outcome.raises for call in explore(sandbox, function(code)).calls}
    assert raised == {None, "ValueError"}


def test_errors_stay_a_minority_of_the_chosen_tests(sandbox: Sandbox) -> None:
    code = "def f(x):\n    if x % 7:\n        raise ValueError(x)\n    return x"
    tests = choose_tests(explore(sandbox, function(code)))
    assert 0 < sum(test.expected.raises is not None for test in tests) <= len(tests) / 2


def test_recorded_calls_are_kept_and_lead_the_way(sandbox: Sandbox) -> None:
    code = "def f(s):\n    return 'deep' if s.count('q') == 6 and s.endswith('zz9') else s[:1]"
    seed = ObservedCall(("qqqqqqzz9",), {}, Expected(value="?"), "recorded")
    found = explore(sandbox, function(code), seeds=[seed], budget=50)
    assert found.calls[0] == ObservedCall(("qqqqqqzz9",), {}, Expected(value="deep"), "recorded")


DOCUMENTED = '''
    def f(x, y=1):
        """Adds.

        >>> f(1)
        2
        >>> f(2, y=3) == 5
        True
        >>> [f(n) for n in (10, 20)]
        [11, 21]
        >>> from somewhere.else_ import f
        >>> numbers = [4]
        >>> f(numbers[0],
        ...   y=numbers[0])
        8
        >>> print(f('a', 'b'))
        ab
        >>> f(100)
        100
        >>> f(200) # doctest: +ELLIPSIS
        2...
        >>> f(1, None)
        Traceback (most recent call last):
            ...
        TypeError: unsupported
        """
        return x + y
'''


def test_documented_calls_that_agree_with_what_is_printed(sandbox: Sandbox) -> None:
    names: dict[str, object] = {}
    exec(textwrap.dedent(DOCUMENTED), names)
    found = doctest_calls(sandbox, function(DOCUMENTED, docstring=names["f"].__doc__))
    shown = [(*call.args, *call.kwargs.values(), call.outcome.value) for call in found]
    assert shown == [(1, 2), (2, 3, 5), (10, 11), (20, 21), (4, 4, 8), ("a", "b", "ab"), (200, 201)]
    assert {call.oracle for call in found} == {"doctest"}


HOSTILE = {
    "exits at import": ("import os\nos._exit(0)\ndef f(x): return x", RejectionReason.LOAD_FAILED),
    "raises at import": ("raise KeyError('k')\ndef f(x): return x", RejectionReason.LOAD_FAILED),
    "SystemExit at import": ("raise SystemExit(0)\ndef f(x): return x", RejectionReason.LOAD_FAILED),
    "loops at import": ("def f(x): return x\nwhile True:\n    try: 1\n    except: 1", RejectionReason.LOAD_FAILED),
    "does not parse": ("def f(x:\n", RejectionReason.LOAD_FAILED),
    "no entry point": ("def g(x): return x", RejectionReason.LOAD_FAILED),
    "too deep to parse": ("def f(x): return " + "-" * 9000 + "x", RejectionReason.LOAD_FAILED),
    "exits when called": ("import os\ndef f(x): os._exit(3)", RejectionReason.NO_TESTS_FOUND_IN_TIME),
    "loops when called": ("def f(x):\n    while True: pass", RejectionReason.NO_USABLE_CALLS),
    "huge results": ("def f(x): return 'x' * 10_000_000", RejectionReason.NO_USABLE_CALLS),
    "huge memory": ("def f(x): return [0] * 10**11", RejectionReason.NO_USABLE_CALLS),
    "wants a function": ("def f(g, xs): return [g(x) for x in xs]", RejectionReason.NO_USABLE_CALLS),
    "result is no plain value": ("def f(x): return object()", RejectionReason.NO_USABLE_CALLS),
    "constant": ("def f(x): return 4", RejectionReason.CONSTANT_RESULT),
    "keeps state": ("n = [0]\ndef f(x):\n    n[0] += 1\n    return n[0]", RejectionReason.NONDETERMINISTIC),
    "random": ("import random\ndef f(x): return random.random()", RejectionReason.NONDETERMINISTIC),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_can_not_be_explored_gets_a_typed_reason(sandbox: Sandbox, name: str) -> None:
    code, reason = HOSTILE[name]
    found = explore(sandbox, function(code))
    assert found.reason is reason
    assert found.detail
    assert found.detail.isprintable()


def test_a_patched_explorer_can_only_report_calls_or_nothing(sandbox: Sandbox) -> None:
    code = """
        import sys
        program = sys.modules['program']
        program.Program.call = lambda *args: (_ for _ in ()).throw(SystemExit)
        sys.modules['explorer'].Explorer.report = lambda self, *a: {"calls": [["evil"]], "coverage": "1"}
        def f(x): return x
    """
    found = explore(sandbox, function(code))
    assert found.calls == ()
    assert found.reason is RejectionReason.NO_TESTS_FOUND_IN_TIME


def test_printing_megabytes_is_harmless(sandbox: Sandbox) -> None:
    found = explore(sandbox, function("def f(x):\n    print('x' * 5_000_000)\n    return x"), budget=40)
    assert found.reason is None


SAME = """
import sys
from lift_sys.data_synthesis.oracles import explore, choose_tests
from lift_sys.records import Function, Slice
from lift_sys.sandbox import open_sandbox
code = '''
def f(items, key=None, *, limit: int = 3):
    seen = {}
    for item in items:
        seen[item] = seen.get(item, 0) + 1
    return [k for k, n in seen.items() if n >= limit or k == key]
'''
box = open_sandbox()
f = Function(repository="r", path="p.py", module="p", qualname="f", name="f", kind="function", lineno=1, end_lineno=2,
             source=code, slice=Slice(code=code, entry_point="f"))
found = explore(box, f)
print(found, choose_tests(found))
box.close()
"""


def test_an_exploration_is_the_same_whatever_the_hosts_hash_seed_is() -> None:
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SAME],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_two_explorations_in_one_box_are_the_same(sandbox: Sandbox) -> None:
    one = function("def f(s, n):\n    return s * n if n < 4 else s.upper()")
    assert explore(sandbox, one) == explore(sandbox, one)


def test_no_input_holds_none_in_a_set(sandbox: Sandbox) -> None:
    """Before Python 3.12 None hashes by its address, so the order of such a set is another in each process."""
    found = explore(
        sandbox, function("def f(pairs: set[tuple[str, str | None]], n: int):\n    return sorted(map(len, pairs)), n")
    )
    sets = [first for first, _ in arguments(found) if isinstance(first, set)]
    assert any(len(members) > 1 for members in sets)
    assert not any(len(members) > 1 and None in pair for members in sets for pair in members)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"set":[{"t":["a",null]},1]}', True),
        ('[{"fset":[null,1]}]', True),
        ('{"d":["null",{"set":[1,2]}]}', False),
        ('[null,{"set":[1,2]}]', False),
        ('{"set":[null]}', False),
    ],
)
def test_a_set_of_chance_order_is_told_by_its_text(text: str, told: bool) -> None:
    assert by_address(text) is told


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_recorded_calls_may_hold_numbers_that_are_not_finite(sandbox: Sandbox, number: str) -> None:
    odd = json.loads(wire.encode(float(number)))
    code = """
        def f(x: float) -> str:
            if x != x or x in (float('inf'), float('-inf')):
                return 'no number'
            return 'positive' if x > 0 else 'other'
    """
    found = explore(sandbox, function(code), seeds=[ObservedCall(args=(odd,), oracle="recorded")])
    assert found.reason is None
    assert {"no number", "positive", "other"} == set(results(found))


def test_a_call_that_never_leaves_c_code_ends_its_process_and_not_the_patience_of_the_host(sandbox: Sandbox) -> None:
    code = "from itertools import count\n\ndef f(x: int) -> int:\n    return sum(count(x))\n"
    found = explore(sandbox, function(code))
    assert found.reason is RejectionReason.NO_TESTS_FOUND_IN_TIME
    assert found.detail == "the process ended"  # "a call did not end": the host waited for a minute


WAITING = {
    "an empty queue": "import queue\ndef f(n):\n    if n > 5:\n        return queue.Queue().get()\n    return n * 2",
    "a lock that is held": (
        "import threading\ndef f(n):\n    lock = threading.Lock()\n    lock.acquire()\n"
        "    return lock.acquire() if n > 5 else n * 2"
    ),
    "a nap": "import time\ndef f(n):\n    if n > 5:\n        time.sleep(3600)\n    return n * 2",
}


@pytest.mark.parametrize("code", WAITING.values(), ids=WAITING)
def test_a_call_that_waits_for_ever_does_not_hold_the_worker(sandbox: Sandbox, code: str) -> None:
    began = time.monotonic()
    found = explore(sandbox, function(code), budget=100)
    assert time.monotonic() - began < 30  # the whole exploration may take 60 s, and would be tried twice
    assert all(call.outcome.raises is None for call in found.calls)
