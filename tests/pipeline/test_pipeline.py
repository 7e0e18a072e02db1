"""The main job on a small project: every function ends where it should, and a kill changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy import FATES, write_toy

from lift_sys.data_synthesis.dataset import read_examples, read_manifest, read_rejections

LIFT_SYS = str(Path(sys.executable).parent / "lift-sys")
SCRIPTS = Path(__file__).parents[2] / "scripts"
FILES = ("examples.jsonl", "rejects.jsonl", "file_rejects.jsonl", "manifest.json")


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [LIFT_SYS, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    project = write_toy(folder)
    done = run("generate", "--local", project, "--out", folder / "out", "--json")
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_every_function_ends_where_it_should(dataset: Path) -> None:
    ends = {example.provenance.qualname: "example" for example in read_examples(dataset)}
    ends |= {str(rejection.qualname): rejection.reason.value for rejection in read_rejections(dataset)}
    assert set(ends) == set(FATES)
    assert {name: end for name, end in ends.items() if end != FATES[name] and end not in FATES[name]} == {}


def test_the_funnel_adds_up(dataset: Path) -> None:
    counts = read_manifest(dataset)["counts"]
    assert counts["functions"] == len(FATES)
    assert counts["validated"] + counts["rejected"] == counts["functions"]
    assert counts["functions"] >= counts["lifted"] >= counts["with_tests"] >= counts["validated"] == 5


def test_a_file_that_does_not_parse_is_told(dataset: Path) -> None:
    rejections = list(read_rejections(dataset, "file_rejects.jsonl"))
    assert [(r.path, r.reason.value) for r in rejections] == [("src/toy/broken.py", "syntax_error")]


def test_recorded_calls_and_doctests_become_tests(dataset: Path) -> None:
    oracles = {example.entry_point: {test.oracle for test in example.tests} for example in read_examples(dataset)}
    assert "recorded" in oracles["vowels"]
    assert {"recorded", "doctest"} & oracles["clamp"]


def test_an_example_runs_alone_and_its_tests_hold(dataset: Path) -> None:
    cases = []
    for example in read_examples(dataset):
        from lift_sys.cli.show import assertion_text

        tests = [assertion_text(example.driver, test) for test in example.tests if not test.expected.raises]
        cases.append({"id": example.id, "code": example.program, "entry_point": example.driver, "tests": tests})
    done = run("judge", "-", input="".join(json.dumps(case) + "\n" for case in cases))
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [verdict["verdict"] for verdict in verdicts] == ["valid"] * len(cases)


def test_provenance_names_licence_path_and_lines(dataset: Path) -> None:
    example = next(example for example in read_examples(dataset) if example.entry_point == "clamp")
    provenance = example.provenance
    assert (provenance.licence, provenance.path) == ("MIT", "src/toy/core.py")
    assert provenance.licence_sha256 is not None
    assert 10 <= provenance.first_line < provenance.last_line <= 22


def test_hidden_tests_outnumber_or_equal_visible_ones(dataset: Path) -> None:
    for example in read_examples(dataset):
        shown = sum(test.visible for test in example.tests)
        assert 1 <= shown <= len(example.tests) / 2


GOLDEN = {(3, 11): "5743e0e67474c01cdebc43bd8d62c4000a3ca5fc0b0db130eeff6a676a29e15c"}
"""SHA-256 of the toy project's rows, by minor version of Python."""


def test_rows_change_only_with_the_engines_number(dataset: Path) -> None:
    """The rows of a published dataset name the engine by this number: see `lift_sys.config.ENGINE`."""
    known = GOLDEN.get(sys.version_info[:2])
    if known is None:
        pytest.skip("the known answer is of Python 3.11")
    assert hashlib.sha256((dataset / "examples.jsonl").read_bytes()).hexdigest() == known, (
        "what the engine makes has changed: raise ENGINE in lift_sys/config.py, put the new hash here, "
        "and rebuild the published dataset"
    )


def test_the_same_command_again_changes_nothing(dataset: Path) -> None:
    before = {name: (dataset / name).read_bytes() for name in FILES}
    done = run("generate", "--local", dataset.parent / "toy-project", "--out", dataset)
    assert done.returncode == 0, done.stderr
    assert {name: (dataset / name).read_bytes() for name in FILES} == before


def test_another_number_of_workers_gives_the_same_bytes(dataset: Path, tmp_path: Path) -> None:
    done = run("generate", "--local", dataset.parent / "toy-project", "--out", tmp_path / "out", "--jobs", 1)
    assert done.returncode == 0, done.stderr
    assert all((tmp_path / "out" / name).read_bytes() == (dataset / name).read_bytes() for name in FILES)


def test_a_killed_run_resumes_to_the_same_bytes_and_leaves_no_process(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [LIFT_SYS, "generate", "--local", str(dataset.parent / "toy-project"), "--out", str(out)]
    mark = f"LIFT_SYS_TEST={tmp_path.name}-{os.getpid()}"
    environment = {**os.environ, "LIFT_SYS_TEST": mark.partition("=")[2]}
    for moment in (0.4, 1.0, 1.7, 2.4):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    deadline = time.monotonic() + 10
    while (left := _processes_with(mark)) and time.monotonic() < deadline:
        os.sched_yield()
    assert left == []
    done = run(*command[1:])
    assert done.returncode == 0, done.stderr
    assert all((out / name).read_bytes() == (dataset / name).read_bytes() for name in FILES)


def _processes_with(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_verify_holds_and_tells_a_changed_row(dataset: Path, tmp_path: Path) -> None:
    done = run("verify", dataset, "--json", "--state", tmp_path / "state.sqlite")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["judged"], told["flips"], told["holds"]) == (5, [], True)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in FILES:
        (copy / name).write_bytes((dataset / name).read_bytes().replace(b"aeiou", b"aeio"))
    done = run("verify", copy)
    assert done.returncode == 5
    assert "it was changed" in done.stderr


def test_show_prints_every_part_of_an_example(dataset: Path) -> None:
    done = run("show", dataset, "clamp")
    assert done.returncode == 0, done.stderr
    for part in ("Prompt", "IR", "Code", "Tests", "Mutants", "Verdict", "Quality", "Provenance", "at_least"):
        assert part in done.stdout


def test_show_of_what_is_not_there_is_a_clear_error(dataset: Path, tmp_path: Path) -> None:
    assert run("show", dataset, "no_such_function").returncode == 2
    missing = run("show", tmp_path)
    assert missing.returncode == 5
    assert "lift-sys generate" in missing.stderr


def test_the_reports_name_the_counts(dataset: Path) -> None:
    counts = read_manifest(dataset)["counts"]
    for name in ("report.md", "report.html"):
        text = (dataset / name).read_text()
        assert f"{counts['validated']}" in text
        assert "constant" in text
    assert "<svg" in (dataset / "report.html").read_text()


def test_a_report_is_made_again_from_the_folder_and_tells_what_verify_found(dataset: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(dataset, tmp_path / "copy")
    for name in ("report.md", "report.html"):
        (copy / name).unlink()
    (copy / "work/verifications.jsonl").unlink(missing_ok=True)  # another test may have left it
    done = run("report", copy)
    assert done.returncode == 0, done.stderr
    assert "<svg" in (copy / "report.html").read_text()
    before = (copy / "report.md").read_text()
    assert "Made by `lift-sys generate --local " in before
    assert "| rows that flipped when judged again | not measured |" in before
    assert "| assemble | " in before
    assert run("verify", copy, "--runs", 2, "--state", tmp_path / "state.sqlite").returncode == 0
    assert run("report", copy).returncode == 0
    assert "| rows that flipped when judged again | 0 of 5 in 2 runs of each |" in (copy / "report.md").read_text()


def test_there_is_no_report_of_an_unfinished_dataset(tmp_path: Path) -> None:
    done = run("report", tmp_path)
    assert done.returncode == 5
    assert "holds no finished dataset" in done.stderr


@pytest.mark.slow
def test_builds_of_other_settings_in_one_folder_are_told_apart(dataset: Path, tmp_path: Path) -> None:
    for limit in (2, 3, 3):
        done = run("generate", "--local", dataset.parent / "toy-project", "--out", tmp_path, "--limit", limit)
        assert done.returncode == 0, done.stderr
    points = [json.loads(line) for line in (tmp_path / "work/timeline.jsonl").read_text().splitlines()]
    first, second, third = (point["run"] for point in points)
    assert first != second == third


def test_a_project_under_another_licence_is_rejected_whole(tmp_path: Path) -> None:
    project = write_toy(tmp_path)
    (project / "LICENSE").unlink()
    (project / "pyproject.toml").write_text('[project]\nname = "toy"\nversion = "1"\nlicense = "GPL-3.0-only"\n')
    done = run("generate", "--local", project, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["validated"] == 0
    told = list(read_rejections(tmp_path / "out", "file_rejects.jsonl"))
    assert {rejection.reason.value for rejection in told} == {"licence"}
    assert "GPL-3.0-only" in told[0].detail
    allowed = run(
        "generate", "--local", project, "--out", tmp_path / "out2", "--allow-licence", "GPL-3.0-only", "--json"
    )
    assert json.loads(allowed.stdout)["validated"] == 5


def test_a_function_that_two_builds_make_otherwise_is_left_out_by_the_lock(tmp_path: Path) -> None:
    project, lock = write_toy(tmp_path), tmp_path / "toy.lock.json"
    assert run("scrape", "--local", project, "--lock", lock).returncode == 0
    generate = ("generate", "--lock", lock, "--cache", tmp_path / "cache", "--out")
    for name in ("first", "second"):
        done = run(*generate, tmp_path / name)
        assert done.returncode == 0, done.stderr
    rows = (tmp_path / "second" / "examples.jsonl").read_text().splitlines()
    other = next(row for row in rows if '"clamp"' in row)
    changed = tmp_path / "changed"
    changed.mkdir()
    kept = [row for row in rows if row != other]
    (changed / "examples.jsonl").write_text("".join(f"{row}\n" for row in kept))
    compare = [sys.executable, SCRIPTS / "compare_builds.py", tmp_path / "first"]
    assert subprocess.run([*compare, tmp_path / "second", "--lock", lock], check=False).returncode == 0
    found = subprocess.run([*compare, changed, "--lock", lock], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "toy-project:src/toy/core.py:clamp\n")
    done = run(*generate, tmp_path / "second")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "second" / "examples.jsonl").read_text().splitlines() == kept
    told = {r.qualname: (r.reason.value, r.detail) for r in read_rejections(tmp_path / "second")}
    assert told["clamp"] == ("flaky", "another build made the row otherwise")
    assert read_manifest(tmp_path / "second")["unsteady"] == ["toy-project:src/toy/core.py:clamp"]
