"""What `forget` means by a name: every state of the source that the lock, the dataset and the caches know."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lift_sys.data_synthesis.dataset import MANIFEST
from lift_sys.data_synthesis.source_run import SOURCE
from lift_sys.data_synthesis.sources.lock import Lock
from lift_sys.data_synthesis.sources.tombstones import Forgotten, names_of, normalised
from lift_sys.errors import ConfigError
from lift_sys.storage import Checkpoint

NAMES = "sources.txt"
"""Projects that a lock is to be made of (`scripts/make_dataset_lock.py`): a name and its flags a line."""


@dataclass(frozen=True)
class Known:
    """One mention of a source."""

    name: str
    url: str | None = None
    archive: str | None = None
    """SHA-256."""
    identity: str = ""
    """Id of the `Repository`, where one was read."""

    @property
    def names(self) -> frozenset[str]:
        return names_of(self.name, self.url)


@dataclass
class Target:
    """The source to forget, under every name it goes by."""

    name: str
    names: set[str] = field(default_factory=set)
    archives: set[str] = field(default_factory=set)
    identities: set[str] = field(default_factory=set)

    def matches(self, known: Known) -> bool:
        return bool(
            known.names & self.names
            or (known.archive and known.archive in self.archives)
            or (known.identity and known.identity in self.identities)
        )

    def take(self, known: Known) -> bool:
        """Learn from a mention that matches; whether there was anything to learn."""
        before = len(self.names) + len(self.archives) + len(self.identities)
        self.names |= known.names
        self.archives |= {known.archive} - {None}  # type: ignore[arg-type]
        self.identities |= {known.identity} - {""}
        return len(self.names) + len(self.archives) + len(self.identities) > before


def find_target(name: str, mentions: Iterable[Known], forgotten: Forgotten) -> Target:
    """The source called `name`.

    Raises:
        ConfigError: nothing is known under that name, and nothing was forgotten under it; near names are told.
    """
    wanted = normalised(name)
    if not wanted:
        raise ConfigError(f"{name!r} is no name: give OWNER/REPO or the name of a package")
    target = Target(name, {wanted})
    known = list(mentions)
    tomb = forgotten.find(name)
    if tomb is not None:  # forgotten before, perhaps by a run that was stopped: what is left goes now
        target.name, target.names = tomb.name, {*tomb.aliases}
        target.archives |= set(tomb.archives)
    found = False
    learnt = True
    while learnt:  # a mention can teach a name that another one goes by
        learnt = False
        for mention in known:
            if target.matches(mention):
                found, learnt = True, target.take(mention) or learnt
    if not found and tomb is None:
        raise ConfigError(f"no source is called {name!r}{_near(wanted, known)}; nothing was changed")
    return target


def _near(wanted: str, known: Iterable[Known]) -> str:
    names = sorted({name for mention in known for name in mention.names})
    ends = [name for name in names if name.rpartition("/")[2] == wanted.rpartition("/")[2]]
    near = list(dict.fromkeys([*ends, *difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)]))[:4]
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; there are {len(names)}: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" if names else ""


def from_lock(lock: Lock) -> Iterator[Known]:
    for entry in lock.sources:
        yield Known(entry.name, entry.url, entry.sha256)


def from_manifest(manifest: dict[str, Any]) -> Iterator[Known]:
    for source in manifest.get("sources", ()):
        archive = source.get("archive_sha256") or source.get("sha256")
        yield Known(source["name"], source.get("url"), archive, source.get("id", ""))


def from_names(folder: Path) -> Iterator[tuple[str, Known | None]]:
    """Each line of the list of names beside a lock, and the source that it names."""
    path = folder / NAMES
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else ():
        words = line.partition("#")[0].split()
        yield line, Known(words[0]) if words else None


def from_checkpoint(checkpoint: Checkpoint) -> Iterator[tuple[str, Known]]:
    """Each stored outcome's key, and the source it is of."""
    from lift_sys.records import Repository

    for key, text in checkpoint.items(SOURCE):
        place = Repository.model_validate(json.loads(text)["repository"])
        yield key, Known(place.name, place.url, place.archive_sha256, place.id)


def from_checkouts(sources: Path) -> Iterator[tuple[Path, Known]]:
    """Each checkout's folder, and the source it is of."""
    from lift_sys.records import Repository

    for marker in sorted((sources / "checkouts").glob("*/checkout.json")):
        try:
            place = Repository.model_validate(json.loads(marker.read_bytes())["repository"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        yield marker.parent, Known(place.name, place.url, place.archive_sha256, place.id)


def check_dataset_folder(folder: Path) -> None:
    """Raises:
    ConfigError: there is no such folder, or it is one that `lift-sys publish` wrote.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; --out names the dataset that `lift-sys generate` wrote")
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return
    if isinstance(manifest, dict) and "name" in manifest and "code_version" not in manifest:
        raise ConfigError(
            f"{folder} holds published files, which are made from a dataset: give the dataset's folder as --out and "
            f"the lock beside the published files as --lock; they are then written anew"
        )
