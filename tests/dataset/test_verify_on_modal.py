"""`LIFT_SYS_SANDBOX=modal lift-sys verify` over a stand-in for Modal: what it judges and what it can't."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from dataset_rows import SOURCE, make_row

from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.data_synthesis.repair import write_repair_tasks
from lift_sys.records import Example, Requirement

LIFT_SYS = str(Path(sys.executable).parent / "lift-sys")
EXECUTORS = Path(__file__).resolve().parents[1] / "executors"
DOUBLE = """
def double(x):
    \'\'\'Twice x.

    >>> double(2)
    4
    >>> double(5)
    10
    >>> double(-1)
    -2
    \'\'\'
    return 2 * x
"""
MODAL = os.pathsep.join(map(str, (EXECUTORS / "stand_in", EXECUTORS)))


def write(folder: Path, *rows: Example) -> Path:
    counts = dict.fromkeys(("functions", "lifted", "with_tests", "executed", "validated"), len(rows))
    write_dataset(
        folder,
        examples=[(row.id, row.to_line() + "\n") for row in rows],
        rejections=[],
        file_rejections=[],
        counts={**counts, "rejected": 0},
        sources=[SOURCE],
        configuration={},
        code_version="0",
    )
    return folder


def row(name: str, code: str, **changes: Any) -> Example:
    return make_row(name).model_copy(update={"code": code, **changes})


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LIFT_SYS_SANDBOX": "modal", "PYTHONPATH": MODAL}
    return subprocess.run(
        [LIFT_SYS, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )


def verified(folder: Path, state: Path, *options: object) -> tuple[int, dict[str, Any]]:
    done = command("verify", folder, "--state", state, "--jobs", 1, "--json", *options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_sound_rows_hold_there_each_run_under_another_hash_seed(tmp_path: Path) -> None:
    folder = write(tmp_path, make_row("f"), make_row("g"), make_row("h"))
    code, told = verified(folder, tmp_path / "state.sqlite", "--runs", 3)
    assert (code, told["holds"], told["flips"], told["errors"]) == (0, True, [], [])
    assert told["judged"] == 3
    assert told["calls"] == 3 * 3 * 4  # three tests of three rows in three runs, in the first also each by itself
    assert len(set(told["environments"])) == 3
    assert all(name.startswith("modal ") for name in told["environments"])


def test_rows_that_are_wrong_or_depend_on_the_hash_seed_or_keep_state_flip_there(tmp_path: Path) -> None:
    wrong = row("wrong", "def wrong(x):\n    return x + 2\n")
    seed = row("seed", "def seed(x):\n    return x + 1 + hash('a') % 2\n")
    state = row("state", "seen = []\ndef state(x):\n    seen.append(x)\n    return len(seen)\n")
    code, told = verified(write(tmp_path, make_row("f"), wrong, seed, state), tmp_path / "state.sqlite", "--runs", 4)
    assert code == 1
    flips = Counter(identity for identity, _ in told["flips"])
    assert flips.keys() == {wrong.id, seed.id, state.id}
    assert flips[wrong.id] == 4
    assert 0 < flips[seed.id] < 4


def test_rows_that_need_packages_are_told_as_not_judged_and_the_others_are_judged(tmp_path: Path) -> None:
    needed = Requirement(name="nothing", version="1", filename="nothing-1-py3-none-any.whl", sha256="0" * 64)
    equipped = make_row("g").model_copy(update={"requirements": (needed,)})
    code, told = verified(write(tmp_path, make_row("f"), equipped), tmp_path / "state.sqlite")
    assert (code, told["flips"]) == (3, [])
    assert [identity for identity, _ in told["errors"]] == [equipped.id]
    assert "on Modal can't have packages" in told["errors"][0][1]
    assert told["calls"] == 2 * (3 + 3)


def test_what_was_judged_there_does_not_stand_for_a_run_here(tmp_path: Path) -> None:
    folder, state = write(tmp_path, make_row("f")), tmp_path / "state.sqlite"
    assert verified(folder, state, "--resume")[1]["resumed"] == 0
    assert verified(folder, state, "--resume")[1]["resumed"] == 1
    here = [LIFT_SYS, "verify", str(folder), "--state", str(state), "--jobs", "1", "--json", "--resume"]
    told = json.loads(subprocess.run(here, capture_output=True, text=True, check=True).stdout)
    assert told["resumed"] == 0


def test_repair_tasks_are_told_as_not_judged_there(tmp_path: Path) -> None:
    sound = make_row("f")
    mutants = tuple(mutant.model_copy(update={"failing": (0,)}) for mutant in sound.mutation.mutants)
    mutation = sound.mutation.model_copy(update={"mutants": mutants})
    write_repair_tasks(write(tmp_path, sound.model_copy(update={"mutation": mutation})))
    code, told = verified(tmp_path, tmp_path / "state.sqlite")
    assert (code, told["flips"], told["errors"]) == (3, [], [])
    assert [detail for _, detail in told["repairs"]["errors"] if "clock" in detail]


def test_generate_is_refused_there_before_it_makes_rows(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "one.py").write_text(DOUBLE)
    done = command("generate", "--local", tmp_path / "own", "--out", tmp_path / "out", "--jobs", 1)
    assert done.returncode == 3, done.stderr
    assert "use a machine with bubblewrap" in done.stderr
    assert not (tmp_path / "out" / "examples.jsonl").exists()
