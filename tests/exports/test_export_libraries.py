"""Every export as its own library reads it, with rows mined for real; each reference gets 1.0 and each stub 0.0.

The rows come from two small projects of the package index, or from the dataset folder that LIFT_SYS_TEST_DATASET
names. Libraries that are not installed are skipped: `pip install 'lift-sys[exports]'`. harbor needs Python 3.12; set
LIFT_SYS_HARBOR_PYTHON to one that has it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from export_box import harbor_reward, pytest_packages, run_boxed

from lift_sys.data_synthesis.dataset import read_examples
from lift_sys.data_synthesis.exports.asking import answer, fenced
from lift_sys.data_synthesis.exports.naming import row_name
from lift_sys.data_synthesis.exports.registry import Options, export
from lift_sys.data_synthesis.exports.reward import WHEELS, compute_score, trl_reward
from lift_sys.data_synthesis.sources.wheels import find
from lift_sys.records import Example, Requirement
from lift_sys.testing.blank import blank

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
LOCK = Path(__file__).parents[2] / "demo" / "demo.lock.json"
PROJECTS = ("humanize", "jmespath")
LIMIT = "40"
HARBOR = """
import sys
from pathlib import Path
from harbor.models.task.task import Task

for folder in map(Path, sys.argv[1:]):
    assert Task.is_valid_dir(folder), folder
    task = Task(folder)
    assert task.config.environment.workdir == "/app"
    print(task.name)
"""


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("LIFT_SYS_TEST_DATASET")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("mined")
    lock = json.loads(LOCK.read_text())
    lock["sources"] = [source for source in lock["sources"] if source["name"] in PROJECTS]
    (folder / "lock.json").write_text(json.dumps(lock))
    command = ["generate", "--lock", folder / "lock.json", "--out", folder / "dataset", "--limit", LIMIT, "--repair"]
    code = "from lift_sys.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True)
    return folder / "dataset"


@pytest.fixture(scope="module")
def rows(mined: Path) -> list[Example]:
    found = list(read_examples(mined))
    assert len(found) >= 5
    return found


@pytest.fixture(scope="module", autouse=True)
def _wheels(mined: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WHEELS, str(wheels(mined)))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


def wheels(mined: Path) -> Path:
    return mined / "work" / "sources" / "wheels"


def packages(mined: Path, requirements: tuple[Requirement, ...]) -> list[Path]:
    """What `pip install` would put into the environment, as folders and files."""
    return [path for item in requirements for path in sorted(find(wheels(mined), item).folder.iterdir())]


def exported(mined: Path, name: str, tmp_path: Path, **options: Any) -> Path:
    cache = Options(name="mined", wheels=wheels(mined))
    return export(mined, name, tmp_path / name, shares={"train": 1.0}, options=cache, **options).out


def stub(row: Example) -> str:
    return fenced(blank(row.code, row.entry_point))


def loaded(kind: str, files: Path, tmp_path: Path) -> Any:
    datasets = pytest.importorskip("datasets", reason="pip install 'lift-sys[exports]'")
    return datasets.load_dataset(kind, data_files={"train": str(files)}, cache_dir=str(tmp_path / "cache"))["train"]


def test_datasets_reads_the_folder_with_its_card(mined: Path, rows: list[Example], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install 'lift-sys[exports]'")
    out = exported(mined, "hf", tmp_path)
    found = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert found["train"]["id"][:] == [row.id for row in rows]
    assert found["train"]["code"][:] == [row.code for row in rows]
    builder = datasets.load_dataset_builder(str(out), cache_dir=str(tmp_path / "cache"))
    assert builder.info.splits["train"].num_examples == len(rows)


def tokenizer() -> Any:
    """One that is made here, since none can be fetched: words by spaces, with a chat template."""
    pytest.importorskip("trl", reason="pip install 'lift-sys[exports]'")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({"<unk>": 0, "<end>": 1}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", eos_token="<end>", pad_token="<end>")
    fast.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    return fast


def test_trl_takes_every_file_as_what_it_is(mined: Path, rows: list[Example], tmp_path: Path) -> None:
    trl = pytest.importorskip("trl", reason="pip install 'lift-sys[exports]'")
    out, words = exported(mined, "trl", tmp_path), tokenizer()
    kinds = {"messages": True, "prompt_completion": False, "preference": True, "reward": True}
    sets = {kind: loaded("json", out / kind / "train.jsonl", tmp_path) for kind in kinds}
    for kind, chat in kinds.items():
        assert trl.is_conversational(sets[kind][0]) is chat
        made = {key: value for key, value in sets[kind][0].items() if key not in ("id", "licence", "source")}
        shown = trl.apply_chat_template(made, words) if chat else made
        assert rows[0].prompt.strip() in shown.get("text", shown.get("prompt"))
    assert all(row["chosen"] != row["rejected"] for row in sets["preference"])
    truths = sets["reward"]["ground_truth"][:]
    right = [[{"role": "assistant", "content": answer(row)}] for row in rows]
    wrong = [[{"role": "assistant", "content": stub(row)}] for row in rows]
    assert trl_reward(completions=right, ground_truth=truths) == [1.0] * len(rows)
    assert trl_reward(completions=wrong, ground_truth=truths) == [0.0] * len(rows)


def test_every_rejected_answer_gets_0(mined: Path, rows: list[Example], tmp_path: Path) -> None:
    out = exported(mined, "trl", tmp_path)
    pairs = [json.loads(line) for line in (out / "preference" / "train.jsonl").read_text().splitlines()]
    kept = [json.loads(line) for line in (out / "reward" / "train.jsonl").read_text().splitlines()]
    truths = {row["id"]: row["ground_truth"] for row in kept}
    given = [pair["rejected"] for pair in pairs]
    assert pairs
    assert set(trl_reward(completions=given, ground_truth=[truths[pair["id"]] for pair in pairs])) == {0.0}


def test_a_trl_trainer_runs_a_step_on_preferences(mined: Path, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl", reason="pip install 'lift-sys[exports]'")
    from transformers import LlamaConfig, LlamaForCausalLM

    out, words = exported(mined, "trl", tmp_path), tokenizer()
    size = LlamaConfig(
        vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, head_dim=8,
        pad_token_id=1, eos_token_id=1,
    )  # fmt: skip
    model = str(tmp_path / "model")
    LlamaForCausalLM(size).save_pretrained(model)  # a folder: DPO loads its reference model from there
    for kind, trainer, config in (
        ("messages", trl.SFTTrainer, trl.SFTConfig),
        ("preference", trl.DPOTrainer, trl.DPOConfig),
    ):
        data = loaded("json", out / kind / "train.jsonl", tmp_path)
        settings = config(
            output_dir=str(tmp_path / kind), max_steps=1, per_device_train_batch_size=1, report_to="none",
            use_cpu=True, bf16=False, max_length=64, save_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        made = trainer(model, args=settings, train_dataset=data, processing_class=words)
        assert made.train().training_loss >= 0


def test_verl_reads_the_columns_and_its_reward_tells_reference_from_stub(
    mined: Path, rows: list[Example], tmp_path: Path
) -> None:
    table = loaded("parquet", exported(mined, "verl", tmp_path) / "train.parquet", tmp_path)
    for row, made in zip(rows, table, strict=True):
        truth = made["reward_model"]["ground_truth"]
        assert made["prompt"][0]["role"] == "user"
        assert compute_score(made["data_source"], answer(row), truth, made["extra_info"]) == 1.0
        assert compute_score(made["data_source"], stub(row), truth, made["extra_info"]) == 0.0


def test_verifiers_finds_the_taskset_and_scores_its_traces(
    mined: Path, rows: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vf = pytest.importorskip("verifiers.v1", reason="pip install 'lift-sys[exports]'")
    loaders = importlib.import_module("verifiers.v1.utils.loaders")
    monkeypatch.syspath_prepend(str(exported(mined, "verifiers", tmp_path)))
    taskset = loaders.load_taskset(loaders.taskset_config_type("mined-env")(id="mined-env"))
    tasks = list(taskset)
    assert [task.key for task in tasks] == [row.id for row in rows]
    environment = importlib.import_module("mined_env").load_environment()
    assert isinstance(environment, vf.SingleAgentEnv)

    async def scores() -> list[tuple[bool | None, float, float]]:
        return [
            (await task.validate(), await scored(vf, task, answer(row)), await scored(vf, task, stub(row)))
            for task, row in zip(tasks, rows, strict=True)
        ]

    assert asyncio.run(scores()) == [(True, 1.0, 0.0)] * len(rows)
    assert "reference" not in tasks[0].data.model_dump()


async def scored(vf: Any, task: Any, reply: str) -> float:
    """The reward of a trace whose last reply this is."""
    kept = vf.TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash)
    trace = vf.Trace(task=kept, agent=vf.AgentInfo(config=vf.AgentConfig(), name="agent", trainable=False))
    trace.root_reply = reply
    await task.score(trace)
    return float(trace.reward)


def test_harbor_tasks_score_through_their_own_script(mined: Path, rows: list[Example], tmp_path: Path) -> None:
    out = exported(mined, "harbor", tmp_path)
    for row in rows:
        task, brought = out / row_name(row), packages(mined, row.requirements)
        assert harbor_reward(task, row.code, tmp_path / "work", brought) == 1.0, row.entry_point
        bare = (task / "environment" / "solution.py").read_text()
        assert harbor_reward(task, bare, tmp_path / "work", brought) == 0.0, row.entry_point


def test_harbor_itself_reads_the_tasks(mined: Path, rows: list[Example], tmp_path: Path) -> None:
    python = os.environ.get("LIFT_SYS_HARBOR_PYTHON", "")
    python = python or str(Path("~/.cache/lift-sys-tests/harbor/bin/python").expanduser())
    if not Path(python).is_file():
        pytest.skip("harbor needs Python 3.12: set LIFT_SYS_HARBOR_PYTHON to one that has harbor")
    out = exported(mined, "harbor", tmp_path)
    folders = [out / row_name(row) for row in rows]
    done = subprocess.run([python, "-c", HARBOR, *map(str, folders)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == [f"mined/{row_name(row)}" for row in rows]


def test_swebench_grades_the_reference_as_resolved_and_the_stub_as_not(
    mined: Path, rows: list[Example], tmp_path: Path
) -> None:
    grading = pytest.importorskip("swebench.harness.grading", reason="pip install 'lift-sys[exports]'")
    utils = importlib.import_module("swebench.harness.utils")
    out = exported(mined, "swebench", tmp_path)
    for file in ("train.jsonl", "repair.jsonl"):
        made = [json.loads(line) for line in (out / file).read_text().splitlines()] if (out / file).is_file() else []
        for number, instance in enumerate(made[:10]):
            wanted = next((row.requirements for row in rows if row.id == instance["row"]), ())
            if "requirements.txt" in instance["base_files"] and not wanted:
                continue
            spec = utils.make_test_spec(instance)
            for patched in (True, False):
                folder = tmp_path / f"{file}-{number}-{patched}"
                command = [sys.executable, out / "checkout.py", out / file, instance["instance_id"], folder]
                subprocess.run(command, check=True, capture_output=True)
                if patched:
                    subprocess.run(["git", "apply", "-"], cwd=folder, input=instance["patch"].encode(), check=True)
                brought = [*pytest_packages(), *packages(mined, wanted)]
                done = run_boxed(["bash", "-c", spec.eval_script], {"/testbed": folder}, "/testbed", brought)
                log = tmp_path / "log.txt"
                log.write_text(f"{done.stdout}\n{done.stderr}")
                given = {"instance_id": instance["instance_id"], "model_patch": "x", "model_name_or_path": "m"}
                report = grading.get_eval_report(spec, given, str(log), True)[instance["instance_id"]]
                assert report["resolved"] is patched, log.read_text()[-3000:]
