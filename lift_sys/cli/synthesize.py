"""`lift-sys synthesize`: the prompts of functions, and how good they are."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lift_sys.data_synthesis.prompt_report import PromptedFunction, PromptReport
    from lift_sys.records import Example


class Register(StrEnum):
    request = "request"
    specification = "specification"
    stub = "stub"
    all = "all"


class EncoderName(StrEnum):
    bm25 = "bm25"
    minilm = "minilm"


def synthesize(
    path: Annotated[
        Path, typer.Argument(help="A Python file, a folder of them, or a dataset (folder or examples.jsonl).")
    ],
    register: Annotated[Register, typer.Option(help="Which kind of prompt to print.")] = Register.specification,
    seed: Annotated[int, typer.Option(help="Chooses between wordings.")] = 0,
    score: Annotated[bool, typer.Option("--score", help="Score the prompts and report retrieval.")] = False,
    encoder: Annotated[EncoderName, typer.Option(help="What ranks the codes for --score.")] = EncoderName.bm25,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a function, then the report.")] = False,
) -> None:
    """Print a prompt for each function of a file, or score those of a whole folder or dataset.

    Example:  lift-sys synthesize src/slugs.py --register stub

    Exit codes: 0 done, 2 no function found or the embedding model is missing, 4 the path can't be read.
    """
    from lift_sys.errors import ConfigError

    items = _items(path, seed)
    if not items:
        raise ConfigError(f"{path} holds no function that could be lifted")
    found = _report(items, encoder) if score else None
    for item in items:
        if as_json:
            print(json.dumps(_row(item, register, score)))
        elif not score:
            _print_prompts(item, register)
    if found is not None:
        print(json.dumps({"report": found.as_json()}) if as_json else "", end="\n" if as_json else "")
        if not as_json:
            _print_report(found)


def _items(path: Path, seed: int) -> Sequence[PromptedFunction]:
    from lift_sys.data_synthesis.prompt_report import prompted_examples, prompted_files
    from lift_sys.errors import SourceError

    if not path.exists():
        raise SourceError(f"{path} does not exist")
    dataset = path / "examples.jsonl" if path.is_dir() else path
    if dataset.suffix == ".jsonl" and dataset.is_file():
        return list(prompted_examples(_examples(dataset), seed))
    return list(prompted_files(path, seed))


def _examples(dataset: Path) -> Iterator[Example]:
    from lift_sys.errors import SourceError
    from lift_sys.records import Example

    with dataset.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    yield Example.from_line(line)
            except ValueError as error:
                raise SourceError(f"{dataset}, line {number}: it is no example: {error}") from None


def _report(items: Sequence[PromptedFunction], encoder: EncoderName) -> PromptReport:
    from lift_sys.data_synthesis.prompt_report import report
    from lift_sys.data_synthesis.retrieval import BM25, MiniLM

    return report(items, BM25() if encoder is EncoderName.bm25 else MiniLM())


def _chosen(item: PromptedFunction, register: Register) -> dict[str, str]:
    prompts = item.prompts.prompts
    return prompts if register is Register.all else {register.value: prompts[register.value]}


def _row(item: PromptedFunction, register: Register, score: bool) -> dict[str, object]:
    function = item.function
    row: dict[str, object] = {
        "path": function.path,
        "line": function.lineno,
        "qualname": function.qualname,
        "level": item.prompts.level,
        "prompts": _chosen(item, register),
    }
    if score:
        row["scores"] = {key: quality.model_dump() for key, quality in item.scores().items()}
    return row


def _print_prompts(item: PromptedFunction, register: Register) -> None:
    from rich.console import Console

    console = Console()
    where = f"{item.function.path}:{item.function.lineno}"
    for name, text in _chosen(item, register).items():
        console.rule(f"{where}  {item.function.qualname}  ({name}, from {item.prompts.level})", align="left")
        print(text.rstrip("\n") + "\n")


def _print_report(found: PromptReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"{found.functions:,} functions, {found.retrieval.encoder}", title_justify="left")
    for heading in ("prompts", "count", "score", "MRR masked", "recall@1", "recall@10", "MRR unmasked"):
        table.add_column(heading, justify="left" if heading == "prompts" else "right")
    for key, row in found.retrieval.masked.items():
        register = key.removeprefix("register:")
        table.add_row(
            key.replace("register:", "").replace("level:", "from "),
            f"{row.queries:,}",
            f"{found.scores[register]:.3f}" if register in found.scores else "",
            f"{row.mrr:.3f}",
            f"{row.recall_at_1:.3f}",
            f"{row.recall_at_10:.3f}",
            f"{found.retrieval.unmasked[key].mrr:.3f}",
        )
    console.print(table)
    console.print(f"prompts that leak their body: {found.leaks}")
