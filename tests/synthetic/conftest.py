from __future__ import annotations

from collections.abc import Iterator

import pytest

from lift_sys.errors import LiftError
from lift_sys.providers import Provider, make_provider
from lift_sys.testing.test_generator import WarmBoxes

PROVIDER = pytest.StashKey[Provider]()
"""What `--provider` names. Whoever uses it closes it."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Make the provider before the first test, so that one that can't be made is told once."""
    config = session.config
    name = config.getoption("--provider")
    asks = any("solve" in getattr(item, "fixturenames", ()) for item in session.items)
    if not name or not asks or config.option.collectonly:
        return
    try:
        config.stash[PROVIDER] = make_provider(name, config.getoption("--model"))
    except LiftError as error:
        raise pytest.UsageError(f"--provider {name}: {error}") from error


@pytest.fixture(scope="session")
def provider(request: pytest.FixtureRequest) -> Iterator[Provider | None]:
    """The provider of `--provider`; None without it."""
    made = request.config.stash.get(PROVIDER, None)
    if made is None:
        yield None
        return
    with made:
        yield made


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmBoxes]:
    boxes = WarmBoxes()
    yield boxes
    boxes.close()
