"""Local models through transformers: any architecture, on the processor or a GPU, a batch at a time."""

from __future__ import annotations

import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.adapters import Adapter
from lift_sys.providers.choosing import Chooser
from lift_sys.providers.embedded import library
from lift_sys.providers.engines import Decoded, Prompt
from lift_sys.providers.grammars import Grammars
from lift_sys.providers.weights import Weights

BATCH = 32
"""Answers that are written together; the prompts of a batch are alike in length, so that little is padding."""


class TransformersEngine:
    """Raises:
    ConfigError: torch or transformers is missing, or the weights can't be loaded.
    """

    name = "transformers"

    def __init__(self, weights: Weights, tokenizer: Any, ends: Sequence[int], batch: int = BATCH) -> None:
        self._torch, self._transformers = library("torch"), library("transformers")
        self._device = "cuda" if self._torch.cuda.is_available() else "cpu"
        self.precision = "bfloat16" if self._device == "cuda" else "float32"
        try:
            self._base: Any = self._transformers.AutoModelForCausalLM.from_pretrained(
                weights.folder, dtype=getattr(self._torch, self.precision)
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ConfigError(f"the model {weights.name} can't be loaded: {str(error)[:300]}") from error
        self._base.to(self._device).eval()
        self._model = self._base
        self._tokenizer, self._ends, self._batch = tokenizer, list(ends), batch
        self._grammars: Grammars | None = None

    @property
    def reference(self) -> Any:
        return self._base

    # --- answers

    def run(self, prompts: Sequence[Prompt], seconds: float | None) -> Generator[Decoded, None, None]:
        order = sorted(prompts, key=lambda prompt: (-prompt.limit, -len(prompt.ids), prompt.number))
        for start in range(0, len(order), self._batch):
            yield from self._decode(order[start : start + self._batch], seconds)

    def _decode(self, prompts: Sequence[Prompt], seconds: float | None) -> Iterator[Decoded]:
        good, chooser = [], None
        longest = max(len(prompt.ids) for prompt in prompts)
        try:
            chooser = self._chooser(prompts, longest)
            good = list(prompts)
        except ConfigError:  # one grammar is broken: find out whose
            for prompt in prompts:
                try:
                    self._chooser([prompt], longest)
                    good.append(prompt)
                except ConfigError as error:
                    yield Decoded(prompt.number, (), "error", str(error)[:300])
            if not good:
                return
            chooser = self._chooser(good, longest)
        clock = _Clock(seconds)
        try:
            rows = self._generate(good, longest, chooser, clock)
        except RuntimeError as error:  # out of memory, mostly
            yield from (Decoded(prompt.number, (), "error", f"torch: {str(error)[:300]}") for prompt in good)
            return
        for prompt, row in zip(good, rows, strict=True):
            yield self._decoded(prompt, row[longest:], clock)

    def _decoded(self, prompt: Prompt, made: list[int], clock: _Clock) -> Decoded:
        end = next((place for place, token in enumerate(made) if token in self._ends), None)
        if end is not None and end < prompt.limit:
            return Decoded(prompt.number, tuple(made[:end]), "stop")
        if len(made) < prompt.limit and clock.over:
            return Decoded(prompt.number, (), "error", f"the answer took more than {clock.seconds:g} s")
        return Decoded(prompt.number, tuple(made[: prompt.limit]), "length")

    def _chooser(self, prompts: Sequence[Prompt], start: int) -> Chooser:
        if self._grammars is None and any(prompt.request.grammar for prompt in prompts):
            self._grammars = Grammars.of(self._tokenizer, self._base.config.vocab_size, self._ends)
        return Chooser([prompt.request for prompt in prompts], start, self._grammars)

    def _generate(self, prompts: Sequence[Prompt], longest: int, chooser: Chooser, clock: _Clock) -> list[list[int]]:
        torch = self._torch
        padding = self._ends[0]
        ids = torch.tensor([[padding] * (longest - len(p.ids)) + list(p.ids) for p in prompts], device=self._device)
        mask = torch.tensor([[0] * (longest - len(p.ids)) + [1] * len(p.ids) for p in prompts], device=self._device)
        settings = self._transformers.GenerationConfig(
            max_new_tokens=max(prompt.limit for prompt in prompts),
            do_sample=False,
            eos_token_id=self._ends,
            pad_token_id=padding,
        )
        with torch.inference_mode():
            found: list[list[int]] = self._model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=settings,
                logits_processor=[chooser] if chooser.needed else [],
                stopping_criteria=[clock] if clock.seconds is not None else [],
            ).tolist()
        return found

    def log_probabilities(self, ids: Sequence[int]) -> list[float]:
        torch = self._torch
        with torch.inference_mode():
            logits = self._model(torch.tensor([list(ids)], device=self._device)).logits[0, :-1].float()
        wanted = torch.tensor(list(ids[1:]), device=self._device)
        said = torch.log_softmax(logits, -1).gather(1, wanted[:, None])[:, 0]
        return [float(value) for value in said]

    # --- adapters

    def use(self, adapter: Adapter | None) -> None:
        if self._model is not self._base:
            self._base = self._model.unload()
            self._model = self._base
        if adapter is not None:
            adapter.check(
                {
                    name: tuple(layer.weight.shape)
                    for name, layer in self._base.named_modules()
                    if hasattr(layer, "weight")
                }
            )
            peft = library("peft")
            with warnings.catch_warnings():  # peft 0.21 asks for what transformers 5 has renamed
                warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
                self._model = peft.PeftModel.from_pretrained(self._base, adapter.folder).eval()

    def close(self) -> None:
        self._model = self._base = None


class _Clock:
    """Stops a batch when its time is up, as one of `generate`'s stopping criteria."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds, self._began = seconds, time.monotonic()
        self.over = False

    def __call__(self, ids: Any, scores: Any, **unused: Any) -> Any:
        torch = library("torch")
        self.over = self.seconds is not None and time.monotonic() - self._began > self.seconds
        return torch.full((ids.shape[0],), self.over, dtype=torch.bool, device=ids.device)
