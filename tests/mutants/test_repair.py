"""Repair tasks: what they hold was measured, holds when it is run again, and is the same on every run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lift_sys.config import PipelineConfig
from lift_sys.data_synthesis.boxes import Boxes
from lift_sys.data_synthesis.dataset import file_hash, write_dataset
from lift_sys.data_synthesis.execution_validator import Validation, validate
from lift_sys.data_synthesis.patch import apply_patch
from lift_sys.data_synthesis.progress import Silent
from lift_sys.data_synthesis.projections import received
from lift_sys.data_synthesis.repair import COUNTS, REPAIRS, read_repair_tasks, repair_tasks, write_repair_tasks
from lift_sys.data_synthesis.repair_check import check_repair, check_repairs
from lift_sys.errors import StorageError
from lift_sys.executors import make_executor
from lift_sys.ir import Intent, IntermediateRepresentation, Provenance, Signature
from lift_sys.records import Example, Expected, Quality, Slice, TestCase
from lift_sys.records import Provenance as Origin
from lift_sys.records.repair import RepairTask

BAND = Slice(
    code=(
        "def band(age, limit=18):\n"
        '    """Whether an age is over the limit."""\n'
        "    if age < 0:\n"
        '        raise ValueError("no age")\n'
        "    if age >= limit:\n"
        '        return ["old", age - limit]\n'
        '    return ["young", limit - age]\n'
    ),
    entry_point="band",
)
COUNTER = Slice(
    code=(
        "class Counter:\n"
        "    def __init__(self, start):\n"
        "        self.total = start\n"
        "    def add(self, n, times=1):\n"
        "        if n > 3:\n"
        "            n = 3\n"
        "        self.total += n * times\n"
        "        return self.total\n"
    ),
    entry_point="Counter.add",
    harness="def lift_call(start, *args):\n    return Counter(start).add(*args)\n",
    projection="method",
)


def old_or_young(age: int, limit: int = 18) -> Expected:
    if age < 0:
        return Expected(raises="ValueError")
    return Expected(value=["old", age - limit] if age >= limit else ["young", limit - age])


BAND_TESTS = [
    TestCase(args=args, expected=old_or_young(*args), oracle="generated")
    for args in [(0,), (17,), (18,), (19,), (-1,), (40, 39), (3, 3)]
]
COUNTER_TESTS = [
    TestCase(args=args, expected=Expected(value=args[0] + min(args[1], 3) * (*args, 1)[2]), oracle="recorded")
    for args in [(1, 2), (0, 4), (5, 3, 2), (2, 1, 4), (0, 0), (7, 9, 3)]
]


@pytest.fixture(scope="module")
def boxes() -> Boxes:
    with Boxes() as opened:
        yield opened  # type: ignore[misc]


@pytest.fixture(scope="module")
def examples(boxes: Boxes) -> list[Example]:
    return [made(boxes, BAND, BAND_TESTS), made(boxes, COUNTER, COUNTER_TESTS)]


def made(boxes: Boxes, sliced: Slice, tests: list[TestCase]) -> Example:
    checked = validate(boxes, sliced, tests, PipelineConfig())
    assert isinstance(checked, Validation), checked
    name = sliced.entry_point.rpartition(".")[2]
    origin = Provenance(source="docstring", confidence=1.0)
    return Example(
        prompt="p",
        prompts={"terse": "p"},
        ir=IntermediateRepresentation(intent=Intent(summary="s", provenance=origin), signature=Signature(name=name)),
        code=sliced.code,
        entry_point=sliced.entry_point,
        harness=sliced.harness,
        projection=sliced.projection,
        tests=checked.tests,
        mutation=checked.mutation,
        quality=Quality(score=1.0),
        verdict=checked.verdict,
        provenance=Origin(
            repository="toys", url=None, version="1", path="toys.py", qualname=name, first_line=1, last_line=2,
            licence="MIT", licence_sha256=None, time="2024-01-01T00:00:00Z", code_version="0", configuration="0",
        ),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, examples: list[Example]) -> Path:
    write_dataset(
        tmp_path,
        examples=[(example.id, example.to_line() + "\n") for example in examples],
        rejections=[],
        file_rejections=[],
        counts={"functions": 2, "validated": 2, "rejected": 0},
        sources=[],
        configuration={},
        code_version="0",
    )
    return tmp_path


def test_every_task_holds_when_it_is_run_again(examples: list[Example], boxes: Boxes) -> None:
    tasks = [task for example in examples for task in repair_tasks(example, most=100)]
    assert len(tasks) >= 10
    assert {bool(task.harness) for task in tasks} == {True, False}
    assert [check_repair(task, boxes) for task in tasks] == [None] * len(tasks)


def test_a_task_has_both_kinds_of_tests_and_the_fix_leads_to_the_reference(examples: list[Example]) -> None:
    for example in examples:
        for task in repair_tasks(example, most=100):
            assert task.failing
            assert task.passing
            assert sorted(t.id for t in (*task.failing, *task.passing)) == sorted(t.id for t in example.tests)
            assert task.buggy_code != example.code
            assert apply_patch(task.buggy_code, task.fix) == example.code
            assert task.example == example.id
            assert task.provenance == example.provenance


def test_at_most_so_many_an_example_of_different_operators(examples: list[Example]) -> None:
    tasks = repair_tasks(examples[0], most=3)
    assert len(tasks) == 3
    assert len({task.operator for task in tasks}) == 3


def test_the_prompt_tells_the_failure_and_not_the_fix(examples: list[Example]) -> None:
    tasks = {task.buggy_code: task for task in repair_tasks(examples[0], most=100)}
    task = tasks[BAND.code.replace("age >= limit", "age > limit")]
    call = task.failing[0]
    assert f"`band({', '.join(map(str, call.args))})` should return `['old', 0]`" in task.prompt
    assert "but it returns `['young', 0]`" in task.prompt
    assert task.buggy_code.strip() in task.prompt
    assert ">=" not in task.prompt
    assert task.operator not in task.prompt
    quiet = tasks[BAND.code.replace('raise ValueError("no age")', "pass")]
    assert "should raise `ValueError`, but it returns `['young', 19]`" in quiet.prompt


def test_a_harness_is_shown_and_never_buggy(examples: list[Example]) -> None:
    for task in repair_tasks(examples[1], most=100):
        assert task.harness == COUNTER.harness
        assert "`lift_call(" in task.prompt
        assert COUNTER.harness.strip() in task.prompt


def test_a_method_is_reported_as_a_user_calls_it(examples: list[Example]) -> None:
    harness = received(Slice(code=COUNTER.code, entry_point="Counter.add"), "method", "result")
    assert harness is not None
    example = examples[1]
    made = tuple(
        test.model_copy(update={"args": ({"d": ["total", test.args[0]]}, *test.args[1:])}) for test in example.tests
    )
    for tests, call in ((made, "`counter.add("), (_with_arguments(example), "`Counter(")):
        told = example.model_copy(update={"harness": harness.harness, "tests": tests})
        for task in repair_tasks(told, most=100):
            assert call in task.prompt
            assert "lift_" not in task.prompt


def _with_arguments(example: Example) -> tuple[TestCase, ...]:
    return tuple(test.model_copy(update={"args": ({"t": [test.args[0]]}, *test.args[1:])}) for test in example.tests)


WRONG: list[tuple[str, Callable[[RepairTask], dict[str, object]]]] = [
    ("failing test 0 passes", lambda t: {"failing": (t.passing[0],), "passing": t.passing[1:]}),
    (
        "passing test 0 fails",
        lambda t: {"passing": (t.failing[0], *t.passing), "failing": t.failing[1:] or t.failing},
    ),
    ("does not apply", lambda t: {"fix": t.fix.replace("-    ", "-     ")}),
    ("does not pass every test", lambda t: {"fix": ""}),
    ("does not run to its end", lambda t: {"buggy_code": "def band(", "fix": ""}),
]


@pytest.mark.parametrize(("why", "change"), WRONG)
def test_a_task_that_does_not_hold_is_told(
    why: str, change: Callable[[RepairTask], dict[str, object]], examples: list[Example], boxes: Boxes
) -> None:
    task = repair_tasks(examples[0])[0]
    found = check_repair(task.model_copy(update=change(task)), boxes)
    assert found is not None
    assert why in found


def test_what_is_written_is_read_back_and_counted(folder: Path, examples: list[Example]) -> None:
    counts = write_repair_tasks(folder)
    tasks = list(read_repair_tasks(folder))
    assert tasks == [task for example in examples for task in repair_tasks(example)]
    assert counts["tasks"] == len(tasks)
    assert counts["examples"] == counts["examples_with_tasks"] == 2
    sidecar = json.loads((folder / COUNTS).read_text())
    fit = sum(len(repair_tasks(example, most=100)) for example in examples)
    assert sum(sidecar["mutants_left_out"].values()) + fit == counts["mutants"]
    assert sum(sidecar["tasks_by_operator"].values()) == counts["tasks"]


def test_the_same_dataset_gives_the_same_bytes(folder: Path) -> None:
    write_repair_tasks(folder)
    first = file_hash(folder / REPAIRS), file_hash(folder / COUNTS)
    write_repair_tasks(folder)
    assert (file_hash(folder / REPAIRS), file_hash(folder / COUNTS)) == first


def test_tasks_of_another_dataset_are_refused(folder: Path) -> None:
    with pytest.raises(StorageError, match="run `lift-sys repair"):
        next(read_repair_tasks(folder))
    write_repair_tasks(folder)
    with (folder / "examples.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(StorageError, match=r"examples\.jsonl is not the file"):
        next(read_repair_tasks(folder))


def test_an_unfinished_dataset_has_no_tasks(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(StorageError, match="no finished dataset"):
        write_repair_tasks(folder)


async def checked(folder: Path) -> tuple[int, list[str]]:
    async with make_executor("inline") as workers:
        report = await check_repairs(folder, workers, Silent())
    return report.checked, [why for _, why in (*report.wrong, *report.errors)]


def test_a_folder_of_tasks_is_checked(folder: Path) -> None:
    import asyncio

    counts = write_repair_tasks(folder)
    assert asyncio.run(checked(folder)) == (counts["tasks"], [])
