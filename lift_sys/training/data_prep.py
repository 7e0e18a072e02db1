"""Datasets and template tasks become instruction data: `train.jsonl`, `val.jsonl`, `test.jsonl`.

Rows of a dataset are split by project and near-duplicate cluster (`records/splits.py`), so nothing of a test project
is seen in training. Template tasks are for training, one combination in twenty for validation; their test is the
suite, which comes from another seed. The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lift_sys.errors import ConfigError, StorageError
from lift_sys.records import Example
from lift_sys.records.splits import assign
from lift_sys.records.tasks import Task
from lift_sys.records.training import TrainingRow
from lift_sys.storage.files import atomic_write, storage_errors
from lift_sys.training.choosing import Candidates, Fates, Recipe
from lift_sys.training.material import Material, of_example, of_task
from lift_sys.training.shortening import with_examples

SPLITS = ("train", "val", "test")
FILES = {split: f"{split}.jsonl" for split in SPLITS}
MANIFEST = "splits.json"
SCHEMA_VERSION = 1
NEEDS_PACKAGE = "runs beside an installed package"
_SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}


@dataclass
class Prepared:
    """The rows of each split, in order, and the fate of all that could have become a row."""

    rows: dict[str, list[TrainingRow]]
    fates: dict[str, Fates]
    """By split."""
    set_aside: Counter[str]
    """Examples that no row is made of, by reason."""
    sources: dict[str, int]
    """How many examples and tasks there were to choose from."""


def prepare(
    examples: Iterable[Example],
    tasks: Sequence[Task],
    recipe: Recipe,
    *,
    suite: Sequence[Task] = (),
    fewer: bool = False,
) -> Prepared:
    """Choose the rows of each split.

    Args:
        tasks: template tasks to train on.
        suite: the tasks that models are evaluated with; none of them may be among `tasks`.
        fewer: take what there is where it is less than the recipe asks for.

    Raises:
        ConfigError: a task is the suite's, or of a held-out template; or there are too few rows.
    """
    _apart(tasks, suite)
    set_aside: Counter[str] = Counter()
    mined = list(_mined(examples, set_aside))
    made = [of_task(task) for task in tasks]
    shares = _shares(mined, made)
    rows, fates = {}, {}
    for split in SPLITS:
        templates, dataset = shares[split]
        if split == "train" and recipe.examples is not None:
            templates, dataset = ([_shorter(item, recipe.examples) for item in some] for some in (templates, dataset))
        if split != "test" and not recipe.docstrings:
            templates, dataset = ([replace(item, docstrings=False) for item in some] for some in (templates, dataset))
        rows[split], fates[split] = _choose(templates, dataset, getattr(recipe, split), recipe)
    if not fewer:
        _enough(rows, recipe)
    return Prepared(rows, fates, set_aside, {"examples": len(mined), "tasks": len(made)})


def _apart(tasks: Sequence[Task], suite: Sequence[Task]) -> None:
    known = {(task.template, json.dumps(task.parameters, sort_keys=True)) for task in suite}
    for task in tasks:
        if task.held_out:
            raise ConfigError(f"{task.name} is of a held-out template: nothing of those may be trained on")
        if (task.template, json.dumps(task.parameters, sort_keys=True)) in known:
            raise ConfigError(f"{task.name} is a task of the evaluation suite: draw training tasks from another seed")


def _mined(examples: Iterable[Example], set_aside: Counter[str]) -> Iterator[Material]:
    for example in examples:
        if example.requirements:
            set_aside[NEEDS_PACKAGE] += 1
        else:
            yield of_example(example)


def _shares(mined: Sequence[Material], made: Sequence[Material]) -> dict[str, tuple[list[Material], list[Material]]]:
    """What each split may choose from: of the templates, and of the dataset."""
    found: dict[str, tuple[list[Material], list[Material]]] = {split: ([], []) for split in SPLITS}
    for item in made:
        found[_template_split(item)][0].append(item)
    keys = [(item.group, item.cluster) for item in mined]
    for item, split in zip(mined, assign(keys, _SHARES), strict=True):
        found[split][1].append(item)
    return found


def _shorter(item: Material, examples: int) -> Material:
    """With fewer examples in its prompt; a session on an object is one whole."""
    return replace(item, prompt=with_examples(item.prompt, examples)) if item.plain else item


def _template_split(item: Material) -> str:
    """One combination in twenty is for validation."""
    return "val" if int(item.source[:8], 16) % 20 == 0 else "train"


def _choose(
    made: Sequence[Material], mined: Sequence[Material], count: int, recipe: Recipe
) -> tuple[list[TrainingRow], Fates]:
    templates, dataset = Candidates(made, "template", recipe), Candidates(mined, "dataset", recipe)
    of_templates = templates.choose(round(count * recipe.templates))
    of_dataset = dataset.choose(count - len(of_templates))
    if len(of_templates) + len(of_dataset) < count:  # what the dataset lacks, templates make up for
        of_templates = templates.choose(count - len(of_dataset))
    rows = sorted([*of_templates, *of_dataset], key=lambda row: row.id)
    return rows, templates.fates(rows) + dataset.fates(rows)


def _enough(rows: Mapping[str, Sequence[TrainingRow]], recipe: Recipe) -> None:
    short = [split for split in SPLITS if len(rows[split]) < getattr(recipe, split)]
    if short:
        told = "; ".join(f"{split}: {len(rows[split])} of {getattr(recipe, split)}" for split in short)
        asked = " ".join(f"--{split} {len(rows[split])}" for split in short)
        raise ConfigError(
            f"too few rows ({told}): give more examples or tasks, raise the length budget, or ask for {asked} or "
            "for --fewer"
        )


def write(folder: Path, prepared: Prepared, manifest: Mapping[str, Any]) -> None:
    """Write the three files and, last, `splits.json`, which says what `manifest_of` gave.

    A kill on the way leaves a `splits.json` that does not fit its files, which is told to who reads them.

    Raises:
        StorageError: a file can't be written.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for split, rows in prepared.rows.items():
        atomic_write(folder / FILES[split], _lines(rows))
    atomic_write(folder / MANIFEST, [json.dumps(manifest, indent=1), "\n"])


def manifest_of(prepared: Prepared, recipe: Recipe, inputs: Mapping[str, str]) -> dict[str, Any]:
    """What `splits.json` says of these rows: counts, hashes and the recipe.

    Args:
        inputs: hash by name of what the rows were made of.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "recipe": asdict(recipe),
        "inputs": dict(inputs),
        "from": prepared.sources,
        "set_aside": dict(sorted(prepared.set_aside.items())),
        "rows": {split: len(rows) for split, rows in prepared.rows.items()},
        "files": {FILES[split]: _hash(_lines(prepared.rows[split])) for split in SPLITS},
        "fates": {split: _plain(fates) for split, fates in prepared.fates.items()},
    }


def _lines(rows: Sequence[TrainingRow]) -> Iterator[str]:
    return (row.to_line() + "\n" for row in rows)


def _hash(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def _plain(fates: Fates) -> dict[str, dict[str, dict[str, int]]]:
    """Counts by origin, kind and fate."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (origin, kind, fate), count in sorted(fates.items()):
        found.setdefault(origin, {}).setdefault(kind, {})[fate] = count
    return found


_DECIDING = ("schema_version", "recipe", "inputs")


def differs(before: Mapping[str, Any], after: Mapping[str, Any], *, same: bool = False) -> list[str]:
    """What is otherwise than a manifest from before says: files that the same input and recipe gave otherwise.

    Args:
        same: input and recipe are to be those from before as well; where they are not, they are what is named.
    """
    others = [name for name in _DECIDING if before.get(name) != after[name]]
    if others:
        return others if same else []
    return [name for name, digest in after["files"].items() if _named(before).get(name) != digest]


def _named(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    files = manifest.get("files")
    return files if isinstance(files, dict) else {}


def known_manifest(folder: Path) -> dict[str, Any]:
    """What `splits.json` of a folder says, whatever its files hold now; empty where it can't be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_manifest(folder: Path) -> dict[str, Any]:
    """`splits.json` of a folder, its files held against it.

    Raises:
        StorageError: there is none, or a file is not the one that it names.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        wanted = {name: manifest["files"][name] for name in FILES.values()}
        manifest["rows"]["val"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{folder} holds no prepared data ({error}): `lift-sys prepare` makes it") from error
    for name, digest in wanted.items():
        if file_hash(folder / name) != digest:
            raise StorageError(f"{folder / name} was changed after it was written: run `lift-sys prepare` again")
    return manifest


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        StorageError: it can't be read.
    """
    with storage_errors(path), path.open("rb") as file:
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
