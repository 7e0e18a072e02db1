"""A dataset folder is finished or it isn't, and a changed one can be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from lift_sys.data_synthesis.dataset import read_examples, read_manifest, read_rejections, write_dataset
from lift_sys.data_synthesis.execution_validator import constant_passes, echoed
from lift_sys.errors import StorageError
from lift_sys.ir import Intent, IntermediateRepresentation, Signature
from lift_sys.records import (
    Example,
    Expected,
    MutationEvidence,
    Provenance,
    Quality,
    Rejection,
    RejectionReason,
    TestCase,
    Verdict,
)
from lift_sys.reports import write_report


def make_test(argument: int, result: int, **changes: object) -> TestCase:
    test = TestCase(args=(argument,), expected=Expected(value=result), oracle="generated")
    return test.model_copy(update=changes)


def make_example(name: str = "f") -> Example:
    return Example(
        prompt="Write f.",
        prompts={"request": "Write f."},
        ir=IntermediateRepresentation(intent=Intent(summary="f"), signature=Signature(name=name)),
        code=f"def {name}(x):\n    return x\n",
        entry_point=name,
        tests=(make_test(1, 1), make_test(2, 2)),
        mutation=MutationEvidence(),
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        provenance=Provenance(
            repository="r", url=None, version="1", path="a.py", qualname=name, first_line=1, last_line=2,
            licence="MIT", licence_sha256=None, time="2026-01-01T00:00:00Z", code_version="0", configuration="0",
        ),
    )  # fmt: skip


def make_rejection() -> Rejection:
    return Rejection(stage="extract", reason=RejectionReason.METHOD, repository="r", path="a.py", qualname="C.m")


def example_lines(*examples: Example) -> list[tuple[str, str]]:
    return [(example.id, example.to_line() + "\n") for example in examples]


def rejection_lines(*rejections: Rejection) -> list[tuple[str, str]]:
    return [(rejection.reason.value, rejection.to_line() + "\n") for rejection in rejections]


def write(folder: Path, **changes: int) -> dict[str, object]:
    counts = {"functions": 3, "lifted": 3, "with_tests": 2, "validated": 2, "rejected": 1} | changes
    return write_dataset(
        folder,
        examples=example_lines(make_example("f"), make_example("g")),
        rejections=rejection_lines(make_rejection()),
        file_rejections=[],
        counts=counts,
        sources=[],
        configuration={},
        code_version="0",
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    manifest = write(tmp_path)
    assert list(read_examples(tmp_path)) == [make_example("f"), make_example("g")]
    assert list(read_rejections(tmp_path)) == [make_rejection()]
    assert read_manifest(tmp_path) == manifest
    assert manifest["rows"] == [make_example("f").id, make_example("g").id]


@pytest.mark.parametrize(
    "wrong", [{"functions": 4}, {"validated": 1, "functions": 2}, {"rejected": 0, "functions": 2}]
)
def test_a_funnel_that_does_not_add_up_leaves_no_manifest(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(StorageError):
        write(tmp_path, **wrong)
    with pytest.raises(StorageError, match="no finished dataset"):
        read_manifest(tmp_path)


def test_a_changed_row_is_told_by_its_line(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "examples.jsonl"
    path.write_text(path.read_text().replace("def g(x)", "def g(y)"))
    with pytest.raises(StorageError, match=r"line 2: .*changed after it was written"):
        list(read_examples(tmp_path))


def test_a_torn_last_line_is_told_by_its_line(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "examples.jsonl"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(StorageError, match="line 2"):
        list(read_examples(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema_version": 99}'])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StorageError):
        read_manifest(tmp_path)


def test_a_shown_test_has_an_id_of_its_own() -> None:
    test = make_test(1, 1)
    before = test.id
    assert test.model_copy(update={"visible": True}).id != before


def test_a_constant_function_passes_only_tests_of_one_outcome() -> None:
    assert constant_passes([make_test(1, 5), make_test(2, 5)])
    assert not constant_passes([make_test(1, 5), make_test(2, 6)])
    assert not constant_passes([make_test(1, 1), make_test(2, 1, expected=Expected(value=True))])


def test_a_function_that_hands_back_an_argument_passes_only_tests_that_expect_it_back() -> None:
    assert echoed([make_test(1, 1), make_test(2, 2)]) == [0]
    assert echoed([make_test(1, 1, args=(0, 1)), make_test(2, 2, args=(0, 2))]) == [1]
    assert echoed([make_test(0, 1, args=(), kwargs={"x": 1}), make_test(0, 2, args=(), kwargs={"x": 2})]) == ["x"]
    assert echoed([make_test(1, 1), make_test(2, 3)]) == []
    assert echoed([make_test(1, 1), make_test(2, 2, expected=Expected(raises="ValueError"))]) == []
    assert echoed([make_test(1, 1), make_test(1, 1, expected=Expected(value=True))]) == []


def test_the_chart_of_rejections_adds_up_over_the_stages(tmp_path: Path) -> None:
    early = [make_rejection().model_copy(update={"reason": RejectionReason.TRIVIAL, "lineno": n}) for n in range(523)]
    late = [rejection.model_copy(update={"stage": "validate"}) for rejection in early[:28]]
    write_dataset(
        tmp_path,
        examples=example_lines(make_example()),
        rejections=rejection_lines(*early, *late),
        file_rejections=[],
        counts={"functions": 552, "lifted": 552, "with_tests": 1, "validated": 1, "rejected": 551},
        sources=[],
        configuration={},
        code_version="0",
    )
    write_report(tmp_path, {})
    report = (tmp_path / "report.html").read_text()
    heading = report.index("Why functions were rejected")
    chart = report[heading : report.index("<details>", heading)]
    assert ">551</text>" in chart
    assert ">28</text>" not in chart
