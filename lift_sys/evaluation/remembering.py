"""A provider whose answers are kept: a search that is run again without an element asks only for what is new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from lift_sys.evaluation.answers import Head, key_of
from lift_sys.providers import Completion, Provider, Request
from lift_sys.providers.base import ENDED, Closing
from lift_sys.storage import Checkpoint

ANSWER = "answer"
TOGETHER = 64
"""Answers written in one transaction: a kill loses at most this many."""


class Remembering(Closing):
    """Answers what it was asked before from a file, and asks the provider for the rest. It closes the provider.

    So searches that differ in one element are told apart by that element, not by the luck of other candidates.
    """

    def __init__(self, provider: Provider, store: Checkpoint) -> None:
        self.provider, self.store = provider, store
        self.name, self.model = provider.name, provider.model
        self.saved = 0.0
        """Seconds that the answers from the file took when they were made."""

    def about(self) -> str:
        return self.provider.about()

    def close(self) -> None:
        self.provider.close()

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        return self.usage.counted(self._complete(requests))

    def _complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        head = Head(provider=self.name, model=self.model)
        keys = [key_of(head, request) for request in requests]
        known = {key: text for key in dict.fromkeys(keys) if (text := self.store.get(ANSWER, key)) is not None}
        asked = [request for key, request in zip(keys, requests, strict=True) if key not in known]
        fresh: Any = iter(self.provider.complete(asked) if asked else ())
        kept: list[tuple[str, str]] = []
        try:
            for key in keys:
                if key in known:
                    answer = Completion(**json.loads(known[key]))
                    self.saved += answer.seconds
                else:
                    answer = next(fresh, Completion("", "error", detail=ENDED))
                    if answer.finish != "error":
                        kept.append((key, json.dumps(asdict(answer))))
                    if len(kept) >= TOGETHER:
                        self._keep(kept)
                yield answer
        finally:
            if hasattr(fresh, "close"):
                fresh.close()
            self._keep(kept)

    def _keep(self, answers: list[tuple[str, str]]) -> None:
        self.store.put(ANSWER, answers)
        answers.clear()
