"""Which licence a repository is under: an SPDX expression, the hash of the text, and what says so. Never guessed.

What is declared (License-Expression, classifiers, the License field) and what the licence texts say must agree.
Texts that say several things with nothing declared, texts that no known licence matches, and disagreement all end
as "review": a person decides, and the decision goes into the lock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.parser import BytesHeaderParser
from functools import cache
from posixpath import basename, dirname
from typing import Any, Literal

from lift_sys.records import Licence

PERMISSIVE = frozenset(
    """0BSD Apache-2.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Views BSD-3-Clause BSL-1.0 BlueOak-1.0.0 CC0-1.0
    CNRI-Python HPND ISC MIT MIT-0 MIT-CMU NCSA PSF-2.0 Python-2.0 Python-2.0.1 Unlicense WTFPL X11 Zlib ZPL-2.1
    """.split()  # noqa: SIM905  (a list literal would take a line each)
)
"""SPDX ids that let a function be redistributed in a data set with attribution."""
UNKNOWN = "NOASSERTION"

_CLASSIFIERS: dict[str, frozenset[str]] = {
    "MIT License": frozenset(["MIT"]),
    "MIT No Attribution License (MIT-0)": frozenset(["MIT-0"]),
    "ISC License (ISCL)": frozenset(["ISC"]),
    "Apache Software License": frozenset(["Apache-2.0", "Apache-1.1", "Apache-1.0"]),
    "BSD License": frozenset(["BSD-2-Clause", "BSD-3-Clause", "BSD-1-Clause", "0BSD", "BSD-4-Clause"]),
    "Python Software Foundation License": frozenset(["PSF-2.0", "Python-2.0", "Python-2.0.1"]),
    "The Unlicense (Unlicense)": frozenset(["Unlicense"]),
    "zlib/libpng License": frozenset(["Zlib", "zlib-acknowledgement"]),
    "Boost Software License 1.0 (BSL-1.0)": frozenset(["BSL-1.0"]),
    "Zope Public License": frozenset(["ZPL-2.0", "ZPL-2.1"]),
    "Historical Permission Notice and Disclaimer (HPND)": frozenset(["HPND"]),
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": frozenset(["CC0-1.0"]),
    "Mozilla Public License 2.0 (MPL 2.0)": frozenset(["MPL-2.0"]),
}
"""What a trove classifier can mean; several ids where the classifier names a family."""
_COPYLEFT = re.compile(r"GPL|GNU|Affero|Mozilla|Eclipse|EUPL|CeCILL|Proprietary|Free for", re.IGNORECASE)
_EQUAL = {"Python-2.0.1": "PSF-2.0", "Python-2.0": "PSF-2.0", "X11": "MIT"}
"""Ids that differ by the wrapping of one text: compared as equal, recorded as found."""

Status = Literal["clear", "review", "unknown"]


@dataclass(frozen=True)
class Finding:
    licence: Licence
    status: Status
    """`unknown`: nothing declared and no licence text. `review`: the evidence does not agree."""
    why: str = ""


@dataclass(frozen=True)
class Policy:
    """Which findings may be used. A folder of the user's own may lack a licence; a stranger's may not."""

    allowed: frozenset[str] = field(default=PERMISSIVE)
    allow_unknown: bool = False
    allow_review: bool = False

    def refuses(self, finding: Finding) -> str | None:
        """Why the repository may not be used, or None."""
        spdx = finding.licence.spdx
        if finding.status == "unknown":
            return None if self.allow_unknown or UNKNOWN in self.allowed else "no licence found"
        if finding.status == "review":
            return None if self.allow_review else f"licence to be reviewed: {finding.why}"
        if spdx in self.allowed or permits(spdx, self.allowed):
            return None
        return f"{spdx} is not among the allowed licences"


def permits(expression: str, allowed: frozenset[str]) -> bool:
    """Whether one of the choices that `expression` offers uses only ids in `allowed`."""
    parsed = _spdx().parse(expression)
    return _satisfied(parsed, allowed)


def _satisfied(node: object, allowed: frozenset[str]) -> bool:
    arguments = getattr(node, "args", ())
    if arguments:
        test = any if getattr(node, "operator", "").strip() == "OR" else all
        return test(_satisfied(argument, allowed) for argument in arguments)
    return str(node) in allowed


def find(texts: Mapping[str, bytes]) -> Finding:
    """The licence of a project from its metadata files and licence texts, by path (top folder stripped)."""
    main = _main_texts(texts)
    path = next(iter(main), None)
    digest = hashlib.sha256(b"".join(main.values())).hexdigest() if main else None
    said = {name: identify(data) for name, data in main.items()}
    return _agree(_metadata(texts), said, digest, path)


def settle(finding: Finding, reviewed: Licence | None) -> Finding:
    """`finding` with what a person wrote into the lock, which counts as long as the text is the one reviewed."""
    normal = normalise(reviewed.spdx) if reviewed is not None else None
    if reviewed is None:
        return finding
    if finding.status == "clear":
        if normal is not None and _equal(ids_of(normal)) == _equal(ids_of(finding.licence.spdx)):
            return finding
        said = printable_start(reviewed.spdx)
        return replace(finding, status="review", why=f"the lock says {said}, the source says {finding.licence.spdx}")
    if normal is None or reviewed.text_sha256 != finding.licence.text_sha256:
        return finding
    licence = finding.licence.model_copy(update={"spdx": normal, "evidence": f"reviewed; {finding.why}"})
    return Finding(licence, "clear")


def _agree(metadata: _Metadata, said: Mapping[str, tuple[str, ...]], digest: str | None, path: str | None) -> Finding:
    from_texts = {spdx for ids in said.values() for spdx in ids}

    def result(spdx: str, status: Status, why: str) -> Finding:
        return Finding(Licence(spdx=spdx, text_sha256=digest, path=path, evidence=why), status, why)

    if metadata.expression and not from_texts and not said:
        return result(metadata.expression, "clear", f"declared by {metadata.field}, no licence text")
    if metadata.expression:
        declared = ids_of(metadata.expression)
        if not from_texts:
            return result(metadata.expression, "review", f"{path}: the text matches no known licence")
        if _equal(from_texts) <= _equal(declared):
            return result(metadata.expression, "clear", f"{metadata.field} and {path}")
        return result(
            metadata.expression, "review", f"declares {metadata.expression}, texts say {_listed(from_texts)}"
        )
    if metadata.unusable:
        return result(UNKNOWN, "review", f"declares {metadata.unusable!r}, which is no SPDX expression")
    if len(from_texts) > 1:
        return result(UNKNOWN, "review", f"texts say {_listed(from_texts)}")
    if from_texts:
        (only,) = from_texts
        if metadata.family and not _equal({only}) & _equal(metadata.family):
            return result(only, "review", f"{path} says {only}, the classifiers say {_listed(metadata.family)}")
        return result(only, "clear", f"{path} and classifiers" if metadata.family else f"{path}")
    if said:
        return result(UNKNOWN, "review", f"{path}: the text matches no known licence")
    if len(metadata.family) == 1:
        return result(next(iter(metadata.family)), "clear", "declared by a classifier, no licence text")
    if metadata.family:
        return result(UNKNOWN, "review", f"classifiers allow {_listed(metadata.family)}, no licence text")
    return result(UNKNOWN, "unknown", "no licence declared and no licence text")


def foreign_files(files: Mapping[str, str], texts: Mapping[str, bytes], finding: Finding) -> dict[str, str]:
    """Python files below a folder with a licence text of its own that says something else (vendored code)."""
    own = _equal(ids_of(finding.licence.spdx)) if finding.licence.spdx != UNKNOWN else set()
    out: dict[str, str] = {}
    for path, data in sorted(texts.items()):
        folder = dirname(path)
        if not folder or not _is_licence_text(path) or folder.split("/")[0] in ("doc", "docs"):
            continue
        ids = _equal(identify(data))
        if ids and ids <= own:
            continue
        why = f"under {path}, which says {_listed(ids) if ids else 'nothing known'}"
        out |= {name: why for name in files if name.startswith(folder + "/")}
    return out


@cache
def identify(text: bytes) -> tuple[str, ...]:
    """The SPDX ids whose texts make up `text`, sorted; empty when most of it matches none."""
    from licenseclassifier import identify_license

    found = {match.id for match in identify_license(text.decode("utf-8", "replace"))}
    return tuple(sorted(normalise(spdx) or spdx for spdx in found))


def normalise(expression: str) -> str | None:
    """The expression with current ids in their proper case (`GPL-3.0` -> `GPL-3.0-only`), or None if it is none."""
    if len(expression) > 500:
        return None
    try:
        info = _spdx().validate(expression)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return None
    return None if info.errors else info.normalized_expression


def ids_of(expression: str) -> set[str]:
    """Every licence id that the expression names."""
    return {str(key) for key in _spdx().license_keys(_spdx().parse(expression))}


@cache
def _spdx() -> Any:
    from license_expression import get_spdx_licensing  # type: ignore[import-untyped]

    return get_spdx_licensing()


@dataclass(frozen=True)
class _Metadata:
    expression: str | None = None
    field: str = ""
    family: frozenset[str] = frozenset()
    unusable: str = ""


def _metadata(texts: Mapping[str, bytes]) -> _Metadata:
    if "PKG-INFO" in texts:
        headers = BytesHeaderParser().parsebytes(texts["PKG-INFO"])
        classifiers = [str(value) for value in headers.get_all("Classifier", [])]
        return _read(headers.get("License-Expression"), headers.get("License"), classifiers)
    return _from_pyproject(texts.get("pyproject.toml", b""))


def _from_pyproject(data: bytes) -> _Metadata:
    import tomllib

    try:
        project = tomllib.loads(data.decode("utf-8", "replace")).get("project", {})
    except (ValueError, RecursionError):
        return _Metadata()
    if not isinstance(project, dict):
        return _Metadata()
    declared, classifiers = project.get("license"), project.get("classifiers", [])
    short = declared.get("text") if isinstance(declared, dict) else None
    return _read(
        declared if isinstance(declared, str) else None,
        short if isinstance(short, str) else None,
        [item for item in classifiers if isinstance(item, str)] if isinstance(classifiers, list) else [],
    )


def _read(expression: str | None, short: str | None, classifiers: list[str]) -> _Metadata:
    if expression:
        normal = normalise(str(expression))
        if normal is None:
            return _Metadata(unusable=printable_start(str(expression)))
        return _Metadata(expression=normal, field="License-Expression")
    names = [item.rsplit(" :: ", 1)[-1] for item in classifiers if item.startswith("License ::")]
    family = frozenset().union(*(_CLASSIFIERS.get(name, frozenset()) for name in names))
    other = [name for name in names if name not in _CLASSIFIERS and _COPYLEFT.search(name)]
    if other:
        return _Metadata(unusable=printable_start(other[0]))
    # The License field is free text: believed only where it is a valid expression and no classifier differs.
    normal = normalise(str(short).strip()) if short and len(str(short)) < 100 else None
    if normal and (not family or _equal(ids_of(normal)) & _equal(family)):
        return _Metadata(expression=normal, field="License", family=family)
    return _Metadata(family=family)


def printable_start(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:80]


def _is_licence_text(path: str) -> bool:
    return basename(path).lower().startswith(("license", "licence", "copying", "unlicense", "unlicence"))


def _main_texts(texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The project's own licence texts: at the top, else in a folder of licences."""
    names = sorted(path for path in texts if _is_licence_text(path))
    top = [path for path in names if "/" not in path]
    chosen = top or [path for path in names if dirname(path).lower() in ("licenses", "licences")]
    return {path: texts[path] for path in chosen}


def _equal(ids: object) -> set[str]:
    return {_EQUAL.get(spdx, spdx) for spdx in ids}  # type: ignore[attr-defined]


def _listed(ids: object) -> str:
    return ", ".join(sorted(ids))  # type: ignore[call-overload]
