"""The formats by name, and the one function that writes any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from lift_sys.config import code_version
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.source import Source, open_source
from lift_sys.data_synthesis.exports.sources_file import sources_text
from lift_sys.errors import ConfigError
from lift_sys.records.splits import ONE, THREE, Shares

SCHEMA_VERSION = 1
PYTHON = "3.11"
"""What environments are made of when the dataset does not say which Python its rows were validated under."""


@dataclass(frozen=True)
class Options:
    """What a format may be told."""

    name: str = "lift-sys"
    """What the dataset is called in files that name it."""
    pairs: int = 3
    """Preference pairs of one example at most."""
    wheels: Path | None = None
    """Where the packages lie that rows import, for the one format that runs code (swebench)."""


@dataclass(frozen=True)
class Format:
    """A module of this package with `write(source, output, options) -> counts`."""

    module: str
    splits: Shares
    says: str


FORMATS: dict[str, Format] = {
    "hf": Format("hub", THREE, "Parquet shards with a dataset card, as `datasets.load_dataset` reads a folder"),
    "trl": Format("trl", THREE, "chats, prompt and completion, preference pairs, and prompts with a reward"),
    "llamafactory": Format("llamafactory", ONE, "instruction and preference files with dataset_info.json"),
    "verl": Format("verl", THREE, "Parquet with prompts and ground truths, and a reward function"),
    "verifiers": Format("verifiers", THREE, "an environment package for prime-intellect's verifiers"),
    "harbor": Format("harbor", ONE, "one task folder for each row"),
    "swebench": Format("swebench", ONE, "instances in the shape of SWE-bench, at the level of functions"),
}


class Writer(Protocol):
    def __call__(self, source: Source, output: Output, options: Options) -> dict[str, int]: ...


@dataclass(frozen=True)
class Exported:
    """What an export holds."""

    out: Path
    marker: dict[str, Any]
    empty: tuple[str, ...] = field(default=())
    """Splits that were asked for and got no rows."""


def export(
    place: Path,
    name: str,
    out: Path,
    *,
    shares: Shares | None = None,
    options: Options | None = None,
    started: Callable[[int], None] = lambda rows: None,
    advance: Callable[[], None] = lambda: None,
) -> Exported:
    """Write the dataset at `place` (a folder or a JSONL file) to the folder `out` in the format `name`.

    `started` is called with the number of rows to be written, `advance` after each; a format that writes several
    files goes over the rows once for each.

    Raises:
        ConfigError: there is no such format, or a library that it is written with is missing.
        StorageError: the dataset is damaged, empty or missing, or `out` can't be written.
    """
    if name not in FORMATS:
        raise ConfigError(f"there is no format {name!r}: choose one of {', '.join(FORMATS)}")
    form, options = FORMATS[name], options or Options()
    shares = shares or form.splits
    module = import_module(f"lift_sys.data_synthesis.exports.{form.module}")
    write: Writer = module.write
    with Output(out) as output:
        source = open_source(place, shares, advance)
        started(source.rows * getattr(module, "PASSES", 1))
        counts = write(source, output, options)
        output.text("SOURCES.md", sources_text(source))
        source.check_unchanged()
        marker = output.finish(
            {
                "schema_version": SCHEMA_VERSION,
                "format": name,
                "code_version": code_version(),
                "dataset_sha256": source.sha256,
                "shares": shares,
                "options": {"name": options.name, "pairs": options.pairs},
                "rows": {split: len(places) for split, places in source.splits.items()},
                "written": counts,
            }
        )
    return Exported(out, marker, tuple(split for split in shares if split not in source.splits))
