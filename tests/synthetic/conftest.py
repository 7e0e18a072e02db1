from __future__ import annotations

from collections.abc import Iterator

import pytest

from lift_sys.testing.test_generator import WarmBoxes


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmBoxes]:
    boxes = WarmBoxes()
    yield boxes
    boxes.close()
