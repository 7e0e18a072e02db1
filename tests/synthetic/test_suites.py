"""Suites: the same for a seed, apart for two seeds, checked when read, and measured with models that may stop."""

from __future__ import annotations

import ast
import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lift_sys.data_synthesis.curation.benchmarks import load_suite
from lift_sys.errors import ConfigError, StorageError
from lift_sys.executors import make_executor
from lift_sys.ir import Assertion
from lift_sys.providers import Completion, Request
from lift_sys.providers.base import Closing
from lift_sys.providers.scripted import ScriptedProvider
from lift_sys.records import Expected
from lift_sys.records.tasks import Task
from lift_sys.testing.acceptance import MUTANTS
from lift_sys.testing.comparing import read_scores, score_of, shared
from lift_sys.testing.drawing import SHARE, numbers
from lift_sys.testing.measuring import AT_A_TIME, measure
from lift_sys.testing.prompts import shingles
from lift_sys.testing.running import run_task
from lift_sys.testing.solvers import SOLVERS, Nearest
from lift_sys.testing.suite import Suite, make_suite, read_suite, write_suite
from lift_sys.testing.template import Template
from lift_sys.testing.templates import all_templates, templates_of
from lift_sys.testing.test_generator import (
    Generation,
    Order,
    WarmBoxes,
    apart,
    generate,
    label,
    make_tasks,
    nearest,
)
from lift_sys.testing.validation import Item, check_task

FEW = {
    "list_operations": templates_of("list_operations")[:2],
    "stateful_classes": templates_of("stateful_classes")[:1],
}


def made(seed: int, count: int, jobs: int) -> Generation:
    async def run() -> Generation:
        async with make_executor("local", jobs) as workers:
            return await generate(seed, count, workers, templates=FEW)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def suite() -> Suite:
    return made(3, 8, 2).suite


def test_a_seed_gives_the_same_suite_with_any_number_of_workers(suite: Suite) -> None:
    assert made(3, 8, 1).suite == suite


def test_two_seeds_share_no_task(suite: Suite) -> None:
    other = made(4, 8, 2).suite
    assert shared(suite, other) == []
    assert shared(suite, suite)
    assert other.head.canary != suite.head.canary


EVERY = [template for templates in all_templates().values() for template in templates]


@pytest.mark.parametrize("template", EVERY, ids=lambda template: template.name)
def test_seeds_own_different_combinations_and_together_all_of_them(template: Template) -> None:
    drawn = [number for seed in range(template.size // SHARE + 2) for number in numbers(template, seed)]
    assert sorted(drawn) == list(range(template.size))
    assert template.size >= 100


def test_tasks_to_train_on_are_of_no_held_out_template(suite: Suite) -> None:
    several = templates_of("list_operations")
    (kept, *_), (held_out, *_) = ([t for t in several if t.held_out is out] for out in (False, True))
    templates = {"list_operations": (kept, held_out)}

    async def run() -> Suite:
        async with make_executor("local", 2) as workers:
            return (await generate(3, 4, workers, templates=templates, training=True)).suite

    tasks = asyncio.run(run())
    assert {task.template for task in tasks.tasks} == {f"list_operations.{kept.name}"}
    assert tasks.head.canary != suite.head.canary
    assert tasks.head.command.endswith("--training")


def test_an_order_for_more_goes_on_where_the_first_left_off() -> None:
    first = make_tasks(Order("list_operations", FEW["list_operations"][0].name, 3, 2))
    more = make_tasks(replace(first.order, want=3, before=first))
    assert more.tasks[:2] == first.tasks
    assert more.tasks == make_tasks(replace(first.order, want=3)).tasks


def test_of_two_prompts_that_are_alike_the_second_is_left_out_with_a_notice(suite: Suite) -> None:
    task, other = suite.tasks[0], suite.tasks[-1]
    twin = task.model_copy(update={"parameters": {"limit": 9}})
    kept, near = apart([task, other, twin])
    assert kept == [task, other]
    assert [(notice.task, notice.like) for notice in near] == [(label(twin), label(task))]
    assert near[0].similarity == 1.0


def test_how_alike_prompts_are_is_the_jaccard_similarity_of_their_runs_of_words(suite: Suite) -> None:
    tasks = suite.tasks[:4]
    prompts = [shingles(task.prompt) for task in tasks]
    wanted = [max(len(one & other) / len(one | other) for other in prompts if other is not one) for one in prompts]
    assert nearest(tasks) == pytest.approx(wanted)


def test_categories_share_the_suite_evenly(suite: Suite) -> None:
    assert [task.category for task in suite.tasks].count("stateful_classes") == 4


def test_more_tasks_than_a_seed_has_are_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="smaller seed"):
        made(500, 8, 1)


def test_a_suite_comes_back_from_its_file(suite: Suite, tmp_path: Path) -> None:
    write_suite(tmp_path / "s.jsonl", suite)
    assert read_suite(tmp_path / "s.jsonl") == suite


def changed(lines: list[str]) -> dict[str, list[str]]:
    return {
        "empty": [],
        "no head": lines[1:],
        "a task less": lines[:-1],
        "a task changed": [*lines[:-1], lines[-1].replace("def ", "def  ", 1)],
        "a line that is no JSON": [*lines, "{"],
        "a line that is another record": [*lines, '{"a": 1}'],
    }


@pytest.mark.parametrize("what", list(changed(["", ""])))
def test_a_file_that_is_not_what_it_was_is_refused(suite: Suite, tmp_path: Path, what: str) -> None:
    path = tmp_path / "s.jsonl"
    write_suite(path, suite)
    lines = changed(path.read_text().splitlines(keepends=True))[what]
    path.write_text("".join(lines))
    with pytest.raises(StorageError, match=r"s\.jsonl"):
        read_suite(path)


CHANGED_HEADS = {
    "canary": ("canary", "a text that is everywhere", "canary"),
    "name": ("suite", "lift-sys-synthetic-99", "suite"),
    "seed": ("seed", 99, "suite, canary, command"),
    "count": ("count", 7, "count"),
    "seed in quotes": ("seed", "3", "no head"),
    "command": ("command", "lift-sys tests generate --seed 3 --count 9", "command"),
    "made for training": ("command", "lift-sys tests generate --seed 3 --count 8 --training", "suite, canary"),
}


@pytest.mark.parametrize(("name", "value", "wrong"), CHANGED_HEADS.values(), ids=CHANGED_HEADS)
def test_a_head_that_the_tasks_were_not_written_with_is_refused(
    suite: Suite, tmp_path: Path, name: str, value: object, wrong: str
) -> None:
    path = tmp_path / "s.jsonl"
    write_suite(path, suite)
    head, *tasks = path.read_text().splitlines(keepends=True)
    path.write_text("".join([json.dumps({**json.loads(head), name: value}) + "\n", *tasks]))
    with pytest.raises(StorageError, match=rf"s\.jsonl, line 1: {wrong}.* of ((the head)|(a suite))"):
        read_suite(path)


def test_a_suite_without_a_task_is_refused(tmp_path: Path) -> None:
    write_suite(tmp_path / "s.jsonl", make_suite(3, []))
    with pytest.raises(StorageError, match="holds no task"):
        read_suite(tmp_path / "s.jsonl")


def test_a_suite_to_train_on_comes_back_from_its_file(suite: Suite, tmp_path: Path) -> None:
    training = make_suite(3, suite.tasks, training=True)
    write_suite(tmp_path / "s.jsonl", training)
    assert read_suite(tmp_path / "s.jsonl") == training


def test_a_task_is_at_the_cap_when_one_function_of_it_has_as_many_mutants_as_are_made(suite: Suite) -> None:
    for task in suite.tasks:
        lines = Counter(_method(task, mutant.line) for mutant in task.mutation.mutants if mutant.proof != "bytecode")
        assert check_task(Item(task, runs=1, seed=0)).capped is (max(lines.values()) >= MUTANTS)


def _method(task: Task, line: int) -> str:
    """The function or method that a line is in."""
    (whole,) = (n for n in ast.parse(task.solution).body if getattr(n, "name", "") == task.entry_point)
    parts = whole.body if isinstance(whole, ast.ClassDef) else [whole]
    return next(ast.dump(n) for n in parts if n.lineno <= line <= (n.end_lineno or 0))


def test_references_pass_and_misreadings_mutants_and_trivial_solvers_fail(suite: Suite) -> None:
    for task in suite.tasks:
        found = check_task(Item(task, runs=2, seed=0))
        assert not found.flips
        assert not found.passed_readings
        assert not found.survivors
        assert not found.faults
        assert not found.solved_by
        assert found.killed == found.mutants > 0


def test_a_suite_whose_tests_were_weakened_does_not_validate(suite: Suite) -> None:
    task = suite.tasks[0]
    kept = tuple(test for test in task.hidden if test.expected == task.hidden[0].expected)[:1]
    weak = task.model_copy(update={"tests": (*kept, *(test for test in task.tests if test.visible))})
    found = check_task(Item(weak, runs=1, seed=0))
    assert found.survivors
    assert found.passed_readings


def test_a_reference_of_which_no_mutants_can_be_made_does_not_validate(suite: Suite) -> None:
    task = suite.tasks[0]
    broken = task.model_copy(update={"solution": f"import nothing_of_that_name\n{task.solution}"})
    found = check_task(Item(broken, runs=1, seed=0))
    assert found.mutants == 0
    assert any("nothing_of_that_name" in fault for fault in found.faults)


def test_fewer_mutants_than_recorded_do_not_validate(suite: Suite) -> None:
    task = suite.tasks[0]
    known = len(task.mutation.mutants)
    more = task.mutation.model_copy(update={"mutants": (*task.mutation.mutants, task.mutation.mutants[0])})
    found = check_task(Item(task.model_copy(update={"mutation": more}), runs=1, seed=0))
    assert found.faults == (f"{known} mutants could be made of the {known + 1} that are recorded",)


def test_a_predicate_that_does_not_hold_does_not_validate(suite: Suite) -> None:
    task = suite.tasks[0]
    wrong = Assertion(kind="postcondition", predicate="result != result")
    ir = task.ir.model_copy(update={"assertions": (*task.ir.assertions, wrong)})
    found = check_task(Item(task.model_copy(update={"ir": ir}), runs=1, seed=0))
    assert len(found.faults) == 1
    assert "`result != result` does not hold on (" in found.faults[0]


def test_a_visible_example_that_is_wrong_does_not_validate(suite: Suite) -> None:
    task = suite.tasks[0]
    *tests, shown = task.tests
    assert shown.visible
    wrong = shown.model_copy(update={"expected": Expected(value="something else")})
    found = check_task(Item(task.model_copy(update={"tests": (*tests, wrong)}), runs=1, seed=0))
    assert len(found.flips) == 2
    assert "'something else' is expected" in found.flips[0]


def test_a_wrong_reference_is_found(suite: Suite, warm: WarmBoxes) -> None:
    task = suite.tasks[0]
    wrong = next(reading.code for reading in task.readings if reading.told_by is not None)
    result = run_task(task, wrong, warm)
    assert result.status == "invalid"
    assert "is expected, not" in result.reason


def test_the_nearest_row_solves_a_task_that_it_is(suite: Suite, warm: WarmBoxes) -> None:
    task = next(task for task in suite.tasks if not task.harness)
    rows = [
        {"prompt": task.prompt, "code": task.solution, "entry_point": task.entry_point, "harness": ""},
        {"prompt": "Say hello to a person.", "code": "def f(x):\n    return x\n", "entry_point": "f", "harness": ""},
    ]
    nearest = Nearest.of(map(json.dumps, rows))
    assert run_task(task, nearest(task), warm).status == "valid"
    assert run_task(task, SOLVERS["echo"](task), warm).status == "invalid"


def test_the_nearest_class_of_a_dataset_answers_a_class(suite: Suite, warm: WarmBoxes) -> None:
    task = next(task for task in suite.tasks if task.harness)
    code = task.solution.replace(task.entry_point, "Mined")
    rows = [
        {"prompt": task.prompt, "code": code, "entry_point": "Mined.advance", "harness": "def lift_call(): ..."},
        {"prompt": task.prompt, "code": "def f(x):\n    return x\n", "entry_point": "f", "harness": ""},
    ]
    assert run_task(task, Nearest.of(map(json.dumps, rows))(task), warm).status == "valid"


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_that_know_nothing_write_classes_that_run_and_fail(
    suite: Suite, warm: WarmBoxes, solver: str
) -> None:
    for task in suite.tasks:
        if task.harness:
            result = run_task(task, SOLVERS[solver](task), warm)
            assert result.status == "invalid"
            assert "is expected, not [" in result.reason


def test_the_examples_by_heart_pass_the_examples_of_classes_and_functions(suite: Suite, warm: WarmBoxes) -> None:
    for task in suite.tasks:
        shown = [test for test in task.tests if test.visible]
        assert run_task(task, SOLVERS["examples by heart"](task), warm, tests=shown).status == "valid"


def test_a_score_is_told_by_category_difficulty_and_split(suite: Suite) -> None:
    tasks = [
        task.model_copy(update={"held_out": place == 0, "difficulty": "hard" if place < 3 else "easy"})
        for place, task in enumerate(suite.tasks)
    ]
    score = score_of("a model", tasks, [True, None, *[place % 2 == 0 for place in range(2, 8)]])
    assert (score.solved, score.of) == (4, 7)
    assert score.parts["split"] == {"held-out templates": (1, 1), "held-out variants": (3, 6)}
    assert score.parts["difficulty"] == {"hard": (2, 2), "easy": (2, 5)}
    assert {name: of for name, (_, of) in score.parts["category"].items()} == {
        "list_operations": 3,
        "stateful_classes": 4,
    }


def test_decontamination_knows_the_suite(suite: Suite, tmp_path: Path) -> None:
    write_suite(tmp_path / "s.jsonl", suite)
    known = load_suite(tmp_path / "s.jsonl")
    assert known.canary == suite.head.canary
    assert [problem.id for problem in known.problems] == [task.name for task in suite.tasks]
    assert all(problem.calls for problem in known.problems)


def test_decontamination_refuses_a_suite_that_lost_a_task(suite: Suite, tmp_path: Path) -> None:
    write_suite(tmp_path / "s.jsonl", suite)
    lines = (tmp_path / "s.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "s.jsonl").write_text("".join(lines[:-1]))
    with pytest.raises(StorageError, match="not the tasks"):
        load_suite(tmp_path / "s.jsonl")


class Stopped(Exception):
    pass


class Interrupted(Closing):
    """Answers with the references; the machine goes down in the middle of the second batch."""

    name, model = "interrupted", "m"

    def __init__(self, tasks: Sequence[Task], *, stop_at: int) -> None:
        self.answers = {task.prompt: task.solution for task in tasks}
        self.stop_at, self.asked = stop_at, 0

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            self.asked += 1
            if self.asked == self.stop_at:
                raise Stopped
            yield Completion(f"Here it is:\n```python\n{self.answers[request.prompt]}```\n", "stop")


def test_a_measurement_that_was_stopped_goes_on(suite: Suite, tmp_path: Path) -> None:
    many = make_suite(
        0, [suite.tasks[place % 2].model_copy(update={"inputs": place}) for place in range(AT_A_TIME + 2)]
    )
    out = tmp_path / "answers.jsonl"
    first = Interrupted(many.tasks, stop_at=AT_A_TIME + 2)
    with pytest.raises(Stopped):
        measure(many, first, out)
    with out.open("a") as file:
        file.write('{"task": "cut o')  # killed while it wrote
    second = Interrupted(many.tasks, stop_at=0)
    answers = measure(many, second, out)
    assert second.asked == 2
    assert {answer.status for answer in answers} == {"valid"}
    assert read_scores(out, many).solved == len(many.tasks)


@pytest.mark.parametrize("length", [0, 1, 40])
def test_a_measurement_that_was_stopped_in_its_first_line_starts_anew(
    length: int, suite: Suite, tmp_path: Path
) -> None:
    out = tmp_path / "answers.jsonl"
    solver = ScriptedProvider({}, "```python\nx = 1\n```")
    measure(suite, solver, out)
    whole = out.read_text()
    out.write_text(whole[:length])
    measure(suite, solver, out)
    assert out.read_text().splitlines()[0] == whole.splitlines()[0]


def test_answers_that_are_no_text_are_said(suite: Suite, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    out.write_bytes(b"\xff\xfe\n")
    with pytest.raises(StorageError, match=r"can't be read.*choose another --out"):
        measure(suite, ScriptedProvider({}, "x"), out)


def test_answers_of_another_model_are_not_mixed_in(suite: Suite, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    answers = measure(suite, ScriptedProvider({}, "```python\nx = 1\n```"), out)
    assert {answer.status for answer in answers} == {"invalid"}
    with pytest.raises(StorageError, match="another suite, model"):
        measure(suite, ScriptedProvider({}, "something else"), out)
    with pytest.raises(StorageError, match="another suite"):
        read_scores(out, make_suite(9, suite.tasks[:3]))
