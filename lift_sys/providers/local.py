"""A model on this machine's processor, through transformers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.base import Closing, Completion, Request
from lift_sys.providers.embedded import NAME, embedded_model, library

BATCH = 32
"""Requests that are decoded together; sorted by length, so that little is padding."""


class LocalProvider(Closing):
    """Runs a causal language model. `model`: a folder, a Hugging Face id, or empty for the embedded default.

    Raises:
        ConfigError: torch or transformers is missing, there is no such model, or it has no chat template.
    """

    name = "local"

    def __init__(self, model: str = "", batch: int = BATCH) -> None:
        self._torch, transformers = library("torch"), library("transformers")
        place = model or str(embedded_model())
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, padding_side="left")
            self._model: Any = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=self._torch.float32)
        except (OSError, ValueError) as error:
            raise ConfigError(f"the model {place} can't be loaded: {str(error)[:300]}") from error
        if self._tokenizer.chat_template is None:
            raise ConfigError(f"the model {place} has no chat template: an instruction-tuned one is wanted")
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._model.eval()
        self._batch = batch
        self.model = f"{model or NAME}@{_weights(Path(place))}"

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Completions in order. Requests are decoded in batches of alike length, as many batches ahead as needed."""
        texts = [self._chat(request) for request in requests]
        ids = [self._tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
        order = sorted(range(len(requests)), key=lambda i: (-requests[i].max_tokens, -len(ids[i]), i))
        found: dict[int, Completion] = {}
        waiting = 0
        for start in range(0, len(order), self._batch):
            numbers = order[start : start + self._batch]
            found |= self._decode([(number, requests[number], texts[number], len(ids[number])) for number in numbers])
            while waiting in found:
                yield found.pop(waiting)
                waiting += 1

    def _chat(self, request: Request) -> str:
        messages = [{"role": "system", "content": request.system}] if request.system else []
        messages.append({"role": "user", "content": request.prompt})
        text: str = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def _decode(self, items: Sequence[tuple[int, Request, str, int]]) -> dict[int, Completion]:
        began = time.monotonic()
        limit = self._model.config.max_position_embeddings
        first = items[0][1]
        most = min(first.max_tokens, limit - max(length for *_, length in items))
        if most < 1:
            return {
                n: Completion("", "error", length, detail="the prompt fills the context") for n, *_, length in items
            }
        inputs = self._tokenizer(
            [text for _, _, text, _ in items], return_tensors="pt", padding=True, add_special_tokens=False
        )
        sampling: dict[str, Any] = {"do_sample": False}
        if first.temperature > 0:
            self._torch.manual_seed(first.seed)
            sampling = {"do_sample": True, "temperature": first.temperature, "top_p": 1.0, "top_k": 0}
        with self._torch.inference_mode():
            output = self._model.generate(
                **inputs, max_new_tokens=most, pad_token_id=self._tokenizer.pad_token_id, **sampling
            )
        seconds = (time.monotonic() - began) / len(items)
        found = {}
        start = inputs["input_ids"].shape[1]
        for (number, request, _, length), row in zip(items, output, strict=True):
            made = row[start:].tolist()[: request.max_tokens]
            end = self._end(made)
            text = self._tokenizer.decode(made[:end], skip_special_tokens=True)
            finish = "stop" if end < len(made) else "length"
            found[number] = Completion(text, finish, length, end, seconds)  # type: ignore[arg-type]
        return found

    def _end(self, tokens: list[int]) -> int:
        ends = self._model.generation_config.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends]) | {self._tokenizer.eos_token_id}
        return next((place for place, token in enumerate(tokens) if token in stops), len(tokens))


def _weights(folder: Path) -> str:
    """A short hash of the weights; of a model that is not a folder, its id says enough."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")) if folder.is_dir() else ():
        with path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 24), b""):
                digest.update(block)
    return digest.hexdigest()[:12]
