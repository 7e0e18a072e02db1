"""`verify` finds what is wrong with a finished dataset: changed bytes, changed verdicts, rows that flip."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.data_synthesis.progress import Silent
from lift_sys.data_synthesis.repair import write_repair_tasks
from lift_sys.data_synthesis.repair_check import RepairCheck
from lift_sys.data_synthesis.row_file import open_rows, read_rows
from lift_sys.data_synthesis.verification import VerificationReport, verify_dataset
from lift_sys.errors import StorageError
from lift_sys.executors.inline import InlineExecutor
from lift_sys.ir import Intent, IntermediateRepresentation, Signature
from lift_sys.records import (
    Example,
    Expected,
    MutantEvidence,
    MutationEvidence,
    Provenance,
    Quality,
    Rejection,
    RejectionReason,
    Requirement,
    TestCase,
    Verdict,
)

LIFT_SYS = str(Path(sys.executable).parent / "lift-sys")


def row(name: str, code: str = "", expected: int = 2, **changes: Any) -> Example:
    code = code or f"def {name}(x):\n    return x + 1\n"
    test = TestCase(args=(1,), expected=Expected(value=expected), oracle="generated")
    example = Example(
        prompt="Write it.",
        prompts={"request": "Write it."},
        ir=IntermediateRepresentation(intent=Intent(summary="f"), signature=Signature(name=name)),
        code=code,
        entry_point=name,
        tests=(test, test.model_copy(update={"args": (5,), "expected": Expected(value=expected + 4)})),
        mutation=MutationEvidence(),
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        provenance=Provenance(
            repository="r", url=None, version="1", path="a.py", qualname=name, first_line=1, last_line=2,
            licence="MIT", licence_sha256=None, time="2026-01-01T00:00:00Z", code_version="0", configuration="0",
        ),
    )  # fmt: skip
    return example.model_copy(update=changes)


def write(folder: Path, *examples: Example) -> Path:
    rejection = Rejection(stage="extract", reason=RejectionReason.METHOD, repository="r", path="a.py")
    write_dataset(
        folder,
        examples=[(example.id, example.to_line() + "\n") for example in examples],
        rejections=[(rejection.reason.value, rejection.to_line() + "\n")],
        file_rejections=[],
        counts={"functions": len(examples) + 1, "validated": len(examples), "rejected": 1},
        sources=[],
        configuration={},
        code_version="0",
    )
    return folder


def verified(place: Path, **options: Any) -> VerificationReport:
    return asyncio.run(verify_dataset(place, InlineExecutor(), Silent(), **options))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "set"
    path.mkdir()
    return path


def test_a_sound_dataset_holds_in_every_environment(folder: Path) -> None:
    report = verified(write(folder, row("f"), row("g"), row("h")), runs=3)
    assert (report.judged, report.runs, report.flips, report.errors, report.flip_rate) == (3, 3, (), (), 0.0)
    assert report.executions == 3 * 3 + 3 * 2  # a process for each run of a row; in the first also one for each test
    assert report.calls == 3 * 2 * 4
    assert len(set(report.environments)) == 3
    assert report.named


def test_a_changed_expected_value_flips(folder: Path) -> None:
    """The id and all hashes were made to fit, so only running it tells."""
    wrong = row("g", expected=3)
    report = verified(write(folder, row("f"), wrong), runs=2)
    assert {identity for identity, _ in report.flips} == {wrong.id}
    assert len(report.flips) == 2
    assert (report.flipped, report.flip_rate) == (1, 0.5)


def test_rows_that_depend_on_their_surroundings_flip(folder: Path) -> None:
    codes = {
        "clock": "import time\ndef clock(x):\n    return x + 1 if time.gmtime().tm_year == 2024 else 0\n",
        "zone": "import time\ndef zone(x):\n    return x + 1 + time.timezone\n",
        "seed": "def seed(x):\n    return x + 1 + hash('a') % 2\n",
    }
    report = verified(write(folder, *(row(name, code) for name, code in codes.items()), row("f")), runs=6)
    assert report.flipped == 3


def test_a_sample_is_spread_evenly(folder: Path) -> None:
    rows = [row(f"f{number}") for number in range(4)] + [row("wrong", expected=7)] + [row("g"), row("h"), row("i")]
    place = write(folder, *rows)
    assert verified(place, sample=2).flipped == 1
    assert verified(place, sample=2).judged == 2


def test_a_missing_package_is_no_flip(folder: Path) -> None:
    needed = Requirement(name="nothing", version="1", filename="nothing-1-py3-none-any.whl", sha256="0" * 64)
    report = verified(write(folder, row("f"), row("g", requirements=(needed,))))
    assert report.flips == ()
    assert [identity for identity, _ in report.errors] == [row("g", requirements=(needed,)).id]


def test_changed_bytes_are_told_with_their_line(folder: Path) -> None:
    path = write(folder, row("f"), row("g")) / "examples.jsonl"
    path.write_bytes(path.read_bytes().replace(b"def g(x)", b"def g(y)"))
    with pytest.raises(StorageError, match=r"it was changed \(line 2: .*was changed after"):
        verified(folder)


def test_another_row_with_an_id_that_fits_is_told(folder: Path) -> None:
    path = write(folder, row("f"), row("g")) / "examples.jsonl"
    path.write_text(row("f").to_line() + "\n" + row("h").to_line() + "\n")
    with pytest.raises(StorageError, match="line 2 is another row"):
        verified(folder)


@pytest.mark.parametrize("name", ["examples.jsonl", "rejects.jsonl", "manifest.json"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (write(folder, row("f")) / name).unlink()
    with pytest.raises(StorageError, match=f"{name}.* is missing"):
        verified(folder)


def test_a_file_of_examples_is_checked_against_the_manifest_beside_it(folder: Path) -> None:
    first, second = row("f"), row("g")
    path = folder / "rows.jsonl"
    path.write_text("".join(example.to_line() + "\n" for example in (first, second)))
    assert not verified(path).named
    manifest = {"schema_version": 1, "files": {}, "rows": [{"id": first.id, "sha256": "x"}, {"id": second.id}]}
    manifest["files"] = {"rows.jsonl": {"sha256": open_rows(path).sha256}, "rows.parquet": {"sha256": "0"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    report = verified(path)
    assert (report.named, report.judged, report.flips) == (True, 2, ())
    path.write_text(second.to_line() + "\n" + first.to_line() + "\n")
    with pytest.raises(StorageError, match="line 1 is another row"):
        verified(path)


def test_a_row_changed_where_no_manifest_watches_is_told(folder: Path) -> None:
    path = folder / "rows.jsonl"
    path.write_text(row("f").to_line() + "\n" + row("g").to_line().replace("x + 1", "x + 2") + "\n")
    with pytest.raises(StorageError, match=r"line 2: .*was changed after it was written"):
        verified(path)


def test_what_is_no_dataset_is_told(folder: Path) -> None:
    with pytest.raises(StorageError, match="holds no finished dataset"):
        verified(folder)
    with pytest.raises(StorageError, match="is missing: name a folder"):
        verified(folder / "nothing.jsonl")
    (folder / "text.jsonl").write_text("hello\n")
    with pytest.raises(StorageError, match="line 1: not an example"):
        verified(folder / "text.jsonl")


def test_rows_are_read_where_they_start(folder: Path) -> None:
    examples = [row("f"), row("g"), row("h")]
    rows = open_rows(write(folder, *examples))
    assert [example.id for example in read_rows(rows.path, rows.offsets[1:])] == [e.id for e in examples[1:]]


def test_finished_work_is_not_done_again(folder: Path, tmp_path: Path) -> None:
    place, state = write(folder, row("f"), row("wrong", expected=9)), tmp_path / "state.sqlite"
    first = verified(place, runs=2, state=state)
    again = verified(place, runs=4, state=state)
    assert (first.resumed, again.resumed) == (0, 4)
    assert again.executions < 2 * first.executions
    assert set(first.flips) < set(again.flips)
    assert verified(write(folder, row("f"), row("g")), runs=2, state=state).resumed == 0  # other data


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LIFT_SYS, "verify", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_the_command_tells_flips_and_ends_with_1(folder: Path, tmp_path: Path) -> None:
    place = write(folder, row("f"), row("wrong", expected=9))
    state = tmp_path / "state.sqlite"
    done = command(place, "--runs", 2, "--state", state, "--jobs", 1)
    assert done.returncode == 1, done.stderr
    assert "2 flips in 1 rows: 50.000% of the rows, at most 0.1% may: fails" in done.stdout.replace("\n", " ")
    assert row("wrong", expected=9).id[:12] in done.stdout
    done = command(place, "--runs", 2, "--state", state, "--resume", "--json", "--max-flips", 0.5)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["resumed"], told["flipped"], told["holds"], told["executions"]) == (4, 1, True, 0)


def test_the_command_ends_with_5_for_what_is_no_dataset(tmp_path: Path) -> None:
    done = command(tmp_path, "--state", tmp_path / "state.sqlite")
    assert done.returncode == 5
    assert "lift-sys generate" in done.stderr


def with_mutant(name: str, killers: tuple[int, ...]) -> Example:
    """`x + 1` became `x + x`, which the first test (1 -> 2) lets pass and the second (5 -> 6) does not."""
    code = f"def {name}(x):\n    return x + 1\n"
    place = code.index("1\n")
    mutant = MutantEvidence(
        operator="constant", line=2, before="1", after="x", span=(place, place + 1), text="x", failing=killers
    )
    return row(name, code, mutation=MutationEvidence(mutants=(mutant,), killed=1, total=1, score=1.0))


def test_repair_tasks_are_run_where_there_are_some(folder: Path) -> None:
    place = write(folder, with_mutant("f", (1,)), with_mutant("g", (0,)))
    assert verified(place).repairs is None
    write_repair_tasks(place)
    report = verified(place)
    assert report.flips == ()
    assert report.repairs is not None
    assert report.repairs.checked == 2
    assert [why for _, why in report.repairs.wrong] == ["failing test 0 passes with the bug"]
    write_repair_tasks(write(place, with_mutant("f", (1,))))
    assert verified(place).repairs == RepairCheck(checked=1)


def test_repair_tasks_of_another_state_of_the_dataset_are_told(folder: Path) -> None:
    write_repair_tasks(write(folder, with_mutant("f", (1,))))
    with pytest.raises(StorageError, match=r"run `lift-sys repair .* again"):
        verified(write(folder, with_mutant("g", (1,))))


def test_the_command_ends_with_1_where_a_repair_task_does_not_hold(folder: Path, tmp_path: Path) -> None:
    write_repair_tasks(write(folder, with_mutant("f", (0,))))
    arguments = (folder, "--state", tmp_path / "state.sqlite", "--jobs", 1)
    done = command(*arguments)
    assert done.returncode == 1, done.stderr
    assert "1 repair tasks run again, 1 do not hold" in done.stdout
    assert "failing test 0 passes with the bug" in done.stdout
    told = json.loads(command(*arguments, "--json").stdout)
    assert (told["flipped"], told["holds"], len(told["repairs"]["wrong"])) == (0, False, 1)
