"""One row of instruction data, and what a model is told for each of the four tasks."""

from __future__ import annotations

from typing import Literal

from lift_sys.records.base import Record

TaskKind = Literal["prompt_to_code", "prompt_to_ir", "ir_to_code", "repair"]
KINDS: tuple[TaskKind, ...] = ("prompt_to_code", "prompt_to_ir", "ir_to_code", "repair")
Origin = Literal["dataset", "template"]

SYSTEM: dict[TaskKind, str] = {
    "prompt_to_code": "You write Python. Answer with one code block that holds the whole solution, and nothing else.",
    "prompt_to_ir": "You write the specification of the Python code that is asked for, one clause a line.",
    "ir_to_code": "You write Python from a specification. Answer with one code block, and nothing else.",
    "repair": "You mend Python code. Answer with one code block that holds the whole solution, and nothing else.",
}
"""The system message of each task: the same in training and when a model is asked."""


class TrainingRow(Record):
    """What a model is asked and what it is to answer. Only the completion is learnt."""

    schema_version: Literal[1] = 1
    task: TaskKind
    origin: Origin
    source: str
    """Id of the `Example` or of the suite's `Task` that it was made from."""
    group: str
    """Repository or template: nothing of one group is in two splits."""
    category: str
    difficulty: str
    prompt: str
    completion: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """The row as a chat."""
        return [
            {"role": "system", "content": SYSTEM[self.task]},
            {"role": "user", "content": self.prompt},
            {"role": "assistant", "content": self.completion},
        ]
