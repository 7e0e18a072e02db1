"""The step that looks at licences: every row has one that is allowed, and its code carries no other notice."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lift_sys.data_synthesis.licences import PERMISSIVE, UNKNOWN, normalise, permits
from lift_sys.data_synthesis.notices import foreign, text_of
from lift_sys.records import Example, Rejection, RejectionReason, reject_example


def comments_and_docstrings(code: str) -> Iterator[str]:
    """The words of a piece of code that are about it: each comment with the ones right after it, each docstring."""
    block: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                block.append(token.string.lstrip("#! \t"))
            elif token.type == tokenize.STRING and token.string.lstrip("rRuUbB")[:3] in ('"""', "'''"):
                yield text_of(token.string)
            elif token.type not in (tokenize.NL,) and block:
                yield "\n".join(block)
                block = []
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    if block:
        yield "\n".join(block)


@dataclass(frozen=True)
class Licences:
    """The step: every row has one allowed licence and the hash of its text, and its code names no other.

    `NOASSERTION` (a folder of one's own without a licence) passes: whether it may be used was decided at its source.
    """

    allowed: frozenset[str] = field(default=PERMISSIVE)
    decided: frozenset[str] = frozenset()
    """Licences that the user allowed by name: their text need not be there."""
    name: str = "licences"

    def __call__(self, examples: Iterable[Example]) -> Iterator[Example | Rejection]:
        for example in examples:
            refusal = self.refusal(example)
            yield reject_example(example, *refusal) if refusal else example

    def refusal(self, example: Example) -> tuple[RejectionReason, str] | None:
        """Why the row may not be used, or None."""
        spdx, digest = example.provenance.licence, example.provenance.licence_sha256
        if spdx != UNKNOWN:
            normal = normalise(spdx)
            if normal is None:
                return RejectionReason.LICENCE_UNCLEAR, f"{spdx[:80]!r} is no SPDX expression"
            if not permits(normal, self.allowed | self.decided):
                return RejectionReason.LICENCE, f"{spdx} is not among the allowed licences"
            if digest is None and not permits(normal, self.decided):
                return RejectionReason.LICENCE_UNCLEAR, f"{spdx} is declared, but there is no licence text"
        for words in comments_and_docstrings(example.code):
            why = foreign(words, spdx)
            if why:
                return RejectionReason.LICENCE_UNCLEAR, f"the code {why}"
        return None
