"""Fine-tuning on tiny models: what is learnt, what is kept, and what a kill or an error leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from training_kit import losses, make_rows, read_json, small, tiny_model, write_data

from lift_sys.errors import ConfigError, StorageError
from lift_sys.providers.weights import find_weights, weights_hash
from lift_sys.training import models
from lift_sys.training.ceiling import Ceiling, TooDear
from lift_sys.training.checkpoints import CHECKPOINT
from lift_sys.training.config import TrainConfig
from lift_sys.training.job import make_job
from lift_sys.training.lora import Job, train
from lift_sys.training.runs import Step, read_run
from lift_sys.training.tracking import Quiet

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """What no code catches, as little as a kill."""


class KillAfter(Quiet):
    def __init__(self, step: int) -> None:
        self.last = step

    def step(self, step: Step, plan: object) -> None:
        if step.step == self.last:
            raise Killed


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), make_rows(80), make_rows(20, start=80))


def job_of(data: Path, config: TrainConfig, **changes: object) -> Job:
    from dataclasses import replace

    return replace(make_job(data, config).job, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_both_methods_lower_the_validation_loss(method: str, model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, method=method, epochs=3, learning_rate=2e-2 if method == "lora" else 3e-3)
    result = train(tmp_path / "run", job_of(data, config))
    first = next(value for _, _, value in losses(tmp_path / "run") if value is not None)
    assert result.validation < first - 0.05
    assert result.ended == "epochs"
    assert weights_hash(tmp_path / "run" / "adapter") == result.weights


def test_an_adapter_is_of_the_asked_rank_and_layers_and_a_provider_takes_it(
    model: Path, data: Path, tmp_path: Path
) -> None:
    train(tmp_path / "run", job_of(data, small(model, rank=3, targets="attention", epochs=1)))
    found = find_weights(str(tmp_path / "run"))
    assert found.adapter is not None
    assert {rank for _, rank, _ in found.adapter.shapes.values()} == {3}
    assert {name.rpartition(".")[2] for name in found.adapter.shapes} == set(models.ATTENTION)
    assert len(found.adapter.shapes) == 2 * len(models.ATTENTION)


def test_the_loss_of_a_full_fine_tune_is_that_of_the_saved_model(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, method="full", epochs=1, learning_rate=1e-3)
    job = job_of(data, config)
    result = train(tmp_path / "run", job)
    again = TrainConfig(**{**config.model_dump(), "model": str(tmp_path / "run")})
    loaded = models.load_model(models.base_of(again.model), again)
    loaded.eval()
    rows = list(job.validation)
    found = float(models.loss_sum(loaded, rows).detach()) / sum(row.learnt for row in rows)
    assert found == pytest.approx(result.validation, abs=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_last_layers_alone_are_trained_and_saved_in_one_type(
    precision: str, model: Path, data: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    config = small(model, method="full", layers=1, epochs=3, learning_rate=1e-2, precision=precision)
    job = job_of(data, config)
    result = train(tmp_path / "run", job)
    before = load_file(model / "model.safetensors")
    after = load_file(tmp_path / "run" / "adapter" / "model.safetensors")
    changed = {name for name in before if not before[name].allclose(after[name], rtol=1e-2)}
    assert changed == {name for name in before if ".layers.1." in name}
    assert {str(tensor.dtype) for tensor in after.values()} == {"torch.float32"}
    again = TrainConfig(**{**config.model_dump(), "model": str(tmp_path / "run")})
    loaded = models.load_model(models.base_of(again.model), again)
    loaded.eval()
    rows = list(job.validation)
    with models.precision(again):
        found = float(models.loss_sum(loaded, rows).detach()) / sum(row.learnt for row in rows)
    assert found == pytest.approx(result.validation, abs=1e-4 if precision == "float32" else 0.03)
    assert result.validation < next(value for _, _, value in losses(tmp_path / "run") if value is not None) - 0.05


def test_more_layers_than_there_are_are_refused(model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has 2 layers: --layers 3 is too many"):
        train(tmp_path / "run", job_of(data, small(model, method="full", layers=3)))
    other = tiny_model(tmp_path / "gpt", "GPT2", n_embd=32, n_layer=1, n_head=4, n_positions=256)
    with pytest.raises(ConfigError, match="leave --layers out"):
        train(tmp_path / "other", job_of(data, small(other, method="full", layers=1)))


def test_two_runs_of_one_seed_are_the_same_and_another_seed_is_not(model: Path, data: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tmp_path / name, job_of(data, small(model, epochs=1, seed=seed)))
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    assert losses(tmp_path / "a") != losses(tmp_path / "c")
    assert (
        read_json(tmp_path / "a" / "result.json")["weights"] == read_json(tmp_path / "b" / "result.json")["weights"]
    )


@pytest.mark.parametrize(("method", "layers"), [("lora", None), ("full", None), ("full", 1)])
def test_a_run_that_ends_anywhere_goes_on_to_the_same_curve(
    method: str, layers: int | None, model: Path, data: Path, tmp_path: Path
) -> None:
    config = small(model, method=method, layers=layers, epochs=2, learning_rate=2e-3, checkpoint_seconds=1e-6)
    whole = train(tmp_path / "whole", job_of(data, config))
    for stop in (1, 5, 9):
        with pytest.raises(Killed):
            train(tmp_path / "cut", job_of(data, config), trackers=[KillAfter(stop)])
    resumed = train(tmp_path / "cut", job_of(data, config))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    assert resumed.weights == whole.weights
    assert len(read_json(tmp_path / "cut" / "run.json")["starts"]) == 4


def test_work_after_the_last_checkpoint_is_all_that_is_done_again(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    with pytest.raises(Killed):
        train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(6)])
    seen: list[int] = []

    class Watch(Quiet):
        def step(self, step: Step, plan: object) -> None:
            seen.append(step.step)

    train(tmp_path / "run", job_of(data, config), trackers=[Watch()])
    assert seen[0] == 6  # the checkpoint was of step 5: the sixth was never saved


PROGRAM = """
import sys
from pathlib import Path
from lift_sys.training.config import TrainConfig
from lift_sys.training.job import make_job
from lift_sys.training.lora import train
from lift_sys.training.tracking import Quiet

class Say(Quiet):
    def step(self, step, plan):
        print(step.step, flush=True)

data, folder, config = sys.argv[1:]
config = TrainConfig.model_validate_json(config)
train(Path(folder), make_job(Path(data), config, samples=2).job, trackers=[Say()])
"""


def start(data: Path, folder: Path, config: TrainConfig) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(data), str(folder), config.model_dump_json()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_process_goes_on_to_the_same_curve_and_weights(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=3, checkpoint_seconds=1e-6)
    with start(data, tmp_path / "cut", config) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 7:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "cut" / "result.json").exists()
    for folder in ("cut", "whole"):
        with start(data, tmp_path / folder, config) as process:
            assert process.stdout is not None
            steps = [int(line) for line in process.stdout]
        assert process.returncode == 0
        assert steps[0] == (1 if folder == "whole" else pytest.approx(7, abs=1))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    results = [read_json(tmp_path / folder / "result.json") for folder in ("cut", "whole")]
    assert results[0]["weights"] == results[1]["weights"]
    assert results[0]["validation"] == results[1]["validation"]
    assert (tmp_path / "cut" / "samples.jsonl").read_text() == (tmp_path / "whole" / "samples.jsonl").read_text()


def test_patience_ends_a_run_that_overfits_and_keeps_the_best_weights(model: Path, tmp_path: Path) -> None:
    rows, other = make_rows(8), make_rows(8, start=3, words=5)
    data = write_data(tmp_path / "data", rows, other)
    config = small(model, method="full", epochs=60, learning_rate=2e-2, evaluations=60, patience=3)
    job = job_of(data, config)
    result = train(tmp_path / "run", job)
    assert result.ended == "patience"
    taken = [value for _, _, value in losses(tmp_path / "run") if value is not None]
    assert 3 < len(taken) < 60
    assert result.validation == min(taken) == taken[-4]
    again = TrainConfig(**{**config.model_dump(), "model": str(tmp_path / "run")})
    loaded = models.load_model(models.base_of(again.model), again)
    loaded.eval()
    held = list(job.validation)
    found = float(models.loss_sum(loaded, held).detach()) / sum(row.learnt for row in held)
    assert found == pytest.approx(result.validation, abs=1e-4)


def test_a_token_budget_ends_a_run(model: Path, data: Path, tmp_path: Path) -> None:
    result = train(tmp_path / "run", job_of(data, small(model, epochs=5, token_budget=3000)))
    assert result.ended == "budget"
    assert 3000 <= result.tokens < 3000 + 512


def test_recomputed_activations_give_the_same_losses(model: Path, data: Path, tmp_path: Path) -> None:
    for name, recompute in (("plain", False), ("recompute", True)):
        train(tmp_path / name, job_of(data, small(model, epochs=0.5, recompute=recompute)))
    plain, again = ([loss for _, loss, _ in losses(tmp_path / name)] for name in ("plain", "recompute"))
    assert again == pytest.approx(plain, abs=1e-5)


def test_parts_of_a_step_add_up_to_the_step(model: Path, data: Path, tmp_path: Path) -> None:
    for name, micro in (("whole", 512), ("parts", 128)):
        train(tmp_path / name, job_of(data, small(model, epochs=1, micro_tokens=micro)))
    whole, parts = ([loss for _, loss, _ in losses(tmp_path / name)] for name in ("whole", "parts"))
    assert parts == pytest.approx(whole, abs=2e-4)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_bfloat16_learns_too(method: str, model: Path, data: Path, tmp_path: Path) -> None:
    rate = 2e-2 if method == "lora" else 3e-3
    config = small(model, method=method, epochs=2, precision="bfloat16", learning_rate=rate)
    result = train(tmp_path / "run", job_of(data, config))
    found = [loss for _, loss, _ in losses(tmp_path / "run")]
    assert result.loss < found[0] - 0.05
    assert read_json(tmp_path / "run" / "run.json")["precision"] == "bfloat16"


def test_samples_are_kept_of_each_evaluation_and_change_no_loss(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=1, evaluations=2)
    train(tmp_path / "without", job_of(data, config))
    train(tmp_path / "with", make_job(data, config, samples=3).job)
    assert losses(tmp_path / "with") == losses(tmp_path / "without")
    run = read_run(tmp_path / "with")
    assert [sample.step for sample in run.samples] == [step for step, _ in run.validations for _ in range(3)]
    assert len({sample.prompt for sample in run.samples}) == 3


def test_a_finished_run_is_not_done_again(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=0.5)
    first = train(tmp_path / "run", job_of(data, config))
    assert train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(1)]) == first


def test_a_run_that_was_killed_after_its_result_is_closed_by_the_next_start(
    model: Path, data: Path, tmp_path: Path
) -> None:
    config = small(model, epochs=0.5)
    train(tmp_path / "run", job_of(data, config))
    (tmp_path / "run" / CHECKPOINT).mkdir()
    told: list[Path] = []

    class Watch(Quiet):
        def update(self, run: Path) -> None:
            told.append(run)

    train(tmp_path / "run", job_of(data, config), trackers=[Watch()])
    assert told == [tmp_path / "run"]
    assert not (tmp_path / "run" / CHECKPOINT).exists()


def test_a_run_does_not_go_on_in_another_precision(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    with pytest.raises(Killed):
        train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(2)])
    facts = tmp_path / "run" / "run.json"
    facts.write_text(facts.read_text().replace('"precision": "float32"', '"precision": "bfloat16"'))
    with pytest.raises(StorageError, match="was started in bfloat16, and this machine takes float32"):
        train(tmp_path / "run", job_of(data, config))


def test_a_run_does_not_go_on_at_other_rates(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    with pytest.raises(Killed):
        train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(2)])
    path = tmp_path / "run" / "run.json"
    facts = read_json(path)
    facts["plan"]["rates"] = "another schedule"
    path.write_text(json.dumps(facts))
    with pytest.raises(StorageError, match="was planned by another version"):
        train(tmp_path / "run", job_of(data, config))


def test_dropout_resumes_to_the_same_curve(data: Path, tmp_path: Path) -> None:
    other = tiny_model(tmp_path / "dropping", attention_dropout=0.3)
    config = small(other, epochs=1, checkpoint_seconds=1e-6)
    train(tmp_path / "whole", job_of(data, config))
    with pytest.raises(Killed):
        train(tmp_path / "cut", job_of(data, config), trackers=[KillAfter(4)])
    train(tmp_path / "cut", job_of(data, config))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


def test_experts_and_layers_under_other_names_are_told_before_the_training(data: Path, tmp_path: Path) -> None:
    experts = tiny_model(
        tmp_path / "experts", "Qwen3Moe", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, head_dim=8
    )
    with pytest.raises(ConfigError, match="use --targets attention"):
        train(tmp_path / "run", job_of(data, small(experts)))
    phi = tiny_model(tmp_path / "phi", "Phi3")
    with pytest.raises(ConfigError, match="no layers named q_proj, k_proj, v_proj, gate_proj, up_proj"):
        train(tmp_path / "other", job_of(data, small(phi)))


def test_another_run_is_kept_out_of_a_folder(model: Path, data: Path, tmp_path: Path) -> None:
    train(tmp_path / "run", job_of(data, small(model, epochs=0.5)))
    with pytest.raises(StorageError, match="other rank"):
        train(tmp_path / "run", job_of(data, small(model, epochs=0.5, rank=8)))
    other = write_data(tmp_path / "data", make_rows(30), make_rows(5, start=30))
    with pytest.raises(StorageError, match="other data"):
        train(tmp_path / "run", job_of(other, small(model, epochs=0.5)))


def test_a_damaged_checkpoint_is_named(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    with pytest.raises(Killed):
        train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(3)])
    state = tmp_path / "run" / CHECKPOINT / "state.pt"
    state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(StorageError, match="delete it to start anew"):
        train(tmp_path / "run", job_of(data, config))


@pytest.mark.parametrize(
    ("name", "text"), [("run.json", "{"), ("run.json", "[1]"), ("run.json", "{}"), ("result.json", '{"steps": 1}')]
)
def test_a_damaged_file_of_a_run_is_named(name: str, text: str, model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    with pytest.raises(Killed):
        train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(3)])
    (tmp_path / "run" / name).write_text(text)
    if text == "{}":  # nothing is known of the run: then it is what it is said to be
        assert train(tmp_path / "run", job_of(data, config)).ended == "epochs"
        return
    with pytest.raises(StorageError, match=f"{name} is damaged"):
        train(tmp_path / "run", job_of(data, config))


def test_a_finished_run_without_its_adapter_is_not_called_done(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=0.3)
    train(tmp_path / "run", job_of(data, config))
    (tmp_path / "run" / "adapter").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="finished, and its adapter/ is gone"):
        train(tmp_path / "run", job_of(data, config))


def test_a_learning_rate_that_is_too_high_is_named(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, method="full", epochs=30, learning_rate=1e30, clip=1e30)
    with pytest.raises(ConfigError, match="learning-rate"):
        train(tmp_path / "run", job_of(data, config))


def test_a_model_without_the_wanted_layers_is_refused(data: Path, tmp_path: Path) -> None:
    other = tiny_model(tmp_path / "gpt", "GPT2", n_embd=32, n_layer=1, n_head=4, n_positions=256)
    with pytest.raises(ConfigError, match="no layers named"):
        train(tmp_path / "run", job_of(data, small(other)))


def test_a_model_that_changes_its_logits_is_refused(data: Path, tmp_path: Path) -> None:
    other = tiny_model(tmp_path / "cohere", "Cohere", logit_scale=0.0625, initializer_range=0.5)
    with pytest.raises(ConfigError, match="not known here"):
        train(tmp_path / "run", job_of(data, small(other)))


def test_memory_that_runs_out_in_a_step_is_said_with_what_to_do(model: Path, data: Path, tmp_path: Path) -> None:
    import torch

    config = small(model, epochs=2, checkpoint_seconds=1e-6)
    with pytest.raises(ConfigError, match=r"not enough memory for a step: lower --micro-tokens"):
        train(tmp_path / "run", job_of(data, config), kept=lambda: torch.empty(1 << 58))
    resumed = train(tmp_path / "run", job_of(data, config))
    assert resumed.weights == train(tmp_path / "whole", job_of(data, config)).weights


def test_an_adapter_is_no_model_to_train(model: Path, data: Path, tmp_path: Path) -> None:
    train(tmp_path / "run", job_of(data, small(model, epochs=0.5)))
    with pytest.raises(ConfigError, match="is an adapter"):
        make_job(data, small(tmp_path / "run"))


def test_a_cost_ceiling_stops_a_run_that_goes_on_when_it_is_raised(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=2)
    with pytest.raises(TooDear, match=r"raise --max-cost"):
        train(tmp_path / "run", job_of(data, config, ceiling=Ceiling(dollars=1e-9, per_hour=4.0)))
    assert len(losses(tmp_path / "run")) == 1
    result = train(tmp_path / "run", job_of(data, config, ceiling=Ceiling(dollars=1e6, per_hour=4.0)))
    whole = train(tmp_path / "whole", job_of(data, config))
    assert result.weights == whole.weights


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said_and_the_run_goes_on_later(model: Path, data: Path, tmp_path: Path) -> None:
    config = small(model, epochs=1, checkpoint_seconds=1e-6)
    with pytest.raises(Killed):
        train(tmp_path / "run", job_of(data, config), trackers=[KillAfter(4)])
    log = tmp_path / "run" / "log.jsonl"
    kept = log.read_text()
    log.unlink()
    log.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="no space left"):
        train(tmp_path / "run", job_of(data, config))
    log.unlink()
    log.write_text(kept)
    train(tmp_path / "run", job_of(data, config))
    whole = train(tmp_path / "whole", job_of(data, config))
    assert read_json(tmp_path / "run" / "result.json")["weights"] == whole.weights


def test_a_tracker_that_fails_is_left_out(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(Quiet):
        def update(self, run: Path) -> None:
            raise RuntimeError("no store")

    train(tmp_path / "run", job_of(data, small(model, epochs=0.5)), trackers=[Broken()])
    assert capsys.readouterr().err.count("Broken failed and is left out: RuntimeError: no store") == 1


def test_a_log_that_was_cut_off_in_a_line_is_read_up_to_there(model: Path, data: Path, tmp_path: Path) -> None:
    train(tmp_path / "run", job_of(data, small(model, epochs=0.5)))
    log = tmp_path / "run" / "log.jsonl"
    log.write_text(log.read_text() + json.dumps({"step": 99})[:5])
    assert read_run(tmp_path / "run").steps[-1].step == read_run(tmp_path / "run").total
