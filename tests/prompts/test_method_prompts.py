"""Prompts of methods and of functions behind a harness tell what an object is and how results are shown."""

from __future__ import annotations

import ast
import textwrap

import pytest
from prompt_builders import lifted, one

from lift_sys.data_synthesis.projections import projected, received
from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS, PromptSynthesizer
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Expected, Function, Slice, TestCase

PURSE = textwrap.dedent('''
    import re


    class Purse:
        """Holds coins."""

        PATTERN = re.compile("x")

        def __init__(self, owner: str, coins: int = 0):
            self.owner = owner
            self.coins = coins

        def add(self, more: int) -> None:
            """Put coins in."""
            self.coins = self.coins + more * 7

        def worth(self, rate):
            return self.coins * rate - 31337
''').lstrip()


Told = tuple[Function, IntermediateRepresentation]


def method(name: str, form: str) -> Told:
    found, ir = next(pair for pair in lifted(PURSE) if pair[0].name == name)
    harnessed = received(Slice(code=PURSE, entry_point=f"Purse.{name}"), "method", form)  # type: ignore[arg-type]
    return found.model_copy(update={"slice": harnessed}), ir


def prompts(told: Told, test: TestCase) -> dict[str, str]:
    return PromptSynthesizer().synthesize(*told, [test]).prompts


def case(receiver: object, *args: object, value: object = 5) -> TestCase:
    return TestCase(args=(receiver, *args), expected=Expected(value=value), oracle="recorded", visible=True)


@pytest.mark.parametrize("register", REGISTERS)
def test_a_method_prompt_says_what_its_object_is(register: str) -> None:
    text = prompts(method("worth", "result"), case({"t": ["me", 3]}, 2))[register]
    assert "Purse" in text
    assert "owner: str, coins: int=0" in text.replace("coins: int = 0", "coins: int=0")
    assert "Purse('me', 3).worth(2)" in text
    assert "31337" not in text


def test_the_stub_of_a_method_stands_in_its_class_and_compiles() -> None:
    text = prompts(method("worth", "result"), case({"t": ["me", 3]}, 2))["stub"]
    tree = ast.parse(text)
    (owner,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert [node.name for node in owner.body if isinstance(node, ast.FunctionDef)] == ["__init__", "add", "worth"]
    assert text.startswith("import re")
    exec(compile(tree, "stub.py", "exec"), {})  # our own toy code


@pytest.mark.parametrize("register", REGISTERS)
def test_an_object_known_by_its_attributes_is_described_and_not_built_by_hand(register: str) -> None:
    text = prompts(method("worth", "result"), case({"d": ["coins", 7, "owner", "me"]}, 2))[register]
    assert "object.__new__" not in text
    assert "purse.worth(2)" in text
    assert ("`Purse` with `coins=7, owner='me'`" if register == "request" else
            ">>> # purse is a Purse with coins=7, owner='me'\n") in text.replace("\n    ", "\n")  # fmt: skip


@pytest.mark.parametrize("form", ["result", "plain", "state"])
def test_no_prompt_shows_the_driver(form: str) -> None:
    for receiver in ({"t": ["me", 3]}, {"d": ["coins", 7, "owner", "me"]}, {"d": []}):
        texts = prompts(method("worth", form), case(receiver, 2)).values()
        assert not any("lift_" in text for text in texts)


def test_a_changed_object_is_shown_with_its_attributes() -> None:
    after = {"t": [None, {"t": ["Purse", {"d": ["coins", 17, "owner", "me"]}]}]}
    text = prompts(method("add", "state"), case({"t": ["me", 3]}, 2, value=after))["specification"]
    assert "purse = Purse('me', 3); plain((purse.add(2), purse))" in text
    assert "`plain` turns" in text


@pytest.mark.parametrize(("projection", "shown"), [("iterator", "list(f(2))"), ("object", "plain(f(2))")])
def test_a_projected_result_is_shown_as_such(projection: str, shown: str) -> None:
    found, ir = one("def f(n):\n    yield n\n")
    assert found.slice is not None
    found = found.model_copy(update={"slice": projected(found.slice, projection)})  # type: ignore[arg-type]
    test = TestCase(args=(2,), expected=Expected(value=[2]), oracle="generated", visible=True)
    assert all(shown in text for text in prompts((found, ir), test).values())
