"""A small finished dataset, made without running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lift_sys.data_synthesis.dataset import write_dataset
from lift_sys.ir import Intent, IntermediateRepresentation, Signature
from lift_sys.records import (
    Example,
    Expected,
    Licence,
    MutantEvidence,
    MutationEvidence,
    Provenance,
    Quality,
    Rejection,
    Repository,
    TestCase,
    Verdict,
)

SOURCE = Repository(
    kind="sdist",
    name="r",
    version="1",
    archive_sha256="a" * 64,
    licence=Licence(spdx="MIT", text_sha256="b" * 64),
    source_time="2026-01-01T00:00:00Z",
)


def make_row(name: str) -> Example:
    tests = tuple(
        TestCase(args=(n,), expected=Expected(value=n + 1), oracle="recorded", visible=not n) for n in (0, 1, 2)
    )
    mutant = MutantEvidence(operator="boundary", line=2, before="1", after="2", killed_by=0, span=(23, 24), text="2")
    return Example(
        prompt=f"Write {name}.",
        prompts={"request": f"Write {name}."},
        ir=IntermediateRepresentation(intent=Intent(summary=name), signature=Signature(name=name)),
        code=f"def {name}(x):\n    return x + 1\n",
        entry_point=name,
        category="arithmetic",
        difficulty="easy",
        statements=1,
        tests=tests,
        mutation=MutationEvidence(mutants=(mutant,), killed=1, total=1, score=1.0),
        quality=Quality(score=0.5),
        verdict=Verdict(status="valid"),
        provenance=Provenance(
            repository="r", url=None, version="1", path="a.py", qualname=name, first_line=1, last_line=2,
            licence="MIT", licence_sha256="b" * 64, time="2026-01-01T00:00:00Z", code_version="0", configuration="0",
        ),
    )  # fmt: skip


def write_rows(
    folder: Path,
    *names: str,
    rows: Sequence[Example] = (),
    rejections: Sequence[Rejection] = (),
    sources: Sequence[Repository] = (SOURCE,),
    configuration: Mapping[str, Any] = MappingProxyType({}),
) -> list[Example]:
    """A dataset folder with a row for each name, and the rows and rejections given."""
    every = [*(make_row(name) for name in names), *rows]
    counts = dict.fromkeys(("lifted", "with_tests", "executed", "validated"), len(every))
    folder.mkdir(exist_ok=True)
    write_dataset(
        folder,
        examples=[(row.id, row.to_line() + "\n") for row in every],
        rejections=[(rejection.reason.value, rejection.to_line() + "\n") for rejection in rejections],
        file_rejections=[],
        counts={"functions": len(every) + len(rejections), **counts, "rejected": len(rejections)},
        sources=sources,
        configuration=dict(configuration),
        code_version="0",
    )
    return every
