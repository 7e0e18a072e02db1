"""A suite on disk: one JSON object a line, the head first, then the tasks in order."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lift_sys.errors import StorageError
from lift_sys.records.base import Record
from lift_sys.records.tasks import Task, digest
from lift_sys.storage.files import atomic_write, storage_errors


class Head(Record):
    """The first line: what the suite is, and a text that is nowhere but in its file."""

    suite: str
    canary: str
    seed: int
    count: int
    digest: str
    """SHA-256 over the ids of the tasks, in order."""
    command: str

    @property
    def training(self) -> bool:
        return self.command.endswith(" --training")


class Suite(Record):
    head: Head
    tasks: tuple[Task, ...]


def make_suite(seed: int, tasks: Sequence[Task], *, training: bool = False) -> Suite:
    """A suite of these tasks; name, canary and digest follow from the seed and the tasks."""
    guid = uuid.uuid5(uuid.NAMESPACE_URL, f"lift-sys synthetic suite, seed {seed}{' training' * training}")
    use = "these tasks are for training" if training else "this file must not be trained on"
    head = Head(
        suite=f"lift-sys-{'training' if training else 'synthetic'}-{seed}",
        canary=f"lift-sys synthetic suite canary GUID {guid}: {use}",
        seed=seed,
        count=len(tasks),
        digest=digest(tasks),
        command=f"lift-sys tests generate --seed {seed} --count {len(tasks)}{' --training' * training}",
    )
    return Suite(head=head, tasks=tuple(tasks))


def write_suite(path: Path, suite: Suite) -> None:
    """Raises:
    StorageError: the file can't be written.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(suite.head.model_dump(mode="json")), *(task.to_line() for task in suite.tasks)]
    atomic_write(path, (line + "\n" for line in lines))


def read_suite(path: Path) -> Suite:
    """The suite in a file, every id checked, and the head.

    Raises:
        StorageError: it can't be read, a line is no task, the tasks are not those that its head names, or the head is
            not the one that they were written with.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} can't be read: {error}") from error
    tasks: list[Task] = []
    head: Head | None = None
    for number, line in enumerate(lines, 1):
        try:
            if head is None:
                head = Head.model_validate(_object(line), strict=True)
            else:
                tasks.append(Task.from_line(line))
        except (ValueError, ValidationError) as error:
            what = "no head of a suite" if head is None else "no task of a suite"
            reason = str(error).replace("\n", " ")[:300]
            raise StorageError(f"{path}, line {number}: {what}: {reason}") from None
    if head is None:
        raise StorageError(f"{path} is empty: a suite is made by `lift-sys tests generate`")
    if not tasks:
        raise StorageError(f"{path} holds no task: make it again with `lift-sys tests generate`")
    if digest(tasks) != head.digest:
        raise StorageError(f"{path}: these are not the {head.count} tasks that its first line names")
    suite = make_suite(head.seed, tasks, training=head.training)
    wrong = [name for name in Head.model_fields if getattr(head, name) != getattr(suite.head, name)]
    if wrong:
        raise StorageError(
            f"{path}, line 1: {', '.join(wrong)} of the head can't be of these {len(tasks)} tasks with seed "
            f"{head.seed}: the line was changed; make the file again with `lift-sys tests generate`"
        )
    return suite


def _object(line: str) -> Any:
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data
