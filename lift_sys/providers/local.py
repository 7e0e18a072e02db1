"""A model on this machine, through the fastest engine that takes it.

`LIFT_SYS_ENGINE`: `auto` (openvino on a processor, transformers on a GPU and for what openvino does not take),
`openvino` or `transformers`. `LIFT_SYS_PRECISION`, for openvino: `auto` (bfloat16 where the processor multiplies
matrices of it, else float32), `float32`, `bfloat16` or `int8`. `LIFT_SYS_TIMEOUT`: seconds that one answer may take.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from lift_sys.config import usable_cores
from lift_sys.errors import ConfigError
from lift_sys.providers.adapters import Adapter, read_adapter
from lift_sys.providers.base import FULL, Closing, Completion, Request, number_from
from lift_sys.providers.chat import chat_text
from lift_sys.providers.embedded import library
from lift_sys.providers.engines import Decoded, Engine, EngineMissing, Prompt
from lift_sys.providers.openvino_engine import OpenVinoEngine, best_precision
from lift_sys.providers.openvino_graph import FAMILIES, linear_layers
from lift_sys.providers.probe import Proof, check_adapter, check_base, probe_ids, reference_of
from lift_sys.providers.transformers_engine import TransformersEngine
from lift_sys.providers.weights import Weights, find_weights, read_config

ENGINE, PRECISION, TIMEOUT = "LIFT_SYS_ENGINE", "LIFT_SYS_PRECISION", "LIFT_SYS_TIMEOUT"
ENGINES = ("auto", "openvino", "transformers")
PRECISIONS = ("auto", "float32", "bfloat16", "int8")


class LocalProvider(Closing):
    """Runs a causal language model. `model`: see `weights.py`; empty for the embedded default.

    Args:
        adapter: a folder with an adapter to put on `model`.
        engine: one of `ENGINES`, or an engine that is loaded already; empty takes `LIFT_SYS_ENGINE`.
        precision: one of `PRECISIONS`; empty takes `LIFT_SYS_PRECISION`.
        seconds: wall time that one answer may take; None takes `LIFT_SYS_TIMEOUT`, without which there is no bound.

    Raises:
        ConfigError: a package is missing, there is no such model, it has no chat template, it does not fit into
            memory, or its adapter is not in effect (`probe.NotInEffect`).
    """

    name = "local"

    def __init__(
        self,
        model: str = "",
        *,
        adapter: str = "",
        engine: str | Engine = "",
        precision: str = "",
        seconds: float | None = None,
    ) -> None:
        self._seconds = number_from(TIMEOUT, None) if seconds is None else seconds
        self._weights = find_weights(model, adapter)
        self._check_adapter()
        self._weights.check_memory(_free_on_gpu(engine))
        self._tokenizer = _tokenizer(self._weights)
        self._ends = _ends(self._weights, self._tokenizer)
        self._context = int(self._weights.config.get("max_position_embeddings", 2048))
        self._probe = probe_ids(self._tokenizer)
        self._passed_over = ""
        self._proof: Proof | None = None
        if isinstance(engine, str):
            self._engine = self._choose(_setting(engine, ENGINE, ENGINES), _setting(precision, PRECISION, PRECISIONS))
        else:
            self._engine = engine
            self._check_base()
        self._put_on(self._weights.adapter)

    def about(self) -> str:
        """One line on what answers, and how."""
        parts = [
            f"local: {self.model} through {self._engine.name}, {self._engine.precision}, {usable_cores()} threads"
        ]
        if self._proof is not None:
            seen = f"measured, off by {self._proof.off:.1%}" if self._proof.shown else "too small to be measured"
            parts.append(f"adapter in effect ({seen})")
        if self._passed_over:
            parts.append(f"openvino passed over: {self._passed_over}")
        return "; ".join(parts)

    # --- engines and adapters

    def _check_adapter(self) -> None:
        """Refuse an adapter for another model before anything is loaded, where the files tell."""
        adapter = self._weights.adapter
        if adapter is not None and self._weights.config.get("model_type") in FAMILIES:
            adapter.check(linear_layers(self._weights.folder))

    def _choose(self, wanted: str, precision: str) -> Engine:
        if wanted == "auto" and library("torch").cuda.is_available():
            wanted = "transformers"
        if wanted != "transformers":
            try:
                return self._openvino(best_precision() if precision == "auto" else precision)
            except EngineMissing as error:
                if wanted == "openvino":
                    raise
                self._passed_over = str(error)
        self._engine = TransformersEngine(self._weights, self._tokenizer, self._ends)
        self._check_base()
        return self._engine

    def _openvino(self, precision: str) -> Engine:
        self._engine = OpenVinoEngine(
            self._weights, precision, self._ends, adapters=self._weights.adapter is not None
        )
        try:
            self._check_base()
        except ConfigError as error:
            self._engine.close()
            raise EngineMissing(str(error)) from error
        return self._engine

    def _check_base(self) -> None:
        self._base_says = self._engine.log_probabilities(self._probe)
        true = reference_of(self._weights, None, self._probe, self._engine.reference)
        check_base(self._base_says, true.base, self._engine.name)

    def use(self, adapter: str | None) -> None:
        """Answer with another adapter from now on, or with none. The base stays loaded.

        Raises:
            ConfigError: there is no such adapter, it is for another model, or it is not in effect.
        """
        try:
            self._put_on(read_adapter(Path(adapter)) if adapter else None)
        except ConfigError:
            self._put_on(None)
            raise

    def _put_on(self, adapter: Adapter | None) -> None:
        self._engine.use(adapter)
        self._weights = replace(self._weights, adapter=adapter)
        precision = "" if self._engine.precision == "float32" else f"~{self._engine.precision}"
        self.model = f"{self._weights.label}{precision}"
        self._proof = None
        if adapter is not None:
            true = reference_of(self._weights, adapter, self._probe, self._engine.reference)
            said = self._engine.log_probabilities(self._probe)
            self._proof = check_adapter(self._base_says, said, true, self._engine.name)

    def close(self) -> None:
        self._engine.close()

    # --- answers

    def complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Completions in order, as soon as each and those before it are there."""
        return self.usage.counted(self._complete(requests))

    def _complete(self, requests: Sequence[Request]) -> Iterator[Completion]:
        found: dict[int, Completion] = {}
        prompts: dict[int, Prompt] = {}
        for number, request in enumerate(requests):
            ids = self._ids(request)
            limit = min(request.max_tokens, self._context - len(ids))
            if limit < 1:
                found[number] = Completion("", "error", len(ids), detail=FULL)
            else:
                prompts[number] = Prompt(number, ids, limit, request)
        with closing(self._engine.run(list(prompts.values()), self._seconds)) as answers:
            for number in range(len(requests)):
                began = time.monotonic()
                while number not in found:
                    answer = next(answers)
                    now = time.monotonic()
                    found[answer.number] = self._completion(prompts[answer.number], answer, now - began)
                    began = now
                yield found.pop(number)

    def _ids(self, request: Request) -> tuple[int, ...]:
        messages = [{"role": "system", "content": request.system}] if request.system else []
        messages.append({"role": "user", "content": request.prompt})
        return tuple(self._tokenizer(chat_text(self._tokenizer, messages), add_special_tokens=False)["input_ids"])

    def _completion(self, prompt: Prompt, answer: Decoded, seconds: float) -> Completion:
        text = self._tokenizer.decode(list(answer.ids), skip_special_tokens=True)
        return Completion(text, answer.finish, len(prompt.ids), len(answer.ids), seconds, answer.detail)


def _free_on_gpu(engine: str | Engine) -> int | None:
    """Bytes that are free on the GPU that the model goes to; None where it goes into the machine's memory."""
    if not isinstance(engine, str) or _setting(engine, ENGINE, ENGINES) == "openvino":
        return None
    cuda = library("torch").cuda
    return int(cuda.mem_get_info()[0]) if cuda.is_available() else None


def _setting(given: str, variable: str, known: Sequence[str]) -> str:
    value = given or os.environ.get(variable) or known[0]
    if value not in known:
        raise ConfigError(f"{variable} is one of {', '.join(known)}, not {value!r}")
    return value


def _tokenizer(weights: Weights) -> Any:
    library("transformers").utils.logging.disable_progress_bar()
    try:
        found = library("transformers").AutoTokenizer.from_pretrained(weights.tokenizer)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"the tokenizer in {weights.tokenizer} can't be loaded: {str(error)[:300]}") from error
    if found.chat_template is None:
        raise ConfigError(f"the model {weights.name} has no chat template: an instruction-tuned one is wanted")
    return found


def _ends(weights: Weights, tokenizer: Any) -> list[int]:
    """Tokens that end an answer: what the tokenizer says, then what the model says."""
    ends = [tokenizer.eos_token_id, weights.config.get("eos_token_id")]
    path = weights.folder / "generation_config.json"
    if path.is_file():
        ends.append(read_config(path).get("eos_token_id"))
    flat = [number for end in ends for number in (end if isinstance(end, list) else [end]) if number is not None]
    if not flat:
        raise ConfigError(f"the model {weights.name} has no token that ends an answer")
    return list(dict.fromkeys(flat))
