"""From a filled `Tree` to a `Checkout`, in two steps: facts, which are kept on disk, and decisions about licences.

What a person allows or has reviewed changes a checkout without reading the source again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.paths import import_roots
from lift_sys.data_synthesis.sources.store import Facts
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.records import Licence, Rejection, RejectionReason, Repository, SourceKind, content_hash


def facts(
    tree: Tree,
    building: Path,
    *,
    kind: SourceKind,
    name: str,
    version: str,
    url: str | None = None,
    archive_sha256: str | None = None,
    source_time: str | None = None,
    known: Licence | None = None,
) -> Facts:
    """What was read below `building/tree`. An empty `version` means the hash of the content."""
    files, texts, top = _without_top(tree)
    finding = licences.Finding(known, "clear") if known else licences.find(texts)
    digest = archive_sha256 or content_hash(files)
    rejected = [(_strip(path, top), reason.value, detail) for path, reason, detail in tree.rejected]
    return Facts(
        repository=Repository(
            kind=kind,
            name=name,
            version=version or digest,
            url=url,
            archive_sha256=None if kind in ("git", "github") else digest,
            licence=finding.licence,
            source_time=source_time or iso_time(tree.newest),
        ),
        folder=building / "tree" / top if top else building / "tree",
        files=files,
        import_roots=import_roots(files, texts.get("pyproject.toml", b"").decode("utf-8", "replace")),
        rejected=tuple(sorted(rejected)),
        licence_status=finding.status,
        licence_why=finding.why,
        foreign={} if known else licences.foreign_files(files, texts, finding),
    )


def decide(found: Facts, policy: licences.Policy, reviewed: Licence | None = None) -> Checkout:
    """The checkout that `policy` and a reviewer's word allow.

    A licence that is unclear or not allowed rejects the whole repository: no files, one `Rejection`. Files below a
    folder with a licence of its own that says something else are rejected one by one.
    """
    finding = licences.Finding(found.repository.licence, found.licence_status, found.licence_why)
    finding = licences.settle(finding, reviewed)
    repository = found.repository.model_copy(update={"licence": finding.licence})
    refusal = policy.refuses(finding)
    rejected = list(found.rejected)
    files = sorted(found.files)
    if refusal:
        rejected.append((finding.licence.path or "", RejectionReason.LICENCE.value, refusal))
        files = []
    else:
        rejected += [(path, RejectionReason.LICENCE.value, why) for path, why in found.foreign.items()]
        files = [path for path in files if path not in found.foreign]
    return Checkout(
        repository=repository,
        folder=found.folder,
        files=tuple(files),
        import_roots=found.import_roots if files else (),
        rejections=tuple(
            Rejection(
                stage="source", reason=RejectionReason(reason), detail=detail, repository=repository.id, path=path
            )
            for path, reason, detail in sorted(rejected)
        ),
    )


def iso_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_top(tree: Tree) -> tuple[dict[str, str], dict[str, bytes], str]:
    """An sdist wraps everything in `name-version/`: that folder is the project, so paths start inside it."""
    paths = [*tree.files, *tree.texts]
    tops = {path.split("/", 1)[0] for path in paths}
    if len(tops) != 1 or any("/" not in path for path in paths) or not tree.strips_top:
        return dict(tree.files), dict(tree.texts), ""
    top = tops.pop()
    return (
        {path[len(top) + 1 :]: digest for path, digest in tree.files.items()},
        {path[len(top) + 1 :]: data for path, data in tree.texts.items()},
        top,
    )


def _strip(path: str, top: str) -> str:
    return path[len(top) + 1 :] if top and path.startswith(top + "/") else path
