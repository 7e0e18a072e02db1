"""The licence of each file of a checkout: its own where it has one, else the repository's."""

from __future__ import annotations

from dataclasses import dataclass, field

from lift_sys.data_synthesis.curation.licences import Unclear, file_licence
from lift_sys.data_synthesis.sources import Checkout
from lift_sys.records import Licence


@dataclass
class FileLicences:
    """Reads each file once, when it is first asked for."""

    checkout: Checkout
    _known: dict[str, Licence | Unclear] = field(default_factory=dict)

    def of(self, path: str) -> Licence:
        """The licence of a file that has a clear one."""
        found = self._decide(path)
        assert isinstance(found, Licence)
        return found

    def unclear(self, path: str) -> Unclear | None:
        """Why the file's functions can't be used; None when they can."""
        found = self._decide(path)
        return found if isinstance(found, Unclear) else None

    def _decide(self, path: str) -> Licence | Unclear:
        if path not in self._known:
            text = (self.checkout.folder / path).read_text(encoding="utf-8", errors="replace")
            self._known[path] = file_licence(text, path, self.checkout.repository)
        return self._known[path]
