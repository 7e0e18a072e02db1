"""A model on a suite: asked once for each task, judged by the hidden tests, every answer kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lift_sys.errors import StorageError
from lift_sys.providers import Completion, Provider, Request
from lift_sys.records.tasks import Task
from lift_sys.records.training import SYSTEM
from lift_sys.sandbox.judge import completion_text
from lift_sys.storage.files import storage_errors
from lift_sys.testing.running import run_task
from lift_sys.testing.suite import Suite
from lift_sys.testing.test_generator import boxes

AT_A_TIME = 64
"""Tasks between two writes: what a killed run loses at most."""


@dataclass(frozen=True)
class Answer:
    """What became of one task."""

    task: str
    status: str
    """`valid`, `invalid` or `timeout`; `error` where nothing is known of the model's answer."""
    reason: str
    completion: str
    finish: str
    prompt_tokens: int
    tokens: int
    seconds: float


def request_of(task: Task, max_tokens: int = 512) -> Request:
    return Request(prompt=task.prompt, system=SYSTEM["prompt_to_code"], max_tokens=max_tokens)


def judge(task: Task, completion: Completion) -> Answer:
    """The answer with its verdict.

    Raises:
        SandboxFault: our box broke; nothing is known.
    """
    if completion.finish == "error":
        status, reason = "error", completion.detail
    else:
        result = run_task(task, completion_text(completion.text), boxes())
        status, reason = result.status, result.reason
    return Answer(
        task=task.id,
        status=status,
        reason=reason,
        completion=completion.text,
        finish=completion.finish,
        prompt_tokens=completion.prompt_tokens,
        tokens=completion.tokens,
        seconds=round(completion.seconds, 3),
    )


def measure(
    suite: Suite,
    provider: Provider,
    out: Path,
    *,
    max_tokens: int = 512,
    advance: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """Ask for every task that `out` has no answer for, and append what comes, `AT_A_TIME` tasks at a time.

    Raises:
        StorageError: `out` can't be written, or holds answers of another suite, model or setting.
    """
    head = {
        "solver": f"{provider.name}: {provider.model}",
        "digest": suite.head.digest,
        "max_tokens": max_tokens,
        "system": SYSTEM["prompt_to_code"],
    }
    known = _known(out, head)
    advance(len(known))
    todo = [task for task in suite.tasks if task.id not in known]
    for start in range(0, len(todo), AT_A_TIME):
        tasks = todo[start : start + AT_A_TIME]
        completions = provider.complete([request_of(task, max_tokens) for task in tasks])
        found = [judge(task, completion) for task, completion in zip(tasks, completions, strict=True)]
        _append(out, found)
        known |= {answer.task: answer for answer in found}
        advance(len(found))
    return [known[task.id] for task in suite.tasks]


def _known(out: Path, head: dict[str, Any]) -> dict[str, Answer]:
    """Answers that are there already; a last line that was cut off is dropped. A new file gets its head."""
    try:
        text = out.read_text(encoding="utf-8") if out.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{out} can't be read: {error}; choose another --out") from error
    if "\n" not in text and json.dumps(head).startswith(text):  # new, or its head was cut off
        with storage_errors(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(head) + "\n", encoding="utf-8")
        return {}
    first, *lines = text.splitlines(keepends=True)
    if _object(first) != head:
        raise StorageError(f"{out} holds answers of another suite, model or setting: choose another --out")
    whole = [line for line in lines if line.endswith("\n")]
    if len(whole) != len(lines):
        with storage_errors(out):
            out.write_text("".join([first, *whole]), encoding="utf-8")
    try:
        answers = [Answer(**json.loads(line)) for line in whole]
    except (ValueError, TypeError) as error:
        raise StorageError(f"{out} holds what is no answer: {error}") from error
    return {answer.task: answer for answer in answers if answer.status != "error"}


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _append(out: Path, answers: Sequence[Answer]) -> None:
    with storage_errors(out), out.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(answer)) + "\n" for answer in answers)
