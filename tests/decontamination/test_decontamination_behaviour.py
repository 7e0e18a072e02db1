"""Behaviour: a function that passes a problem's tests is found however it is written, and others are not."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from decontamination_kit import EVEN, LONGEST, TOTALS, suite, task

from lift_sys import wire
from lift_sys.data_synthesis.curation.benchmarks import BenchmarkCall
from lift_sys.data_synthesis.curation.decontamination import BehaviourTask, Screen, behavioural_match, write_screen
from lift_sys.data_synthesis.curation.decontamination_behaviour import ENOUGH_BITS, balanced, match, screening
from lift_sys.data_synthesis.curation.decontamination_probes import with_probes
from lift_sys.data_synthesis.curation.decontamination_screen import evidence, read_screen, telling
from lift_sys.errors import StorageError
from lift_sys.records import Requirement
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.guest.adapting import agrees, ways


@pytest.fixture(scope="module")
def screen(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    folder = tmp_path_factory.mktemp("screen")
    return write_screen([with_probes(sandbox, suite(folder))], folder)


TOTALS_OTHERWISE = """
from itertools import accumulate
def other(start, numbers):
    return tuple(float(n) for n in accumulate(numbers, initial=start))[1:]
"""
METHOD = "    def f(self, a):\n        return not [n for n in a if n % 2]"
COPIES = [
    (TOTALS, "running_totals", "as given"),
    (EVEN, "all_even", "as given"),
    (LONGEST, "longest", "as given"),
    (TOTALS_OTHERWISE, "other", "reordered"),
    ("def f(a, b, c=None, *, d=0):\n    return [b + sum(a[: n + 1]) for n in range(len(a))]", "f", "as given"),
    ("def f(c=None, d=0, a=(), *, b=1):\n    return [b + sum(a[: n + 1]) for n in range(len(a))]", "f", "by name"),
    ("def f(*a, b):\n    return [b + sum(a[: n + 1]) for n in range(len(a))]", "f", None),
    ("def f(*numbers):\n    return not any(n & 1 for n in numbers)", "f", "spread"),
    ("def f(a, b):\n    for n in a:\n        b += n\n        yield b", "f", "as given"),
    (f"class A:\n{METHOD}", "A.f", "as given"),
    (f"class A:\n    def __init__(self, x): ...\n{METHOD}", "A.f", "as given"),
    ("class A:\n    @staticmethod\n    def f(a):\n        return not [n for n in a if n % 2]", "A.f", "as given"),
    ("def f(a):\n    return 1 if not [n for n in a if n % 2] else 0", "f", "as given"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "entry", "how"), COPIES)
def test_a_copy_is_found_however_it_is_written(
    sandbox: Sandbox, screen: Screen, code: str, entry: str, how: str | None
) -> None:
    found = match(sandbox, task(code, entry, screen))
    if how is None:
        assert found is None
    else:
        assert found is not None
        assert f"arguments {how}" in found


OTHERS = [
    "def f(a, b):\n    return a",
    "def f(a):\n    return True",
    "def f(a):\n    return len(a) < 3",
    "def f(a):\n    return a",
    "def f(a):\n    return a == [2, 4]",  # passes the tests of toy/2, and nothing near them
    "def f(a):\n    while True:\n        pass",
    "def f(a):\n    raise SystemExit",
    "def f(a):\n    import os\n    os._exit(0)",
    "def f():\n    return True",
    "def f(a, b, c):\n    return True",
    "f = 3",
    "def f(a:",
    "raise SystemExit",
    "class f:\n    def __eq__(self, other):\n        return True\n    def __init__(self, a):\n        pass",
]


@pytest.mark.parametrize("code", OTHERS)
def test_another_function_is_not_a_match(sandbox: Sandbox, screen: Screen, code: str) -> None:
    assert match(sandbox, task(code, "f", screen)) is None


def test_the_probes_turn_down_what_passes_only_the_tests(sandbox: Sandbox, screen: Screen) -> None:
    found = screening(sandbox, task("def f(a):\n    return a == [2, 4]", "f", screen))
    assert [read_screen(screen)[number].id for number, _ in found] == ["toy/2"]


def test_one_failed_test_in_ten_is_forgiven(sandbox: Sandbox, tmp_path: Path) -> None:
    benchmark = suite(tmp_path)
    calls = [BenchmarkCall(args=(n,), expected=n * n + 77) for n in range(20)]
    many = benchmark.problems[0].model_copy(update={"id": "toy/many", "calls": tuple(calls)})
    made = write_screen([benchmark.model_copy(update={"problems": (many,)})], tmp_path)
    slip = "def f(n):\n    return 0 if n in {} else n * n + 77"
    assert match(sandbox, task(slip.format("(3, 9)"), "f", made)) is not None
    assert match(sandbox, task(slip.format("(3, 9, 11)"), "f", made)) is None


def test_type_errors_on_other_members_spare_no_problem(sandbox: Sandbox, tmp_path: Path) -> None:
    """Two problems take pairs of texts, on which the function fails; the third takes pairs of numbers."""
    benchmark = suite(tmp_path)
    texts = [BenchmarkCall(args=([{"t": [a, "b"]}],), expected=a) for a in ("x", "y", "z")]
    numbers = [
        BenchmarkCall(args=([{"t": [n, 11]}, {"t": [3, n]}],), expected=[11 * n, 3 * n]) for n in range(20, 30)
    ]
    problems = [
        benchmark.problems[0].model_copy(update={"id": f"toy/{name}", "calls": tuple(calls)})
        for name, calls in (("a", texts), ("b", texts[::-1]), ("c", numbers))
    ]
    made = write_screen([benchmark.model_copy(update={"problems": tuple(problems)})], tmp_path)
    assert (match(sandbox, task("def f(p):\n    return [a * b for a, b in p]", "f", made)) or "")[:5] == "toy/c"


def test_type_errors_on_empty_arguments_spare_no_problem(sandbox: Sandbox, tmp_path: Path) -> None:
    """Two problems begin with no words, on which the function fails; the third takes words as well."""
    benchmark = suite(tmp_path)
    words = [[f"{letter}a", f"{letter}bc"] for letter in "klmnopqrst"]
    asked = [BenchmarkCall(args=(given,), expected=[given[1], 7]) for given in words]
    others = [BenchmarkCall(args=([],), expected=0), BenchmarkCall(args=(["x"],), expected=1)]
    problems = [
        benchmark.problems[0].model_copy(update={"id": f"toy/{name}", "calls": tuple(calls)})
        for name, calls in (
            ("a", others),
            ("b", [*others, BenchmarkCall(args=(["y", "z"],), expected=2)]),
            ("c", asked),
        )
    ]
    made = write_screen([benchmark.model_copy(update={"problems": tuple(problems)})], tmp_path)
    code = (
        "def f(words):\n    best = None\n    for word in words:\n        best = word, 7\n    return best[0], best[1]"
    )
    assert (match(sandbox, task(code, "f", made)) or "")[:5] == "toy/c"


def test_what_a_solution_refuses_a_copy_refuses_too(sandbox: Sandbox, tmp_path: Path) -> None:
    """The results are the argument given back, so that only what raises tells a check from any other function."""
    benchmark = suite(tmp_path)
    checked = benchmark.problems[0].model_copy(
        update={
            "id": "toy/checked",
            "calls": tuple(BenchmarkCall(args=(n,), expected=n) for n in range(5, 15)),
            "probes": tuple(BenchmarkCall(args=(n,), expected=n) for n in range(5)),
            "refused": ((-1,), (26,), (None,), ("7",)),
        }
    )
    made = write_screen([benchmark.model_copy(update={"problems": (checked,)})], tmp_path)
    check = "def f(n):\n    if {}:\n        raise LookupError\n    return n"
    assert match(sandbox, task(check.format("type(n) is not int or not 0 <= n < 26"), "f", made)) is not None
    assert match(sandbox, task(check.format("type(n) is not int or n < 0"), "f", made)) is None
    assert match(sandbox, task("def f(n):\n    return n", "f", made)) is None
    few = checked.model_copy(update={"refused": checked.refused[:2]})
    assert read_screen(write_screen([benchmark.model_copy(update={"problems": (few,)})], tmp_path)) == ()


def test_a_forged_screening_is_not_believed(sandbox: Sandbox, screen: Screen) -> None:
    """The function tells the guest program that it passes everything, by sending that answer itself."""
    code = """
import json, os
def f(a):
    answer = json.dumps({"passed": [[n, ["f", 1, [0], [], ""]] for n in range(3)]}).encode()
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, len(answer).to_bytes(4, "big") + answer)
        except OSError:
            pass
    os._exit(0)
"""
    assert match(sandbox, task(code, "f", screen)) is None


def test_one_deadly_input_hides_no_other_problem(sandbox: Sandbox, screen: Screen) -> None:
    """The process ends on what only toy/3 passes; toy/2 is found all the same."""
    code = "import os\ndef f(a, b=0):\n    if a and type(a[0]) is str:\n        os._exit(0)\n"
    assert (match(sandbox, task(code + "    return not any(n % 2 for n in a)", "f", screen)) or "")[:5] == "toy/2"


def test_the_worker_function_opens_its_own_box_and_its_task_travels(screen: Screen) -> None:
    item = pickle.loads(pickle.dumps(task(EVEN, "all_even", screen)))
    assert (behavioural_match(item) or "").startswith("toy/2 all_even: behaves the same")
    assert hash(BehaviourTask("", "f", (Requirement(name="a", version="1", filename="a.whl", sha256="0"),), screen))


def test_a_screen_is_named_by_its_content_and_refused_when_changed(
    sandbox: Sandbox, tmp_path: Path, screen: Screen
) -> None:
    benchmark = suite(tmp_path)
    first = write_screen([benchmark], tmp_path)
    assert write_screen([benchmark], tmp_path) == first
    path = Path(first.path)
    path.write_text(path.read_text() + " ")
    with pytest.raises(StorageError, match="was changed"):
        match(sandbox, task(EVEN, "all_even", first))
    path.unlink()
    read_screen.cache_clear()
    with pytest.raises(StorageError, match="can't be read"):
        match(sandbox, task(LONGEST, "longest", first))


@pytest.mark.parametrize(
    ("source", "arity", "calls"),
    [
        ("def f(a, b): ...", 2, ["f(a0, a1)", "f(a1, a0)"]),
        ("def f(a, b=1): ...", 1, ["f(a0)"]),
        ("def f(a=0, b=1): ...", 1, ["f(a0)", "f(b=a0)"]),
        ("def f(a, *, b): ...", 2, ["f(a0, b=a1)", "f(a1, b=a0)"]),
        ("def f(a, b, c): ...", 2, []),
        ("def f(a): ...", 2, []),
        ("def f(*a): ...", 2, ["f(a0, a1)"]),
        ("def f(*a): ...", 1, ["f(a0)", "f(*a0)"]),
    ],
)
def test_the_ways_to_call_a_function(source: str, arity: int, calls: list[str]) -> None:
    names: dict[str, object] = {}
    exec(source, names)
    function = names["f"]
    assert callable(function)
    made = [way.source().split("lift_plain(")[-1].rstrip(")\n") + ")" for way in ways(function, "f", arity)]
    assert made == calls


def test_four_arguments_have_twenty_four_orders() -> None:
    assert len({way.source() for way in ways(lambda a, b, c, d: None, "f", 4)}) == 24


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ((1, 2), [1, 2], True),
        ([1, (2, [3])], (1, [2, (3,)]), True),
        (1.0, 1, True),
        (1, True, True),
        (0.1 + 0.2, 0.3, True),
        (0.31, 0.3, False),
        (float("nan"), float("nan"), True),
        (10**400, 1.5, False),
        ("12", ["1", "2"], False),
        ([1, 2], [1, 2, 3], False),
        ({"b": 1, "a": (2,)}, {"a": [2], "b": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        (None, False, False),
        ("", None, False),
        ({1, 2}, {2, 1}, True),
        ([1, 2], {1, 2}, False),
    ],
)
def test_results_are_compared_as_a_benchmark_would_and_a_little_more_leniently(
    found: object, wanted: object, same: bool
) -> None:
    assert agrees(found, wanted) is same
    assert agrees(wire.decode(wire.encode(found)), wire.decode(wire.encode(wanted))) is same


def calls(*pairs: tuple[list[object], object]) -> list[BenchmarkCall]:
    return [BenchmarkCall.model_validate({"args": args, "expected": value}) for args, value in pairs]


def test_problems_whose_results_tell_nothing_are_left_out() -> None:
    assert not telling(calls(([1], 7), ([2], 7)))
    assert not telling(calls(([1], 1), ([2], 2), (["x"], "x")))
    assert telling(calls(([1], 1), ([2], 4), ([3], 9)))
    assert telling(calls(([1, 2], 2), ([5, 2], 5)))  # an argument back, but not always the same one
    one, three = {"f": (1.0).hex()}, {"f": (3.0).hex()}
    assert not telling(calls(([one], 1), ([2], 2), ([three], 3)))  # an argument back, to the eyes of `agrees`


def test_predicates_are_weak_evidence_and_long_results_are_strong() -> None:
    assert evidence(calls(([1], True), ([2], False), ([3], True), ([4], False))) == 4.0
    assert evidence(calls(([1], True), ([2], True), ([3], True))) == 0.0
    assert evidence(calls(([1], "a long text"), ([2], "another one"), ([3], "the third"))) > ENOUGH_BITS


def test_agreement_on_the_commonest_result_alone_is_no_agreement() -> None:
    tests = [("", "false")] * 8 + [("", "true")] * 2
    assert balanced([True] * 8 + [False] * 2, tests) == 0.0
    assert balanced([True] * 8 + [True, False], tests) == 0.5
