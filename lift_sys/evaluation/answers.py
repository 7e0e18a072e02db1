"""Every answer of one model, in one file: a head that says whose they are, then one answer a line.

An answer is known by what was asked: the model, the prompt and the parameters. What is known is not asked again; an
answer that was judged by other tests, or by an older judge, is judged again. Lines are only ever added, so a run that
is killed loses what it was doing and nothing else.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

from pydantic import SerializerFunctionWrapHandler, model_serializer

from lift_sys.errors import StorageError
from lift_sys.evaluation.findings import Finding
from lift_sys.forward_mode.kept import Search
from lift_sys.providers import Completion, Request
from lift_sys.providers.base import Finish
from lift_sys.records.base import Record, content_hash
from lift_sys.storage.files import storage_errors

FORMAT = 1
NAME = "answers.jsonl"


class Head(Record):
    """The first line of a file of answers."""

    schema_version: Literal[1] = 1
    provider: str
    model: str
    """The name that the provider gives it, which changes with its weights."""
    about: str = ""
    """One line on what answered, and how."""

    @property
    def same(self) -> tuple[str, str]:
        return self.provider, self.model


@dataclass(frozen=True)
class Searched(Completion):
    """The completion that a search ended with, and how it came to it."""

    search: Search | None = None


class Answer(Record):
    """One completion, with what was asked and what was found."""

    schema_version: Literal[1] = 1
    key: str
    """`key_of` the request."""
    question: str
    """Id of the question that judged it."""
    judge: int
    """Version of the judge (`judging.VERSION`)."""
    name: str
    slice: str
    sample: int
    """0 is the greedy one; drawn ones count from 1."""
    parameters: dict[str, float]
    completion: str
    finish: Finish
    prompt_tokens: int
    tokens: int
    seconds: float
    """As the provider says: a server's are those of the request, a local batch's the time since the answer before."""
    waited: float
    """Seconds that the run waited for it: added up, the time in which the model was at work."""
    finding: Finding
    search: Search | None = None
    """Of an answer that was searched for: all candidates."""

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without a search, as answers were written before they had one: their ids stay the same."""
        fields: dict[str, Any] = write(self)
        if self.search is None:
            del fields["search"]
        return fields

    def as_completion(self) -> Searched:
        return Searched(
            self.completion, self.finish, self.prompt_tokens, self.tokens, self.seconds, search=self.search
        )


def parameters_of(request: Request) -> dict[str, float]:
    """What decides an answer besides model and prompt. Of a greedy one, seed and top_p say nothing."""
    greedy = request.temperature == 0
    return {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": 0 if greedy else request.seed,
        "top_p": 1.0 if greedy else request.top_p,
    }


def key_of(head: Head, request: Request) -> str:
    """What names an answer: the hash of model, prompt and parameters."""
    asked = [request.prompt, request.system, request.grammar, parameters_of(request)]
    return content_hash([head.provider, head.model, *asked])


class AnswerFile:
    """A file of answers that is read once and then added to. Locked: one run at a time writes to it.

    Raises:
        StorageError: it can't be read or written, holds answers of another model, or a line in it is damaged (a last
            line that was cut off is dropped: a killed run leaves one).
    """

    def __init__(self, path: Path, head: Head) -> None:
        self.path, self.head = path, head
        self._answers: dict[tuple[str, str], Answer] = {}
        self._said: dict[str, Answer] = {}
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab+")
        try:
            self._lock()
            self._read()
        except BaseException:
            self._file.close()
            raise

    def find(self, key: str, question: str) -> Answer | None:
        """The last answer to this request that was judged for this question."""
        return self._answers.get((key, question))

    def said(self, key: str) -> Answer | None:
        """What the model said to this request, whatever judged it; None where it is not known."""
        return self._said.get(key)

    def add(self, answers: Sequence[Answer]) -> None:
        """Raises:
        StorageError: the disk is full; what was there before is still there.
        """
        with storage_errors(self.path):
            self._file.writelines(f"{answer.to_line()}\n".encode() for answer in answers)
            self._file.flush()
        for answer in answers:
            self._know(answer)

    def sync(self) -> None:
        """Put what was added on the disk itself."""
        with storage_errors(self.path):
            os.fsync(self._file.fileno())

    def _know(self, answer: Answer) -> None:
        self._answers[answer.key, answer.question] = answer
        if answer.finish != "error":
            self._said[answer.key] = answer

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StorageError(
                f"another run is writing to {self.path}: wait for it to end, or choose another --out"
            ) from None

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        with storage_errors(self.path):
            lines = self._file.readlines()
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        for number, line in enumerate(lines, 1):
            record = _record(self.path, number, line)
            if isinstance(record, Answer):
                self._know(record)
            elif record.same != self.head.same:
                raise StorageError(
                    f"{self.path} holds answers of {record.provider}: {record.model}, not of "
                    f"{self.head.provider}: {self.head.model}: choose another --out"
                )
            whole += len(line)
        with storage_errors(self.path):
            self._file.truncate(whole)
            if not lines:
                self._file.write(f"{self.head.to_line()}\n".encode())
                self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_head(path: Path) -> Head:
    """Whose answers a file holds.

    Raises:
        StorageError: it can't be read, or is no file of answers.
    """
    file = path / NAME if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            line = opened.readline()
    except OSError as error:
        raise StorageError(f"{file} can't be read: {error.strerror or error}") from error
    if not line.endswith(b"\n"):
        raise StorageError(f"{file} holds no answers: `lift-sys evaluate` writes them")
    record = _record(file, 1, line)
    if not isinstance(record, Head):
        raise StorageError(f"{file} does not begin with the head of a file of answers")
    return record


def _record(path: Path, number: int, line: bytes) -> Head | Answer:
    kind: type[Record] = Head if number == 1 else Answer
    try:
        found: Head | Answer = kind.from_line(line.decode("utf-8"))
    except ValueError as error:
        what = "the head of a file of answers" if number == 1 else "an answer"
        reason = str(error).replace("\n", " ")[:200]
        raise StorageError(
            f"{path}, line {number}, is not {what} ({reason}): remove the line, or the file, and run again"
        ) from None
    return found


def folder_of(provider: str, model: str) -> str:
    """A name for the folder of a model's answers: readable, and different for different models."""
    words = re.sub(r"[^A-Za-z0-9._+-]+", "-", model.rpartition("/")[2]).strip("-.")[:80]
    return f"{provider}-{words}-{content_hash([provider, model])[:8]}"
