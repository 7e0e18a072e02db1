"""One grammar serves both engines: its EBNF means what its Lark means, and what has no counterpart is refused."""

from __future__ import annotations

import pytest

from lift_sys.errors import ConfigError
from lift_sys.ir.compact import grammar
from lift_sys.providers.lark import to_ebnf


def body(lark: str) -> str:
    """The right side of `start`."""
    return to_ebnf(lark).splitlines()[1].removeprefix("start ::= ")


@pytest.mark.parametrize(
    ("lark", "ebnf"),
    [
        ('"a" b\nb: "c"', '"a" b'),
        ('"a" b', None),
        ('"a" | "b"\n  | "c"', '"a" | "b" | "c"'),
        ('"a"? ("b" "c")* ["d"] "e"~', None),
        ('"a"? ("b" "c")* ["d"]', '"a"? ("b" "c")* ("d")?'),
        ('"x"{2,3} "y"{2}', '"x"{2,3} "y"{2}'),
        ('"a".."f"', "[a-f]"),
        ('"\\n\\"\\\\é"', '"\\n\\"\\\\\\u00e9"'),
        ("/[a-z_]+/", "([a-z_])+"),
        (r"/[^\n'\]]*/", r"([^\n'\]])*"),
        (r"/a|b(c\.d)?/", r'("a" | "b" (("c" "." "d"))?)'),
        (r"/\d{1,3}\/\w/", r'([0-9]){1,3} "/" [0-9A-Z_a-z]'),
        ("/./", "[^\\n]"),
        ('"a" // a comment\n# another\nc: "d"', '"a"'),
        ('"a"i', None),
        ("/(?=a)b/", None),
        ("/^a$/", None),
        ("/a/x", None),
        ("/[/", None),
        ('"a" & "b"', None),
        ("%ignore b", None),
    ],
)
def test_each_part_of_lark_has_its_counterpart_or_is_refused(lark: str, ebnf: str | None) -> None:
    if ebnf is None:
        with pytest.raises(ConfigError):
            to_ebnf(f"start: {lark}\n")
    else:
        assert body(f"start: {lark}\n") == ebnf


@pytest.mark.parametrize("lark", ["", "a: b\n", 'start: "a"\nstart: "b"\n', 'start "a"\n', 'start: ("a"\n'])
def test_what_is_no_grammar_is_refused(lark: str) -> None:
    with pytest.raises(ConfigError, match="grammar"):
        to_ebnf(lark)


def test_a_rule_may_be_called_root() -> None:
    assert to_ebnf('start: root\nroot: "a"\n') == 'root ::= start\nstart ::= the_root\nthe_root ::= "a"\n'


def test_every_rule_of_the_compact_ir_is_translated() -> None:
    lines = to_ebnf(grammar()).splitlines()
    rules = [line.partition(":")[0] for line in grammar().strip().splitlines()]
    assert [line.partition(" ::= ")[0] for line in lines] == ["root", *rules]
