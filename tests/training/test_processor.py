"""What a run asks of the processor's libraries."""

from __future__ import annotations

import subprocess
import sys

_PRODUCTS = """
import ctypes

from lift_sys.training.config import TrainConfig
from lift_sys.training.models import prepare_processor

{prepare}
import torch


class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]


told = ctypes.CDLL(None).mallinfo2
told.restype = Info
weight = torch.ones(1024, 512, dtype=torch.bfloat16)


def products(lengths):
    for length in lengths:
        torch.nn.functional.linear(torch.ones(length, 512, dtype=torch.bfloat16), weight)
    return told().uordblks


before = products(range(100, 150))
print(products(range(150, 450)) - before)
"""


def _kept(prepare: str) -> int:
    """Bytes that 300 products, each of another shape, leave behind."""
    done = subprocess.run(
        [sys.executable, "-c", _PRODUCTS.format(prepare=prepare)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_memory_does_not_grow_with_the_shapes_of_batches() -> None:
    assert _kept("prepare_processor(TrainConfig(threads=1))") < 32 << 20  # 166 MB without
