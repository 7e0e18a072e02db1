"""The suite that is committed: what its file holds, and how pytest runs it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from phase_synthetic import SUITE, suite

from lift_sys.executors import make_executor
from lift_sys.records.tasks import Task
from lift_sys.testing.acceptance import normal
from lift_sys.testing.comparing import shared
from lift_sys.testing.suite import Suite
from lift_sys.testing.template import Template, code
from lift_sys.testing.templates import all_templates
from lift_sys.testing.test_generator import generate, near_duplicates

ROOT = Path(__file__).parents[2]
PHASE = "tests/synthetic/phase_synthetic.py"
CATEGORIES = sorted({task.category for task in suite().tasks})


def run_pytest(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, words)]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=outside)


def node(task: Task) -> str:
    return f"{PHASE}::test_task[{task.name}]"


def collected(*words: str) -> list[str]:
    done = run_pytest(PHASE, "--collect-only", *words)
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_pytest_collects_the_five_hundred_tasks() -> None:
    found = collected()
    assert len(found) == 500
    assert found == [node(task) for task in suite().tasks]


def test_a_category_is_selected_by_its_name() -> None:
    wanted = [task for task in suite().tasks if task.category == "dates"]
    assert collected("-k", "dates") == [node(task) for task in wanted]


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_name_of_a_category_is_in_the_names_of_its_tasks_alone(category: str) -> None:
    assert {task.category for task in suite().tasks if category in task.name} == {category}


def test_categories_are_of_one_size() -> None:
    assert len(CATEGORIES) == 14
    assert set(Counter(task.category for task in suite().tasks).values()) == {35, 36}


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_difficulty_has_its_part_of_a_category(category: str) -> None:
    levels = Counter(task.difficulty for task in suite().tasks if task.category == category)
    assert set(levels) == {"easy", "medium", "hard"}
    assert min(levels.values()) >= 9  # of twelve: most templates give one difficulty only


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_templates_that_are_held_out_and_others(category: str) -> None:
    split = {task.template: task.held_out for task in suite().tasks if task.category == category}
    assert Counter(split.values())[True] >= 2
    assert Counter(split.values())[False] >= 4


def test_no_two_prompts_are_near_duplicates() -> None:
    assert near_duplicates(suite().tasks) == 0


def test_every_mutant_is_killed_or_said_to_be_equivalent() -> None:
    assert {task.mutation.score for task in suite().tasks} == {1.0}
    equivalent = [m for task in suite().tasks for m in task.mutation.mutants if m.equivalent]
    assert {mutant.proof.partition(":")[0] for mutant in equivalent} == {"bytecode", "argued"}


def test_a_model_is_run_on_the_selected_tasks_through_pytest(tmp_path: Path) -> None:
    right, wrong, *_ = (task for task in suite().tasks if task.category == "dates")
    answers = {right.prompt: f"```python\n{right.solution}```", "": "```python\nx = 1\n```"}
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    done = run_pytest(node(right), node(wrong), "--provider", "scripted", "--model", tmp_path / "answers.json")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert f"FAILED {node(wrong)}" in done.stdout


USAGE = {
    "a model without a provider": (("--model", "some-model"), "add --provider"),
    "no such provider": (("--provider", "nope"), "no provider 'nope'"),
    "a script that is not there": (("--provider", "scripted", "--model", "/nowhere.json"), "/nowhere.json"),
    "workers": (("--provider", "scripted", "-n", "2"), "leave -n out"),
}


@pytest.mark.parametrize(("words", "text"), USAGE.values(), ids=USAGE)
def test_a_model_that_cannot_be_asked_is_told_once_before_any_test(words: tuple[str, ...], text: str) -> None:
    done = run_pytest(PHASE, "-k", "dates", *words)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert text in done.stderr
    assert done.stderr.strip().count("\n") == 0
    assert not {"passed", "FAILED", "ERROR", "Traceback"} & set(done.stdout.split())


def drawn(seed: int) -> Suite:
    async def run() -> Suite:
        async with make_executor("local", 0) as workers:
            return (await generate(seed, 500, workers)).suite

    return asyncio.run(run())


@pytest.mark.slow
def test_the_file_is_what_its_seed_gives() -> None:
    made = drawn(suite().head.seed)
    assert [task.name for task in made.tasks] == [task.name for task in suite().tasks], f"make {SUITE.name} again"


@pytest.mark.slow
def test_another_seed_gives_other_tasks() -> None:
    assert shared(suite(), drawn(suite().head.seed + 1)) == []


EVERY = [template for templates in all_templates().values() for template in templates]


@pytest.mark.slow
@pytest.mark.parametrize("template", EVERY, ids=lambda template: template.name)
def test_no_two_combinations_of_a_template_have_one_reference(template: Template) -> None:
    """So whatever seeds draw them, they are never the same task."""
    told = {name: next(iter(choice)) for name, choice in template.surface.items()}
    seen: dict[str, dict[str, object]] = {}
    for number in range(template.size):
        parameters = template.combination(number)
        values = template.values({**parameters, **told})
        if values is not None:
            form = normal(code(template.reference, values))
            assert form not in seen, f"{parameters} is {seen.get(form)} again"
            seen[form] = parameters
