"""The report of a dataset: both forms say the same, what is 0 is said as 0, and what is not measured is said so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from dataset_rows import SOURCE, make_row, write_rows
from report_pages import Page, markdown_tables

from lift_sys.data_synthesis.curation.benchmarks import Benchmark, Problem
from lift_sys.data_synthesis.curation.decontamination import StaticDecontamination
from lift_sys.data_synthesis.dataset import read_manifest
from lift_sys.data_synthesis.verification import VerificationReport
from lift_sys.errors import StorageError
from lift_sys.records import Example, MutantEvidence, MutationEvidence, Rejection, RejectionReason
from lift_sys.reports import write_report
from lift_sys.reports.run_facts import Run, keep_run
from lift_sys.reports.verifications import keep_verification

DECONTAMINATED = {"decontaminate": True, "suites": ["suites/own_v1.jsonl"], "mutants": 20}


def rejected(reason: RejectionReason, detail: str = "", stage: str = "curate") -> Rejection:
    return Rejection(
        stage=stage, reason=reason, detail=detail, repository=SOURCE.id, path="a.py", qualname="C.m", lineno=3
    )  # fmt: skip


def with_mutants(name: str, made: int, *, equivalent: int = 0, stopped: int = 0) -> Example:
    mutant = MutantEvidence(operator="boundary", line=2, before="1", after="2", killed_by=0, span=(23, 24), text="2")
    alike = mutant.model_copy(update={"equivalent": True, "killed_by": None})
    endless = mutant.model_copy(update={"stopped": True})
    plain = made - equivalent - stopped
    mutants = (*[mutant] * plain, *[endless] * stopped, *[alike] * equivalent)
    killed = made - equivalent
    evidence = MutationEvidence(mutants=mutants, killed=killed, total=killed, score=1.0)
    return make_row(name).model_copy(update={"mutation": evidence})


def reports(folder: Path) -> tuple[str, str]:
    write_report(folder)
    return (folder / "report.md").read_text(), (folder / "report.html").read_text()


def section(markdown: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", markdown, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rejections = [
        rejected(RejectionReason.METHOD, "makes | or <ends>\nits *object*", "extract"),
        rejected(RejectionReason.CONTAMINATED, "HumanEval/23 strlen: same code"),
        rejected(RejectionReason.LOW_QUALITY),
    ]
    place = tmp_path / "set"
    rows = [with_mutants(f"m{made}", made) for made in (1, 12, 20)]
    write_rows(place, "f", "g", rows=rows, rejections=rejections, configuration=DECONTAMINATED)
    keep_run(place, Run("lift-sys generate --out build/set", "build/set", {"sources": 4637.8}, cores=2))
    lines = [
        {"seconds": n, "source": "r", "id": f"{n}", "validated": n, "executions": 100 * n, "memory_mib": 500 + n}
        for n in range(1, 5)
    ]
    manifest = read_manifest(place)
    manifest["sources"] += [{**manifest["sources"][0], "id": f"{n}", "name": f"s{n}"} for n in range(1, 5)]
    (place / "manifest.json").write_text(json.dumps(manifest))
    (place / "work/timeline.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    keep_verification(place, VerificationReport(5, 10, (("f" * 64, "test 2 came out differently"),), executions=50,
                                                seconds=2.0, data=manifest["files"]["examples.jsonl"]))  # fmt: skip
    return place


def test_the_page_holds_every_table_of_the_markdown_and_every_chart_has_one(folder: Path) -> None:
    markdown, html = reports(folder)
    tables, figures = markdown_tables(markdown), Page(html).figures
    assert len(tables) > 25
    assert [figure.rows for figure in figures if figure.rows] == tables
    assert sum(figure.charts for figure in figures) >= 15
    assert all(figure.rows for figure in figures if figure.charts)


@pytest.mark.parametrize(
    "title", ["Quality score", "Mutation score", "Mutants", "Tests", "Statements of the function",
              "Lines of code, helpers included", "Words of the prompt"],
)  # fmt: skip
def test_each_distribution_is_told_and_adds_up_to_the_rows(folder: Path, title: str) -> None:
    markdown, _ = reports(folder)
    part = section(markdown, "How good and how long the rows are").split(f"### {title}\n")[1]
    assert sum(int(count) for _, count in markdown_tables(part)[0]) == 5


def test_faults_of_ours_are_told_and_none_is_said_as_0(tmp_path: Path) -> None:
    write_rows(tmp_path / "d", "f", rejections=[rejected(RejectionReason.SANDBOX_ERROR, "the box broke", "validate")])
    (rows,) = markdown_tables(section(reports(tmp_path / "d")[0], "Errors"))
    assert rows == [
        ("worker_crashed", "0", "0"),
        ("sandbox_error", "1", "0"),
        ("lift_failed", "0", "0"),
        ("requirement", "0", "0"),
    ]


SOLUTION = '''def count_signs(text):
    """Count how many signs of the given text are no letters at all."""
    total = 0
    for letter in text:
        if not letter.isalpha() and letter not in ("_", "-", "+"):
            total = total + 1
    return total
'''
WAYS = {
    "canary": (SOLUTION + "# the canary of this suite 0b3f\n", "f", ""),
    "syntax tree": (SOLUTION.replace("total", "found").replace("letter", "sign"), "count_signs", ""),
    "code tokens": (SOLUTION.replace("return total", "total = total + 0\n    return total"), "count_signs", ""),
    "words": ("def f(x):\n    return x\n", "f", "Count how many signs of the given text are no letters at all."),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("identity", "benchmark"), [("HumanEval/7", "HumanEval"), ("strings.signs", "own_v1")])
def test_what_decontamination_says_is_counted_by_benchmark_and_way(
    tmp_path: Path, way: str, identity: str, benchmark: str
) -> None:
    problem = Problem(id=identity, entry_point="count_signs", prompt="", solution=SOLUTION, calls=())
    suite = Benchmark(
        name="HumanEval" if benchmark == "HumanEval" else "own",
        problems=(problem,),
        canary="the canary of this suite",
    )
    code, entry_point, prompt = WAYS[way]
    row = make_row("f").model_copy(update={"code": code, "entry_point": entry_point, "prompt": prompt})
    (found,) = StaticDecontamination([suite])([row])
    assert isinstance(found, Rejection)
    assert table_of_ways(tmp_path, found) == {(benchmark, way)}


def test_behaviour_and_unknown_ways_are_told(tmp_path: Path) -> None:
    behaves = rejected(RejectionReason.CONTAMINATED, "HumanEval/53 add: behaves the same (6 of 6 tests, arguments x)")
    assert table_of_ways(tmp_path, behaves) == {("HumanEval", "behaviour")}
    other = rejected(RejectionReason.CONTAMINATED, "HumanEval/53 add: told by a bird")
    assert table_of_ways(tmp_path, other) == {("HumanEval", "another way")}


def table_of_ways(folder: Path, rejection: Rejection) -> set[tuple[str, str]]:
    """(benchmark, way) of each count of 1 in the table of one rejection; all other counts are 0."""
    write_rows(folder, "f", rejections=[rejection], configuration=DECONTAMINATED)
    text = section(reports(folder)[0], "Contamination, by benchmark and way")
    (rows,) = markdown_tables(text)
    assert "| rows left out by | HumanEval | own_v1 |" in text
    counts = {(name, row[0]): row[place] for row in rows for place, name in ((1, "HumanEval"), (2, "own_v1"))}
    assert set(counts.values()) == {"0", "1"}
    return {where for where, count in counts.items() if count == "1" and where[1] != "all"}


def test_rows_that_were_held_against_nothing_are_not_said_to_be_clean(tmp_path: Path) -> None:
    write_rows(tmp_path, "f", configuration={"decontaminate": False})
    assert "Not measured" in section(reports(tmp_path)[0], "Contamination, by benchmark and way")


def test_why_rows_have_few_mutants(tmp_path: Path) -> None:
    rows = [
        with_mutants("enough", 12),
        with_mutants("small", 4),
        with_mutants("alike", 11, equivalent=3),
        with_mutants("endless", 9, stopped=5),
    ]
    write_rows(tmp_path, rows=rows)
    text = section(reports(tmp_path)[0], "Mutants")
    assert set(markdown_tables(text)[0]) == {
        ("10 or more", "1", "25.0 %"),
        ("fewer: the function has no more places to change", "1", "25.0 %"),
        ("fewer: enough were made, but some are equivalent", "1", "25.0 %"),
        ("fewer: 5 or more did not come to an end: the rest may not have been run", "1", "25.0 %"),
    }


def test_a_row_without_a_mutation_score_is_not_counted_as_0(tmp_path: Path) -> None:
    write_rows(tmp_path, "f", rows=[make_row("g").model_copy(update={"mutation": MutationEvidence()})])
    text = section(reports(tmp_path)[0], "How good and how long the rows are")
    assert "| mutation score | 1 | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 |" in text


def test_a_dataset_without_a_row_has_a_report(tmp_path: Path) -> None:
    write_rows(tmp_path, rejections=[rejected(RejectionReason.METHOD, stage="extract")])
    markdown, html = reports(tmp_path)
    assert "| rows | 0 |" in markdown
    assert "| quality score | 0 | - | - | - | - | - |" in markdown
    assert [figure.rows for figure in Page(html).figures if figure.rows] == markdown_tables(markdown)


def test_time_and_command_are_those_that_generate_left(folder: Path) -> None:
    markdown, html = reports(folder)
    assert "Made by `lift-sys generate --out build/set`." in markdown
    assert "<code>lift-sys generate --out build/set</code>" in html
    time = section(markdown, "Time and cost")
    assert "| sources | 4,637.8 |" in time
    assert "on 2 cores" in time
    assert "400 isolated executions (one fork, one seccomp filter each) in 4 s: 100 a second" in time
    assert "Most memory held by all processes: 504 MiB." in time


def test_what_is_gone_with_the_work_folder_is_not_measured(tmp_path: Path) -> None:
    write_rows(tmp_path, "f")
    markdown, html = reports(tmp_path)
    for text in (markdown, html):
        assert "Seconds of each step: not measured." in text
        assert "Cost a row: not measured." in text
        assert "The command that made it is not known." in text
    assert "| rows that flipped when judged again | not measured |" in markdown


def test_damaged_facts_of_the_run_are_an_error_that_names_them(folder: Path) -> None:
    (folder / "work/run.json").write_text("{")
    with pytest.raises(StorageError, match=r"run\.json can't be read"):
        write_report(folder)


def test_flips_are_told_once_verify_left_them(folder: Path) -> None:
    markdown, _ = reports(folder)
    rows, flips = markdown_tables(section(markdown, "Judged again, in other environments"))
    assert rows == [("5", "10", "0", "50", "2.0", "25", "1", "1", "20.000 %", "0")]
    assert flips == [("f" * 12, "test 2 came out differently")]
    assert "| rows that flipped when judged again | 1 of 5 in 10 runs of each |" in markdown


def test_a_sample_that_was_verified_later_does_not_hide_the_flips(folder: Path) -> None:
    rows = read_manifest(folder)["files"]["examples.jsonl"]
    keep_verification(folder, VerificationReport(2, 1, (), data=rows))
    assert "| rows that flipped when judged again | 1 of 5 in 10 runs of each |" in reports(folder)[0]


def test_a_verification_of_other_rows_is_not_told(tmp_path: Path) -> None:
    write_rows(tmp_path, "f")
    keep_verification(tmp_path, VerificationReport(5, 10, (), data="0" * 64))
    text = section(reports(tmp_path)[0], "Judged again, in other environments")
    assert text.strip().startswith(f"Not measured: `lift-sys verify {tmp_path} --runs 10` does it")


def test_text_of_a_project_can_break_neither_form(tmp_path: Path) -> None:
    detail = "a | b\nc <script>alert(1)</script> \x1b[2J `d` **e** __f__ \u202eg"
    write_rows(tmp_path, "f", rejections=[rejected(RejectionReason.METHOD, detail, "extract")])
    markdown, html = reports(tmp_path)
    rows = markdown_tables(section(markdown, "Why functions were rejected, and files not taken"))[-1]
    wanted = "a | b c <script>alert(1)</script>  [2J `d` **e** __f__  g"
    assert [row[4] for row in rows] == [wanted]
    assert "\x1b" not in markdown + html
    assert "\u202e" not in markdown + html
    page = Page(html)
    assert page.scripts == 0
    assert any(row[-1] == wanted for figure in page.figures for row in figure.rows)
