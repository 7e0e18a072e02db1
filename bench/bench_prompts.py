"""Prompts: how fast they are made, how well they find their own code, and that none gives its body away."""

from __future__ import annotations

import hashlib
import sysconfig
import time
from dataclasses import replace
from pathlib import Path

from bench.common import Row
from lift_sys.data_synthesis.batch_lifter import LiftedFunction, lift_checkout, local_checkout
from lift_sys.data_synthesis.prompt_report import PromptedFunction, report
from lift_sys.data_synthesis.prompt_synthesizer import PromptSynthesizer
from lift_sys.data_synthesis.retrieval import BM25

FUNCTIONS = 1_000
LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "turtledemo", "site-packages", "__pycache__"}


def run() -> list[Row]:
    chosen = _functions()
    started = time.process_time()
    items = [_prompted(lifted) for lifted in chosen]
    seconds = time.process_time() - started
    found = report(items, BM25())
    rows = [
        Row("prompt sets a second, three registers each, per CPU second", len(items) / seconds, "/s"),
        Row("prompts that leak their body", found.leaks, "", 0, at_least=False, note=f"of {3 * len(items)}"),
    ]
    for register, score in found.scores.items():
        rows.append(Row(f"self-sufficiency, {register}", score, "0..1", note="(no tests shown)"))
    for key, figure in found.retrieval.masked.items():
        if key == "all" or ":" in key:
            unmasked = found.retrieval.unmasked[key].mrr
            note = f"{figure.queries} prompts, recall@1 {figure.recall_at_1:.2f}, @10 {figure.recall_at_10:.2f}"
            rows.append(
                Row(f"MRR among {len(items)}, BM25, {key}", figure.mrr, "", note=f"({note}; unmasked {unmasked:.2f})")
            )
    return rows


def _prompted(lifted: LiftedFunction) -> PromptedFunction:
    assert lifted.ir is not None
    prompts = PromptSynthesizer().synthesize(lifted.function, lifted.ir)
    return PromptedFunction(lifted.function, lifted.ir, (), prompts)


def _functions() -> list[LiftedFunction]:
    """Functions of the standard library, three statements or more, in the order of a hash of their names."""
    root = Path(sysconfig.get_paths()["stdlib"])
    everything = local_checkout(root)
    files = tuple(path for path in everything.files if not LEFT_OUT & set(path.split("/")))
    found = [
        lifted
        for result in lift_checkout(replace(everything, files=files))
        for lifted in result.functions
        if lifted.ir is not None and lifted.function.kind == "function" and lifted.function.statements >= 3
    ]
    found.sort(key=lambda item: hashlib.sha256(f"{item.function.path}:{item.function.qualname}".encode()).digest())
    return found[:FUNCTIONS]
