"""Forward mode: candidates of a scripted model are run, chosen by what holds, mended, and what is not met is said."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from forward_kit import Model

from lift_sys.errors import ConfigError
from lift_sys.forward_mode.synthesis import ELEMENTS, ForwardConfig, Synthesis, synthesize
from lift_sys.sandbox import Sandbox

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


def run(
    sandbox: Sandbox, answer: Callable[[str, int], str], prompt: str = PROMPT, **settings: object
) -> tuple[Synthesis, Model]:
    model = Model(answer)
    config = ForwardConfig(**{"samples": 4, **settings})  # type: ignore[arg-type]
    (found,) = synthesize([prompt], model, sandbox, config)
    return found, model


def chosen(sandbox: Sandbox, codes: list[str], prompt: str, **settings: object) -> Synthesis:
    """What is made of a few candidates of one route, without repair."""
    given = {"specification": False, "repairs": 0, "samples": len(codes), **settings}
    return run(sandbox, lambda kind, n: codes[n], prompt, **given)[0]


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


TRICKY = "def double(x):\n    return 2 * x if abs(x) < 4 else 0"
WORDY = "def double(x):\n    return 2 * x if abs(x) < 4 else 'no'"
DYING = "import os\ndef double(x):\n    return 2 * x if abs(x) < 4 else os._exit(0)"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("def double(x)\n    return 2 * x", r"it does not parse: line 1, `def double\(x\)`: expected ':'"),
        ("def double(x):\n    return (2 * x", r"it does not parse: line 2, `return \(2 \* x`: '\(' was never closed"),
        ("def triple(x):\n    return 3 * x", "it defines no double"),
        ("def double(x):\n    while True:\n        pass", "run on the examples, it does not end within 5 s"),
        ("import os\nos._exit(0)\ndef double(x):\n    return 2 * x", "run on the examples, the .* process .*"),
        ("def double(x):\n    raise KeyError(x)", r"double\(2\) should return 4, but it raises KeyError\n.*"),
        (TRICKY, r"double\(-?\d+\) returns 0, where `result == 2 \* x` should hold"),
        (
            WORDY,
            r"double\(-?\d+\) returns 'no', where `result == 2 \* x` should hold\n.* returns 'no', which is not int",
        ),
        (DYING, "it fails as a whole on inputs like those of the examples: .*process.*"),
        (
            "def double(y, z):\n    return 2 * y",
            r"double\(2\) should .*\n.*\nit is def double\(y, z\), not def double\(x: .*",
        ),
    ],
)
def test_whatever_is_wrong_is_given_back_with_what_shows_it(sandbox: Sandbox, code: str, shown: str) -> None:
    answers = {"prompt_to_ir": IR, "repair": GOOD}
    found, model = run(sandbox, lambda kind, n: answers.get(kind, code), samples=1, direct=False)
    assert found.code == GOOD
    asked = model.asked[-1].prompt
    assert re.fullmatch(shown, asked.partition(f"{code}\n```\n\n")[2], re.DOTALL), asked


def test_what_is_shown_of_faults_is_bounded(sandbox: Sandbox) -> None:
    ensures = [f"\nensures: result == x + {n} {'+ 0 ' * 60}" for n in range(9)]
    answers = {"prompt_to_ir": "".join([IR, *ensures]), "repair": GOOD}
    _, model = run(sandbox, lambda kind, n: answers.get(kind, TRICKY), samples=1)
    lines = model.asked[-1].prompt.partition(f"{TRICKY}\n```\n\n")[2].splitlines()
    assert [len(line) for line in lines[1:]] == [200, 200]
    assert len(lines) == 3


def test_nothing_is_asked_again_of_what_holds_or_was_cut_off(sandbox: Sandbox) -> None:
    _, model = run(sandbox, lambda kind, n: GOOD, specification=False, samples=1)
    assert len(model.asked) == 1
    cut = Model(lambda kind, n: "def double(x):", finish="length")
    synthesize([PROMPT], cut, sandbox, ForwardConfig(specification=False, samples=1))
    assert len(cut.asked) == 1


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


def test_candidates_are_drawn_from_the_likeliest_tokens(sandbox: Sandbox) -> None:
    _, model = run(sandbox, lambda kind, n: SQUARE, specification=False, top_p=0.7)
    assert {request.top_p for request in model.asked} == {0.7}
    assert len(model.asked) > 4  # those that mend, too


def test_among_equals_code_from_the_prompt_itself_is_taken(sandbox: Sandbox) -> None:
    found, _ = run(sandbox, lambda kind, n: IR if kind == "prompt_to_ir" else GOOD, samples=1)
    assert found.chosen is not None
    assert found.chosen.route == "direct"
    assert [candidate.route for candidate in found.candidates] == ["direct", "ir"]


@pytest.mark.parametrize("text", ["```python\ndef double(x):\n    return 2 * x\n    y =", "def double(x):"])
def test_an_answer_that_was_cut_off_is_not_run(sandbox: Sandbox, text: str) -> None:
    config = ForwardConfig(specification=False, samples=1)
    (found,) = synthesize([PROMPT], Model(lambda kind, n: text, finish="length"), sandbox, config)
    assert found.unmet == ("it was cut off",)


def test_a_whole_block_counts_though_what_follows_it_was_cut_off(sandbox: Sandbox) -> None:
    text = f"```python\n{GOOD}\n```\nThis doubles"
    config = ForwardConfig(specification=False, samples=1)
    (found,) = synthesize([PROMPT], Model(lambda kind, n: text, finish="length"), sandbox, config)
    assert found.code == GOOD
    assert found.unmet == ()


COUNTER = """A class `Counter`, made as `Counter(start: int)`.

Examples:
>>> it = Counter(1)
>>> it.add(2)
3
>>> it.add(1)
4"""


def counter(body: str) -> str:
    made = "class Counter:\n    def __init__(self, start):\n        self.n = start\n"
    return f"{made}    def add(self, k):\n{body}        return self.n"


def test_candidates_for_a_class_agree_on_varied_sessions(sandbox: Sandbox) -> None:
    bounded = counter("        self.n = min(self.n + k, 9)\n")
    right, also = counter("        self.n += k\n"), counter("        self.n = self.n + k\n")
    found = chosen(sandbox, [bounded, right, also], COUNTER)
    assert found.code == right
    assert found.agreeing == 2


def test_results_that_are_no_plain_values_agree_where_they_look_alike(sandbox: Sandbox) -> None:
    prompt = "Write `half(x: int)`.\n\n>>> half(2)\nFraction(1, 1)\n>>> half(5)\nFraction(5, 2)"
    begin = "from fractions import Fraction\ndef half(x):\n    return "
    odd = f"{begin}Fraction(abs(x), 2)"
    codes = [odd, f"{begin}Fraction(x, 2)", f"{begin}Fraction(x) / 2"]
    found = chosen(sandbox, codes, prompt)
    assert found.code == codes[1]


def test_objects_that_show_their_address_are_alike(sandbox: Sandbox) -> None:
    prompt = "Write `made(x: int)`.\n\n>>> made(2) is None\nFalse\n>>> made(3)\n<Made>"
    code = "class Made:\n    pass\ndef made(x):\n    return Made()"
    found = chosen(sandbox, [code, f"{code}  # the same"], prompt)
    assert found.agreeing == 2


@pytest.mark.parametrize("shown", [">>> kind(...)\n'ellipsis'", ">>> kind(1j)\n'complex'"])
def test_an_argument_without_an_encoding_ends_no_search(sandbox: Sandbox, shown: str) -> None:
    prompt = f"Write `kind(x: object) -> str`.\n\n{shown}\n>>> kind(1)\n'int'\n>>> kind('a')\n'str'"
    ir = "def kind(x: object) -> str\nintent: Name a type.\nensures: result == type(x).__name__ or len(result) > 0"
    code = "def kind(x):\n    return type(x).__name__"
    found, _ = run(sandbox, lambda kind, n: ir if kind == "prompt_to_ir" else code, prompt)
    assert found.unmet == ()


def test_a_silent_line_of_a_session_wants_none(sandbox: Sandbox) -> None:
    prompt = "A class `Box`, made as `Box()`.\n\n>>> it = Box()\n>>> it.clear()\n>>> it.size()\n0"
    code = "class Box:\n    def clear(self):\n        return {}\n    def size(self):\n        return 0"
    found = chosen(sandbox, [code.format(7), code.format(None)], prompt)
    assert found.code == code.format(None)
    assert [failure.got for failure in found.candidates[0].failures] == ["returns 7"]


TYPED = "Write `share(part: int, whole: int) -> float | None`.\n\n>>> share(1, 2)\n0.5\n>>> share(3, 4)\n0.75"


@pytest.mark.parametrize("parameters", ["part", "part, whole, digits", "a, whole", "*, part, share"])
def test_other_parameters_than_the_signatures_count_against_a_candidate(sandbox: Sandbox, parameters: str) -> None:
    code = f"def share({parameters}):\n    return 0.5"
    fits = "def share(part, whole, *, digits=9):\n    return 0.5"
    prompt = TYPED.partition("\n")[0]
    found = chosen(sandbox, [code, fits], prompt)
    assert found.code == fits
    assert found.unmet == ()
    assert found.candidates[0].mistyped == (
        f"it is def share({parameters}), not def share(part: int, whole: int) -> float | None",
    )
    assert chosen(sandbox, [code, fits], prompt, types=False).code == code


def test_a_result_that_is_not_of_its_type_counts_against_a_candidate(sandbox: Sandbox) -> None:
    codes = [
        f"def share(part, whole):\n    return part / whole if whole > 0 else {other}" for other in ("''", "None")
    ]
    found = chosen(sandbox, codes, TYPED)
    assert found.code == codes[1]
    assert found.unmet == ()
    assert found.candidates[0].mistyped == ("it does not always return float | None",)
    assert chosen(sandbox, codes, TYPED, types=False).code == codes[0]


def test_without_a_signature_in_the_prompt_that_of_the_specification_holds(sandbox: Sandbox) -> None:
    codes = ["def double(y):\n    return 2 * y", GOOD]
    prompt = "Double a number with `double`."
    answers = {"prompt_to_ir": lambda n: IR}
    found, _ = run(sandbox, lambda kind, n: answers.get(kind, codes.__getitem__)(n), prompt, samples=2, direct=False)
    assert found.code == GOOD


@pytest.mark.parametrize("element", ELEMENTS)
def test_every_element_can_be_switched_off_and_is_named_then(element: str) -> None:
    config = ForwardConfig().without([element])
    assert config != ForwardConfig()
    assert config.off == [element]


def test_what_can_not_be_switched_off_is_refused() -> None:
    with pytest.raises(ConfigError, match="no element 'luck': specification, grammar"):
        ForwardConfig().without(["luck"])
    with pytest.raises(ConfigError, match="nothing to ask"):
        ForwardConfig().without(["specification", "direct"])


def test_a_candidate_that_dies_on_inputs_like_the_examples_loses_to_one_that_does_not(sandbox: Sandbox) -> None:
    dying = "import os\ndef double(x):\n    return 2 * x if x in (2, -3) else os._exit(0)"
    found = chosen(sandbox, [dying, GOOD], PROMPT)
    assert found.code == GOOD
    assert found.candidates[0].mistyped == ("it fails as a whole on inputs like those of the examples",)


def test_a_precondition_that_can_not_be_evaluated_switches_no_check_off(sandbox: Sandbox) -> None:
    wordy = "def double(x):\n    return 2 * x if x in (2, -3) else 'no'"
    odd = f"{IR}\nrequires: isinstance(x, Coin)"

    def answer(kind: str, n: int) -> str:
        return odd if kind == "prompt_to_ir" else [wordy, GOOD][n]

    found, _ = run(sandbox, answer, samples=2, direct=False, repairs=0)
    assert found.code == GOOD
    assert found.candidates[0].mistyped == ("it does not always return int",)
    assert found.candidates[0].broken == ("result == 2 * x",)


def test_a_specification_nested_beyond_measure_can_not_be_read(sandbox: Sandbox) -> None:
    deep = f"{IR}\nensures: {'-' * 100_000}1"
    found, _ = run(sandbox, lambda kind, n: deep if kind == "prompt_to_ir" else GOOD, repairs=0)
    assert "no predicate" in found.unread
    assert found.code == GOOD


@pytest.mark.parametrize("code", ["double = lambda x: 2 * x", "if True:\n    def double(x):\n        return 2 * x"])
def test_what_binds_the_name_in_another_way_is_a_candidate(sandbox: Sandbox, code: str) -> None:
    found = chosen(sandbox, [code], PROMPT)
    assert (found.code, found.unmet, found.examples) == (code, (), 2)
