"""Static lifting: what each clause of an IR says, and that nothing more is claimed than the code shows."""

from __future__ import annotations

import inspect
import json
import sysconfig
import textwrap
from pathlib import Path

import pytest

from lift_sys.ir import IntermediateRepresentation
from lift_sys.reverse_mode.doc_sections import parameter_descriptions, summary
from lift_sys.reverse_mode.lifter import lift_source

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def lift(source: str, name: str = "f") -> IntermediateRepresentation:
    return dict(lift_source(textwrap.dedent(source)))[name]


def predicates(ir: IntermediateRepresentation, kind: str) -> list[str]:
    return [clause.predicate for clause in ir.assertions if clause.kind == kind]


def effect_kinds(source: str, name: str = "f") -> set[str]:
    return {effect.kind for effect in lift(source, name).effects}


def test_every_kind_of_parameter_with_hint_default_and_description():
    ir = lift('''
        def f(a, /, b: int = 1, *rest: str, c, d: "list[int]" = (1, 2), **more) -> dict[str, int]:
            """Do it.

            Args:
                a: the first
                b (int): the second,
                    in two lines
                more: what is left
            """
    ''')
    found = [(p.name, p.kind, p.type_hint, p.default, p.description) for p in ir.signature.parameters]
    assert found == [
        ("a", "positional_only", None, None, "the first"),
        ("b", "positional_or_keyword", "int", "1", "the second, in two lines"),
        ("rest", "var_positional", "str", None, None),
        ("c", "keyword_only", None, None, None),
        ("d", "keyword_only", '"list[int]"', "(1, 2)", None),
        ("more", "var_keyword", None, None, "what is left"),
    ]
    assert ir.signature.returns == "dict[str, int]"
    assert [hole.identifier for hole in ir.signature.holes] == ["a", "c", "more"]
    assert {hole.kind for hole in ir.signature.holes} == {"signature"}


def test_private_names_of_a_class_are_mangled_as_at_run_time():
    ir = lift("class _Box:\n    def f(self, __x, __y__): pass\n", "_Box.f")
    assert [p.name for p in ir.signature.parameters] == ["self", "_Box__x", "__y__"]


def test_a_function_without_docstring_gets_a_hole_for_its_intent():
    ir = lift("def parse_HTTPHeader2(x): return x\n", "parse_HTTPHeader2")
    assert ir.intent.summary == "Parse HTTP Header 2"
    assert [hole.kind for hole in ir.intent.holes] == ["intent"]
    assert ir.intent.provenance is not None
    assert ir.intent.provenance.source == "inferred"


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Return the sum. More of it.", "Return the sum. More of it."),
        ("Return the sum of all the numbers that were given to it here. More of it.",
         "Return the sum of all the numbers that were given to it here."),
        ("\n    Return\n    the sum\n\n    More.", "Return the sum"),
        ("f(x) -> y\n\nReturn y.", "Return y."),
        ("Sum.\n:param x: a number", "Sum."),
        ("   \n ", ""),
    ],
)  # fmt: skip
def test_summary_is_the_first_sentence_or_paragraph(docstring, expected):
    assert summary(inspect.cleandoc(docstring)) == expected


DOCSTRINGS = {
    "google": "Do.\n\nArgs:\n    left (int): first one\n        goes on\n    right: second\n\nReturns:\n    int: it",
    "numpy": "Do.\n\nParameters\n----------\nleft : int\n    first one\n    goes on\nright\n    second\n\nReturns\n"
    "-------\nint\n    it",
    "rest": "Do.\n\n:param int left: first one\n    goes on\n:param right: second\n:returns: it",
    "epytext": "Do.\n\n@param left: first one\n    goes on\n@param right: second\n@return: it",
}


@pytest.mark.parametrize("style", DOCSTRINGS)
def test_parameter_descriptions_agree_with_a_full_parser(style):
    docstring_parser = pytest.importorskip("docstring_parser")
    full = docstring_parser.parse(DOCSTRINGS[style], docstring_parser.DocstringStyle[_STYLES[style]])
    expected = {p.arg_name: " ".join((p.description or "").split()) for p in full.params}
    assert parameter_descriptions(DOCSTRINGS[style]) == expected == {"left": "first one goes on", "right": "second"}


_STYLES = {"google": "GOOGLE", "numpy": "NUMPYDOC", "rest": "REST", "epytext": "EPYDOC"}


def test_guards_become_preconditions_in_order():
    ir = lift("""
        def f(x, n):
            if not isinstance(x, list):
                raise TypeError("x")
            if n < 0 or n > len(x):
                raise ValueError
            assert n != 3, "never three"
            x = sorted(x)
            if x == []:
                raise KeyError
            return compute(x)
    """)
    assert predicates(ir, "precondition") == ["isinstance(x, list)", "not (n < 0 or n > len(x))", "n != 3"]
    assert predicates(ir, "postcondition") == []
    first = ir.assertions[0]
    assert first.rationale == "raises TypeError otherwise"
    assert first.provenance is not None
    assert (first.provenance.source, first.provenance.evidence) == ("static", ("line 3",))


def test_a_guard_after_an_early_return_holds_only_where_it_is_reached():
    ir = lift("""
        def f(n):
            if n == 0:
                return None
            if n < 0:
                raise ValueError
            if n < 2:
                return False
            return n * 2
    """)
    assert predicates(ir, "precondition") == ["n == 0 or not (n < 0)"]
    assert predicates(ir, "postcondition") == [
        "not (n == 0) or result is None",
        "n == 0 or not (n < 2) or result is False",
        "n == 0 or n < 2 or result == (n * 2)",
    ]


def test_nothing_is_claimed_after_an_exit_whose_condition_is_unknown():
    ir = lift("""
        def f(n):
            if lookup(n):
                return None
            if n < 0:
                raise ValueError
            return n
    """)
    assert ir.assertions == ()


def test_a_raise_under_an_unknown_condition_hides_nothing_from_calls_that_return():
    ir = lift("def f(n):\n    if lookup(n): raise KeyError\n    if n < 0: raise ValueError\n    return g(n)\n")
    assert predicates(ir, "precondition") == ["not (n < 0)"]


def test_conditions_on_parameters_that_are_changed_later_speak_of_old_values():
    ir = lift("def f(x, y):\n    if len(x) < 2: return y\n    x.pop()\n    return None\n")
    assert predicates(ir, "postcondition") == [
        "not (len(old(x)) < 2) or result == y",
        "len(old(x)) < 2 or result is None",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "x.pop()\n    if not x: raise ValueError\n    return g(x)",  # changed before
        "x = g(x)\n    if not x: raise ValueError\n    return g(x)",  # rebound before
        "if not next(x): raise ValueError\n    return g(x)",  # the test itself has an effect
        "if x in TABLE: raise ValueError\n    return g(x)",  # speaks of a global
        "for y in x:\n        if y: return 1\n    if x: raise ValueError\n    return g(x)",  # may have left before
        "try:\n        return g(x)\n    except E: pass\n    return x",
        "yield x\n    return x",
    ],
)
def test_what_does_not_follow_is_not_claimed(body):
    assert lift(f"TABLE = []\ndef f(x):\n    {body}\n").assertions == ()


def test_a_builtin_that_the_module_rebinds_is_not_the_builtin():
    assert (
        lift("def len(x): return 3\ndef f(x):\n    if len(x) > 3: raise ValueError\n    return g(x)\n").assertions
        == ()
    )


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", ["isinstance(result, int)"]),
        ("None", ["result is None"]),
        ("float", ["isinstance(result, (float, int))"]),
        ("str | None", ["result is None or isinstance(result, str)"]),
        ("Optional[list[int]]", ["result is None or isinstance(result, list)"]),
        ("Union[int, Dict[str, int]]", ["isinstance(result, (dict, int))"]),
        ("Iterable[int]", []),
        ("'int'", []),
    ],
)
def test_return_annotations_become_type_checks(annotation, expected):
    assert predicates(lift(f"def f(x) -> {annotation}: return g(x)\n"), "postcondition") == expected


def test_every_static_predicate_parses_and_holds_on_calls():
    source = textwrap.dedent("""
        def clamp(x, low, high):
            if low > high:
                raise ValueError("bounds")
            if x < low:
                return low
            if x > high:
                return high
            return x
    """)
    space: dict[str, object] = {}
    exec(source, space)  # our own text, right above
    ir = lift(source, "clamp")
    assert len(ir.assertions) == 4
    for x in range(-3, 4):
        for low in range(-2, 2):
            for high in range(-2, 2):
                values: dict[str, object] = {"x": x, "low": low, "high": high, "old": lambda v: v}
                try:
                    values["result"] = space["clamp"](x, low, high)  # type: ignore[operator]
                except ValueError:
                    assert not all(eval(p, values) for p in predicates(ir, "precondition"))
                    continue
                assert all(eval(clause.predicate, values) for clause in ir.assertions)


EFFECTS = [
    ("raises", "def f(): raise ValueError"),
    ("reads_file", "def f(p): return open(p).read()"),
    ("reads_file", "import os.path as p\ndef f(x): return p.exists(x)"),
    ("writes_file", "def f(p): open(p, 'w').write('')"),
    ("writes_file", "from shutil import rmtree\ndef f(p): rmtree(p)"),
    ("writes_file", "def f(p): p.write_text('x')"),
    ("network", "import urllib.request\ndef f(u): return urllib.request.urlopen(u)"),
    ("environment", "import os\ndef f(): return os.environ.get('HOME')"),
    ("environment", "def f():\n    from os import getenv as g\n    return g('X')"),
    ("clock", "import datetime as dt\ndef f(): return dt.datetime.now()"),
    ("clock", "from time import time\ndef f(): return time()"),
    ("randomness", "import random\ndef f(): return random.random()"),
    ("process", "import subprocess\ndef f(): subprocess.run([])"),
    ("console", "def f(): print(1)"),
    ("global_state", "N = 0\ndef f():\n    global N\n    N += 1"),
    ("global_state", "CACHE = {}\ndef f(k): CACHE[k] = 1"),
    ("argument_mutation", "def f(x): x.append(1)"),
    ("argument_mutation", "def f(x): x.a.b[3] = 1"),
    ("argument_mutation", "def f(x): del x[0]"),
    ("generator", "def f(x): yield x"),
    ("async", "async def f(x): return x"),
]


@pytest.mark.parametrize(("kind", "source"), EFFECTS)
def test_each_kind_of_effect_is_found_with_its_line(kind, source):
    ir = lift(source)
    effect = next(e for e in ir.effects if e.kind == kind)
    assert effect.provenance is not None
    assert effect.provenance.evidence[0].startswith("line ")


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    y = [1]\n    y.append(x)\n    return y",  # its own list
        "def f(x): return x.time.time()",  # an attribute, not the module
        "def open(x): return x\ndef f(x): return open(x)",  # not the builtin
        "def f(time): return time.time()",  # a parameter of that name
        "def f(x):\n    try:\n        raise KeyError\n    except KeyError:\n        return x",
        "import os\ndef f(x): return os.path.join(x, 'a')",
        "def f(x):\n    def g(): yield 1\n    return g",
        "def f(x): return lambda: (yield)",
    ],
)
def test_no_effect_is_claimed_that_is_not_there(source):
    assert effect_kinds(source) == set()


def test_the_ir_is_the_same_after_json():
    text = (STDLIB / "statistics.py").read_text()
    for _, ir in lift_source(text, path="statistics.py"):
        again = IntermediateRepresentation.model_validate_json(ir.model_dump_json())
        assert again == ir
        assert json.loads(ir.model_dump_json()) == ir.model_dump(mode="json")
