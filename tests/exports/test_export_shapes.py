"""What each format writes, and that an export is whole, the same every time, and refuses what it must."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from export_rows import BAND, example, plain_tests, write_rows

from lift_sys.data_synthesis.exports.asking import question
from lift_sys.data_synthesis.exports.columns import COLUMNS
from lift_sys.data_synthesis.exports.preferences import wrong_answers
from lift_sys.data_synthesis.exports.registry import FORMATS, Options, export
from lift_sys.data_synthesis.exports.reward import code_of
from lift_sys.errors import ConfigError, StorageError
from lift_sys.records import Example, Expected, MutantEvidence
from lift_sys.records.models import MutationEvidence

ROWS = 4


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run_cli(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from lift_sys.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_bytes_twice_with_its_marker_and_sources(
    name: str, folder: Path, tmp_path: Path
) -> None:
    seen: list[int] = []
    one = export(folder, name, tmp_path / "one", started=seen.append)
    two = export(folder / "examples.jsonl", name, tmp_path / "two")
    assert one.marker["content_sha256"] == two.marker["content_sha256"]
    assert sum(one.marker["rows"].values()) == ROWS
    assert seen[0] % ROWS == 0
    assert json.loads((tmp_path / "one" / "export.json").read_text()) == one.marker
    sources = (tmp_path / "one" / "SOURCES.md").read_text()
    assert "| hard\\|\\\\ project | 1.0 | Python-2.0 | 1 |" in sources
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", FORMATS)
def test_progress_is_told_for_every_row_that_was_announced(name: str, folder: Path, tmp_path: Path) -> None:
    announced: list[int] = []
    done: list[None] = []
    export(folder, name, tmp_path / "out", started=announced.append, advance=lambda: done.append(None))
    assert len(done) == announced[0]


def test_hf_holds_every_column_and_a_card_whose_header_is_yaml(folder: Path, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    export(folder, "hf", tmp_path / "out", shares={"train": 1.0}, options=Options(name="My: set"))
    table = pyarrow.parquet.read_table(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    assert table.column_names == list(COLUMNS)
    assert table.num_rows == ROWS
    header = yaml.safe_load((tmp_path / "out" / "README.md").read_text().split("---\n")[1])
    assert header["pretty_name"] == "My: set"
    assert header["license"] == ["isc", "mit", "other"]
    assert header["license_name"] == "python-2.0"
    assert header["size_categories"] == ["n<1K"]
    assert header["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    features = {item["name"]: item["dtype"] for item in header["dataset_info"]["features"]}
    assert features == {field.name: str(field.type).replace("double", "float64") for field in table.schema}
    (split,) = header["dataset_info"]["splits"]
    assert (split["name"], split["num_examples"]) == ("train", ROWS)
    assert split["num_bytes"] == header["dataset_info"]["dataset_size"] > 0


def test_trl_rows_ask_for_and_give_the_code(folder: Path, tmp_path: Path, examples: list[Example]) -> None:
    export(folder, "trl", tmp_path / "out", shares={"train": 1.0})
    chats = lines(tmp_path / "out" / "messages" / "train.jsonl")
    texts = lines(tmp_path / "out" / "prompt_completion" / "train.jsonl")
    for made, chat, text in zip(examples, chats, texts, strict=True):
        assert [message["role"] for message in chat["messages"]] == ["user", "assistant"]
        assert code_of([chat["messages"][1]]).strip() == made.code.strip()
        assert text["completion"] == made.code
        assert text["prompt"].strip() == chat["messages"][0]["content"] == question(made)
        assert (text["id"], text["licence"]) == (made.id, made.provenance.licence)


def test_a_mutant_that_was_stopped_and_shown_to_do_nothing_wrong_is_no_rejected_answer(
    examples: list[Example],
) -> None:
    """It took many more steps than the reference, and may well give the same results."""
    wrong = MutantEvidence(
        operator="constant", line=1, before="1", after="2", killed_by=0, failing=(0,), span=(0, 0), text="x = 1\n"
    )
    shown = wrong.model_copy(update={"stopped": True, "got": Expected(value=7), "text": "y = 1\n"})
    slow = wrong.model_copy(update={"stopped": True, "text": "z = 1\n"})
    made = examples[0].model_copy(update={"mutation": MutationEvidence(mutants=(wrong, shown, slow))})
    first = {code_of([{"content": answer}]).splitlines()[0] for answer in wrong_answers(made, 3)}
    assert first == {"x = 1", "y = 1"}


def test_rejected_answers_are_killed_mutants_and_no_two_are_alike(
    folder: Path, tmp_path: Path, examples: list[Example]
) -> None:
    export(folder, "trl", tmp_path / "out", shares={"train": 1.0}, options=Options(pairs=2))
    pairs = lines(tmp_path / "out" / "preference" / "train.jsonl")
    assert len(pairs) == 4  # two rows have mutants
    killed = {
        made.id: {
            made.code[: mutant.span[0]] + mutant.text + made.code[mutant.span[1] :]
            for mutant in made.mutation.mutants
            if mutant.span and mutant.killed_by is not None
        }
        for made in examples
    }
    wrong = [code_of(pair["rejected"]).strip() for pair in pairs]
    assert len(set(wrong)) == 4
    for pair, code in zip(pairs, wrong, strict=True):
        assert code in {text.strip() for text in killed[pair["id"]]}
        assert code_of(pair["chosen"]) != code


def test_a_question_shows_what_the_code_needs_and_never_the_body(examples: list[Example]) -> None:
    band, counter, *_ = map(question, examples)
    assert band == "Write `band`."
    assert "STEP = 3" in counter
    assert "self.total = start" in counter
    assert "def lift_call(start, *args):" in counter
    assert "self.total += n" not in counter


def test_llamafactory_names_every_file_with_the_columns_it_has(folder: Path, tmp_path: Path) -> None:
    export(folder, "llamafactory", tmp_path / "out", options=Options(name="My set"))
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text())
    assert set(info) == {"my_set_sft", "my_set_preference"}
    for entry in info.values():
        rows = lines(tmp_path / "out" / entry["file_name"])
        assert rows
        for column in entry["columns"].values():
            assert all(column in row for row in rows)
    pair = lines(tmp_path / "out" / "my_set_preference.jsonl")[0]
    tags = info["my_set_preference"]["tags"]
    assert pair["conversations"][0][tags["role_tag"]] == tags["user_tag"]
    assert pair["chosen"][tags["role_tag"]] == pair["rejected"][tags["role_tag"]] == tags["assistant_tag"]


def test_verl_rows_have_the_columns_it_reads(folder: Path, tmp_path: Path) -> None:
    export(folder, "verl", tmp_path / "out", shares={"train": 1.0})
    rows = pyarrow.parquet.read_table(tmp_path / "out" / "train.parquet").to_pylist()
    for index, row in enumerate(rows):
        assert set(row) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
        assert row["prompt"][0]["role"] == "user"
        assert row["reward_model"]["style"] == "rule"
        assert row["extra_info"]["index"] == index
        assert "def band" not in row["reward_model"]["ground_truth"]
    assert (tmp_path / "out" / "reward.py").is_file()


def test_folder_names_are_safe_whatever_the_code_calls_itself(folder: Path, tmp_path: Path) -> None:
    export(folder, "harbor", tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_dir())
    assert len(names) == ROWS
    for name in names:
        assert name.isascii()
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
        assert name[0].isalnum()
        assert ".." not in name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_rows_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    tests = plain_tests(((1,), 1), ((2,), 2))
    twins = [example(f"def f(x):\n    return x + {n}\n", "f", tests) for n in (1, 2, 3)]
    export(write_rows(tmp_path / "in", twins), "harbor", tmp_path / "out")
    assert len([path for path in (tmp_path / "out").iterdir() if path.is_dir()]) == 3


def test_a_new_export_replaces_an_old_one_and_a_stopped_one(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(folder, "trl", out)
    leftover = tmp_path / ".out.partial" / "half"
    leftover.mkdir(parents=True)
    (leftover / "x").write_text("x")
    export(folder, "hf", out)
    assert not (out / "messages").exists()
    assert not (out / "half").exists()
    assert json.loads((out / "export.json").read_text())["format"] == "hf"
    assert not (tmp_path / ".out.partial").exists()


def test_a_failure_leaves_the_old_export_and_no_rubbish(
    folder: Path, tmp_path: Path, examples: list[Example]
) -> None:
    out = tmp_path / "out"
    export(folder, "trl", out)
    broken = tmp_path / "broken.jsonl"
    good = [row.to_line() for row in examples]
    broken.write_text("\n".join([*good[:2], good[2].replace("Write", "write", 1), good[3]]) + "\n")
    with pytest.raises(StorageError, match=r"broken\.jsonl, line 3: .* was changed"):
        export(broken, "trl", out)
    assert json.loads((out / "export.json").read_text())["format"] == "trl"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.jsonl", "out"]


def test_a_folder_with_other_files_is_not_touched(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds other files"):
        export(folder, "trl", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_bad_input_is_told_what_to_do(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no format 'csv': choose one of hf, trl"):
        export(folder, "csv", tmp_path / "out")
    with pytest.raises(StorageError, match="does not exist: name a folder"):
        export(tmp_path / "nowhere", "hf", tmp_path / "out")
    with pytest.raises(StorageError, match="holds no examples"):
        export(write_rows(tmp_path / "empty", []), "hf", tmp_path / "out")
    (tmp_path / "text").write_text("no JSON\n")
    with pytest.raises(StorageError, match="line 1: not an example"):
        export(tmp_path / "text", "hf", tmp_path / "out")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="is not a folder"):
        export(folder, "hf", tmp_path / "file")
    with pytest.raises(StorageError):
        export(folder, "hf", tmp_path / "file" / "below")
    for nameless in (Path("."), Path("/"), Path("..")):
        with pytest.raises(StorageError, match="can't be an export's folder"):
            export(folder, "hf", nameless)
    assert not (tmp_path / "out").exists()


def test_the_command_writes_tells_and_ends_with_the_right_code(folder: Path, tmp_path: Path) -> None:
    done = run_cli("export", folder, "--format", "trl", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["format"] == "trl"
    for wrong, code, said in (
        (["--format", "csv"], 2, "no format 'csv'"),
        (["--format", "hf", "--splits", "a,b"], 2, "--splits 'a,b': give shares"),
    ):
        failed = run_cli("export", folder, "--out", tmp_path / "other", *wrong)
        assert failed.returncode == code
        assert said in failed.stderr
        assert "Traceback" not in failed.stderr


def test_code_that_holds_fences_survives_a_chat(examples: list[Example]) -> None:
    for made in examples:
        longer = "````python\n" + made.code.strip() + "\n````"
        assert code_of(f"Here it is:\n\n{longer}\n\nDone.").strip() == made.code.strip()
    assert code_of("```python\nx = 1\n```\nthen\n```py\nx = 2\n```") == "x = 2\n"
    assert code_of(BAND) == BAND
    assert code_of(None) == code_of([]) == code_of([{}]) == ""


def test_rows_keep_their_order(folder: Path, tmp_path: Path, examples: list[Example]) -> None:
    export(folder, "trl", tmp_path / "out", shares={"train": 1.0})
    ids = [row["id"] for row in lines(tmp_path / "out" / "preference" / "train.jsonl")]
    order = [made.id for made in examples]
    assert all(order.index(one) <= order.index(other) for one, other in pairwise(ids))
