"""Rewards for reinforcement learning: an answer is worth 1.0 when it passes all of its row's tests, else 0.0.

The code of an answer runs in the sandbox, in both regimes of the validator: all calls in one process, and each in a
fresh one. Results are compared as wire text, so types and bits count.

    verl        `compute_score`, by way of the exported `reward.py`
    trl         `trl_reward`, with a `ground_truth` column
    verifiers   `score`

Rows that import packages need their wheels: set LIFT_SYS_WHEELS to the folder `sources/wheels` of the cache that
`lift-sys generate` used.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lift_sys.data_synthesis.exports.grounds import SCHEMA_VERSION
from lift_sys.errors import ConfigError, SandboxError, SandboxFault, SandboxUnavailable
from lift_sys.records import DRIVER, Requirement, TestCase, program_of
from lift_sys.sandbox.fences import blocks_in, is_python

if TYPE_CHECKING:
    from lift_sys.data_synthesis.boxes import Boxes, SeedBoxes

WHEELS = "LIFT_SYS_WHEELS"
ATTEMPTS = 3
"""How often an answer is tried when the sandbox itself breaks."""


def code_of(completion: object, entry_point: str = "") -> str:
    """The code of an answer: a text, or a conversation, of which the last message counts.

    All of it where it is Python as it stands (a docstring may hold fences), else its last fenced block that defines
    the entry point (examples of its use and their output often follow), else its last block, else all.
    """
    if isinstance(completion, list) and completion and isinstance(completion[-1], dict):
        completion = completion[-1].get("content")
    text = completion if isinstance(completion, str) else ""
    if is_python(text):
        return text
    blocks = blocks_in(text)
    name = re.escape(entry_point.partition(".")[0])
    defining = [
        block for block in blocks if name and re.search(rf"^\s*(?:async\s+def|def|class)\s+{name}\b", block, re.M)
    ]
    return (defining or blocks or [text])[-1]


class Rewarder:
    """Scores answers on boxes that stay warm. Methods may be called from any thread."""

    def __init__(self, wheels: Path | None = None) -> None:
        self._wheels = wheels
        self._lock = threading.Lock()
        self._idle: list[Boxes] = []

    def score(self, completion: object, ground_truth: str) -> float:
        """1.0 or 0.0.

        Raises:
            ConfigError: the ground truth is none, so nothing can be said of the answer.
            RequirementMissing: a wheel that the row's code needs is not there.
            SandboxFault: the sandbox broke again and again; nothing is known of the answer.
        """
        row = _read(ground_truth)
        fault: SandboxFault | None = None
        for _ in range(ATTEMPTS):
            try:
                with self._boxes() as boxes:
                    return (
                        1.0
                        if _passes(boxes.bound(row.requirements), code_of(completion, row.entry_point), row)
                        else 0.0
                    )
            except SandboxFault as error:
                fault = error
        raise SandboxFault(f"the sandbox failed {ATTEMPTS} times: {fault}")

    def close(self) -> None:
        """End every idle box."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def _boxes(self) -> Iterator[Boxes]:
        from lift_sys.data_synthesis.boxes import Boxes

        with self._lock:
            boxes = self._idle.pop() if self._idle else None
        boxes = boxes or Boxes(self._wheels)
        try:
            yield boxes
        except BaseException:
            boxes.close()
            raise
        with self._lock:
            self._idle.append(boxes)


class _Row:
    """A ground truth, parsed."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.harness = str(data["harness"])
        self.entry_point = str(data["entry_point"])
        self.driver = DRIVER if self.harness else self.entry_point
        self.requirements = tuple(Requirement.model_validate(item) for item in data["requirements"])
        self.tests = [TestCase.model_validate({"oracle": "recorded", **test}) for test in data["tests"]]
        if not self.tests:
            raise ValueError("no tests")


def _read(ground_truth: str) -> _Row:
    try:
        data = json.loads(ground_truth)
        if data["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {data['schema_version']}")
        return _Row(data)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"not a ground truth that `lift-sys export` wrote: {error}") from error


def _passes(boxes: SeedBoxes, code: str, row: _Row) -> bool:
    """Whether every test passes in both regimes. Whatever the code does to its own process counts as failing."""
    from lift_sys.data_synthesis.execution_validator import meets, to_call
    from lift_sys.sandbox.candidate import REGIMES, run_calls
    from lift_sys.sandbox.environments import PLAIN

    calls = [to_call(test) for test in row.tests]
    for regime in REGIMES:
        try:
            outcomes = run_calls(boxes[PLAIN], program_of(code, row.harness), row.driver, calls, regime=regime)
        except (SandboxFault, SandboxUnavailable):
            raise
        except SandboxError:
            return False
        if not all(meets(test.expected, outcome) for test, outcome in zip(row.tests, outcomes, strict=True)):
            return False
    return True


_rewarders: dict[int, Rewarder] = {}
_lock = threading.Lock()


def score(completion: object, ground_truth: str) -> float:
    """What an answer is worth, on boxes that this process keeps. Raises as `Rewarder.score` does."""
    with _lock:
        rewarder = _rewarders.get(os.getpid())
        if rewarder is None:  # of this process: boxes don't survive a fork
            wheels = os.environ.get(WHEELS)
            rewarder = _rewarders[os.getpid()] = Rewarder(Path(wheels) if wheels else None)
            atexit.register(rewarder.close)
    return rewarder.score(completion, ground_truth)


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **_: Any
) -> float:
    """verl's custom reward function."""
    return score(solution_str, ground_truth)


def trl_reward(completions: Sequence[object], ground_truth: Sequence[str], **_: Any) -> list[float | None]:
    """trl's reward function; None, which trl leaves out, where the sandbox broke and nothing is known."""
    found: list[float | None] = []
    for completion, truth in zip(completions, ground_truth, strict=True):
        try:
            found.append(score(completion, truth))
        except SandboxFault:
            found.append(None)
    return found
