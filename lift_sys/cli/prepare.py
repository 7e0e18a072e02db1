"""`lift-sys prepare`: a dataset and template tasks become instruction data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lift_sys.records.tasks import Task
    from lift_sys.records.training import TaskKind, TrainingRow
    from lift_sys.training.checking import TokenCheck
    from lift_sys.training.choosing import Recipe
    from lift_sys.training.data_prep import Prepared

SUITE = Path("tests/synthetic/suite_v1.jsonl")


def prepare(
    dataset: Annotated[Path, typer.Argument(help="A dataset: its folder, or its examples.jsonl.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the rows and their report.")] = Path("build/rows"),
    suite_tasks: Annotated[
        list[Path] | None,
        typer.Option(
            "--suite-tasks",
            help="Tasks to train on, as `lift-sys tests generate --training` writes them. Repeatable.",
        ),
    ] = None,
    apart_from: Annotated[
        list[Path] | None,
        typer.Option(
            "--apart-from",
            help=f"A suite that models are evaluated with: none of its tasks is taken. By default {SUITE}.",
        ),
    ] = None,
    train: Annotated[int, typer.Option("--train", min=1, help="Training rows.")] = 8000,
    val: Annotated[int, typer.Option("--val", min=0, help="Validation rows.")] = 600,
    test: Annotated[int, typer.Option("--test", min=0, help="Test rows; all of the dataset.")] = 600,
    fewer: Annotated[bool, typer.Option("--fewer", help="Take what there is where it is less than that.")] = False,
    mix: Annotated[
        str, typer.Option("--mix", help="Share of each kind, as `prompt_to_code=0.7,repair=0.3`.")
    ] = "prompt_to_code=0.5,prompt_to_ir=0.2,ir_to_code=0.2,repair=0.1",
    templates: Annotated[
        float, typer.Option("--templates", min=0, max=1, help="Share of template tasks among the rows.")
    ] = 0.5,
    prompt_characters: Annotated[
        int, typer.Option("--prompt-characters", min=1, help="Longer prompts are left out.")
    ] = 2400,
    completion_characters: Annotated[
        int, typer.Option("--completion-characters", min=1, help="Longer answers are left out.")
    ] = 1600,
    examples: Annotated[
        int | None,
        typer.Option("--examples", min=0, help="Examples that a training prompt shows at most; without it, all."),
    ] = None,
    docstrings: Annotated[
        bool,
        typer.Option("--docstrings/--no-docstrings", help="Keep docstrings in the code that is trained on."),
    ] = True,
    model: Annotated[
        str, typer.Option("--model", help="Whose tokens are counted and checked; empty for the embedded one.")
    ] = "",
    context: Annotated[int, typer.Option("--context", min=8, help="Tokens of the longest row to train on.")] = 1024,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Check chat template and loss mask, token by token.")
    ] = True,
    same: Annotated[
        bool, typer.Option("--same", help="Input and recipe must be those of the splits.json that is there, too.")
    ] = False,
) -> None:
    """Make train.jsonl, val.jsonl and test.jsonl, with a report on what is in them.

    The same input gives the same bytes: where the folder's splits.json is of the same input and recipe, the new rows
    are held against it, and nothing is written where they are others. Nothing of a project, and no near-duplicate, is
    in two splits.

    Example:  lift-sys prepare build/synthetic_v1 --suite-tasks build/training_tasks/2.jsonl --out build/rows

    Exit codes: 0 done, 1 the rows are not those that splits.json names, 2 bad settings or too few rows,
    5 a file can't be used.
    """
    import sys

    from lift_sys.cli.console import command_line
    from lift_sys.config import code_version
    from lift_sys.errors import ConfigError
    from lift_sys.reports import training_data as report
    from lift_sys.testing.suite import read_suite
    from lift_sys.training.choosing import Recipe
    from lift_sys.training.data_prep import differs, file_hash, known_manifest, manifest_of, write
    from lift_sys.training.data_prep import prepare as choose
    from lift_sys.training.material import examples_file, read_examples

    recipe = Recipe(
        train, val, test, _kinds(mix), templates, prompt_characters, completion_characters, examples, docstrings
    )
    suites = [read_suite(path) for path in suite_tasks or []]
    held = [read_suite(path) for path in (apart_from if apart_from is not None else [SUITE] * SUITE.is_file())]
    if suites and not held:
        print("no suite to keep apart from is here: name one with --apart-from", file=sys.stderr)
    inputs = {"dataset": file_hash(examples_file(dataset))}
    inputs |= {suite.head.suite: suite.head.digest for suite in (*suites, *held)}
    prepared = choose(
        read_examples(dataset),
        _once([task for suite in suites for task in suite.tasks]),
        recipe,
        suite=[task for suite in held for task in suite.tasks],
        fewer=fewer,
    )
    if not any(prepared.rows.values()):
        told = ", ".join(f"{count} {name}" for name, count in prepared.sources.items())
        raise ConfigError(f"there is nothing to make rows of: {told}, and this length budget")
    bare = [split for split, rows in prepared.rows.items() if not rows and getattr(recipe, split)]
    if bare:
        raise ConfigError(
            f"no rows are left for {' and '.join(bare)}: the dataset is split by project and near-duplicate cluster, "
            "and has too few of them. Take one of more projects; tasks (--suite-tasks) make rows for train and val; "
            "--test 0 makes no test split"
        )
    before = known_manifest(out)
    manifest = manifest_of(prepared, recipe, inputs)
    if same and not before:
        raise ConfigError(f"--same: {out / 'splits.json'} is not there, or can't be read")
    changed = differs(before, manifest, same=same) if before else []
    for name in changed:
        print(f"not what {out / 'splits.json'} names: {name}", file=sys.stderr)
    if changed:
        print(f"nothing is written: remove {out / 'splits.json'} to take what is new", file=sys.stderr)
        raise typer.Exit(1)
    checked = _check(prepared.rows, model, context) if check else None
    write(out, prepared, manifest)
    again = bool(before) and before.get("files") == manifest["files"]
    if check or not again or not (out / f"{report.NAME}.md").is_file():  # one with tokens tells more than one without
        report.write(out, report.Facts(command_line(), code_version(), checked))
    _tell(prepared, checked, recipe)
    for name, digest in manifest["files"].items():
        print(f"{out / name}: {digest[:16]}")
    print(f"{out / report.NAME}.md, {out / report.NAME}.html")
    if again:
        print(f"the same rows as {out / 'splits.json'} named, byte for byte")


def _kinds(text: str) -> dict[TaskKind, float]:
    from lift_sys.errors import ConfigError
    from lift_sys.records.training import KINDS

    try:
        pairs = [(name.strip(), float(share)) for name, _, share in (part.partition("=") for part in text.split(","))]
    except ValueError:
        raise ConfigError(f"--mix {text!r}: give shares as `prompt_to_code=0.7,repair=0.3`") from None
    named = dict(pairs)
    unknown = sorted(set(named) - set(KINDS))
    if unknown or len(named) < len(pairs):
        raise ConfigError(f"--mix {text!r}: kinds are {', '.join(KINDS)}, each at most once")
    return {kind: named[kind] for kind in KINDS if kind in named}


def _once(tasks: Sequence[Task]) -> list[Task]:
    """Each task once: two suites of other sizes may share some."""
    return list({task.id: task for task in tasks}.values())


def _check(rows: Mapping[str, Sequence[TrainingRow]], model: str, context: int) -> TokenCheck:
    from lift_sys.training.checking import check_tokens
    from lift_sys.training.models import base_of, load_tokenizer

    base = base_of(model)
    return check_tokens(rows, load_tokenizer(base), context, base.name)


def _tell(prepared: Prepared, checked: TokenCheck | None, recipe: Recipe) -> None:
    from rich.console import Console
    from rich.table import Table

    from lift_sys.training.choosing import FATES

    console = Console()
    if not console.is_terminal:
        console.width = 120  # a pipe has no width of its own
    table = Table(title="Rows", title_justify="left")
    for heading in ("split", "from", "kind"):
        table.add_column(heading)
    for heading in FATES:
        table.add_column(heading, justify="right")
    for split, fates in prepared.fates.items():
        for origin, kind in sorted({(origin, kind) for origin, kind, _ in fates}):
            counts = [f"{fates[origin, kind, fate]:,}" for fate in FATES]
            table.add_row(split, origin, kind, *counts)
    console.print(table)
    print(
        f"length budget: {recipe.prompt_characters:,} characters of a prompt, "
        f"{recipe.completion_characters:,} of an answer"
    )
    for reason, count in prepared.set_aside.items():
        print(f"set aside: {count:,} examples ({reason})")
    if checked is not None:
        _tell_tokens(checked)


def _tell_tokens(checked: TokenCheck) -> None:
    from rich.console import Console
    from rich.text import Text

    from lift_sys.reports.training_data import seen

    for split, lengths in checked.lengths.items():
        print(
            f"{split}: {len(lengths):,} rows checked token by token, {sum(lengths):,} tokens, "
            f"{checked.learnt[split]:,} learnt, {checked.too_long[split]:,} rows longer than {checked.context:,}, "
            f"{checked.marked[split]:,} with text that can't be learnt"
        )
    for learnt, style in ((False, "dim"), (True, "bold green")):
        print("learnt:" if learnt else "one row, not learnt:")
        text = "|".join(seen(token) for token, own in checked.sample if own is learnt)
        Console(soft_wrap=True, highlight=False).print(Text(text, style=style))
