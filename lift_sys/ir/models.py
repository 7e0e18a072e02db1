"""The intermediate representation: what a function is meant to do, clause by clause, each with its provenance."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Source = Literal["static", "docstring", "doctest", "observed", "inferred", "model", "user"]
HoleKind = Literal["intent", "signature", "effect", "assertion", "implementation"]
ParameterKind = Literal["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"]
EffectKind = Literal[
    "raises",
    "reads_file",
    "writes_file",
    "network",
    "environment",
    "clock",
    "randomness",
    "global_state",
    "argument_mutation",
    "process",
    "console",
    "generator",
    "async",
]
AssertionKind = Literal["precondition", "postcondition", "invariant"]


class Clause(BaseModel):
    """A frozen part of an IR."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Provenance(Clause):
    """Where a clause comes from: its source, how far to trust it (0 to 1), and what it rests on."""

    source: Source
    confidence: float = 1.0
    evidence: tuple[str, ...] = ()
    observed_calls: int | None = None
    """On how many observed calls an executed clause held; None when it was never executed."""


class TypedHole(Clause):
    """Something that is not known yet, with the type and the constraints that an answer must meet."""

    identifier: str
    type_hint: str
    description: str = ""
    constraints: tuple[str, ...] = ()
    kind: HoleKind


class Intent(Clause):
    summary: str
    rationale: str | None = None
    holes: tuple[TypedHole, ...] = ()
    provenance: Provenance | None = None


class Parameter(Clause):
    name: str
    type_hint: str | None = None
    description: str | None = None
    default: str | None = None
    """The default's source text; None when there is none."""
    kind: ParameterKind = "positional_or_keyword"
    provenance: Provenance | None = None


class Signature(Clause):
    name: str
    parameters: tuple[Parameter, ...] = ()
    returns: str | None = None
    holes: tuple[TypedHole, ...] = ()
    provenance: Provenance | None = None


class Effect(Clause):
    kind: EffectKind
    description: str
    holes: tuple[TypedHole, ...] = ()
    provenance: Provenance | None = None


class Assertion(Clause):
    """`predicate` is a Python expression over the parameters, `result` and `old(...)`."""

    kind: AssertionKind
    predicate: str
    rationale: str | None = None
    holes: tuple[TypedHole, ...] = ()
    provenance: Provenance | None = None


class Constraint(Clause):
    description: str
    provenance: Provenance | None = None


class Metadata(Clause):
    source_path: str | None = None
    language: str = "python"
    origin: str | None = None
    """Which lifter wrote the IR ("static", "static+dynamic", "model", "user")."""
    evidence: tuple[str, ...] = ()


class IntermediateRepresentation(Clause):
    SCHEMA_VERSION: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    intent: Intent
    signature: Signature
    effects: tuple[Effect, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    metadata: Metadata = Metadata()

    @property
    def holes(self) -> tuple[TypedHole, ...]:
        """Every hole of every clause, in document order."""
        clauses: tuple[Intent | Signature | Effect | Assertion, ...] = (
            self.intent,
            self.signature,
            *self.effects,
            *self.assertions,
        )
        return tuple(hole for clause in clauses for hole in clause.holes)
