"""What a provider offers: requests in, completions out, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

Finish = Literal["stop", "length", "error"]


@dataclass(frozen=True)
class Request:
    """One completion asked for. With temperature 0 the answer is greedy, and the seed says nothing."""

    prompt: str
    """What the user says; the provider puts it into the model's chat template."""
    system: str = ""
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    grammar: str = ""
    """What the answer is held to: a grammar in Lark's notation as llguidance reads it; empty for none."""


@dataclass(frozen=True)
class Completion:
    """What came of one request. `error`: nothing is known of what the model would have said."""

    text: str
    finish: Finish
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Wall time; of a batch, its share."""
    detail: str = ""
    """Of an error: what happened."""


class Provider(Protocol):
    """Promises, checked by one conformance suite:

    - every request leads to exactly one completion, in the order of the requests;
    - equal requests at temperature 0 get equal texts;
    - no completion is longer than its request allows, and one that was cut says `length`;
    - a request that can't be answered is an `error` completion and touches no other;
    - leaving an iteration early stops the work that is left.
    """

    name: str
    model: str
    """What answers, by a name that changes when its weights do."""

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Closing:
    """`with provider:` closes it."""

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
