"""Tasks, rows and models made by hand: small, and each with a known answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lift_sys.evaluation.answers import Answer, Head, key_of, parameters_of
from lift_sys.evaluation.differences import ErrorType
from lift_sys.evaluation.findings import Finding
from lift_sys.evaluation.judging import VERSION
from lift_sys.evaluation.questions import Question
from lift_sys.evaluation.runner import Measured, Setting
from lift_sys.evaluation.targets import of_task
from lift_sys.forward_mode.asking import fenced
from lift_sys.ir import Intent, IntermediateRepresentation, Parameter, Signature
from lift_sys.providers import Completion, Request
from lift_sys.providers.base import Closing
from lift_sys.records import Example, Expected, MutationEvidence, Provenance, Quality, TestCase, Verdict
from lift_sys.records.tasks import Difficulty, Task


def make_task(number: int, *, template: str = "", held_out: bool = False, difficulty: Difficulty = "easy") -> Task:
    """Add a number, with three hidden tests."""
    name = f"add_{number}"
    tests = [TestCase(args=(n,), expected=Expected(value=n + number), oracle="generated") for n in (0, 1, 5)]
    shown = TestCase(args=(2,), expected=Expected(value=2 + number), oracle="generated", visible=True)
    asked = f"Write a Python function `{name}(x: int) -> int` that adds {number}."
    code = f"def {name}(x: int) -> int:\n    return x + {number}\n"
    return Task(
        template=template or f"arithmetic.add_{number % 10}",
        category="arithmetic" if number % 2 else "list_operations",
        difficulty=difficulty,
        held_out=held_out,
        parameters={"number": number},
        prompt=f"{asked}\n\nExamples:\n>>> {name}(2)\n{number + 2}",
        ir=IntermediateRepresentation(
            intent=Intent(summary=f"Add {number}."),
            signature=Signature(name=name, parameters=(Parameter(name="x", type_hint="int"),), returns="int"),
        ),
        entry_point=name,
        solution=code,
        second=f"def {name}(x):\n    return {number} + x\n",
        tests=(shown, *tests),
        mutation=MutationEvidence(),
        inputs=500,
    )


def make_tasks(count: int) -> list[Task]:
    """Every third is of a held-out template."""
    levels: tuple[Difficulty, ...] = ("easy", "medium", "hard")
    return [make_task(number, held_out=number % 3 == 2, difficulty=levels[number % 3]) for number in range(count)]


def make_example(number: int, repository: str) -> Example:
    task = make_task(number)
    return Example(
        prompt=task.prompt,
        prompts={"specification": task.prompt},
        ir=task.ir,
        code=task.solution,
        entry_point=task.entry_point,
        category=task.category,
        difficulty=task.difficulty,
        statements=1,
        tests=task.tests,
        mutation=task.mutation,
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        provenance=Provenance(
            repository=repository, url=None, version="1", path="a.py", qualname=task.entry_point, first_line=1,
            last_line=2, licence="MIT", licence_sha256="b" * 64, time="2026-01-01T00:00:00Z", code_version="0",
            configuration="0",
        ),
    )  # fmt: skip


def right(question: Question) -> str:
    return fenced(question.reference)


def wrong(question: Question) -> str:
    return fenced(f"def {question.entry_point}(x):\n    return 'no'\n")


class Model(Closing):
    """Answers each request by a function of it; `None` is a request that fails."""

    name = "model"

    def __init__(self, answer: Callable[[Request], str | None], model: str = "m") -> None:
        self.answer, self.model = answer, model
        self.asked: list[Request] = []
        self.calls: list[int] = []
        """How many requests came at once."""

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        self.calls.append(len(requests))
        for request in requests:
            self.asked.append(request)
            text = self.answer(request)
            if text is None:
                yield Completion("", "error", detail="HTTP 503: no capacity")
            else:
                yield Completion(text, "stop", len(request.prompt.split()), len(text.split()), 0.01)

    @property
    def head(self) -> Head:
        return Head(provider=self.name, model=self.model)


def knowing(questions: Sequence[Question], solves: Callable[[int], bool] = lambda place: True) -> Model:
    """A model that solves the questions at some places, and answers the others wrongly."""
    texts = {q.prompt: right(q) if solves(place) else wrong(q) for place, q in enumerate(questions)}
    return Model(lambda request: texts[request.prompt])


def measured(
    questions: Sequence[Question],
    solved: Callable[[int], bool | None],
    *,
    model: str = "m",
    kind: ErrorType = "wrong value",
    samples: Callable[[int], Sequence[bool]] = lambda place: (),
) -> Measured:
    """A measurement as if it had been made; None is an answer of which nothing is known."""
    head = Head(provider="made up", model=model)
    count = max((len(samples(place)) for place in range(len(questions))), default=0)
    found = Measured(model, f"made up: {model}", Setting(samples=count), questions)
    for place, question in enumerate(questions):
        verdicts: list[bool | None] = [solved(place), *samples(place)]
        found.answers[question.id] = {
            number: _answer(head, question, number, verdict, kind) for number, verdict in enumerate(verdicts)
        }
    return found


def _answer(head: Head, question: Question, sample: int, solved: bool | None, kind: ErrorType) -> Answer:
    request = question.request(512)
    finding: dict[str, Any] = {"verdict": "error", "reason": "the box broke"}
    if solved is not None:
        finding = {"verdict": "valid" if solved else "invalid", "error_type": "" if solved else kind, "parses": True}
        finding |= {"runs": True, "passed": 3 * solved, "of": 3}
    return Answer(
        key=key_of(head, request),
        question=question.id,
        judge=VERSION,
        name=question.name,
        slice=question.slice,
        sample=sample,
        parameters=parameters_of(request),
        completion=right(question) if solved else wrong(question),
        finish="stop",
        prompt_tokens=40,
        tokens=20,
        seconds=0.5 + len(question.name) / 100,
        waited=0.25,
        finding=Finding(**finding),
    )


def questions_of(count: int) -> list[Question]:
    return [of_task(task) for task in make_tasks(count)]
