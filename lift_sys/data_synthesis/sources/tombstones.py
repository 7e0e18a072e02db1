"""Sources that their owners have taken back: a tombstone each, in `forgotten.json` beside the lock.

    {"schema_version": 1,
     "sources": [{"name": "acme/things", "aliases": ["acme/things", "things"], "archives": ["..."], "date": "...",
                  "reason": "asked by its owner", "identity": "...", "copies": ["..."]}]}

A tombstone holds names and hashes, and nothing of the content. It is matched by every name under which the source
was known when it was forgotten, and by the hashes of its archives, so that another spelling does not bring it back.
A copy under an unrelated name is another source; `forget --with-copies` is for those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from lift_sys.errors import ConfigError, SourceForgotten
from lift_sys.records.base import content_hash
from lift_sys.storage import atomic_write

FORGOTTEN = "forgotten.json"


def normalised(name: str) -> str:
    """One spelling of a name: `Acme/My_Things.git` -> `acme/my-things`."""
    parts = [part for part in name.strip().lower().removesuffix(".git").split("/") if part]
    return "/".join(re.sub(r"[-_.]+", "-", part) for part in parts)


def names_of(name: str, url: str | None = None) -> frozenset[str]:
    """Every name, normalised, that a source goes by: its own, and OWNER/REPO where it has an address.

    A folder of this machine has no owner: its path says nothing.
    """
    names = {normalised(name)}
    if url and "://" in url:
        path = [part for part in urlsplit(url).path.split("/") if part]
        if len(path) >= 2:
            names.add(normalised("/".join(path[-2:])))
    return frozenset(names - {""})


class Tombstone(BaseModel):
    """One forgotten source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    aliases: tuple[str, ...]
    """Normalised and sorted; the name is one of them."""
    archives: tuple[str, ...] = ()
    """SHA-256 of its archives: the same file under another name is the same source."""
    date: str
    """ISO 8601."""
    reason: str = ""
    identity: str
    """Hash of the aliases and archives."""
    copies: tuple[str, ...] = ()
    """Ids of functions of other projects that were copies of its functions, and were removed with it."""

    @classmethod
    def of(
        cls,
        name: str,
        aliases: Iterable[str],
        archives: Iterable[str],
        *,
        date: str,
        reason: str,
        copies: Iterable[str],
    ) -> Tombstone:
        names, hashes = tuple(sorted({normalised(name), *aliases})), tuple(sorted(set(archives)))
        return cls(
            name=name,
            aliases=names,
            archives=hashes,
            date=date,
            reason=reason,
            identity=content_hash([names, hashes]),
            copies=tuple(sorted(set(copies))),
        )

    def joined(self, other: Tombstone) -> Tombstone:
        """This tombstone with what a second `forget` of the same source found. The first one's words stand."""
        return Tombstone.of(
            self.name,
            {*self.aliases, *other.aliases},
            {*self.archives, *other.archives},
            date=self.date,
            reason=self.reason or other.reason,
            copies={*self.copies, *other.copies},
        )


class Forgotten(BaseModel):
    """The tombstones, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    sources: tuple[Tombstone, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> Forgotten:
        """Those of a folder; none where it has no such file.

        Raises:
            ConfigError: the file is damaged: to go on without it would bring back what was taken out.
        """
        path = folder / FORGOTTEN
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise ConfigError(
                f"{path} is no list of forgotten sources: {where}: {first['msg']}; restore it, it is what keeps "
                "sources out that were taken back"
            ) from None

    def save(self, folder: Path) -> None:
        """Write them, in one order. Nothing is written where there are none.

        Raises:
            StorageError: it can't be written.
        """
        if self.sources:
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=True) + "\n"
            atomic_write(folder / FORGOTTEN, [text])

    def joined(self, tombstones: Iterable[Tombstone]) -> Forgotten:
        """These and others; two of one name become one."""
        known = {tomb.name: tomb for tomb in self.sources}
        for tomb in tombstones:
            known[tomb.name] = known[tomb.name].joined(tomb) if tomb.name in known else tomb
        return Forgotten(sources=tuple(known[name] for name in sorted(known)))

    def find(self, name: str, url: str | None = None, archive: str | None = None) -> Tombstone | None:
        """The tombstone of a source, or None."""
        names = names_of(name, url)
        for tomb in self.sources:
            if names & set(tomb.aliases) or (archive is not None and archive in tomb.archives):
                return tomb
        return None

    def check(self, name: str, url: str | None = None, archive: str | None = None) -> None:
        """Raises:
        SourceForgotten: the source was taken back.
        """
        tomb = self.find(name, url, archive)
        if tomb is not None:
            raise SourceForgotten(told(name, tomb))

    @property
    def copies(self) -> dict[str, str]:
        """Ids of the functions that were removed as copies, and the name of what they were copies of."""
        return {function: tomb.name for tomb in self.sources for function in tomb.copies}


def told(name: str, tomb: Tombstone) -> str:
    known = "" if normalised(name) == normalised(tomb.name) else f" (as {tomb.name})"
    reason = f": {tomb.reason}" if tomb.reason else ""
    return f"{name} was forgotten{known} on {tomb.date}{reason}; it is not used again: take it out of the sources"
