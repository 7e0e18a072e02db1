"""A checkpoint without a source: rewritten into a new file, so that no page of the old one is left.

An entry of `examine` does not say whose it is in its key. It is attributed by the repository's id inside it; one of
a repository that nothing knows any more (a run was stopped, and its caches were cleaned) can't be attributed, and
goes as well: the next run would make it again. So does a recording whose source never came to an outcome.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lift_sys.data_synthesis.assembly import CONTAMINATION, reject_copy
from lift_sys.data_synthesis.forget_plan import Known, Target, from_checkpoint
from lift_sys.data_synthesis.source_run import EXAMINE, RECORD, SOURCE, SourceOutcome
from lift_sys.records import Example
from lift_sys.storage import Checkpoint

# Inside a JSON string every quote is escaped, so mined text can't look like these.
_EXAMPLE_OF = re.compile(r'"repository_id": "([0-9a-f]{64})"')
_REJECTION_OF = re.compile(r'"repository": "([0-9a-f]{64})"')
_FUNCTION = re.compile(r'"function": "([0-9a-f]{64})"')


@dataclass
class Contents:
    """What a checkpoint holds, by key; read once."""

    sources: dict[str, Known] = field(default_factory=dict)
    """Outcomes."""
    owners: dict[str, str] = field(default_factory=dict)
    """Examined functions -> id of the repository; "" where it can't be told."""
    functions: dict[str, str] = field(default_factory=dict)
    """Examined functions -> id of the function."""
    named: dict[str, Known] = field(default_factory=dict)
    """Repositories known from examples alone."""

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Contents:
        found = cls(sources=dict(from_checkpoint(checkpoint)))
        known = {source.identity for source in found.sources.values()}
        for key, text in checkpoint.items(EXAMINE):
            match = _EXAMPLE_OF.search(text) or _REJECTION_OF.search(text)
            owner = match[1] if match else ""
            found.owners[key] = owner
            function = _FUNCTION.search(text)
            found.functions[key] = function[1] if function else ""
            if owner not in known and owner not in found.named and text.startswith('["example"'):
                place = json.loads(text)[2]["provenance"]
                found.named[owner] = Known(place["repository"], place["url"], None, owner)
        return found

    def mentions(self) -> list[Known]:
        return [*self.sources.values(), *self.named.values()]


def rewrite(
    checkpoint: Checkpoint,
    contents: Contents,
    target: Target,
    copies: Iterable[str],
    known: Iterable[str],
    to: Path,
) -> int:
    """Write to `to` what is left without the target and without the functions named by `copies`.

    `known` are ids of repositories that something else still knows. Returns how many results were left out.
    """
    attributable = {*known, *contents.named, *(source.identity for source in contents.sources.values())}
    gone = set(copies)

    def keep(step: str, key: str, text: Callable[[], str]) -> bool:
        if step == SOURCE:
            return not target.matches(contents.sources[key])
        if step == RECORD:
            return key in contents.sources and not target.matches(contents.sources[key])
        if step == EXAMINE:
            owner = contents.owners[key]
            return owner in attributable and owner not in target.identities and contents.functions[key] not in gone
        return True

    left_out = checkpoint.copy(to, keep)
    if gone:
        _settle_copies(checkpoint, contents, target, gone, to)
    return left_out


def _settle_copies(checkpoint: Checkpoint, contents: Contents, target: Target, gone: set[str], to: Path) -> None:
    """In the outcomes of other projects, the rejection takes the place of the copy."""
    with Checkpoint(to) as fresh:
        for key, source in contents.sources.items():
            if target.matches(source):
                continue
            outcome = SourceOutcome.from_json(checkpoint.get(SOURCE, key) or "")
            results = tuple(
                reject_copy(_example(checkpoint, result), target.name)
                if isinstance(result, str) and contents.functions.get(result) in gone
                else result
                for result in outcome.results
            )
            if results != outcome.results:
                changed = SourceOutcome(
                    outcome.repository,
                    outcome.functions,
                    outcome.lifted,
                    outcome.with_tests,
                    outcome.file_rejections,
                    results,
                )
                fresh.put(SOURCE, [(key, changed.to_json())])


def _example(checkpoint: Checkpoint, key: str) -> Example:
    return Example.model_validate(json.loads(checkpoint.get(EXAMINE, key) or "")[2])


def drop_untried(path: Path, tried: set[str], to: Path) -> None:
    """Write to `to` what of decontamination is about rows that there still are."""
    with Checkpoint(path) as checkpoint:
        checkpoint.copy(to, lambda step, key, text: step != CONTAMINATION or key in tried)
