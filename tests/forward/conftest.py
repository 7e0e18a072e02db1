from __future__ import annotations

from collections.abc import Iterator

import pytest

from lift_sys.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One warm box for all tests of the forward mode."""
    with open_sandbox() as box:
        yield box
