"""The lifted specification of a function."""

from lift_sys.ir.models import (
    Assertion,
    Constraint,
    Effect,
    Intent,
    IntermediateRepresentation,
    Metadata,
    Parameter,
    Provenance,
    Signature,
    TypedHole,
)

__all__ = [
    "Assertion",
    "Constraint",
    "Effect",
    "Intent",
    "IntermediateRepresentation",
    "Metadata",
    "Parameter",
    "Provenance",
    "Signature",
    "TypedHole",
]
