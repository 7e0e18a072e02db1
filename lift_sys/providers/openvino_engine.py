"""Local models through openvino-genai: continuous batching, adapters that come and go while the base stays."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from lift_sys.config import usable_cores
from lift_sys.errors import ConfigError
from lift_sys.providers.adapters import Adapter
from lift_sys.providers.embedded import library
from lift_sys.providers.engines import Decoded, EngineMissing, Prompt
from lift_sys.providers.lark import to_ebnf
from lift_sys.providers.openvino_graph import Kind, NotKnown, linear_layers
from lift_sys.providers.openvino_models import converted
from lift_sys.providers.probe import NotInEffect, check_alike
from lift_sys.providers.processor import multiplies_bfloat16
from lift_sys.providers.weights import Weights

AT_A_TIME = 64
"""Answers that are written at once."""
BATCHED_TOKENS = 512
"""Tokens of one pass through the model: a new prompt is read beside the answers under way."""
REPEATED = 2_000
"""Tokens of prompts that are asked more than once, from which on it pays to load a pipeline that keeps prompts."""
_HINTS = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}


class OpenVinoEngine:
    """Raises:
    EngineMissing: openvino-genai is not installed, or the model is none that is converted.
    ConfigError: the adapter is for another model.
    """

    name = "openvino"

    def __init__(self, weights: Weights, precision: str, ends: Sequence[int], *, adapters: bool) -> None:
        self.precision = precision
        self._ends = list(ends)
        self.at_a_time = AT_A_TIME
        kind: Kind = "int8" if precision == "int8" else "float"
        try:
            self._genai, self._openvino, self._np = library("openvino_genai"), library("openvino"), library("numpy")
            folder = converted(weights, kind)
        except NotKnown as error:
            raise EngineMissing(str(error)) from error
        except ConfigError as error:
            raise EngineMissing(f"openvino is not to be had: {error}") from error
        self._folder = folder
        self._layers = linear_layers(weights.folder)
        self._adapters = adapters
        self._adapter: Adapter | None = None
        self._kept: dict[str, Any] = {}
        self._said: dict[str, tuple[list[int], list[float]]] = {}
        """By adapter, the first text whose log probabilities were asked for: the one that its check rests on."""
        self._keeps_prompts = False
        self._pipe: Any = self._load()

    @property
    def reference(self) -> None:
        return None

    # --- answers

    def run(self, prompts: Sequence[Prompt], seconds: float | None) -> Generator[Decoded, None, None]:
        if _repeated(prompts) >= REPEATED:
            self._keep_prompts(True)
        pipe = self._pipeline()
        waiting, running = deque(prompts), dict[int, tuple[Prompt, Any, float]]()
        try:
            while waiting or running:
                while len(running) < self.at_a_time and (prompt := self._next(waiting, running)):
                    try:
                        handle = pipe.add_request(prompt.number, self._tensor(prompt.ids), self._settings(prompt))
                    except (ConfigError, RuntimeError) as error:
                        yield Decoded(prompt.number, (), "error", str(error)[:300])
                        continue
                    running[prompt.number] = (prompt, handle, time.monotonic())
                if not running:
                    continue
                try:
                    pipe.step()
                except RuntimeError as error:  # what the pipeline holds now is not known: a new one is made
                    self._pipe = None
                    lost = [prompt for prompt, *_ in running.values()]
                    running.clear()
                    at_fault = [prompt for prompt in lost if prompt.request.grammar] or lost
                    yield from (Decoded(p.number, (), "error", f"openvino: {str(error)[:300]}") for p in at_fault)
                    waiting.extendleft(prompt for prompt in reversed(lost) if prompt not in at_fault)
                    pipe = self._pipeline()
                    continue
                for prompt, handle, began in list(running.values()):
                    found = self._finished(prompt, handle, began, seconds)
                    if found is not None:
                        del running[prompt.number]
                        yield found
        finally:
            self._drop([handle for _, handle, _ in running.values()])

    def _next(self, waiting: deque[Prompt], running: dict[int, tuple[Prompt, Any, float]]) -> Prompt | None:
        """The first that waits, but for one whose prompt is being read just now: it waits until it can be shared."""
        reading = {p.ids for p, handle, _ in running.values() if not handle.can_read()} if self._keeps_prompts else ()
        place = next((place for place, prompt in enumerate(waiting) if prompt.ids not in reading), None)
        if place is None:
            return None
        found = waiting[place]
        del waiting[place]
        return found

    def _finished(self, prompt: Prompt, handle: Any, began: float, seconds: float | None) -> Decoded | None:
        states = self._genai.GenerationStatus
        state = handle.get_status()
        if state == states.RUNNING:
            if seconds is None or time.monotonic() - began <= seconds:
                return None
            self._drop([handle])
            return Decoded(prompt.number, (), "error", f"the answer took more than {seconds:g} s")
        if state != states.FINISHED:
            return Decoded(prompt.number, (), "error", "no memory is left for keys and values: ask for fewer tokens")
        (output,) = handle.read_all()
        ids = list(output.generated_ids)
        if ids and ids[-1] in self._ends:
            return Decoded(prompt.number, tuple(ids[:-1]), "stop")
        return Decoded(prompt.number, tuple(ids), "length")

    def _drop(self, handles: Sequence[Any]) -> None:
        for handle in handles:
            handle.cancel()

    def _settings(self, prompt: Prompt) -> Any:
        asked = prompt.request
        settings = self._genai.GenerationConfig(
            max_new_tokens=prompt.limit,
            do_sample=asked.temperature > 0,
            rng_seed=asked.seed,
            eos_token_id=self._ends[0],
            stop_token_ids=set(self._ends),
        )
        if asked.temperature > 0:
            settings.temperature, settings.top_p = asked.temperature, asked.top_p
        if asked.grammar:
            settings.structured_output_config = self._genai.StructuredOutputConfig(grammar=to_ebnf(asked.grammar))
        return settings

    def _tensor(self, ids: Sequence[int]) -> Any:
        return self._openvino.Tensor(self._np.array([ids], dtype=self._np.int64))

    def log_probabilities(self, ids: Sequence[int]) -> list[float]:
        self._keep_prompts(False)  # what is kept is not read, and gets no probabilities
        found = self._log_probabilities(self._pipeline(), ids)
        self._said.setdefault(_key(self._adapter), (list(ids), found))
        return found

    def _log_probabilities(self, pipe: Any, ids: Sequence[int]) -> list[float]:
        settings = self._genai.GenerationConfig(max_new_tokens=1, logprobs=1, echo=True, eos_token_id=self._ends[0])
        handle = pipe.add_request(0, self._tensor(ids), settings)
        while pipe.has_non_finished_requests():
            pipe.step()
        (output,) = handle.read_all()
        return [float(value) for value in output.generated_log_probs[1 : len(ids)]]

    # --- adapters

    def use(self, adapter: Adapter | None) -> None:
        if adapter is not None:
            adapter.check(self._layers)
            if not self._adapters:  # the graph was compiled without places for adapters
                self._adapters, self._pipe = True, None
        self._adapter = adapter
        self._keep_prompts(False)  # as another adapter reads them they are others
        if self._pipe is None:
            self._pipe = self._load()
        elif self._adapters:
            self._apply()

    def _keep_prompts(self, keep: bool) -> None:
        """Whether the pipeline keeps what it read of prompts; another one is loaded where this changes."""
        if keep != self._keeps_prompts:
            self._keeps_prompts, self._pipe = keep, None

    def _pipeline(self) -> Any:
        if self._pipe is None:
            self._pipe = self._load()
        while self._pipe.has_non_finished_requests():  # what was left early is dropped in a step of its own
            self._pipe.step()
        return self._pipe

    def _load(self) -> Any:
        scheduler = self._genai.SchedulerConfig()
        scheduler.max_num_seqs, scheduler.max_num_batched_tokens = AT_A_TIME, BATCHED_TOKENS
        scheduler.enable_prefix_caching = self._keeps_prompts
        properties: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": _HINTS[self.precision],
            "INFERENCE_NUM_THREADS": usable_cores(),
            "sampler_num_threads": usable_cores(),
        }
        if self.precision == "float32":
            properties |= {"KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
        if self._adapters:
            # Places for adapters are made where this one has matrices: at every layer, and they change nothing.
            properties["adapters"] = self._genai.AdapterConfig(self._packed(self._nothing()))
        pipe = self._genai.ContinuousBatchingPipeline(str(self._folder), scheduler, "CPU", properties)
        if self._adapters:
            self._pipe = pipe
            self._apply()
        if self._keeps_prompts and self._adapter is not None:
            self._check_adapter(pipe)
        return pipe

    def _check_adapter(self, pipe: Any) -> None:
        """See that a pipeline that keeps prompts, and holds none yet, answers with the adapter as the one before did,
        which whoever put the adapter on has checked. An engine that was never asked has nothing to compare with.

        Raises:
            NotInEffect: it does not; the pipeline is given up.
        """
        base, adapted = (self._said.get(_key(adapter)) for adapter in (None, self._adapter))
        if base is None or adapted is None or base[0] != adapted[0]:
            return
        try:
            check_alike(self._log_probabilities(pipe, adapted[0]), base[1], adapted[1], self.name)
        except NotInEffect:
            self._pipe = None
            raise

    def _apply(self) -> None:
        """Only `generate` puts adapters in; from then on they hold for requests that are added one by one, too."""
        settings = self._genai.GenerationConfig(max_new_tokens=1, eos_token_id=self._ends[0])
        settings.adapters = self._genai.AdapterConfig()
        if self._adapter is not None:
            key = self._adapter.digest
            if key not in self._kept:
                self._kept = {key: self._packed(self._adapter.tensors())}
            settings.adapters.add(self._kept[key], 1.0)
        self._pipe.generate([self._tensor(self._ends[:1])], [settings])

    def _nothing(self) -> dict[str, tuple[Any, Any]]:
        np = self._np
        return {
            name: (np.zeros((1, inputs), np.float32), np.zeros((outputs, 1), np.float32))
            for name, (outputs, inputs) in self._layers.items()
        }

    def _packed(self, tensors: dict[str, tuple[Any, Any]]) -> Any:
        """Matrices as the engine takes them: a safetensors file, in memory."""
        named = {
            f"base_model.model.{name}.lora_{half}.weight": part
            for name, pair in tensors.items()
            for half, part in zip("AB", pair, strict=True)
        }
        data = library("safetensors.numpy").save(named)
        return self._genai.Adapter(self._openvino.Tensor(self._np.frombuffer(data, dtype=self._np.uint8)))

    def close(self) -> None:
        self._pipe = None


def _key(adapter: Adapter | None) -> str:
    return adapter.digest if adapter else ""


def _repeated(prompts: Sequence[Prompt]) -> int:
    """Tokens of all prompts, less those of each different one."""
    return sum(len(p.ids) for p in prompts) - sum(map(len, {p.ids for p in prompts}))


def best_precision() -> str:
    """`bfloat16` where the processor has instructions for its products, else `float32`."""
    return "bfloat16" if multiplies_bfloat16() else "float32"


__all__ = ["AT_A_TIME", "EngineMissing", "OpenVinoEngine", "best_precision"]
