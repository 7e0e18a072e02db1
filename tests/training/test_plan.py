"""The learning rate of each step."""

from __future__ import annotations

import pytest

from lift_sys.training.config import TrainConfig
from lift_sys.training.plan import Plan


def test_the_rate_rises_along_a_line_and_falls_along_one_towards_0() -> None:
    steps = Plan(((),) * 100, frozenset({100}), "epochs")
    config = TrainConfig(learning_rate=1.0, warmup=0.04)
    rates = [steps.rate(number, config) for number in range(100)]
    assert rates[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert rates[52] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(1 / 96)
