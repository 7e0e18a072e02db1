"""Runs in an MLflow store on SQLite: settings, hashes, curves, samples. A copy: the run's folder is the truth."""

from __future__ import annotations

import json
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError, to_install
from lift_sys.storage.files import atomic_write, storage_errors
from lift_sys.training.runs import FACTS, LOG, RESULT, SAMPLES, Run, read_run
from lift_sys.training.tracking import Quiet

EXPERIMENT = "lift-sys"
NOTE = "mlflow.json"
"""Holds the id under which a run's folder is kept, so that a resumed run goes on there."""
_BATCH = 900
"""MLflow takes at most 1,000 figures a call."""


class MlflowStore(Quiet):
    """A tracker that copies what is new in a run's folder into a store.

    Raises:
        ConfigError: MLflow is not installed, or the store can't be opened.
    """

    def __init__(self, store: Path) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a run is nobody else's business
        try:
            for name in ("sqlalchemy", "alembic"):
                import_module(name)
            self._mlflow = import_module("mlflow")
            client = import_module("mlflow.tracking").MlflowClient
            self._entities = import_module("mlflow.entities")
        except ImportError as error:
            raise ConfigError(
                f"tracking needs {error.name}: {to_install('tracking')}, or leave it out with --no-mlflow"
            ) from error
        with storage_errors(store):
            store.parent.mkdir(parents=True, exist_ok=True)
        self._store = store.absolute()
        try:
            self._client = client(tracking_uri=f"sqlite:///{self._store}")
            self._experiment = self._find_experiment()
        except Exception as error:  # sqlalchemy and alembic throw many kinds
            raise ConfigError(f"the MLflow store {store} can't be opened: {str(error).splitlines()[0]}") from error

    def _find_experiment(self) -> str:
        known = self._client.get_experiment_by_name(EXPERIMENT)
        if known is not None:
            return str(known.experiment_id)
        place = (self._store.parent / f"{self._store.stem}-artifacts").as_uri()
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=place))

    def update(self, run: Path) -> None:
        found = read_run(run)
        name = self._known(run) or self._begin(found)
        self._curves(name, found)
        if found.result is not None:
            self._finish(name, found)

    def _known(self, folder: Path) -> str | None:
        try:
            note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(note["run"]) if note.get("store") == str(self._store) else None

    def _begin(self, run: Run) -> str:
        made = self._client.create_run(self._experiment, run_name=run.folder.resolve().name)
        name = str(made.info.run_id)
        for key, value in run.config.model_dump(mode="json").items():
            self._client.log_param(name, key, value)
        facts = run.facts
        tags = {"data": run.data, "code": facts["code"], "base": facts["base"], "device": facts["device"]}
        tags |= {f"file {file}": digest for file, digest in facts.get("files", {}).items()}
        tags |= {"plan": json.dumps(facts["plan"]), "folder": str(run.folder.absolute())}
        for key, value in tags.items():
            self._client.set_tag(name, key, value)
        atomic_write(run.folder / NOTE, [json.dumps({"store": str(self._store), "run": name}), "\n"])
        return name

    def _curves(self, name: str, run: Run) -> None:
        """Log the steps that the store does not have: a resumed run takes some of them again, to the same loss."""
        known = max((metric.step for metric in self._client.get_metric_history(name, "loss")), default=0)
        metric = self._entities.Metric
        now = int(1000 * time.time())
        figures = []
        for step in run.steps:
            if step.step <= known:
                continue
            values = {"loss": step.loss, "learning_rate": step.learning_rate, "tokens": step.tokens}
            values |= {"validation": step.validation} if step.validation is not None else {}
            figures += [metric(key, float(value), now, step.step) for key, value in values.items()]
        for start in range(0, len(figures), _BATCH):
            self._client.log_batch(name, metrics=figures[start : start + _BATCH])

    def _finish(self, name: str, run: Run) -> None:
        result: Any = run.result
        if self._client.get_run(name).info.status == "FINISHED":
            return
        for key in ("validation", "best_validation", "seconds", "tokens", "parameters"):
            self._client.log_metric(name, f"final_{key}", float(getattr(result, key)))
        self._client.set_tag(name, "weights", result.weights)
        self._client.set_tag(name, "ended", result.ended)
        for file in (LOG, SAMPLES, FACTS, RESULT):
            if (run.folder / file).is_file():
                self._client.log_artifact(name, str(run.folder / file))
        self._client.set_terminated(name, "FINISHED")
