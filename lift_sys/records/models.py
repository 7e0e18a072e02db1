"""The records that flow through lift-sys, from a repository to a validated example."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import JsonValue

from lift_sys import wire
from lift_sys.ir import IntermediateRepresentation
from lift_sys.records.base import Record, content_hash

WireValue = JsonValue
"""A value in the wire format (`lift_sys.wire`), as parsed JSON."""
Oracle = Literal["recorded", "doctest", "generated"]
Status = Literal["valid", "invalid", "error", "timeout"]
SourceKind = Literal["sdist", "git", "local", "stdlib", "github"]


class Licence(Record):
    """A licence by its SPDX id, with the evidence it was read from."""

    spdx: str
    text_sha256: str | None = None
    path: str | None = None
    evidence: str = ""


class Repository(Record):
    """One state of one project's sources."""

    schema_version: Literal[1] = 1
    kind: SourceKind
    name: str
    version: str
    """The release, or the full commit hash."""
    url: str | None = None
    archive_sha256: str | None = None
    licence: Licence
    source_time: str
    """When this state was made (commit time, or the newest file of a release), ISO 8601 in UTC."""


class Obstacle(Record):
    """Why a function can't stand alone."""

    reason: str
    detail: str = ""


class Requirement(Record):
    """A pure-Python wheel that must be importable where the code runs, pinned by its hash."""

    name: str
    version: str
    filename: str
    sha256: str


DRIVER = "lift_call"
"""The function that a harness defines."""
Projection = Literal["", "iterator", "object", "method", "mixed"]
"""How a call or its result is made plain; see `docs/adr/0006-projections.md`."""


def program_of(code: str, harness: str) -> str:
    """The module that is loaded to call `code`."""
    return f"{code.rstrip()}\n\n\n{harness}" if harness else code


class Slice(Record):
    """A function with everything it reaches, as one module that runs alone, given its requirements."""

    code: str
    entry_point: str
    """What the code must define: `name`, or `Class.name`."""
    includes: tuple[str, ...] = ()
    """Names of the helpers, constants and classes that came along, in order."""
    harness: str = ""
    """Code that runs after `code` and defines `DRIVER`, which is called instead of the entry point: it builds the
    receiver of a method, or makes a result plain. Empty: the entry point is called."""
    projection: Projection = ""
    requirements: tuple[Requirement, ...] = ()

    @property
    def program(self) -> str:
        return program_of(self.code, self.harness)

    @property
    def driver(self) -> str:
        return DRIVER if self.harness else self.entry_point


class Function(Record):
    """One function or method of a repository, with its metadata."""

    schema_version: Literal[1] = 1
    repository: str
    """Id of the `Repository`."""
    path: str
    module: str
    qualname: str
    name: str
    kind: Literal["function", "method", "classmethod", "staticmethod", "property", "nested"]
    lineno: int
    end_lineno: int
    is_async: bool = False
    is_generator: bool = False
    decorators: tuple[str, ...] = ()
    docstring: str | None = None
    has_hints: bool = False
    """Whether every parameter (but self or cls) and the return value are annotated."""
    complexity: int = 1
    """McCabe's cyclomatic complexity: 1 + the decision points."""
    statements: int = 0
    imports: tuple[str, ...] = ()
    local_imports: tuple[str, ...] = ()
    mentioned_in: tuple[str, ...] = ()
    """`path:line` of test code that names the function."""
    source: str
    slice: Slice | None = None
    obstacle: Obstacle | None = None


def wire_text(value: WireValue) -> str:
    """The canonical wire text of a parsed value."""
    return json.dumps(value, separators=(",", ":"))


def wire_arguments(args: Iterable[WireValue], kwargs: Mapping[str, WireValue]) -> tuple[str, str]:
    """The wire texts of a call's arguments (a tuple) and keyword arguments (a dict)."""
    pairs = [part for item in kwargs.items() for part in item]
    return wire_text({"t": list(args)}), wire_text({"d": pairs})


def wire_literal(value: WireValue) -> str:
    """A wire value as the Python expression a person would write."""
    return wire.literal(wire.decode(wire_text(value)))


class Expected(Record):
    """What a call must lead to: a value, or an exception of exactly this type."""

    value: WireValue = None
    raises: str | None = None


class TestCase(Record):
    """One call of the entry point and what it must lead to."""

    __test__ = False

    schema_version: Literal[1] = 1
    args: tuple[WireValue, ...] = ()
    kwargs: dict[str, WireValue] = {}
    expected: Expected
    oracle: Oracle
    visible: bool = False


class TestResult(Record):
    __test__ = False

    test: int
    passed: bool
    reason: str = ""


class Verdict(Record):
    """`valid` and `invalid` are final; `error` is a fault of ours or of the tests; `timeout` counts as failed."""

    schema_version: Literal[1] = 1
    status: Status
    reason: str = ""
    results: tuple[TestResult, ...] = ()
    regimes: tuple[str, ...] = ()
    hash_seeds: tuple[int, ...] = ()
    missing_protections: tuple[str, ...] = ()
    seconds: float | None = None
    """Wall time; None where a record must be the same on every run."""


class MutantEvidence(Record):
    """One mutant: what was changed, and the index of the first test that killed it (None: it survived)."""

    operator: str
    line: int
    before: str
    after: str
    killed_by: int | None = None
    equivalent: bool = False
    proof: str = ""
    """Why it counts as equivalent: `bytecode`, `exhaustive`."""
    span: tuple[int, int] | None = None
    """Characters of `Example.code` that the mutant replaces by `text`: the mutant is `code[:a] + text + code[b:]`."""
    text: str = ""
    failing: tuple[int, ...] = ()
    """Every test, by index, that kills it."""
    got: Expected | None = None
    """What the first of those led to instead, where it is short."""
    stopped: bool = False
    """Whether a test ended it because it ran on, or it ended the process: a bug without an outcome to show."""


class MutationEvidence(Record):
    mutants: tuple[MutantEvidence, ...] = ()
    killed: int = 0
    total: int = 0
    """Mutants that count: equivalent ones are left out."""
    score: float | None = None


class Quality(Record):
    """A score from 0 to 1 and the components it is the mean of."""

    score: float
    components: dict[str, float] = {}


class Provenance(Record):
    """Where an example comes from, down to the line and the licence."""

    repository: str
    url: str | None
    version: str
    path: str
    qualname: str
    first_line: int
    last_line: int
    repository_id: str = ""
    function: str = ""
    """Id of the `Function`."""
    licence: str
    licence_sha256: str | None
    time: str
    """The source's own time, so that a rebuilt dataset is the same bytes."""
    code_version: str
    configuration: str
    """Content hash of the configuration."""


class FlakeEvidence(Record):
    """The environments under which every test was run again and came out the same."""

    environments: tuple[str, ...] = ()
    runs: int = 0


class Example(Record):
    """A validated example: prompt, specification, code, tests, and the evidence that they fit."""

    schema_version: Literal[2] = 2
    prompt: str
    prompts: dict[str, str]
    """Prompt by register; `prompt` is one of them."""
    ir: IntermediateRepresentation
    code: str
    entry_point: str
    harness: str = ""
    """See `Slice.harness`."""
    projection: Projection = ""
    requirements: tuple[Requirement, ...] = ()
    category: str = ""
    difficulty: Literal["", "easy", "medium", "hard"] = ""
    statements: int = 0
    """Statements of the function itself, its docstring left out."""
    cluster: str = ""
    """Near-duplicate cluster: rows that share it must not be split between training and test."""
    flake: FlakeEvidence = FlakeEvidence()
    tests: tuple[TestCase, ...]
    mutation: MutationEvidence
    quality: Quality
    verdict: Verdict
    provenance: Provenance

    @property
    def program(self) -> str:
        """What is loaded to call the code."""
        return program_of(self.code, self.harness)

    @property
    def driver(self) -> str:
        """What is called in `program`."""
        return DRIVER if self.harness else self.entry_point


__all__ = [
    "DRIVER",
    "Example",
    "Expected",
    "FlakeEvidence",
    "Function",
    "IntermediateRepresentation",
    "Licence",
    "MutantEvidence",
    "MutationEvidence",
    "Obstacle",
    "Oracle",
    "Projection",
    "Provenance",
    "Quality",
    "Repository",
    "Requirement",
    "Slice",
    "Status",
    "TestCase",
    "TestResult",
    "Verdict",
    "WireValue",
    "content_hash",
    "program_of",
    "wire_arguments",
    "wire_literal",
    "wire_text",
]
