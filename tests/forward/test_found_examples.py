"""What of a prompt is taken for an example, in every way in which our own prompts write them."""

from __future__ import annotations

import pytest
from forward_kit import case, prompts_of

from lift_sys.data_synthesis.projections import projected, received
from lift_sys.data_synthesis.prompt_synthesizer import REGISTERS
from lift_sys.evaluation.targets import from_human_eval
from lift_sys.forward_mode.examples import Line, find_examples
from lift_sys.records.models import Slice

SESSION = ">>> f(1)\n2\n>>> f(0)\nTraceback (most recent call last):\nValueError"
EQUATIONS = "f([1], 'a') == {'b': 2}\nf(0)  # raises KeyError"
SENTENCES = "- `f(1)` returns `(2,)`.\n- `f('`')` returns `'`'`.\n- `f(0)` raises `ValueError`."
INLINE = "For example, `f(1)` returns `2` and `f(2)` returns `3`. `f(0)` raises `ValueError`."
LOOSE = "f(1) => 2\n* f('a') ➞ [3]\nf(2) should return 16.\nf(3) = (1, 2)\nf(4) => true\nf(n) = f(n - 1)"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (SESSION, (("f(1)", "2", ""), ("f(0)", "", "ValueError"))),
        (EQUATIONS, (("f([1], 'a')", "{'b': 2}", ""), ("f(0)", "", "KeyError"))),
        (SENTENCES, (("f(1)", "(2,)", ""), ("f('`')", "'`'", ""), ("f(0)", "", "ValueError"))),
        (INLINE, (("f(1)", "2", ""), ("f(2)", "3", ""), ("f(0)", "", "ValueError"))),
        (LOOSE, (("f(1)", "2", ""), ("f('a')", "[3]", ""), ("f(2)", "16", ""), ("f(3)", "(1, 2)", ""))),
        ("f(1) == 2; f([]) == []", (("f(1)", "2", ""), ("f([])", "[]", ""))),
        (
            "f(9) == 2**10\nf(0) == float('inf')",
            (("(f(9)) == (2**10)", "True", ""), ("(f(0)) == (float('inf'))", "True", "")),
        ),
        ("f(1) == Decimal('1.5')", (("f(1)", "Decimal('1.5')", ""),)),
        ("Say f(x == 3.", ()),
        ("", ()),
    ],
)
def test_examples_are_read_in_three_ways(text: str, lines: tuple[tuple[str, str, str], ...]) -> None:
    assert find_examples(f"Do it.\n\nExamples:\n{text}") == tuple(Line(*line) for line in lines)


SCALE = """
def scale(x: int, by: int = 2) -> int:
    if x < 0:
        raise ValueError(x)
    return x * by
"""


@pytest.mark.parametrize("register", REGISTERS)
def test_every_register_shows_examples_that_are_found(register: str) -> None:
    found = Slice(code=SCALE, entry_point="scale")
    tests = [case(3, gives=6), case(4, 5, gives=20), case(-1, raises="ValueError")]
    lines = set(find_examples(prompts_of(found, *tests)[register]))
    known = {Line("scale(3)", "6"), Line("scale(4, 5)", "20"), Line("scale(-1)", raises="ValueError")}
    assert lines <= known
    assert len(lines) == (2 if register == "request" else 3)


def test_a_docstring_that_ends_is_no_part_of_its_last_example() -> None:
    prompt = from_human_eval()[0].prompt
    assert find_examples(prompt) == (
        Line("has_close_elements([1.0, 2.0, 3.0], 0.5)", "False"),
        Line("has_close_elements([1.0, 2.8, 3.0, 4.0, 5.0, 2.0], 0.3)", "True"),
    )


COUNT_UP = '''
def count_up(n: int):
    """Count."""
    for i in range(n):
        yield i
'''


@pytest.mark.parametrize("register", REGISTERS)
def test_what_stands_around_a_call_is_a_part_of_the_example(register: str) -> None:
    found = projected(Slice(code=COUNT_UP, entry_point="count_up"), "iterator")
    assert found is not None
    tests = [case(3, gives=[0, 1, 2]), case(200, gives=[*range(100)])]
    lines = find_examples(prompts_of(found, *tests)[register])
    assert Line("list(count_up(3))", "[0, 1, 2]") in lines
    assert all(line.source.startswith("list(islice(count_up(") for line in lines[1:])


PURSE = '''
class Purse:
    """Holds coins."""

    def __init__(self, coins: int = 0):
        self.coins = coins

    def worth(self, rate: int) -> int:
        """What they are worth."""
        return self.coins * rate
'''


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("form", ["plain", "state"])
def test_an_example_in_words_of_the_prompts_own_is_left_out(register: str, form: str) -> None:
    found = received(Slice(code=PURSE, entry_point="Purse.worth"), "method", form)  # type: ignore[arg-type]
    assert found is not None
    prompt = prompts_of(found, case((3,), 2, gives=6))[register]
    assert "plain(" in prompt
    assert find_examples(prompt, "Purse") == ()


@pytest.mark.parametrize("register", REGISTERS)
def test_an_object_that_only_the_text_knows_is_no_example(register: str) -> None:
    found = received(Slice(code=PURSE, entry_point="Purse.worth"), "method", "result")
    assert found is not None
    prompts = prompts_of(found, case({"coins": 3}, 2, gives=6))
    assert "purse.worth(2)" in prompts[register]
    assert find_examples(prompts[register], "Purse") == ()
    made = prompts_of(found, case((3,), 2, gives=6))
    assert find_examples(made[register], "Purse") == (Line("Purse(3).worth(2)", "6"),)


@pytest.mark.parametrize("register", ["specification", "stub"])
def test_what_the_class_around_a_method_shows_is_none_of_its_examples(register: str) -> None:
    shown = PURSE.replace("Holds coins.", "Holds coins.\n\n    >>> Purse(3).spend(1)\n    2\n    ")
    found = received(Slice(code=shown, entry_point="Purse.worth"), "method", "result")
    assert found is not None
    prompt = prompts_of(found, case((3,), 2, gives=6))[register]
    assert "spend" in prompt
    assert find_examples(prompt, "Purse") == (Line("Purse(3).worth(2)", "6"),)


@pytest.mark.parametrize("call", ["Purse.made_of(3)", "Purse(3).coins", "Purse(3).worth(2)"])
def test_what_belongs_to_the_class_that_is_asked_for_is_known(call: str) -> None:
    for prompt in (f"For example, `{call}` returns `6`.", f">>> {call}\n6", f"{call} == 6"):
        assert find_examples(prompt, "Purse") == (Line(call, "6"),)


def test_an_example_of_another_function_is_left_out() -> None:
    prompt = "def grade(n):\n    ...\n\n>>> grades(1)\n'A'\n>>> grade(1)\n'A'"
    assert find_examples(prompt, "grade") == (Line("grade(1)", "'A'"),)


def test_a_name_that_a_session_makes_is_known_in_it() -> None:
    session = ">>> from math import inf\n>>> f(inf, lambda x: x + 1)\n1\n>>> f(limit)\n2"
    assert [line.source for line in find_examples(session)] == ["from math import inf", "f(inf, lambda x: x + 1)"]


def test_a_session_that_shows_nothing_shows_none() -> None:
    assert find_examples(">>> it = Box()\n>>> it.clear()\n>>> it.size()\n0") == (
        Line("it = Box()"),
        Line("it.clear()", "None"),
        Line("it.size()", "0"),
    )


def test_a_silent_equation_in_a_session_is_an_equation() -> None:
    assert find_examples(">>> f([]) == []\n>>> f(1) == 2\nTrue", "f") == (
        Line("f([])", "[]"),
        Line("f(1) == 2", "True"),
    )


def test_examples_are_found_in_the_line_that_announces_them() -> None:
    prompt = "Write `f(n: int) -> int`: twice the number. Examples: f(2) == 4; f(-1) == -2."
    assert find_examples(prompt, "f") == (Line("f(2)", "4"), Line("f(-1)", "-2"))
