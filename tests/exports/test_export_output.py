"""What an export may replace, and which part of an answer is its code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from export_rows import write_rows

from lift_sys.data_synthesis.exports import registry
from lift_sys.data_synthesis.exports.output import MARKER, Output
from lift_sys.data_synthesis.exports.reward import code_of
from lift_sys.errors import StorageError
from lift_sys.records import Example


def export(out: Path, text: str = "row") -> None:
    with Output(out) as output:
        output.text("data/a.txt", text)
        output.finish({"format": "hf"})


def test_an_export_replaces_an_export(tmp_path: Path) -> None:
    export(tmp_path / "out")
    export(tmp_path / "out", "other")
    assert (tmp_path / "out/data/a.txt").read_text() == "other"


def test_a_dataset_that_is_made_anew_meanwhile_is_no_export(tmp_path: Path, examples: list[Example]) -> None:
    rows = write_rows(tmp_path / "dataset", examples) / "examples.jsonl"

    def anew() -> None:
        shutil.copyfile(rows, tmp_path / "anew")
        (tmp_path / "anew").replace(rows)

    with pytest.raises(StorageError, match="was changed while it was read"):
        registry.export(tmp_path / "dataset", "trl", tmp_path / "out", advance=anew)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["mynotes.txt", "data/mine.txt", "data/a.txt"])
def test_a_users_file_beside_an_export_is_kept(tmp_path: Path, name: str) -> None:
    export(tmp_path / "out")
    (tmp_path / "out" / name).write_text("mine")
    with pytest.raises(StorageError, match="not of it"):
        export(tmp_path / "out")
    assert (tmp_path / "out" / name).read_text() == "mine"


@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"content_sha256": "0"}'])
def test_a_folder_that_only_looks_like_an_export_is_kept(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / MARKER).write_text(text)
    (out / "keep").write_text("mine")
    with pytest.raises(StorageError):
        export(out)
    assert (out / "keep").read_text() == "mine"


CODE = "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{CODE}```\n\nUsage:\n\n```python\nprint(f(1))\n```\n",
        f"```python\n{CODE}```\n\nOutput:\n\n```\n1\n```\n",
        f"~~~python\n{CODE}~~~\n",
        f"First try:\n```\ndef f(x):\n    return 0\n```\nBetter:\n```\n{CODE}```\nDone.",
    ],
)
def test_the_last_block_that_defines_the_entry_point_counts(answer: str) -> None:
    assert code_of(answer, "f") == CODE
