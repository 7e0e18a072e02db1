"""Shows that an adapter is in effect, and how much of it.

An engine that leaves out an adapter still answers, as the base model does, and an evaluation through it says that
training was for nothing. So after each load the engine gives the log probabilities of a fixed text, with and without
the adapter. The shift between the two is held against the shift that the adapter's own matrices make in transformers:

    off = |shift of the engine - true shift| / |true shift|

It is 0 for an adapter that is in effect, 1 for one that was left out, and between them where its scale was changed or
some of its layers were passed over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lift_sys.errors import ConfigError
from lift_sys.providers.adapters import Adapter
from lift_sys.providers.embedded import cache_folder, library
from lift_sys.providers.weights import Weights
from lift_sys.storage.files import atomic_write, storage_errors

TOLERANCE = 0.25
"""How far off the shift may be, besides twice the engine's rounding error."""
UNLIKE = 0.5
"""Root mean square, in nats, by which a base model's log probabilities may differ from those of transformers."""
ALIKE = 0.01
"""The same, by which two loadings of one model may differ whatever the adapter: rounding alone may do that."""
CHAT = (
    {"role": "system", "content": "You write Python. Answer with one code block."},
    {"role": "user", "content": "Write `def clamp(value, low, high)`, which limits a number to a range."},
    {
        "role": "assistant",
        "content": "```python\ndef clamp(value, low, high):\n    if value < low:\n        return low\n"
        "    return min(value, high)\n```",
    },
)


class NotInEffect(ConfigError):
    """An engine answers with another model than it was given."""


@dataclass(frozen=True)
class Reference:
    """Log probabilities of the probe's tokens, from transformers in float32."""

    base: list[float]
    adapted: list[float]
    rounding: float = 0.0
    """Nats a token by which they may be off themselves: the model that an engine has on a GPU is in bfloat16."""

    @property
    def shift(self) -> list[float]:
        return _minus(self.adapted, self.base)


@dataclass(frozen=True)
class Proof:
    """What a check found."""

    off: float
    certainty: float
    """Size of the true shift over that of the engine's rounding error; below `NEEDED` nothing can be said."""

    NEEDED = 4.0
    """Then what may be off is at most 0.75, and an adapter that was left out is off by 1."""

    @property
    def shown(self) -> bool:
        return self.certainty >= self.NEEDED


def probe_ids(tokenizer: Any) -> list[int]:
    """The tokens of the fixed text, in the model's own chat template."""
    text = tokenizer.apply_chat_template([*CHAT], tokenize=False)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def check_base(found: Sequence[float], reference: Sequence[float], engine: str) -> None:
    """See that a base model answers as transformers says it does.

    Raises:
        NotInEffect: it does not.
    """
    distance = _size(_minus(found, reference)) / math.sqrt(len(reference))
    if not distance <= UNLIKE:  # a NaN is unlike everything
        raise NotInEffect(
            f"{engine} computes another model than transformers does, by {distance:.2f} nats a token. "
            "Set LIFT_SYS_ENGINE=transformers"
        )


def check_adapter(base: Sequence[float], adapted: Sequence[float], reference: Reference, engine: str) -> Proof:
    """See that an adapter is in effect.

    Args:
        base, adapted: what the engine says of the probe's tokens without and with the adapter.

    Returns:
        The proof. An adapter that changes less than the engine's rounding can't be shown to be in effect.

    Raises:
        NotInEffect: the engine left it out, or applied it otherwise than it was trained.
    """
    shift, true = _minus(adapted, base), reference.shift
    size = _size(true)
    if size == 0:
        return Proof(off=0.0, certainty=0.0)
    off = _size(_minus(shift, true)) / size
    error = max(_size(_minus(base, reference.base)), reference.rounding * math.sqrt(len(base))) / size
    proof = Proof(off, 1 / error if error else math.inf)
    if proof.shown and not off <= TOLERANCE + 2 * error:  # a NaN is off, too
        raise NotInEffect(
            f"{engine} does not answer with the adapter: its effect is off by {off:.0%}, and 100% is what an engine "
            "gets that leaves it out. Set LIFT_SYS_ENGINE=transformers"
        )
    return proof


def check_alike(found: Sequence[float], base: Sequence[float], adapted: Sequence[float], engine: str) -> None:
    """See that a model that is loaded again answers with the adapter as it did when the adapter was checked.

    Args:
        found: what the engine says of the probe's tokens now.
        base, adapted: what it said without the adapter, and with it, when that was checked.

    Raises:
        NotInEffect: it does not.
    """
    distance, size = _size(_minus(found, adapted)), _size(_minus(adapted, base))
    if not distance <= max(TOLERANCE * size, ALIKE * math.sqrt(len(found))):  # a NaN is off, too
        raise NotInEffect(
            f"{engine}, loaded again to keep prompts, does not answer with the adapter: its effect is off by "
            f"{distance / size if size else math.inf:.0%}. Set LIFT_SYS_ENGINE=transformers"
        )


def reference_of(weights: Weights, adapter: Adapter | None, ids: Sequence[int], model: Any = None) -> Reference:
    """The true log probabilities, kept in the cache: transformers is loaded once for each base and adapter.

    Args:
        model: the base in transformers, where it is loaded already.
    """
    half = model is not None and model.dtype != library("torch").float32
    name = f"{weights.digest}-{adapter.digest if adapter else 'base'}{'-half' if half else ''}"
    rounding = ALIKE if half else 0.0
    path = cache_folder() / "probes" / f"{name}.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["ids"] == list(ids):
            return Reference(known["base"], known["adapted"], rounding)
    except (OSError, ValueError, KeyError, TypeError):  # not there, or cut off: it is made anew
        pass
    model = model or _load(weights)
    base = log_probabilities(model, ids)
    adapted = log_probabilities(model, ids, adapter.tensors()) if adapter else base
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, [json.dumps({"ids": list(ids), "base": base, "adapted": adapted}), "\n"])
    return Reference(base, adapted, rounding)


def log_probabilities(model: Any, ids: Sequence[int], adapter: Mapping[str, tuple[Any, Any]] = {}) -> list[float]:
    """Of each token but the first. The adapter's matrices are applied here, by no library's code for adapters."""
    torch = library("torch")
    layers = dict(model.named_modules())
    hooks = [layers[name].register_forward_hook(_adding(a, b)) for name, (a, b) in adapter.items()]
    try:
        with torch.inference_mode():
            logits = model(torch.tensor([list(ids)], device=model.device)).logits[0, :-1].float()
        wanted = torch.tensor(list(ids[1:]), device=model.device)
        said = torch.log_softmax(logits, -1).gather(1, wanted[:, None])[:, 0]
        return [float(value) for value in said]
    finally:
        for hook in hooks:
            hook.remove()


def _adding(a: Any, b: Any) -> Any:
    torch = library("torch")

    def hook(layer: Any, given: tuple[Any, ...], result: Any) -> Any:
        x = given[0]
        first, second = (torch.as_tensor(part).to(x.device, x.dtype) for part in (a, b))
        return result + (x @ first.T) @ second.T

    return hook


def _load(weights: Weights) -> Any:
    torch, transformers = library("torch"), library("transformers")
    return transformers.AutoModelForCausalLM.from_pretrained(weights.folder, dtype=torch.float32).eval()


def _minus(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]


def _size(values: Sequence[float]) -> float:
    return math.sqrt(sum(value * value for value in values))
