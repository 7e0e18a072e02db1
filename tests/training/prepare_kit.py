"""Examples and tasks made by hand, with bugs to mend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lift_sys.ir import Intent, IntermediateRepresentation, Parameter, Signature
from lift_sys.records import Example, Expected, MutationEvidence, Provenance, Quality, Requirement, TestCase, Verdict
from lift_sys.records.models import MutantEvidence
from lift_sys.records.tasks import Difficulty, Task
from lift_sys.testing.suite import make_suite, write_suite

LEVELS: tuple[Difficulty, ...] = ("easy", "medium", "hard")


def code_of(number: int) -> str:
    return f"def add_{number}(x: int) -> int:\n    return x + {number}\n"


def tests_of(number: int) -> tuple[TestCase, ...]:
    return tuple(TestCase(args=(n,), expected=Expected(value=n + number), oracle="generated") for n in (0, 1, 5))


def evidence_of(number: int) -> MutationEvidence:
    """One bug: the function takes away what it should add."""
    place = code_of(number).index("+")
    mutant = MutantEvidence(
        operator="arithmetic",
        line=2,
        before="+",
        after="-",
        killed_by=0,
        span=(place, place + 1),
        text="-",
        failing=(0, 1, 2),
        got=Expected(value=-number),
    )
    return MutationEvidence(mutants=(mutant,), killed=1, total=1, score=1.0)


def ir_of(number: int) -> IntermediateRepresentation:
    return IntermediateRepresentation(
        intent=Intent(summary=f"Add {number} to a number."),
        signature=Signature(name=f"add_{number}", parameters=(Parameter(name="x", type_hint="int"),), returns="int"),
    )


def make_example(
    number: int, repository: str, *, cluster: str = "", prompt: str = "", requirement: bool = False
) -> Example:
    wheel = Requirement(name="six", version="1", filename="six-1-py3-none-any.whl", sha256="c" * 64)
    asked = prompt or f"Write a function `add_{number}(x: int) -> int` that adds {number}."
    return Example(
        prompt=asked,
        prompts={"specification": asked},
        ir=ir_of(number),
        code=code_of(number),
        entry_point=f"add_{number}",
        category="arithmetic" if number % 2 else "list_operations",
        difficulty=LEVELS[number % 3],
        statements=1,
        cluster=cluster,
        requirements=(wheel,) if requirement else (),
        tests=tests_of(number),
        mutation=evidence_of(number),
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        provenance=Provenance(
            repository=repository, url=None, version="1", path="a.py", qualname=f"add_{number}", first_line=1,
            last_line=2, licence="MIT", licence_sha256="b" * 64, time="2026-01-01T00:00:00Z", code_version="0",
            configuration="0",
        ),
    )  # fmt: skip


def make_examples(projects: int, each: int = 3) -> list[Example]:
    return [
        make_example(project * each + n, f"project-{project}") for project in range(projects) for n in range(each)
    ]


def make_task(number: int, *, held_out: bool = False) -> Task:
    return Task(
        template=f"arithmetic.add_{number % 7}",
        category="arithmetic",
        difficulty=LEVELS[number % 3],
        held_out=held_out,
        parameters={"number": number},
        prompt=f"Add {number} to what `add_{number}(x: int) -> int` is given.",
        ir=ir_of(number),
        entry_point=f"add_{number}",
        solution=code_of(number),
        second=code_of(number),
        tests=tests_of(number),
        mutation=evidence_of(number),
        inputs=100,
    )


def make_tasks(count: int, start: int = 1000) -> list[Task]:
    return [make_task(number) for number in range(start, start + count)]


def write_examples(path: Path, examples: Sequence[Example]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "examples.jsonl").write_text("".join(example.to_line() + "\n" for example in examples))
    return path


def write_tasks(path: Path, tasks: Sequence[Task], seed: int = 1, *, training: bool = True) -> Path:
    write_suite(path, make_suite(seed, tasks, training=training))
    return path
