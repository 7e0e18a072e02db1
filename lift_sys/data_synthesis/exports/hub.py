"""For `datasets` and the Hugging Face Hub: `data/SPLIT-NNNNN-of-NNNNN.parquet` and the dataset card, `README.md`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from lift_sys.data_synthesis.exports.card import Size, card
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.parquet import require_pyarrow, write_parquet
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source

SHARD = 10_000
"""Rows of one file."""


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    counts: dict[str, int] = {}
    sizes: dict[str, Size] = {}
    for split, places in source.splits.items():
        shards = -(-len(places) // SHARD)
        examples = source.examples(split)
        files = []
        for number in range(shards):
            name = f"data/{split}-{number:05}-of-{shards:05}.parquet"
            files.append(output.path(name))
            counts[name] = write_parquet(files[-1], islice(examples, SHARD))
        sizes[split] = _size(files)
    output.text("README.md", card(source, options, sizes))
    return counts


def _size(files: list[Path]) -> Size:
    arrow = require_pyarrow()
    metadata = [arrow.parquet.read_metadata(file) for file in files]
    plain = sum(data.row_group(group).total_byte_size for data in metadata for group in range(data.num_row_groups))
    return Size(
        rows=sum(data.num_rows for data in metadata), bytes=plain, stored=sum(f.stat().st_size for f in files)
    )
