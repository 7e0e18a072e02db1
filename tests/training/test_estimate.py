"""What a run takes, told before: sizes that are known, memory, disk, prices, and time against real runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lift_sys.errors import ConfigError, StorageError
from lift_sys.providers.weights import free_memory
from lift_sys.training import prices
from lift_sys.training.config import TrainConfig
from lift_sys.training.estimate import Work, operations, rent
from lift_sys.training.memory import check_disk, check_memory, disk_of, memory_of
from lift_sys.training.shapes import KNOWN, QWEN, Shape, read_shape, shape_of

SMOL = Shape(hidden=576, layers=30, queries=576, keys=192, inner=1536, vocabulary=49152, tied=True, heads=9)
WORK = Work(steps=1000, tokens=2_000_000, padded=2_100_000, learnt=800_000, validated=300_000)
CONFIG = TrainConfig()


def test_the_sizes_of_known_models_are_those_that_their_makers_state() -> None:
    assert pytest.approx(134.5e6, rel=0.001) == SMOL.parameters
    qwen = read_shape(QWEN)
    assert qwen.parameters == pytest.approx(30.5e9, rel=0.005)
    assert qwen.body + 2 * qwen.head == pytest.approx(3.3e9, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "layers"), [("lora", None), ("full", None), ("full", 1)])
@pytest.mark.parametrize("targets", ["all", "attention"])
def test_what_is_learnt_is_counted_as_a_real_model_has_it(
    method: str, layers: int | None, targets: str, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    from training_kit import tiny_model

    from lift_sys.training import models

    config = TrainConfig(model=str(tiny_model(tmp_path)), method=method, layers=layers, targets=targets, rank=3)  # type: ignore[arg-type]
    base = models.base_of(config.model)
    found = sum(parameter.numel() for _, parameter in models.trainable(models.load_model(base, config)))
    told = shape_of(base.config, base.name).learnt(config)
    assert told == pytest.approx(found, rel=0.01 if method == "full" else 0)


def test_a_model_of_unknown_size_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="size of m can't be told"):
        shape_of({"d_model": 512}, "m")
    with pytest.raises(ConfigError, match="can't be read"):
        read_shape(str(tmp_path / "none"))


def test_memory_grows_with_what_takes_it_and_falls_with_what_saves_it() -> None:
    def total(**settings: object) -> float:
        return memory_of(SMOL, CONFIG.model_copy(update=settings), half=False, learnt=0.3).total

    assert total(micro_tokens=4096) > total() > total(micro_tokens=1024)
    assert total(method="full") > total() > total(targets="attention")
    assert total(method="full") > 1.2 * total(method="full", layers=15)
    assert total(recompute=True) < 0.6 * total()
    assert memory_of(SMOL, CONFIG, half=False, longest=100).total < total()


def test_a_run_that_does_not_fit_is_refused_with_its_estimate() -> None:
    memory = memory_of(read_shape(QWEN), CONFIG.model_copy(update={"method": "full"}), half=False)
    assert memory.total > 400e9
    if memory.total < free_memory():
        pytest.skip("this machine has memory for it")
    with pytest.raises(ConfigError, match=r"takes about \d+\.\d GB \(weights 122\.\d.*--recompute.*LoRA"):
        check_memory(memory, CONFIG.model_copy(update={"method": "full"}))
    check_memory(replace(memory, weights=0, learnt=0, activations=0, logits=0), CONFIG)


def test_a_run_whose_checkpoints_do_not_fit_on_the_disk_is_refused(tmp_path: Path) -> None:
    check_disk(SMOL, CONFIG, tmp_path / "run")
    huge = replace(SMOL, hidden=1 << 20, inner=1 << 22)
    with pytest.raises(StorageError, match=r"writes up to [\d,]+ MB"):
        check_disk(huge, CONFIG.model_copy(update={"method": "full"}), tmp_path / "not" / "there" / "yet")
    assert disk_of(SMOL, CONFIG.model_copy(update={"patience": 3})) > disk_of(SMOL, CONFIG)


def test_work_is_that_of_the_published_rule() -> None:
    plain = Work(1, 1000, 1000, 0, 0)
    assert operations(SMOL, plain, CONFIG) == 4 * SMOL.body * 1000
    assert operations(SMOL, plain, CONFIG.model_copy(update={"method": "full"})) == 6 * SMOL.body * 1000
    assert operations(SMOL, plain, CONFIG.model_copy(update={"recompute": True})) == 6 * SMOL.body * 1000
    half = CONFIG.model_copy(update={"method": "full", "layers": SMOL.layers // 2})
    assert operations(SMOL, plain, half) == 4 * SMOL.body * 1000
    learnt = replace(plain, learnt=100)
    assert operations(SMOL, learnt, CONFIG) == 4 * (SMOL.body * 1000 + SMOL.head * 100)


def test_twice_the_work_takes_twice_the_time_after_the_start() -> None:
    one, two = (rent(read_shape(QWEN), replace(WORK, padded=n * WORK.padded), CONFIG, "H100") for n in (1, 2))
    start = 600 / 3600
    assert two.hours[0] - start < 2 * (one.hours[0] - start)  # the logits stay as they are
    assert two.hours[0] - start > 1.7 * (one.hours[0] - start)
    assert one.hours[0] < one.hours[1]
    assert one.dollars[1] == pytest.approx(one.hours[1] * prices.per_hour(one.machine))


def test_the_cloud_model_fits_on_one_large_gpu_with_attention_adapters_only() -> None:
    attention = CONFIG.model_copy(update={"targets": "attention", "recompute": True})
    assert rent(read_shape(QWEN), WORK, attention, "H100").fits
    assert not rent(read_shape(QWEN), WORK, attention, "L40S").fits
    assert not rent(read_shape(QWEN), WORK, CONFIG.model_copy(update={"method": "full"}), "H100").fits


def test_every_price_is_of_one_dated_table() -> None:
    year, month, day = map(int, prices.AS_OF.split("-"))
    assert (year >= 2026, 1 <= month <= 12, 1 <= day <= 31) == (True, True, True)
    assert prices.machine_of("H100").per_hour == pytest.approx(3.9492)
    assert prices.machine_of("A100-80GB").per_hour == pytest.approx(2.4984)
    with pytest.raises(ConfigError, match="known are H100"):
        prices.machine_of("TPU")
    assert set(KNOWN) == {QWEN}


@pytest.mark.slow
def test_a_probe_tells_the_time_of_a_run_and_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    from training_kit import make_rows, small, tiny_model, write_data

    from lift_sys.training.estimate import memory_of_job, probe
    from lift_sys.training.job import make_job
    from lift_sys.training.lora import train
    from lift_sys.training.runs import read_run

    model = tiny_model(tmp_path / "model", hidden_size=64, intermediate_size=256, num_hidden_layers=6)
    data = write_data(tmp_path / "data", make_rows(200), make_rows(20, start=200))
    job = make_job(data, small(model, epochs=2), samples=1).job
    assert memory_of_job(shape_of(job.base.config, "m"), job).total < 2e9
    told = probe(job)
    train(tmp_path / "run", job)
    took = sum(step.took for step in read_run(tmp_path / "run").steps)
    # Wide bounds: a step takes milliseconds and other work goes on. docs/TRAINING.md has the error of a real run.
    assert took / 3 < told.steps < 3 * took
    whole = train(tmp_path / "again", job)
    assert whole.weights == train(tmp_path / "run", job).weights
