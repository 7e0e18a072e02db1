"""Names of files and folders made from names in mined code, which anybody may have chosen."""

from __future__ import annotations

import re

from lift_sys.records import Example

LONGEST = 48
"""Characters of a name besides its hash: with the folders around, far below what any file system allows."""


def plain_name(text: str, longest: int = LONGEST) -> str:
    """Lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit; `x` when nothing is left.

    No separators, no `..`, nothing that a shell or an archive takes for more than a name.
    """
    kept = re.sub(r"[^a-z0-9._-]+", "-", text.lower().encode("ascii", "ignore").decode())
    kept = re.sub(r"\.{2,}", ".", kept)[:longest].strip("._-")
    return kept or "x"


def row_name(example: Example) -> str:
    """A name for a row's folder or instance: project and function for people, the row's hash to be unique."""
    place = example.provenance
    return f"{plain_name(place.repository, 24)}-{plain_name(place.qualname, 32)}-{example.id[:16]}"
