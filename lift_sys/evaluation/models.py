"""What `--model` and `--against` name: a provider with a model, or answers that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lift_sys.errors import ConfigError
from lift_sys.providers import NAMES

KEPT = "answers"


@dataclass(frozen=True)
class Named:
    """A model by the words of a command line."""

    provider: str
    """One of the providers, or `answers`: those of a file, where nothing is asked."""
    model: str

    @property
    def kept(self) -> Path | None:
        """The file of answers, or the folder that it lies in."""
        return Path(self.model) if self.provider == KEPT else None


def read_name(text: str, provider: str = "local") -> Named:
    """The model that `PROVIDER:MODEL`, `PROVIDER`, `MODEL` or `answers:PATH` names.

    Args:
        provider: of a name that says none.

    Raises:
        ConfigError: a path of answers is missing.
    """
    first, colon, rest = text.partition(":")
    if first == KEPT and colon:
        if not rest:
            raise ConfigError("answers: wants the file, or the folder, that an evaluation wrote: answers:PATH")
        return Named(KEPT, rest)
    if first in NAMES and (colon or not rest):
        return Named(first, rest)
    return Named(provider, text)
