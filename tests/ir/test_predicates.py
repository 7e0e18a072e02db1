"""The predicate language: what it admits, and that evaluation in the box is exact and bounded."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from lift_sys.ir import Parameter, Signature
from lift_sys.records import Expected
from lift_sys.reverse_mode.predicates import BUILTINS, Checker, bind, check, is_predicate
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.guest.predicates import SAFE

ADDED = Signature(name="add", parameters=(Parameter(name="x"), Parameter(name="n", default="3")))
Observing = Callable[..., list[Any]]


@pytest.mark.parametrize(
    "text",
    [
        "x > 0",
        "result == x + n",
        "old(x) == x",
        "old(len(x)) <= len(result)",
        "all(e in x for e in result)",
        "{k: v for k, v in x.items()} == result",
        "result == (x if n else -x)",
        "math.isclose(result, math.sqrt(x))",
        "sorted(result, reverse=True) == x[::-1]",
        "isinstance(x, (int, float)) and not isinstance(x, bool)",
    ],
)
def test_expressions_of_the_language(text: str) -> None:
    assert is_predicate(text, {"x", "n"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x >",
        "x = 1",
        "x; n",
        "y > 0",
        "x.__class__",
        "x.append(1)",
        "x.pop()",
        "(lambda: x)()",
        "[y := x]",
        "open('f')",
        "eval('1')",
        "__import__('os')",
        "().__class__.__bases__",
        "x()",
        "math.factorial(x)",
        "'{0.__class__}'.format(x)",
        "f'{x}'",
        "await x",
        "(yield)",
        "old",
        "old(result)",
        "old(x, n)",
        "[len for len in x]",
        "[x for x in n]",
        "getattr(x, 'y')",
        "(" * 300 + "x" + ")" * 300,
        "x" + " + x" * 200,
        "\x00",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    assert not is_predicate(text, {"x", "n"})


def test_a_parameter_that_hides_a_builtin_is_not_called() -> None:
    assert is_predicate("len(x) > 0", {"x"})
    assert not is_predicate("len(x) > 0", {"x", "len"})


def test_host_and_guest_agree_on_the_builtins() -> None:
    assert {name for name in SAFE if name.isidentifier()} == BUILTINS | {"math"}


def test_truth_of_each_predicate_on_each_call(box: Sandbox, observing: Observing) -> None:
    calls = observing(lambda x, n=3: x + n, [(1,), (1, 2), (1, "a")])
    rows = check(box, ["result == x + n", "isinstance(n, int)", "result > 3", "x / 0", "nonsense("], ADDED, calls)
    assert rows == [
        [True, True, None],  # a call that raised has no result
        [True, True, False],
        [True, False, None],
        [None, None, None],
        [None, None, None],
    ]


def test_values_reach_the_predicate_exactly(box: Sandbox, observing: Observing) -> None:
    values = [float("nan"), -0.0, 2**70, "\ud800", b"\x00", {1: (2, {3})}, [True, None]]
    calls = observing(lambda x, n=3: x, [(value,) for value in values])
    texts = ["x != x", "str(x) == '-0.0'", "x == 2 ** 70", "len(x) == 1", "x == b'\\x00'", "x[1] == (2, {3})"]
    rows = check(box, [*texts, "result == [True, None]"], ADDED, calls)
    for index, row in enumerate(rows):
        assert [flag is True for flag in row] == [position == index for position in range(7)] or index == 3
    assert rows[3][3] is True


def test_what_does_not_end_or_blows_up_does_not_hold_and_harms_no_other(box: Sandbox, observing: Observing) -> None:
    bombs = [
        "all(i >= 0 for i in range(10**12))",
        "sum(1 for a in range(90000) for b in range(90000)) > 0",
        "9**9**9**9 > 1",
        "x * 10**12 == '' or 'a' * 10**12 == ''",
        "1 << 10**12 > 0",
        "round(x, -(10**10)) == 0",
        "'%1000000000d' % 1 == ''",
    ]
    rows = check(box, [*bombs, "x == 1"], ADDED, observing(lambda x, n=3: x, [(1,)]))
    assert rows == [[None]] * len(bombs) + [[True]]


def test_a_predicate_that_kills_its_process_is_singled_out(box: Sandbox, observing: Observing) -> None:
    calls = observing(lambda x, n=3: x, [(1,), (2,)])
    killer = "'a'.ljust(10**11) > ''"
    assert check(box, ["x >= 1", killer, "x == 1"], ADDED, calls) == [[True, True], [None, None], [True, False]]


@pytest.mark.slow
def test_a_predicate_that_loops_in_c_code_is_ended(box: Sandbox, observing: Observing) -> None:
    calls = observing(lambda x, n=3: x, [(1,)])
    loop = "sum(map(len, [range(99999)] * 999999)) * sum(map(sum, [[x] * 9999] * 999999)) > 0"
    assert check(box, ["x >= 1", loop, "x == 1"], ADDED, calls) == [[True], [None], [True]]


def test_old_is_the_value_before_the_call(box: Sandbox) -> None:
    class Mutated:
        args: tuple[Any, ...] = ([1, 2],)
        kwargs: dict[str, Any] = {}
        args_after: tuple[Any, ...] = ([],)
        outcome = Expected(value=2)

    signature = Signature(name="clear", parameters=(Parameter(name="x"),))
    rows = check(box, ["len(old(x)) == 2", "x == []", "result == old(len(x))", "old(x) == x"], signature, [Mutated()])
    assert rows == [[True], [True], [True], [False]]


def test_binding_follows_python(observing: Observing) -> None:
    signature = Signature(
        name="f",
        parameters=(
            Parameter(name="a", kind="positional_only"),
            Parameter(name="b", default="2"),
            Parameter(name="rest", kind="var_positional"),
            Parameter(name="k", kind="keyword_only", default="0"),
            Parameter(name="more", kind="var_keyword"),
        ),
    )

    class Call:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.args, self.kwargs, self.outcome = args, kwargs, Expected()

    def bound(*args: Any, **kwargs: Any) -> dict[str, str] | None:
        call = bind(signature, Call(*args, **kwargs))
        return None if call is None else dict(call.before)

    assert bound(1) == {"a": "1", "rest": '{"t":[]}', "more": '{"d":[]}'}
    assert bound(1, 5, 6, 7, k=8, z=9) == {
        "a": "1", "b": "5", "rest": '{"t":[6,7]}', "k": "8", "more": '{"d":["z",9]}'
    }  # fmt: skip
    assert bound() is None
    assert bound(b=1) is None


def test_terms_have_values(box: Sandbox, observing: Observing) -> None:
    signature = Signature(name="root", parameters=(Parameter(name="x"),))
    calls = [bind(signature, call) for call in observing(math.sqrt, [(4.0,), (-1.0,)])]
    with Checker(box, signature) as checker:
        assert checker.values(["x > 0", "math.sqrt(x)", "range(3)"], [call for call in calls if call]) == [
            ["true", "false"],
            ['{"f":"0x1.0000000000000p+1"}', None],
            [None, None],
        ]
