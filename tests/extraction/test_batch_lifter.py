"""Batch lifting: order, metadata, mentions, the cache, progress, crashes, and the same bytes on every run."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import crashing_lifter
import pytest

from lift_sys.data_synthesis.batch_lifter import (
    BatchLifter,
    FileResult,
    lift_checkout,
    lift_path,
    local_checkout,
)
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.executors.inline import InlineExecutor
from lift_sys.executors.local import LocalExecutor
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, RejectionReason

STDLIB = Path(sysconfig.get_paths()["stdlib"])
SOURCE = '''
import os
from functools import wraps


class Shape:
    """A shape."""

    def area(self, scale: float) -> float:
        import math

        if scale and self or scale > 1:
            return [math.pi for x in range(3) if x][0]

        def inner():
            return 1

        return inner()

    @classmethod
    def unit(cls): return cls()

    @staticmethod
    def zero(): return 0

    @property
    def name(self): return os.sep

    @name.setter
    def name(self, value): pass

    class Inner:
        async def wait(self): pass


if os:
    @wraps(print)
    def shown(x):
        yield x
'''


@pytest.fixture
def project(tmp_path):
    (tmp_path / "shapes.py").write_text(SOURCE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_shapes.py").write_text(
        "from shapes import Shape, shown\n\n\ndef test_one():\n    assert list(shown(1)) == [1]\n\n\n"
        "class TestTwo:\n    def test_area(self):\n        assert Shape().area(0)\n"
    )
    return tmp_path


def by_name(results: list[FileResult]) -> dict[str, Function]:
    return {one.function.qualname: one.function for result in results for one in result.functions}


def dump(results: list[FileResult]) -> str:
    return json.dumps(
        [
            [
                result.path,
                [[f.function.to_line(), f.ir.model_dump_json() if f.ir else None] for f in result.functions],
                [rejection.to_line() for rejection in result.rejections],
            ]
            for result in results
        ]
    )


def test_metadata_of_every_function_method_and_nested_function(project):
    found = by_name(lift_path(project, InlineExecutor()))
    kinds = {name: function.kind for name, function in found.items() if function.path == "shapes.py"}
    assert kinds == {
        "Shape.area": "method",
        "Shape.area.<locals>.inner": "nested",
        "Shape.unit": "classmethod",
        "Shape.zero": "staticmethod",
        "Shape.name": "property",
        "Shape.Inner.wait": "method",
        "shown": "function",
    }
    area = found["Shape.area"]
    assert (area.complexity, area.statements, area.has_hints) == (6, 5, True)
    assert area.local_imports == ("import math",)
    assert found["Shape.Inner.wait"].is_async
    shown = found["shown"]
    assert (shown.is_generator, shown.decorators, shown.imports) == (True, ("wraps(print)",), ())
    assert shown.source == "    @wraps(print)\n    def shown(x):\n        yield x"
    assert SOURCE.split("\n")[shown.lineno - 1 : shown.end_lineno] == shown.source.split("\n")
    assert shown.module == "shapes"


def test_tests_that_mention_a_function_are_listed_with_their_lines(project):
    found = by_name(lift_path(project, InlineExecutor()))
    assert found["shown"].mentioned_in == ("tests/test_shapes.py:4",)
    assert found["Shape.area"].mentioned_in == ("tests/test_shapes.py:9",)
    assert found["Shape.zero"].mentioned_in == ()
    assert found["test_one"].obstacle.reason == RejectionReason.TEST_CODE


def test_results_come_sorted_and_progress_reaches_the_end(project):
    seen = []

    async def collect():
        lifter = BatchLifter(InlineExecutor(), on_progress=lambda *counts: seen.append(counts))
        return [result.path async for result in lifter.lift(local_checkout(project))]

    assert asyncio.run(collect()) == ["shapes.py", "tests/test_shapes.py"]
    assert seen[-1] == (2, 2, 10)
    assert [done for done, _, _ in seen] == [1, 2]


def test_the_cache_returns_the_same_and_survives_damage(project, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    checkout = local_checkout(project)
    fresh = dump(lift_checkout(checkout, InlineExecutor()))
    assert dump(lift_checkout(checkout, InlineExecutor(), cache)) == fresh
    entries = sorted(path for path in cache.rglob("*") if path.is_file())
    assert len(entries) == 2
    assert dump(lift_checkout(checkout, crashing_lifter.NoExecutor(), cache)) == fresh
    entries[0].write_bytes(entries[0].read_bytes()[:-1])
    entries[1].write_bytes(b"")
    assert dump(lift_checkout(checkout, InlineExecutor(), cache)) == fresh
    assert dump(lift_checkout(checkout, crashing_lifter.NoExecutor(), cache)) == fresh


def test_a_changed_file_is_not_read_from_the_cache(project, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    lift_checkout(local_checkout(project), InlineExecutor(), cache)
    (project / "shapes.py").write_text("def other(): return 1\n")
    results = lift_checkout(local_checkout(project), InlineExecutor(), cache)
    assert [one.function.name for one in results[0].functions] == ["other"]


def test_a_file_that_kills_its_worker_is_found_and_the_others_are_lifted(project):
    (project / "killer.py").write_text("def f(): return 1\n")
    results = lift_checkout(local_checkout(project), crashing_lifter.CrashingExecutor("killer.py"))
    rejected = [rejection for result in results for rejection in result.rejections]
    assert [(r.path, r.reason) for r in rejected] == [("killer.py", RejectionReason.WORKER_CRASHED)]
    assert len(by_name(results)) == 9


def test_records_are_what_validation_makes_of_their_json():
    folder = STDLIB / "json"
    for result in lift_path(folder, InlineExecutor()):
        for one in result.functions:
            assert Function.model_validate_json(one.function.model_dump_json()) == one.function
            assert one.ir is not None
            assert IntermediateRepresentation.model_validate_json(one.ir.model_dump_json()) == one.ir
            assert type(one.function.decorators) is tuple
            assert type(one.ir.signature.parameters) is tuple


def test_two_hash_seeds_and_two_executors_give_the_same_bytes():
    folder = STDLIB / "email"
    program = (
        "import sys, hashlib; sys.path[:0] = [sys.argv[1]]; import test_batch_lifter as t; from pathlib import Path\n"
        "if __name__ == '__main__':\n"
        "    print(hashlib.sha256(t.dump(t.lift_path(Path(sys.argv[2]), t.LocalExecutor(2))).encode()).hexdigest())"
    )
    expected = hashlib.sha256(dump(lift_path(folder, InlineExecutor())).encode()).hexdigest()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(Path(__file__).parent), str(folder)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.strip() == expected, done.stderr


def test_signatures_agree_with_inspect_on_the_standard_library():
    import textwrap
    import typing

    for module in (inspect, textwrap, typing):
        path = Path(module.__file__)
        lifted = {
            (one.function.qualname, one.function.lineno): one.ir.signature.parameters
            for result in lift_path(path, InlineExecutor())
            for one in result.functions
        }
        checked = 0
        for value in vars(module).values():
            if inspect.isfunction(value) and value.__code__.co_filename == str(path):
                parameters = inspect.signature(value, follow_wrapped=False).parameters.values()
                expected = [(p.name, p.kind.name.lower(), p.default is not p.empty) for p in parameters]
                mine = lifted[value.__code__.co_qualname, value.__code__.co_firstlineno]
                assert [(p.name, p.kind, p.default is not None) for p in mine] == expected
                checked += 1
        assert checked > 3


def test_nearly_all_of_the_standard_library_is_lifted_and_slices_compile():
    """On a part of it that is quick to read; `make bench` measures the whole."""
    files = tuple(sorted(path.name for path in STDLIB.glob("*.py")))[:60]
    checkout = local_checkout(STDLIB)
    repository = checkout.repository.model_copy(update={"kind": "stdlib"})
    results = lift_checkout(Checkout(repository, STDLIB, files, ("",)), LocalExecutor(2))
    functions = [one for result in results for one in result.functions]
    assert sum(one.ir is not None for one in functions) >= 0.95 * len(functions)
    assert all((one.function.slice is None) != (one.function.obstacle is None) for one in functions)
    sliced = [one.function for one in functions if one.function.slice is not None]
    assert len(sliced) > 100
    for function in sliced:
        compile(function.slice.code, function.path, "exec")
        assert function.slice.entry_point == function.qualname


PURE = ["textwrap.py:dedent", "statistics.py:_exact_ratio", "bisect.py:insort_right", "shlex.py:quote",
        "heapq.py:heapreplace", "fractions.py:_hash_algorithm", "difflib.py:get_close_matches",
        "keyword.py:", "calendar.py:isleap", "colorsys.py:rgb_to_hls", "copy.py:deepcopy"]  # fmt: skip


def test_slices_of_the_standard_library_load_in_a_fresh_process():
    files = tuple(sorted({name.partition(":")[0] for name in PURE}))
    checkout = local_checkout(STDLIB)
    repository = checkout.repository.model_copy(update={"kind": "stdlib"})
    results = lift_checkout(Checkout(repository, STDLIB, files, ("",)), InlineExecutor())
    slices = [one.function.slice for r in results for one in r.functions if one.function.slice is not None]
    assert len(slices) > 30
    program = (
        "import json, sys, types\nfor code, name in json.load(sys.stdin):\n"
        "    sys.modules['alone'] = module = types.ModuleType('alone')\n    space = module.__dict__\n"
        "    exec(compile(code, name, 'exec'), space)\n    assert callable(space[name.partition('.')[0]]), name\n"
    )
    text = json.dumps([[found.code, found.entry_point] for found in slices])
    done = subprocess.run([sys.executable, "-I", "-c", program], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
