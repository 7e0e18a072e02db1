"""The committed suite: every reference passes its hidden tests, or, with `--provider`, whatever a model answers.

pytest tests/synthetic -k dates
pytest tests/synthetic/phase_synthetic.py --provider local
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from lift_sys.providers import Completion, Provider
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


class Asked:
    """Every task is asked for at once, so that a model can work on many; answers are read as tests want them."""

    def __init__(self, provider: Provider, tasks: Sequence[Task]) -> None:
        self.known: dict[str, Completion] = {}
        self.coming = zip(tasks, provider.complete([request_of(task) for task in tasks]), strict=True)

    def answer(self, wanted: Task) -> str:
        while wanted.id not in self.known:
            task, completion = next(self.coming)
            self.known[task.id] = completion
        completion = self.known[wanted.id]
        if completion.finish == "error":
            pytest.fail(f"not known: {completion.detail}")
        return completion_text(completion.text)

    def stop(self) -> None:
        """Leave off, where the tests did (`-x`), before the provider is closed."""
        self.coming = zip((), iter(()), strict=True)


@pytest.fixture(scope="session")
def solve(request: pytest.FixtureRequest, provider: Provider | None) -> Iterator[Callable[[Task], str]]:
    """The reference; with `--provider`, what the model writes."""
    if provider is None:
        yield lambda task: task.solution
        return
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    tasks = [call.params["task"] for call in calls if call is not None and "task" in call.params]
    asked = Asked(provider, tasks)
    yield asked.answer
    asked.stop()


@pytest.mark.parametrize("task", suite().tasks, ids=lambda task: task.name)
def test_task(task: Task, solve: Callable[[Task], str], warm: WarmBoxes) -> None:
    result = run_task(task, solve(task), warm)
    assert result.status == "valid", f"{result.reason}\n\n{task.prompt}"
