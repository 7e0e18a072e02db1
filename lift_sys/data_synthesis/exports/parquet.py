"""Parquet files. The same rows and the same pyarrow give the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.exports.columns import COLUMNS, Row, to_row
from lift_sys.errors import ConfigError, to_install
from lift_sys.records import Example
from lift_sys.storage import storage_errors

GROUP = 1000
"""Rows held in memory at a time, and rows of a row group."""
INTEGERS, FLOATS = ("statements",), ("quality", "mutation_score")


def write_parquet(path: Path, examples: Iterable[Example]) -> int:
    """Write one file of examples and return the number of its rows. Columns: `columns.COLUMNS`.

    Raises:
        ConfigError: pyarrow is not installed.
        StorageError: the file can't be written.
    """
    arrow = require_pyarrow()
    kinds = {**dict.fromkeys(INTEGERS, arrow.int64()), **dict.fromkeys(FLOATS, arrow.float64())}
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])
    return write_table(path, map(to_row, examples), schema)


def write_table(path: Path, rows: Iterable[Row], schema: Any) -> int:
    """Write rows under an Arrow schema and return their number.

    Raises:
        ConfigError, StorageError: as `write_parquet`.
    """
    arrow = require_pyarrow()
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    count = 0
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with arrow.parquet.ParquetWriter(draft, schema, compression="zstd") as writer:
                for group in _groups(rows):
                    writer.write_table(arrow.Table.from_pylist(group, schema=schema), row_group_size=GROUP)
                    count += len(group)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return count


def require_pyarrow() -> Any:
    """pyarrow, with `pyarrow.parquet` loaded.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError(f"Parquet files need pyarrow: {to_install('dataset')}") from None
    return pyarrow


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while group := list(islice(waiting, GROUP)):
        yield group
