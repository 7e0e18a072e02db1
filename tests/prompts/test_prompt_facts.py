"""What a prompt states as a fact follows from the code or its documentation, not from the calls that were seen."""

from __future__ import annotations

import pytest
from prompt_builders import case, one

from lift_sys.data_synthesis.prompt_synthesizer import PromptSynthesizer
from lift_sys.ir import Assertion, Provenance

WORDS = "def split(text):\n    return [word for word in text.split() if word]\n"
CALL = case("a b", gives=["a", "b"])


def stated(predicate: str, source: str = "observed", rationale: str | None = None) -> str:
    """All registers of a function of whose result the predicate held."""
    function, ir = one(WORDS)
    provenance = Provenance(source=source, confidence=1.0, observed_calls=90)  # type: ignore[arg-type]
    clause = Assertion(kind="postcondition", predicate=predicate, rationale=rationale, provenance=provenance)
    told = ir.model_copy(update={"assertions": (clause,)})
    return "\n".join(PromptSynthesizer().synthesize(function, told, [CALL]).prompts.values())


@pytest.mark.parametrize(
    "predicate",
    [
        "len(result) <= len(text)",
        "len(result) == 2",
        "len(result) > 0",
        "result >= text",
        "result >= 0",
        "result is None or len(result) >= 3",
    ],
)
def test_sizes_and_orders_that_were_only_observed_are_no_facts(predicate: str) -> None:
    assert "Properties of the result" not in stated(predicate)


def test_types_of_elements_and_what_guards_state_stay() -> None:
    assert "every element of the result is a string" in stated("all(isinstance(e, str) for e in result)").lower()
    assert "the result equals `text`" in stated("not (text == '') or result == text", "static", "early return")


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        ("text or result is None", "If `text` is falsy, the result is `None`"),
        (
            "text == 'a' or text == 'b' or result == 'c'",
            "If `text` differs from `'a'` and `text` differs from `'b'`, the",
        ),
        ("text.isascii() or result is None", "`text` is ASCII or the result is `None`"),
    ],
)
def test_early_returns_read_as_conditions(predicate: str, words: str) -> None:
    assert words in stated(predicate, "static", "early return")
