"""What a worker process does: lift the files of one chunk, and answer with JSON."""

from __future__ import annotations

import contextlib
import gc
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic_core import to_json

from lift_sys.data_synthesis.extraction import extract_module, failed_file, read_module
from lift_sys.data_synthesis.module_index import ModuleIndex
from lift_sys.records import RejectionReason, SourceKind
from lift_sys.reverse_mode.lifter import LiftedModule
from lift_sys.reverse_mode.source_text import MAX_BYTES, UnusableFile


@dataclass(frozen=True)
class Chunk:
    """Some files of one checkout, with what a worker needs to lift them."""

    folder: str
    files: tuple[str, ...]
    """All files of the checkout: slices reach into them."""
    import_roots: tuple[str, ...]
    kind: SourceKind
    repository: str
    paths: tuple[str, ...]
    provides: Mapping[str, Sequence[dict[str, str]]] = field(default_factory=dict)
    """See `ModuleIndex.provides`."""


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Switch the cyclic garbage collector off for a while, if it is on."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def lift_chunk(chunk: Chunk) -> bytes:
    """Lift some files, in a worker: the JSON of a list of what `extract_module` returns."""
    index = _index(chunk)
    results = []
    with without_collector():  # syntax trees hold no cycles; looking for them takes a third of the parser's time
        modules: list[LiftedModule] = []
        for path in chunk.paths:  # all are read first: slices reach into one another's files
            try:
                modules.append(read_module(index, path, read_regular(os.path.join(chunk.folder, path))))
            except UnusableFile as problem:
                failed = failed_file(path, chunk.repository, problem.reason, problem.detail, problem.lineno)
                results.append(failed)
        while modules:
            results.append(extract_module(index, modules.pop(), chunk.repository))
        return to_json(results)


_current: tuple[tuple[object, ...], ModuleIndex] | None = None


def _index(chunk: Chunk) -> ModuleIndex:
    """The index of the chunk's checkout; a worker keeps the last one, so modules are read once."""
    global _current
    key = (chunk.folder, chunk.repository, chunk.files, chunk.import_roots, chunk.provides)
    if _current is None or _current[0] != key:
        index = ModuleIndex(Path(chunk.folder), chunk.files, chunk.import_roots, chunk.kind, chunk.provides)
        _current = (key, index)
    return _current[1]


def read_regular(path: str) -> bytes:
    """The bytes of a regular file of at most `MAX_BYTES`; links are not followed, devices and pipes not opened.

    Raises:
        UnusableFile: UNREADABLE or TOO_LARGE.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise UnusableFile(RejectionReason.UNREADABLE, getattr(error, "strerror", None) or str(error)) from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise UnusableFile(RejectionReason.UNREADABLE, "not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        if state.st_size > MAX_BYTES:
            raise UnusableFile(RejectionReason.TOO_LARGE, f"{state.st_size} bytes, the most is {MAX_BYTES}")
        try:
            return file.read(MAX_BYTES)
        except OSError as error:
            raise UnusableFile(RejectionReason.UNREADABLE, error.strerror or str(error)) from None
