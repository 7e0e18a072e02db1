"""A lock: which sources, in exactly which state. Two runs on one lock read the same bytes.

{"schema_version": 1,
 "sources": [{"kind": "sdist", "name": "toolz", "version": "1.2.0", "sha256": "...", "filename": "...",
              "licence": {"spdx": "BSD-3-Clause", "text_sha256": "..."}, "source_time": "..."},
             {"kind": "stdlib", "name": "cpython-stdlib", "version": "installed"}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.github.remote import GithubSource
from lift_sys.data_synthesis.sources import index
from lift_sys.data_synthesis.sources.base import Checkout, Source
from lift_sys.data_synthesis.sources.equipped import EquippedSource
from lift_sys.data_synthesis.sources.git import GitSource, is_git_folder
from lift_sys.data_synthesis.sources.local import OWN, LocalSource
from lift_sys.data_synthesis.sources.sdist import SdistSource
from lift_sys.data_synthesis.sources.stdlib import StdlibSource
from lift_sys.data_synthesis.sources.store import storage, write_atomically
from lift_sys.data_synthesis.sources.tombstones import Forgotten
from lift_sys.data_synthesis.sources.wheels import normal
from lift_sys.errors import ConfigError, LiftError, StorageError
from lift_sys.records import Licence, Requirement, SourceKind

INSTALLED = "installed"
_LOCK_BYTES = 32 * 1024 * 1024


class LockedLicence(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    spdx: str
    text_sha256: str | None = None


class LockEntry(BaseModel):
    """One source, pinned. Which fields are needed depends on the kind; `to_source` says what is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SourceKind
    name: str
    version: str
    """The release, the commit hash, the content hash of a folder, or "installed". Not pinned yet: "HEAD" or ""."""
    sha256: str | None = None
    filename: str | None = None
    url: str | None = None
    """git, github: where it is fetched from; local: the folder."""
    modules: tuple[str, ...] | Literal["all"] | None = None
    licence: LockedLicence | None = None
    source_time: str | None = None
    record: bool = True
    """Whether the project's own tests are run to record calls."""
    note: str = ""
    unsteady: tuple[str, ...] = ()
    """Functions (`path:qualname`) that are left out, because two builds made their rows otherwise: time decides of a
    test of theirs, or threads do."""

    requirements: tuple[Requirement, ...] = ()
    """Wheels that the project's functions may import where they run, its own among them."""
    test_requirements: tuple[Requirement, ...] = ()
    """Further wheels, that its tests may import."""

    def to_source(self, *, offline: bool = False, base: Path | None = None, allow: Iterable[str] = ()) -> Source:
        """Raises:
        ConfigError: a field that this kind needs is missing or wrong.
        """
        source = _BUILDERS[self.kind](self, offline, base or Path(), frozenset(allow))
        if self.requirements or self.test_requirements:
            return EquippedSource(source, self.requirements, self.test_requirements, offline)
        return source


class Lock(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    python: str | None = None
    """The minor version that the dataset is made with: another one parses and behaves differently."""
    tools: dict[str, str] = {}
    """Packages, with their versions, whose output is in the dataset's bytes."""
    configuration: dict[str, JsonValue] = {}
    """Settings of the run; what is not named has its default."""
    sources: tuple[LockEntry, ...] = ()

    @property
    def unsteady(self) -> frozenset[str]:
        """Functions that are left out, as `source:path:qualname`."""
        return frozenset(f"{entry.name}:{function}" for entry in self.sources for function in entry.unsteady)

    @classmethod
    def load(cls, path: Path, *, forgotten: bool = False) -> Lock:
        """The lock. `forgotten` lets sources pass that were taken back: it is for those who take them out.

        Raises:
            ConfigError: no such file, or not a lock; the message says where.
            SourceForgotten: it names a source that `forgotten.json` beside it says was taken back.
        """
        try:
            if path.stat().st_size > _LOCK_BYTES:
                raise ConfigError(f"{path}: too large to be a lock")
            lock = cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise ConfigError(f"{path}: not a lock: {where}: {first['msg']}") from None
        names = [(entry.kind, entry.name) for entry in lock.sources]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ConfigError(f"{path}: {double[0][0]} {double[0][1]} is listed twice")
        if not forgotten:
            lock.refuse_forgotten(path)
        return lock

    def refuse_forgotten(self, path: Path) -> None:
        """Raises:
        SourceForgotten: a source was taken back, as the folder of the lock at `path` says.
        """
        tombstones = Forgotten.load(path.parent)
        for entry in self.sources:
            tombstones.check(entry.name, entry.url, entry.sha256)

    def save(self, path: Path) -> None:
        """Writes the lock atomically, in one order, so that equal locks are equal bytes.

        Raises:
            SourceForgotten: a source was taken back.
            StorageError: it can't be written.
        """
        self.refuse_forgotten(path)
        entries = sorted(self.sources, key=lambda entry: (entry.kind, entry.name.lower(), entry.version))
        head = self.model_dump(mode="json", exclude_defaults=True, exclude={"sources", "schema_version"})
        sources = [entry.model_dump(mode="json", exclude_defaults=True) for entry in entries]
        content = {"schema_version": self.schema_version, **head, "sources": sources}
        text = json.dumps(content, indent=2) + "\n"
        with storage(path.parent):
            write_atomically(path, text.encode())

    def merged(self, entries: Iterable[LockEntry]) -> Lock:
        """This lock with `entries` added; the same kind and name is replaced."""
        by_name = {(entry.kind, entry.name.lower()): entry for entry in (*self.sources, *entries)}
        return self.model_copy(update={"sources": tuple(by_name[key] for key in sorted(by_name))})


def make_lock(names: Iterable[str]) -> Lock:
    """The newest final sdist of each project, pinned by the index's hash. A name may say `project==version`.

    Licences are filled in by `with_licences` once the sources were read.

    Raises:
        SourceError: a project or release that the index does not have.
    """
    return Lock(sources=tuple(_locked_sdist(name) for name in sorted(set(names), key=str.lower)))


def _locked_sdist(requirement: str) -> LockEntry:
    name, _, version = (part.strip() for part in requirement.partition("=="))
    link = index.newest(name, version=version or None)
    return LockEntry(
        kind="sdist",
        name=name,
        version=link.version,
        sha256=link.sha256,
        filename=link.filename,
        source_time=link.uploaded,
    )


def entry_of(checkout: Checkout, entry: LockEntry) -> LockEntry:
    """`entry` with what reading the source taught. A licence that needs a person's decision is left out."""
    repository = checkout.repository
    clear = checkout.files and repository.licence.spdx != licences.UNKNOWN
    spdx, digest = repository.licence.spdx, repository.licence.text_sha256
    return entry.model_copy(
        update={
            "version": entry.version if entry.version == INSTALLED else repository.version,
            "licence": LockedLicence(spdx=spdx, text_sha256=digest) if clear and entry.kind != "stdlib" else None,
            "source_time": None if entry.kind == "stdlib" else repository.source_time,
        }
    )


def load_sources(
    lock: Path, cache: Path | None = None, *, offline: bool = False, allow: Iterable[str] = ()
) -> list[Source]:
    """The sources of a lock file, in its order. `allow` names licences to take beside the permissive ones.

    Raises:
        ConfigError: the lock is wrong.
        StorageError: `cache` can't be used.
    """
    if cache is not None:
        with storage(cache):
            cache.mkdir(parents=True, exist_ok=True)
    allowed = tuple(allow)
    entries = Lock.load(lock).sources
    return [entry.to_source(offline=offline, base=lock.parent, allow=allowed) for entry in entries]


def checkout_all(
    sources: Sequence[Source],
    cache: Path,
    *,
    jobs: int = 4,
    on_done: Callable[[Source, Checkout | LiftError], None] | None = None,
) -> list[Checkout | LiftError]:
    """Every source's checkout, or the error that stands in its place, in the order of `sources`.

    Raises:
        StorageError: the cache can't be written: no other source would fare better.
    """
    done: dict[int, Checkout | LiftError] = {}
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        futures = {pool.submit(source.checkout, cache): at for at, source in enumerate(sources)}
        try:
            for future in as_completed(futures):
                at = futures[future]
                try:
                    done[at] = future.result()
                except StorageError:
                    raise
                except LiftError as error:
                    done[at] = error
                if on_done is not None:
                    on_done(sources[at], done[at])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[at] for at in range(len(sources))]


def local_source(path: Path, *, name: str = "", allow: Iterable[str] = ()) -> Source:
    """A folder of this machine: through git's object store when it is a repository, else as it lies there."""
    policy = _policy(OWN, frozenset(allow))
    if is_git_folder(path):
        return GitSource(str(path), name=name, policy=policy)
    return LocalSource(path, name=name, policy=policy)


def _policy(base: licences.Policy, allow: frozenset[str]) -> licences.Policy:
    return licences.Policy(base.allowed | allow, base.allow_unknown, base.allow_review)


def _sdist(entry: LockEntry, offline: bool, base: Path, allow: frozenset[str]) -> Source:
    if not entry.sha256:
        raise ConfigError(f"lock: {entry.name}: an sdist needs its sha256")
    stem = (entry.filename or "").removesuffix(".zip").removesuffix(".tar.gz")
    if stem and normal(stem) != normal(f"{entry.name}-{entry.version}"):  # rows would name another release
        raise ConfigError(f"lock: {entry.filename} is not the release {entry.version} of {entry.name}")
    return SdistSource(
        entry.name,
        entry.version,
        entry.sha256,
        entry.filename,
        licence=_licence(entry),
        source_time=entry.source_time,
        offline=offline,
        policy=_policy(licences.Policy(), allow),
    )


def _git(entry: LockEntry, offline: bool, base: Path, allow: frozenset[str]) -> Source:
    if not entry.url:
        raise ConfigError(f"lock: {entry.name}: a git source needs its url")
    policy = _policy(OWN if "://" not in entry.url else licences.Policy(), allow)
    url = entry.url if "://" in entry.url else str(base / entry.url)
    licence = _licence(entry)
    ref = None if entry.version == "HEAD" else entry.version
    return GitSource(url, ref, name=entry.name, licence=licence, offline=offline, policy=policy)


def _local(entry: LockEntry, offline: bool, base: Path, allow: frozenset[str]) -> Source:
    if not entry.url:
        raise ConfigError(f"lock: {entry.name}: a local source needs its folder as url")
    return LocalSource(base / entry.url, name=entry.name, version=entry.version or None, policy=_policy(OWN, allow))


def _stdlib(entry: LockEntry, offline: bool, base: Path, allow: frozenset[str]) -> Source:
    return StdlibSource(modules=entry.modules, name=entry.name)


def _github(entry: LockEntry, offline: bool, base: Path, allow: frozenset[str]) -> Source:
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", entry.version):
        raise ConfigError(f"lock: {entry.name}: a GitHub source needs the full hash of its commit as version")
    policy, licence = _policy(licences.Policy(), allow), _licence(entry)
    return GithubSource(entry.name, entry.version, entry.url or "", licence=licence, offline=offline, policy=policy)


def _licence(entry: LockEntry) -> Licence | None:
    return Licence(spdx=entry.licence.spdx, text_sha256=entry.licence.text_sha256) if entry.licence else None


_BUILDERS: dict[str, Callable[[LockEntry, bool, Path, frozenset[str]], Source]] = {
    "sdist": _sdist,
    "git": _git,
    "local": _local,
    "stdlib": _stdlib,
    "github": _github,
}
"""The registry of source kinds: a new kind is a class and a line here."""
