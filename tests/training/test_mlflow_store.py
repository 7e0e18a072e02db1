"""The MLflow store: one run for one folder, every step once, whatever happened in between."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow")
pytest.importorskip("sqlalchemy")
pytest.importorskip("alembic")

from lift_sys.errors import ConfigError
from lift_sys.training.config import TrainConfig
from lift_sys.training.mlflow_store import MlflowStore
from lift_sys.training.runs import Log, Result, Sample, Step, begin, claim, finish

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")]
FACTS = {
    "plan": {"steps": 6, "tokens": 600, "learnt": 300, "padding": 0.0, "order": "0"},
    "base": "tiny@0",
    "device": "cpu",
    "code": "0.1.0+abc",
    "files": {"train.jsonl": "f" * 64},
}


def step_of(number: int) -> Step:
    return Step(
        number, 5.0 - number / 10, 1e-3, 100 * number, 1.0 * number, 0.5, validation=4.0 if number == 3 else None
    )


def run_of(folder: Path) -> Path:
    folder.mkdir()
    claim(folder, TrainConfig(rank=7), "data0")
    begin(folder, FACTS, {"at": "now"})
    return folder


def rows(store: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(store)) as opened:
        return opened.execute(query).fetchall()


def test_a_resumed_run_is_one_run_with_every_step_once(tmp_path: Path) -> None:
    folder, path = run_of(tmp_path / "run"), tmp_path / "s" / "m.db"
    log = Log(folder)
    for number in (1, 2, 3, 4):
        log.step(step_of(number))
    MlflowStore(path).update(folder)
    log.cut(2)  # killed; the checkpoint was of step 2
    store = MlflowStore(path)
    for number in (3, 4, 5, 6):
        log.step(step_of(number))
        store.update(folder)
    log.samples([Sample(6, "repair", "p", "w", "s")])
    finish(folder, Result(6, 600, 6.0, 4.4, 4.0, 3, 4.0, "epochs", "abc", 5, "tiny@0"))
    store.update(folder)
    store.update(folder)
    losses = rows(path, "select step, value from metrics where key = 'loss' order by step")
    assert losses == [(number, pytest.approx(5.0 - number / 10)) for number in range(1, 7)]
    assert rows(path, "select step, value from metrics where key = 'validation'") == [(3, 4.0)]
    assert rows(path, "select status from runs") == [("FINISHED",)]
    assert ("rank", "7") in rows(path, "select key, value from params")
    tags = dict(rows(path, "select key, value from tags"))
    assert (tags["data"], tags["code"], tags["weights"]) == ("data0", "0.1.0+abc", "abc")
    assert tags["file train.jsonl"] == "f" * 64
    kept = {path.name for path in (tmp_path / "s" / "m-artifacts").rglob("*") if path.is_file()}
    assert kept == {"log.jsonl", "samples.jsonl", "run.json", "result.json"}


def test_two_folders_are_two_runs_of_one_experiment(tmp_path: Path) -> None:
    store = MlflowStore(tmp_path / "m.db")
    for name in ("a", "b"):
        folder = run_of(tmp_path / name)
        Log(folder).step(step_of(1))
        store.update(folder)
    assert rows(tmp_path / "m.db", "select count(distinct run_uuid), count(distinct experiment_id) from runs") == [
        (2, 1)
    ]


def test_a_store_that_is_no_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.write_text("this is no database, but it is a file with some text in it\n" * 40)
    with pytest.raises(ConfigError, match=r"store .*m.db can't be opened"):
        MlflowStore(path)
