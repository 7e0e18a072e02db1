from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browse_rows import write_rows
from browse_server import serving


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("browse") / "dataset")


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as found:
        yield found
