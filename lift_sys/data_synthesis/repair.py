"""Repair tasks from a finished dataset: each killed mutant is a bug that some tests show and others do not.

They cost nothing, because which tests a mutant fails was measured when the example was validated. `repair_check.py`
runs tasks again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lift_sys.config import code_version
from lift_sys.data_synthesis.dataset import EXAMPLES, file_hash, read_examples, read_manifest
from lift_sys.data_synthesis.patch import make_patch
from lift_sys.data_synthesis.prompt_calls import PLAIN_NOTE, is_plain_form, shown_call
from lift_sys.errors import StorageError
from lift_sys.records import DRIVER, Example, Expected, MutantEvidence, TestCase, wire_literal
from lift_sys.records.repair import RepairTask
from lift_sys.storage import atomic_write

REPAIRS, COUNTS = "repair.jsonl", "repair.json"
SCHEMA_VERSION = 1
MOST = 3
"""Tasks of one example."""
SHOWN = 300
"""Characters of a call, or of an outcome, that a prompt shows."""


def write_repair_tasks(folder: Path, *, most: int = MOST) -> dict[str, int]:
    """Write `repair.jsonl`, up to `most` tasks an example, and last its counts, `repair.json`.

    The same dataset gives the same bytes. Nothing is run.

    Raises:
        StorageError: the folder holds no finished dataset, or can't be written.
    """
    read_manifest(folder)
    (folder / COUNTS).unlink(missing_ok=True)
    counts: Counter[str] = Counter({"examples": 0, "examples_with_tasks": 0, "mutants": 0, "tasks": 0})
    left_out: Counter[str] = Counter()
    operators: Counter[str] = Counter()

    def lines() -> Iterator[str]:
        for example in read_examples(folder):
            tasks = repair_tasks(example, most=most)
            counts.update(
                examples=1,
                examples_with_tasks=bool(tasks),
                mutants=len(example.mutation.mutants),
                tasks=len(tasks),
            )
            left_out.update(why for mutant in example.mutation.mutants if (why := _unfit(mutant, example)))
            operators.update(task.operator for task in tasks)
            yield from (task.to_line() + "\n" for task in tasks)

    atomic_write(folder / REPAIRS, lines())
    sidecar = {
        "schema_version": SCHEMA_VERSION,
        "code_version": code_version(),
        "command": "lift-sys repair",
        "most": most,
        "counts": dict(counts),
        "mutants_left_out": dict(sorted(left_out.items())),
        "tasks_by_operator": dict(sorted(operators.items())),
        "files": {EXAMPLES: file_hash(folder / EXAMPLES), REPAIRS: file_hash(folder / REPAIRS)},
    }
    atomic_write(folder / COUNTS, [json.dumps(sidecar, indent=1, ensure_ascii=True), "\n"])
    return dict(counts)


def read_repair_tasks(folder: Path) -> Iterator[RepairTask]:
    """The tasks, in order.

    Raises:
        StorageError: there are none, or they are damaged, or made of another state of the dataset.
    """
    marker = folder / COUNTS
    if not marker.is_file():
        raise StorageError(f"{folder} holds no repair tasks: run `lift-sys repair {folder}`")
    try:
        files = json.loads(marker.read_text())["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{marker} can't be read: {error}") from error
    for name, digest in files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise StorageError(
                f"{folder / name} is not the file that {marker} names: run `lift-sys repair {folder}` again"
            )
    with (folder / REPAIRS).open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield RepairTask.from_line(line)
            except ValueError as error:
                raise StorageError(f"{folder / REPAIRS}, line {number}: {error}") from error


def repair_tasks(example: Example, *, most: int = MOST) -> list[RepairTask]:
    """Up to `most` tasks of an example, of different operators as far as there are such."""
    fit = [mutant for mutant in example.mutation.mutants if not _unfit(mutant, example)]
    return [_task(example, mutant) for mutant in _chosen(fit, example.id, most)]


def _unfit(mutant: MutantEvidence, example: Example) -> str:
    """Why a mutant makes no task; "" when it does."""
    if mutant.equivalent:
        return "equivalent"
    if not mutant.failing:
        return "survived"
    if mutant.span is None:
        return "no_text"
    if mutant.stopped:
        return "does_not_end"
    return "every_test_fails" if len(mutant.failing) == len(example.tests) else ""


def _chosen(fit: list[MutantEvidence], identity: str, most: int) -> list[MutantEvidence]:
    """In turns from every operator, in an order that differs from example to example; the subtlest bugs first."""
    by_operator: dict[str, list[MutantEvidence]] = {}
    for mutant in sorted(fit, key=lambda m: len(m.failing)):
        by_operator.setdefault(mutant.operator, []).append(mutant)
    order = sorted(by_operator, key=lambda operator: hashlib.sha256(f"{identity}{operator}".encode()).digest())
    turns = max(map(len, by_operator.values()), default=0)
    rows = (by_operator[operator][turn : turn + 1] for turn in range(turns) for operator in order)
    return [mutant for row in rows for mutant in row][:most]


def _task(example: Example, mutant: MutantEvidence) -> RepairTask:
    assert mutant.span is not None
    start, end = mutant.span
    buggy = example.code[:start] + mutant.text + example.code[end:]
    failing = tuple(example.tests[index] for index in mutant.failing)
    passing = tuple(test for index, test in enumerate(example.tests) if index not in mutant.failing)
    return RepairTask(
        example=example.id,
        prompt=_prompt(example, mutant, buggy, failing),
        buggy_code=buggy,
        entry_point=example.entry_point,
        harness=example.harness,
        projection=example.projection,
        requirements=example.requirements,
        failing=failing,
        passing=passing,
        fix=make_patch(buggy, example.code),
        operator=mutant.operator,
        line=mutant.line,
        category=example.category,
        difficulty=example.difficulty,
        provenance=example.provenance,
    )


def _prompt(example: Example, mutant: MutantEvidence, buggy: str, failing: tuple[TestCase, ...]) -> str:
    """What a person would report: one call that goes wrong, and how; the code; nothing about where the bug is."""
    passing = len(example.tests) - len(failing)
    parts = [
        f"`{example.entry_point}` has a bug. {_failure(example, mutant, failing)}",
        f"{_count(len(failing), 'fails', 'fail')} and {_count(passing, 'passes', 'pass')}. Change the code so that "
        "every test passes; keep its names and parameters.",
        f"```python\n{buggy.strip()}\n```",
    ]
    if "plain(" in parts[0] and is_plain_form(example.harness):
        parts.insert(1, PLAIN_NOTE)
    if DRIVER in parts[0]:
        parts.append(
            f"The tests call `{example.driver}`, which is loaded after the code:\n\n"
            f"```python\n{example.harness.strip()}\n```"
        )
    return "\n\n".join(parts)


def _count(number: int, one: str, several: str) -> str:
    return f"{number} test {one}" if number == 1 else f"{number} tests {several}"


def _failure(example: Example, mutant: MutantEvidence, failing: tuple[TestCase, ...]) -> str:
    """The first failing call with what it should lead to and what it leads to, or the shortest one that fits."""
    texts = [shown_call(example, test).inline() for test in failing]
    outcomes = [_outcome_text(test.expected, "return", "raise") for test in failing]
    short = [n for n in range(len(failing)) if max(len(texts[n]), len(outcomes[n])) <= SHOWN]
    if not short:
        return "Some calls do not lead to what they should."
    shown = 0 if 0 in short else min(short, key=lambda n: len(texts[n]))
    if shown == 0 and mutant.got is not None:
        return f"{texts[0]} should {outcomes[0]}, but it {_outcome_text(mutant.got, 'returns', 'raises')}."
    return f"{texts[shown]} should {outcomes[shown]}, but it does not."


def _outcome_text(outcome: Expected, returns: str, raises: str) -> str:
    if outcome.raises is not None:
        return f"{raises} `{outcome.raises}`"
    return f"{returns} `{wire_literal(outcome.value)}`"
