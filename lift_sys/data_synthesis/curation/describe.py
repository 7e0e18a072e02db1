"""The steps that complete a row (category, difficulty, quality) and the one that refuses what is of little worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lift_sys.data_synthesis.curation.category import category
from lift_sys.data_synthesis.curation.difficulty import difficulty
from lift_sys.data_synthesis.curation.quality import LOW_QUALITY, quality
from lift_sys.records import Example, Rejection, RejectionReason, reject_example

REGISTERS = ("request", "specification", "stub")


@dataclass(frozen=True)
class Describe:
    """Sets `category`, `difficulty` and `quality`; refuses nothing."""

    name: str = "describe"

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        for example in examples:
            yield example.model_copy(
                update={
                    "category": category(example),
                    "difficulty": difficulty(example),
                    "quality": quality(example),
                }
            )


@dataclass(frozen=True)
class LowQuality:
    """Refuses rows below a score, and rows that lack a prompt in one of the registers."""

    threshold: float = LOW_QUALITY
    name: str = "low_quality"

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        for example in examples:
            refusal = self.refusal(example)
            yield reject_example(example, RejectionReason.LOW_QUALITY, refusal) if refusal else example

    def refusal(self, example: Example) -> str | None:
        """Why the row is of too little worth, or None."""
        missing = [register for register in REGISTERS if not example.prompts.get(register, "").strip()]
        if missing:
            return f"no prompt in the register {', '.join(missing)}"
        score, components = example.quality.score, example.quality.components
        if score >= self.threshold:
            return None
        weakest = sorted(components, key=lambda name: (components[name], name))[:3]
        return f"{score:.2f}, below {self.threshold:.2f}: little {', '.join(weakest)}"
