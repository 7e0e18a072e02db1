"""Local generation against plain Hugging Face `generate`, side by side in one process.

100 prompts of the committed suite (about 300 tokens each), answered greedily with natural stopping, at most `TOKENS`
tokens each; a rate is tokens of answers over wall time, the reading of the prompts included. Both sides get their
best batch size, tried on every second prompt with answers cut at `TRIAL_TOKENS`, and their best precision. An adapter
is merged into the weights for Hugging Face, which is its fastest way to serve one. `LIFT_SYS_BENCH_MODEL` names what
is run, as `--model` does: a fine-tuned model stops by itself and solves tasks; the base (the default) rambles and
solves hardly any. Wants a quiet machine: threads of torch wait for each other, so one busy core makes Hugging Face
several times slower.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.common import Row

PROMPTS, TOKENS, BATCHES = 100, 192, (10, 25, 50)
TRIAL_TOKENS = 48
POINTS = 1.0
"""Percentage points by which a precision may solve fewer tasks; one task is 1."""
PRECISIONS = ("float32", "bfloat16", "int8")
CONSTRAINED_TOKENS, TURNS = 32, 3
SUITE = Path(__file__).resolve().parent.parent / "tests" / "synthetic" / "suite_v1.jsonl"
NEEDED = ("torch", "transformers", "peft", "openvino_genai", "llguidance")


Way = Callable[[Any, int], tuple[list[str], int]]
"""Requests and a batch size to texts and how many tokens they are."""


@dataclass(frozen=True)
class Answers:
    texts: list[str]
    tokens: int
    """Of the answers, with the token that ends one."""
    seconds: float
    batch: int

    @property
    def rate(self) -> float:
        return self.tokens / self.seconds


def run() -> list[Row]:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(f"  left out: {', '.join(missing)} not installed (pip install 'lift-sys[local]')")
        return []
    from lift_sys.providers.local import LocalProvider
    from lift_sys.providers.openvino_engine import best_precision

    model = os.environ.get("LIFT_SYS_BENCH_MODEL", "")
    tasks, asked = _asked()
    plain: dict[str, Answers] = {}
    ours: dict[str, Answers] = {}
    rows: list[Row] = []
    tried: dict[str, Answers] = {}
    theirs: dict[str, Way] = {}
    for kind in PRECISIONS:
        with LocalProvider(model, engine="openvino", precision=kind) as provider:
            print(f"  {provider.about()}", flush=True)
            way = _engine(provider)
            ours[kind] = _timed(way, asked, _best_batch(way, asked).batch, "all")
            if kind == best_precision():
                rows += [*_grammar(provider, asked), *_swap(provider)]
            if kind != "int8":
                print(f"  Hugging Face generate, {kind}", flush=True)
                theirs[kind] = _plain(provider, kind)
                tried[kind] = _best_batch(theirs[kind], asked)
    # A slower precision of theirs need not answer everything: float32 is the one whose answers are compared.
    for kind in {"float32", max(tried, key=lambda kind: tried[kind].rate)}:
        print(f"  Hugging Face generate, {kind}", flush=True)
        plain[kind] = _timed(theirs[kind], asked, tried[kind].batch, "all")
    return [*_rates(ours, plain, best_precision()), *_solved(tasks, ours, plain["float32"]), *rows]


def _rates(ours: dict[str, Answers], plain: dict[str, Answers], default: str) -> list[Row]:
    came = plain["float32"]
    rows = [Row(f"Hugging Face generate, {kind}", a.rate, "tok/s", note=_at(a)) for kind, a in plain.items()]
    for kind, answers in ours.items():
        name = f"local provider, {kind}{' (its default here)' if kind == default else ''}"
        rows.append(Row(name, answers.rate, "tok/s", note=_at(answers)))
        rows.append(Row("  / Hugging Face generate as it comes (float32)", answers.rate / came.rate, "x"))
    fastest, theirs = max(ours.values(), key=lambda a: a.rate), max(plain.values(), key=lambda a: a.rate)
    rows.append(Row("local provider / Hugging Face, fastest of each", fastest.rate / theirs.rate, "x", 2.5))
    same = sum(a == b for a, b in zip(ours["float32"].texts, came.texts, strict=True))
    rows.append(Row("greedy texts equal in float32", 100 * same / PROMPTS, "%", 98, note=f"{same} of {PROMPTS}"))
    return rows


def _asked() -> tuple[Any, Any]:
    from lift_sys.testing.measuring import request_of
    from lift_sys.testing.suite import read_suite

    tasks = read_suite(SUITE).tasks
    tasks = tasks[:: len(tasks) // PROMPTS][:PROMPTS]
    return tasks, [request_of(task, TOKENS) for task in tasks]


def _best_batch(way: Way, asked: Any) -> Answers:
    """The trial at the batch size that gives most tokens a second."""
    some = [replace(request, max_tokens=TRIAL_TOKENS) for request in asked[:: PROMPTS // max(BATCHES)]]
    way(some[:2], 2)
    return max((_timed(way, some, batch, "trial") for batch in BATCHES), key=lambda answers: answers.rate)


def _timed(way: Way, asked: Any, batch: int, what: str) -> Answers:
    began = time.perf_counter()
    texts, tokens = way(asked, batch)
    answers = Answers(texts, tokens, time.perf_counter() - began, batch)
    print(f"    {what}, {_at(answers)}: {tokens} tokens in {answers.seconds:.1f} s", flush=True)
    return answers


def _at(answers: Answers) -> str:
    return f"{answers.rate:.0f} tok/s at batch {answers.batch}"


def _engine(provider: Any) -> Way:
    def way(asked: Any, batch: int) -> tuple[list[str], int]:
        provider._engine.at_a_time = batch
        found = list(provider.complete(asked))
        assert all(answer.finish != "error" for answer in found), [a.detail for a in found if a.detail]
        return [answer.text for answer in found], sum(answer.tokens + (answer.finish == "stop") for answer in found)

    return way


def _plain(provider: Any, precision: str) -> Way:
    """What a reader of the transformers documentation would write."""
    import torch
    import transformers

    from lift_sys.config import usable_cores
    from lift_sys.providers.chat import chat_text

    torch.set_num_threads(usable_cores())
    weights, tokenizer = (
        provider._weights,
        transformers.AutoTokenizer.from_pretrained(provider._weights.tokenizer, padding_side="left"),
    )
    model = transformers.AutoModelForCausalLM.from_pretrained(weights.folder, dtype=torch.float32)
    if weights.adapter is not None:
        import peft

        model = peft.PeftModel.from_pretrained(model, weights.adapter.folder).merge_and_unload()
    model = model.to(getattr(torch, precision)).eval()

    def way(asked: Any, batch: int) -> tuple[list[str], int]:
        chats = [
            chat_text(
                tokenizer,
                [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}],
            )
            for request in asked
        ]
        order = sorted(range(len(chats)), key=lambda number: len(chats[number]))
        texts, tokens = [""] * len(chats), 0
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            given = tokenizer([chats[n] for n in some], return_tensors="pt", padding=True, add_special_tokens=False)
            most = max(asked[number].max_tokens for number in some)
            made = model.generate(**given, max_new_tokens=most, do_sample=False, pad_token_id=tokenizer.pad_token_id)
            for number, row in zip(some, made[:, given["input_ids"].shape[1] :].tolist(), strict=True):
                end = row.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in row else len(row)
                texts[number] = tokenizer.decode(row[:end], skip_special_tokens=True)
                tokens += min(end + 1, len(row))
        return texts, tokens

    return way


def _solved(tasks: Any, ours: dict[str, Answers], plain: Answers) -> list[Row]:
    """How many tasks the answers solve, and how many fewer than Hugging Face's."""
    from lift_sys.sandbox.judge import completion_text
    from lift_sys.testing.running import run_task
    from lift_sys.testing.test_generator import boxes

    def right(answers: Answers) -> int:
        judged = (
            run_task(task, completion_text(text), boxes()) for task, text in zip(tasks, answers.texts, strict=True)
        )
        return sum(result.status == "valid" for result in judged)

    of = len(tasks)
    known = right(plain)
    rows = [Row("tasks solved: Hugging Face, float32", 100 * known / of, "%", note=f"{known} of {of}")]
    for kind, answers in ours.items():
        found = right(answers)
        rows.append(Row(f"tasks solved: local provider, {kind}", 100 * found / of, "%", note=f"{found} of {of}"))
        rows.append(Row("  fewer than Hugging Face", 100 * (known - found) / of, "points", POINTS, at_least=False))
    return rows


def _grammar(provider: Any, asked: Any) -> list[Row]:
    """What a grammar costs: the same prompts with and without one, in turn; the answers are cut before they end."""
    from lift_sys.ir.compact import grammar
    from lift_sys.providers.transformers_engine import TransformersEngine
    from lift_sys.records.training import SYSTEM

    rules = grammar()
    free = [replace(r, system=SYSTEM["prompt_to_ir"], max_tokens=CONSTRAINED_TOKENS) for r in asked]
    bound = [replace(request, grammar=rules) for request in free]
    began = time.perf_counter()
    list(provider.complete([replace(bound[0], max_tokens=1)]))
    rows = [Row("first use of a grammar", time.perf_counter() - began, "s", note="it is compiled once")]
    rows.append(_overhead("grammar overhead, openvino", lambda some: provider.complete(some), free, bound))
    other = TransformersEngine(provider._weights, provider._tokenizer, provider._ends)
    kept, provider._engine = provider._engine, other
    try:
        list(provider.complete([replace(bound[0], max_tokens=1)]))
        half = slice(0, PROMPTS // 2)
        rows.append(
            _overhead("grammar overhead, transformers", lambda some: provider.complete(some), free[half], bound[half])
        )
    finally:
        provider._engine = kept
    return rows


def _overhead(name: str, way: Callable[[Any], Any], free: Sequence[Any], bound: Sequence[Any]) -> Row:
    """Seconds a token with a grammar over seconds a token without; the median of rounds that take turns."""
    shares = []
    for _ in range(TURNS):
        seconds = []
        for asked in (free, bound):
            began = time.perf_counter()
            tokens = sum(answer.tokens + (answer.finish == "stop") for answer in way(asked))
            seconds.append((time.perf_counter() - began) / tokens)
        shares.append(100 * (seconds[1] / seconds[0] - 1))
    spread = f"{min(shares):.1f} to {max(shares):.1f} in {TURNS} rounds, {len(free)} answers of {CONSTRAINED_TOKENS}"
    return Row(name, statistics.median(shares), "%", 10, at_least=False, note=spread)


def _swap(provider: Any) -> list[Row]:
    """Two adapters of random numbers, in turn; each swap is proved, too."""
    import tempfile

    import torch
    from safetensors.torch import save_file

    from lift_sys.providers.openvino_graph import linear_layers

    before = provider._weights.adapter
    with tempfile.TemporaryDirectory() as scratch:
        folders = []
        for seed in (1, 2):
            chance, tensors = torch.Generator().manual_seed(seed), {}
            for name, (outputs, inputs) in linear_layers(provider._weights.folder).items():
                a = torch.randn(16, inputs, generator=chance) / inputs**0.5
                b = torch.randn(outputs, 16, generator=chance) * 0.05
                tensors |= {f"base_model.model.{name}.lora_{half}.weight": m for half, m in (("A", a), ("B", b))}
            folder = Path(scratch) / str(seed)
            folder.mkdir()
            save_file(tensors, folder / "adapter_model.safetensors")
            config = '{"peft_type": "LORA", "r": 16, "lora_alpha": 32, "base_model_name_or_path": ""}'
            (folder / "adapter_config.json").write_text(config)
            folders.append(str(folder))
            provider.use(str(folder))  # its reference is computed once
        seconds = []
        for number in range(6):
            began = time.perf_counter()
            provider.use(folders[number % 2])
            seconds.append(time.perf_counter() - began)
        provider.use(str(before.folder) if before else None)
    began = time.perf_counter()
    provider._engine._load()
    note = f"{time.perf_counter() - began:.1f} s to load the base anew"
    return [Row("an adapter swapped, and proved to be in effect", statistics.median(seconds), "s", note=note)]


if __name__ == "__main__":
    for row in run():
        print(f"{row.name:<52} {row.value:10.2f} {row.unit:<8} {row.note}")
