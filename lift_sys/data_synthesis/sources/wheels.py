"""Wheels that mined code needs where it runs: pinned by hash, unpacked as data, never built, never run here.

    cache/archives/<sha256>            the file as downloaded
    cache/wheels/<sha256>/tree/...     its Python files and plain data: what a box mounts read-only
    cache/wheels/<sha256>/wheel.json   the marker, written last: every file and its hash

Taken are regular files with checked names under the caps of `Limits`. Left out, with the reason: start-up hooks
(`.pth`, `sitecustomize`), scripts and other parts of a `.data` folder, entry points, byte code, links, and modules
that would take the place of the standard library's or of our guest programs'. A wheel with compiled modules is
refused as a whole. Where a project has no pure wheel, the Python files of its source distribution may stand in: many
compiled modules are optional. Whether that works is tried in a box when the lock is made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lift_sys.data_synthesis.sources import index
from lift_sys.data_synthesis.sources.archive import unpack
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.paths import import_roots
from lift_sys.data_synthesis.sources.store import file_sha256, locked, storage, write_atomically
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.data_synthesis.sources.wheeltree import PureTree
from lift_sys.errors import ConfigError, RequirementMissing, SourceError
from lift_sys.records import Requirement

FOLDER = "wheels"
FORMAT = 3
INSIDE = "/wheels"
"""Where a box shows them."""


@dataclass(frozen=True)
class Wheel:
    """An unpacked wheel, complete and unchanged."""

    requirement: Requirement
    folder: Path
    tops: tuple[str, ...]
    """The top-level modules it brings."""
    files: tuple[str, ...]
    rejected: tuple[tuple[str, str], ...]

    @property
    def inside(self) -> str:
        """Its place in a box: the same on every machine."""
        return f"{INSIDE}/{normal(self.requirement.name)}-{self.requirement.version}"


def check(requirement: Requirement) -> None:
    """Raises: ConfigError: a lock that names no file of an index, or no hash."""
    good = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,250}\.(whl|tar\.gz|zip)", requirement.filename)
    named = all(
        re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,99}", text) for text in (requirement.name, requirement.version)
    )
    if not good or not named or not re.fullmatch("[0-9a-f]{64}", requirement.sha256):
        raise ConfigError(
            f"lock: {requirement.name[:100]!r}: a requirement needs a name, version, file name and SHA-256"
        )


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def find(root: Path, requirement: Requirement) -> Wheel:
    """The wheel as it lies below `root` (a cache's `wheels` folder), every file checked against its hash.

    Raises:
        RequirementMissing: it is not there, or is not what was unpacked.
    """
    home = root / requirement.sha256
    try:
        check(requirement)
        marker = json.loads((home / "wheel.json").read_bytes())
        if marker["format"] != FORMAT:
            raise ValueError("of another format")
        for path, digest in marker["files"].items():
            if file_sha256(home / "tree" / path) != digest:
                raise ValueError(f"{path} was changed")
        return Wheel(
            requirement,
            home / "tree",
            tuple(marker["tops"]),
            tuple(marker["files"]),
            tuple((path, why) for path, why in marker["rejected"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise RequirementMissing(
            f"{requirement.filename} is not in the cache ({why}); `lift-sys scrape --lock LOCK --out CACHE` brings it"
        ) from None


def fetch(
    cache: Path,
    requirement: Requirement,
    *,
    offline: bool = False,
    limits: Limits | None = None,
    settings: index.Settings | None = None,
) -> Wheel:
    """The wheel, from `cache / "wheels"` or from the package index.

    Raises:
        SourceError: not found, wrong hash, unsafe, damaged or compiled, or offline and not in the cache.
        StorageError: the cache can't be written.
    """
    check(requirement)
    limits = limits or Limits()
    root = cache / FOLDER
    with storage(cache), locked(root / f".{requirement.sha256}.lock"):
        try:
            return find(root, requirement)
        except RequirementMissing:
            pass
        archive = _archive(cache, requirement, offline, limits, settings)
        home, building = root / requirement.sha256, root / f".{requirement.sha256}.building"
        for leftover in (home, building):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            _build(building, archive, requirement, limits)
            os.rename(building, home)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
    return find(root, requirement)


def _archive(
    cache: Path, requirement: Requirement, offline: bool, limits: Limits, settings: index.Settings | None
) -> Path:
    archive = cache / "archives" / requirement.sha256
    if archive.is_file():
        if file_sha256(archive) == requirement.sha256:
            return archive
        archive.unlink()
    if offline:
        raise SourceError(f"{requirement.filename} is not in the cache, and offline is set")
    links = [link for link in index.files(requirement.name, settings) if link.filename == requirement.filename]
    for link in links:
        if link.sha256 in (None, requirement.sha256):
            index.download(link, requirement.sha256, archive, limits, settings)
            return archive
    if links:
        raise SourceError(
            f"{requirement.filename}: the index offers SHA-256 {links[0].sha256}, expected {requirement.sha256}; "
            "not used"
        )
    raise SourceError(f"{requirement.filename}: the package index has no such file")


def _build(building: Path, archive: Path, requirement: Requirement, limits: Limits) -> None:
    """Unpack into `building/tree`, then write the marker."""
    tree = building / "tree"
    tree.mkdir(parents=True)
    wheel = requirement.filename.endswith(".whl")
    rejected = (_wheel if wheel else _sdist)(archive, tree, requirement, limits)
    files = {path.relative_to(tree).as_posix(): path for path in sorted(tree.rglob("*")) if path.is_file()}
    tops = sorted({_top(path) for path in files if path.endswith(".py")})
    if not tops:
        raise SourceError(f"{requirement.filename}: it holds no Python modules")
    marker = {
        "format": FORMAT,
        "filename": requirement.filename,
        "tops": tops,
        "files": {name: file_sha256(path) for name, path in files.items()},
        "rejected": rejected,
    }
    write_atomically(building / "wheel.json", json.dumps(marker, indent=1, sort_keys=True).encode())


def _top(path: str) -> str:
    first, slash, _ = path.partition("/")
    return first if slash else first.removesuffix(".py")


def _wheel(archive: Path, folder: Path, requirement: Requirement, limits: Limits) -> list[list[str]]:
    tree = PureTree(folder, limits, requirement.filename)
    unpack(archive, tree, limits, requirement.filename)
    return [[path, why] for path, _, why in sorted(tree.rejected)]


def _sdist(archive: Path, folder: Path, requirement: Requirement, limits: Limits) -> list[list[str]]:
    """The Python files of the first import root of a source distribution, and its metadata."""
    whole = folder.with_name("whole")
    tree = Tree(whole, limits, requirement.filename, strips_top=True)
    unpack(archive, tree, limits, requirement.filename)
    top = next((path.partition("/")[0] for path in tree.files), "")
    files = {path.removeprefix(f"{top}/"): path for path in tree.files}
    texts = {path.removeprefix(f"{top}/"): data for path, data in tree.texts.items()}
    root = (*import_roots(files, texts.get("pyproject.toml", b"").decode("utf-8", "replace")), "")[0]
    pure = PureTree(folder, limits, requirement.filename)
    for path in sorted(files):
        name = path.removeprefix(f"{root}/") if root else path
        if path.startswith(f"{root}/" if root else "") and not _beside(name):
            data = (whole / files[path]).read_bytes()
            if pure.wants(name, len(data)):
                pure.add(name, data)
    info = f"{normal(requirement.name).replace('-', '_')}-{requirement.version}.dist-info/METADATA"
    pure.add(info, texts.get("PKG-INFO", b""))
    shutil.rmtree(whole)
    return [[path, why] for path, _, why in sorted(pure.rejected)]


def _beside(path: str) -> bool:
    """Whether a file of a source distribution is no part of what it installs."""
    first = path.partition("/")[0].removesuffix(".py")
    return first in (
        "setup",
        "conftest",
        "noxfile",
        "tasks",
        "test",
        "tests",
        "docs",
        "doc",
        "examples",
        "benchmarks",
    )


def provided(wheels: Sequence[Wheel]) -> dict[str, tuple[Requirement, ...]]:
    """For each top-level module, what must be mounted so that it can be imported: everything that was locked.

    Packages look at what else is installed, so the whole locked set is the environment that a result belongs to.
    """
    everything = tuple(wheel.requirement for wheel in wheels)
    return dict.fromkeys(sorted({top for wheel in wheels for top in wheel.tops}), everything)
