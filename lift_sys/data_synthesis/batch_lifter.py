"""Lifting whole checkouts: files in, functions with their IRs out, in parallel and in a fixed order.

Files go to the workers in chunks. A worker answers with JSON, which is also what the cache keeps; the records are
made of it here, by their own validators. A file that ends its worker is found and rejected; all others are lifted.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic_core import from_json

from lift_sys.config import code_version
from lift_sys.data_synthesis.extraction import Plain, failed_file, is_test_path
from lift_sys.data_synthesis.lift_worker import Chunk, lift_chunk, read_regular, without_collector
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.executors.base import Done, Executor, ItemRaised
from lift_sys.executors.local import LocalExecutor
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records import Function, Licence, Rejection, RejectionReason, Repository
from lift_sys.reverse_mode.source_text import UnusableFile
from lift_sys.storage import storage_errors

Progress = Callable[[int, int, int], None]
"""Called with the files done, the files in all, and the functions found so far."""
CHUNK_BYTES = 400_000
MAX_MENTIONS = 10
_PYTHON = repr(sys.version_info[:2])
"""Its parser decides what can be lifted."""


@dataclass(frozen=True)
class LiftedFunction:
    """A function and its IR; the IR is None where lifting failed (a `Rejection` says why)."""

    function: Function
    ir: IntermediateRepresentation | None


@dataclass(frozen=True)
class FileResult:
    path: str
    functions: tuple[LiftedFunction, ...]
    rejections: tuple[Rejection, ...]


class BatchLifter:
    """Lifts checkouts on an executor; with a cache folder, what was lifted once is read back.

    The cache key holds the content of every file of the checkout and the code of the package.
    """

    def __init__(
        self, executor: Executor | None = None, cache: Path | None = None, on_progress: Progress | None = None
    ) -> None:
        self.executor: Executor = executor or LocalExecutor()
        self.cache = cache
        self.on_progress = on_progress

    async def lift(self, checkout: Checkout) -> AsyncIterator[FileResult]:
        """One result a file, sorted by path. Never raises for what a file holds."""
        files = tuple(sorted(set(checkout.files)))
        chunks = _chunks(checkout, files)
        results = {path: _unnameable(path, checkout.repository.id) for path in files if not _is_text(path)}
        tests_missing = {path for path in files if is_test_path(path)} - results.keys()
        mentions: dict[str, list[str]] | None = None
        position = functions = 0
        async for plain in self._run(checkout, chunks):
            results[plain["path"]] = plain
            functions += len(plain["functions"])
            tests_missing.discard(plain["path"])
            if self.on_progress is not None:
                self.on_progress(position + len(results), len(files), functions)
            if tests_missing:
                continue
            if mentions is None:
                mentions = _mention_index(results)
            while position < len(files) and files[position] in results:
                yield _file_result(results.pop(files[position]), mentions)
                position += 1
        for path in files[position:]:  # where no file has a name that is text, nothing was sent to a worker
            yield _file_result(results.pop(path), {})

    async def _run(self, checkout: Checkout, chunks: list[Chunk]) -> AsyncIterator[Plain]:
        """The plain results of all chunks, in any order: from the cache, from workers, and, file by file, from
        chunks that ended their worker."""
        state = _checkout_hash(checkout) if self.cache is not None else ""
        rest = []
        for chunk in chunks:
            stored = self._read(state, chunk)
            if stored is None:
                rest.append(chunk)
            else:
                for plain in stored:
                    yield plain
        suspects: list[Chunk] = []
        async for done in self.executor.map_unordered(lift_chunk, rest):
            chunk = rest[done.index]
            if done.result is None and len(chunk.paths) > 1:
                suspects.extend(replace(chunk, paths=(path,)) for path in chunk.paths)
                continue
            if done.result is not None:
                self._write(state, chunk, done.result)
            for plain in _plain_results(chunk, done):
                yield plain
        if suspects:
            async for done in self.executor.map_unordered(lift_chunk, suspects):
                for plain in _plain_results(suspects[done.index], done):
                    yield plain

    def _entry(self, state: str, chunk: Chunk) -> Path | None:
        if self.cache is None:
            return None
        key = hashlib.sha256("\0".join((code_version(), _PYTHON, state, *chunk.paths)).encode()).hexdigest()
        return self.cache / key[:2] / f"{key}.json"

    def _read(self, state: str, chunk: Chunk) -> list[Plain] | None:
        entry = self._entry(state, chunk)
        try:
            digest, _, body = entry.read_bytes().partition(b"\n") if entry is not None else (b"", b"", b"")
        except OSError:
            return None
        if not body or hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        return list(from_json(body))

    def _write(self, state: str, chunk: Chunk, body: bytes) -> None:
        entry = self._entry(state, chunk)
        if entry is None:
            return
        with storage_errors(entry):
            entry.parent.mkdir(parents=True, exist_ok=True)
            draft = entry.with_suffix(f".{os.getpid()}.tmp")
            draft.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            draft.replace(entry)


def _chunks(checkout: Checkout, files: tuple[str, ...]) -> list[Chunk]:
    """Files in chunks of about `CHUNK_BYTES`, test code first: what it mentions belongs to the functions."""
    chunks: list[Chunk] = []
    tests = [path for path in files if is_test_path(path)]
    others = [path for path in files if not is_test_path(path)]
    for group in ([path for path in group if _is_text(path)] for group in (tests, others)):
        paths: list[str] = []
        size = 0
        for path in group:
            with contextlib.suppress(OSError, ValueError):
                size += os.lstat(checkout.folder / path).st_size + 1000
            paths.append(path)
            if size >= CHUNK_BYTES or path == group[-1]:
                chunks.append(_chunk(checkout, files, tuple(paths)))
                paths, size = [], 0
    return chunks


def _is_text(path: str) -> bool:
    return path.isascii() or not any("\ud800" <= character <= "\udfff" for character in path)


def _unnameable(path: str, repository: str) -> Plain:
    """The result of a file whose name is no UTF-8, under an escaped name: records hold text only."""
    escaped = path.encode("utf-8", "backslashreplace").decode()
    return failed_file(escaped, repository, RejectionReason.UNREADABLE, "its name is not UTF-8")


def _chunk(checkout: Checkout, files: tuple[str, ...], paths: tuple[str, ...]) -> Chunk:
    repository = checkout.repository
    provides = {
        top: [requirement.model_dump() for requirement in needed] for top, needed in checkout.provides.items()
    }
    return Chunk(str(checkout.folder), files, checkout.import_roots, repository.kind, repository.id, paths, provides)


def _plain_results(chunk: Chunk, done: Done[bytes]) -> Iterable[Plain]:
    if done.result is not None:
        return list(from_json(done.result))
    failure = done.failure
    if isinstance(failure, ItemRaised):
        reason, detail = RejectionReason.LIFT_FAILED, f"{failure.kind}: {failure.message}"[:200]
    else:
        reason, detail = RejectionReason.WORKER_CRASHED, failure.detail if failure else ""
    return [failed_file(path, chunk.repository, reason, detail) for path in chunk.paths]


def _mention_index(results: dict[str, Plain]) -> dict[str, list[str]]:
    """For each name, where test code mentions it first: `path:line`, at most `MAX_MENTIONS` of them."""
    found: dict[str, list[str]] = {}
    for path in sorted(results):
        for line, names in results[path]["mentions"]:
            place = f"{path}:{line}"
            for name in names:
                places = found.setdefault(name, [])
                if len(places) < MAX_MENTIONS:
                    places.append(place)
    return found


def _file_result(plain: Plain, mentions: dict[str, list[str]]) -> FileResult:
    make_function = Function.__pydantic_validator__.validate_python
    make_ir = IntermediateRepresentation.__pydantic_validator__.validate_python
    path = plain["path"]
    tests = is_test_path(path)
    functions = []
    with without_collector():  # records hold no cycles; looking for them takes as long as making them
        for function, ir in plain["functions"]:
            places = mentions.get(function["name"])
            if places and not tests:
                function["mentioned_in"] = places
            functions.append(LiftedFunction(make_function(function), None if ir is None else make_ir(ir)))
    rejections = tuple(Rejection.model_validate(rejection) for rejection in plain["rejections"])
    return FileResult(path, tuple(functions), rejections)


def _checkout_hash(checkout: Checkout) -> str:
    digest = hashlib.sha256(checkout.repository.id.encode())
    for root in checkout.import_roots:
        digest.update(f"\0root {root}".encode())
    for top, needed in sorted(checkout.provides.items()):
        digest.update(f"\0provides {top} {[requirement.sha256 for requirement in needed]}".encode())
    for path in sorted(set(checkout.files)):
        try:
            content = hashlib.sha256(read_regular(os.path.join(checkout.folder, path))).hexdigest()
        except UnusableFile as problem:
            content = problem.reason
        digest.update(f"\0{path}\0{content}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def lift_checkout(
    checkout: Checkout, executor: Executor | None = None, cache: Path | None = None
) -> list[FileResult]:
    """`BatchLifter.lift`, for callers that are not asynchronous."""

    async def collect() -> list[FileResult]:
        return [result async for result in BatchLifter(executor, cache).lift(checkout)]

    with without_collector():
        return asyncio.run(collect())


def local_checkout(path: Path) -> Checkout:
    """A file or a folder as it lies there, as a checkout. Links are not followed, hidden folders not entered."""
    path = path.absolute()
    folder = path if path.is_dir() else path.parent
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent  # inside a package: names and relative imports start from what holds it
    prefix = path.relative_to(folder).as_posix()
    if path.is_dir():
        base = "" if prefix == "." else prefix + "/"
        files = tuple(sorted(base + name for name in _python_files(path)))
    else:
        files = (prefix,)
    roots = {_root(folder, name) for name in files}
    repository = Repository(
        kind="local",
        name=path.resolve().name or "root",
        version="0",
        licence=Licence(spdx="NOASSERTION"),
        source_time="1970-01-01T00:00:00Z",
    )
    return Checkout(repository, folder, files, tuple(sorted(roots)) or ("",))


def _root(folder: Path, path: str) -> str:
    """The folder that must be on `sys.path` for a file to be imported."""
    root = path.rpartition("/")[0]
    while root and _is_package(folder / root):
        root = root.rpartition("/")[0]
    return root


@cache
def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def _python_files(folder: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        base = os.path.relpath(parent, folder)
        for name in names:
            if name.endswith(".py"):
                yield name if base == "." else f"{base}/{name}".replace(os.sep, "/")


def lift_path(path: Path, executor: Executor | None = None) -> list[FileResult]:
    """Lift a file or a folder of this machine.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    path.lstat()
    return lift_checkout(local_checkout(path), executor)
