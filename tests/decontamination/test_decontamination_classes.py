"""Classes of a suite: found by what their methods do together, whatever they are called, and others are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from decontamination_kit import CANARY, task

from lift_sys.data_synthesis.curation.benchmarks import Benchmark, load_suite, suite_lines
from lift_sys.data_synthesis.curation.decontamination import Screen, StaticDecontamination, write_screen
from lift_sys.data_synthesis.curation.decontamination_behaviour import match
from lift_sys.data_synthesis.curation.decontamination_classes import Search, evidence, read_scripts
from lift_sys.data_synthesis.curation.decontamination_probes import with_probes
from lift_sys.data_synthesis.curation.decontamination_screen import read_screen
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.guest.adapting import Way

PURSE = """class Purse:
    def __init__(self, coins):
        if coins < 0:
            raise ValueError("nobody has less than nothing")
        self.coins = coins

    def add(self, coins):
        self.coins += coins
        return self.coins

    def take(self, coins, fee):
        if coins + fee > self.coins:
            raise ValueError("there is not so much")
        self.coins -= coins + fee
        return 2 * fee + self.coins

    def kind(self):
        return "purse"
"""
HARNESS = """def lift_call(arguments, steps):
    subject = Purse(*arguments)
    seen = []
    for method, given in steps:
        try:
            seen.append(getattr(subject, method)(*given))
        except Exception as error:
            seen.append(("raised", type(error).__name__))
    return seen
"""
SCRIPTS: list[tuple[int, list[tuple[Any, ...]]]] = [
    (5, [("add", 3), ("take", 2, 1), ("kind",), ("take", 9, 4), ("add", 40)]),
    (0, [("take", 1, 0), ("add", 7), ("add", 1), ("take", 3, 2)]),
    (30, [("take", 10, 5), ("take", 10, 4), ("kind",), ("add", 2)]),
    (12, [("kind",), ("add", 5), ("take", 6, 1), ("take", 12, 0)]),
    (8, [("take", 4, 3), ("add", 6), ("take", 1, 1), ("add", 9), ("kind",)]),
    (100, [("add", 11), ("add", 13), ("take", 50, 25), ("take", 2, 9)]),
]
TILL = """class Till:
    def __init__(self, label=None, *, amount):
        assert amount >= 0
        self.entries = [amount]

    def title(self):
        return "purse"

    def draw(self, cost, amount, strict=True):
        if cost + amount > sum(self.entries):
            raise ValueError(amount)
        self.entries += [-cost, -amount]
        return cost + cost + sum(self.entries)

    def put(self, amount):
        self.entries.append(amount)
        return sum(self.entries)
"""
WITHOUT_DRAW = TILL[: TILL.index("    def draw")] + TILL[TILL.index("    def put") :]
ONLY_TITLE = TILL[: TILL.index("    def draw")]


def class_suite(folder: Path) -> Benchmark:
    names: dict[str, Any] = {}
    exec(PURSE + HARNESS, names)
    calls = []
    for coins, steps in SCRIPTS:
        seen = names["lift_call"]((coins,), [(name, args) for name, *args in steps])
        expected = [{"t": list(value)} if isinstance(value, tuple) else value for value in seen]
        given = [{"t": [name, {"t": args}]} for name, *args in steps]
        calls.append({"args": [{"t": [coins]}, given], "expected": expected})
    problem = {
        "id": "toy/purse", "entry_point": "Purse", "prompt": "Write a purse that counts coins.", "solution": PURSE,
        "harness": HARNESS, "calls": calls, "refused": [[{"t": [-1]}, []], [{"t": [-8]}, []]],
    }  # fmt: skip
    path = folder / "classes.jsonl"
    path.write_text(json.dumps({"suite": "classes", "canary": CANARY}) + "\n" + json.dumps(problem) + "\n")
    return load_suite(path)


@pytest.fixture(scope="module")
def screen(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    folder = tmp_path_factory.mktemp("screen")
    return write_screen([with_probes(sandbox, class_suite(folder))], folder)


@pytest.mark.parametrize("entry", ["Purse.add", "Purse.take", "Purse.kind"])
def test_a_class_is_found_as_it_is(sandbox: Sandbox, screen: Screen, entry: str) -> None:
    assert (match(sandbox, task(PURSE, entry, screen)) or "").startswith("toy/purse Purse: behaves the same")


@pytest.mark.parametrize("entry", ["Till.put", "Till.draw", "Till.title"])
def test_a_class_is_found_with_other_names_orders_and_code(sandbox: Sandbox, screen: Screen, entry: str) -> None:
    assert "6 of 6 tests" in (match(sandbox, task(TILL, entry, screen)) or "")


def test_a_method_is_found_with_as_much_of_its_class_as_it_needs(sandbox: Sandbox, screen: Screen) -> None:
    assert match(sandbox, task(WITHOUT_DRAW, "Till.put", screen)) is not None


def test_a_method_that_always_gives_the_same_is_no_evidence(sandbox: Sandbox, screen: Screen) -> None:
    assert match(sandbox, task(ONLY_TITLE, "Till.title", screen)) is None


def test_a_function_may_use_such_a_class_but_not_hold_it_whole(sandbox: Sandbox, screen: Screen) -> None:
    use = "\ndef f(a):\n    return Till(amount=a).put(1)\n"
    assert match(sandbox, task(WITHOUT_DRAW + use, "f", screen)) is None
    assert match(sandbox, task(TILL + use, "f", screen)) is not None


def test_a_base_class_in_the_code_counts(sandbox: Sandbox, screen: Screen) -> None:
    code = TILL + "\nclass Box(Till):\n    def shut(self):\n        return 0\n"
    assert match(sandbox, task(code, "Box.shut", screen)) is not None


EQUAL = "\n\nclass Same:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
"""In the box it passes for every result; the host compares what comes out of it."""
OTHERS = [
    (TILL.replace("cost + cost", "cost"), "Till.draw"),
    (TILL.replace("ValueError", "KeyError"), "Till.draw"),
    (TILL.replace("return sum(self.entries)", "return Same()") + EQUAL, "Till.put"),
    (TILL.replace("        assert amount >= 0\n", ""), "Till.put"),
    (PURSE.replace("self.coins += coins", "while True: pass"), "Purse.kind"),
    (PURSE.replace("self.coins += coins", "import os; os._exit(0)"), "Purse.kind"),
    (PURSE.replace("self.coins = coins", "raise SystemExit"), "Purse.kind"),
    (PURSE.replace("__init__(self, coins)", "__init__(self, coins, coins)"), "Purse.take"),
    (PURSE.replace("class Purse", "class Purse(Purse)"), "Purse.take"),
    (PURSE, "Purse.missing.take"),
    (PURSE, "Purse.__init__.x"),
]


@pytest.mark.parametrize(("code", "entry"), OTHERS)
def test_another_class_is_not_a_match(sandbox: Sandbox, screen: Screen, code: str, entry: str) -> None:
    assert match(sandbox, task(code, entry, screen)) is None


def test_a_claim_of_the_box_that_makes_no_sense_is_dropped(screen: Screen) -> None:
    (problem,) = read_screen(screen)
    one, two = Way("", 1, (0,)), Way("", 2, (1, 0))
    search = Search(problem, "Till", one, {"add": [("put", one), None], "take": [("draw", two), None]}, "put")
    assert search.cast({"add": 0, "take": 0}) is not None
    for claim in (2, -1, True, "0", None):
        assert search.cast({"add": 0, "take": claim}) is None
    assert search.cast({"add": 0, "lend": 0}) is None


def test_results_that_a_method_seldom_gives_are_worth_most(screen: Screen) -> None:
    (problem,) = read_screen(screen)
    scripts = read_scripts(problem.tests)
    assert len(scripts) == len(SCRIPTS)
    assert evidence(scripts) > 32
    kinds = [step for script in scripts for step in script.steps if step[0] == "kind"]
    assert evidence([type(scripts[0])((), tuple(kinds))]) == 0


def test_what_an_object_was_made_with_is_no_evidence_when_it_comes_back() -> None:
    scripts = read_scripts(
        tuple((json.dumps({"t": [{"t": [n]}, [{"t": ["get", {"t": []}]}]]}), f"[{n}]") for n in range(9))
    )
    assert len(scripts) == 9
    assert evidence(scripts) == 0


def test_a_copy_of_the_text_needs_no_harness(tmp_path: Path) -> None:
    step = StaticDecontamination([class_suite(tmp_path)])
    assert (step.match_code(PURSE, "Purse.add") or "").startswith("toy/purse Purse: same")


def test_a_class_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    found = class_suite(tmp_path)
    (tmp_path / "again.jsonl").write_text("".join(suite_lines(found)))
    assert load_suite(tmp_path / "again.jsonl") == found
