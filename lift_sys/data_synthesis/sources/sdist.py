"""Source distributions from the package index: found, verified by hash, unpacked. Never built."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.sources import index
from lift_sys.data_synthesis.sources.archive import unpack
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.finish import decide, facts
from lift_sys.data_synthesis.sources.limits import Limits
from lift_sys.data_synthesis.sources.store import Facts, checkout_key, file_sha256, obtain
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.errors import ConfigError, SourceError
from lift_sys.records import Licence


@dataclass(frozen=True)
class SdistSource:
    """One release, pinned by the SHA-256 of its file."""

    name: str
    version: str
    sha256: str
    filename: str | None = None
    licence: Licence | None = None
    """What a reviewer decided; used where the texts alone are unclear."""
    source_time: str | None = None
    """When the release was made, as the index says; None: the newest file in it (build tools set odd dates)."""
    offline: bool = False
    limits: Limits = field(default_factory=Limits)
    policy: licences.Policy = field(default_factory=licences.Policy)
    settings: index.Settings | None = None
    """pip's own configuration when None."""

    def __post_init__(self) -> None:
        index.check_name(self.name)
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ConfigError(f"{self.name}: {self.sha256[:80]!r} is no SHA-256 in hex")

    def checkout(self, cache: Path) -> Checkout:
        """The release's Python files, from the cache when they are there.

        Raises:
            SourceError: not found, wrong hash, unsafe or damaged archive, or offline and not cached.
            StorageError: the cache can't be written.
        """
        pinned = [self.name, self.version, self.sha256, self.source_time]
        key = checkout_key("sdist", *pinned)
        found = obtain(cache, key, lambda building: self._build(building, self._archive(cache)))
        return decide(found, self.policy, self.licence)

    def _archive(self, cache: Path) -> Path:
        archive = cache / "archives" / self.sha256
        if archive.is_file():
            if file_sha256(archive) == self.sha256:
                return archive
            archive.unlink()
        if self.offline:
            raise SourceError(f"{self.name} {self.version} is not in the cache, and offline is set")
        index.download(self._link(), self.sha256, archive, self.limits, self.settings)
        return archive

    def _link(self) -> index.Link:
        links = [link for link in index.sdists(self.name, self.settings) if link.version == self.version]
        if self.filename:
            links = [link for link in links if link.filename == self.filename] or links
        for link in links:
            if link.sha256 == self.sha256:
                return link
        for link in links:
            if link.sha256 is None:
                return link
        if links:
            raise SourceError(
                f"{self.name} {self.version}: the index offers SHA-256 {links[0].sha256}, "
                f"expected {self.sha256}; not used: correct the lock, or lock it anew with `lift-sys scrape`"
            )
        raise SourceError(f"{self.name} {self.version}: the package index has no source distribution of it")

    def _build(self, building: Path, archive: Path) -> Facts:
        what = f"{self.name} {self.version}"
        tree = Tree(building / "tree", self.limits, what, strips_top=True)
        unpack(archive, tree, self.limits, what)
        return facts(
            tree,
            building,
            kind="sdist",
            name=self.name,
            version=self.version,
            url=f"pkg:pypi/{self.name.lower()}@{self.version}",
            archive_sha256=self.sha256,
            source_time=self.source_time,
        )
