"""Mutants are written as their author would have: nothing but the fault tells where they are."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from lift_sys.sandbox.guest.edits import SourceText
from lift_sys.sandbox.guest.sites import Site, sites
from lift_sys.sandbox.guest.spelling import Unreadable, next_number, respelt, value_of


def made(body: str) -> list[tuple[str, str]]:
    """Operator and body of every mutant."""
    code = "def f(a, b):\n" + textwrap.indent(body, "    ")
    found: list[Site] = sites(SourceText(code), ast.parse(code).body[0], 0)
    edited = [(site.operator, code[: site.start] + site.text + code[site.end :]) for site in found]
    return [(operator, textwrap.dedent(text.partition("\n")[2])) for operator, text in edited]


@pytest.mark.parametrize(
    ("body", "operator", "after"),
    [
        ('return "name"', "string", 'return "nam"'),
        ('return "name"', "string", 'return ""'),
        ("return 'name'", "string", "return 'nam'"),
        ('return b","', "string", 'return b";"'),
        ('return u"name"', "string", 'return u"nam"'),
        ('return "\\u00e9t\\xe9s"', "string", 'return "\\u00e9t\\xe9"'),
        ('return "a\\tbc"', "string", 'return "a\\tb"'),
        ('return """ab\ncd"""', "string", 'return """ab\nc"""'),
        ('return r"\\w+x"', "string", 'return r"\\w+"'),
        ('return r"x+\\w"', "string", 'return r"x+"'),
        ('return "\'"', "string", "return '\"'"),
        ('return ("ab"\n        "cd")', "string", 'return ("ab"\n        "c")'),
        ('return re.match(r"\\d+$", b)', "regular expression", 'return re.match(r"\\w+$", b)'),
        ('return f"{a}, "', "string", 'return f"{a},"'),
        ('return f"{a}: {b!r:>9}"', "swapped arguments", 'return f"{b!r:>9}: {a}"'),
        ('return f"<{a}>{{"', "removed operand", 'return "<>{"'),
        ('return f"{a}-{b}"', "removed operand", 'return f"{a}-"'),
        ("return f\"{a['k']}x{b}\"", "removed operand", "return f\"{a['k']}x\""),
    ],
)
def test_a_changed_text_keeps_quotes_prefix_and_escapes(body: str, operator: str, after: str) -> None:
    assert (operator, after) in made(body)


@pytest.mark.parametrize(
    ("body", "operator", "after"),
    [
        ("return [\n    a,\n    b,\n]", "removed element", "return [\n    a,\n]"),
        ("return [\n    a,\n    b,\n]", "removed element", "return [\n    b,\n]"),
        ("return (\n    a,\n    b,\n)", "removed element", "return (\n    b,\n)"),
        ("return a, b, 1", "removed element", "return b, 1"),
        ("return {\n    1: a,\n    2: b,\n}", "removed element", "return {\n    1: a,\n}"),
        ("return (\n    a\n    and b\n    and 1\n)", "removed operand", "return (\n    b\n    and 1\n)"),
        ("return not (a and b)", "removed operand", "return not b"),
        ("return not (a and b)", "unary", "return a and b"),
        ("return g(a and b)", "removed operand", "return g(b)"),
        ("return (a + b) * 2", "removed operand", "return a + b"),
        ("return (\n    a.x(\n    ).y\n    + b\n)", "removed operand", "return (\n    a.x(\n    ).y\n)"),
        ("return str(a\n    + b)", "removed call", "return (a\n    + b)"),
        ("if (\n    a\n    and b\n):\n    g()", "negated condition", "if not (\n    a\n    and b\n):\n    g()"),
        ("return [x for x in a if x]", "removed filter", "return [x for x in a]"),
        ("return len(a)+b", "off by one", "return len(a)-1+b"),
        ("return len(a) + b", "off by one", "return len(a) - 1 + b"),
        ("return b - len(a)", "off by one", "return b - (len(a) - 1)"),
        ('return g("x") + "".join(a)', "removed operand", 'return "".join(a)'),
        ('g("x")\nreturn a.join(b)', "return value", 'g("x")\nreturn ""'),
        ("g('x')\nreturn a.join(b)", "return value", "g('x')\nreturn ''"),
    ],
)
def test_lines_brackets_commas_and_spaces_stay_as_they_are(body: str, operator: str, after: str) -> None:
    assert (operator, after) in made(body)


@pytest.mark.parametrize("body", ["return a[b + 1:]", "return range(len(a) - 1)"])
def test_no_second_step_is_added_to_one(body: str) -> None:
    assert "off by one" not in [operator for operator, _ in made(body)]


@pytest.mark.parametrize(
    ("body", "operator", "after"),
    [
        ("g(a)  # why\nreturn a\n", "removed statement", "return a\n"),
        ("b = 1\ng(\n    a\n)\n", "removed statement", "b = 1\n"),
        ("if a:\n    raise ValueError\nreturn b\n", "removed raise", "if a:\n    pass\nreturn b\n"),
        ("g(a); b = 2\nreturn b\n", "removed statement", "pass; b = 2\nreturn b\n"),
        ("for x in a:\n    g(x)\n    break\n", "loop exit", "for x in a:\n    g(x)\n"),
    ],
)
def test_a_removed_statement_leaves_a_pass_only_where_its_block_needs_one(
    body: str, operator: str, after: str
) -> None:
    assert (operator, after) in made(body)


def test_words_beside_brackets_do_not_run_together() -> None:
    assert ("removed operand", "return not(b)") in made("return not(a and b)")
    assert ("negated condition", "if(not (a and b)):\n    g()") in made("if(a and b):\n    g()")


def test_a_bracket_in_a_comment_is_none() -> None:
    after = "x = (b or  # (\n     a)\nreturn x"
    assert ("removed operand", "x = b\nreturn x") in made(after)
    assert all(ast.parse(text) for _, text in made("x = [  # (\n    a or b\n]\nreturn (x)"))


@pytest.mark.parametrize(
    ("number", "step", "other"),
    [
        ("7", 1, "8"), ("0xF0", -1, "0xEF"), ("0x0f", 1, "0x10"), ("0o17", 1, "0o20"), ("0b011", 1, "0b100"),
        ("1_000", -1, "999"), ("1_000", 1, "1_001"), ("1.", 1, "2."), ("1.50", 1, "2.50"), ("0.25", -1, "0.24"),
        ("1.1", -1, "0.1"), ("1e-6", 1, "1e-5"), ("1E05", -1, "1E04"),
    ],
)  # fmt: skip
def test_a_changed_number_keeps_its_notation(number: str, step: int, other: str) -> None:
    assert next_number(number, step) == other


def test_no_number_gets_a_sign() -> None:
    assert [after for operator, after in made("return a - 0.0") if operator == "constant"] == ["return a - 1.0"]


@pytest.mark.parametrize(
    "text", ["'a'", '"é\\n"', r"r'\d'", "'\\x41\\101\\u0041\\N{BULLET}'", "'''a\n'b'''", "'a' \\\n  \"b\"", "'\\d'"]
)
@pytest.mark.parametrize("new", ["", "x", "it's", '"', "'\"\\", "a\nb", "\x00é"])
def test_a_respelt_literal_stands_for_what_it_should(text: str, new: str) -> None:
    old = ast.literal_eval(text.replace("\\d", "\\\\d") if not text.startswith("r") else text)
    made = respelt(text, old, new)
    assert value_of(made) == new
    assert ast.literal_eval(made) == new


def test_what_is_no_literal_is_left_alone() -> None:
    for text in ("name", "'a", "f'{x'", "'a' b"):
        with pytest.raises(Unreadable):
            value_of(text)


def digest(code: str) -> str:
    found = sites(SourceText(code), ast.parse(code).body[0], 0)
    return hashlib.sha256(repr([(s.operator, s.start, s.end, s.text) for s in found]).encode()).hexdigest()


SAMPLE = (
    "def f(a, b=0.5):\n    if a and b:\n        return f\"{a!r}: {b:>{a}} {'x'}\" f'{{{b}}}'\n"
    "    return [a, \"é\\u00e9\", r'\\d', 0xFF, 1e-3][a : b + 1]\n"
)


def other_pythons() -> list[Path]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [path for minor in (11, 12, 13) for path in sorted(root.glob(f"3.{minor}.*/bin/python"))[-1:]]


def test_the_same_mutants_on_every_python() -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python is there")
    guest = Path(__file__).parents[2] / "lift_sys" / "sandbox" / "guest"
    program = (
        "import ast, sys, hashlib\n"
        f"sys.path.insert(0, {str(guest)!r})\n"
        "from edits import SourceText\nfrom sites import sites\ncode = sys.stdin.read()\n"
        "found = sites(SourceText(code), ast.parse(code).body[0], 0)\n"
        "text = repr([(s.operator, s.start, s.end, s.text) for s in found])\n"
        "print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    for python in pythons:
        run = subprocess.run(
            [python, "-I", "-X", "utf8", "-c", program], input=SAMPLE, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == digest(SAMPLE), python
