"""Rows for the tests of curation."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from lift_sys.ir import IntermediateRepresentation
from lift_sys.ir.models import Intent, Signature
from lift_sys.records import (
    Example,
    Expected,
    MutationEvidence,
    Provenance,
    Quality,
    TestCase,
    Verdict,
    content_hash,
)


def row(code: str, entry_point: str = "f", **changes: Any) -> Example:
    """A row around `code`; `licence`, `licence_sha256` and `repository` go into its provenance."""
    code = dedent(code).strip() + "\n"
    place = {name: changes.pop(name) for name in ("licence", "licence_sha256", "repository") if name in changes}
    provenance = Provenance(
        **{
            "repository": "toy", "url": None, "version": "1.0", "path": "toy/core.py", "qualname": entry_point,
            "first_line": 1, "last_line": 1 + code.count("\n"), "licence": "MIT", "licence_sha256": "0" * 64,
            "time": "2026-01-01T00:00:00Z", "code_version": "0", "configuration": "0",
            "function": content_hash([code, entry_point, place]), **place,
        }
    )  # fmt: skip
    fields: dict[str, Any] = {
        "prompt": f"Write `{entry_point}`.",
        "prompts": {"specification": f"Write `{entry_point}`."},
        "ir": IntermediateRepresentation(intent=Intent(summary="Do it."), signature=Signature(name=entry_point)),
        "code": code,
        "entry_point": entry_point,
        "tests": tuple(call(n, result=n + 1) for n in range(3)),
        "mutation": MutationEvidence(),
        "quality": Quality(score=0.0),
        "verdict": Verdict(status="valid"),
        "provenance": provenance,
    }
    return Example(**{**fields, **changes})


def call(*args: Any, result: Any = None, raises: str | None = None, visible: bool = False) -> TestCase:
    return TestCase(args=args, expected=Expected(value=result, raises=raises), oracle="generated", visible=visible)
