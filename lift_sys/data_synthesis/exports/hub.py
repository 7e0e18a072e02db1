"""For `datasets` and the Hugging Face Hub: `data/SPLIT-NNNNN-of-NNNNN.parquet` and the dataset card, `README.md`."""

from __future__ import annotations

from itertools import islice

from lift_sys.data_synthesis.exports.card import card
from lift_sys.data_synthesis.exports.output import Output
from lift_sys.data_synthesis.exports.parquet import write_parquet
from lift_sys.data_synthesis.exports.registry import Options
from lift_sys.data_synthesis.exports.source import Source

SHARD = 10_000
"""Rows of one file."""


def write(source: Source, output: Output, options: Options) -> dict[str, int]:
    counts = {}
    for split, places in source.splits.items():
        shards = -(-len(places) // SHARD)
        examples = source.examples(split)
        for number in range(shards):
            name = f"data/{split}-{number:05}-of-{shards:05}.parquet"
            size = min(SHARD, len(places) - number * SHARD)
            counts[name] = write_parquet(output.path(name), islice(examples, size))
    output.text("README.md", card(source, options))
    return counts
