"""The Modal shell with no account: its functions by `.local()`, what it asks of Modal by the library's signatures."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

pytest.importorskip("modal")
pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import modal
from training_kit import losses, make_rows, small, tiny_model, write_data

from lift_sys.errors import ConfigError, StorageError
from lift_sys.providers.weights import find_weights, weights_hash
from lift_sys.training import cloud, modal_lora_training, models
from lift_sys.training.config import TrainConfig
from lift_sys.training.estimate import Work, rent
from lift_sys.training.shapes import QWEN, read_shape, shape_of

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The .* function is executing locally:UserWarning")]
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "modal_volumes.sh"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), make_rows(60), make_rows(12, start=60))


class Volume:
    """A folder that is reached as a volume is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, order: cloud.Order, data: Path) -> None:
        for here, there in cloud.uploads(order, data):
            (self.root / there).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(here, self.root / there)

    def names(self) -> Iterator[str]:
        return (str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def read(self, name: str) -> Iterator[bytes]:
        content = (self.root / name).read_bytes()
        yield content[:100]
        yield content[100:]


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path / "volume")


def order_of(data: Path, model: Path, **changes: object) -> cloud.Order:
    order = cloud.order_of("first", data, small(model, epochs=1), per_hour=4.0, max_cost=50.0)
    return replace(order, **changes)  # type: ignore[arg-type]


def test_a_run_by_local_is_the_run_of_this_machine_and_its_adapter_comes_home(
    model: Path, data: Path, volume: Volume, tmp_path: Path
) -> None:
    order = order_of(data, model)
    volume.put(order, data)
    answer = modal_lora_training.train.local(asdict(order), str(volume.root))
    json.dumps(answer)  # it crosses the wire
    adapter = cloud.bring_home(order, answer, volume.read, volume.names(), tmp_path / "home")
    assert weights_hash(adapter) == answer["result"]["weights"]
    found = find_weights(str(tmp_path / "home"))
    assert found.adapter is not None
    from lift_sys.training.job import make_job
    from lift_sys.training.lora import train

    here = train(tmp_path / "here", make_job(data, small(model, epochs=1)).job)
    assert here.weights == answer["result"]["weights"]


def test_a_retried_call_goes_on_from_the_checkpoint_that_the_volume_kept(
    model: Path, data: Path, volume: Volume, tmp_path: Path
) -> None:
    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    order = order_of(data, model, config=config.model_dump(mode="json"))
    volume.put(order, data)
    commits: list[int] = []

    class Preempted(BaseException):
        pass

    def kept() -> None:
        commits.append(len(losses(volume.root / "runs" / "first")))
        if len(commits) == 4:
            raise Preempted

    with pytest.raises(Preempted):
        cloud.fulfil(asdict(order), volume.root, kept)
    answer = cloud.fulfil(asdict(order), volume.root, lambda: None)
    whole = cloud.fulfil(asdict(replace(order, run="whole")), volume.root, lambda: None)
    assert answer["result"]["weights"] == whole["result"]["weights"]
    assert losses(volume.root / "runs" / "first") == losses(volume.root / "runs" / "whole")
    assert commits == [1, 2, 3, 4]


def test_a_run_that_is_too_dear_ends_early_and_says_so_without_a_retry(
    model: Path, data: Path, volume: Volume, tmp_path: Path
) -> None:
    order = order_of(data, model, max_cost=1e-9)
    volume.put(order, data)
    answer = modal_lora_training.train.local(asdict(order), str(volume.root))
    assert answer["exit_code"] == 2
    assert "are spent" in answer["error"]
    assert (volume.root / "runs" / "first" / "checkpoint").is_dir()
    with pytest.raises(ConfigError, match="the run first ended: stopped after step 1"):
        cloud.bring_home(order, answer, volume.read, nothing_there(), tmp_path / "home")


def nothing_there() -> Iterator[str]:
    """A volume that has no folder of the run."""
    raise FileNotFoundError
    yield ""


def test_other_weights_than_those_that_were_learnt_do_not_come_home(
    model: Path, data: Path, volume: Volume, tmp_path: Path
) -> None:
    order = order_of(data, model)
    volume.put(order, data)
    answer = cloud.fulfil(asdict(order), volume.root, lambda: None)
    weights = volume.root / "runs" / "first" / "adapter" / "adapter_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(StorageError, match="fetch them again"):
        cloud.bring_home(order, answer, volume.read, volume.names(), tmp_path / "home")
    weights.unlink()
    with pytest.raises(StorageError, match="no weights"):
        cloud.bring_home(order, answer, volume.read, volume.names(), tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_rows_that_are_not_there_are_an_answer_and_no_crash(model: Path, data: Path, volume: Volume) -> None:
    answer = cloud.fulfil(asdict(order_of(data, model)), volume.root, lambda: None)
    assert answer["exit_code"] == 5
    assert "holds no prepared data" in answer["error"]


def test_a_base_model_is_fetched_by_local(model: Path) -> None:
    label = modal_lora_training.fetch.local(str(model))
    assert label == f"{model.name}@{weights_hash(model)}"


@pytest.mark.parametrize("run", ["", "../up", "a/b", ".hidden", "a" * 82])
def test_a_run_is_not_named_like_a_path(run: str, model: Path, data: Path) -> None:
    with pytest.raises(ConfigError, match="can't be a run's name"):
        cloud.order_of(run, data, small(model), per_hour=1.0, max_cost=1.0)


def test_a_run_that_costs_too_much_or_does_not_fit_is_not_started() -> None:
    shape = read_shape(QWEN)
    work = Work(steps=100, tokens=10_000_000, padded=10_500_000, learnt=4_000_000, validated=500_000)
    found = rent(shape, work, cloud.CLOUD, "H100")
    cloud.check_preview(found, 1000.0)
    with pytest.raises(ConfigError, match=r"\$0.01 are allowed"):
        cloud.check_preview(found, 0.01)
    with pytest.raises(ConfigError, match="L40S has 48 GB"):
        cloud.check_preview(rent(shape, work, cloud.CLOUD, "L40S"), 1000.0)


def test_a_folder_that_is_taken_is_told_before_the_run_is_paid_for(tmp_path: Path) -> None:
    cloud.check_place(tmp_path / "home")
    with pytest.raises(StorageError, match="is there already"):
        cloud.check_place(tmp_path)


def test_a_small_mixture_of_experts_is_trained_with_the_settings_of_the_large_one(
    data: Path, volume: Volume, tmp_path: Path
) -> None:
    experts = tiny_model(
        tmp_path / "experts", "Qwen3Moe", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, head_dim=8
    )
    settings = cloud.CLOUD.model_copy(
        update={"model": str(experts), "batch_tokens": 512, "micro_tokens": 512, "context": 128, "threads": 1}
    )
    order = order_of(data, experts, config={**settings.model_dump(mode="json"), "learning_rate": 2e-2})
    volume.put(order, data)
    answer = cloud.fulfil(asdict(order), volume.root, lambda: None)
    assert "error" not in answer, answer
    found = [loss for _, loss, _ in losses(volume.root / "runs" / "first")]
    assert sum(found[-5:]) / 5 < sum(found[:5]) / 5 - 0.05
    shape = shape_of(models.base_of(str(experts)).config, "experts")
    assert answer["result"]["parameters"] == shape.learnt(settings)
    adapter = find_weights(str(volume.root / "runs" / "first")).adapter
    assert adapter is not None
    assert {name.rpartition(".")[2] for name in adapter.shapes} == set(models.ATTENTION)


def test_the_adapter_names_its_base_by_the_id_that_means_the_same_everywhere(model: Path) -> None:
    config = TrainConfig(model="Qwen/Qwen3-30B-A3B", targets="attention")
    loaded = models.load_model(models.base_of(str(model)), config)
    assert loaded.peft_config["default"].base_model_name_or_path == "Qwen/Qwen3-30B-A3B"


def test_what_is_asked_of_modal_is_what_the_library_takes() -> None:
    asked = inspect.signature(modal.App.function)
    for settings in (modal_lora_training.FETCHING, modal_lora_training.TRAINING):
        asked.bind(modal_lora_training.app, **settings)
    training = modal_lora_training.TRAINING
    assert training["gpu"] == "H100"
    assert training["timeout"] <= 24 * 3600  # Modal's bound
    assert set(training["volumes"]) == {"/lift-training", "/lift-models"}
    for name in ("batch_upload", "commit", "reload", "read_file", "iterdir"):
        assert hasattr(modal.Volume, name)
    inspect.signature(modal.Volume.iterdir).bind(None, "runs/first", recursive=True)


def test_the_set_up_script_makes_what_is_missing_and_leaves_what_is_there(tmp_path: Path) -> None:
    """Modal's program is played by one that notes how it was called."""
    fake = tmp_path / "modal"
    fake.write_text(
        '#!/bin/sh\necho "$@" >> "$CALLS"\n'
        '[ "$1 $2" = "volume list" ] && echo \'[{"Name": "lift-sys-models"}]\'\n'
        '[ "$1 $2" = "secret create" ] && cat "$5" > "$CALLS.secret"\nexit 0\n'
    )
    fake.chmod(0o755)
    env = {**os.environ, "MODAL": str(fake), "CALLS": str(tmp_path / "calls"), "HF_TOKEN": "t"}
    done = subprocess.run([SCRIPT, "org/model"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = [line for line in (tmp_path / "calls").read_text().splitlines() if " list " not in line]
    given = calls.pop(1).split()
    assert given[:4] == ["secret", "create", "huggingface", "--from-dotenv"]
    assert (tmp_path / "calls.secret").read_text() == 'HF_TOKEN="t"\n'
    assert not Path(given[4]).exists()
    assert calls == [
        "volume create lift-sys-training",
        "run -m lift_sys.training.modal_lora_training::fetch --model org/model",
    ]
