"""The committed suite: every reference passes its hidden tests, or, with `--provider`, whatever a model answers.

pytest tests/synthetic -k dates
pytest tests/synthetic/phase_synthetic.py --provider local
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from lift_sys.providers import make_provider
from lift_sys.records.tasks import Task
from lift_sys.sandbox.judge import completion_text
from lift_sys.testing.measuring import request_of
from lift_sys.testing.running import run_task
from lift_sys.testing.suite import Suite, read_suite
from lift_sys.testing.test_generator import WarmBoxes

SUITE = Path(__file__).with_name("suite_v1.jsonl")


@cache
def suite() -> Suite:
    return read_suite(SUITE)


@pytest.fixture(scope="session")
def solve(request: pytest.FixtureRequest) -> Iterator[Callable[[Task], str]]:
    """The reference; with `--provider`, what the model writes."""
    name = request.config.getoption("--provider")
    if not name:
        yield lambda task: task.solution
        return
    with make_provider(name, request.config.getoption("--model")) as provider:

        def ask(task: Task) -> str:
            (completion,) = provider.complete([request_of(task)])
            if completion.finish == "error":
                pytest.fail(f"not known: {completion.detail}")
            return completion_text(completion.text)

        yield ask


@pytest.mark.parametrize("task", suite().tasks, ids=lambda task: task.name)
def test_task(task: Task, solve: Callable[[Task], str], warm: WarmBoxes) -> None:
    result = run_task(task, solve(task), warm)
    assert result.status == "valid", f"{result.reason}\n\n{task.prompt}"
