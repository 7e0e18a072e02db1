"""Candidates by what they try. Each row: a name, the code, the tests, and the verdict it must get."""

from __future__ import annotations

from textwrap import dedent

INC = ["assert f(1) == 2", "assert f(5) == 6"]
"""Tests that no candidate below passes unless it adds one."""


def row(name: str, code: str, verdict: str, tests: list[str] | None = None, reason: str = "") -> tuple[str, ...]:
    return name, dedent(code).lstrip("\n"), tests or INC, verdict, reason  # type: ignore[return-value]


CHEATING = [
    row("prints PASSED", "def f(x):\n    print('PASSED', '1 passed in 0.01s', flush=True)\n    return 0", "invalid"),
    row(
        "writes a verdict",
        """
        import os
        def f(x):
            os.write(1, b'{"verdict": "valid"}\\n'); os.write(2, b'OK\\n'); return None
        """,
        "invalid",
    ),
    row("os._exit(0)", "import os\ndef f(x): os._exit(0)", "invalid", reason="ended"),
    row("os._exit(0) on load", "import os\nos._exit(0)\ndef f(x): return x + 1", "invalid"),
    row("sys.exit(0)", "import sys\ndef f(x): sys.exit(0)", "invalid", reason="SystemExit"),
    row("sys.exit(0) on load", "import sys\nsys.exit(0)", "invalid", reason="does not load: SystemExit"),
    row("raises SkipTest", "import unittest\ndef f(x): raise unittest.SkipTest('no')", "invalid"),
    row(
        "raises its own SkipTest",
        "class SkipTest(Exception): pass\ndef f(x): raise SkipTest",
        "invalid",
        reason="SkipTest",
    ),
    row("raises AssertionError", "def f(x): raise AssertionError", "invalid", reason="raised AssertionError"),
    row("raises GeneratorExit", "def f(x): raise GeneratorExit", "invalid"),
    row("raises KeyboardInterrupt", "def f(x): raise KeyboardInterrupt", "invalid"),
    row("raises BaseException", "class E(BaseException): pass\ndef f(x): raise E('x')", "invalid"),
    row(
        "StopIteration ends a map",
        "def f(x): raise StopIteration",
        "invalid",
        ["assert all(map(f, [1, 2, 3]))"],
    ),
    row(
        "StopIteration subclass ends a map",
        "class S(StopIteration): pass\ndef f(x): raise S",
        "invalid",
        ["assert all(map(f, [1, 2, 3]))"],
    ),
    row(
        "exception group",
        "def f(x): raise BaseExceptionGroup('g', [SystemExit(0)])",
        "invalid",
    ),
    row("equal to everything", "class A:\n    def __eq__(s, o): return True\ndef f(x): return A()", "invalid"),
    row("int that equals", "class I(int):\n    def __eq__(s, o): return True\ndef f(x): return I(0)", "invalid"),
    row("str subclass", "class S(str): pass\ndef f(x): return S('a')", "invalid", ["assert f(1) == 'a'"], "plain"),
    row("list subclass", "class L(list): pass\ndef f(x): return L([1])", "invalid", ["assert f(1) == [1]"]),
    row("dict subclass", "class D(dict): pass\ndef f(x): return D()", "invalid", ["assert f(1) == {}"]),
    row(
        "bool-like int enum",
        "import enum\nclass E(enum.IntEnum):\n    A = 2\ndef f(x): return E.A",
        "invalid",
        ["assert f(1) == 2"],
    ),
    row(
        "namedtuple",
        "from collections import namedtuple as n\nP = n('P', 'a')\ndef f(x): return P(1)",
        "invalid",
        ["assert f(1) == (1,)"],
    ),
    row(
        "defaultdict",
        "from collections import defaultdict\ndef f(x): return defaultdict(int)",
        "invalid",
        ["assert f(1) == {}"],
    ),
    row(
        "subclass deep inside",
        "class I(int): pass\ndef f(x): return [{1: (I(1),)}]",
        "invalid",
        ["assert f(1) == [{1: (1,)}]"],
    ),
    row("a cycle", "def f(x):\n    a = []\n    a.append(a)\n    return a", "invalid", ["assert f(1)"], "itself"),
    row("a generator", "def f(x): yield x + 1", "invalid", ["assert f(1)"], "generator"),
    row("a coroutine", "async def f(x): return x + 1", "invalid", ["assert f(1)"], "coroutine"),
    row("a function", "def f(x): return f", "invalid", ["assert f(1)"]),
    row(
        "unencodable, error swallowed by the test",
        "def f(x): return f",
        "invalid",
        ["try:\n    f(1)\nexcept BaseException:\n    pass"],
    ),
    row(
        "looks for expected values in frames",
        """
        import sys, gc
        def f(x):
            frame, seen = sys._getframe(), []
            while frame:
                seen += [v for v in frame.f_locals.values()]
                frame = frame.f_back
            seen += gc.get_objects()
            if any(type(v) is str and v.startswith('assert f') for v in seen):
                return 'zq' + 'x'
        """,
        "invalid",
        ["assert f(1) == 'zq' + 'x'"],
    ),
    row(
        "looks for expected values through inspect",
        """
        import inspect, re
        def f(x):
            for s in inspect.stack():
                if 'zq' in str(s.frame.f_globals) + str(s.code_context): return 'zqx'
        """,
        "invalid",
        ["assert f(1)[:2] == 'zq'"],
    ),
    row(
        "reads its memory through /proc",
        "def f(x):\n    return 'zqx' if b'zqx' in open('/proc/self/mem', 'rb').read(100) else 0",
        "invalid",
        ["assert f(1)[1:] == 'qx'"],
    ),
    row(
        "reads command lines",
        "def f(x):\n    return open('/proc/1/cmdline').read() + open('/proc/self/environ').read()",
        "invalid",
        ["assert 'python' in f(1)"],
    ),
    row(
        "sees the environment",
        "import os\ndef f(x): return sorted(os.environ)",
        "invalid",
        ["assert 'PYTEST_CURRENT_TEST' in f(1)"],
    ),
    row("reads a host file", "def f(x): return open('/etc/passwd').read()", "invalid", ["assert 'root' in f(1)"]),
    row(
        "reads this repository",
        f"def f(x): return open({__file__!r}).read()",
        "invalid",
        ["assert f(1)"],
    ),
    row(
        "opens a connection",
        "import socket\ndef f(x):\n    socket.create_connection(('1.1.1.1', 53), 1)\n    return 1",
        "invalid",
        ["assert f(1) == 1"],
    ),
    row(
        "replaces the encoder",
        "import wire\nwire.encode = lambda value, limit=None: 'true'\ndef f(x): return 7",
        "invalid",
    ),
    row(
        "answers with what is no value",
        "import wire\nwire.encode = lambda value, limit=None: '}{'\ndef f(x): return 7",
        "invalid",
        reason="protocol",
    ),
    row(
        "answers ahead",
        """
        import os
        os.write(3, (17).to_bytes(4, 'big') + b'0' * 16 + b'O')
        def f(x): return x + 1
        """,
        "invalid",
        reason="protocol",
    ),
    row(
        "answers twice",
        """
        import sys
        def f(x):
            frame = sys._getframe()
            while 'channel' not in frame.f_locals: frame = frame.f_back
            channel, nonce = frame.f_locals['channel'], frame.f_locals['nonce']
            answer = b'V' + str(x + 1).encode()
            for _ in range(3): channel.send(nonce + len(answer).to_bytes(4, 'big') + answer)
            return x + 1
        """,
        "invalid",
    ),
    row(
        "breaks the framing",
        "import os\ndef f(x):\n    os.write(3, b'\\xff' * 64)\n    return x + 1",
        "invalid",
    ),
    row("closes its channel", "import os\ndef f(x):\n    os.close(3)\n    return x + 1", "invalid"),
    row(
        "redefines what the tests use",
        "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.all = lambda x: True\ndef f(x): return -1",
        "invalid",
        ["assert abs(f(1) - 5) < 1", "assert all([f(1) == 5])"],
    ),
    row(
        "a global counter",
        "n = 1\ndef f(x):\n    global n\n    n += 1\n    return n",
        "invalid",
        ["assert f(1) == 2", "assert f(2) == 3"],
        "fresh",
    ),
    row(
        "a counter in a default",
        "def f(x, n=[1]):\n    n[0] += 1\n    return n[0]",
        "invalid",
        ["assert f(1) == 2", "assert f(2) == 3"],
        "fresh",
    ),
    row(
        "a counter in a file",
        """
        def f(x):
            with open('/tmp/n', 'a+') as file:
                file.write('.'); file.seek(0)
                return 1 + len(file.read())
        """,
        "invalid",
        ["assert f(1) == 2", "assert f(2) == 3"],
        "fresh",
    ),
    row(
        "right in the first process only",
        """
        import os
        def f(x):
            if os.path.exists('/tmp/seen'): return 0
            open('/tmp/seen', 'w').close()
            return x + 1 if x == 1 else 0
        """,
        "invalid",
    ),
    row(
        "a function attribute",
        "def f(x):\n    f.n = getattr(f, 'n', 1) + 1\n    return f.n",
        "invalid",
        ["assert f(1) == 2", "assert f(2) == 3"],
    ),
    row("wrong on the second", "def f(x): return 2", "invalid", reason="assert f(5) == 6"),
    row("None", "def f(x): pass", "invalid"),
]

HOSTILE = [
    row("syntax error", "def f(x) return x", "invalid", reason="SyntaxError"),
    row("NUL in the code", "def f(x): return x\0", "invalid", reason="does not load"),
    row("lone surrogate in the code", "def f(x): return '\ud800'", "invalid", reason="does not load"),
    row("deeply nested code", "x = " + "-" * 120_000 + "1", "invalid"),
    row("no entry point", "def g(x): return x", "invalid", reason="AttributeError"),
    row("entry point is no function", "f = 3", "invalid", reason="not callable"),
    row("empty", "", "invalid"),
    row("infinite recursion", "def f(x): return f(x)", "invalid", reason="RecursionError"),
    row("recursion without a limit", "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return [f(x)]", "invalid"),
    row("recursion limit left low", "import sys\ndef f(x):\n    sys.setrecursionlimit(50)\n    return x", "invalid"),
    row("memory bomb", "def f(x):\n    a = [0]\n    while True: a += a", "invalid"),
    row("memory bomb in bytes", "def f(x): return len(bytearray(1 << 33)) * 0 + x + 1", "invalid"),
    row("huge result", "def f(x): return 'a' * (20 << 20)", "invalid", reason="larger"),
    row("huge result of many parts", "def f(x): return [0] * (20 << 20)", "invalid", reason="larger"),
    row("huge message", "def f(x): raise ValueError('m' * (10 << 20))", "invalid", reason="ValueError: mmm"),
    row(
        "control characters",
        "def f(x): raise ValueError('\\x1b[2J\\x00\\r\\ud800')",
        "invalid",
        reason="\\x1b[2J\\x00",
    ),
    row("hostile __str__", "class E(Exception):\n    def __str__(s): raise SystemExit\ndef f(x): raise E", "invalid"),
    row("hostile __repr__", "class E:\n    def __repr__(s): import os; os._exit(0)\ndef f(x): return E()", "invalid"),
    row("class name of control characters", "def f(x): raise type('a\\nb\\x1b', (Exception,), {})", "invalid"),
    row(
        "hostile metaclass",
        "class M(type):\n"
        "    __name__ = property(lambda s: 1/0)\n"
        "class E(Exception, metaclass=M): pass\n"
        "def f(x): raise E",
        "invalid",
    ),
    row("output flood", "def f(x):\n    for _ in range(3000): print('x' * 10000)\n    return x", "invalid"),
    row("abort", "import os\ndef f(x): os.abort()", "invalid"),
    row("kills itself", "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)", "invalid"),
    row("kills everything", "import os, signal\ndef f(x): os.kill(-1, signal.SIGKILL)", "invalid"),
    row("kills its parent", "import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGKILL)", "invalid"),
    row("fork bomb", "import os\ndef f(x):\n    while True: os.fork()", "invalid"),
    row(
        "a signal handler that raises",
        "import signal\n"
        "def h(*a): raise SystemExit\n"
        "def f(x):\n"
        "    signal.signal(14, h); signal.setitimer(0, 0.001)\n"
        ""
        "    while True: pass",
        "invalid",
    ),
    row(
        "memory in a thread",
        "import threading\n"
        "def f(x):\n"
        "    t = threading.Thread(target=lambda: [0] * (1 << 40)); t.start(); t.join()\n"
        "    return x",
        "invalid",
    ),
]

SLOW = [
    row("infinite loop", "def f(x):\n    while True: pass", "timeout"),
    row("infinite loop on load", "while True: pass", "timeout"),
    row("sleep", "import time\ndef f(x):\n    time.sleep(60)\n    return x + 1", "timeout"),
    row(
        "a loop that catches all",
        "def f(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "timeout",
    ),
    row(
        "slow on the second call",
        "import time\ndef f(x):\n    if x == 5: time.sleep(60)\n    return x + 1",
        "timeout",
    ),
    row(
        "slow drip",
        """
        import os, time
        def f(x):
            os.write(3, (1000).to_bytes(4, 'big'))
            while True:
                os.write(3, b'.'); time.sleep(0.05)
        """,
        "timeout",
    ),
    row(
        "an endless sequence for the test",
        "def f(x): return 10 ** 30",
        "timeout",
        ["n = f(1)\nwhile n: n -= 1"],
    ),
]

HONEST = [
    row("adds one", "def f(x): return x + 1", "valid"),
    row(
        "recursion",
        "def f(n): return 1 if n < 2 else n * f(n - 1)",
        "valid",
        ["assert f(5) == 120", "assert f(20) == 2432902008176640000"],
    ),
    row("None", "def f(): return None", "valid", ["assert f() is None"]),
    row("bool is no int", "def f(x): return x > 1", "valid", ["assert f(2) is True", "assert f(0) is False"]),
    row("int is no bool", "def f(x): return 1", "invalid", ["assert f(1) is True"]),
    row("huge int", "def f(x): return 7 ** x", "valid", ["assert f(9000) == 7 ** 9000"]),
    row("NaN", "def f(): return float('nan')", "valid", ["assert f() != f()", "import math\nassert math.isnan(f())"]),
    row("minus zero", "def f(): return -0.0", "valid", ["import math\nassert math.copysign(1, f()) == -1"]),
    row(
        "zero is not minus zero",
        "def f(): return 0.0",
        "invalid",
        ["import math\nassert math.copysign(1, f()) == -1"],
    ),
    row("infinity", "def f(x): return x * 10", "valid", ["assert f(1e308) == float('inf')"]),
    row("float bits", "def f(x): return x / 3", "valid", ["assert f(0.1) == 0.1 / 3", "assert f(5e-324) == 0.0"]),
    row("NUL and surrogates", "def f(s): return s[::-1]", "valid", ["assert f('a\\x00\\ud800') == '\\ud800\\x00a'"]),
    row(
        "bytes",
        "def f(b): return b[1:] + b'\\x00'",
        "valid",
        ["assert f(b'\\xff\\x01') == b'\\x01\\x00'", "assert type(f(b'')) is bytes"],
    ),
    row("tuple is no list", "def f(x): return (x,)", "invalid", ["assert f(1) == [1]"]),
    row(
        "dict order",
        "def f(d): return {k: d[k] for k in reversed(d)}",
        "valid",
        ["assert list(f({'b': 1, 'a': 2})) == ['a', 'b']"],
    ),
    row(
        "any hashable key",
        "def f(k): return {k: 1, (1, (2.5, None)): 2, frozenset({1}): 3, True: 4}",
        "valid",
        ["assert f('x')[(1, (2.5, None))] == 2", "assert f(b'')[frozenset({1})] == 3"],
    ),
    row(
        "sets in sets",
        "def f(s): return {frozenset(s), frozenset()}",
        "valid",
        ["assert f({1, 'a'}) == {frozenset({1, 'a'}), frozenset()}"],
    ),
    row(
        "deep nesting",
        "def f(n):\n    a = []\n    for _ in range(n): a = [a]\n    return a",
        "valid",
        ["a, n = f(50_000), 0\nwhile a:\n    a, n = a[0], n + 1\nassert n == 50_000"],
    ),
    row(
        "deep arguments",
        "def f(a):\n    n = 0\n    while a: a, n = a[0], n + 1\n    return n",
        "valid",
        ["a = []\nfor _ in range(50_000): a = [a]\nassert f(a) == 50_000"],
    ),
    row(
        "keyword arguments",
        "def f(a, *, b=2, **rest): return [a, b, rest]",
        "valid",
        ["assert f(1, b=3, c=4) == [1, 3, {'c': 4}]"],
    ),
    row(
        "changes its argument",
        "def f(a):\n    a.append(1)\n    return len(a)",
        "valid",
        ["a = [0]\nassert f(a) == 2\nassert a == [0]"],
    ),
    row(
        "results of results",
        "def f(x): return x * 2",
        "valid",
        ["assert f(f(f(1))) == 8", "assert [f(n) for n in range(3)] == [0, 2, 4]"],
    ),
    row(
        "state within a test",
        "def f(x): return x + 1",
        "valid",
        ["r = f(1)\nassert r == 2", "assert r == 2 and f(r) == 3"],
    ),
    row(
        "raises as it should",
        "def f(x):\n    raise ValueError('bad ' + x)",
        "valid",
        ["try:\n    f('x')\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'bad x'"],
    ),
    row(
        "raises KeyError",
        "def f(d): return d['k']",
        "valid",
        [
            "try:\n"
            "    f({})\n"
            "    assert False\n"
            "except KeyError as e:\n"
            "    assert e.args == ('k',) and str(e) == \"'k'\""
        ],
    ),
    row(
        "raises its own ValueError",
        "class Bad(ValueError): pass\ndef f(): raise Bad('no')",
        "valid",
        [
            "try:\n"
            "    f()\n"
            "    assert False\n"
            "except ValueError as e:\n"
            "    assert type(e).__name__ == 'Bad' and str(e) == 'no'"
        ],
    ),
    row(
        "raises UnicodeDecodeError",
        "def f(b): return b.decode()",
        "valid",
        ["try:\n    f(b'\\xff')\n    assert False\nexcept UnicodeDecodeError as e:\n    assert e.start == 0"],
    ),
    row(
        "raises StopIteration, as the test says",
        "def f(a): return next(iter(a))",
        "valid",
        ["try:\n    f([])\n    assert False\nexcept StopIteration:\n    pass"],
    ),
    row(
        "generators inside",
        "def g(n):\n    yield from range(n)\ndef f(n): return list(g(n))",
        "valid",
        ["assert f(3) == [0, 1, 2]"],
    ),
    row(
        "decorators",
        "import functools\n@functools.cache\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)",
        "valid",
        ["assert f(60) == 1548008755920"],
    ),
    row(
        "dataclasses",
        "from dataclasses import dataclass, asdict\n"
        "@dataclass(order=True)\n"
        "class P:\n"
        "    x: int\n"
        "    y: int = 0\n"
        "def f(x): return asdict(max(P(x), P(1)))",
        "valid",
        ["assert f(3) == {'x': 3, 'y': 0}"],
    ),
    row(
        "typing of its own module",
        "from typing import NamedTuple, get_type_hints\n"
        "class P(NamedTuple):\n"
        "    x: 'int'\n"
        "def f(x): return list(get_type_hints(P))",
        "valid",
        ["assert f(3) == ['x']"],
    ),
    row(
        "threads",
        "import threading\n"
        "def f(n):\n"
        "    out = []\n"
        "    ts = [threading.Thread(target=out.append, args=(i,)) for i in range(n)]\n"
        "    [t.start() for t in ts]; [t.join() for t in ts]\n"
        "    return sorted(out)",
        "valid",
        ["assert f(8) == list(range(8))"],
    ),
    row(
        "a thread left running",
        "import threading, time\n"
        "def f(x):\n"
        "    threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "    return x + 1",
        "valid",
    ),
    row(
        "a daemon left running",
        "import os, time\n"
        "def f(x):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid(); time.sleep(60); os._exit(0)\n"
        "    return x + 1",
        "valid",
    ),
    row(
        "returns from both sides of a fork",
        "import os\ndef f(x):\n    pid = os.fork()\n    return x + 1 if pid else 0",
        "valid",
    ),
    row(
        "asyncio",
        "import asyncio\n"
        "async def g(x):\n"
        "    await asyncio.sleep(0)\n"
        "    return x + 1\n"
        "def f(x): return asyncio.run(g(x))",
        "valid",
    ),
    row(
        "temporary files",
        "import tempfile\n"
        "def f(x):\n"
        "    with tempfile.NamedTemporaryFile('w+') as file:\n"
        "        file.write(str(x + 1)); file.seek(0)\n"
        "        return int(file.read())",
        "valid",
    ),
    row(
        "atexit and __del__",
        "import atexit, os\n"
        "atexit.register(os._exit, 1)\n"
        "class D:\n"
        "    def __del__(s): 1/0\n"
        "def f(x):\n"
        "    D()\n"
        "    return x + 1",
        "valid",
    ),
    row("prints", "def f(x):\n    print('working', x)\n    return x + 1", "valid"),
    row(
        "reads standard input", "import sys\ndef f(x): return sys.stdin.read() + x", "valid", ["assert f('a') == 'a'"]
    ),
    row("main block", "def f(x): return x + 1\nif __name__ == '__main__':\n    raise SystemExit(f(1))", "valid"),
    row(
        "seeded randomness",
        "import random\ndef f(x):\n    random.seed(x)\n    return random.random()",
        "valid",
        ["import random\nrandom.seed(3)\nassert f(3) == random.random()"],
    ),
    row(
        "any right answer",
        "import random\ndef f(a): return random.choice(a)",
        "valid",
        ["assert f([1, 2, 3]) in (1, 2, 3)", "assert f(list(range(50))) < 50"],
    ),
    row("a cache that only helps", "C = {}\ndef f(x):\n    if x not in C: C[x] = x + 1\n    return C[x]", "valid"),
    row("a method", "class A:\n    @staticmethod\n    def f(x): return x + 1", "valid", ["assert A.f(1) == 2"]),
    row("its own name", "def f(x): return __name__", "valid", ["assert f(1) == 'candidate'"]),
    row(
        "inspects its source",
        "import inspect\ndef f(x): return inspect.getsource(f)",
        "valid",
        ["assert 'inspect.getsource(f)' in f(1)"],
    ),
    row("16 MiB", "def f(n): return 'a' * n", "valid", ["assert len(f(15 << 20)) == 15 << 20"]),
    row(
        "BaseException caught inside",
        "def f(x):\n    try:\n        raise SystemExit\n    except BaseException:\n        return x + 1",
        "valid",
    ),
]

MALFORMED = [
    row(
        "syntax error in a test", "def f(x): return x", "error", ["assert f(1) == 1", "assert f(1) =="], "SyntaxError"
    ),
    row("unknown name in a test", "def f(x): return x", "error", ["assert g(1) == 1"], "NameError"),
    row("unknown module in a test", "def f(x): return x", "error", ["import nothing_of_that_name\nassert f(1)"]),
    row("an argument with no encoding", "def f(x): return 1", "error", ["assert f(lambda: 0) == 1"], "argument"),
    row(
        "an argument with no encoding, swallowed",
        "def f(x): return 1",
        "error",
        ["try:\n    f(object())\nexcept BaseException: pass"],
    ),
    row("never calls", "def f(x): return x", "error", ["assert True", "assert 1 == 1"], "never call"),
    row("fails before it calls", "def f(x): return x", "error", ["assert 1 / 0 == f(1)"], "without a call"),
    row("too many calls", "def f(x): return x", "error", ["while True: f(1)"], "more than"),
    row("the test exits", "def f(x): return x", "error", ["import os\nos._exit(0)"]),
    row("the test is deeply nested", "def f(x): return x", "error", ["assert f(1) == " + "-" * 120_000 + "1"]),
    row("NUL in a test", "def f(x): return x", "error", ["assert f(1) == '\0'"]),
    row("a candidate's NameError is its own", "def f(x): return nothing", "invalid", reason="raised NameError"),
    row("a candidate's ImportError is its own", "def f(x): import nothing_of_that_name", "invalid"),
]
