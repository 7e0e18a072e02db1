"""Where repositories come from: sdists, git, GitHub, folders, the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lift_sys.data_synthesis.sources.base import Checkout, Source

if TYPE_CHECKING:
    from lift_sys.data_synthesis.sources.git import GitSource
    from lift_sys.data_synthesis.sources.local import LocalSource
    from lift_sys.data_synthesis.sources.lock import Lock, LockEntry, checkout_all, load_sources, make_lock
    from lift_sys.data_synthesis.sources.paths import import_roots, is_test_path
    from lift_sys.data_synthesis.sources.sdist import SdistSource
    from lift_sys.data_synthesis.sources.stdlib import StdlibSource

_HOMES = {
    "GitSource": "git",
    "LocalSource": "local",
    "SdistSource": "sdist",
    "StdlibSource": "stdlib",
    "Lock": "lock",
    "LockEntry": "lock",
    "checkout_all": "lock",
    "load_sources": "lock",
    "local_source": "lock",
    "make_lock": "lock",
    "import_roots": "paths",
    "is_test_path": "paths",
}


def __getattr__(name: str) -> Any:
    """Loads the module that a name lives in when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "Checkout",
    "GitSource",
    "LocalSource",
    "Lock",
    "LockEntry",
    "SdistSource",
    "Source",
    "StdlibSource",
    "checkout_all",
    "import_roots",
    "is_test_path",
    "load_sources",
    "make_lock",
]
