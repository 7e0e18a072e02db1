"""Wheels made on the spot, in a folder that serves as the package index."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from lift_sys.data_synthesis.sources import wheels
from lift_sys.data_synthesis.sources.index import Settings
from lift_sys.records import Requirement


def make_wheel(folder: Path, name: str, files: dict[str, str | bytes], *, version: str = "1.0") -> Requirement:
    """A wheel of those files below `folder`, and the requirement that pins it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in {f"{info}/METADATA": metadata, **files}.items():
            archive.writestr(zipfile.ZipInfo(inside), content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Requirement(name=name, version=version, filename=path.name, sha256=digest)


def settings(folder: Path) -> Settings:
    return Settings(indexes=(), find_links=(str(folder),))


def fetch(cache: Path, folder: Path, requirement: Requirement, *, offline: bool = False) -> wheels.Wheel:
    return wheels.fetch(cache, requirement, settings=settings(folder), offline=offline)
