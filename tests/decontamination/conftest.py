from __future__ import annotations

from collections.abc import Iterator

import pytest

from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    box = open_sandbox()
    yield box
    box.close()
