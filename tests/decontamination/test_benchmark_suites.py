"""Suites as files: read back as written, and refused with the line that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from decontamination_kit import CANARY, PROBLEMS, suite

from lift_sys.data_synthesis.curation.benchmarks import load_human_eval, load_suite, suite_lines
from lift_sys.data_synthesis.curation.decontamination_probes import with_probes
from lift_sys.errors import ConfigError, StorageError
from lift_sys.sandbox.api import Sandbox


def test_a_suite_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    found = suite(tmp_path)
    (tmp_path / "again.jsonl").write_text("".join(suite_lines(found)))
    assert load_suite(tmp_path / "again.jsonl") == found
    assert (found.name, found.canary) == ("toy", CANARY)


def test_keyword_arguments_take_their_places(tmp_path: Path) -> None:
    assert suite(tmp_path).problems[0].calls[-1].args == ([7, 9, 11, 13], 20)


def problem(**changes: object) -> str:
    return json.dumps({**PROBLEMS[1], **changes})


HEAD = json.dumps({"suite": "s", "canary": "c" * 16})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (problem(), "first line"),
        (f"{json.dumps({'suite': 's'})}\n{problem()}", "canary"),
        (f"{HEAD}\n", "holds no problem"),
        (f"{HEAD}\n{problem()}\n{problem()}", "two problems have the id toy/2"),
        (f"{HEAD}\n{problem()[:-1]}", "line 2"),
        (f"{HEAD}\n[]", "line 2: no problem of a suite: not a JSON object"),
        (f"{HEAD}\n{problem(calls=[])}", "it has no calls"),
        (f"{HEAD}\n{problem(entry_point='g')}", "does not define a function 'g'"),
        (f"{HEAD}\n{problem(solution='def f(:')}", "line 2"),
        (f"{HEAD}\n{problem(extra=1)}", "extra"),
        (f"{HEAD}\n{problem(calls=[{'args': [{'q': 1}], 'expected': 1}])}", "wire"),
        (f"{HEAD}\n{problem(calls=[{'args': [], 'kwargs': {'n': 1}, 'expected': 1}])}", "leaves out numbers"),
        (f"{HEAD}\n{problem(calls=[{'args': [[]], 'kwargs': {'n': 1}, 'expected': 1}])}", "no parameters"),
    ],
)
def test_what_is_no_suite_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "suite.jsonl"
    path.write_text(text)
    with pytest.raises(StorageError, match=said):
        load_suite(path)


def test_a_file_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be read"):
        load_suite(tmp_path / "none.jsonl")


CASE = {
    "task_id": "HumanEval/x",
    "entry_point": "double",
    "prompt": "def double(x):\n    '''Twice x.'''\n",
    "canonical_solution": "    x.append(0)\n    return x[0] * 2\n",
    "test": "def check(candidate):\n    for n in (1, 5, 1):\n        assert candidate([n]) == 2 * n\n",
}


def test_a_check_function_becomes_calls_with_the_arguments_as_they_were_given(sandbox: Sandbox) -> None:
    (found,) = load_human_eval(sandbox, [CASE]).problems
    assert [(call.args, call.expected) for call in found.calls] == [(([1],), 2), (([5],), 10)]


@pytest.mark.parametrize(
    "changes",
    [
        {"canonical_solution": "    return x[0]\n"},
        {"test": "import os\nos._exit(0)\n"},
        {"canonical_solution": "    while True: pass\n", "test": "def check(c):\n    raise ValueError('x' * 10)\n"},
    ],
)
def test_a_solution_that_fails_its_own_tests_is_an_error_that_names_it(
    sandbox: Sandbox, changes: dict[str, str]
) -> None:
    with pytest.raises(ConfigError, match="HumanEval/x"):
        load_human_eval(sandbox, [{**CASE, **changes}])


def test_probes_are_new_inputs_with_the_solutions_results_and_the_same_every_time(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    plain = suite(tmp_path)
    first, again = with_probes(sandbox, plain), with_probes(sandbox, plain)
    assert first == again
    for before, after in zip(plain.problems, first.problems, strict=True):
        known = {call.texts()[0] for call in before.calls}
        assert len(after.probes) >= 10
        assert known.isdisjoint(call.texts()[0] for call in after.probes)
    evens = first.problems[1].probes
    for call in evens:
        (numbers,) = call.args
        assert isinstance(numbers, list)
        assert call.expected is not any(type(n) is int and n & 1 for n in numbers)
    assert {call.expected for call in evens} == {True, False}
