"""Slicing: what comes along, in which order, and what ends a slice. Each slice is run, alone, in a fresh process."""

from __future__ import annotations

from pathlib import Path

import pytest
from slices_kit import code_of, lifted_files, run

from lift_sys.records import Function, RejectionReason


def functions(folder: Path, files: dict[str, str]) -> dict[str, Function]:
    results = lifted_files(folder, files)
    assert [rejection for result in results for rejection in result.rejections] == []
    return {f"{r.path}:{lifted.function.qualname}": lifted.function for r in results for lifted in r.functions}


def test_helpers_constants_and_classes_come_along_in_an_order_that_runs(tmp_path):
    found = functions(tmp_path, {"a.py": """
        import math
        import os
        from collections import namedtuple

        Unused = 3
        Point = namedtuple("Point", "x y")

        def _double(x):
            return 2 * x

        TABLE = {n: _double(n) for n in range(LIMIT)} if (LIMIT := 4) else {}
        TABLE["extra"] = 9

        class Base: pass

        def f(x):
            return helper(x) + math.floor(TABLE["extra"]) + Point(1, 2).x

        class Child(Base):
            size = _double(5)

        def helper(x):
            return _double(x) + Child.size
    """})  # fmt: skip
    function = found["a.py:f"]
    code = code_of(function)
    assert run(code, "f(1)") == "22"
    assert "import math" in code
    assert "import os" not in code
    assert "Unused" not in code
    assert set(function.slice.includes) == {"Point", "_double", "TABLE", "LIMIT", "Base", "Child", "helper"}
    assert function.source in code


def test_names_are_followed_through_the_modules_of_a_package(tmp_path):
    found = functions(tmp_path, {
        "pkg/__init__.py": "from .tools import shout as yell, VERSION\n",
        "pkg/tools.py": "from pkg.deep import base\nVERSION = 7\ndef shout(x):\n    return base.up(x) + '!!'\n",
        "pkg/deep/__init__.py": "",
        "pkg/deep/base.py": "N = 2\ndef up(x):\n    return x.upper()\n",
        "pkg/stars.py": "from .tools import *\n",
        "pkg/main.py": """
            from pkg import yell
            from . import tools, stars
            from .stars import VERSION as V
            import pkg.deep.base as b

            def f(x):
                return yell(x) + str(tools.VERSION + V) + str(b.N)
        """,
    })  # fmt: skip
    code = code_of(found["pkg/main.py:f"])
    assert run(code, "f('a')") == "A!!142"
    assert "pkg" not in code


def test_imports_inside_functions_are_resolved(tmp_path):
    found = functions(tmp_path, {
        "pkg/__init__.py": "",
        "pkg/tools.py": "def one():\n    return 1\ndef two():\n    return 2\n",
        "pkg/main.py": '''
            def f(x):
                """Says
                from .tools import one
                """
                from math import floor
                from .tools import (
                    one,
                    two as zwei,
                )
                if x:
                    from . import tools
                return floor(x) + one() + zwei() + tools.two()

            def g(x):
                from .tools import one
                one = x
                return one
        ''',
    })  # fmt: skip
    function = found["pkg/main.py:f"]
    code = code_of(function)
    assert run(code, "f(1.5)") == "6"
    assert 'from .tools import one\n    """' in code
    assert found["pkg/main.py:g"].obstacle.reason == RejectionReason.UNRESOLVED_NAME
    assert "from .tools import (" in function.source


def test_fallbacks_of_imports_are_chosen_by_what_is_there(tmp_path):
    found = functions(tmp_path, {"a.py": """
        import sys
        try:
            import numpy as np
        except ImportError:
            np = None

            def fast(x):
                return 'slow'
        else:
            from numpy import fast

        try:
            from json import dumps
        except ImportError:
            from simplejson import dumps

        if sys.version_info >= (3, 8):
            from math import prod
        else:
            def prod(xs): return backport(xs)

        if sys.version_info[0] == 2:
            text = unicode
        elif sys.version_info < (3, 13):
            text = str
        else:
            text = str

        def f(x):
            return dumps([np, prod(x), fast(x), text(1)])
    """})  # fmt: skip
    code = code_of(found["a.py:f"])
    assert run(code, "f([2, 3])") == '[null, 6, "slow", "1"]'
    assert "simplejson" not in code
    assert "numpy" not in code


def test_hints_never_stop_a_slice(tmp_path):
    found = functions(tmp_path, {"a.py": """
        from typing import TYPE_CHECKING, Optional
        if TYPE_CHECKING:
            from numpy import ndarray
        import pandas as pd

        def f(x: "ndarray", y: pd.Frame = None, z: Optional[int] = None) -> ndarray:
            total: pd.Series = x
            return total

        def g(x: Optional[int]) -> int:
            return x
    """})  # fmt: skip
    code = code_of(found["a.py:f"])
    assert code.startswith("from __future__ import annotations\n")
    assert run(code, "f(3)") == "3"
    assert code_of(found["a.py:g"]).startswith("from typing import Optional\n")


def test_text_is_kept_as_written_and_moved_to_the_margin(tmp_path):
    found = functions(tmp_path, {"a.py": '''
        import sys

        if sys.version_info >= (3,):
            def text(x):
                """Two
              lines."""
                return x + """
        end"""
        x = 1; y = 2  # both

        def   odd ( x,y = y ) :  # kept
            return   text(x)+ f"{y!r:>4}"
    '''})  # fmt: skip
    code = code_of(found["a.py:odd"])
    assert 'def   odd ( x,y = y ) :  # kept\n    return   text(x)+ f"{y!r:>4}"' in code
    assert run(code, "odd('a')") == "a\nend   2"
    assert "x = 1" not in code


def test_decorators_and_recursion(tmp_path):
    found = functions(tmp_path, {"a.py": """
        import functools
        from functools import wraps

        def twice(function):
            @wraps(function)
            def inner(*args):
                return 2 * function(*args)
            return inner

        @twice
        @functools.lru_cache(maxsize=None)
        def fib(n):
            return n if n < 2 else fib(n - 1) + even(n - 2)

        def even(n):
            return fib(n)
    """})  # fmt: skip
    function = found["a.py:fib"]
    assert function.source.startswith("@twice\n")
    assert run(code_of(function), "fib(3)") == "12"
    assert run(code_of(found["a.py:even"]), "even(3)") == "12"


OBSTACLES = {
    "method": ("class A:\n    class B:\n        def f(self): return 1", "A.B.f", RejectionReason.METHOD),
    "nested": ("def g():\n    def f(): return 1\n    return f", "g.<locals>.f", RejectionReason.NESTED),
    "async": ("async def f(): return 1", "f", RejectionReason.ASYNC),
    "generator": ("from contextlib import contextmanager\n@contextmanager\ndef f(): yield 1", "f",
                  RejectionReason.GENERATOR),
    "trivial": ("def f():\n    'doc'\n    raise NotImplementedError('later')", "f", RejectionReason.TRIVIAL),
    "third_party": ("import numpy\ndef f(x): return numpy.sum(x)", "f", RejectionReason.THIRD_PARTY_IMPORT),
    "third_party_inside": ("def f(x):\n    import numpy\n    return x", "f", RejectionReason.THIRD_PARTY_IMPORT),
    "third_party_decorator": ("import click\n@click.command()\ndef f(x): return x", "f",
                              RejectionReason.THIRD_PARTY_IMPORT),
    "unresolved": ("def f(x): return nowhere(x)", "f", RejectionReason.UNRESOLVED_NAME),
    "unresolved_in_helper": ("def f(x): return g(x)\ndef g(x): return nowhere", "f", RejectionReason.UNRESOLVED_NAME),
    "star": ("from numpy import *\ndef f(x): return zeros(x)", "f", RejectionReason.STAR_IMPORT),
    "exec": ("def f(x): exec(x)", "f", RejectionReason.DYNAMIC_CODE),
    "globals": ("def f(x): return globals()[x]", "f", RejectionReason.DYNAMIC_CODE),
    "opens": ("def f(x): return open(x).read()", "f", RejectionReason.EFFECT),
    "helper_opens": ("def f(x): return g(x)\ndef g(x): return open(x)", "f", RejectionReason.EFFECT),
    "local_import_opens": ("def f(x):\n    import os\n    return os.listdir(x)", "f", RejectionReason.EFFECT),
    "constant_by_io": ("A = open('/etc/hostname').read()\ndef f(x): return A", "f", RejectionReason.EFFECT),
    "clock": ("import time\ndef f(x): return time.time()", "f", RejectionReason.EFFECT),
    "random": ("from random import choice\ndef f(x): return choice(x)", "f", RejectionReason.EFFECT),
    "input": ("def f(x): return input(x)", "f", RejectionReason.EFFECT),
    "test_name": ("def test_f(x): assert x", "test_f", RejectionReason.TEST_CODE),
    "redefined": ("def f(x): return 1\ndef f(x): return 2", "f", RejectionReason.UNRESOLVED_NAME),
    "too_large": ("A = [\n" + "1,\n" * 700 + "]\ndef f(x): return A", "f", RejectionReason.SLICE_TOO_LARGE),
    "file": ("def f(x): return __file__", "f", RejectionReason.UNRESOLVED_NAME),
}  # fmt: skip


@pytest.mark.parametrize("case", OBSTACLES)
def test_what_ends_a_slice_has_its_reason(tmp_path, case):
    text, qualname, reason = OBSTACLES[case]
    (result,) = lifted_files(tmp_path, {"a.py": text})
    lifted = next(one for one in result.functions if one.function.qualname == qualname)
    assert lifted.ir is not None
    assert lifted.function.slice is None
    assert lifted.function.obstacle.reason == reason


def test_two_helpers_of_one_name_are_an_obstacle(tmp_path):
    found = functions(tmp_path, {
        "p/__init__.py": "",
        "p/a.py": "from .b import g\ndef h(): return 1\ndef f(): return h() + g()\n",
        "p/b.py": "def h(): return 2\ndef g(): return h()\n",
    })  # fmt: skip
    obstacle = found["p/a.py:f"].obstacle
    assert obstacle.reason == RejectionReason.UNRESOLVED_NAME
    assert obstacle.detail == "h means two things: p.b.h and p.a.h"
    assert found["p/b.py:g"].slice is not None


def test_modules_that_import_one_another_slice_where_an_order_exists(tmp_path):
    found = functions(tmp_path, {
        "p/__init__.py": "",
        "p/a.py": "from .b import g\nN = 2\ndef f(x): return g(x)\n",
        "p/b.py": "from .a import N\ndef g(x): return x * N\n",
        "p/c.py": "from .d import X\nY = 1\nZ = X + 1\ndef f(): return Z\n",
        "p/d.py": "from .c import Y\nX = Y + 1\n",
    })  # fmt: skip
    assert run(code_of(found["p/a.py:f"]), "f(3)") == "6"
    assert found["p/c.py:f"].obstacle.detail.endswith("before it is defined")


def test_a_project_module_named_like_the_standard_librarys_is_the_projects_own(tmp_path):
    found = functions(tmp_path, {
        "p/__init__.py": "",
        "p/types.py": "def kind(x): return 'mine'\n",
        "p/a.py": "from .types import kind\nfrom types import MappingProxyType\n"
        "def f(x): return kind(x), MappingProxyType\n",
    })  # fmt: skip
    code = code_of(found["p/a.py:f"])
    assert run(code, "f(1)[0]") == "mine"
    assert "from types import MappingProxyType" in code
