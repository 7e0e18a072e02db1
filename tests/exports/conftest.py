from __future__ import annotations

from pathlib import Path

import pytest
from export_rows import rows, write_rows

from lift_sys.records import Example


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return rows()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows") / "dataset", examples)
