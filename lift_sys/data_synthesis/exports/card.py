"""The dataset card of the Hugging Face Hub: a YAML header that the Hub reads, and a text for people.

Header fields: https://huggingface.co/docs/hub/datasets-cards and its specification `datasetcard.md`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from lift_sys.config import code_version
from lift_sys.data_synthesis.exports.columns import COLUMNS
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source
from lift_sys.data_synthesis.exports.sources_file import cell

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
HUB_LICENCES = {
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
    "BSD-2-Clause": "bsd-2-clause",
    "BSD-3-Clause": "bsd-3-clause",
    "BSD-3-Clause-Clear": "bsd-3-clause-clear",
    "ISC": "isc",
    "Unlicense": "unlicense",
    "CC0-1.0": "cc0-1.0",
    "Zlib": "zlib",
    "BSL-1.0": "bsl-1.0",
    "WTFPL": "wtfpl",
    "PSF-2.0": "other",
    "Python-2.0": "other",
}
"""SPDX ids -> the ids that the Hub lists. Whatever is not here is `other` there."""
TAGS = ("code", "python", "synthetic", "execution-validated", "mutation-testing", "unit-tests", "lift-sys")


@dataclass(frozen=True)
class Size:
    """How much a split holds: rows, bytes of its columns, and bytes of its files."""

    rows: int
    bytes: int
    stored: int


def card(source: Source, options: Options, sizes: dict[str, Size]) -> str:
    """The text of `README.md`."""
    return f"---\n{_yaml(header(source, options, sizes))}---\n\n{_body(source, options)}"


def header(source: Source, options: Options, sizes: dict[str, Size]) -> dict[str, Any]:
    """The fields of the header."""
    spdx = source.facts.licences
    hub = sorted({HUB_LICENCES.get(licence, "other") for licence in spdx})
    found: dict[str, Any] = {
        "pretty_name": options.name,
        "language": ["en"],
        "language_creators": ["found", "machine-generated"],
        "annotations_creators": ["machine-generated"],
        "multilinguality": ["monolingual"],
        "license": hub if len(hub) > 1 else hub[0],
    }
    if "other" in hub:
        others = [licence for licence in spdx if HUB_LICENCES.get(licence, "other") == "other"]
        found |= {"license_name": "-".join(others).lower(), "license_link": "SOURCES.md"}
    return found | {
        "task_categories": ["text-generation"],
        "size_categories": [next((name for below, name in SIZES if source.rows < below), "n>10M")],
        "source_datasets": ["original"],
        "tags": list(TAGS),
        "configs": [
            {
                "config_name": "default",
                "default": True,
                "data_files": [{"split": split, "path": f"data/{split}-*.parquet"} for split in source.splits],
            }
        ],
        "dataset_info": {
            "features": [{"name": name, "dtype": dtype(name)} for name in COLUMNS],
            "splits": [
                {"name": split, "num_bytes": size.bytes, "num_examples": size.rows} for split, size in sizes.items()
            ],
            "download_size": sum(size.stored for size in sizes.values()),
            "dataset_size": sum(size.bytes for size in sizes.values()),
        },
    }


def dtype(column: str) -> str:
    from lift_sys.data_synthesis.exports.parquet import FLOATS, INTEGERS

    return "int64" if column in INTEGERS else "float64" if column in FLOATS else "string"


def _body(source: Source, options: Options) -> str:
    splits = "".join(f"| {name} | {len(rows):,} |\n" for name, rows in source.splits.items())
    columns = "".join(f"| `{name}` | {cell(says)} |\n" for name, says in COLUMNS.items())
    licences = _counted(source)
    projects = {name for name, _ in source.facts.projects}
    categories = sorted(source.facts.categories.items(), key=lambda item: (-item[1], item[0]))
    return f"""# {cell(options.name)}

{source.rows:,} Python functions from {len(projects):,} open-source projects, each with a prompt, a specification,
tests and mutants. Every row was proven by execution in a sandbox: the reference passes its tests in several
environments, the empty stub fails, and the tests kill at least the share of mutants that `mutation_score` says.

Made by `lift-sys export --format hf` ({code_version()}) from the dataset with SHA-256 `{source.sha256}`.

## Splits

| split | rows |
|---|---:|
{splits}
No two rows of different splits share a project or a near-duplicate cluster.

## Columns

| column | what it holds |
|---|---|
{columns}
Columns marked JSON are text: their shape differs from row to row. Values in `tests` are in the wire format of
`lift_sys.wire`, which keeps types and bits exactly.

## Categories

{", ".join(f"{cell(name)} {count:,}" for name, count in categories)}

## Licences

The code keeps the licence of the project it comes from, named on each row by SPDX id with the hash of the licence's
text. `SOURCES.md` lists every project. Mind the strictest of those you use.

| licence | rows |
|---|---:|
{licences}
## Uses and limits

Meant for supervised training, preference training, reinforcement learning with tests as the reward, and evaluation.
Prompts are written by templates from documentation, hints and observed calls. Tests pin what the reference does,
which may differ from what its authors meant. The code is other people's: run it in a sandbox only.
"""


def _counted(source: Source) -> str:
    counts: dict[str, int] = {}
    for project in source.facts.projects.values():
        for licence, rows in project.licences.items():
            counts[licence] = counts.get(licence, 0) + rows
    return "".join(f"| {cell(name)} | {rows:,} |\n" for name, rows in sorted(counts.items()))


def _yaml(value: Any, indent: int = 0) -> str:
    """Block YAML of dicts, lists and scalars. Scalars are JSON, which YAML reads as it is."""
    pad, lines = " " * indent, []
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                lines.append(f"{pad}{key}:\n{_yaml(item, indent + 2)}")
            else:
                lines.append(f"{pad}{key}: {json.dumps(item, ensure_ascii=True)}\n")
    else:
        for item in value:
            text = _yaml(item, indent + 2) if isinstance(item, dict) else f"{pad}  {json.dumps(item)}\n"
            lines.append(f"{pad}- {text[indent + 2 :]}")
    return "".join(lines)
