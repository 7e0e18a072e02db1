"""What a provider offers: requests in, completions out, in order."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType
from typing import Literal, Protocol, Self, TypeVar

from lift_sys.errors import ConfigError

Finish = Literal["stop", "length", "error"]
Default = TypeVar("Default", float, None)
FULL = "the prompt fills the context"
"""Detail of an `error` that no other try would mend."""
ENDED = "the provider ended before it came to this request"
"""Detail of an `error`."""


@dataclass(frozen=True)
class Request:
    """One completion asked for. With temperature 0 the answer is greedy, and seed and top_p say nothing.

    Raises:
        ConfigError: a number is out of its range.
    """

    prompt: str
    """What the user says; the provider puts it into the model's chat template."""
    system: str = ""
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    top_p: float = 1.0
    """Draw from the likeliest tokens that together have this probability."""
    grammar: str = ""
    """The language that the answer must belong to, in Lark as llguidance reads it; empty sets no bounds."""

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ConfigError("a request wants max_tokens >= 1, temperature >= 0 and 0 < top_p <= 1")

    def samples(self, count: int) -> list[Request]:
        """The same request `count` times, under one seed after the other."""
        return [replace(self, seed=self.seed + number) for number in range(count)]


@dataclass(frozen=True)
class Completion:
    """What came of one request. `error`: nothing is known of what the model would have said."""

    text: str
    finish: Finish
    prompt_tokens: int = 0
    tokens: int = 0
    """Tokens of the answer, the one that ends it left out; 0 where a server does not say."""
    seconds: float = 0.0
    """Wall time; of a batch, its share."""
    detail: str = ""
    """Of an error: what happened."""


@dataclass
class Usage:
    """What a provider was asked and answered since it was made."""

    requests: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    tokens: int = 0

    def counted(self, completions: Iterable[Completion]) -> Iterator[Completion]:
        """The completions, each counted as it passes."""
        for found in completions:
            self.requests += 1
            self.errors += found.finish == "error"
            self.prompt_tokens += found.prompt_tokens
            self.tokens += found.tokens
            yield found


class Provider(Protocol):
    """Promises, checked by one conformance suite:

    - every request leads to exactly one completion, in the order of the requests;
    - equal requests get equal texts, at temperature 0 and under one seed (what else is in a batch changes the last
      bits of a sum: a local model in less than float32 now and then writes another token for it);
    - no completion is longer than its request allows, and one that was cut says `length`;
    - with a grammar, a text that was not cut belongs to its language, or the completion is an `error`
      (but for the scripted provider, whose texts are what they are);
    - a request that can't be answered is an `error` completion and touches no other;
    - leaving an iteration early stops the work that is left.
    """

    name: str
    model: str
    """What answers, by a name that changes when its weights, its adapter or its precision do."""

    @property
    def usage(self) -> Usage: ...

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]: ...

    def about(self) -> str: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Closing:
    """`with provider:` closes it."""

    name = ""
    model = ""

    @cached_property
    def usage(self) -> Usage:
        return Usage()

    def about(self) -> str:
        """One line on what answers, and how."""
        return f"{self.name}: {self.model}"

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def number_from(variable: str, default: Default) -> float | Default:
    """The number above 0, up to a million, that an environment variable gives, else the default.

    Raises:
        ConfigError: it gives something else.
    """
    given = os.environ.get(variable)
    if not given:
        return default
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1e6:
        raise ConfigError(f"{variable} is a number above 0 and up to 1,000,000, not {given!r}")
    return value
