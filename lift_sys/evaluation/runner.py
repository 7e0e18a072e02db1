"""Questions to a model: asked in batches, judged as the answers come, each kept before the next is looked at.

    questions ── what is known already ─────────────────────────── Measured
        └─ not known ── ask a batch ── judge each ── keep each ──────┘

A run that is killed loses the batch under way at most. An answer of which nothing is known (the provider failed, our
sandbox broke) is kept as an `error`, counts as not measured, and is tried again by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.evaluation.answers import Answer, AnswerFile, Searched, key_of, parameters_of
from lift_sys.evaluation.judging import VERSION, Examiner
from lift_sys.evaluation.questions import Question
from lift_sys.evaluation.searching import Searching
from lift_sys.providers import Completion, Provider, Request
from lift_sys.providers.base import ENDED, FULL

BATCH = 128
"""Requests that a provider gets at once: enough to keep its own batches full, few enough to lose."""


@dataclass(frozen=True)
class Setting:
    """How a model is asked. Every question is asked greedily; `samples` more answers are drawn.

    Raises:
        ConfigError: a number is out of its range.
    """

    max_tokens: int = 512
    samples: int = 0
    """Answers drawn for each question, besides the greedy one: what pass@k is estimated from."""
    temperature: float = 0.8
    top_p: float = 0.95
    seed: int = 0
    batch: int = BATCH

    def __post_init__(self) -> None:
        if self.samples < 0 or self.batch < 1:
            raise ConfigError("samples must be 0 or more, and a batch 1 or more")
        if self.samples and self.temperature == 0:
            raise ConfigError("samples drawn at temperature 0 are all the same: give a temperature above 0")

    def requests(self, question: Question) -> list[Request]:
        """The greedy request, then the drawn ones."""
        greedy = question.request(self.max_tokens)
        drawn = replace(greedy, temperature=self.temperature, top_p=self.top_p, seed=self.seed)
        return [greedy, *drawn.samples(self.samples)]


@dataclass(frozen=True)
class Order:
    """One request of a question."""

    question: Question
    sample: int
    request: Request
    key: str


@dataclass
class Measured:
    """What is known of a model: the answers to each question, by its id, by sample."""

    model: str
    about: str
    setting: Setting
    questions: Sequence[Question]
    answers: dict[str, dict[int, Answer]] = field(default_factory=dict)
    asked: int = 0
    """Requests sent by this run."""
    known: int = 0
    """Answers that were there before."""
    stopped: str = ""
    """Why the rest was not asked, where it was not."""

    def greedy(self, question: Question) -> Answer | None:
        """The greedy answer, where it is known whether it holds."""
        found = self.answers.get(question.id, {}).get(0)
        return found if found is not None and found.finding.measured else None

    def why(self, question: Question) -> str:
        """Why there is no greedy answer that is measured."""
        answer = self.answers.get(question.id, {}).get(0)
        return answer.finding.reason if answer is not None else self.stopped or "not asked"

    def drawn(self, question: Question) -> list[Answer]:
        """The drawn answers of which it is known whether they hold."""
        found = self.answers.get(question.id, {})
        return [answer for sample, answer in sorted(found.items()) if sample and answer.finding.measured]

    @property
    def missing(self) -> list[tuple[Question, str]]:
        """Questions whose greedy answer is not measured, with the reason."""
        return [(question, self.why(question)) for question in self.questions if self.greedy(question) is None]

    @property
    def undrawn(self) -> int:
        """Drawn answers that are not measured, of all that were to be."""
        return sum(self.setting.samples - len(self.drawn(question)) for question in self.questions)


def evaluate(
    questions: Sequence[Question],
    provider: Provider | None,
    file: AnswerFile,
    examiner: Examiner,
    setting: Setting = Setting(),
    *,
    advance: Callable[[int], None] = lambda done: None,
) -> Measured:
    """The answers to all questions: those in the file, and those that the provider gives to the rest.

    Args:
        provider: None asks nothing: what the file does not hold is not measured.
        advance: called with how many more answers are there.

    Raises:
        StorageError: the file can't be written.
        SandboxUnavailable: no box can be opened here.
    """
    measured = Measured(file.head.model, file.head.about, setting, questions)
    todo: list[Order] = []
    for order in _orders(questions, file, setting):
        answer = _known(order, file, examiner)
        if answer is None:
            todo.append(order)
        else:
            measured.known += 1
            _take(measured, order, answer)
            advance(1)
    if provider is None:
        measured.stopped = "the file holds no answer" if todo else ""
        return measured
    for start in range(0, len(todo), setting.batch):
        batch = todo[start : start + setting.batch]
        found = _ask(batch, provider, file, examiner, advance)
        for order, answer in zip(batch, found, strict=True):
            _take(measured, order, answer)
        measured.asked += len(batch)
        if all(map(_may_mend, found)) and measured.asked < len(todo):
            measured.stopped = f"not asked: all {len(found)} requests before failed ({found[-1].finding.reason})"
            break
    return measured


def _ask(
    batch: Sequence[Order],
    provider: Provider,
    file: AnswerFile,
    examiner: Examiner,
    advance: Callable[[int], None],
) -> list[Answer]:
    """The answers of a batch, judged and in the file.

    What was waited is shared out evenly: a batch is worked on as a whole, and the first to be handed out would have
    waited for those that were done before it. Where the provider raises, what has come is kept: it may be paid for.
    """
    come: list[Answer] = []
    try:
        for order, completion, waited in _completions(batch, provider):
            come.append(_judged(order, completion, waited, examiner))
            advance(1)
    finally:
        share = sum(answer.waited for answer in come) / max(1, len(come))
        come = [answer.model_copy(update={"waited": round(share, 6)}) for answer in come]
        file.add(come)
    file.sync()
    return come


def _may_mend(answer: Answer) -> bool:
    """Whether it failed, and another try might not. A prompt that is too long says nothing of the provider."""
    return answer.finish == "error" and answer.finding.reason != FULL


def _orders(questions: Sequence[Question], file: AnswerFile, setting: Setting) -> Iterator[Order]:
    """All greedy requests first: what a run that is stopped early has, is a whole measurement."""
    asked = [(question, setting.requests(question)) for question in questions]
    for sample in range(setting.samples + 1):
        for question, requests in asked:
            yield Order(question, sample, requests[sample], key_of(file.head, requests[sample]))


def _known(order: Order, file: AnswerFile, examiner: Examiner) -> Answer | None:
    """The answer that is in the file, judged again where it was judged by something else; None where it is not."""
    answer = file.find(order.key, order.question.id)
    if answer is not None and answer.finding.measured and answer.judge == VERSION:
        return answer
    said = file.said(order.key)
    if said is None:
        return None
    answer = _judged(order, said.as_completion(), said.waited, examiner)
    file.add([answer])
    return answer


def _completions(batch: Sequence[Order], provider: Provider) -> Iterator[tuple[Order, Completion, float]]:
    """Each order with its completion and the seconds that it was waited for.

    A provider that ends early leaves errors behind, and nothing out of place.
    """
    shared = isinstance(provider, Searching)  # it answers a batch at once, and has shared out the time itself
    answers: Any = iter(provider.complete([order.request for order in batch]))
    try:
        for order in batch:
            began = perf_counter()
            completion = next(answers, Completion("", "error", detail=ENDED))
            waited = completion.seconds if shared else perf_counter() - began
            yield order, _writable(completion), waited
    finally:
        if hasattr(answers, "close"):
            answers.close()


def _writable(completion: Completion) -> Completion:
    """A server may answer with half a character, which no file takes."""
    text, detail = (said.encode("utf-8", "replace").decode() for said in (completion.text, completion.detail))
    return replace(completion, text=text, detail=detail)


def _judged(order: Order, completion: Completion, waited: float, examiner: Examiner) -> Answer:
    return Answer(
        key=order.key,
        question=order.question.id,
        judge=VERSION,
        name=order.question.name,
        slice=order.question.slice,
        sample=order.sample,
        parameters=parameters_of(order.request),
        completion=completion.text,
        finish=completion.finish,
        prompt_tokens=completion.prompt_tokens,
        tokens=completion.tokens,
        seconds=round(completion.seconds, 4),
        waited=round(waited, 6),
        finding=examiner.examine(order.question, completion),
        search=completion.search if isinstance(completion, Searched) else None,
    )


def _take(measured: Measured, order: Order, answer: Answer) -> None:
    measured.answers.setdefault(order.question.id, {})[order.sample] = answer
