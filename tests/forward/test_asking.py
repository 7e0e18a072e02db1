"""A model is asked to mend code in the same words when it learns and when it is used."""

from __future__ import annotations

import pytest
from forward_kit import Model, case

from lift_sys.forward_mode.asking import Failure, fenced, to_repair
from lift_sys.forward_mode.synthesis import ForwardConfig, synthesize
from lift_sys.ir.compact import parse
from lift_sys.records import Expected, MutantEvidence, MutationEvidence
from lift_sys.sandbox import Sandbox
from lift_sys.sandbox.fences import blocks_in
from lift_sys.sandbox.judge import completion_text
from lift_sys.training.material import Material

PROMPT = "Write `double(x: int) -> int`.\n\nExamples:\n>>> double(2)\n4\n>>> double(-3)\n-6\n>>> double(5)\n10"
CODE = "def double(x):\n    return 2 * x"


def test_training_and_use_show_the_same_evidence(sandbox: Sandbox) -> None:
    place = CODE.index("*")
    mutant = MutantEvidence(
        operator="arithmetic",
        line=2,
        before="*",
        after="+",
        span=(place, place + 1),
        text="+",
        failing=(1, 2),
        got=Expected(value=-1),
    )
    learnt = Material(
        origin="dataset",
        source="0" * 64,
        group="g",
        cluster="",
        category="arithmetic",
        difficulty="easy",
        prompt=PROMPT,
        ir=parse("def double(x: int) -> int\nintent: Double."),
        code=CODE,
        entry_point="double",
        plain=True,
        tests=(case(2, gives=4), case(-3, gives=-6), case(5, gives=10)),
        mutation=MutationEvidence(mutants=(mutant,)),
    ).row("repair")
    model = Model(lambda kind, n: CODE.replace("*", "+"))
    synthesize([PROMPT], model, sandbox, ForwardConfig(specification=False, samples=1))
    assert learnt is not None
    assert model.asked[-1].prompt == learnt.prompt
    assert "double(-3) should return -6, but it returns -1\ndouble(5) should return 10" in learnt.prompt


def test_tests_that_are_too_long_to_show_are_left_out() -> None:
    long = Failure(f"f({'1' * 200})", "return 2", "returns 3")
    short = [Failure(f"f({n})", "return 2", "returns 3") for n in range(4)]
    assert to_repair("p", "c", [long]) == ""
    assert to_repair("p", "c", [long, *short]).endswith("```\n\nf(0) should return 2\nf(1) should return 2")


NESTED = 'def f():\n    """Says:\n\n    ```python\n    f()\n    ```\n    """\n    return 1'
FLUSH = 'def f():\n    """\n```\nf()\n```\n"""\n    return 1'


@pytest.mark.parametrize("code", [NESTED, FLUSH])
def test_code_with_fences_in_its_docstring_is_read_whole(code: str) -> None:
    assert completion_text(fenced(code)).strip() == code
    use = "```python\nprint(f())\n```"
    assert [block.strip() for block in blocks_in(f"Here:\n{fenced(code)}\nUse it:\n{use}")] == [code, "print(f())"]


def test_text_between_two_blocks_is_in_neither() -> None:
    text = "```python\nx = 1\n```\nand\n```text\nno code (\n```\nthen\n~~~\ny = 2\n~~~\n```python\nopen"
    assert [block.strip() for block in blocks_in(text)] == ["x = 1", "no code (", "y = 2"]
    assert completion_text("def f(): pass") == "def f(): pass"
