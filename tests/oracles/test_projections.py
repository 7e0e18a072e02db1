"""Harnesses: results that are no plain values become plain ones, the same way on every run."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence

import pytest

from lift_sys import wire
from lift_sys.data_synthesis.oracles import Exploration, explore
from lift_sys.data_synthesis.projections import ITEMS, projected
from lift_sys.records import Function, Slice, wire_text
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.candidate import Call, run_calls


def function(code: str, entry: str = "f", *, is_generator: bool = False) -> Function:
    code = textwrap.dedent(code).strip() + "\n"
    return Function(
        repository="r", path="p.py", module="p", qualname=entry, name=entry, kind="function", lineno=1, end_lineno=2,
        source=code, is_generator=is_generator, slice=Slice(code=code, entry_point=entry),
    )  # fmt: skip


def load(found: Slice | None) -> dict[str, object]:
    assert found is not None
    names: dict[str, object] = {"__name__": "candidate"}
    exec(compile(found.program, "candidate.py", "exec", dont_inherit=True), names)  # our own toy code
    return names


def plain(code: str, *args: object) -> object:
    """What `f` of our own toy code gives under the object projection."""
    code = textwrap.dedent(code).strip() + "\n"
    call = load(projected(Slice(code=code, entry_point="f"), "object"))["lift_call"]
    return wire.decode(wire.encode(call(*args)))  # type: ignore[operator]


def outcomes(found: Exploration) -> list[str]:
    return [wire_text(call.outcome.value) for call in found.calls if call.outcome.raises is None]


ITERATORS = {
    "generator": ("def f(n: int):\n    for i in range(min(n, 9)):\n        yield i * i", True),
    "map": ("def f(xs: list[int]): return map(abs, xs)", False),
    "zip": ("def f(a: str, b: str): return zip(a, b)", False),
    "for ever": ("def f(n: int):\n    while True:\n        yield n\n        n += 1", True),
    "chain": ("from itertools import chain\ndef f(xs: list[list[int]]): return chain.from_iterable(xs)", False),
}


@pytest.mark.parametrize("name", ITERATORS)
def test_what_an_iterator_gives_is_a_list_in_every_process(sandbox: Sandbox, name: str) -> None:
    code, is_generator = ITERATORS[name]
    found = explore(sandbox, function(code, is_generator=is_generator), budget=60)
    assert found.reason is None
    assert found.slice is not None
    assert found.slice.projection == "iterator"
    assert all(isinstance(call.outcome.value, list) for call in found.calls if call.outcome.raises is None)
    calls = [Call(wire_text({"t": list(call.args)})) for call in found.calls if not call.kwargs]
    again = run_calls(sandbox, found.slice.program, found.slice.driver, calls, regime="one_process")
    wanted = [wire_text(call.outcome.value) for call in found.calls if not call.kwargs]
    assert [outcome.value for outcome in again] == wanted


OBJECTS: dict[str, tuple[str, Sequence[object], object]] = {
    "decimal": ("from decimal import Decimal\ndef f(x): return [Decimal(x)]", ["1.50"], [("Decimal", "1.50")]),
    "date": ("import datetime\ndef f(x): return datetime.date(x, 1, 2)", [2021], ("date", "2021-01-02")),
    "delta": ("import datetime\ndef f(x): return datetime.timedelta(x)", [2], ("timedelta", "2 days, 0:00:00")),
    "counter": (
        "from collections import Counter\ndef f(x): return Counter(x)", ["aab"], ("Counter", {"a": 2, "b": 1})
    ),
    "deque": ("from collections import deque\ndef f(x): return deque(x)", [[1, 2]], ("deque", [1, 2])),
    "range": ("def f(n): return range(n)", [3], ("range", (0, 3, 1))),
    "view": ("def f(d): return d.keys()", [{"a": 1}], ("dict_keys", ["a"])),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int = 2\ndef f(x): return P(x)",
        [1], ("P", {"x": 1, "y": 2}),
    ),
    "frozen with slots": (
        "from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\nclass P:\n    x: int\n"
        "def f(x): return P(x)", [1], ("P", {"x": 1}),
    ),
    "inherited slots": (
        "class A:\n    __slots__ = 'a'\nclass B(A):\n    __slots__ = ('b', 'c')\n"
        "def f(x):\n    b = B()\n    b.b, b.a = x, 3\n    return b", [1], ("B", {"a": 3, "b": 1}),
    ),
    "namedtuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x): return {'p': P(x, [x])}", [1],
        {"p": ("P", {"x": 1, "y": [1]})},
    ),
    "enum": ("import enum\nclass C(enum.Enum):\n    RED = 7\ndef f(x): return C(x)", [7], ("C", "RED")),
    "error": ("def f(x): return ValueError(f'bad {x}')", [1], ("ValueError", "bad 1")),
    "match": ("import re\ndef f(x): return re.match('(a)(b)?', x)", ["a"], ("Match", ((0, 1), "a", ("a", None)))),
    "pattern": ("import re\ndef f(x): return re.compile(x, re.I)", ["a"], ("Pattern", ("a", 34))),
    "text subclass": ("class S(str):\n    pass\ndef f(x): return S(x)", ["a"], ("S", "a")),
    "list subclass": ("class L(list):\n    pass\ndef f(x): return L(x)", [[1]], ("L", [1])),
    "path": ("import pathlib\ndef f(x): return pathlib.PurePosixPath(x) / 'b'", ["a"], ("PurePosixPath", "a/b")),
    "type": ("def f(x): return type(x)", [1], ("type", "int")),
    "key": ("from fractions import Fraction\ndef f(x): return {Fraction(x, 2): x}", [1], {("Fraction", "1/2"): 1}),
    "nested iterator": ("def f(x): return [iter(x), (i for i in x)]", [[1, 2]], [[1, 2], [1, 2]]),
    "future annotations": (
        "from __future__ import annotations\nimport enum\nclass C(enum.IntFlag):\n    A: int = 1\n    B = 2\n"
        "def f(x): return C(x)", [3], ("C", "A|B"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_becomes_its_type_and_content(name: str) -> None:
    code, args, expected = OBJECTS[name]
    assert plain(code, *args) == expected


def test_an_object_that_nothing_is_known_of_stays_without_an_encoding() -> None:
    with pytest.raises(wire.WireError):
        plain("def f(x): return lambda: x", 1)


def test_an_object_that_holds_itself_ends() -> None:
    with pytest.raises(wire.WireError):
        plain("class A:\n    pass\ndef f(x):\n    a = A()\n    a.a = a\n    return a", 1)


def test_objects_are_found_to_need_it(sandbox: Sandbox) -> None:
    code = """
        from dataclasses import dataclass

        @dataclass
        class Span:
            start: int
            size: int

        def f(text: str, at: int = 0):
            return Span(at, len(text) - at)
    """
    found = explore(sandbox, function(code), budget=60)
    assert found.slice is not None
    assert found.slice.projection == "object"
    assert all(text.startswith('{"t":["Span",{"d":["size"') for text in outcomes(found))
    assert len(set(outcomes(found))) > 2


def test_plain_results_need_none(sandbox: Sandbox) -> None:
    assert explore(sandbox, function("def f(n: int): return n * 2"), budget=40).slice is None


def test_the_harness_is_no_part_of_what_the_explorer_learns_from(sandbox: Sandbox) -> None:
    code = "def f(word: str):\n    if word == 'sesame':\n        yield 'open'\n    yield word"
    found = explore(sandbox, function(code, is_generator=True))
    assert found.coverage == 1.0
    assert any(call.args == ("sesame",) for call in found.calls)
    assert not any("lift" in str(call.args) for call in found.calls)


def test_the_signature_is_that_of_the_function() -> None:
    names = load(projected(Slice(code="def f(a: int, *, b=2):\n    yield a\n", entry_point="f"), "iterator"))
    assert str(inspect.signature(names["lift_call"])) == "(a: int, *, b=2)"  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["def list(x): return 1", "from m import hasattr", "for type in (1,): pass"])
def test_a_module_that_hides_what_the_harness_needs_gets_none(code: str) -> None:
    assert projected(Slice(code=f"{code}\ndef f(x): return x\n", entry_point="f"), "object") is None


def test_an_iterator_is_cut() -> None:
    code = "from itertools import count\ndef f(n): return count(n)\n"
    names = load(projected(Slice(code=code, entry_point="f"), "iterator"))
    assert names["lift_call"](5) == list(range(5, 5 + ITEMS))  # type: ignore[operator]
