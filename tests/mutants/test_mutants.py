"""Mutants: one table for the operators, honest rows, and tests that are minimised without losing a kill."""

from __future__ import annotations

import ast
import importlib.util
import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lift_sys import wire
from lift_sys.data_synthesis.minimise import minimise
from lift_sys.records import Expected, MutantEvidence, TestCase
from lift_sys.sandbox.api import Sandbox
from lift_sys.sandbox.guest.edits import SourceText
from lift_sys.sandbox.guest.nearby import domain
from lift_sys.sandbox.guest.sites import Site, choose, sites
from lift_sys.testing.mutants import MutationMatrix, run_mutants

OPERATORS = [
    ("return a + b", "arithmetic", "return a - b"),
    ("return a % b", "arithmetic", "return a // b"),
    ("return (a) - (b)", "arithmetic", "return (a) + (b)"),
    ("return a + b * a", "removed operand", "return b * a"),
    ("return a < b", "boundary", "return a <= b"),
    ("return a < b", "comparison", "return a >= b"),
    ("return a == b", "comparison", "return a != b"),
    ("return a in b", "comparison", "return a not in b"),
    ("return a is  not b", "comparison", "return a is b"),
    ("return 1 < a < b", "comparison chain", "return 1 < a"),
    ("return 1 < a < b", "comparison chain", "return a < b"),
    ("return a and b", "boolean", "return a or b"),
    ("return a and b", "removed operand", "return b"),
    ("return not (a and b)", "unary", "return a and b"),
    ("return -(a + b) * 2", "unary", "return (a + b) * 2"),
    ("return 7", "constant", "return 8"),
    ("return 7", "constant", "return 6"),
    ("return True", "constant", "return False"),
    ("return 'x'", "string", "return ''"),
    ("return 'x'", "string", "return 'y'"),
    ("return 'name'", "string", "return 'nam'"),
    ("return b','", "string", "return b';'"),
    ("return f'{a}, '", "string", "return f'{a},'"),
    ("return f'{a}-{b}'", "swapped arguments", "return f'{b}-{a}'"),
    ("return re.match('a+$', b)", "regular expression", "return re.match('a*$', b)"),
    ("return re.match('a+$', b)", "regular expression", "return re.match('a+', b)"),
    ("if a:\n    b = 1\nreturn b", "negated condition", "if not a:\n    b = 1\nreturn b"),
    ("if a:\n    b = 1\nreturn b", "removed branch", "if False:\n    b = 1\nreturn b"),
    ("if a:\n    b = 1\nreturn b", "removed branch", "if True:\n    b = 1\nreturn b"),
    ("if a:\n    return\nreturn b", "removed statement", "if a:\n    pass\nreturn b"),
    ("return 1 if a else 2", "removed branch", "return 2"),
    ("return a.b", "return value", "return None"),
    ("return [a, b]", "return value", "return []"),
    ("return a == b", "return value", "return True"),
    ("return [a, b]", "removed element", "return [a]"),
    ("return a, b", "removed element", "return (b,)"),
    ("return {'a': a, 'b': b}", "removed element", "return {'a': a}"),
    ("return (a, b)", "swapped elements", "return (b, a)"),
    ("a, b = b, a\nreturn a", "unpacking order", "b, a = b, a\nreturn a"),
    ("a.append(b)\nreturn a", "removed statement", "return a"),
    ("a[0] = b\nreturn a", "removed statement", "return a"),
    ("a = a + b\nreturn a", "removed statement", "return a"),
    ("c = b + 1\nreturn c", "assigned value", "c = None\nreturn c"),
    ("a += b\nreturn a", "augmented assignment", "a -= b\nreturn a"),
    ("a += b\nreturn a", "augmented assignment", "a = b\nreturn a"),
    ("return g(a, b)", "swapped arguments", "return g(b, a)"),
    ("return g(a, b)", "removed argument", "return g(a)"),
    ("return g(a, k=b)", "removed argument", "return g(a)"),
    ("return g(k=a, m=b)", "removed argument", "return g(m=b)"),
    ("return g(a)", "wrong name", "return g(b)"),
    ("return a[1:b]", "slice", "return a[:b]"),
    ("return a[1:b]", "slice", "return a[1:]"),
    ("return a[1:b]", "off by one", "return a[1:b + 1]"),
    ("return range(a)", "off by one", "return range(a - 1)"),
    ("return 2 * len(a)", "off by one", "return 2 * (len(a) - 1)"),
    ("for x in a:\n    break", "loop exit", "for x in a:\n    continue"),
    ("for x in a:\n    g(x)", "removed loop", "for x in ():\n    g(x)"),
    ("while a:\n    a = g(a)", "negated condition", "while not a:\n    a = g(a)"),
    ("raise ValueError(a)", "exception type", "raise TypeError(a)"),
    ("raise ValueError(a)", "removed raise", "pass"),
    ("try:\n    g()\nexcept ValueError:\n    b = 1", "removed handler",
     "try:\n    g()\nexcept ValueError:\n    raise"),
    ("try:\n    g()\nexcept (KeyError, ValueError):\n    b = 1", "removed exception",
     "try:\n    g()\nexcept (KeyError):\n    b = 1"),
    ("return max(a)", "function", "return min(a)"),
    ("return a.startswith(b)", "function", "return a.endswith(b)"),
    ("return a.strip()", "removed call", "return a"),
    ("return sorted(a)", "removed call", "return a"),
    ("return -a", "unary", "return a"),
    ("return not a", "unary", "return a"),
    ("return [x for x in a if x]", "removed filter", "return [x for x in a]"),
]  # fmt: skip
HEAD = "def f(a, b):\n"


def made(code: str) -> list[Site]:
    return sites(SourceText(code), ast.parse(code).body[0], 0)


def of(body: str) -> str:
    return HEAD + textwrap.indent(body, "    ")


def mutant(code: str, site: Site) -> str:
    return code[: site.start] + site.text + code[site.end :]


@pytest.mark.parametrize(("body", "operator", "after"), OPERATORS)
def test_each_operator_makes_its_fault(body: str, operator: str, after: str) -> None:
    code = of(body)
    assert (operator, of(after)) in [(site.operator, mutant(code, site)) for site in made(code)]


@pytest.mark.parametrize(("body", "operator", "after"), OPERATORS)
def test_every_mutant_parses_and_differs(body: str, operator: str, after: str) -> None:
    code = of(body)
    for site in made(code):
        assert ast.dump(ast.parse(mutant(code, site))) != ast.dump(ast.parse(code))


def test_an_edit_stands_where_it_should_in_text_of_any_width() -> None:
    code = "def f(a, b):\r\n    x = 'é𝔘' + a; return x < b  # ü <\r\n"
    [boundary] = [site for site in made(code) if site.operator == "boundary"]
    assert mutant(code, boundary) == code.replace("x < b", "x <= b")


def test_what_can_not_be_seen_from_outside_is_not_mutated() -> None:
    body = "'''Doc 1.'''\nx: list[2]\nassert a > 3\nprint(4)\nlog.warning('5')\nraise ValueError(f'{6}', 'seven')"
    assert {site.operator for site in made(of(body))} == {"removed raise", "exception type"}


def test_the_choice_covers_every_operator_before_it_repeats_one() -> None:
    found = made(of("x = 1 + 2\ny = 3 + 4\nif x < y:\n    return x - y\nreturn [x, y][0:1]"))
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


def test_after_enough_kills_no_more_of_a_mutant_are_looked_for(sandbox: Sandbox) -> None:
    tests = [case((n,)) for n in range(-3, 6)]
    all_of_them = run_mutants(sandbox, CODE, "f", tests)
    first_two = run_mutants(sandbox, CODE, "f", tests, enough=2)
    assert max(len(kills) for kills in all_of_them.kills) > 2
    assert first_two.kills == tuple(kills[:2] for kills in all_of_them.kills)


def test_what_a_mutant_got_is_not_told_where_it_is_an_address(sandbox: Sandbox) -> None:
    code = "def f(a):\n    return repr(object()) if a > 3 else 'small'\n"
    matrix = run_mutants(sandbox, code, "f", [case((3,), code), case((1,), code)])
    evidence = matrix.evidence([0, 1])
    (killed,) = [mutant for mutant in evidence.mutants if mutant.after == "a >= 3"]
    assert killed.failing == (0,)
    assert killed.got is None


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


HARNESS = "def lift_call(start, *args):\n    return Counter(start).add(*args)\n"
METHOD = (
    "class Counter:\n"
    "    def __init__(self, start):\n"
    "        self.total = start\n"
    "    def add(self, n, times=1):\n"
    "        self._grow(n * times)\n"
    "        return self.total\n"
    "    def _grow(self, n):\n"
    "        self.total += n\n"
)


def test_a_mutant_of_a_method_is_judged_through_its_harness(sandbox: Sandbox) -> None:
    tests = [TestCase(args=(1, 2), expected=Expected(value=3), oracle="recorded")]
    matrix = run_mutants(sandbox, METHOD, "Counter.add", tests, harness=HARNESS)
    kills = {m.after: row for m, row in zip(matrix.mutants, matrix.kills, strict=True)}
    assert kills["n + times"] == (0,)
    assert kills["self.total -= n"] == (0,)
    assert all(mutant.line <= METHOD.count("\n") for mutant in matrix.mutants)


def test_the_text_of_a_mutant_is_the_mutant_that_was_judged(sandbox: Sandbox) -> None:
    tests = [case((n,)) for n in (-2, 0, 3, 4)]
    evidence = run_mutants(sandbox, CODE, "f", tests).evidence(range(4))
    for mutant in evidence.mutants:
        assert mutant.span is not None
        if mutant.stopped:
            continue
        names: dict[str, object] = {}
        exec(CODE[: mutant.span[0]] + mutant.text + CODE[mutant.span[1] :], names)  # a fault in our own toy code
        assert mutant.failing == tuple(n for n, test in enumerate(tests) if outcome(names["f"], test) is not True)


def outcome(function: object, test: TestCase) -> object:
    try:
        return json.loads(wire.encode(function(*test.args))) == test.expected.value  # type: ignore[operator]
    except Exception as error:
        return type(error).__name__


def test_evidence_names_every_test_that_kills_in_the_numbers_of_those_kept(sandbox: Sandbox) -> None:
    tests = [case((n,)) for n in (-2, 0, 3, 4)]
    matrix = run_mutants(sandbox, CODE, "f", tests)
    for mutant, kills in zip(matrix.evidence((1, 3)).mutants, matrix.kills, strict=True):
        assert mutant.failing == tuple(place for place, index in enumerate((1, 3)) if index in kills)
        assert mutant.killed_by == (mutant.failing[0] if mutant.failing else None)


def test_evidence_tells_what_the_first_failing_test_got(sandbox: Sandbox) -> None:
    tests = [case((n,)) for n in (-2, 0, 3, 4)]
    matrix = run_mutants(sandbox, CODE, "f", tests)
    got = {m.after: (m.killed_by, m.got) for m in matrix.evidence(range(4)).mutants}
    assert got["a - b"] == (3, Expected(value=3))
    assert got["a >= 3"] == (2, Expected(value=4))
    assert [m.got for m in matrix.limited((3,)).evidence([0]).mutants if m.after == "a - b"] == [Expected(value=3)]


def test_a_mutant_that_runs_on_is_marked(sandbox: Sandbox) -> None:
    evidence = run_mutants(sandbox, CODE, "f", [case((-2,))]).evidence([0])
    assert [m.stopped for m in evidence.mutants if m.after == "a -= 1"] == [True]
    assert not all(m.stopped for m in evidence.mutants)


def test_what_survives_is_told_by_a_new_test_at_the_boundary(sandbox: Sandbox) -> None:
    code = "def f(a):\n    if a >= 40:\n        return 'old'\n    return 'young'\n"
    tests = [case((1,), code), case((70,), code)]
    matrix = run_mutants(sandbox, code, "f", tests, extra=6)
    survived = {m.after for m, kills in zip(matrix.mutants, matrix.kills, strict=True) if not set(kills) & {0, 1}}
    assert "a > 40" in survived
    assert {(40,), (39,)} <= {test.args for test in matrix.extra_tests}
    for test in matrix.extra_tests:
        assert test == case(test.args, code)
    assert matrix.evidence(range(2 + len(matrix.extra_tests))).score == 1.0


def test_no_more_new_tests_than_asked_for(sandbox: Sandbox) -> None:
    tests = [case((100,))]
    assert run_mutants(sandbox, CODE, "f", tests).extra_tests == ()
    assert len(run_mutants(sandbox, CODE, "f", tests, extra=1).extra_tests) == 1


def test_the_search_is_the_same_on_every_run(sandbox: Sandbox) -> None:
    tests = [case((100,))]
    assert run_mutants(sandbox, CODE, "f", tests, extra=4) == run_mutants(sandbox, CODE, "f", tests, extra=4)


FLAGS = "def f(a: bool, b: 'bool | None' = None):\n    if a and a or b:\n        return [1]\n    return []\n"


def test_a_mutant_that_is_the_same_on_every_call_there_can_be_is_proven_equivalent(sandbox: Sandbox) -> None:
    tests = [case((True, False), FLAGS), case((False, False), FLAGS), case((False, True), FLAGS)]
    matrix = run_mutants(sandbox, FLAGS, "f", tests, limit=40, extra=4)
    proven = {mutant.after for mutant in matrix.mutants if mutant.proof == "exhaustive"}
    assert proven == {"a", "a or a"}
    assert not any(mutant.proof == "exhaustive" for mutant in matrix.mutants if matrix_kills(matrix, mutant))


def matrix_kills(matrix: MutationMatrix, mutant: MutantEvidence) -> tuple[int, ...]:
    return matrix.kills[matrix.mutants.index(mutant)]


def test_no_difference_on_some_calls_is_no_proof(sandbox: Sandbox) -> None:
    code = "def f(a: int):\n    if a == 123456789:\n        return 7\n    return a\n"
    matrix = run_mutants(sandbox, code, "f", [case((1,), code), case((2,), code)], extra=4)
    assert not any(mutant.proof == "exhaustive" for mutant in matrix.mutants)


def test_a_search_that_ends_the_process_adds_nothing_and_spoils_nothing(sandbox: Sandbox) -> None:
    code = "import os\ndef f(a):\n    if a < 0:\n        os._exit(1)\n    return a > 5\n"
    tests = [case((1,), code), case((9,), code)]
    alone, searched = run_mutants(sandbox, code, "f", tests), run_mutants(sandbox, code, "f", tests, extra=4)
    assert searched.extra_tests == ()
    assert searched == alone


HINTS = [
    ("a: bool", 2), ("a: bool, b: bool", 4), ("a: Literal['x', 'y', 3]", 3), ("a: bool | None", 3),
    ("a: bool = True", 3), ("a: Optional[bool]", 3), ("*, a: bool", 2),
    ("a: int", 0), ("a", 0), ("*a: bool", 0), ("a: bool, b: str", 0),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "count"), HINTS)
def test_only_hints_that_allow_few_values_are_enumerated(parameters: str, count: int) -> None:
    [function] = ast.parse(f"def f({parameters}): pass").body
    assert isinstance(function, ast.FunctionDef)
    assert len(domain(function)) == count


def test_limiting_a_matrix_keeps_the_kills_of_the_tests_that_stay() -> None:
    mutant = MutantEvidence(operator="x", line=1, before="a", after="b")
    matrix = MutationMatrix((mutant, mutant), ((0, 2), (1,)), (1, 2, 4))
    assert matrix.limited((0, 2)) == MutationMatrix((mutant, mutant), ((0, 1), ()), (1, 4))


@pytest.mark.parametrize("name", ["textwrap", "heapq", "fnmatch", "json.decoder"])
def test_every_edit_of_real_code_is_one_statement_that_differs(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    code = Path(spec.origin).read_text(encoding="utf-8")
    source, tree = SourceText(code), ast.parse(code)
    seen = 0
    for index, statement in enumerate(tree.body):
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            start, end = source.start(statement), source.end(statement)
            unchanged = ast.dump(statement)
            for site in sites(source, statement, index):
                edited = ast.parse(code[start : site.start] + site.text + code[site.end : end])
                assert len(edited.body) == 1
                assert ast.dump(edited.body[0]) != unchanged
                seen += 1
    assert seen > 50
