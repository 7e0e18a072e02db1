"""Answers kept on disk with their ETags: asking again costs nothing of the rate limit while they are unchanged.

Only the address and the answer are kept, never a request's headers, so no token gets onto the disk.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from lift_sys.storage.files import atomic_write, storage_errors


@dataclass(frozen=True)
class Kept:
    etag: str
    body: str


class ETagCache:
    """One file an address below `folder`. A damaged file counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str) -> Kept | None:
        try:
            data = json.loads(self._path(url).read_bytes())
            kept = Kept(data["etag"], data["body"])
            return kept if data["url"] == url and data["sha256"] == _digest(kept) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, url: str, kept: Kept) -> None:
        """Raises:
        StorageError: the disk is full or can't be written.
        """
        path = self._path(url)
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        record = {"url": url, "etag": kept.etag, "sha256": _digest(kept), "body": kept.body}
        atomic_write(path, [json.dumps(record)])

    def drop(self, url: str) -> None:
        self._path(url).unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}.json"


def _digest(kept: Kept) -> str:
    return hashlib.sha256(f"{kept.etag}\0{kept.body}".encode("utf-8", "surrogatepass")).hexdigest()
