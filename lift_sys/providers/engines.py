"""What runs a local model: token ids in, token ids out, whatever does the arithmetic."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lift_sys.errors import ConfigError
from lift_sys.providers.adapters import Adapter
from lift_sys.providers.base import Finish, Request


class EngineMissing(ConfigError):
    """An engine that is not installed, or that can't take this model: another one may."""


@dataclass(frozen=True)
class Prompt:
    """A request as the model sees it."""

    number: int
    """Its place among the requests."""
    ids: tuple[int, ...]
    limit: int
    """Tokens that the answer may have."""
    request: Request


@dataclass(frozen=True)
class Decoded:
    """The answer to a prompt: tokens without the one that ends it."""

    number: int
    ids: tuple[int, ...]
    finish: Finish
    detail: str = ""


class Engine(Protocol):
    """Runs one base model, with one adapter or none at a time."""

    name: str
    precision: str
    """`float32`, `bfloat16`, `float16` or `int8`: how weights and products are held."""

    @property
    def reference(self) -> Any:
        """The base as a model of transformers, where this engine has one; else None."""
        ...

    def run(self, prompts: Sequence[Prompt], seconds: float | None) -> Generator[Decoded, None, None]:
        """Answers as they are finished, in any order; leaving the iteration stops the rest.

        Args:
            seconds: wall time that one answer may take, from its first token on; later it is an `error`.
        """
        ...

    def use(self, adapter: Adapter | None) -> None:
        """Put an adapter on, or take it off. The base stays loaded.

        Raises:
            ConfigError: it is an adapter for another model.
        """
        ...

    def log_probabilities(self, ids: Sequence[int]) -> list[float]:
        """Of each token but the first, given those before it."""
        ...

    def close(self) -> None: ...
