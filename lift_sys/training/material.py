"""What instruction rows are made of: the examples of a dataset and the tasks of a suite, in one form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lift_sys.errors import StorageError
from lift_sys.forward_mode.asking import (
    FAILURES,
    Failure,
    call_text,
    examples_of,
    fenced,
    from_ir,
    outcome,
    to_repair,
)
from lift_sys.ir import IntermediateRepresentation
from lift_sys.ir.compact import render
from lift_sys.records import Example, MutantEvidence, MutationEvidence, TestCase
from lift_sys.records.tasks import Task
from lift_sys.records.training import Origin, TaskKind, TrainingRow
from lift_sys.training.shortening import without_docstrings


@dataclass(frozen=True)
class Material:
    """One function or class with all that can be asked about it."""

    origin: Origin
    source: str
    group: str
    cluster: str
    category: str
    difficulty: str
    prompt: str
    ir: IntermediateRepresentation
    code: str
    entry_point: str
    plain: bool
    """Whether its tests are calls that one would type."""
    tests: tuple[TestCase, ...]
    mutation: MutationEvidence
    docstrings: bool = True
    """Whether rows show the code with its docstrings."""

    def row(self, kind: TaskKind) -> TrainingRow | None:
        """The row of a kind; None where there is nothing to make it of."""
        asked = self._asked(kind)
        if asked is None:
            return None
        return TrainingRow(
            task=kind,
            origin=self.origin,
            source=self.source,
            group=self.group,
            category=self.category,
            difficulty=self.difficulty,
            prompt=asked,
            completion=render(self.ir) if kind == "prompt_to_ir" else fenced(self._shown(self.code)),
        )

    def _asked(self, kind: TaskKind) -> str | None:
        if kind == "ir_to_code":
            return from_ir(self.ir, examples_of(self.prompt))
        return self._bug() if kind == "repair" else self.prompt

    def _bug(self) -> str | None:
        """The request to mend one of the mutants: one that is told by a test that can be shown, chosen by the id."""
        requests = [self._mend(mutant) for mutant in self.mutation.mutants] if self.plain else []
        found = [request for request in requests if request]
        return found[int(self.source[:8], 16) % len(found)] if found else None

    def _mend(self, mutant: MutantEvidence) -> str:
        """The request to mend one of them; empty where none of its failing tests can be shown."""
        if mutant.span is None or not mutant.failing:
            return ""
        got = "does not end" if mutant.stopped else outcome(mutant.got, "s") if mutant.got else ""
        failures = [
            Failure(call_text(self.entry_point, test), outcome(test.expected), "" if place else got)
            for place, test in enumerate(self.tests[index] for index in mutant.failing[:FAILURES])
        ]
        start, end = mutant.span
        return to_repair(self.prompt, self._shown(self.code[:start] + mutant.text + self.code[end:]), failures)

    def _shown(self, code: str) -> str:
        return code if self.docstrings else without_docstrings(code)


def of_example(example: Example) -> Material:
    return Material(
        origin="dataset",
        source=example.id,
        group=example.provenance.repository,
        cluster=example.cluster,
        category=example.category,
        difficulty=example.difficulty,
        prompt=example.prompt,
        ir=example.ir,
        code=example.code,
        entry_point=example.entry_point,
        plain=not example.harness,
        tests=example.tests,
        mutation=example.mutation,
    )


def of_task(task: Task) -> Material:
    return Material(
        origin="template",
        source=task.id,
        group=task.template,
        cluster="",
        category=task.category,
        difficulty=task.difficulty,
        prompt=task.prompt,
        ir=task.ir,
        code=task.solution,
        entry_point=task.entry_point,
        plain=not task.harness,
        tests=task.hidden,
        mutation=task.mutation,
    )


def examples_file(path: Path) -> Path:
    """The file of examples in a dataset's folder, or the file itself."""
    return path / "examples.jsonl" if path.is_dir() else path


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a dataset's file, or of `examples.jsonl` in a folder.

    Raises:
        StorageError: it can't be read, or a line is no example; it names the line.
    """
    file = examples_file(path)
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield Example.from_line(line)
                except ValueError as error:
                    reason = str(error).replace("\n", " ")[:300]
                    raise StorageError(f"{file}, line {number}: no example: {reason}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{file} can't be read: {error}") from error
