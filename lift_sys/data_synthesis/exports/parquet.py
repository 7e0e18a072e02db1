"""Parquet files of examples. The same rows and the same pyarrow give the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.exports.columns import COLUMNS, to_row
from lift_sys.errors import ConfigError
from lift_sys.records import Example
from lift_sys.storage import storage_errors

GROUP = 1000
"""Rows held in memory at a time, and rows of a row group."""
INTEGERS, FLOATS = ("statements",), ("quality", "mutation_score")


def write_parquet(path: Path, examples: Iterable[Example]) -> int:
    """Write one file and return the number of its rows. Columns: `columns.COLUMNS`.

    Raises:
        ConfigError: pyarrow is not installed.
        StorageError: the file can't be written.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError("Parquet files need pyarrow: pip install 'lift-sys[dataset]'") from None
    kinds = {**dict.fromkeys(INTEGERS, pyarrow.int64()), **dict.fromkeys(FLOATS, pyarrow.float64())}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    rows = 0
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with pyarrow.parquet.ParquetWriter(draft, schema, compression="zstd") as writer:
                for group in _groups(examples):
                    writer.write_table(pyarrow.Table.from_pylist(group, schema=schema), row_group_size=GROUP)
                    rows += len(group)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return rows


def _groups(examples: Iterable[Example]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(examples)
    while group := [to_row(example) for example in islice(waiting, GROUP)]:
        yield group
