"""How the transformers engine chooses each next token: grammar, temperature, seed, row by row.

`generate` takes the token with the highest score of a row. So the scores of a row that wants sampling get Gumbel
noise from the row's own generator: the highest then is a draw from the model's distribution (Gumbel 1954), the same
for a seed whatever else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lift_sys.providers.base import Request
from lift_sys.providers.embedded import library
from lift_sys.providers.grammars import Grammars


class Chooser:
    """Works on the scores of a batch as one of `generate`'s logits processors."""

    def __init__(self, requests: Sequence[Request], start: int, grammars: Grammars | None) -> None:
        """Args:
        start: tokens of a row before its answer begins, padding included.
        """
        self._torch = library("torch")
        self._start, self._grammars = start, grammars
        self._matchers = [grammars.matcher(r.grammar) if grammars and r.grammar else None for r in requests]
        self._drawn = [
            (row, request, self._torch.Generator().manual_seed(request.seed))
            for row, request in enumerate(requests)
            if request.temperature > 0
        ]

    @property
    def needed(self) -> bool:
        """False where every row is greedy and free: then nothing has to be done to the scores."""
        return bool(self._drawn) or any(self._matchers)

    def __call__(self, ids: Any, scores: Any) -> Any:
        if any(self._matchers):
            scores = self._bounded(ids, scores)
        for row, request, chance in self._drawn:
            scores[row] = self._noisy(scores[row], request, chance)
        return scores

    def _bounded(self, ids: Any, scores: Any) -> Any:
        assert self._grammars is not None
        if ids.shape[1] > self._start:
            for matcher, token in zip(self._matchers, ids[:, -1].tolist(), strict=True):
                if matcher is not None and not matcher.is_stopped():
                    matcher.consume_token(token)
        allowed = self._torch.from_numpy(self._grammars.allowed(self._matchers)).to(scores.device)
        return scores.masked_fill(~allowed, float("-inf"))

    def _noisy(self, scores: Any, request: Request, chance: Any) -> Any:
        torch = self._torch
        scores = scores.float() / request.temperature
        if request.top_p < 1:
            ordered, places = scores.softmax(-1).sort(descending=True)
            too_much = ordered.cumsum(-1) - ordered > request.top_p
            scores = scores.index_fill(0, places[too_much], float("-inf"))
        uniform = torch.rand(scores.shape, generator=chance).clamp_min(1e-20).to(scores.device)
        return scores - torch.log(-torch.log(uniform))
