"""The licence of one file: what its own header says, else its repository's. Never guessed.

A file is `Unclear` where its header names several licences, or one that we don't know, or another licence than the
repository's without its id; where it lies in a folder of vendored code and says nothing itself; and where it says
that it was copied from elsewhere. A notice inside a single function concerns that function: `copied_from`.

Headers are comments and the module docstring before the first statement. Their evidence, in falling order: an
SPDX-License-Identifier line (SPDX 2.3, annex E), the text of a licence, and the usual sentences that name one.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from lift_sys.data_synthesis.licences import UNKNOWN, identify, ids_of, normalise
from lift_sys.records import Licence, Repository

_SPDX = re.compile(r"SPDX-License-Identifier\s*[:=]+\s*[\"']?([^\"'\n*#]+)", re.IGNORECASE)
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"Apache License,? \(?Version 2\.0|Apache(?: License)?[ -]2\.0|apache\.org/licenses/LICENSE-2\.0", "Apache-2.0"),
    (r"Affero General Public|\bAGPL", "AGPL"),
    (r"(?:Lesser|Library) General Public|\bLGPL", "LGPL"),
    (r"(?<!Affero )(?<!Lesser )(?<!Library )(?:GNU )?General Public Licen[sc]e|\bGPL(?:v?\d|\b)", "GPL"),
    (r"Mozilla Public Licen[sc]e|\bMPL[ -]?(?:v\.? ?)?2", "MPL-2.0"),
    (r"(?:released|licen[sc]ed|distributed|available|code is|is) (?:under|with|by) (?:the )?(?:terms of )?(?:the )?"
     r"(?:OSI[- ]approved )?[\"'`]?MIT\b|\bMIT[- ](?:style )?Licen[sc]e|opensource\.org/licenses/MIT", "MIT"),
    (r"\b(?:3|three)[- ]clause BSD|BSD[- ]3[- ]Clause|(?:new|modified|revised) BSD", "BSD-3-Clause"),
    (r"\b(?:2|two)[- ]clause BSD|BSD[- ]2[- ]Clause|simplified BSD|FreeBSD License", "BSD-2-Clause"),
    (r"\bISC [Ll]icen[sc]e", "ISC"),
    (r"Python Software Foundation Licen[sc]e|\bPSF [Ll]icen[sc]e", "PSF-2.0"),
    (r"Creative Commons (?:Attribution|BY)|\bCC[- ]BY", "CC-BY"),
    (r"\b(?:released|placed|put|dedicated) (?:in)?to the public domain|is in the public domain", "public domain"),
    (r"\bZope Public Licen[sc]e", "ZPL"),
    (r"Licensed to PSF under a Contributor Agreement", "PSF-2.0"),
    (r"proprietary and confidential|unauthori[sz]ed copying", "proprietary"),
)  # fmt: skip
BSD = "BSD"
"""A family of licences: it says which one only beside the repository's own of that family."""
_UNKNOWN_BSD = re.compile(r"\bBSD(?:[- ]style)? [Ll]icen[sc]e|under the BSD\b")
_VENDORED = re.compile(
    r"(?:^|/)_{0,2}(?:vendor(?:ed|s)?|vendored_packages|third[-_]?party|3rd[-_]?party|extern(?:al|als)?|thirdparty|bundled|contrib_vendored)/"
)
_COPIED = re.compile(
    r"(?i)\b(?:code|file|module|implementation|work|recipe|version) (?:is |was )?(?:\w+ )?derived from\b|"
    r"(?<!not )\b(?:(?:shamelessly |mostly |partly |partially |largely |heavily |code |was |is |were )?"
    r"(?:copied|adapted|borrowed|stolen|lifted|ripped|vendored|backported|forked|taken|ported|pasted|cribbed|snarfed)"
    r"(?: (?:and (?:modified|adapted|simplified)|verbatim|directly|almost|straight|with \w+ changes|\w+ly|over))* "
    r"(?:from|out of)\b|(?:code|implementation|recipe|snippet|idea|function|class|this) (?:is |was )?"
    r"(?:based (?:up)?on|from|by) (?=https?:|<?http|stack|the python|`)|backport of\b|(?:https?://)?(?:www\.)?(?:stackoverflow|stackexchange)\.com/"
    r"|code\.activestate\.com/recipes|gist\.github\.com/)[^\n]{0,80}"
)
_SPEAKS_OF_LICENCES = re.compile(
    r"(?i)SPDX-License|\blicen[sc]ed?\s+(?:under|with|by)|\b(?:released|distributed|available|code is) under\b"
    r"|under the (?:terms of )?(?:the )?(?:GNU|L?GPL|AGPL|MIT|BSD|Apache|Mozilla|Creative Commons|CC[- ]BY)"
    r"|rights reserved|public domain|proprietary and"
)
"""What tells a notice from words about licences, of which code that handles licences is full."""
_HEADER_LIMIT = 12_000


@dataclass(frozen=True)
class Unclear:
    """The licence can't be told; `why` is for the person who decides."""

    why: str


def file_licence(text: str, path: str, repository: Repository) -> Licence | Unclear:
    """The licence of a file of a repository whose own licence was accepted.

    Its `text_sha256` is of the repository's text where the file is under the same licence, else of the file's header.
    """
    header = file_header(text)
    own = repository.licence
    notice = copied_from(header)
    if notice:
        return Unclear(f"the header says: {notice}")
    said = _said(header)
    vendored = _VENDORED.search(path)
    if isinstance(said, Unclear):
        return said
    later = {spdx for match in _SPDX.finditer(text) if (spdx := _expression(match[1])) is not None}
    if later - {said}:
        return Unclear(f"SPDX lines inside the file: {', '.join(sorted(later))}")
    if said in (None, BSD) and vendored:
        return Unclear(f"in a folder of others' code ({vendored[0].strip('/')}), and it names no exact licence")
    if said is None:
        return own
    if said == own.spdx or _same(said, own.spdx):
        return own
    if said == BSD:
        return Unclear(f"the header says BSD, and the repository is under {own.spdx}")
    digest = hashlib.sha256(header.encode("utf-8", "surrogatepass")).hexdigest()
    return Licence(spdx=said, text_sha256=digest, path=path, evidence="the file's header")


def file_header(text: str) -> str:
    """Comments and docstring before the first statement; of a file that can't be read, its top."""
    lines: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text[:_HEADER_LIMIT]).readline):
            if token.type == tokenize.COMMENT:
                lines.append(token.string.lstrip("#! \t"))
            elif token.type == tokenize.STRING:
                lines.append(text_of(token.string))
            elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING):
                break
    except (tokenize.TokenError, SyntaxError, ValueError):
        if not lines:
            lines = [line.lstrip("#! \t") for line in text[:_HEADER_LIMIT].splitlines()[:60]]
    return "\n".join(lines)


def text_of(literal: str) -> str:
    """The value of a string literal; empty where it is none."""
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return ""
    return value if isinstance(value, str) else ""


def _said(header: str) -> str | Unclear | None:
    """The SPDX expression that a header names, or the family `BSD`; None when it names none."""
    lines = [match[1].strip() for match in _SPDX.finditer(header)]
    if lines:
        found = {_expression(line) for line in lines}
        if None in found or len(found) > 1:
            return Unclear(f"SPDX lines of the header: {'; '.join(lines)[:200]}")
        return found.pop()
    ids = set(identify(header.encode("utf-8", "surrogatepass"))) if len(header) > 400 else set()
    flat = re.sub(r"\s+", " ", header)
    ids |= {name for pattern, name in _SENTENCES if re.search(pattern, flat, re.IGNORECASE)}
    if _UNKNOWN_BSD.search(flat) and not any(spdx.startswith(BSD) for spdx in ids):
        ids.add(BSD)
    if len(ids) > 1:
        return Unclear(f"the header names several licences: {', '.join(sorted(ids))}")
    if not ids:
        return None
    (only,) = ids
    if only == BSD:
        return BSD
    return only if normalise(only) == only else Unclear(f"the header says {only}, which is no exact licence")


def _expression(text: str) -> str | None:
    return normalise(re.sub(r"[\s*/>-]+$", "", text.strip()).strip("()\"' ")) if text.strip() else None


def _same(said: str, own: str) -> bool:
    """Whether the file only repeats (one of the choices of) the repository's licence, or its family."""
    if own == UNKNOWN:
        return False
    if said == BSD:
        return all(spdx.startswith("BSD-") for spdx in ids_of(own))
    return ids_of(said) == ids_of(own)


def copied_from(text: str) -> str | None:
    """The notice that something was copied from elsewhere, or None. Speaks of code, not of data: see the tests."""
    for match in _COPIED.finditer(text):
        line_start = text.rfind("\n", 0, match.start()) + 1
        line = text[
            line_start : text.find("\n", match.start()) if "\n" in text[match.start() :] else len(text)
        ].strip()
        if not _ABOUT_DATA.search(line):
            return line[:160]
    return None


_ABOUT_DATA = re.compile(
    r"(?i)\b(?:values?|keys?|items?|elements?|attributes?|data|bytes|characters?|entries|fields?|name|names|text|string|list|dict|"
    r"arguments?|parameters?|options?|slice|stream|copies|state|type|types|info(?:rmation)?|size|length|first|each|are|be|will|must|"
    r"can|should|may|number|samples?|defaults?|results?|input|output|object|headers?|row|rows|columns?|array|node|token|tokens|path|"
    r"if|when|instance|instances|subclass|docstring|docs?|documentation|metadata|environment|self|variable|settings?|class)\b[^\n]{0,30}"
    r"\b(?:copied|taken|derived|ported|adapted|borrowed|lifted|pasted)\b"
)


def foreign(words: str, spdx: str) -> str | None:
    """How a comment or docstring says that what it is about is not simply under the licence `spdx`; None if not."""
    said = _said(words) if _SPEAKS_OF_LICENCES.search(words) else None
    if isinstance(said, Unclear) or (said is not None and not _same(said, spdx)):
        return f"carries another licence: {getattr(said, 'why', said)}"
    notice = copied_from(words)
    return f"says: {notice}" if notice else None


def notice_above(lines: Sequence[str], lineno: int) -> str:
    """The comments right above a definition that starts at line `lineno` (from 1), decorators passed over."""
    found: list[str] = []
    for line in reversed(lines[: max(0, lineno - 1)]):
        text = line.strip()
        if text.startswith("#"):
            found.append(text.lstrip("#! \t"))
        elif not text.startswith("@"):
            break
    return "\n".join(reversed(found))
