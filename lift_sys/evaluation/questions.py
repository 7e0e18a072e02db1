"""What a model is asked, and what its answer is held against: one form for suites, datasets and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lift_sys.ir import IntermediateRepresentation
from lift_sys.providers import Request
from lift_sys.records import TestCase
from lift_sys.records.models import program_of
from lift_sys.records.training import SYSTEM

Slice = Literal["held-out variants", "held-out templates", "unseen repositories", "HumanEval"]
VARIANTS: Slice = "held-out variants"
TEMPLATES: Slice = "held-out templates"
REPOSITORIES: Slice = "unseen repositories"
HUMAN_EVAL: Slice = "HumanEval"
SLICES: dict[Slice, str] = {
    VARIANTS: "tasks of the suite, of templates that may be trained on, with other parameters",
    TEMPLATES: "tasks of the suite, of templates that nothing may be trained on",
    REPOSITORIES: "functions of the dataset's test split, of projects that nothing may be trained on",
    HUMAN_EVAL: "164 problems written by hand (Chen et al. 2021)",
}
"""The parts that are reported apart, in their order."""
SOURCES: dict[Slice, str] = {
    VARIANTS: "suite",
    TEMPLATES: "suite",
    REPOSITORIES: "repositories",
    HUMAN_EVAL: "HumanEval",
}
"""Where the tasks of a slice come from: their categories and levels mean the same inside one source."""
Asked = Literal["prompt_to_code", "prompt_to_ir", "ir_to_code"]


@dataclass(frozen=True)
class Calls:
    """Code is right when each call of the driver leads to what its test says."""

    driver: str
    harness: str
    tests: tuple[TestCase, ...]

    def program(self, code: str) -> str:
        return program_of(code, self.harness)


@dataclass(frozen=True)
class Check:
    """Code is right when HumanEval's own `check` passes."""

    case: Mapping[str, Any]
    """As the benchmark's file has it; the candidate is not in it."""


@dataclass(frozen=True)
class Clauses:
    """A specification is valid when it can be read; how near it is to this one is told apart."""

    ir: IntermediateRepresentation


@dataclass(frozen=True)
class Question:
    """One thing that is asked."""

    id: str
    """Changes with the prompt and with whatever judges the answer."""
    name: str
    """For people."""
    slice: Slice
    group: str
    """Template, repository or problem: tasks of one group succeed and fail together."""
    category: str
    difficulty: str
    prompt: str
    entry_point: str
    reference: str
    """Code that is right."""
    by: Calls | Check | Clauses
    asked: Asked = "prompt_to_code"

    @property
    def source(self) -> str:
        return SOURCES[self.slice]

    def request(self, max_tokens: int) -> Request:
        """The greedy request."""
        return Request(prompt=self.prompt, system=SYSTEM[self.asked], max_tokens=max_tokens)


def spread(questions: Sequence[Question], most: int) -> list[Question]:
    """At most so many tasks of each slice, taken at even distances; of those, all that is asked."""
    kept: list[Question] = []
    for asked in get_args(Asked):
        for name in SLICES:
            found = [question for question in questions if (question.slice, question.asked) == (name, asked)]
            count = min(most, len(found))
            kept += [found[place * len(found) // count] for place in range(count)]
    return kept
