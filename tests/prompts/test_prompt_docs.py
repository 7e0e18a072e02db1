"""Documentation reaches a prompt as prose: no fences, no type in place of a sentence, no type of a harness."""

from __future__ import annotations

import pytest
from prompt_builders import case, one

from lift_sys.data_synthesis.docstrings import parse_docstring
from lift_sys.data_synthesis.projections import projected
from lift_sys.data_synthesis.prompt_synthesizer import PromptSynthesizer
from lift_sys.ir import Assertion, Provenance
from lift_sys.reverse_mode.doc_sections import summary


@pytest.mark.parametrize("fence", ["```pycon", "```python", "```", "~~~"])
def test_fenced_code_is_no_prose_and_its_doctests_are_examples(fence: str) -> None:
    end = fence[:3]
    text = f"Double a number.\n\n{fence}\n>>> double(2)\n4\n{end}\n\nIt is exact.\n\n{fence}\nx = double(1)\n{end}\n"
    doc = parse_docstring(text)
    assert doc.summary == "Double a number."
    assert doc.body.strip() == "It is exact."
    assert [(item.source, item.want) for item in doc.examples] == [("double(2)", "4")]


@pytest.mark.parametrize(
    "text",
    ["```pycon\n>>> f(1)\n2\n```\nAdd one.", "Add one\n```python\nf(1)\n```", "Add one.\n```\nunclosed"],
)
def test_an_intent_holds_no_fences(text: str) -> None:
    assert summary(text).rstrip(".") == "Add one"


def test_code_in_three_ticks_within_a_line_is_quoted_once() -> None:
    function, ir = one('def f(x):\n    """Call ```f(1)``` for a start."""\n    return x\n')
    text = PromptSynthesizer().synthesize(function, ir).prompts["request"]
    assert "`f(1)`" in text
    assert "``" not in text


@pytest.mark.parametrize(
    ("written", "hint", "description"),
    [
        ("bool.", "bool", ""),
        ("datetime.date", "datetime.date", ""),
        ("`str` or `None`", "str | None", ""),
        ("list[Message]", "list[Message]", ""),
        ("[str] -- The name of it.", "str", "The name of it."),
        ("boolean indicating success.", None, "boolean indicating success."),
        ("Decoded text", None, "Decoded text"),
    ],
)
def test_a_type_is_no_description_of_a_result(written: str, hint: str | None, description: str) -> None:
    for text in (f"Do it.\n\n:return: {written}", f"Do it.\n\nReturns:\n    {written}\n"):
        found = parse_docstring(text).returns
        assert found is not None
        assert (found.type_hint, found.description) == (hint, description)


def test_a_template_left_empty_says_nothing() -> None:
    code = 'def f(x):\n    """Do it.\n\n    Returns:\n        [type]: [description]\n    """\n    return x\n'
    for text in PromptSynthesizer().synthesize(*one(code)).prompts.values():
        assert "[description]" not in text


def test_the_type_of_what_a_harness_makes_of_a_result_is_not_told() -> None:
    function, ir = one("def f(n):\n    return Box(n)\n")
    assert function.slice is not None
    function = function.model_copy(update={"slice": projected(function.slice, "object")})
    seen = Provenance(source="observed", observed_calls=9)
    clause = Assertion(kind="postcondition", predicate="all(isinstance(e, str) for e in result)", provenance=seen)
    signature = ir.signature.model_copy(update={"returns": "tuple[str, dict]"})
    ir = ir.model_copy(update={"signature": signature, "assertions": (clause,)})
    test = case(1, gives=("Box", {"n": 1}))
    for text in PromptSynthesizer().synthesize(function, ir, [test]).prompts.values():
        assert "tuple[str, dict]" not in text
        assert "every element" not in text.lower()
