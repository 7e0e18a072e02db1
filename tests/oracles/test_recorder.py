"""Recorded calls: a real project's own tests run in the box."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lift_sys.data_synthesis.oracles import ObservedCall, record
from lift_sys.data_synthesis.oracles.recorded import BARREN, CALLS, test_files
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.records import Expected, Function, Licence, Repository, Slice
from lift_sys.sandbox.guest.recorder import HYPOTHESIS_EXAMPLES

SHAPES = """
    import functools

    def area(width, height=1):
        if width < 0:
            raise ValueError("width")
        return width * height

    def grow(items, more):
        items.append(more)
        return items

    def depth(n):
        return 0 if n == 0 else 1 + depth(n - 1)

    def shown(thing):
        return repr(thing)

    counter = [0]

    def tick(step):
        counter[0] += step
        return counter[0]

    @functools.lru_cache(None)
    def square(n):
        return n * n

    class Box:
        @staticmethod
        def volume(a, b, c):
            return a * b * c
"""
TESTS = """
    import inspect
    import pytest
    from shapes import area, grow, depth, shown, tick, square, Box

    @pytest.fixture
    def wide():
        return 7

    def test_fixture(wide):
        assert area(wide, height=2) == 14

    @pytest.mark.parametrize("n", [3, 4])
    def test_parametrized(n):
        assert area(n) == n

    class TestClass:
        @classmethod
        def setup_class(cls):
            cls.side = 5

        def test_method(self):
            assert area(self.side, 5) == 25

    def test_raises():
        with pytest.raises(ValueError):
            area(-1)

    def test_mutation():
        assert grow([1], 2) == [1, 2]

    def test_recursion():
        assert depth(4) == 4

    def test_object():
        assert shown(object())

    def test_state():
        assert tick(1) < tick(1)

    def test_cached():
        assert square(3) == 9

    def test_static():
        assert Box.volume(2, 3, 4) == 24

    def test_signature_is_kept():
        assert list(inspect.signature(area).parameters) == ["width", "height"]

    def test_failing():
        assert area(100) == 1
"""
NAMES = ("area", "grow", "depth", "shown", "tick", "square", "Box.volume")


def project(root: Path, files: dict[str, str]) -> Checkout:
    folder = root / "checkout"  # temporary folders are their owner's alone, and the box has another user
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    repository = Repository(
        kind="local", name="toy", version="1", licence=Licence(spdx="MIT"), source_time="2024-01-01T00:00:00Z"
    )
    return Checkout(repository, folder, tuple(sorted(files)), ("src", ""))


def function(qualname: str, path: str = "src/shapes.py") -> Function:
    return Function(
        repository="r", path=path, module="shapes", qualname=qualname, name=qualname, kind="function",
        lineno=1, end_lineno=2, source="", slice=Slice(code="pass", entry_point=qualname),
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ObservedCall, ...]]:
    folder = tmp_path_factory.mktemp("toy")
    hang = TESTS.replace(
        "def test_failing", "def test_hang():\n        while True:\n            pass\n\n    def test_failing"
    )
    checkout = project(
        folder,
        {
            "src/shapes.py": SHAPES,
            "tests/test_shapes.py": hang,
            "tests/test_undeclared.py": "import a_package_that_is_not_there\ndef test_x(): pass\n",
            "tests/test_exits.py": "import os, shapes\nshapes.area(41)\ndef test_a(): shapes.area(42)\n"
            "def test_exit(): os._exit(0)\n",
            "hostile/conftest.py": "import os\nopen(os.path.dirname(__file__) + '/written', 'w')\n",
            "hostile/test_hostile.py": "import shapes\ndef test_a(): shapes.area(43)\n",
            "pytest.ini": "[pytest]\naddopts = --cov=shapes\n",
        },
    )
    functions = [function(name) for name in NAMES]
    found = record(checkout, functions, seconds=120)
    return {f.qualname: found.get(f.id, ()) for f in functions}


def calls(recorded: dict[str, tuple[ObservedCall, ...]], name: str) -> list[tuple[object, ...]]:
    return [(*call.args, *call.kwargs.items(), call.outcome.value) for call in recorded[name]]


def test_calls_of_fixtures_parametrized_tests_and_methods_are_recorded(recorded) -> None:  # type: ignore[no-untyped-def]
    found = calls(recorded, "area")
    assert (7, ("height", 2), 14) in found
    assert (3, 3) in found
    assert (4, 4) in found
    assert (5, 5, 25) in found
    assert all(call.oracle == "recorded" for call in recorded["area"])


def test_exceptions_are_recorded_by_class(recorded) -> None:  # type: ignore[no-untyped-def]
    assert ObservedCall((-1,), {}, Expected(raises="ValueError"), "recorded") in recorded["area"]


def test_arguments_are_those_before_the_call(recorded) -> None:  # type: ignore[no-untyped-def]
    assert calls(recorded, "grow") == [([1], 2, [1, 2])]


def test_only_the_outermost_call_of_a_recursion_is_recorded(recorded) -> None:  # type: ignore[no-untyped-def]
    assert calls(recorded, "depth") == [(4, 4)]


def test_values_that_are_not_plain_are_left_out(recorded) -> None:  # type: ignore[no-untyped-def]
    assert recorded["shown"] == ()


def test_cached_and_static_functions_are_recorded(recorded) -> None:  # type: ignore[no-untyped-def]
    assert calls(recorded, "square") == [(3, 9)]
    assert calls(recorded, "Box.volume") == [(2, 3, 4, 24)]


def test_a_failing_or_hanging_test_does_not_stop_the_others(recorded) -> None:  # type: ignore[no-untyped-def]
    assert (100, 100) in calls(recorded, "area")


def test_a_file_that_exits_keeps_what_its_ended_tests_did(recorded) -> None:  # type: ignore[no-untyped-def]
    assert (42, 42) in calls(recorded, "area")


def test_a_conftest_that_writes_to_the_project_only_fails_its_own_folder(recorded) -> None:  # type: ignore[no-untyped-def]
    assert (43, 43) not in calls(recorded, "area")


def test_the_project_folder_is_left_as_it_was(tmp_path: Path) -> None:
    checkout = project(
        tmp_path,
        {
            "src/shapes.py": SHAPES,
            "test_writes.py": "import shapes, pathlib\ndef test_a():\n    shapes.area(1)\n"
            "    pathlib.Path(__file__).with_name('written').write_text('x')\n",
        },
    )
    before = sorted(path.name for path in (tmp_path / "checkout").rglob("*"))
    found = record(checkout, [function("area")])
    assert sorted(path.name for path in (tmp_path / "checkout").rglob("*")) == before
    assert len(found) == 1


def test_recording_stops_after_enough_distinct_calls_and_is_the_same_on_every_run(tmp_path: Path) -> None:
    many = (
        "import shapes\ndef test_many():\n    for n in range(200):\n        shapes.area(n)\n        shapes.area(n)\n"
    )
    checkout = project(tmp_path, {"src/shapes.py": SHAPES, "test_many.py": many})
    first = record(checkout, [function("area")])
    assert [call.args for call in next(iter(first.values()))] == [(n,) for n in range(CALLS)]
    assert record(checkout, [function("area")]) == first


def test_a_project_without_tests_has_no_recorded_calls(tmp_path: Path) -> None:
    checkout = project(tmp_path, {"src/shapes.py": SHAPES})
    assert test_files(checkout, {"area"}) == []
    assert record(checkout, [function("area")]) == {}


def test_files_that_name_the_most_functions_come_first(tmp_path: Path) -> None:
    files = {
        "test_a.py": "import shapes\n",
        "test_b.py": "from shapes import area, depth\n",
        "deep/test_c.py": "from shapes import area\n",
        "test_d.py": "from shapes import depth\n",
    }
    order = test_files(project(tmp_path, files), {"area", "depth", "grow"})
    assert order == ["test_b.py", "test_d.py", "deep/test_c.py", "test_a.py"]


def test_files_that_add_nothing_end_the_recording(tmp_path: Path) -> None:
    barren = {f"test_{n}.py": "import missing_here\n" for n in range(BARREN)}
    last = {"test_z.py": "import shapes\ndef test_a():\n    shapes.area(4)\n"}
    source = {"src/shapes.py": SHAPES}
    assert record(project(tmp_path / "a", {**source, **barren, **last}), [function("nothing")]) == {}
    names = {name: text + "# area\n" for name, text in barren.items()}
    assert record(project(tmp_path / "b", {**source, **names, **last}), [function("area")]) == {}
    del names["test_0.py"]
    assert len(record(project(tmp_path / "c", {**source, **names, **last}), [function("area")])) == 1


def test_the_calls_of_a_test_that_takes_too_long_are_dropped(tmp_path: Path) -> None:
    tests = """
    import shapes

    def test_endless():
        shapes.area(1)
        while True:
            shapes.depth(1)

    def test_after():
        shapes.area(2)
    """
    found = record(project(tmp_path, {"src/shapes.py": SHAPES, "test_slow.py": tests}), [function("area")])
    assert [call.args for call in next(iter(found.values()))] == [(2,)]


def test_a_test_does_not_really_sleep(tmp_path: Path) -> None:
    tests = "import time, shapes\ndef test_a():\n    time.sleep(1000)\n    shapes.area(3)\n"
    found = record(project(tmp_path, {"src/shapes.py": SHAPES, "test_sleep.py": tests}), [function("area")])
    assert [call.args for call in next(iter(found.values()))] == [(3,)]


CHANCE = """
    import os, random, secrets, time, uuid
    import pytest
    from shapes import area

    class Thing:
        pass

    @pytest.mark.parametrize("value", [
        uuid.uuid4().hex, random.Random().getrandbits(64), secrets.token_hex(4), os.urandom(3).hex(), random.random(),
        time.time_ns(), time.perf_counter(), time.monotonic_ns(), time.process_time(),
    ])
    def test_one(value):
        assert area(value, 1) == value

    def test_order():
        order = {None: 0, Thing: 1, area: 2, print: 3}
        assert area("".join(str(order[thing]) for thing in set(order)))

    def test_sleep():
        before = time.monotonic()
        time.sleep(5)
        assert area(time.monotonic() - before) >= 5
"""
PROPERTY = """
import hypothesis, hypothesis.strategies as st
from lift_sys.sandbox.guest.recorder import _fewer_examples

_fewer_examples()
hypothesis.settings.register_profile("ours", derandomize=False, max_examples=99)
hypothesis.settings.load_profile("ours")

@hypothesis.given(st.integers(0, 10**9))
def test_any(number):
    print(number)

test_any()
"""


def test_chance_clocks_and_addresses_are_the_same_in_every_recording(tmp_path: Path) -> None:
    source = "def area(width, height=1):\n    return width * height\n"
    checkout = project(tmp_path, {"src/shapes.py": source, "tests/test_shapes.py": CHANCE})
    area = function("area")
    first, second = (record(checkout, [area])[area.id] for _ in range(2))
    assert first == second
    assert len(first) == 11


def test_a_property_has_the_same_few_examples_whatever_profile_its_project_loads() -> None:
    first, second = (
        subprocess.run([sys.executable, "-c", PROPERTY], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    assert 5 < first.count("\n") <= HYPOTHESIS_EXAMPLES


def test_calls_that_depend_on_more_than_the_code_are_left_out(tmp_path: Path) -> None:
    tests = """
        import os
        from shapes import area

        def test_area():
            assert area(3, 4) == 12
            assert area(os.stat("/tmp").st_ctime_ns) > 0
            area(id(area))
            area("<thing at %#x>" % id(area))
    """
    source = "def area(width, height=1):\n    return width * height\n"
    checkout = project(tmp_path, {"src/shapes.py": source, "tests/test_shapes.py": tests})
    area = function("area")
    (kept,) = record(checkout, [area])[area.id]
    assert kept.args == (3, 4)
