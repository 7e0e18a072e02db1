"""Prepared data: split by project, balanced, counted, and the same bytes every time."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from prepare_kit import make_example, make_examples, make_task, make_tasks, write_examples

from lift_sys.errors import ConfigError, StorageError
from lift_sys.ir.compact import parse
from lift_sys.records.training import KINDS, TrainingRow
from lift_sys.training.choosing import CHOSEN, FATES, LONG_ANSWER, LONG_PROMPT, NOTHING, Recipe
from lift_sys.training.data_prep import (
    FILES,
    NEEDS_PACKAGE,
    SPLITS,
    Prepared,
    manifest_of,
    prepare,
    read_manifest,
    read_rows,
    write,
)
from lift_sys.training.material import read_examples
from lift_sys.training.shortening import with_examples, without_docstrings

SMALL = Recipe(train=120, val=12, test=12)


def everything(prepared: Prepared) -> list[TrainingRow]:
    return [row for split in SPLITS for row in prepared.rows[split]]


def test_the_same_input_in_any_order_gives_the_same_bytes(tmp_path: Path) -> None:
    examples, tasks = make_examples(60), make_tasks(60)
    for name in ("a", "b"):
        prepared = prepare(examples, tasks, SMALL)
        write(tmp_path / name, prepared, manifest_of(prepared, SMALL, {}))
        random.Random(7).shuffle(examples)
        random.Random(8).shuffle(tasks)
    for file in (*FILES.values(), "splits.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_no_project_is_in_two_splits() -> None:
    found = prepare(make_examples(80), [], Recipe(120, 12, 12, templates=0.0))
    groups = {split: {row.group for row in found.rows[split]} for split in SPLITS}
    assert all(groups.values())
    assert not groups["train"] & groups["test"]
    assert not groups["train"] & groups["val"]
    assert not groups["val"] & groups["test"]


def test_near_duplicates_of_two_projects_are_in_one_split() -> None:
    pairs = [
        make_example(2 * n + half, f"project-{n}-{half}", cluster=f"cluster-{n}")
        for n in range(60)
        for half in (0, 1)
    ]
    found = prepare(pairs, [], Recipe(120, 12, 12, templates=0.0), fewer=True)
    splits = {row.group: split for split in SPLITS for row in found.rows[split]}
    assert len(set(splits.values())) == 3
    both = [n for n in range(60) if f"project-{n}-0" in splits and f"project-{n}-1" in splits]
    assert len(both) > 20
    assert all(splits[f"project-{n}-0"] == splits[f"project-{n}-1"] for n in both)


def test_template_tasks_are_for_training_and_validation_only() -> None:
    found = prepare(make_examples(60), make_tasks(200), SMALL)
    origins = {split: Counter(row.origin for row in found.rows[split]) for split in SPLITS}
    assert origins["test"] == {"dataset": 12}
    assert origins["train"] == {"template": 60, "dataset": 60}
    assert origins["val"]["template"] > 0
    sources = {split: {row.source for row in found.rows[split] if row.origin == "template"} for split in SPLITS}
    assert not sources["train"] & sources["val"]


STYLES = {
    "equations": ["f(1) == 2", "f(2) == 3", "f(3) == 4"],
    "sentences": ["- `f(1)` returns `2`.", "- `f(2)` returns `3`.", "- `f(3)` returns `4`."],
    "doctests": [">>> f(1)\n2", ">>> f('a',\n...   'b')\n'c'", ">>> f(3)\n4"],
}


@pytest.mark.parametrize("shown", STYLES.values(), ids=STYLES)
def test_a_shortened_prompt_keeps_its_first_examples_whole(shown: list[str]) -> None:
    prompt = "Write `f`.\n\nExamples:\n" + "\n".join(shown)
    assert with_examples(prompt, 2) == "Write `f`.\n\nExamples:\n" + "\n".join(shown[:2])
    assert with_examples(prompt, 3) == prompt
    assert with_examples(prompt, 0) == "Write `f`."


def test_only_prompts_to_train_on_are_shortened() -> None:
    text = "Write `add_{}(x: int) -> int`.\n\nExamples:\nadd(1) == 2\nadd(2) == 3"
    examples = [make_example(n, f"project-{n}", prompt=text.format(n)) for n in range(60)]
    found = prepare(examples, [], Recipe(20, 2, 2, {"prompt_to_code": 1.0}, templates=0.0, examples=1))
    lines = {split: {row.prompt.count("add(") for row in found.rows[split]} for split in SPLITS}
    assert lines == {"train": {1}, "val": {2}, "test": {2}}


DOCUMENTED = {
    "function": ('def f(x):\n    """Add."""\n\n    return x\n', "def f(x):\n    return x\n"),
    "a comment behind it": (
        'def f(x):\n    """Add.\n    """\n    # why\n    return x',
        "def f(x):\n    # why\n    return x",
    ),
    "class and method": (
        'class C:\n    """Holds."""\n\n    @property\n    def x(self):\n        "x"\n        return 1',
        "class C:\n    @property\n    def x(self):\n        return 1",
    ),
    "all there is": ('class E(Exception):\n    """Told."""\n', 'class E(Exception):\n    """Told."""\n'),
    "on a shared line": ('def f(): "é"; return "é"', 'def f(): "é"; return "é"'),
    "it is read": ('def f():\n    "a"\n    return f.__doc__', 'def f():\n    "a"\n    return f.__doc__'),
    "no docstring": ('def f():\n    x = """a\nb"""\n    return x', 'def f():\n    x = """a\nb"""\n    return x'),
}


@pytest.mark.parametrize(("code", "bare"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_docstrings_are_left_out_where_the_code_stays_what_it_is(code: str, bare: str) -> None:
    assert without_docstrings(code) == bare


def test_rows_without_docstrings_show_none_in_answers_and_in_bugs_but_for_the_test_split() -> None:
    text = '"""Add {} to it."""\n    '
    examples = []
    for number in range(60):
        one = make_example(number, f"project-{number}")
        (bug,) = one.mutation.mutants
        start = one.code.index("return")
        span = (bug.span[0] + len(text.format(number)), bug.span[1] + len(text.format(number)))
        evidence = one.mutation.model_copy(update={"mutants": (bug.model_copy(update={"span": span}),)})
        code = one.code[:start] + text.format(number) + one.code[start:]
        examples.append(one.model_copy(update={"code": code, "mutation": evidence}))
    kinds = {"prompt_to_code": 0.5, "repair": 0.5}
    found = prepare(examples, [], Recipe(20, 4, 4, kinds, templates=0.0, docstrings=False))
    for split, shown in (("train", False), ("val", False), ("test", True)):
        for row in found.rows[split]:
            number = row.completion.partition("add_")[2].partition("(")[0]
            assert ('"""' in row.completion) is shown
            assert row.completion.endswith(f"    return x + {number}\n```")
            if row.task == "repair":
                assert ('"""' in row.prompt) is shown
                assert f"    return x - {number}\n" in row.prompt


def test_kinds_come_in_their_shares() -> None:
    found = prepare(make_examples(100), make_tasks(150), Recipe(200, 12, 12))
    assert Counter(row.task for row in found.rows["train"]) == {
        "prompt_to_code": 100,
        "prompt_to_ir": 40,
        "ir_to_code": 40,
        "repair": 20,
    }


def test_categories_and_difficulties_are_taken_in_turn() -> None:
    rare = [make_example(6 * n + 1, f"rare-{n}") for n in range(4)]  # arithmetic, medium
    common = [make_example(6 * n, f"common-{n}") for n in range(200)]  # lists, easy
    recipe = Recipe(20, 0, 0, kinds={"prompt_to_code": 1.0}, templates=0.0)
    found = prepare([*common, *rare], [], recipe)
    in_training = sum(row.category == "arithmetic" for row in found.rows["train"])
    assert in_training >= 3  # of 4, where chance would take less than one


def test_each_kind_of_row_asks_and_answers_what_it_should() -> None:
    found = prepare(make_examples(40), [], Recipe(80, 0, 0, dict.fromkeys(KINDS, 0.25), templates=0.0))
    kinds = {row.task: row for row in found.rows["train"]}
    assert set(kinds) == set(KINDS)
    number = {kind: kinds[kind].completion for kind in KINDS}
    assert parse(number["prompt_to_ir"]).signature is not None
    for kind in ("prompt_to_code", "ir_to_code", "repair"):
        code = number[kind].removeprefix("```python\n").removesuffix("```")
        compile(code, "answer", "exec")
        assert code.startswith("def add_")
    assert "return x -" in kinds["repair"].prompt
    assert "return x +" not in kinds["repair"].prompt
    assert "return x" not in kinds["ir_to_code"].prompt


def test_rows_over_the_budget_are_cut_and_counted() -> None:
    long = [make_example(n, f"project-{n}", prompt="word " * 200) for n in range(30)]
    short = make_examples(40)
    recipe = Recipe(60, 0, 0, kinds={"prompt_to_code": 1.0}, templates=0.0, prompt_characters=500)
    found = prepare([*long, *short], [], recipe, fewer=True)
    assert max(len(row.prompt) for row in everything(found)) <= 500
    cut = sum(found.fates[split]["dataset", "prompt_to_code", LONG_PROMPT] for split in SPLITS)
    assert cut == 30
    tight = replace(recipe, completion_characters=50, prompt_characters=10_000)
    none = prepare(make_examples(40), [], tight, fewer=True)
    assert everything(none) == []
    assert sum(none.fates[split]["dataset", "prompt_to_code", LONG_ANSWER] for split in SPLITS) == 120


def test_every_candidate_has_one_fate() -> None:
    examples, tasks = make_examples(50), make_tasks(50)
    harnessed = examples[0].model_copy(update={"harness": "def lift_call(x):\n    return add_0(x)\n"})
    found = prepare([harnessed, *examples[1:]], tasks, SMALL)
    for kind in KINDS:
        for origin, count in (("dataset", 150), ("template", 50)):
            fates = sum(found.fates[split][origin, kind, fate] for split in SPLITS for fate in FATES)
            assert fates == count
        chosen = sum(
            found.fates[split][origin, kind, CHOSEN] for split in SPLITS for origin in ("dataset", "template")
        )
        assert chosen == sum(row.task == kind for row in everything(found))
    assert sum(found.fates[split]["dataset", "repair", NOTHING] for split in SPLITS) == 1


def test_rows_that_need_a_package_are_set_aside() -> None:
    found = prepare([*make_examples(40), make_example(999, "wheels", requirement=True)], [], SMALL, fewer=True)
    assert found.set_aside == {NEEDS_PACKAGE: 1}
    assert found.sources == {"examples": 120, "tasks": 0}
    assert "wheels" not in {row.group for row in everything(found)}


def test_a_task_of_the_suite_may_not_be_trained_on() -> None:
    suite = make_tasks(5)
    again = suite[2].model_copy(update={"prompt": "The same in other words."})
    with pytest.raises(ConfigError, match="evaluation suite"):
        prepare(make_examples(40), [*make_tasks(20, 2000), again], SMALL, suite=suite)


def test_a_held_out_template_may_not_be_trained_on() -> None:
    with pytest.raises(ConfigError, match="held-out"):
        prepare(make_examples(40), [make_task(1, held_out=True)], SMALL)


def test_too_few_rows_are_said_with_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"too few rows \(train: \d+ of 5000.*--fewer"):
        prepare(make_examples(10), [], Recipe(train=5000))
    assert everything(prepare(make_examples(10), [], Recipe(train=5000), fewer=True))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kinds": {"prompt_to_code": 0.4}}, "add up"),
        ({"kinds": {"prompt_to_code": 1.5, "repair": -0.5}}, "0 or more"),
        ({"kinds": {"poem": 1.0}}, "kinds of rows"),
        ({"train": 0}, "above 0"),
        ({"prompt_characters": 0}, "length budget"),
    ],
)
def test_a_recipe_that_can_not_be_carried_out_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Recipe(**wrong)  # type: ignore[arg-type]


def test_a_changed_row_is_noticed(tmp_path: Path) -> None:
    prepared = prepare(make_examples(60), [], replace(SMALL, templates=0.0))
    write(tmp_path, prepared, manifest_of(prepared, SMALL, {}))
    path = tmp_path / "train.jsonl"
    path.write_text(path.read_text().replace("return x + ", "return x * ", 1))
    with pytest.raises(StorageError, match="changed after it was written"):
        read_manifest(tmp_path)
    with pytest.raises(StorageError, match=r"train.jsonl, line \d+: no training row"):
        read_rows(path)


@pytest.mark.parametrize(
    ("text", "said"), [("", "holds no rows"), ("{}\n", "line 1"), ("not json\n", "line 1"), ("\xff", "line 1")]
)
def test_a_file_that_holds_no_rows_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(text)
    with pytest.raises(StorageError, match=said):
        read_rows(path)


def test_a_damaged_example_is_named(tmp_path: Path) -> None:
    folder = write_examples(tmp_path / "d", make_examples(3))
    path = folder / "examples.jsonl"
    lines = path.read_text().splitlines()
    record = json.loads(lines[4])
    record["code"] = "def f(): pass"
    path.write_text("\n".join([*lines[:4], json.dumps(record), *lines[5:]]) + "\n")
    with pytest.raises(StorageError, match="line 5: no example"):
        list(read_examples(folder))
    with pytest.raises(StorageError, match="can't be read"):
        list(read_examples(tmp_path / "none"))
