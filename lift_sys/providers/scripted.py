"""A provider without a model: answers from a table, the same every time. For tests and for trying things out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lift_sys.errors import ConfigError
from lift_sys.providers.base import Closing, Completion, Request


class ScriptedProvider(Closing):
    """Answers a request with the text of the first key that its prompt contains, else with the default."""

    name = "scripted"

    def __init__(self, answers: Mapping[str, str], default: str = "") -> None:
        self.answers, self.default = dict(answers), default
        content = json.dumps([sorted(self.answers.items()), default])
        self.model = f"scripted-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @classmethod
    def load(cls, path: str) -> ScriptedProvider:
        """From a JSON file: an object of answers by a piece of the prompt; the empty key is the default.

        Raises:
            ConfigError: there is no such file, or it is no such object.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"the scripted provider needs --model FILE, a JSON file of answers: {error}") from error
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            raise ConfigError(f"{path}: an object of texts is wanted")
        return cls({key: value for key, value in data.items() if key}, data.get("", ""))

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        return self.usage.counted(self._complete(requests))

    def _complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for request in requests:
            found = next((text for key, text in self.answers.items() if key in request.prompt), self.default)
            words = found.split(" ")
            kept = words[: request.max_tokens]
            yield Completion(
                text=" ".join(kept),
                finish="stop" if len(kept) == len(words) else "length",
                prompt_tokens=len(request.prompt.split(" ")),
                tokens=len(kept),
            )
