"""Every record's line fits its JSON Schema, the committed schemas are current, and a changed record is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from lift_sys.ir import Assertion, Intent, IntermediateRepresentation, Parameter, Provenance, Signature, TypedHole
from lift_sys.records import (
    Example,
    Expected,
    Function,
    Licence,
    MutantEvidence,
    MutationEvidence,
    Obstacle,
    Quality,
    Record,
    Rejection,
    RejectionReason,
    Repository,
    Slice,
    TestCase,
    TestResult,
    Verdict,
)
from lift_sys.records import Provenance as Origin
from lift_sys.records.repair import RepairTask
from lift_sys.records.schema import RECORDS, file_name, main, schema_files, schema_of
from lift_sys.records.tasks import Reading, Task

ROOT = Path(__file__).parents[2]
REPOSITORY = Repository(
    kind="sdist",
    name="tidy",
    version="1.0",
    url="https://tidy.example/tidy",
    archive_sha256="0" * 64,
    licence=Licence(spdx="MIT", text_sha256="1" * 64, path="LICENSE", evidence="METADATA"),
    source_time="2024-01-01T00:00:00Z",
)
FUNCTION = Function(
    repository=REPOSITORY.id,
    path="tidy/core.py",
    module="tidy.core",
    qualname="clamp",
    name="clamp",
    kind="function",
    lineno=3,
    end_lineno=9,
    source="def clamp(x): return x\n",
    slice=Slice(code="def clamp(x): return x\n", entry_point="clamp"),
    obstacle=Obstacle(reason="unresolved_name", detail="é\n"),
)
IR = IntermediateRepresentation(
    intent=Intent(summary="Keep x.", provenance=Provenance(source="docstring", confidence=0.9)),
    signature=Signature(
        name="clamp",
        parameters=(Parameter(name="x", type_hint="int", default="0"),),
        holes=(TypedHole(identifier="returns", type_hint="type", kind="signature"),),
    ),
    assertions=(Assertion(kind="postcondition", predicate="result == x"),),
)
TEST = TestCase(
    args=(1, {"t": [None, {"f": "0x1.8p+0"}]}),
    kwargs={"k": {"d": ["a", 1]}},
    expected=Expected(raises="ValueError"),
    oracle="recorded",
)
VERDICT = Verdict(status="valid", results=(TestResult(test=0, passed=True),), regimes=("one_process",), seconds=0.5)
EXAMPLE = Example(
    prompt="Keep x.",
    prompts={"terse": "Keep x."},
    ir=IR,
    code="def clamp(x): return x\n",
    entry_point="clamp",
    tests=(TEST,),
    mutation=MutationEvidence(
        mutants=(MutantEvidence(operator="return", line=1, before="x", after="None", killed_by=0),),
        killed=1,
        total=1,
        score=1.0,
    ),
    quality=Quality(score=0.5, components={"documented": 0.5}),
    verdict=VERDICT,
    provenance=Origin(
        repository="tidy",
        url=None,
        version="1.0",
        path="tidy/core.py",
        qualname="clamp",
        first_line=3,
        last_line=9,
        licence="MIT",
        licence_sha256=None,
        time="2024-01-01T00:00:00Z",
        code_version="0",
        configuration="2" * 64,
    ),
)
REJECTION = Rejection(
    stage="tests",
    reason=RejectionReason.TOO_FEW_TESTS,
    repository=REPOSITORY.id,
    path="tidy/core.py",
    qualname="clamp",
)
REPAIR = RepairTask(
    example=EXAMPLE.id,
    prompt="`clamp` has a bug.",
    buggy_code="def clamp(x): return\n",
    entry_point="clamp",
    failing=(TEST,),
    passing=(TEST,),
    fix="",
    operator="return value",
    line=1,
    provenance=EXAMPLE.provenance,
)
TASK = Task(
    template="edge_cases.clamp",
    category="edge_cases",
    difficulty="easy",
    parameters={"limit": 3, "edge": "in"},
    prompt="Keep x.",
    ir=IR,
    entry_point="clamp",
    solution="def clamp(x): return x\n",
    second="def clamp(x): return (x,)[0]\n",
    tests=(TEST,),
    readings=(Reading(kind="bounds", says="edge", code="def clamp(x): return 0\n", told_by=0),),
    mutation=EXAMPLE.mutation,
    inputs=500,
)
SAMPLES: tuple[Record, ...] = (REPOSITORY, FUNCTION, TEST, VERDICT, EXAMPLE, REJECTION, REPAIR, TASK)


def line_of(record: BaseModel) -> Any:
    return json.loads(record.to_line() if isinstance(record, Record) else record.model_dump_json())


@pytest.mark.parametrize("record", [*SAMPLES, IR], ids=lambda record: type(record).__name__)
def test_a_line_fits_its_schema_and_nothing_may_be_added(record: BaseModel) -> None:
    schema = schema_of(type(record))
    jsonschema.Draft202012Validator.check_schema(schema)
    line = line_of(record)
    jsonschema.validate(line, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**line, "surprise": 1}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**line, "schema_version": 99}, schema)


def test_every_record_has_a_sample_here() -> None:
    assert {type(record) for record in (*SAMPLES, IR)} == set(RECORDS)


@pytest.mark.parametrize("record", SAMPLES, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_from_its_line_and_a_changed_one_is_refused(record: Record) -> None:
    line = record.to_line()
    assert type(record).from_line(line) == record
    field = next(name for name, value in json.loads(line).items() if isinstance(value, str) and name != "id")
    values = json.loads(line)
    alternatives = {"kind": "git", "status": "invalid", "stage": "lift", "oracle": "doctest"}
    values[field] = alternatives.get(field, values[field] + "!")
    with pytest.raises(ValueError, match="was changed after it was written"):
        type(record).from_line(json.dumps(values))


def test_the_committed_schemas_are_current() -> None:
    assert main(["--check", "--folder", str(ROOT / "docs" / "schema")]) == 0


def test_a_stale_and_a_missing_schema_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(schema_files())
    (tmp_path / file_name(Example)).write_text("{}")
    (tmp_path / file_name(Verdict)).unlink()
    assert main(["--check", "--folder", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert f"{file_name(Example)} is stale" in told
    assert "Verdict.v1.json is missing" in told
