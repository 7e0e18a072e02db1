"""An export's folder: made beside its place and moved there when it is complete, `export.json` last.

Whoever finds the folder finds a whole export. A run that was stopped leaves `.NAME.partial`, which the next one
removes. The same dataset and options give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lift_sys.data_synthesis.dataset import file_hash
from lift_sys.errors import StorageError
from lift_sys.storage import FolderLock, atomic_write, storage_errors

MARKER = "export.json"
LOCK = ".lock"


class Output:
    """A folder in the making. Leave the `with` block without `finish`, and nothing is there."""

    def __init__(self, out: Path) -> None:
        """
        Raises:
            StorageError: `out` names no folder of its own.
        """
        self.out = out
        if out.name in ("", ".."):
            raise StorageError(f"{out} can't be an export's folder: name a new one with --out")
        self.folder = out.with_name(f".{out.name}.partial")
        self._lock: AbstractContextManager[FolderLock] = FolderLock(self.folder)

    def __enter__(self) -> Self:
        """
        Raises:
            StorageError: something else lies at `out`, or it can't be written, or another run writes it.
        """
        with storage_errors(self.out):
            _check_replaceable(self.out)
        self._lock.__enter__()
        self._clear()
        return self

    def path(self, name: str) -> Path:
        """Where a file goes, its folder made."""
        path = self.folder / name
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def text(self, name: str, text: str, *, executable: bool = False) -> None:
        path = self.path(name)
        with storage_errors(path):
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            if executable:
                path.chmod(0o755)

    def lines(self, name: str, rows: Iterable[dict[str, Any]]) -> int:
        """Write rows as JSONL, one at a time, and return how many they were."""
        count = 0
        path = self.path(name)
        with storage_errors(path), path.open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                # ASCII only: a lone surrogate has no UTF-8, and readers that split lines at U+2028 exist.
                file.write(json.dumps(row, ensure_ascii=True) + "\n")
                count += 1
        if not count:
            path.unlink()
        return count

    def finish(self, said: dict[str, Any]) -> dict[str, Any]:
        """Write the marker and move the folder to its place; returns what the marker says."""
        files = sorted(p for p in self.folder.rglob("*") if p.is_file() and p.name != LOCK)
        said = {**said, "files": len(files), "content_sha256": _tree_hash(self.folder, files)}
        atomic_write(self.folder / MARKER, [json.dumps(said, indent=1), "\n"])
        with storage_errors(self.out):
            if self.out.exists():
                (self.out / MARKER).unlink(missing_ok=True)
                shutil.rmtree(self.out)
            (self.folder / LOCK).unlink()
            self.folder.rename(self.out)
        return said

    def _clear(self) -> None:
        with storage_errors(self.folder):
            for path in self.folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path.name != LOCK:
                    path.unlink()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.__exit__(kind, error, trace)
        if kind is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _check_replaceable(out: Path) -> None:
    """Only nothing, an empty folder or an earlier export may be replaced."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise StorageError(f"{out} is not a folder: choose another --out")
    if not out.is_dir() or not any(out.iterdir()):
        return
    try:
        promised = json.loads((out / MARKER).read_text())["content_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        raise StorageError(f"{out} holds other files and no export: choose a new folder, or empty it") from None
    files = sorted(path for path in out.rglob("*") if path.is_file() and path != out / MARKER)
    if _tree_hash(out, files) != promised:
        raise StorageError(
            f"{out} holds an export, and files that are not of it or were changed: move them, or choose a new folder"
        )


def _tree_hash(folder: Path, files: Iterable[Path]) -> str:
    """One hash of the names and contents of files."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{file_hash(path)}  {path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()
