"""Lines that run on a candidate, values that are compared, and scripts like those that a prompt shows."""

from __future__ import annotations

from lift_sys.forward_mode.examples import Line, find_examples
from lift_sys.forward_mode.running import run_examples, run_scripts, same
from lift_sys.forward_mode.variations import inputs_of, scripts_of, variations
from lift_sys.sandbox import Sandbox

BOX = (
    "class Box:\n    def __init__(self, n):\n        self.n = n\n"
    "    def add(self, k):\n        self.n += k\n        return self.n"
)


def test_a_session_of_a_class_is_run_in_order(sandbox: Sandbox) -> None:
    lines = find_examples(
        ">>> it = Box(3)\n>>> it.add(2)\n5\n>>> it.add('a')\nTraceback (most recent call last):\nTypeError"
    )
    assert run_examples(BOX, lines, sandbox) == ([], "")
    (failure,), _ = run_examples(BOX.replace("+= k", "-= k"), lines[:2], sandbox)
    assert (failure.call, failure.expected, failure.got) == ("it.add(2)", "return 5", "returns 1")


def test_what_a_session_makes_is_gone_in_the_next_script(sandbox: Sandbox) -> None:
    first, second = run_scripts(BOX, [("it = Box(3)", "it.add(2)"), ("it.add(2)",)], sandbox)
    assert first == [("", ""), ("value", "5")]
    assert second == [("raise", "NameError")]


def test_what_is_printed_is_shown_as_in_a_session(sandbox: Sandbox) -> None:
    lines = find_examples(">>> greet('a')\nHello a\n>>> for n in 'bc': greet(n)\nHello b\nHello c")
    code = "def greet(name):\n    print('Hello', name)"
    assert run_examples(code, lines, sandbox) == ([], "")
    failures, _ = run_examples(code.replace("print", "return"), lines, sandbox)
    assert [failure.got for failure in failures] == ["returns ('Hello', 'a')", "returns None"]


def test_islice_is_there_for_examples_that_need_it(sandbox: Sandbox) -> None:
    code = "def ups():\n    n = 0\n    while True:\n        yield n\n        n += 1"
    assert run_examples(code, [Line("list(islice(ups(), 3))", "[0, 1, 2]")], sandbox) == ([], "")


def test_what_a_candidate_shows_can_not_steer_a_terminal(sandbox: Sandbox) -> None:
    code = "class Odd:\n    def __repr__(self):\n        return '\\x1b[2J'\ndef f():\n    return Odd()"
    (failure,), _ = run_examples(code, [Line("f()", "1")], sandbox)
    assert failure.got == "returns \\x1b[2J"


def test_values_are_compared_with_their_types() -> None:
    assert same("{1, 2}", "{2, 1}")
    assert same('"a"', "'a'")
    assert not same("1", "True")
    assert not same("1", "1.0")
    assert not same("[1]", "(1,)")
    assert same("<Box at 0x7f01>", "<Box at 0x7f02>")
    assert not same("<Box at 0x7f01>", "<Bag at 0x7f01>")


def test_scripts_are_varied_within_their_types() -> None:
    scripts = scripts_of(find_examples(">>> f([1, 2], 'ab', k={'a': 1})\n1\n>>> f([3], '', k={})\n2"))
    found = variations(scripts, 40)
    assert len(found) == len(set(found)) == 40
    assert found[:2] == scripts
    assert found == variations(scripts, 40)
    assert all(line.startswith("f([") and ", k={" in line for (line,) in found)
    assert variations([]) == []


def test_lines_that_use_what_a_session_made_stay_with_it() -> None:
    text = ">>> f(1)\n2\n>>> it = Box(3)\n>>> it.add(2)\n5\n>>> it = Box(1)\n>>> it.add(1)\n2\n>>> f(2)\n3"
    assert scripts_of(find_examples(text)) == [
        ("f(1)",),
        ("it = Box(3)", "it.add(2)"),
        ("it = Box(1)", "it.add(1)"),
        ("f(2)",),
    ]


def test_arguments_are_taken_from_another_call_of_the_same_function_alone() -> None:
    scripts = [("it.add('x')",), ("it.add('y')",), ("it.take(7)",)]
    numbers = [line for (line,) in variations(scripts, 40) if line.startswith("it.take(")]
    assert not any("'" in line for line in numbers)


def test_the_inputs_of_a_script_are_those_of_one_plain_call() -> None:
    assert inputs_of(("f(1, 'a')",), "f") == '{"t":[1,"a"]}'
    for script in (("g(1)",), ("f(k=1)",), ("f(x)",), ("f(...)",), ("f(1j)",), ("list(f(1))",), ("a = 1", "f(1)")):
        assert inputs_of(script, "f") == ""


def test_without_examples_code_is_loaded_all_the_same(sandbox: Sandbox) -> None:
    assert run_examples("def f():\n    return 1", [], sandbox) == ([], "")
    _, fault = run_examples("import nothere\n\ndef f():\n    return 1", [], sandbox)
    assert "ModuleNotFoundError" in fault
