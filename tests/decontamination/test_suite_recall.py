"""Our own suite: a sample of its solutions is found after all rewritings together, functions and classes alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bench_decontamination import copies
from lift_sys.data_synthesis.curation.benchmarks import Benchmark, Problem, load_suite
from lift_sys.data_synthesis.curation.decontamination import write_screen
from lift_sys.data_synthesis.curation.decontamination_behaviour import BehaviourTask, match
from lift_sys.data_synthesis.curation.decontamination_probes import with_probes
from lift_sys.data_synthesis.curation.decontamination_screen import Screen
from lift_sys.sandbox.api import Sandbox

pytestmark = pytest.mark.slow
SUITE = Path(__file__).parents[1] / "synthetic" / "suite_v1.jsonl"
RECALL = 0.99


@pytest.fixture(scope="module")
def sample(sandbox: Sandbox) -> Benchmark:
    """Every fifth task that is a function, and a class of each template."""
    whole = load_suite(SUITE)
    functions = [problem for problem in whole.problems if not problem.harness]
    classes = {problem.id.partition("/")[0]: problem for problem in whole.problems if problem.harness}
    chosen = (*functions[::5], *classes.values())
    return with_probes(sandbox, whole.model_copy(update={"problems": chosen}))


@pytest.fixture(scope="module")
def screen(sample: Benchmark, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    return write_screen([sample], tmp_path_factory.mktemp("screen"))


def missed(sandbox: Sandbox, screen: Screen, problems: list[Problem]) -> tuple[int, list[str]]:
    planted = [(problem.id, copy) for problem in problems for copy in copies(problem, "everything")]
    return len(planted), [name for name, copy in planted if match(sandbox, BehaviourTask(*copy, (), screen)) is None]


def test_functions_are_found_after_every_rewriting_together(
    sandbox: Sandbox, sample: Benchmark, screen: Screen
) -> None:
    planted, lost = missed(sandbox, screen, [problem for problem in sample.problems if not problem.harness])
    assert planted >= 90
    assert len(lost) <= (1 - RECALL) * planted, lost


def test_a_class_is_found_whichever_of_its_methods_the_row_is_about(
    sandbox: Sandbox, sample: Benchmark, screen: Screen
) -> None:
    planted, lost = missed(sandbox, screen, [problem for problem in sample.problems if problem.harness])
    assert planted >= 15
    assert lost == []
