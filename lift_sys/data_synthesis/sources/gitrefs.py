"""Reads a local repository's refs as text, and borrows its objects, without git ever opening it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from lift_sys.errors import SourceError

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF_NAME = re.compile(r"refs/[A-Za-z0-9_./@+#-]{1,240}")
_TEXT_BYTES = 64 * 1024 * 1024


def resolve(home: Path, ref: str | None) -> str:
    """The hash that `ref` (None: HEAD) names.

    Raises:
        SourceError: it names nothing: an empty repository, an unknown ref, or refs kept in another format.
    """
    if ref is not None:
        if _HASH.fullmatch(ref):
            return ref
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/remotes/origin/{ref}", ref):
            found = _lookup(home, name)
            if found:
                return found
        raise SourceError(f"{_label(home)}: no branch or tag {ref!r}")
    head = (_text(home, "HEAD") or "").strip()
    for _ in range(5):  # symbolic refs may point on
        if _HASH.fullmatch(head):
            return head
        if not head.startswith("ref: "):
            break
        target = head.removeprefix("ref: ").strip()
        found = _lookup(home, target)
        if found:
            return found
        head = (_text(home, target) or "").strip()
    if (home / "reftable").is_dir():
        raise SourceError(f"{_label(home)}: keeps its refs in the reftable format; name a commit hash")
    raise SourceError(f"{_label(home)}: the repository is empty: HEAD names no commit")


def borrow_objects(home: Path, ours: Path) -> None:
    """Lets our bare repository read the objects of `home`, once nothing in there leads elsewhere.

    Raises:
        SourceError: a link, or an alternate that points to other object stores.
    """
    store = home / "objects"
    if (store / "info" / "alternates").exists() or (store / "info" / "http-alternates").exists():
        raise SourceError(
            f"{_label(home)}: borrows objects from other repositories, which is not followed; "
            "make it whole first (git repack -a -d, then remove objects/info/alternates)"
        )
    _refuse_links(store, home)
    if "\n" in str(store.resolve()):
        raise SourceError(f"{_label(home)}: a folder with a line break in its name")
    info = ours / "objects" / "info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "alternates").write_text(_quoted(str(store.resolve())) + "\n")


def _quoted(path: str) -> str:
    # A line that starts with a quote is read as a C string; `#` starts a comment.
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _refuse_links(store: Path, home: Path) -> None:
    folders = [store]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    folders.append(Path(entry.path))
                elif not stat.S_ISREG(mode):
                    raise SourceError(f"{_label(home)}: objects/{entry.name} is a link or a device; not followed")
    if store.is_symlink():
        raise SourceError(f"{_label(home)}: the object store is a link; not followed")


def _lookup(home: Path, name: str) -> str | None:
    if not _REF_NAME.fullmatch(name) or any(part in ("", ".", "..") for part in name.split("/")):
        return None
    text = (_text(home, name) or "").strip()
    if _HASH.fullmatch(text):
        return text
    for line in (_text(home, "packed-refs") or "").splitlines():
        digest, _, packed = line.partition(" ")
        if packed == name and _HASH.fullmatch(digest):
            return digest
    return None


def _text(home: Path, name: str) -> str | None:
    """A small regular file below the repository as text; no component may be a link."""
    path = home
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            raise SourceError(f"{_label(home)}: {name} is a link; not followed")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(_TEXT_BYTES).decode("utf-8", "replace")


def _label(home: Path) -> str:
    return home.parent.name if home.name == ".git" else home.name
