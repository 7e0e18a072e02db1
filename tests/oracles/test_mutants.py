"""Mutants: one table for the operators, honest rows, and tests that are minimised without losing a kill."""

from __future__ import annotations

import ast
import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lift_sys import wire
from lift_sys.data_synthesis.mutants import MutationMatrix, minimise, run_mutants
from lift_sys.records import Expected, MutantEvidence, TestCase
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.guest.sites import choose, sites

OPERATORS = [
    ("return a + b", "arithmetic", "a - b"),
    ("return a % b", "arithmetic", "a // b"),
    ("return a < b", "boundary", "a <= b"),
    ("return a < b", "comparison", "a >= b"),
    ("return a == b", "comparison", "a != b"),
    ("return a in b", "comparison", "a not in b"),
    ("return a is b", "comparison", "a is not b"),
    ("return a and b", "boolean", "a or b"),
    ("return a and b", "removed operand", "b"),
    ("return 7", "constant", "8"),
    ("return 7", "constant", "6"),
    ("return True", "constant", "False"),
    ("return 'x'", "string", "''"),
    ("return 'x'", "string", "'xXX'"),
    ("if a:\n    b = 1\nreturn b", "negated condition", "if not a: b = 1"),
    ("if a:\n    b = 1\nreturn b", "removed branch", "if False: b = 1"),
    ("if a:\n    b = 1\nreturn b", "removed branch", "if True: b = 1"),
    ("return 1 if a else 2", "removed branch", "2"),
    ("return a.b", "return value", "return None"),
    ("a.append(b)\nreturn a", "removed statement", "pass"),
    ("a[0] = b\nreturn a", "removed statement", "pass"),
    ("a = b + 1\nreturn a", "assigned value", "a = None"),
    ("a += b\nreturn a", "augmented assignment", "a -= b"),
    ("return g(a, b)", "swapped arguments", "g(b, a)"),
    ("return a[1:b]", "slice", "1:"),
    ("return a[1:b]", "slice", ":b"),
    ("for x in a:\n    break", "loop exit", "continue"),
    ("for x in a:\n    g(x)", "removed loop", "for x in (): g(x)"),
    ("while a:\n    a = g(a)", "negated condition", "while not a: a = g(a)"),
    ("try:\n    g()\nexcept ValueError:\n    b = 1", "removed handler", "except ValueError: raise"),
    ("return max(a)", "function", "min(a)"),
    ("return a.startswith(b)", "function", "a.endswith(b)"),
    ("return a.strip()", "removed call", "a"),
    ("return sorted(a)", "removed call", "a"),
    ("return -a", "unary", "a"),
    ("return not a", "unary", "a"),
    ("return [x for x in a if x]", "removed filter", "for x in a"),
]


def of(body: str) -> ast.Module:
    return ast.parse("def f(a, b):\n" + textwrap.indent(body, "    "))


@pytest.mark.parametrize(("body", "operator", "after"), OPERATORS)
def test_each_operator_makes_its_fault(body: str, operator: str, after: str) -> None:
    tree = of(body)
    found = sites(tree.body[0], 0)
    assert (operator, after) in [(site.operator, " ".join(site.texts()[1].split())) for site in found]


@pytest.mark.parametrize(("body", "operator", "after"), OPERATORS)
def test_a_mutation_compiles_differs_and_can_be_undone(body: str, operator: str, after: str) -> None:
    tree = of(body)
    before = ast.unparse(tree)
    for site in sites(tree.body[0], 0):
        undo = site.apply()
        assert ast.unparse(ast.fix_missing_locations(tree)) != before
        compile(tree, "x", "exec")
        undo()
        assert ast.unparse(tree) == before


def test_what_can_not_be_seen_from_outside_is_not_mutated() -> None:
    body = "'''Doc 1.'''\nx: list[2] = a\nassert a > 3\nprint(4)\nlog.warning('5')\nraise ValueError(f'{6}', 'seven')"
    assert [site.operator for site in sites(of(body).body[0], 0)] == []


def test_the_choice_covers_every_operator_before_it_repeats_one() -> None:
    body = "x = 1 + 2\ny = 3 + 4\nif x < y:\n    return x - y\nreturn [x, y][0:1]"
    found = sites(of(body).body[0], 0)
    chosen = choose(found, 7)
    assert len({site.operator for site in chosen}) == min(7, len({site.operator for site in found}))


CODE = "def f(a, b=1):\n    if a > 3:\n        return a + b\n    while a < 0:\n        a += 1\n    return [a]\n"


def case(args: tuple[object, ...], code: str = CODE) -> TestCase:
    names: dict[str, object] = {}
    exec(code, names)  # our own toy code
    value = json.loads(wire.encode(names["f"](*args)))  # type: ignore[operator]
    return TestCase(
        args=[json.loads(wire.encode(a)) for a in args], expected=Expected(value=value), oracle="generated"
    )


def test_rows_say_which_test_kills_which_mutant(sandbox: Sandbox) -> None:
    tests = [case((0,)), case((4,)), case((3,)), case((-2,))]
    matrix = run_mutants(sandbox, CODE, "f", tests)
    rows = {(m.operator, m.after): kills for m, kills in zip(matrix.mutants, matrix.kills, strict=True)}
    assert rows["boundary", "a >= 3"] == (2,)
    assert rows["arithmetic", "a - b"] == (1,)
    assert rows["boundary", "a <= 0"] == (0, 3)
    assert matrix.evidence(range(4)).score is not None


def test_a_mutant_that_loops_is_killed_by_fuel(sandbox: Sandbox) -> None:
    matrix = run_mutants(sandbox, CODE, "f", [case((-2,))])
    kills = {m.after: row for m, row in zip(matrix.mutants, matrix.kills, strict=True)}
    assert kills["a -= 1"] == (0,)


def test_a_mutant_that_ends_the_process_is_killed_and_the_rest_still_run(sandbox: Sandbox) -> None:
    code = "import os\ndef f(a):\n    if a > 1000:\n        os._exit(1)\n    return a + 1\n"
    tests = [case((1,), code), case((2,), code)]
    matrix = run_mutants(sandbox, code, "f", tests)
    rows = {(m.operator, m.after): kills for m, kills in zip(matrix.mutants, matrix.kills, strict=True)}
    assert rows["comparison", "a <= 1000"] == (0, 1)
    assert rows["arithmetic", "a - 1"] == (0, 1)
    assert all(row == () or row for row in matrix.kills)


def test_equivalent_mutants_are_kept_apart(sandbox: Sandbox) -> None:
    code = "def f(a):\n    if True:\n        return a + 0\n    return 5\n"
    matrix = run_mutants(sandbox, code, "f", [case((1,), code)])
    evidence = matrix.evidence([0])
    assert any(mutant.equivalent for mutant in evidence.mutants)
    assert evidence.total == sum(not mutant.equivalent for mutant in evidence.mutants)


def test_helpers_are_mutated_when_the_entry_point_is_small(sandbox: Sandbox) -> None:
    code = "def g(x):\n    return x * 3\ndef f(a):\n    return g(a)\n"
    matrix = run_mutants(sandbox, code, "f", [case((2,), code)])
    assert {mutant.line for mutant in matrix.mutants} == {2, 4}


def test_a_test_that_the_reference_fails_kills_nothing(sandbox: Sandbox) -> None:
    wrong = TestCase(args=(4,), expected=Expected(value="other"), oracle="generated")
    matrix = run_mutants(sandbox, CODE, "f", [case((0,)), wrong])
    assert not any(1 in kills for kills in matrix.kills)


def test_code_that_does_not_load_has_no_mutants(sandbox: Sandbox) -> None:
    matrix = run_mutants(sandbox, "raise ValueError\ndef f(a): return a + 1", "f", [case((0,))])
    assert matrix.mutants == ()
    assert matrix.detail
    assert matrix.evidence([0]).score is None


def test_a_matrix_is_the_same_on_every_run(sandbox: Sandbox) -> None:
    tests = [case((n,)) for n in range(-3, 6)]
    assert run_mutants(sandbox, CODE, "f", tests) == run_mutants(sandbox, CODE, "f", tests)


matrices = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.lists(st.integers(0, count - 1), unique=True).map(sorted).map(tuple), max_size=10),
        st.lists(st.integers(0, 63), min_size=count, max_size=count),
    )
)


@given(matrices)
def test_minimised_tests_kill_and_reach_what_all_of_them_do(
    drawn: tuple[int, list[tuple[int, ...]], list[int]],
) -> None:
    count, kills, reached = drawn
    tests = [TestCase(args=(n,), expected=Expected(value=n % 2), oracle="generated") for n in range(count)]
    mutants = tuple(MutantEvidence(operator="x", line=1, before="a", after="b") for _ in kills)
    matrix = MutationMatrix(mutants, tuple(kills), tuple(reached))
    kept = minimise(tests, matrix, most=20)
    assert kept == sorted(set(kept))
    assert len(kept) >= min(3, count)
    assert matrix.evidence(kept).killed == matrix.evidence(range(count)).killed
    everything = 0
    for bits in reached:
        everything |= bits
    for index in kept:
        everything &= ~reached[index]
    assert everything == 0
    assert len({tests[i].expected.value for i in kept}) == len({test.expected.value for test in tests})


def test_recorded_and_short_tests_are_preferred() -> None:
    def made(oracle: str, args: tuple[object, ...]) -> TestCase:
        return TestCase(args=args, expected=Expected(value=1), oracle=oracle)

    tests = [
        made("generated", (1,)),
        made("recorded", ("long" * 9,)),
        made("recorded", ("s",)),
        made("doctest", (2,)),
    ]
    matrix = MutationMatrix((MutantEvidence(operator="x", line=1, before="a", after="b"),), ((0, 1, 2, 3),), (1,) * 4)
    assert minimise(tests, matrix, least=1) == [2]


def test_at_most_so_many_tests_are_kept() -> None:
    tests = [TestCase(args=(n,), expected=Expected(value=n), oracle="generated") for n in range(30)]
    matrix = MutationMatrix(reached=tuple(1 << n for n in range(30)))
    assert len(minimise(tests, matrix, most=12)) == 12
