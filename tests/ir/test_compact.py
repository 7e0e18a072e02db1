"""The compact IR: what is written can be read, what is read is checked, and the grammar holds what is written."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from lift_sys.errors import IRError
from lift_sys.ir.compact import ASSERTIONS, EFFECTS, HOLES, grammar, parse, render
from lift_sys.ir.models import EffectKind, HoleKind
from lift_sys.providers.grammars import holds
from lift_sys.reverse_mode.lifter import lift_source

FULL = """def clamp(value: dict[str, int], /, low: int = 0x10, *rest: "int", sep='[', **more) -> list[int] | None
param low: the least that comes back
intent: Limit a number: from below.
requires: low >= 0
ensures: result is None or result[0] >= low
invariant: value == old(value)
raises: ValueError: `value` is negative
argument_mutation: changes value
note: needs the standard library only
hole intent why: str: what it is for
hole signature more: type: type of the parameter more
hole signature rest: type"""


def test_every_clause_comes_back() -> None:
    assert render(parse(FULL)) == FULL


SIGNATURES = (
    "def f()",
    "def f(*, a=1)",
    "def f(a, /)",
    "def f(a, /, b, *, c: int = 2) -> int",
    "def f(*args, key=None)",
    "def größe(ä='é')",
)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_every_kind_of_parameter_comes_back(signature: str) -> None:
    text = f"{signature}\nintent: Do it."
    assert render(parse(text)) == text


def test_what_was_lifted_comes_back() -> None:
    source = '''
def area(width: float, height: float = 1.0) -> float:
    """Multiply.

    Args:
        width: in
            metres

    Raises:
        ValueError: negative
    """
    if width < 0:
        raise ValueError(width)
    return width * height
'''
    ((_, ir),) = lift_source(source)
    text = render(ir)
    assert "param width: in metres" in text
    assert render(parse(text)) == text
    assert all(clause.provenance and clause.provenance.source == "model" for clause in parse(text).effects)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "begins with its signature"),
        ("intent: a\ndef f()", "begins with its signature"),
        ("def f(", "no signature"),
        ("def f(); import os", "no signature"),
        ("def f()", "no intent"),
        ("def f()\nintent:", "says nothing"),
        ("def f()\nintent: a\nensures: result >", "no predicate"),
        ("def f()\nintent: a\nsings: loudly", "no clause"),
        ("def f()\nparam b: what\nintent: a", "no clause"),
        ("def f()\nintent: a\nhole nowhere x: int: y", "no hole"),
    ],
)
def test_what_is_no_ir_is_refused_with_its_line(text: str, names: str) -> None:
    with pytest.raises(IRError, match=names):
        parse(text)


@pytest.mark.parametrize("text", [FULL, *(f"{line}\nintent: Do it." for line in SIGNATURES)])
def test_the_grammar_holds_what_is_written(text: str) -> None:
    pytest.importorskip("llguidance")
    assert holds(grammar(), render(parse(text)))


CLAUSES = (*ASSERTIONS.values(), *EFFECTS, "note", *(f"hole {kind} x" for kind in HOLES))


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_grammar_holds_every_clause_before_and_after_every_later_one(clause: str) -> None:
    pytest.importorskip("llguidance")
    later = CLAUSES[CLAUSES.index(clause) :]
    for other in later:
        text = f"def f()\nintent: a\n{clause}: str: b\n{other}: str: b"
        assert holds(grammar(), text), text


NOTHING = (
    "def f()",
    "def f()\nintent: a\nsings: loudly",
    "def f(\nintent: a",
    "def f():\nintent: a",
    "def f() -> int:\nintent: a",
    "intent: a",
)


@pytest.mark.parametrize("text", NOTHING)
def test_the_grammar_holds_nothing_else(text: str) -> None:
    pytest.importorskip("llguidance")
    assert not holds(grammar(), text)


def test_the_grammar_has_every_kind_of_the_schema() -> None:
    words = set(re.findall(r'"([a-z_]+)"', grammar()))
    assert words >= {*get_args(EffectKind), *get_args(HoleKind)}
