"""Forward mode: candidates of a scripted model are run, chosen by what holds, mended, and what is not met is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from lift_sys.forward_mode.examples import Line, arguments, find_examples, run_examples, same
from lift_sys.forward_mode.synthesis import ForwardConfig, Synthesis, entry_point_of, synthesize
from lift_sys.forward_mode.variations import variations
from lift_sys.providers import Completion, Request
from lift_sys.providers.base import Closing
from lift_sys.records.training import SYSTEM
from lift_sys.sandbox import Sandbox, open_sandbox

PROMPT = """Write a Python function `double(x: int) -> int` that doubles a number.

Examples:
>>> double(2)
4
>>> double(-3)
-6"""
GOOD = "def double(x):\n    return 2 * x"
ALSO_GOOD = "def double(x):\n    return x + x"
SQUARE = "def double(x):\n    return x * x"
IR = "def double(x: int) -> int\nintent: Double a number.\nensures: result == 2 * x"


class Model(Closing):
    """Answers by what it is asked to do and by the number of the sample."""

    name, model = "model", "m"

    def __init__(self, answer: Callable[[str, int], str]) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            self.asked.append(request)
            kind = next(kind for kind, text in SYSTEM.items() if text == request.system)
            text = self.answer(kind, request.seed)
            if text == "down":
                yield Completion("", "error", detail="the server is down")
            else:
                yield Completion(f"```python\n{text}\n```" if kind != "prompt_to_ir" else text, "stop", 5, 7)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as box:
        yield box


def run(sandbox: Sandbox, answer: Callable[[str, int], str], **settings: object) -> tuple[Synthesis, Model]:
    model = Model(answer)
    config = ForwardConfig(**{"samples": 4, **settings})  # type: ignore[arg-type]
    (found,) = synthesize([PROMPT], model, sandbox, config)
    return found, model


def test_the_candidate_that_meets_the_examples_is_taken(sandbox: Sandbox) -> None:
    found, _ = run(sandbox, lambda kind, n: GOOD if n == 3 else SQUARE, specification=False, repairs=0)
    assert found.code == GOOD
    assert found.unmet == ()
    assert [len(candidate.failures) for candidate in found.candidates] == [1, 1, 1, 0]


def test_among_those_the_behaviour_that_most_share_is_taken(sandbox: Sandbox) -> None:
    tricky = "def double(x):\n    return 2 * x if abs(x) < 4 else 0"
    codes = [tricky, GOOD, ALSO_GOOD, SQUARE]
    settings = {"specification": False, "repairs": 0}
    assert run(sandbox, lambda kind, n: codes[n], **settings)[0].code == GOOD
    assert run(sandbox, lambda kind, n: codes[n], **settings, agreement=False)[0].code == tricky


def test_a_predicate_of_the_specification_counts_against_a_candidate(sandbox: Sandbox) -> None:
    tricky = "def double(x):\n    return 2 * x if abs(x) < 4 else 0"

    def answer(kind: str, n: int) -> str:
        return IR if kind == "prompt_to_ir" else [tricky, GOOD][n]

    found, model = run(sandbox, answer, samples=2, direct=False, repairs=0)
    assert found.code == GOOD
    assert {candidate.code: candidate.broken for candidate in found.candidates} == {
        tricky: ("result == 2 * x",),
        GOOD: (),
    }
    assert [request.prompt for request in model.asked[1:]] == [
        f"{IR}\n\nExamples:{PROMPT.partition('Examples:')[2]}"
    ] * 2
    assert run(sandbox, answer, samples=2, direct=False, repairs=0, predicates=False)[0].code == tricky


def test_what_fails_is_given_back_with_its_evidence(sandbox: Sandbox) -> None:
    found, model = run(sandbox, lambda kind, n: GOOD if kind == "repair" else SQUARE, specification=False)
    assert found.code == GOOD
    assert found.chosen is not None
    assert found.chosen.route == "repair"
    asked = model.asked[-1].prompt
    assert SQUARE in asked
    assert "double(-3) should return -6, but it returns 9" in asked


def test_what_could_not_be_satisfied_is_said(sandbox: Sandbox) -> None:
    found, _ = run(sandbox, lambda kind, n: SQUARE, specification=False)
    assert found.code == SQUARE
    assert found.unmet == ("double(-3) should return -6, but it returns 9",)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def double(x)\n  return", "does not parse"),
        ("def triple(x):\n    return 3 * x", "defines no double"),
        ("x = 1", "defines no double"),
        ("def double(x):\n    while True:\n        pass", "does not end"),
        ("import os\nos._exit(0)\ndef double(x):\n    return 2 * x", ""),
    ],
)
def test_code_that_is_of_no_use_is_told_why(sandbox: Sandbox, code: str, says: str) -> None:
    found, _ = run(sandbox, lambda kind, n: code, specification=False, samples=1)
    assert found.chosen is not None
    assert found.chosen.fault
    assert says in found.chosen.fault
    assert found.unmet == (found.chosen.fault,)


def test_a_specification_that_can_not_be_read_leaves_the_direct_route(sandbox: Sandbox) -> None:
    found, _ = run(sandbox, lambda kind, n: "sorry" if kind == "prompt_to_ir" else GOOD, direct=False)
    assert "begins with its signature" in found.unread
    assert found.code == GOOD
    assert {candidate.route for candidate in found.candidates} == {"direct"}


def test_a_provider_that_fails_is_not_the_same_as_wrong_code(sandbox: Sandbox) -> None:
    found, _ = run(sandbox, lambda kind, n: "down")
    assert found.chosen is None
    assert found.unmet == ("no answer came",)
    assert set(found.errors) == {"the server is down"}


def test_a_greedy_answer_comes_first_and_the_others_are_sampled(sandbox: Sandbox) -> None:
    _, model = run(sandbox, lambda kind, n: GOOD, specification=False)
    assert [request.temperature for request in model.asked] == [0.0, 0.8, 0.8, 0.8]
    assert len({request.seed for request in model.asked}) == 4


SESSION = ">>> f(1)\n2\n>>> f(0)\nTraceback (most recent call last):\nValueError"
EQUATIONS = "f([1], 'a') == {'b': 2}\nf(0)  # raises KeyError"
SENTENCES = "- `f(1)` returns `(2,)`.\n- `f(0)` raises `ValueError`."


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (SESSION, (("f(1)", "2", ""), ("f(0)", "", "ValueError"))),
        (EQUATIONS, (("f([1], 'a')", "{'b': 2}", ""), ("f(0)", "", "KeyError"))),
        (SENTENCES, (("f(1)", "(2,)", ""), ("f(0)", "", "ValueError"))),
        ("Say f(x == 3.", ()),
        ("", ()),
    ],
)
def test_examples_are_read_in_three_ways(text: str, lines: tuple[tuple[str, str, str], ...]) -> None:
    assert find_examples(f"Do it.\n\nExamples:\n{text}") == tuple(Line(*line) for line in lines)


def test_a_session_of_a_class_is_run_in_order(sandbox: Sandbox) -> None:
    lines = find_examples(
        ">>> it = Box(3)\n>>> it.add(2)\n5\n>>> it.add('a')\nTraceback (most recent call last):\nTypeError"
    )
    code = (
        "class Box:\n    def __init__(self, n):\n        self.n = n\n"
        "    def add(self, k):\n        self.n += k\n        return self.n"
    )
    assert run_examples(code, lines, sandbox) == ([], "")
    (failure,), _ = run_examples(code.replace("+= k", "-= k"), lines[:2], sandbox)
    assert (failure.call, failure.expected, failure.got) == ("it.add(2)", "return 5", "returns 1")


def test_values_are_compared_with_their_types() -> None:
    assert same("{1, 2}", "{2, 1}")
    assert same('"a"', "'a'")
    assert not same("1", "True")
    assert not same("1", "1.0")
    assert not same("[1]", "(1,)")


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Write `limit(x: int, low) -> int`. `x` is a number.", "limit"),
        ("Given `rows` (a list), define\n\n    def total(rows):\n", "total"),
        ("A class `Stack`, made as `Stack(size: int)`.", "Stack"),
        ("`pick` chooses. Examples:\n>>> choose(1)\n1", "choose"),
        ("Do something nice.", ""),
    ],
)
def test_the_name_that_is_asked_for(prompt: str, name: str) -> None:
    assert entry_point_of(prompt) == name


def test_inputs_are_varied_within_their_types() -> None:
    seen = [([1, 2], "ab", {"k": 1}, True), ([3], "", {}, False)]
    found = variations(seen, 40)
    assert len(found) == len({repr(args) for args in found}) == 40
    assert found == variations(seen, 40)
    assert {tuple(type(value) for value in args) for args in found} == {(list, str, dict, bool)}
    assert variations([]) == []
    assert arguments(find_examples(">>> f(1, 'a')\n1\n>>> g(2)\n2\n>>> f(k=1)\n3"), "f") == [(1, "a")]
