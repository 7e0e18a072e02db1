"""Writes git objects byte by byte, so that repositories can hold what git itself would refuse to make."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from sources_kit import MIT

Entry = tuple[str, str, bytes | str]
"""Mode, object id, name."""


class Evil:
    """A bare repository in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("objects", "refs/heads"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")

    def object(self, kind: str, data: bytes) -> str:
        whole = f"{kind} {len(data)}\0".encode() + data
        oid = hashlib.sha1(whole).hexdigest()
        path = self.folder / "objects" / oid[:2] / oid[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(whole, 1))
        return oid

    def blob(self, data: bytes | str) -> str:
        return self.object("blob", data.encode() if isinstance(data, str) else data)

    def tree(self, *entries: Entry) -> str:
        return self.object(
            "tree",
            b"".join(
                mode.encode()
                + b" "
                + (name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape"))
                + b"\0"
                + bytes.fromhex(oid)
                for mode, oid, name in entries
            ),
        )

    def file(self, name: bytes | str, data: bytes | str = "x = 1\n", mode: str = "100644") -> Entry:
        return mode, self.blob(data), name

    def below(self, name: bytes | str, *entries: Entry) -> Entry:
        return "40000", self.tree(*entries), name

    def link(self, name: str, target: str) -> Entry:
        return "120000", self.blob(target), name

    def commit(
        self,
        *entries: Entry,
        licence: bytes | str | None = MIT,
        when: str = "1600000000 +0000",
        tree: str | None = None,
        ref: str = "refs/heads/main",
        extra: str = "",
    ) -> str:
        """Commits these entries, with a licence and one honest file, onto `ref`."""
        every = [*entries, self.file("honest.py", "honest = 1\n")]
        if licence is not None:
            every.append(self.file("LICENSE", licence))
        root = tree or self.tree(*every)
        text = f"tree {root}\nauthor a <a@x> {when}\ncommitter a <a@x> {when}\n{extra}\nmessage\n"
        oid = self.object("commit", text.encode())
        path = self.folder / ref
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(oid + "\n")
        return oid
