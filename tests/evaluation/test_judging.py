"""Findings: every error type is told from the others, by running answers in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lift_sys import wire
from lift_sys.errors import SandboxFault
from lift_sys.evaluation.differences import ERROR_TYPES, ErrorType
from lift_sys.evaluation.judging import ATTEMPTS, Examiner
from lift_sys.evaluation.questions import Calls, Question
from lift_sys.evaluation.targets import from_human_eval, of_specification, of_task
from lift_sys.forward_mode.asking import fenced
from lift_sys.ir.compact import render
from lift_sys.providers import Completion
from lift_sys.records import Expected, TestCase
from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import BoxConfig, Limits, Sandbox
from lift_sys.testing.running import run_task
from lift_sys.testing.suite import Suite, read_suite
from lift_sys.testing.test_generator import boxes

SUITE = Path(__file__).parent.parent / "synthetic" / "suite_v1.jsonl"
REFERENCE = """def pick(xs, least):
    if least < 0:
        raise ValueError("least")
    return [x for x in xs if x >= least]
"""
CALLS: list[tuple[tuple[Any, ...], Any]] = [
    (([3, 1, 2], 2), [3, 2]),
    (([], 2), []),
    (([5, 6, 7], 6), [6, 7]),
    (([1], 0), [1]),
    (([1, 2], -1), ValueError),
]


def test_of(arguments: tuple[Any, ...], result: Any) -> TestCase:
    import json

    args = tuple(json.loads(wire.encode(value)) for value in arguments)
    if isinstance(result, type):
        return TestCase(args=args, expected=Expected(raises=result.__name__), oracle="generated")
    return TestCase(args=args, expected=Expected(value=json.loads(wire.encode(result))), oracle="generated")


test_of.__test__ = False  # type: ignore[attr-defined]


def question_of(name: str, reference: str, calls: list[tuple[tuple[Any, ...], Any]]) -> Question:
    tests = tuple(test_of(arguments, result) for arguments, result in calls)
    by = Calls(name, "", tests)
    return Question("id", name, "held-out variants", "t", "c", "easy", "prompt", name, reference, by)


PICK = question_of("pick", REFERENCE, CALLS)
QUICK = Limits(call_seconds=2.5, memory=128 << 20, result=1 << 20)
RAISES = 'def pick(xs, least):\n    if least < 0:\n        raise ValueError("least")\n'


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner(limits=QUICK) as opened:
        yield opened


@pytest.fixture(scope="module")
def suite() -> Suite:
    return read_suite(SUITE)


def answer(code: str) -> Completion:
    return Completion(fenced(code), "stop", 1, 1, 0.1)


REMEMBERS = """SEEN = []


def pick(xs, least):
    if least < 0:
        raise ValueError("least")
    SEEN.append(1)
    if len(SEEN) < 4 and len(xs) == 1:
        return xs * 2
    return [x for x in xs if x >= least]
"""
WRONG: dict[ErrorType, str] = {
    "does not parse": "def pick(xs, least:\n    return xs\n",
    "wrong entry point": "def choose(xs, least):\n    return xs\n",
    "does not load": "import nowhere\n" + REFERENCE,
    "does not end": "def pick(xs, least):\n    while True:\n        pass\n",
    "memory limit": "def pick(xs, least):\n    return [0] * (1 << 40)\n",
    "output limit": "def pick(xs, least):\n    return 'x' * (1 << 21)\n",
    "process died": "import os\ndef pick(xs, least):\n    os._exit(0)\n",
    "remembers calls": REMEMBERS,
    "unexpected exception": "def pick(xs, least):\n    return [x for x in xs if x >= limit]\n",
    "wrong exception": REFERENCE.replace("ValueError", "TypeError"),
    "no exception": "def pick(xs, least):\n    return [x for x in xs if x >= least]\n",
    "returns nothing": RAISES + "    [x for x in xs if x >= least]\n",
    "not a plain value": RAISES + "    return filter(lambda x: x >= least, xs)\n",
    "empty input": RAISES + "    xs[0]\n    return [x for x in xs if x >= least]\n",
    "off by one": RAISES + "    return [x for x in xs if x >= least][:-1]\n",
    "wrong type": RAISES + "    return tuple(x for x in xs if x >= least)\n",
    "wrong order": RAISES + "    return [x for x in xs if x >= least][::-1]\n",
    "wrong value": RAISES + "    return [x * 10 for x in xs if x >= least]\n",
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_told_by_what_is_wrong_with_it(examiner: Examiner, kind: ErrorType) -> None:
    found = examiner.examine(PICK, answer(WRONG[kind]))
    assert (found.error_type, found.solved) == (kind, False)
    assert found.measured
    assert kind in ERROR_TYPES


def test_the_reference_holds_and_its_shape_is_its_own(examiner: Examiner) -> None:
    found = examiner.examine(PICK, answer(REFERENCE))
    assert found.solved
    assert (found.passed, found.of, found.parses, found.runs) == (5, 5, True, True)
    assert found.shape == found.reference
    assert found.shape is not None
    assert (found.shape.lines, found.shape.complexity) == (4, 3)  # an if, a comprehension, and one


TEXTS: dict[str, tuple[str, ErrorType]] = {
    "nothing": ("", "no code"),
    "words": ("I am sorry, I can not do that.", "no code"),
    "an empty block": ("```python\n```", "no code"),
    "code that is no answer": ("```python\nxs >= 1\n```", "no code"),
    "code after words": (f"Here:\n\n{fenced(REFERENCE)}\n", ""),
    "code without a fence": (REFERENCE, ""),
    "a null character": ("```python\ndef pick(xs, least):\n    return '\0'\n```", "does not parse"),
    "nested too deep": (f"```python\npick = {'(' * 3000}1{')' * 3000}\n```", "does not parse"),
    "an escape that Python warns of": (fenced(REFERENCE + "X = '\\d'\n"), ""),
    "a name that is assigned": (fenced("pick = lambda xs, least: None\n"), "returns nothing"),
}


@pytest.mark.parametrize("what", TEXTS)
def test_whatever_a_model_writes_has_a_finding(examiner: Examiner, what: str) -> None:
    text, kind = TEXTS[what]
    found = examiner.examine(PICK, Completion(text, "stop"))
    assert (found.verdict, found.error_type) == ("invalid" if kind else "valid", kind)


def test_an_answer_that_was_cut_off_says_so(examiner: Examiner) -> None:
    cut = Completion("```python\n" + REFERENCE[:60], "length")
    assert examiner.examine(PICK, cut).error_type == "cut off"
    whole = Completion(f"{fenced(REFERENCE)}\nIt works because", "length")
    assert examiner.examine(PICK, whole).solved


def test_a_finding_shows_the_first_failing_test(examiner: Examiner) -> None:
    found = examiner.examine(PICK, answer(WRONG["off by one"]))
    assert found.failing is not None
    assert found.failing.call == "pick([3, 1, 2], 2)"
    assert found.failing.expected == "return [3, 2]"
    assert found.failing.got == "returns [3]"
    assert found.passed == 2
    assert found.reason == "pick([3, 1, 2], 2) should return [3, 2], but it returns [3]"
    raised = examiner.examine(PICK, answer(WRONG["unexpected exception"])).failing
    assert raised is not None
    assert raised.got == "raises NameError: name 'limit' is not defined"


VALUES: list[tuple[Any, Any, ErrorType]] = [
    (4, 5, "off by one"),
    (4, -4, "wrong sign"),
    (4, 4.0, "wrong type"),
    (1, True, "wrong type"),
    (4, "4", "wrong type"),
    ("4", 4, "wrong type"),
    ([1, 2], (1, 2), "wrong type"),
    ([1, (2, 3)], [1, [2, 3]], "wrong type"),
    ("Ab c", "ab-c", "wrong format"),
    ("abc", "cab", "wrong order"),
    ("abc", "ab", "off by one"),
    ([1, 2], [0, 1, 2], "off by one"),
    ([2, 1], [1, 2], "wrong order"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "wrong order"),
    ({"a": 1}, {"a": 2}, "wrong value"),
    (4, 9, "wrong value"),
    (True, False, "wrong value"),
    ("", "x", "off by one"),
    (None, 0, "wrong value"),
    (10**400, 1.5, "wrong value"),
    (float("nan"), 1.0, "wrong value"),
]


@pytest.mark.parametrize(("wanted", "got", "kind"), VALUES)
def test_wrong_values_are_told_by_how_they_differ(wanted: Any, got: Any, kind: ErrorType) -> None:
    from lift_sys.evaluation.differences import kind_of
    from lift_sys.sandbox.candidate import Outcome

    assert kind_of(test_of((1,), wanted), Outcome(wire.encode(got), None)) == kind


def test_a_claim_that_is_no_value_is_a_wrong_value() -> None:
    from lift_sys.evaluation.differences import kind_of
    from lift_sys.sandbox.candidate import Outcome

    for claim in ("[1,", "[" * 3999, "9" * 100_000, '{"i":"' + "f" * 3900 + '"}'):
        assert kind_of(test_of((1,), 3), Outcome(claim, None)) == "wrong value"


def test_verdicts_are_those_of_the_suite_itself(examiner: Examiner, suite: Suite) -> None:
    compared = 0
    for task in suite.tasks[::90]:
        for code in (task.solution, task.second, *(reading.code for reading in task.readings)):
            assert examiner.examine(of_task(task), answer(code)).verdict == run_task(task, code, boxes()).status
            compared += 1
    assert compared > 15


def test_a_problem_of_human_eval_may_be_answered_whole_or_from_where_it_stops(examiner: Examiner) -> None:
    question = next(q for q in from_human_eval() if q.name == "HumanEval/10")  # its prompt brings a helper
    body = question.reference.rpartition('"""\n')[2]
    whole = f"def make_palindrome(string: str) -> str:\n{body}"
    assert examiner.examine(question, answer(whole)).solved  # the helper of the prompt is there
    assert examiner.examine(question, answer(f"from __future__ import annotations\n{whole}")).solved
    assert examiner.examine(question, Completion(body, "stop")).solved
    wrong = {
        "def make_palindrome(string):\n    pass": "returns nothing",
        "def make_palindrome(string):\n    return nothing": "unexpected exception",
        "def make_palindrome(string):\n    return 'x'": "wrong value",
        "def palindrome(string):\n    return 'x'": "wrong entry point",
        "def make_palindrome(string):\n    while True: pass": "does not end",
        "import nowhere\ndef make_palindrome(string): ...": "does not load",
    }
    for code, kind in wrong.items():
        assert examiner.examine(question, answer(code)).error_type == kind


def test_a_specification_is_read_and_held_against_the_reference(examiner: Examiner, suite: Suite) -> None:
    ir = suite.tasks[0].ir
    question = of_specification(of_task(suite.tasks[0]), ir)
    assert question.asked == "prompt_to_ir"
    text = render(ir)
    whole = examiner.examine(question, Completion(text, "stop"))
    assert (whole.solved, whole.agreement) == (True, "whole")
    less = examiner.examine(question, Completion("\n".join(text.splitlines()[:1]) + "\nintent: Something.", "stop"))
    assert (less.solved, less.agreement) == (True, "signature")
    other = examiner.examine(question, Completion("def f(x)\nintent: Something.", "stop"))
    assert (other.solved, other.agreement) == (True, "")
    for bad in ("", "words", "def f(x)\nensures: (((", f"def f(x={'(' * 9000})\nintent: x"):
        found = examiner.examine(question, Completion(bad, "stop"))
        assert (found.verdict, found.error_type) == ("invalid", "no specification")


def test_what_the_provider_could_not_answer_is_not_wrong(examiner: Examiner) -> None:
    found = examiner.examine(PICK, Completion("", "error", detail="HTTP 503\u202e"))
    assert (found.verdict, found.error_type, found.measured) == ("error", "", False)
    assert found.reason == "HTTP 503\\u202e"


def test_a_box_that_breaks_is_opened_again_and_a_machine_that_has_none_is_not_a_wrong_answer() -> None:
    opened: list[bool] = []

    class Broken:
        missing_protections = ()

        def spawn(self, program: str, limits: object = None) -> object:
            raise SandboxFault("the box broke")

        def close(self) -> None: ...

    def second_works(config: BoxConfig) -> Sandbox:
        opened.append(True)
        return Broken() if len(opened) == 1 else open_sandbox(config)  # type: ignore[return-value]

    with Examiner(second_works) as examiner:
        assert examiner.examine(PICK, answer(REFERENCE)).solved
    assert len(opened) == 2
    with Examiner(lambda config: Broken()) as examiner:  # type: ignore[arg-type,return-value]
        found = examiner.examine(PICK, answer(REFERENCE))
    assert found.verdict == "error"
    assert f"{ATTEMPTS} times: the box broke" in found.reason


def test_a_method_is_judged_through_its_harness(examiner: Examiner, suite: Suite) -> None:
    task = next(task for task in suite.tasks if task.harness)
    assert examiner.examine(of_task(task), answer(task.second)).solved
    other = examiner.examine(of_task(task), answer("class Other:\n    pass\n"))
    assert other.error_type == "wrong entry point"
