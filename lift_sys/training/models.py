"""Models to train: found, loaded with adapters put in, and asked for the loss of rows."""

from __future__ import annotations

import ctypes
import os
import resource
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from lift_sys.config import usable_cores
from lift_sys.errors import ConfigError
from lift_sys.providers import weights
from lift_sys.providers.embedded import library
from lift_sys.providers.processor import multiplies_bfloat16
from lift_sys.providers.weights import Weights, find_weights
from lift_sys.training.attention import attend_with_products
from lift_sys.training.config import TrainConfig
from lift_sys.training.fused import fuse, token_loss
from lift_sys.training.tokens import Encoded

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
ALL = (*ATTENTION, "gate_proj", "up_proj", "down_proj")
ADAPTER = "adapter"
"""Folder of a finished adapter, or of the whole model after a full fine-tune, in a run's folder."""
_KEEP = ((-3, 32 << 20), (-1, (1 << 31) - 1), (-2, 256 << 20), (-8, 1))
"""Options of mallopt(3): map blocks from 32 MB (its most), trim from 2 GB, grow by 256 MB, one arena: what the way
forward has freed is of use on the way back, which has a thread of its own."""
_CACHES = {"LRU_CACHE_CAPACITY": "16", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}
"""Entries that torch and oneDNN keep of products, one for each shape, with their memory. They are of no use where
each batch has its own shape: 1,024 of them, as is the custom, take 3 GB within 250 steps."""
_SAME = 1e-2
"""Nats a learnt token by which our loss may differ from the model's own (it is 1e-6 in float32)."""
_CHECKED = 512
"""Learnt tokens that are held against each other: in bfloat16 one row of fifteen was 0.04 off by rounding alone."""


def base_of(model: str) -> Weights:
    """The base model of that name, fetched first where that is needed.

    Raises:
        ConfigError: there is no such model, or it is an adapter.
    """
    found = find_weights(model)
    if found.adapter is not None:
        base = found.adapter.base or "the embedded one"
        raise ConfigError(f"{model} is an adapter: name the model to train, as its base ({base})")
    return found


def load_tokenizer(base: Weights) -> Any:
    """Raises:
    ConfigError: it can't be loaded, or it has no chat template.
    """
    try:
        tokenizer = library("transformers").AutoTokenizer.from_pretrained(base.tokenizer)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"the tokenizer in {base.tokenizer} can't be loaded: {str(error)[:300]}") from error
    if tokenizer.chat_template is None:
        raise ConfigError(f"the model {base.name} has no chat template: an instruction-tuned one is wanted")
    return tokenizer


def load_model(base: Weights, config: TrainConfig) -> Any:
    """The base model with fresh adapters, or all of it trainable, on the device at hand.

    Raises:
        ConfigError: it can't be loaded, or it has no layers of the names that adapters are put on.
    """
    torch, transformers = library("torch"), library("transformers")
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(config.seed)
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(base.folder, dtype=_weights_type(config))
    except (OSError, ValueError, KeyError, library("safetensors").SafetensorError) as error:
        raise ConfigError(f"the model in {base.folder} can't be loaded: {str(error)[:300]}") from error
    if config.recompute:
        # transformers 5 renames it on the way to 6
        older = "gradient_checkpointing_enable"
        enable = getattr(model, "activation_checkpointing_enable", None) or getattr(model, older)
        enable({"use_reentrant": False})
    if device() == "cpu":
        attend_with_products(model)
    if config.method == "lora":
        model = _with_adapters(model, base, config)
    elif config.layers is not None:
        _train_last(model, base, config.layers)
    if device() == "cpu":
        fuse(model)
    model.train()
    return model.to(device())


def _with_adapters(model: Any, base: Weights, config: TrainConfig) -> Any:
    peft = library("peft")
    names = ATTENTION if config.targets == "attention" else ALL
    settings = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=0.0,
        target_modules=list(names),
        task_type="CAUSAL_LM",
    )
    try:
        with warnings.catch_warnings():  # peft still asks transformers by a name that is on its way out
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", RuntimeWarning)  # what was matched is looked at below
            found = peft.get_peft_model(model, settings)
    except ValueError as error:
        raise ConfigError(
            f"{base.name} has no layers named {', '.join(names)} to put adapters on: {error}"
        ) from error
    _see_adapters(found, base, names)
    if config.model and not Path(config.model).is_dir():  # an id means the same everywhere, a cache's folder does not
        found.peft_config["default"].base_model_name_or_path = config.model
    return found


def _train_last(model: Any, base: Weights, count: int) -> None:
    """Let nothing be learnt but the last layers, and those in float32: small updates are lost in bfloat16.

    Raises:
        ConfigError: there are not that many, or they are not where a decoder has them.
    """
    layers = getattr(model.get_decoder(), "layers", None)
    if layers is None:
        raise ConfigError(f"{base.name} is no decoder whose layers are known here: leave --layers out")
    if count > len(layers):
        raise ConfigError(f"{base.name} has {len(layers)} layers: --layers {count} is too many")
    model.requires_grad_(False)
    for layer in layers[-count:]:
        layer.float().requires_grad_(True)


def _see_adapters(model: Any, base: Weights, names: tuple[str, ...]) -> None:
    """See that each kind of layer got its adapter, and a plain one: peft says nothing where it is otherwise.

    Raises:
        ConfigError: it did not.
    """
    settings = model.peft_config["default"]
    if getattr(settings, "target_parameters", None) or settings.rank_pattern:
        raise ConfigError(
            f"{base.name} keeps its experts as one tensor, where no server reads adapters: use --targets attention"
        )
    linear = library("peft.tuners.lora").Linear
    put = {name.rpartition(".")[2] for name, layer in model.named_modules() if isinstance(layer, linear)}
    if missing := [name for name in names if name not in put]:
        raise ConfigError(f"{base.name} has no layers named {', '.join(missing)} to put adapters on")


def prepare_processor(config: TrainConfig) -> None:
    """Set threads, and let freed memory stay with the process; nothing on a GPU.

    Each step would hand gigabytes back to the kernel and have them cleared again: 100,000 page faults.
    """
    if device() != "cpu":
        return
    for name, entries in _CACHES.items():
        os.environ.setdefault(name, entries)  # read at the first product
    library("torch").set_num_threads(config.threads or usable_cores())
    with suppress(AttributeError, OSError):  # only glibc has it
        set_option = ctypes.CDLL(None).mallopt
        for option, size in _KEEP:
            set_option(option, size)


def device() -> str:
    return "cuda" if library("torch").cuda.is_available() else "cpu"


def free_memory() -> int:
    """Bytes that a run may take on the device at hand."""
    if device() == "cuda":
        return int(library("torch").cuda.mem_get_info()[0])
    return weights.free_memory()


def peak_memory() -> int:
    """Most memory, in bytes, that this process has held; on a GPU, of the GPU's."""
    if device() == "cuda":
        return int(library("torch").cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10  # kilobytes on Linux


def _weights_type(config: TrainConfig) -> Any:
    """Of what is loaded: weights that are learnt are in float32, since small updates are lost in bfloat16."""
    torch = library("torch")
    return torch.bfloat16 if half(config) and config.frozen else torch.float32


def half(config: TrainConfig) -> bool:
    """Whether matrix products are taken in bfloat16."""
    if config.precision == "auto":
        return device() == "cuda" or multiplies_bfloat16()
    return config.precision == "bfloat16"


def make_optimizer(weights: Iterable[Any], learning_rate: float, config: TrainConfig) -> Any:
    """AdamW (Loshchilov and Hutter 2019) in one pass over the weights.

    On one core, a step for all 135 million of the embedded model takes 0.07 s so, and 0.45 s in the way that torch
    takes by itself.
    """
    return library("torch").optim.AdamW(list(weights), lr=learning_rate, weight_decay=config.weight_decay, fused=True)


def trainable(model: Any) -> Iterator[tuple[str, Any]]:
    """Names and parameters that are learnt, in the model's own order."""
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield name, parameter


def precision(config: TrainConfig) -> AbstractContextManager[Any]:
    """Around every pass through the model."""
    torch = library("torch")
    found: AbstractContextManager[Any] = torch.autocast(device(), dtype=torch.bfloat16, enabled=half(config))
    return found


def loss_sum(model: Any, rows: Sequence[Encoded]) -> Any:
    """Sum of the losses of the learnt tokens, in nats.

    Logits are taken where there is a loss, and nowhere else. Rows are padded on the right, and a token sees only
    those before it, so no mask is needed.
    """
    torch = library("torch")
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    places: list[int] = []
    wanted: list[int] = []
    for line, row in enumerate(rows):
        ids[line, : len(row.ids)] = torch.tensor(row.ids)
        places += [line * longest + place - 1 for place in range(row.start, len(row.ids))]
        wanted += row.ids[row.start :]
    where = device()
    whole = _plain(model)
    hidden = whole.get_decoder()(input_ids=ids.to(where), use_cache=False).last_hidden_state
    picked = hidden.reshape(-1, hidden.shape[-1]).index_select(0, torch.tensor(places, device=where))
    head, chosen = whole.get_output_embeddings(), torch.tensor(wanted, device=where)
    if head.bias is None and not head.weight.requires_grad:
        return token_loss(picked, head.weight, chosen)
    return torch.nn.functional.cross_entropy(head(picked).float(), chosen, reduction="sum")


def _plain(model: Any) -> Any:
    """The transformers model; adapters, where there are any, stay in its layers."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def check_loss(model: Any, rows: Sequence[Encoded], config: TrainConfig) -> None:
    """See that our loss is the model's own: some kinds of models change logits on the way out. The shortest rows are
    taken, which need least memory.

    Raises:
        ConfigError: it is not.
    """
    ours = own = 0.0
    learnt = 0
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if learnt >= _CHECKED:
            break
        mine, theirs = _both_losses(model, row, config)
        ours, own, learnt = ours + mine, own + theirs, learnt + row.learnt
    ours, own = ours / learnt, own / learnt
    if not abs(ours - own) <= _SAME * max(1.0, abs(own)):
        raise ConfigError(
            f"this kind of model is not known here: its own loss of a token is {own:.4f}, the one we take {ours:.4f}"
        )


def _both_losses(model: Any, row: Encoded, config: TrainConfig) -> tuple[float, float]:
    """Sums over the learnt tokens of a row: by our loss, and by the model's own."""
    torch = library("torch")
    ids = torch.tensor([row.ids], device=device())
    labels = ids.clone()
    labels[0, : row.start] = -100
    with precision(config):
        torch.manual_seed(0)  # dropout, where a model has it, falls alike
        ours = float(loss_sum(model, [row]).detach())  # as in a step, what is only done there included
        torch.manual_seed(0)
        with torch.no_grad():
            own = float(_plain(model)(input_ids=ids, labels=labels, use_cache=False).loss)
    return ours, own * row.learnt
