"""A model with search, as one more provider: what the forward mode makes of the model's candidates is the answer.

Candidates are chosen by what the prompt itself shows (examples, the specification's predicates, agreement); hidden
tests have no part in it. So a model with search is measured, kept and compared like one without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from time import monotonic

from lift_sys.errors import SandboxFault
from lift_sys.evaluation.answers import Searched
from lift_sys.evaluation.remembering import Remembering
from lift_sys.forward_mode.asking import fenced
from lift_sys.forward_mode.kept import search_of
from lift_sys.forward_mode.synthesis import VERSION, ForwardConfig, Synthesis, synthesize
from lift_sys.ir.compact import grammar
from lift_sys.providers import Completion, Provider, Request
from lift_sys.providers.base import FULL, Closing
from lift_sys.records.base import content_hash
from lift_sys.records.training import SYSTEM
from lift_sys.sandbox.api import Sandbox
from lift_sys.storage import Checkpoint

ATTEMPTS = 3
"""Searches of a batch, where our box breaks."""
STRIDE = 1 << 20
SEARCHED = {SYSTEM["prompt_to_code"]: False, SYSTEM["ir_to_code"]: True}
"""System texts of the requests that are searched for, and whether their prompts are specifications."""


class Searching(Closing):
    """Answers requests for code by search, from a prompt or from a specification; asks the provider itself for
    anything else. It closes the provider.

    Args:
        version: of the forward mode; answers of another one are another model's.
        store: what the provider answers is kept there, and not asked again, by this search or another one.
    """

    def __init__(
        self,
        provider: Provider,
        sandbox: Sandbox,
        config: ForwardConfig,
        *,
        version: int = VERSION,
        store: Checkpoint | None = None,
    ) -> None:
        self.kept = Remembering(provider, store) if store is not None else None
        self.provider, self.sandbox, self.config = self.kept or provider, sandbox, config
        self.name = provider.name
        texts = [*SYSTEM.values(), grammar()]
        settings = content_hash([version, texts, asdict(replace(config, max_tokens=1, seed=0))])[:8]
        without = "".join(f"-no-{element}" for element in config.off)
        self.model = f"{provider.model}+search{config.samples}{without}-{settings}"

    def about(self) -> str:
        without = f", without {', '.join(self.config.off)}" if self.config.off else ""
        return f"{self.provider.about()}; by search among {self.config.samples} candidates of each route{without}"

    def close(self) -> None:
        self.provider.close()

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        return self.usage.counted(self._complete(requests))

    def _complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        found: dict[int, Completion] = {}
        for (max_tokens, seed, system), places in _alike(requests).items():
            asked = [requests[place] for place in places]
            if system in SEARCHED:
                config = replace(self.config, max_tokens=max_tokens, seed=seed)
                answers = self._search(asked, config, specified=SEARCHED[system])
            else:
                answers = list(self.provider.complete(asked))
            found |= dict(zip(places, answers, strict=True))
        for place in range(len(requests)):
            yield found[place]

    def _search(self, requests: Sequence[Request], config: ForwardConfig, *, specified: bool) -> list[Completion]:
        began, read = monotonic() + self._saved, self.provider.usage.prompt_tokens
        made = self._made([request.prompt for request in requests], config, specified=specified)
        if isinstance(made, str):
            return [Completion("", "error", detail=made)] * len(requests)
        seconds = (monotonic() + self._saved - began) / len(requests)
        share = (self.provider.usage.prompt_tokens - read) // len(requests)
        return [_completion(item, share, seconds) for item in made]

    @property
    def _saved(self) -> float:
        """Seconds that this search would have waited for answers that were kept."""
        return self.kept.saved if self.kept is not None else 0.0

    def _made(self, prompts: Sequence[str], config: ForwardConfig, *, specified: bool) -> list[Synthesis] | str:
        """What comes of the prompts, or what broke each time."""
        fault = ""
        for _ in range(ATTEMPTS):
            try:
                return synthesize(prompts, self.provider, self.sandbox, config, specified=specified)
            except SandboxFault as error:  # the next use opens another box; a local model's answers come again
                fault = str(error)
        return f"the sandbox failed {ATTEMPTS} times: {fault}"


def _alike(requests: Sequence[Request]) -> dict[tuple[int, int, str], list[int]]:
    """Places of the requests that one search can take, by longest answer, seed and system text.

    A search counts its candidates' seeds on from its own: those of drawn requests lie far apart, so that no two
    searches share a candidate.
    """
    found: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for place, request in enumerate(requests):
        seed = STRIDE * (1 + request.seed) if request.temperature else 0
        found[request.max_tokens, seed, request.system].append(place)
    return found


def _completion(made: Synthesis, prompt_tokens: int, seconds: float) -> Completion:
    lost = [detail for detail in made.errors if detail != FULL]
    if lost or (made.chosen is None and made.errors):  # a search that lost candidates is not the search asked for
        return Completion("", "error", detail=(lost or made.errors)[0], seconds=seconds)
    text = fenced(made.code) if made.code else ""
    return Searched(text, "stop", prompt_tokens, made.tokens, seconds, search=search_of(made))
