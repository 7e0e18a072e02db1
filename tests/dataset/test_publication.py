from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet
import pytest
from dataset_rows import write_rows

from lift_sys.data_synthesis.exports.columns import COLUMNS
from lift_sys.data_synthesis.publication import Publication, publish
from lift_sys.errors import ConfigError, StorageError


def test_the_first_manifest_names_rows_and_files(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "made", "f", "g")
    done = publish(tmp_path / "made", tmp_path / "out", "v1")
    assert done.differences is None
    known = json.loads((tmp_path / "out/manifest.json").read_text())
    assert known["rows"] == [row.id for row in rows]
    assert set(known["files"]) == {"v1.jsonl", "v1.parquet"}
    assert known["sources"][0]["sha256"] == "a" * 64


def test_a_rebuild_is_the_same_bytes_and_said_to_be(tmp_path: Path) -> None:
    write_rows(tmp_path / "made", "f", "g")
    publish(tmp_path / "made", tmp_path / "out", "v1")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    write_rows(tmp_path / "again", "f", "g")
    assert publish(tmp_path / "again", tmp_path / "out", "v1").differences == ()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_other_rows_are_told_and_leave_the_promise_as_it_is(tmp_path: Path) -> None:
    write_rows(tmp_path / "made", "f", "g")
    publish(tmp_path / "made", tmp_path / "out", "v1")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    rows = write_rows(tmp_path / "other", "f", "h", "i")
    told = publish(tmp_path / "other", tmp_path / "out", "v1").differences
    assert told is not None
    assert any(line.startswith("rows differ: 1 are gone, 2 are new") for line in told)
    assert {"v1.jsonl differs", "v1.parquet differs", "counts differ"} <= set(told)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    publish(tmp_path / "other", tmp_path / "out", "v1", accept=True)
    assert json.loads((tmp_path / "out/manifest.json").read_text())["rows"] == [row.id for row in rows]


def test_another_reason_of_an_unsteady_function_is_a_note_and_any_other_is_a_difference(tmp_path: Path) -> None:
    write_rows(tmp_path / "made", "f", "g")
    made = tmp_path / "made/manifest.json"

    def publish_with(reasons: dict[str, int]) -> Publication:
        made.write_text(json.dumps(json.loads(made.read_text()) | {"rejected_by_reason": reasons}))
        return publish(tmp_path / "made", tmp_path / "out", "v1")

    publish_with({"flaky": 3, "secret": 1})
    done = publish_with({"flaky": 2, "state_leaks": 1, "secret": 1})
    assert done.differences == ()
    assert "rejected as state_leaks: 0 then, 1 now" in done.notes
    assert publish_with({"flaky": 2, "secret": 2}).differences == ("rejected_by_reason differ",)


def test_the_order_of_rows_is_part_of_the_promise(tmp_path: Path) -> None:
    write_rows(tmp_path / "made", "f", "g")
    publish(tmp_path / "made", tmp_path / "out", "v1")
    write_rows(tmp_path / "turned", "g", "f")
    told = publish(tmp_path / "turned", tmp_path / "out", "v1").differences
    assert told is not None
    assert "rows differ: 0 are gone, 0 are new, or their order is" in told


def test_parquet_has_every_column_and_row(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "made", "f", "g")
    publish(tmp_path / "made", tmp_path / "out", "v1")
    table = pyarrow.parquet.read_table(tmp_path / "out/v1.parquet")
    assert table.column_names == list(COLUMNS)
    assert table["id"].to_pylist() == [row.id for row in rows]
    assert table["mutation_score"].to_pylist() == [1.0, 1.0]
    assert json.loads(table["tests"].to_pylist()[0])[0]["expected"]["value"] == 1


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_manifest_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    write_rows(tmp_path / "made", "f")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(text)
    with pytest.raises(StorageError):
        publish(tmp_path / "made", tmp_path / "out", "v1")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\nb", ".hidden"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    write_rows(tmp_path / "made", "f")
    with pytest.raises(ConfigError, match="--name"):
        publish(tmp_path / "made", tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change", ["line", "hash"])
def test_rows_that_the_datasets_own_manifest_does_not_name_are_not_handed_on(tmp_path: Path, change: str) -> None:
    rows = write_rows(tmp_path / "made", "f", "g")
    if change == "line":
        (tmp_path / "made/examples.jsonl").write_text(rows[0].to_line() + "\n")
    else:
        manifest = tmp_path / "made/manifest.json"
        manifest.write_text(manifest.read_text().replace(rows[1].id, "0" * 64))
    with pytest.raises(StorageError, match=r"manifest\.json"):
        publish(tmp_path / "made", tmp_path / "out", "v1")
    assert not list(tmp_path.glob("out/*"))


def test_an_unfinished_dataset_is_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "made", "f")
    (tmp_path / "made/manifest.json").unlink()
    with pytest.raises(StorageError, match="no finished dataset"):
        publish(tmp_path / "made", tmp_path / "out", "v1")
