"""What honest pure-Python code needs still works inside."""

from __future__ import annotations

import pytest
from boxed import ask

from lift_sys.sandbox.api import Sandbox

PROGRAMS = {
    "threads": ("import threading; t = threading.Thread(target=lambda: out.append(1)); t.start(); t.join()", [1]),
    "forty threads at once": (
        "import threading; b = threading.Barrier(41)\n"
        "ts = [threading.Thread(target=b.wait) for _ in range(40)]\n"
        "[t.start() for t in ts]; b.wait(); [t.join() for t in ts]; out.append(len(ts))",
        [40],
    ),
    "thread pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as p: out += p.map(abs, [-1, 2])",
        [1, 2],
    ),
    "fork and wait": (
        "import os; pid = os.fork()\nif not pid: os._exit(7)\nout.append(os.waitstatus_to_exitcode(os.wait()[1]))",
        [7],
    ),
    "process pool": (
        "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p: out += p.map(abs, [-3, 4])",
        [3, 4],
    ),
    "pipes": ("import os; r, w = os.pipe(); os.write(w, b'x'); out.append(os.read(r, 1))", [b"x"]),
    "asyncio": (
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.001)\n    return 5\nout.append(asyncio.run(f()))",
        [5],
    ),
    "asyncio threads": (
        "import asyncio\nasync def f(): return await asyncio.to_thread(abs, -2)\nout.append(asyncio.run(f()))",
        [2],
    ),
    "selectors": (
        "import selectors, socket\na, b = socket.socketpair(); s = selectors.DefaultSelector()\n"
        "s.register(a, 1); b.send(b'x'); out.append(len(s.select(5)))",
        [1],
    ),
    "temporary files": (
        "import tempfile, shutil, os\nd = tempfile.mkdtemp(); open(d + '/a', 'w').write('x')\n"
        "shutil.copytree(d, d + '2'); out += os.listdir(d + '2'); shutil.rmtree(d)",
        ["a"],
    ),
    "sqlite": (
        "import sqlite3; c = sqlite3.connect('/tmp/x.db'); c.execute('create table t(a)'); c.commit()\n"
        "out.append(c.execute('select count(*) from t').fetchone()[0])",
        [0],
    ),
    "alarm": (
        "import signal; signal.signal(signal.SIGALRM, lambda *_: out.append(1)); signal.setitimer(0, 0.01)\n"
        "signal.pause()",
        [1],
    ),
    "hashlib": ("import hashlib; out.append(hashlib.md5(b'').hexdigest()[:4])", ["d41d"]),
    "compression": ("import zlib, bz2, lzma; out.append(lzma.decompress(lzma.compress(b'x')))", [b"x"]),
    "deep recursion": (
        "import sys; sys.setrecursionlimit(20000)\ndef f(n): return n and 1 + f(n - 1)\nout.append(f(15000))",
        [15000],
    ),
    "recursion error": (
        "def f(): f()\ntry: f()\nexcept RecursionError: out.append(1)",
        [1],
    ),
    "time": ("import time, datetime; time.sleep(0); out.append(datetime.datetime.now().year > 2000)", [True]),
    "end of input": ("try: input()\nexcept EOFError: out.append(1)", [1]),
    "printing": ("print('x' * 10_000_000); out.append(1)", [1]),
    "four hundred megabytes": ("b = b'x' * (400 << 20); out.append(len(b) >> 20)", [400]),
    "mmap": ("import mmap; m = mmap.mmap(-1, 4096); m[0] = 7; out.append(m[0])", [7]),
    "home": ("import pathlib, os; out.append(str(pathlib.Path.home()))", ["/tmp"]),
    "weakrefs at collection": ("import gc; gc.collect(); out.append(gc.isenabled())", [True]),
    "threads that fork": (
        "import threading, os\ndef f():\n    pid = os.fork()\n    if not pid: os._exit(3)\n"
        "    out.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "t = threading.Thread(target=f); t.start(); t.join()",
        [3],
    ),
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_honest_code_runs(box: Sandbox, name: str) -> None:
    source, expected = PROGRAMS[name]
    assert ask(box, f"out = []\n{source}\nreply(out)") == expected
