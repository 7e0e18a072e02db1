"""Datasets and template tasks become instruction data: `train.jsonl`, `val.jsonl`, `test.jsonl`.

Rows of a dataset are split by project and near-duplicate cluster (`records/splits.py`), so nothing of a test project
is seen in training. Template tasks are for training, one combination in twenty for validation; their test is the
suite, which comes from another seed. The same input gives the same bytes.

From each split's material, rows of the four kinds are chosen in fixed shares. For each kind, categories and
difficulties take turns, so that a rare one is not drowned by a common one, until the share is full.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError, StorageError
from lift_sys.records import Example
from lift_sys.records.splits import assign
from lift_sys.records.tasks import Task
from lift_sys.records.training import KINDS, TaskKind, TrainingRow
from lift_sys.storage.files import atomic_write, storage_errors
from lift_sys.training.material import Material, of_example, of_task

SPLITS = ("train", "val", "test")
FILES = {split: f"{split}.jsonl" for split in SPLITS}
MANIFEST = "splits.json"
SCHEMA_VERSION = 1
_SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}


@dataclass(frozen=True)
class Recipe:
    """How many rows of what, and how long they may be."""

    train: int = 8000
    val: int = 600
    test: int = 600
    kinds: dict[TaskKind, float] = field(
        default_factory=lambda: {"prompt_to_code": 0.5, "prompt_to_ir": 0.2, "ir_to_code": 0.2, "repair": 0.1}
    )
    """Share of each kind of row; they add up to 1."""
    templates: float = 0.5
    """Share of template tasks among the training and validation rows, where there are any."""
    prompt_characters: int = 2400
    completion_characters: int = 1600
    """Longer rows are left out, and counted."""

    def __post_init__(self) -> None:
        if set(self.kinds) - set(KINDS) or any(share < 0 for share in self.kinds.values()):
            raise ConfigError(f"kinds of rows are {', '.join(KINDS)}, with shares of 0 or more")
        if abs(sum(self.kinds.values()) - 1) > 1e-9 or not 0 <= self.templates <= 1:
            raise ConfigError("shares must add up to 1, and the share of templates lies between 0 and 1")
        if min(self.train, self.val, self.test) < 0 or self.train == 0:
            raise ConfigError("give a number of training rows above 0, and none below 0")


@dataclass
class Prepared:
    """The rows of each split, in order, and what was left out of each, by reason."""

    rows: dict[str, list[TrainingRow]]
    left_out: dict[str, Counter[str]]
    sources: dict[str, int]
    """How many examples and tasks there were to choose from."""


def prepare(
    examples: Iterable[Example],
    tasks: Sequence[Task],
    recipe: Recipe,
    *,
    suite: Sequence[Task] = (),
) -> Prepared:
    """Choose the rows of each split.

    Args:
        tasks: template tasks to train on.
        suite: the tasks that models are evaluated with; none of them may be among `tasks`.

    Raises:
        ConfigError: a task is the suite's, or of a held-out template.
    """
    _apart(tasks, suite)
    left_out: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    mined = list(_mined(examples, left_out["train"]))
    made = [of_task(task) for task in tasks]
    split_of = assign([(item.group, item.cluster) for item in mined], _SHARES)
    shares: dict[str, dict[str, list[Material]]] = {split: {"dataset": [], "template": []} for split in SPLITS}
    for item, split in zip(mined, split_of, strict=True):
        shares[split]["dataset"].append(item)
    for item in made:
        shares[_template_split(item)]["template"].append(item)
    rows = {}
    for split in SPLITS:
        count = getattr(recipe, split)
        wanted = round(count * recipe.templates) if shares[split]["template"] else 0
        wanted = count if not shares[split]["dataset"] else wanted
        chosen = choose(shares[split]["template"], wanted, recipe, left_out[split])
        chosen += choose(shares[split]["dataset"], count - len(chosen), recipe, left_out[split])
        rows[split] = sorted(chosen, key=lambda row: row.id)
    return Prepared(rows, left_out, {"examples": len(mined), "tasks": len(made)})


def _apart(tasks: Sequence[Task], suite: Sequence[Task]) -> None:
    known = {(task.template, json.dumps(task.parameters, sort_keys=True)) for task in suite}
    for task in tasks:
        if task.held_out:
            raise ConfigError(f"{task.name} is of a held-out template: nothing of those may be trained on")
        if (task.template, json.dumps(task.parameters, sort_keys=True)) in known:
            raise ConfigError(f"{task.name} is a task of the evaluation suite: draw training tasks from another seed")


def _mined(examples: Iterable[Example], left_out: Counter[str]) -> Iterator[Material]:
    for example in examples:
        if example.requirements:
            left_out["runs beside an installed package"] += 1
        else:
            yield of_example(example)


def _template_split(item: Material) -> str:
    """One combination in twenty is for validation."""
    return "val" if int(item.source[:8], 16) % 20 == 0 else "train"


def choose(items: Sequence[Material], count: int, recipe: Recipe, left_out: Counter[str]) -> list[TrainingRow]:
    """Up to `count` rows, the kinds in their shares; what is left of one kind's share goes to the first kind."""
    found: list[TrainingRow] = []
    kinds = sorted(recipe.kinds, key=lambda kind: kind == "prompt_to_code")  # last, so that it fills what is left
    for kind in kinds:
        want = round(count * recipe.kinds[kind]) if kind != kinds[-1] else count - len(found)
        if recipe.kinds[kind] > 0:
            found += list(_in_turn(items, kind, want, recipe, left_out))
    return found


def _in_turn(
    items: Sequence[Material], kind: TaskKind, want: int, recipe: Recipe, left_out: Counter[str]
) -> Iterator[TrainingRow]:
    """Rows of one kind, strata of category and difficulty in turn, in each by the hash of kind and id."""
    strata: dict[tuple[str, str], list[Material]] = defaultdict(list)
    for item in items:
        strata[item.category, item.difficulty].append(item)
    for stratum in strata.values():
        stratum.sort(key=lambda item: hashlib.sha256(f"{kind} {item.source}".encode()).digest(), reverse=True)
    names = sorted(strata)
    while want > 0 and any(strata.values()):
        for name in names:
            row = _next(strata[name], kind, recipe, left_out)
            if row is not None:
                want -= 1
                yield row
            if want == 0:
                return


def _next(stratum: list[Material], kind: TaskKind, recipe: Recipe, left_out: Counter[str]) -> TrainingRow | None:
    """The next row of a stratum that is short enough."""
    while stratum:
        row = stratum.pop().row(kind)
        if row is None:
            left_out[f"{kind}: nothing to make it of"] += 1
        elif len(row.prompt) > recipe.prompt_characters:
            left_out[f"{kind}: prompt too long"] += 1
        elif len(row.completion) > recipe.completion_characters:
            left_out[f"{kind}: completion too long"] += 1
        else:
            return row
    return None


def write(folder: Path, prepared: Prepared, recipe: Recipe, inputs: dict[str, str]) -> dict[str, Any]:
    """Write the three files and, last, `splits.json`: counts, hashes and the recipe.

    Args:
        inputs: hash by name of what the rows were made of.

    Raises:
        StorageError: a file can't be written.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
    for split, rows in prepared.rows.items():
        atomic_write(folder / FILES[split], (row.to_line() + "\n" for row in rows))
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "recipe": asdict(recipe),
        "inputs": inputs,
        "from": prepared.sources,
        "rows": {split: len(rows) for split, rows in prepared.rows.items()},
        "files": {FILES[split]: _hash(folder / FILES[split]) for split in SPLITS},
        "left_out": {split: dict(sorted(counts.items())) for split, counts in prepared.left_out.items()},
    }
    atomic_write(folder / MANIFEST, [json.dumps(manifest, indent=1), "\n"])
    return manifest


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_rows(path: Path) -> list[TrainingRow]:
    """The rows of a file, every id checked.

    Raises:
        StorageError: it can't be read, is empty, or a line is no row; it names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} can't be read: {error}; `lift-sys prepare` makes it") from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(TrainingRow.from_line(line))
        except ValueError as error:
            reason = str(error).replace("\n", " ")[:300]
            raise StorageError(f"{path}, line {number}: no training row: {reason}") from None
    if not rows:
        raise StorageError(f"{path} holds no rows: `lift-sys prepare` makes them")
    return rows
