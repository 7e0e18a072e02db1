"""From a filled `Tree` to a `Checkout`: licence, import roots, rejections."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lift_sys.data_synthesis import licences
from lift_sys.data_synthesis.sources.base import Checkout
from lift_sys.data_synthesis.sources.paths import import_roots
from lift_sys.data_synthesis.sources.tree import Tree
from lift_sys.records import Licence, Rejection, RejectionReason, Repository, SourceKind, content_hash


def finish(
    tree: Tree,
    building: Path,
    *,
    kind: SourceKind,
    name: str,
    version: str,
    policy: licences.Policy,
    url: str | None = None,
    archive_sha256: str | None = None,
    source_time: str | None = None,
    known: Licence | None = None,
    reviewed: Licence | None = None,
) -> Checkout:
    """The checkout of what `tree` wrote below `building/tree`.

    A licence that is unclear or not allowed rejects the whole repository: no files, one `Rejection`.
    """
    files, texts, top = _without_top(tree)
    finding = licences.Finding(known, "clear") if known else licences.find(texts, reviewed)
    digest = archive_sha256 or content_hash(files)
    repository = Repository(
        kind=kind,
        name=name,
        version=version or digest,
        url=url,
        archive_sha256=digest if kind != "git" else archive_sha256,
        licence=finding.licence,
        source_time=source_time or iso_time(tree.newest),
    )

    def rejection(path: str, reason: RejectionReason, detail: str) -> Rejection:
        return Rejection(stage="source", reason=reason, detail=detail, repository=repository.id, path=path)

    rejected = [rejection(_strip(path, top), reason, detail) for path, reason, detail in tree.rejected]
    refusal = policy.refuses(finding)
    if refusal:
        rejected.append(rejection(finding.licence.path or "", RejectionReason.LICENCE, refusal))
        files = {}
    else:
        for path, why in licences.foreign_files(files, texts, finding).items():
            rejected.append(rejection(path, RejectionReason.LICENCE, why))
            del files[path]
    return Checkout(
        repository=repository,
        folder=building / "tree" / top if top else building / "tree",
        files=tuple(sorted(files)),
        import_roots=import_roots(files, texts.get("pyproject.toml", b"").decode("utf-8", "replace")),
        rejections=tuple(sorted(rejected, key=lambda item: (item.path, item.reason, item.detail))),
    )


def decision(licence: Licence | None, policy: licences.Policy) -> list[object]:
    """What decides about licences, as part of a checkout's key."""
    reviewed = licence.model_dump(mode="json") if licence else None
    return [reviewed, sorted(policy.allowed), policy.allow_unknown, policy.allow_review]


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
