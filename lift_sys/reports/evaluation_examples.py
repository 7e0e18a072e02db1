"""Which answers a report shows: a few of each kind, from every slice in turn, the same ones on every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lift_sys.evaluation.answers import Answer
from lift_sys.evaluation.questions import SLICES, Question
from lift_sys.evaluation.runner import Measured
from lift_sys.sandbox.judge import completion_text

SHOWN = 4
"""Questions of each kind."""


@dataclass(frozen=True)
class Shown:
    """One question with the answers to it."""

    question: Question
    answers: tuple[Answer | None, ...]
    """Of each model; None where it is not measured."""
    why: tuple[str, ...]
    """Of each model, why it is not measured."""
    drawn: tuple[Sequence[tuple[Answer, int]], ...]
    """Of each model, the drawn answers: each text once, with how often it was drawn."""

    def code(self, number: int) -> str:
        answer = self.answers[number]
        return completion_text(answer.completion) if answer is not None else ""

    @property
    def solved(self) -> tuple[bool | None, ...]:
        return tuple(answer.finding.solved if answer is not None else None for answer in self.answers)

    @property
    def outcome(self) -> str:
        """A word to look for: which of the models solved it."""
        if None in self.solved:
            return "not measured"
        if len(self.solved) == 1:
            return "solved" if self.solved[0] else "failed"
        model, other = self.solved
        return ("both" if other else "gained") if model else ("lost" if other else "neither")


def all_shown(questions: Sequence[Question], sides: Sequence[Measured]) -> list[Shown]:
    """Every question with its answers, in the order of the questions."""
    return [
        Shown(
            question=question,
            answers=tuple(side.greedy(question) for side in sides),
            why=tuple("" if side.greedy(question) else side.why(question) for side in sides),
            drawn=tuple(_counted(side.drawn(question)) for side in sides),
        )
        for question in questions
    ]


def _counted(answers: Sequence[Answer]) -> list[tuple[Answer, int]]:
    """Answers of the same text once, most often drawn first."""
    counts = Counter(answer.completion for answer in answers)
    first = {answer.completion: answer for answer in reversed(answers)}
    return [(first[text], count) for text, count in counts.most_common()]


def examples(shown: Sequence[Shown]) -> dict[str, list[Shown]]:
    """Some of each outcome but the solved ones, by outcome."""
    kinds = ("gained", "lost", "neither") if len(shown) and len(shown[0].answers) > 1 else ("failed",)
    found = {kind: _some([item for item in shown if item.outcome == kind and _short(item)]) for kind in kinds}
    return {kind: items for kind, items in found.items() if items}


def _some(items: Sequence[Shown]) -> list[Shown]:
    """One of each slice in turn; in a slice, error types in turn, each by the hash of the question."""
    queues = [_in_turn([item for item in items if item.question.slice == name], _kind) for name in SLICES]
    chosen: list[Shown] = []
    while len(chosen) < SHOWN and any(queues):
        chosen += [queue.pop(0) for queue in queues if queue]
    return chosen[:SHOWN]


def _in_turn(items: Sequence[Shown], key: Callable[[Shown], str]) -> list[Shown]:
    ranks: dict[str, int] = {}
    placed = []
    for item in sorted(items, key=lambda item: item.question.id):
        kind = key(item)
        ranks[kind] = ranks.get(kind, 0) + 1
        placed.append((ranks[kind], kind, item.question.id, item))
    return [item for *_, item in sorted(placed, key=lambda entry: entry[:3])]


def _kind(item: Shown) -> str:
    return next((a.finding.error_type for a in item.answers if a is not None and not a.finding.solved), "")


def _short(item: Shown) -> bool:
    return len(item.question.prompt) <= 1500 and all(len(a.completion) <= 2500 for a in item.answers if a is not None)
