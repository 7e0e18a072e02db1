"""Packages in boxes: importable, read-only, in locked-down processes only, and with no state between calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wheel_kit import fetch, make_wheel

from lift_sys import wire
from lift_sys.data_synthesis.boxes import Boxes, equipped
from lift_sys.errors import CandidateDied, CandidateLoadFailed, CandidateTimeout, RequirementMissing
from lift_sys.records import Expected, Requirement, TestCase
from lift_sys.sandbox.api import Limits, Sandbox
from lift_sys.sandbox.candidate import Call, Regime, run_calls
from lift_sys.testing.mutants import run_mutants

COUNTER = "import counter\n\ndef f(n):\n    counter.SEEN.append(n)\n    return len(counter.SEEN)\n"
Opened = Callable[..., Sandbox]


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Boxes]:
    with Boxes(tmp_path / "cache" / "wheels") as opened:
        yield opened


@pytest.fixture
def box(boxes: Boxes, tmp_path: Path) -> Opened:
    """Opens a box in which a package with those files can be imported."""

    def opened(name: str, files: dict[str, str | bytes], hash_seed: int = 0) -> Sandbox:
        return boxes.get(hash_seed, (pinned(tmp_path, name, files),))

    return opened


def pinned(tmp_path: Path, name: str, files: dict[str, str | bytes]) -> Requirement:
    requirement = make_wheel(tmp_path / "index", name, files)
    fetch(tmp_path / "cache", tmp_path / "index", requirement)
    return requirement


def results(sandbox: Sandbox, code: str, *arguments: object, regime: Regime = "one_process") -> list[object]:
    calls = [Call(wire.encode((argument,))) for argument in arguments]
    outcomes = run_calls(sandbox, code, "f", calls, regime=regime)
    return [wire.decode(outcome.value) if outcome.value is not None else outcome.raises for outcome in outcomes]


def test_a_package_can_be_imported_from_a_path_that_says_nothing_of_the_host(box: Opened) -> None:
    sandbox = box("pack", {"pack/__init__.py": "from pack.inner import X\n", "pack/inner.py": "X = 7\n"})
    code = "import pack\n\ndef f(n):\n    return [pack.X + n, pack.__file__]\n"
    assert results(sandbox, code, 1) == [[8, "/wheels/pack-1.0/pack/__init__.py"]]


def test_state_in_a_package_lasts_in_one_process_and_not_in_fresh_ones(box: Opened) -> None:
    sandbox = box("counter", {"counter.py": "SEEN = []\n"})
    assert results(sandbox, COUNTER, 1, 2, 3) == [1, 2, 3]
    assert results(sandbox, COUNTER, 1, 2, 3, regime="fresh_process") == [1, 1, 1]


def test_a_call_that_ends_its_fork_ends_the_candidate(box: Opened) -> None:
    sandbox = box("counter", {"counter.py": "SEEN = []\n"})
    code = "import counter, os\n\ndef f(n):\n    os._exit(n)\n"
    with pytest.raises(CandidateDied):
        results(sandbox, code, 0, 1, regime="fresh_process")
    assert results(sandbox, COUNTER, 1, regime="fresh_process") == [1]


def test_a_call_that_forks_answers_once(box: Opened) -> None:
    sandbox = box("counter", {"counter.py": "SEEN = []\n"})
    code = "import counter, os\n\ndef f(n):\n    os.fork()\n    return n\n"
    assert results(sandbox, code, 1, 2, regime="fresh_process") == [1, 2]


def test_a_package_can_write_nowhere_near_itself(box: Opened) -> None:
    text = "def f(n):\n    open('/wheels/pack-1.0/pack.py', 'a').write('X = 1')\n"
    sandbox = box("pack", {"pack.py": text})
    assert results(sandbox, "from pack import f\n", 1) == ["OSError"]


def test_a_module_that_sleeps_at_import_is_stopped(box: Opened) -> None:
    sandbox = box("slow", {"slow.py": "import time\ntime.sleep(600)\n"})
    call = [Call(wire.encode((1,)))]
    with pytest.raises(CandidateTimeout):
        run_calls(sandbox, "import slow\ndef f(n):\n    return n\n", "f", call, regime="one_process",
                  limits=Limits(call_seconds=0.5))  # fmt: skip
    assert results(sandbox, "def f(n):\n    return n\n", 3) == [3]


def test_a_module_that_forks_at_import_answers_no_question_twice(box: Opened) -> None:
    sandbox = box("forker", {"forker.py": "import os\nos.fork()\n"})
    code = "import forker\n\ndef f(n):\n    return n\n"
    for regime in ("one_process", "fresh_process"):
        assert results(sandbox, code, 1, 2, regime=regime) == [1, 2]


def test_a_module_that_bombs_at_import_takes_nothing_else_down(box: Opened) -> None:
    sandbox = box("bomb", {"bomb.py": "import os\nwhile True:\n    os.fork()\n"})
    call = [Call(wire.encode((1,)))]
    with pytest.raises((CandidateDied, CandidateTimeout)):
        run_calls(sandbox, "import bomb\ndef f(n):\n    return n\n", "f", call, regime="one_process",
                  limits=Limits(call_seconds=1.0, tasks=16))  # fmt: skip
    assert results(sandbox, "def f(n):\n    return n\n", 3) == [3]


def test_the_standard_library_comes_before_any_package(box: Opened) -> None:
    files = {"pack.py": "X = 1\n", "json.py": "X = 'hidden'\n", "statistics/__init__.py": "X = 'hidden'\n"}
    sandbox = box("pack", files)
    code = "import json, statistics\n\ndef f(n):\n    return [hasattr(m, 'X') for m in (json, statistics)]\n"
    assert results(sandbox, code, 1) == [[False, False]]


def test_nothing_of_a_package_runs_unless_it_is_imported(box: Opened) -> None:
    files = {
        "pack.py": "X = 1\n",
        "evil.pth": "import pack; pack.X = 2\n",
        "sitecustomize.py": "import pack; pack.X = 3\n",
        "pack-1.0.dist-info/entry_points.txt": "[pytest11]\nevil = pack\n",
    }
    sandbox = box("pack", files)
    code = "import sys\n\ndef f(n):\n    import pack\n    return [pack.X, 'sitecustomize' in sys.modules]\n"
    assert results(sandbox, code, 1) == [[1, False]]


def test_a_dependency_that_is_not_locked_is_an_import_error(box: Opened) -> None:
    sandbox = box("pack", {"pack.py": "import somewhere_else\n"})
    with pytest.raises(CandidateLoadFailed, match="somewhere_else"):
        results(sandbox, "import pack\ndef f(n):\n    return n\n", 1)


def test_a_box_without_that_wheel_can_not_import_it(boxes: Boxes, tmp_path: Path) -> None:
    first = pinned(tmp_path, "first", {"first.py": "X = 1\n"})
    pinned(tmp_path, "second", {"second.py": "X = 1\n"})
    with pytest.raises(CandidateLoadFailed, match="second"):
        results(boxes.get(0, (first,)), "import second\ndef f(n):\n    return n\n", 1)
    with pytest.raises(CandidateLoadFailed, match="first"):
        results(boxes[0], "import first\ndef f(n):\n    return n\n", 1)


def test_byte_code_is_made_once_and_says_what_the_source_says(boxes: Boxes, tmp_path: Path) -> None:
    requirement = pinned(tmp_path, "pack", {"pack.py": "X = 41\n", "broken.py": "def (:\n"})
    code = "import pack\n\ndef f(n):\n    return [pack.X + n, pack.__cached__, pack.__spec__.has_location]\n"
    cached = f"/wheels/pack-1.0/__pycache__/pack.{__import__('sys').implementation.cache_tag}.pyc"
    assert results(boxes.get(0, (requirement,)), code, 1) == [[42, cached, True]]
    compiled = tmp_path / "cache" / "wheels" / requirement.sha256 / "tree" / cached.removeprefix("/wheels/pack-1.0/")
    stamp = compiled.stat().st_mtime_ns
    with Boxes(tmp_path / "cache" / "wheels") as others:
        others.get(1, (requirement,))
    assert compiled.stat().st_mtime_ns == stamp
    assert not compiled.with_name(compiled.name.replace("pack", "broken")).exists()


def test_hash_seeds_hold_beside_packages(boxes: Boxes, tmp_path: Path) -> None:
    requirement = pinned(tmp_path, "pack", {"pack.py": "NAMES = {'a', 'b', 'c', 'd', 'e', 'f'}\n"})
    code = "import pack\n\ndef f(n):\n    return list(pack.NAMES)\n"
    seen = [results(boxes.bound((requirement,))[seed], code, 0) for seed in (0, 1, 0)]
    assert seen[0] == seen[2] != seen[1]


def test_a_wheel_that_is_not_in_the_cache_is_told_by_name(tmp_path: Path) -> None:
    requirement = make_wheel(tmp_path / "index", "pack", {"pack.py": ""})
    with Boxes(tmp_path / "wheels") as empty, pytest.raises(RequirementMissing, match=r"pack-1\.0"):
        empty.get(0, (requirement,))
    with Boxes() as unknown, pytest.raises(RequirementMissing, match="no folder of wheels"):
        unknown.get(0, (requirement,))


def test_the_box_that_was_not_used_for_longest_is_closed_first(tmp_path: Path) -> None:
    made = [pinned(tmp_path, name, {f"{name}.py": "X = 1\n"}) for name in ("one", "two")]
    with Boxes(tmp_path / "cache" / "wheels", most_equipped=1) as few:
        first = few.get(0, (made[0],))
        assert few.get(0, (made[0],)) is first
        few.get(0, (made[1],))
        assert few.get(0, (made[0],)) is not first
        assert results(few.get(0, (made[0],)), "import one\ndef f(n):\n    return one.X\n", 1) == [1]


def test_no_requirements_means_a_plain_box(boxes: Boxes) -> None:
    assert boxes.get(0) is boxes[0]
    assert boxes.bound(()) is boxes
    assert equipped(None, ()).python_path == ()


def test_a_mutant_that_spoils_a_package_spoils_no_other_mutant(boxes: Boxes, tmp_path: Path) -> None:
    requirement = pinned(tmp_path, "store", {"store.py": "LIMITS = [10]\n"})
    code = "import store\n\ndef f(n):\n    if n == 99:\n        store.LIMITS[0] = 0\n    return store.LIMITS[0] + n\n"
    tests = [TestCase(args=(n,), expected=Expected(value=10 + n), oracle="generated") for n in (1, 3, 7, 10, 12, 40)]
    matrix = run_mutants(boxes.bound((requirement,))[0], code, "f", tests, limit=40)
    evidence = matrix.evidence(range(len(tests)))
    spoilers = [m for m in evidence.mutants if m.line == 4 and m.killed_by is not None]
    harmless = [m for m in evidence.mutants if m.line in (4, 5) and m.killed_by is None]
    assert spoilers, "a mutant that runs the assignment must be among them"
    assert len(harmless) >= 2
