"""`lift-sys train`, as it is typed: console, page, store, estimate, and mistakes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from training_kit import make_rows, read_json, tiny_model, write_data

pytestmark = pytest.mark.slow
FEW = ("--context", 128, "--batch-tokens", 512, "--micro-tokens", 512, "--threads", 1, "--evaluations", 2)


def train(*words: object, cwd: Path, largest: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command.

    Args:
        largest: bytes of the largest file that it may write; more fails as on a full disk.
    """
    limit = (
        "" if largest is None else f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest},) * 2); "
    )
    program = f"{limit}from lift_sys.cli import main; main()"
    command = [sys.executable, "-c", program, "train", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), make_rows(80), make_rows(20, start=80))


def test_a_run_shows_itself_and_is_kept_in_its_folder_and_in_the_store(
    model: Path, data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    words = (data, "--model", model, "--out", "run", *FEW, "--per-hour", 3.6, "--store", "s/m.db")
    done = train(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "80 training rows" in done.stderr
    assert "memory: about 0." in done.stderr
    assert ", validation " in done.stderr
    assert "tokens/s" in done.stderr
    assert "$0.00 left" in done.stderr
    result = read_json(tmp_path / "run" / "result.json")
    assert f"validation {result['validation']:.4f}" in done.stdout
    assert result["peak"] > 100e6
    page = (tmp_path / "run" / "dashboard.html").read_text()
    (tmp_path / "run" / "dashboard.html").unlink()
    drawn = [sys.executable, "-c", "from lift_sys.cli import main; main()", "report", "run"]
    subprocess.run(drawn, cwd=tmp_path, check=True)
    assert (tmp_path / "run" / "dashboard.html").read_text() == page
    assert page.count("<svg") == 3
    assert "http-equiv" not in page  # it is over: no need to load it again
    assert "What it answers after step" in page
    with sqlite3.connect(tmp_path / "s" / "m.db") as store:
        curve = store.execute("select step, value from metrics where key = 'loss' order by step").fetchall()
        params = dict(store.execute("select key, value from params").fetchall())
        tags = dict(store.execute("select key, value from tags").fetchall())
        (status,) = store.execute("select status from runs").fetchone()
    store.close()
    logged = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert curve == [(line["step"], pytest.approx(line["loss"])) for line in logged]
    assert (params["rank"], status, tags["weights"]) == ("16", "FINISHED", result["weights"])
    assert tags["data"] == read_json(tmp_path / "run" / "config.json")["data"]
    again = train(*words, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    with sqlite3.connect(tmp_path / "s" / "m.db") as store:
        assert store.execute("select count(*) from runs").fetchone() == (1,)
    store.close()


def test_without_mlflow_a_run_goes_on_and_says_so(model: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "mlflow.py").write_text("raise ImportError('not here', name='mlflow')\n")
    done = train(data, "--model", model, "--out", "run", *FEW, "--epochs", 0.3, "--samples", 0, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "not tracked in MLflow: tracking needs mlflow: pip install 'lift-sys[tracking]'" in done.stderr
    assert (tmp_path / "run" / "result.json").exists()


def test_an_estimate_tells_time_and_memory_and_writes_nothing(model: Path, data: Path, tmp_path: Path) -> None:
    done = train(data, "--model", model, "--out", "run", *FEW, "--estimate", "--per-hour", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "memory: about 0." in done.stdout
    assert "time here: " in done.stdout
    assert "cost: $0.0" in done.stdout
    cloud = ("--estimate", "--gpu", "H100", "--as-model", "Qwen/Qwen3-30B-A3B", "--targets", "attention")
    done = train(data, "--model", model, *FEW, *cloud, "--recompute", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Qwen/Qwen3-30B-A3B on H100: " in done.stdout
    assert "an hour (prices of 20" in done.stdout
    assert "which fits into 80 GB" in done.stdout
    assert not (tmp_path / "run").exists()


def test_a_disk_that_fills_up_is_said_and_the_run_goes_on_when_there_is_room(
    model: Path, data: Path, tmp_path: Path
) -> None:
    words = (data, "--model", model, *FEW, "--no-mlflow", "--samples", 0, "--checkpoint-seconds", 0.001)
    full = train(*words, "--out", "run", cwd=tmp_path, largest=40_000)
    assert full.returncode == 5, full.stderr
    assert "same command again" in full.stderr
    assert "Traceback" not in full.stderr
    assert not (tmp_path / "run" / "checkpoint.new").exists()
    for out in ("run", "whole"):
        done = train(*words, "--out", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    results = [read_json(tmp_path / out / "result.json") for out in ("run", "whole")]
    assert results[0]["weights"] == results[1]["weights"]


def without_template(folder: Path) -> Path:
    from training_kit import tokenizer_of

    tiny_model(folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    tokenizer_of(folder, None)
    return folder


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("{empty}", "--model", "{model}"), 5, "holds no prepared data"),
        (("{corrupt}", "--model", "{model}"), 5, "was changed after it was written"),
        (("{novalidation}", "--model", "{model}"), 2, "no validation rows"),
        (("{data}", "--model", "{model}", "--context", 8), 2, "fits into 8 tokens"),
        (("{data}", "--model", "{model}", "--micro-tokens", 64), 2, "lift-sys: a pass of 64 tokens does not hold"),
        (("{data}", "--model", "{model}", "--alpha", "inf"), 2, "--alpha: Input should be a finite number"),
        (("{data}", "--model", "{model}", "--seed", 1 << 70), 2, "--seed: Input should be less than"),
        (("{data}", "--model", "{model}", "--layers", 1), 2, "full fine-tune only"),
        (("{data}", "--model", "{cut}"), 2, "can't be loaded"),
        (("{data}", "--model", "{plain}"), 2, "no chat template"),
        (("{data}", "--model", "{model}", "--max-cost", 1), 2, "needs --per-hour"),
        (("{data}", "--model", "{model}", "--gpu", "H100"), 2, "for --estimate"),
        (("{data}", "--model", "{model}", "--estimate", "--gpu", "TPU"), 2, "no price for 'TPU'"),
        (("{data}", "--model", "{model}", "--out", "/proc/run"), 5, "/proc/run"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_mistakes_are_named(
    words: tuple[object, ...], code: int, said: str, model: Path, data: Path, tmp_path: Path
) -> None:
    names = {"model": model, "data": data, "empty": tmp_path, "plain": tmp_path / "plain"}
    if "{plain}" in words:
        without_template(tmp_path / "plain")
    if "{cut}" in words:
        names["cut"] = tiny_model(tmp_path / "cut")
        weights = tmp_path / "cut" / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
    if "{corrupt}" in words:
        names["corrupt"] = write_data(tmp_path / "corrupt", make_rows(10), make_rows(3, start=10))
        (tmp_path / "corrupt" / "train.jsonl").write_bytes(b"\0\0\0")
    if "{novalidation}" in words:
        names["novalidation"] = write_data(tmp_path / "nv", make_rows(10), [])
    context = () if "--context" in words or "--micro-tokens" in words else ("--context", 128)
    done = train(*(str(word).format(**names) for word in words), *context, "--no-mlflow", cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
