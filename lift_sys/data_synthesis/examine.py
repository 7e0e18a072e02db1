"""From one lifted function to one example or one rejection: what a worker does, and all it does.

Every function that was found ends here exactly once, so that validated + rejected = functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lift_sys.config import PipelineConfig, engine_version
from lift_sys.data_synthesis.boxes import Boxes, worker_boxes
from lift_sys.data_synthesis.execution_validator import Failure, Validation, validate
from lift_sys.data_synthesis.oracles.base import ObservedCall
from lift_sys.errors import RequirementMissing, SandboxFault
from lift_sys.records import (
    Example,
    Function,
    IntermediateRepresentation,
    Licence,
    Provenance,
    Quality,
    Rejection,
    RejectionReason,
    Repository,
    Slice,
    Stage,
)

ATTEMPTS = 3
"""How often a function is tried when our own sandbox breaks."""

OBSTACLES = {reason.value: reason for reason in RejectionReason}
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
"""An object's address in a message: another one on every run."""


@dataclass(frozen=True)
class Task:
    """A function to examine, with all that a worker needs to know."""

    repository: Repository
    licence: Licence
    """Of the function's file."""
    function: Function
    ir: IntermediateRepresentation
    seeds: tuple[ObservedCall, ...]
    """Recorded calls."""
    config: PipelineConfig
    wheels: str | None = None
    """The folder that holds what the function's requirements name."""


@dataclass(frozen=True)
class Result:
    """What became of a task. `had_tests` says whether it reached validation."""

    example: Example | None
    rejection: Rejection | None
    had_tests: bool = False
    executions: int = 0
    """Boxed processes that it took: of this run, so no part of what is stored."""


def reject(
    function: Function, stage: Stage, reason: RejectionReason, detail: str = "", *, had_tests: bool = False
) -> Result:
    """The rejection of one function."""
    rejection = Rejection(
        stage=stage,
        reason=reason,
        detail=_ADDRESS.sub("0x...", detail)[:500],
        repository=function.repository,
        path=function.path,
        qualname=function.qualname,
        lineno=function.lineno,
        function=function.id,
    )
    return Result(None, rejection, had_tests)


def obstacle(function: Function) -> Result | None:
    """The rejection of a function that can't stand alone; None when it can."""
    if function.slice is not None:
        return None
    found = function.obstacle
    if found is None:
        return reject(function, "extract", RejectionReason.UNRESOLVED_NAME, "no slice and no reason")
    return reject(function, "extract", OBSTACLES.get(found.reason, RejectionReason.UNRESOLVED_NAME), found.detail)


def examine(task: Task) -> Result:
    """Find tests, validate, specify, prompt. A fault of the sandbox is retried, then told."""
    from lift_sys.sandbox.tally import executions

    before = executions()
    result = _attempts(task)
    return replace(result, executions=executions() - before)


def _attempts(task: Task) -> Result:
    for attempt in range(ATTEMPTS):
        try:
            return _examine(task, worker_boxes(task.wheels))
        except RequirementMissing as error:
            return reject(task.function, "tests", RejectionReason.REQUIREMENT, str(error))
        except SandboxFault as error:
            if attempt == ATTEMPTS - 1:
                return reject(task.function, "validate", RejectionReason.SANDBOX_ERROR, str(error))
    raise AssertionError("unreachable")


def _examine(task: Task, all_boxes: Boxes) -> Result:
    from lift_sys.data_synthesis.oracles import choose_tests, explore
    from lift_sys.data_synthesis.oracles.fitting import fitting
    from lift_sys.reverse_mode.refine import refine
    from lift_sys.sandbox.environments import ENVIRONMENTS

    function, config = task.function, task.config
    stopped = obstacle(function)
    if stopped is not None:
        return stopped
    assert function.slice is not None
    boxes = all_boxes.bound(function.slice.requirements)
    exploration = explore(boxes[0], function, seeds=task.seeds, budget=config.explore_budget)
    if exploration.reason is not None:
        return reject(function, "tests", exploration.reason, exploration.detail)
    sliced = exploration.slice or function.slice
    if "." not in sliced.entry_point:  # a method's first argument is its object, which no annotation names
        exploration = fitting(exploration, task.ir.signature)
    tests = choose_tests(exploration, limit=2 * config.max_tests)
    if len(tests) < config.min_tests:
        return reject(function, "tests", RejectionReason.TOO_FEW_TESTS, f"{len(tests)} usable calls")
    checked = validate(boxes, sliced, tests, config)
    if isinstance(checked, Failure):
        return reject(function, "validate", checked.reason, checked.detail, had_tests=True)
    elsewhere = boxes[ENVIRONMENTS[1]]
    ir = refine(task.ir, exploration.calls, boxes[0], function.source, elsewhere=elsewhere)
    return Result(_example(task, sliced, checked, ir, exploration.coverage), None, had_tests=True)


def _example(
    task: Task, sliced: Slice, checked: Validation, ir: IntermediateRepresentation, coverage: float | None
) -> Example:
    from lift_sys.data_synthesis.prompt_synthesizer import PromptSynthesizer
    from lift_sys.data_synthesis.visible import choose_visible

    # Category, difficulty and the quality's score are curation's: see `curation.describe`.
    function, repository, config = task.function, task.repository, task.config
    tests = choose_visible(checked.tests, config.visible_tests, checked.mutation)
    told = function.model_copy(update={"slice": sliced})
    prompts = PromptSynthesizer(seed=config.seed).synthesize(told, ir, tests).prompts
    return Example(
        prompt=prompts[config.register_],
        prompts=prompts,
        ir=ir,
        code=sliced.code,
        entry_point=sliced.entry_point,
        harness=sliced.harness,
        projection=sliced.projection,
        requirements=sliced.requirements,
        statements=function.statements,
        flake=checked.flake,
        tests=tests,
        mutation=checked.mutation,
        quality=Quality(score=0.0, components={} if coverage is None else {"coverage": round(coverage, 4)}),
        verdict=checked.verdict,
        provenance=Provenance(
            repository=repository.name,
            url=repository.url,
            version=repository.version,
            path=function.path,
            qualname=function.qualname,
            first_line=function.lineno,
            last_line=function.end_lineno,
            repository_id=repository.id,
            function=function.id,
            licence=task.licence.spdx,
            licence_sha256=task.licence.text_sha256,
            time=repository.source_time,
            code_version=engine_version(),
            configuration=config.engine_id,
        ),
    )
