"""What one model can do, in numbers: over all answers to some questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.evaluation.answers import Answer
from lift_sys.evaluation.differences import ErrorType
from lift_sys.evaluation.questions import Question
from lift_sys.evaluation.resampling import clustered_interval
from lift_sys.evaluation.runner import Measured
from lift_sys.evaluation.statistics import Interval, clustered_wilson, pass_at_k, quantile, wilson


@dataclass(frozen=True)
class Price:
    """Dollars: for a million tokens read and written, or for an hour of the machine that answers."""

    prompt: float = 0.0
    answer: float = 0.0
    hour: float = 0.0

    @classmethod
    def read(cls, text: str) -> Price:
        """From `0.10,0.40` (a million tokens read, written) or `1.90/h`.

        Raises:
            ConfigError: it is neither.
        """
        try:
            if text.endswith("/h"):
                return cls(hour=_amount(text.removesuffix("/h")))
            prompt, answer = map(_amount, text.split(","))
            return cls(prompt, answer)
        except ValueError:
            raise ConfigError(
                f"a price is `0.10,0.40` (dollars for a million tokens read, written) or `1.90/h`, not {text!r}"
            ) from None

    def of(self, answers: Sequence[Answer]) -> float | None:
        """Dollars that the answers cost; None of none, and where what is paid for was not told."""
        unknown = (
            (self.prompt > 0 and not all(answer.prompt_tokens for answer in answers))
            or (self.answer > 0 and not all(map(_told, answers)))
            or (self.hour > 0 and not all(answer.waited for answer in answers))
        )
        if unknown or not answers:
            return None
        tokens = sum(self.prompt * answer.prompt_tokens + self.answer * answer.tokens for answer in answers)
        return tokens / 1e6 + self.hour * sum(answer.waited for answer in answers) / 3600


def _told(answer: Answer) -> bool:
    """Whether the length of an answer in tokens is known: a server may not say it."""
    return answer.tokens > 0 or not answer.completion


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 <= amount < float("inf"):
        raise ValueError
    return amount


@dataclass(frozen=True)
class Share:
    """So many of so many, with the interval of the share."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.count, self.of)


_NO_WIDTH = 1e-9
"""Of an interval whose bounds differ by rounding alone."""


@dataclass(frozen=True)
class PassAt:
    """pass@k of some questions, from the chance of each."""

    chances: tuple[float, ...]
    groups: tuple[str, ...]
    seed: int

    @property
    def value(self) -> float:
        return mean(self.chances)

    @property
    def interval(self) -> Interval | None:
        """Over groups. None of too few, and where all come out alike: draws of those tell of no spread.

        Worked out when it is asked for: most summaries are of parts that no report shows it of.
        """
        found = clustered_interval(self.chances, self.groups, seed=self.seed)
        return found if found is not None and found.high - found.low > _NO_WIDTH else None


@dataclass(frozen=True)
class Summary:
    """The figures of a model on some questions. All but pass@k are of greedy answers that are measured."""

    questions: int
    solved: Share
    """pass@1."""
    by_groups: Interval | None
    """The interval of that share with the tasks of a group taken as one; None of too few groups."""
    parses: Share
    runs: Share
    """Loads, and no call ends in an exception that is not asked for, in a limit or not at all."""
    errors: Counter[ErrorType] = field(default_factory=Counter)
    pass_at: dict[int, PassAt] = field(default_factory=dict)
    """By k, from drawn answers; empty where a question has too few."""
    seconds: tuple[float | None, float | None] = (None, None)
    """Of one answer as the provider timed it: median, and the value that nine in ten stay below."""
    waited: float | None = None
    """Mean of the seconds that were waited for an answer, drawn ones too: what one costs in time, in a batch."""
    total_seconds: float | None = None
    """The same, added up."""
    tokens: float | None = None
    """Mean length of an answer; None where a server does not say."""
    tokens_a_second: float | None = None
    dollars: float | None = None
    lengths: float | None = None
    """Lines of code against the reference's: the median ratio over solved tasks."""
    complexities: float | None = None
    """Cyclomatic complexity less the reference's: the mean over solved tasks."""

    @property
    def missing(self) -> int:
        return self.questions - self.solved.of

    @property
    def lower(self) -> tuple[float, str] | None:
        """The lower of the two lower bounds of pass@1, and whose it is: what can be said to be reached."""
        alone = self.solved.interval
        if alone is None:
            return None
        if self.by_groups is not None and self.by_groups.low < alone.low:
            return self.by_groups.low, "by groups"
        return alone.low, "Wilson"

    def failures(self, kind: ErrorType) -> int | None:
        """Answers that fail in this way; None where no answer is measured."""
        return self.errors[kind] if self.solved.of else None


def summarise(measured: Measured, questions: Sequence[Question], price: Price | None = None) -> Summary:
    """The summary of the answers to these questions, which ask for code."""
    asked = [(question, answer) for question in questions if (answer := measured.greedy(question)) is not None]
    answers = [answer for _, answer in asked]
    found = [answer.finding for answer in answers]
    shapes = [(f.shape, f.reference) for f in found if f.solved and f.shape is not None and f.reference is not None]
    every = [answer for q in questions for answer in (measured.greedy(q), *measured.drawn(q)) if answer is not None]
    seconds = [answer.seconds for answer in answers if answer.seconds]
    told = [answer.tokens for answer in answers if _told(answer)]
    took, written = sum(answer.waited for answer in every), sum(answer.tokens for answer in every)
    return Summary(
        questions=len(questions),
        solved=Share(sum(f.solved for f in found), len(found)),
        by_groups=clustered_wilson([f.solved for f in found], [question.group for question, _ in asked]),
        parses=Share(sum(bool(f.parses) for f in found), len(found)),
        runs=Share(sum(bool(f.runs) for f in found), len(found)),
        errors=Counter(f.error_type for f in found if f.error_type),
        pass_at=_pass_at(measured, questions),
        seconds=(quantile(seconds, 0.5), quantile(seconds, 0.9)),
        waited=took / len(every) if took else None,
        total_seconds=took or None,
        tokens=mean(told) if told else None,
        tokens_a_second=written / took if took and every and all(map(_told, every)) else None,
        dollars=price.of(every) if price is not None else None,
        lengths=median(a.lines / b.lines for a, b in shapes if b.lines) if any(b.lines for _, b in shapes) else None,
        complexities=mean(a.complexity - b.complexity for a, b in shapes) if shapes else None,
    )


def _pass_at(measured: Measured, questions: Sequence[Question]) -> dict[int, PassAt]:
    """pass@k for k of 1, 2, 5, 10, 20, 50, 100, and all that were drawn: of every question, or not measured."""
    found: dict[int, PassAt] = {}
    samples, groups = measured.setting.samples, tuple(question.group for question in questions)
    drawn = [[answer.finding.solved for answer in measured.drawn(question)] for question in questions]
    for k in sorted({k for k in (1, 2, 5, 10, 20, 50, 100) if k < samples} | {samples} - {0}):
        if drawn and all(len(passed) >= k for passed in drawn):  # else each k would be of other questions
            chances = tuple(pass_at_k(len(passed), sum(passed), k) for passed in drawn)
            found[k] = PassAt(chances, groups, measured.setting.seed)
    return found


@dataclass(frozen=True)
class Specifications:
    """How good the specifications are that a model writes."""

    questions: int
    read: Share
    """Those that can be read."""
    signature: Share
    """Those with the reference's signature."""
    whole: Share
    """Those that are the reference's, clause by clause."""


def specifications(measured: Measured, questions: Sequence[Question]) -> Specifications:
    """The figures of questions that ask for a specification."""
    found = [answer.finding for question in questions if (answer := measured.greedy(question)) is not None]
    of = len(found)
    return Specifications(
        questions=len(questions),
        read=Share(sum(f.solved for f in found), of),
        signature=Share(sum(f.agreement != "" for f in found), of),
        whole=Share(sum(f.agreement == "whole" for f in found), of),
    )


def plain(summary: Summary) -> dict[str, Any]:
    """A summary for a file of results."""
    solved = summary.solved
    return {
        "questions": summary.questions,
        "measured": solved.of,
        "solved": solved.count,
        "pass@1": solved.share,
        "interval": _bounds(solved.interval),
        "interval_by_groups": _bounds(summary.by_groups),
        "lower_bound": summary.lower[0] if summary.lower else None,
        "lower_bound_of": summary.lower[1] if summary.lower else None,
        "pass@k": {str(k): found.value for k, found in summary.pass_at.items()} or None,
        "pass@k_interval": {str(k): _bounds(found.interval) for k, found in summary.pass_at.items()} or None,
        "parses": summary.parses.share,
        "runs": summary.runs.share,
        "errors": dict(summary.errors.most_common()) if solved.of else None,
        "seconds_median": summary.seconds[0],
        "seconds_p90": summary.seconds[1],
        "seconds_mean": summary.waited,
        "seconds_total": summary.total_seconds,
        "tokens_mean": summary.tokens,
        "tokens_a_second": summary.tokens_a_second,
        "dollars": summary.dollars,
        "lines_ratio_median": summary.lengths,
        "complexity_difference_mean": summary.complexities,
    }


def _bounds(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval else None


def plain_clauses(found: Specifications) -> dict[str, Any]:
    """The figures of specifications for a file of results."""
    return {
        "questions": found.questions,
        "measured": found.read.of,
        "read": found.read.share,
        "interval": _bounds(found.read.interval),
        "signature": found.signature.share,
        "whole": found.whole.share,
    }
