"""The licence of each file of a checkout: its own where it has one, else the repository's."""

from __future__ import annotations

from dataclasses import dataclass, field

from lift_sys.data_synthesis.notices import Unclear, file_licence, foreign, notice_above
from lift_sys.data_synthesis.sources import Checkout
from lift_sys.records import Licence


@dataclass
class FileLicences:
    """Reads each file once, when it is first asked for."""

    checkout: Checkout
    _known: dict[str, Licence | Unclear] = field(default_factory=dict)
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def of(self, path: str) -> Licence:
        """The licence of a file that has a clear one."""
        found = self._decide(path)
        assert isinstance(found, Licence)
        return found

    def unclear(self, path: str, lineno: int) -> Unclear | None:
        """Why the function at a line can't be used: for its file, or a notice above it. None when it can."""
        found = self._decide(path)
        if isinstance(found, Unclear):
            return found
        why = foreign(notice_above(self._lines[path], lineno), found.spdx)
        return Unclear(f"a comment above the function {why}") if why else None

    def _decide(self, path: str) -> Licence | Unclear:
        if path not in self._known:
            text = (self.checkout.folder / path).read_text(encoding="utf-8", errors="replace")
            self._known[path] = file_licence(text, path, self.checkout.repository)
            self._lines[path] = text.split("\n")
        return self._known[path]
