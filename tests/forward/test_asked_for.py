"""The name and the signature that a prompt asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from forward_kit import case, prompts_of

from lift_sys.data_synthesis.projections import projected, received
from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS
from lift_sys.evaluation.targets import from_human_eval, from_suite
from lift_sys.forward_mode.prompts import entry_point_of, signature_of
from lift_sys.ir.compact import signature_line
from lift_sys.records.models import Slice

SUITE = Path(__file__).parents[1] / "synthetic" / "suite_v1.jsonl"


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Write `limit(x: int, low) -> int`. `x` is a number.", "limit"),
        ("Given `rows` (a list), define\n\n    def total(rows):\n", "total"),
        ("A class `Stack`, made as `Stack(size: int)`.", "Stack"),
        ("`pick` chooses. Examples:\n>>> choose(1)\n1", "choose"),
        ("`pick` chooses. Examples:\n>>> sorted(choose(1))\n[1]", "choose"),
        ("Write `pick(a: int)`. Examples:\n>>> list(other(pick(1)))\n[1]", "pick"),
        ("Do something nice.", ""),
    ],
)
def test_the_name_that_is_asked_for(prompt: str, name: str) -> None:
    assert entry_point_of(prompt) == name


def test_the_name_of_every_task_is_read_from_its_prompt() -> None:
    questions = [*from_suite(SUITE)[1], *from_human_eval()]
    assert [q.name for q in questions if entry_point_of(q.prompt) != q.entry_point] == []


PAINT = '''
from enum import Enum


class Colour(Enum):
    """One of two."""

    RED = 1
    BLUE = 2


def paint(n: int, *names: str, colour: Colour = Colour.RED) -> list[str]:
    """Paint things."""
    return [f"{name} {colour.name} {n}" for name in names]
'''
MIXED = '''
class Mixer:
    """Mixes."""

    def __init__(self, speed: int):
        self.speed = speed

    def mix(self, parts: list[int]) -> int:
        """Mix parts."""
        return sum(parts) * self.speed
'''


@pytest.mark.parametrize("register", REGISTERS)
def test_every_register_names_what_it_asks_for(register: str) -> None:
    painted = prompts_of(Slice(code=PAINT, entry_point="paint"), case(1, "a", gives=["a RED 1"]))[register]
    assert "class Colour" in painted
    assert entry_point_of(painted) == "paint"
    signature = signature_of(painted, "paint")
    assert signature is not None
    assert [p.name for p in signature.parameters] == ["n", "names", "colour"]
    assert signature.returns == "list[str]"


@pytest.mark.parametrize("register", REGISTERS)
def test_of_a_method_the_class_is_what_is_defined(register: str) -> None:
    found = received(Slice(code=MIXED, entry_point="Mixer.mix"), "method", "result")
    assert found is not None
    assert entry_point_of(prompts_of(found, case((2,), [1, 2], gives=6))[register]) == "Mixer"


@pytest.mark.parametrize("register", REGISTERS)
def test_a_call_inside_another_one_does_not_hide_the_name(register: str) -> None:
    code = "def ups(n):\n    for i in range(n):\n        yield i\n"
    found = projected(Slice(code=code, entry_point="ups"), "iterator")
    assert found is not None
    assert entry_point_of(prompts_of(found, case(2, gives=[0, 1]))[register]) == "ups"


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("Write `limit(x: int, low=(1, 2)) -> int`.", "def limit(x: int, low=(1, 2)) -> int"),
        ("I need `def limit(x)`. `limit(1)` returns `2`.", "def limit(x)"),
        (
            "def limit(\n    x: dict[str, int] = {},\n    y=')',\n) -> int:\n",
            "def limit(x: dict[str, int] = {}, y=')') -> int",
        ),
        ("`limit(1)` returns `2`. Write `limit(x)`.", "def limit(x)"),
    ],
)
def test_the_signature_that_is_told(prompt: str, line: str) -> None:
    signature = signature_of(prompt, "limit")
    assert signature is not None
    assert signature_line(signature) == line


def test_calls_alone_tell_no_signature() -> None:
    assert signature_of("`limit(1, 'a')` returns `2`.\n>>> limit(3)\n4", "limit") is None
    assert signature_of("Do something nice.", "") is None
