"""Methods: their objects are made of plain values, by the explorer or as a project's own tests made them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lift_sys import wire
from lift_sys.data_synthesis.oracles import Exploration, ObservedCall, explore, record
from lift_sys.data_synthesis.projections import received
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.records import Expected, Function, Licence, Repository, Slice, wire_text
from lift_sys.sandbox.api import Sandbox

PURSE = """
    class Purse:
        def __init__(self, owner: str, coins: int = 0):
            if coins < 0:
                raise ValueError("debt")
            self.owner = owner
            self.coins = coins

        def worth(self, rate: int) -> int:
            if rate > 40:
                return 0
            return self.coins * rate

        def add(self, more: int) -> None:
            self.coins += more

        def doubled(self):
            return Purse(self.owner, self.coins * 2)

        @property
        def label(self):
            return f"{self.owner}: {self.coins}"

        def __secret(self, n: int):
            return n + self.coins

        def each(self):
            for n in range(min(self.coins, 5)):
                yield n
"""


def method(name: str, kind: str = "method", code: str = PURSE) -> Function:
    code = textwrap.dedent(code).strip() + "\n"
    return Function(
        repository="r", path="src/purse.py", module="purse", qualname=name, name=name.rpartition(".")[2], kind=kind,
        lineno=1, end_lineno=2, source="", slice=Slice(code=code, entry_point=name),
    )  # fmt: skip


def values(found: Exploration) -> list[object]:
    outcomes = [call.outcome.value for call in found.calls if call.outcome.raises is None]
    return [wire.decode(wire_text(value)) for value in outcomes]


@pytest.mark.parametrize(
    ("name", "kind", "projection"),
    [
        ("Purse.worth", "method", "method"),
        ("Purse.label", "property", "method"),
        ("Purse.__secret", "method", "method"),
        ("Purse.doubled", "method", "mixed"),
        ("Purse.add", "method", "mixed"),
        ("Purse.each", "method", "mixed"),
    ],
)
def test_a_method_is_called_of_objects_that_its_constructor_makes(
    sandbox: Sandbox, name: str, kind: str, projection: str
) -> None:
    found = explore(sandbox, method(name, kind), budget=120)
    assert found.reason is None
    assert found.slice is not None
    assert found.slice.projection == projection
    made = [wire.decode(wire_text(call.args[0])) for call in found.calls]
    assert all(type(receiver) is tuple and type(receiver[0]) is str for receiver in made)
    assert len({str(value) for value in values(found)}) > 2


def test_boundaries_inside_a_method_are_found(sandbox: Sandbox) -> None:
    found = explore(sandbox, method("Purse.worth"))
    assert {41, 40} <= {call.args[1] for call in found.calls if len(call.args) > 1}


def test_a_changed_object_is_part_of_the_result(sandbox: Sandbox) -> None:
    found = explore(sandbox, method("Purse.add"), budget=80)
    assert all(value[0] is None and value[1][0] == "Purse" for value in values(found))  # type: ignore[index]
    assert all(set(value[1][1]) == {"owner", "coins"} for value in values(found))  # type: ignore[index]


def test_what_a_container_holds_is_part_of_it(sandbox: Sandbox) -> None:
    code = """
        class Bag(dict):
            def put(self, key: str, count: int) -> None:
                self[key] = self.get(key, 0) + count
    """
    found = explore(sandbox, method("Bag.put", code=code), budget=80)
    assert found.reason is None
    assert all(call.outcome.value["t"][1]["t"][0] == "Bag" for call in found.calls if not call.outcome.raises)  # type: ignore


def test_errors_of_the_constructor_are_no_behaviour_of_the_method(sandbox: Sandbox) -> None:
    found = explore(sandbox, method("Purse.worth"), budget=120)
    assert not any(call.outcome.raises for call in found.calls)


def test_an_object_is_made_again_from_its_attributes(sandbox: Sandbox) -> None:
    seed = ObservedCall(({"d": ["coins", 3, "owner", "me"]}, 2), {}, Expected(value=6), "recorded")
    found = explore(sandbox, method("Purse.worth"), seeds=[seed], budget=20)
    assert found.calls[0] == seed


def test_frozen_objects_and_slots_are_made_again(sandbox: Sandbox) -> None:
    code = """
        from dataclasses import dataclass

        @dataclass(frozen=True, slots=True)
        class Point:
            x: int
            y: int

            def apart(self, other: int) -> int:
                return abs(self.x - self.y) + other
    """
    seed = ObservedCall(({"d": ["x", 3, "y", 5]}, 1), {}, Expected(value=3), "recorded")
    found = explore(sandbox, method("Point.apart", code=code), seeds=[seed], budget=80)
    assert found.calls[0] == seed
    assert len(found.calls) > 5


def test_a_property_has_no_call_in_its_harness() -> None:
    found = received(method("Purse.label", "property").slice or Slice(code="", entry_point=""), "property", "result")
    assert found is not None
    assert ".label(" not in found.harness


TESTS = """
    from purse import Purse, Chest

    class Rich(Purse):
        pass

    def test_worth():
        purse = Purse("me", coins=4)
        purse.add(3)
        assert purse.worth(rate=2) == 14

    def test_label():
        assert Purse("you").label == "you: 0"

    def test_subclass():
        assert Rich("her", 9).worth(1) == 9

    def test_parts():
        assert Chest(2, name="c").size() == 2

    def test_classmethod():
        assert Chest.named("x").size() == 1
"""
CHEST = """
    class Chest:
        def __init__(self, count, name=""):
            self.purses = [Purse(name, n) for n in range(count)]

        def size(self):
            return len(self.purses)

        @classmethod
        def named(cls, name):
            return cls(1, name)
"""


def test_the_objects_of_a_projects_own_tests_are_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    texts = {"src/purse.py": PURSE + CHEST, "tests/test_purse.py": TESTS}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    repository = Repository(
        kind="local", name="toy", version="1", licence=Licence(spdx="MIT"), source_time="2024-01-01T00:00:00Z"
    )
    checkout = Checkout(repository, folder, tuple(sorted(texts)), ("src", ""))
    names = {"Purse.worth": "method", "Purse.label": "property", "Chest.size": "method", "Chest.named": "classmethod"}
    functions = {name: method(name, kind) for name, kind in names.items()}
    calls = record(checkout, list(functions.values()))
    seen = {name: [(call.args, call.kwargs) for call in calls.get(f.id, ())] for name, f in functions.items()}
    assert seen["Purse.worth"] == [(({"d": ["coins", 7, "owner", "me"]},), {"rate": 2})]
    assert seen["Purse.label"] == [(({"d": ["coins", 0, "owner", "you"]},), {})]
    assert seen["Chest.size"] == [(({"t": [2, "c"]},), {}), (({"t": [1, "x"]},), {})]
    assert seen["Chest.named"] == [(("x",), {})]
