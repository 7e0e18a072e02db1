"""A backend passes the conformance suite when every test here holds for it: add its factory to BACKENDS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from boxed import SMALL, ask

from lift_sys.sandbox import open_sandbox
from lift_sys.sandbox.api import BoxConfig, Mount, Sandbox
from lift_sys.sandbox.layout import interpreter

BACKENDS: dict[str, Callable[[BoxConfig], Sandbox]] = {"bubblewrap": open_sandbox}


@pytest.fixture(scope="session", params=sorted(BACKENDS))
def opener(request: pytest.FixtureRequest) -> Callable[[BoxConfig], Sandbox]:
    return BACKENDS[request.param]


@pytest.fixture(scope="session")
def shared_box(opener: Callable[[BoxConfig], Sandbox]) -> Iterator[Sandbox]:
    with opener(BoxConfig(limits=SMALL)) as box:
        yield box


@pytest.fixture
def box(shared_box: Sandbox) -> Iterator[Sandbox]:
    """A box that other tests use too. After each test it must still start an ordinary process."""
    yield shared_box
    assert ask(shared_box, "reply(6 * 7)") == 42


@pytest.fixture(scope="session")
def armed(opener: Callable[[BoxConfig], Sandbox]) -> Iterator[Sandbox]:
    """A box whose processes have ctypes, so that they can make any system call: `call(number, *arguments)`."""
    native = interpreter().ctypes
    if native is None:
        pytest.skip("ctypes is built into this interpreter")
    mount = Mount(native, "/armed/" + os.path.basename(native))
    with opener(BoxConfig(limits=SMALL, mounts=(mount,), python_path=("/armed",))) as sandbox:
        yield sandbox
